"""The sheet of a setpoint as tests open, fill, send and read it."""

from __future__ import annotations

from playwright.sync_api import Page

SETPOINT = "h1-climate.heating_setpoint"
OPENER = f'[data-setpoint="{SETPOINT}"]'
IN_FORCE = "#sheet .in-force .reading-number"
LOOK = """() => [
    document.querySelector("#sheet [data-command]").dataset.cmdState,
    document.querySelector("#sheet .in-force .reading-number").textContent,
    document.querySelector("a[data-setpoint='h1-climate.heating_setpoint'] .reading-number").textContent,
]"""


def open_sheet(page: Page, opener: str = OPENER) -> None:
    page.click(opener)
    page.wait_for_selector('#sheet [data-cmd-state="draft"]')


def review(page: Page, value: str) -> None:
    page.fill("#new-value", value)
    page.click("#sheet .actions button")


def apply(page: Page) -> None:
    page.click('#sheet button[value="apply"]')


def box(page: Page, selector: str) -> dict[str, float]:
    return page.locator(selector).first.bounding_box()


def overlap(a: dict[str, float], b: dict[str, float]) -> bool:
    return (
        a["x"] < b["x"] + b["width"]
        and b["x"] < a["x"] + a["width"]
        and a["y"] < b["y"] + b["height"]
        and b["y"] < a["y"] + a["height"]
    )


def in_force_on_card(page: Page) -> float:
    return float(page.inner_text(f"a{OPENER} .reading-number"))
