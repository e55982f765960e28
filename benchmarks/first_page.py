"""The overview in a real browser on a slow phone's line: how soon something is seen, and whether it stays in place."""

from __future__ import annotations

import shutil
import statistics
from contextlib import suppress
from dataclasses import dataclass

from playwright.sync_api import Browser, Page, sync_playwright

from benchmarks.results import Row, Section, at_most
from benchmarks.running_base import NotInTime, RunningBase, Technician, folder_for_a_base, wait_until

_PHONE = {"width": 390, "height": 844}
_DOWN_BIT_S, _UP_BIT_S, _ROUND_TRIP_MS, _SLOWER = 1_600_000, 750_000, 150, 4
_SETTLED = "html[data-link=linked]"
_PAINTS = """() => {
    window.paints = { largest: 0, shift: 0 };
    new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) window.paints.largest = entry.startTime;
    }).observe({ type: "largest-contentful-paint", buffered: true });
    new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.paints.shift += entry.value;
    }).observe({ type: "layout-shift", buffered: true });
}"""


@dataclass(frozen=True, slots=True)
class _Opening:
    """One opening of the page with nothing kept from before."""

    largest_paint_ms: float
    shift: float
    live_ms: float
    script_bytes: int
    style_bytes: int
    all_bytes: int


def measure(*, quick: bool) -> Section:
    """Open the overview again and again."""
    openings = 2 if quick else 9
    with folder_for_a_base() as folder:
        base = RunningBase(folder, before_start=lambda _environment: None)
        with base, sync_playwright() as playwright:
            _wait_for_values(base)
            browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
            found = [_open(browser, base) for _ in range(openings)]
            browser.close()
    largest = statistics.median(opening.largest_paint_ms for opening in found) / 1000
    first = found[0]
    return Section(
        title="The first page on a phone",
        text=(
            f"The overview of the demonstration base in chromium, {_PHONE['width']} × {_PHONE['height']}, nothing "
            f"cached, at 1.6 Mbit/s with {_ROUND_TRIP_MS} ms per round trip and a processor slowed {_SLOWER} times, "
            f"opened {openings} times by somebody who is signed in. The base runs with all its processes on the same "
            "cores. Bytes are those that crossed the line, compressed. Times are medians; the shift is the largest."
        ),
        rows=[
            at_most("largest contentful paint", largest, 2.5, "{:.2f} s"),
            at_most("cumulative layout shift", max(opening.shift for opening in found), 0.05, "{:.3f}"),
            Row("live: socket open and snapshot drawn", f"{statistics.median(o.live_ms for o in found) / 1000:.2f} s"),
            at_most("scripts", first.script_bytes / 1000, 200, "{:.0f} kB"),
            at_most("styles", first.style_bytes / 1000, 60, "{:.0f} kB"),
            Row("everything until live", f"{first.all_bytes / 1000:.0f} kB"),
        ],
    )


def _wait_for_values(base: RunningBase) -> None:
    """Let a base that has just started poll everything once: what appears for the first time moves the rest."""
    technician = Technician(base)
    with suppress(NotInTime):
        wait_until(
            lambda: 'class="strip" href="/points" data-calm="true"' in technician.get("/"), "every value is live"
        )


def _open(browser: Browser, base: RunningBase) -> _Opening:
    context = browser.new_context(viewport=_PHONE, base_url=f"http://127.0.0.1:{base.port}")
    page = context.new_page()
    page.set_default_timeout(120_000)
    page.goto("/login")
    page.fill("#id_username", "technician")
    page.fill("#id_password", base.password("technician"))
    context.route("**/static/**", lambda route: route.abort())  # so that signing in brings nothing into the cache
    page.click("button.button--main")
    page.wait_for_selector("main")
    page.goto("about:blank")
    context.unroute_all()
    opening = _open_slowly(page)
    context.close()
    return opening


def _open_slowly(page: Page) -> _Opening:
    devtools = page.context.new_cdp_session(page)
    devtools.send("Network.enable")
    devtools.send("Network.setCacheDisabled", {"cacheDisabled": True})
    devtools.send(
        "Network.emulateNetworkConditions",
        {
            "offline": False,
            "latency": _ROUND_TRIP_MS,
            "downloadThroughput": _DOWN_BIT_S / 8,
            "uploadThroughput": _UP_BIT_S / 8,
        },
    )
    devtools.send("Emulation.setCPUThrottlingRate", {"rate": _SLOWER})
    kinds: dict[str, str] = {}
    crossed: dict[str, int] = {}
    devtools.on("Network.responseReceived", lambda event: kinds.update({event["requestId"]: event["type"]}))
    devtools.on(
        "Network.loadingFinished",
        lambda event: crossed.update({event["requestId"]: int(event["encodedDataLength"])}),
    )
    page.goto("/")
    page.evaluate(_PAINTS)
    page.wait_for_selector(_SETTLED)
    live_ms = page.evaluate("() => performance.now()")
    page.wait_for_timeout(3000)
    paints = page.evaluate("() => window.paints")
    bytes_of = {
        kind: sum(size for request, size in crossed.items() if kinds.get(request) == kind)
        for kind in ("Script", "Stylesheet")
    }
    return _Opening(
        largest_paint_ms=paints["largest"],
        shift=paints["shift"],
        live_ms=live_ms,
        script_bytes=bytes_of["Script"],
        style_bytes=bytes_of["Stylesheet"],
        all_bytes=sum(crossed.values()),
    )
