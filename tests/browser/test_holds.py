"""Manual holds and second persons in a browser: chosen on the sheet, seen everywhere at once, ended by a tap."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from greenhouse.access.roles import Role
from greenhouse.site.models import Point
from tests.browser.conftest import DESK, PHONE

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.django_db(transaction=True, databases=["default", "telemetry"]),
]

SETPOINT = "h2-climate.heating_setpoint"


def ask(page, value: str, hold_for: str = "") -> None:
    """Review and apply a change on the open sheet."""
    page.fill("#sheet #new-value", value)
    page.select_option("#sheet #hold-for", hold_for)
    page.click("#sheet .actions button")
    page.click("#sheet button[value=apply]")


def test_a_hold_is_taken_seen_by_others_and_given_back(desk):
    page, other = desk.open(f"/?sheet={SETPOINT}"), desk.open("/", role=Role.VIEWER, size=DESK)
    expect(other.locator('[data-count="manual"]')).to_be_hidden()
    ask(page, "16.5", hold_for="2")
    page.wait_for_selector('#sheet [data-cmd-state="confirmed"]')
    expect(other.locator('[data-count="manual"] b')).to_have_text("1")
    page.goto(f"/?sheet={SETPOINT}")
    hold = page.locator("#sheet .hold")
    expect(hold).to_contain_text(re.compile("还剩 (2 小时|1 小时 59 分钟)"))
    hold.locator("form[action$=give-back] button").click()
    expect(other.locator('[data-count="manual"]')).to_be_hidden()
    expect(page.locator("#sheet .sheet-history")).to_contain_text("自动恢复")
    expect(page.locator("#sheet .in-force .reading-number")).to_have_text("16.0")


def test_a_change_that_needs_two_waits_on_one_phone_and_is_approved_on_another(desk, in_store):
    in_store(lambda: Point.objects.filter(key=SETPOINT).update(needs_approval=True))
    asker, supervisor = desk.open(f"/?sheet={SETPOINT}"), desk.open("/", role=Role.SUPERVISOR, size=PHONE)
    ask(asker, "16.5")
    asker.wait_for_selector('#sheet [data-cmd-state="awaiting_approval"]')
    supervisor.click(".duty")
    supervisor.click("button[value=approve]")
    supervisor.wait_for_selector('[data-cmd-state="confirmed"]')
    asker.wait_for_selector('#sheet [data-cmd-state="confirmed"]')
    expect(asker.locator('[data-count="approvals"]')).to_be_hidden()


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_the_page_of_decisions_fits_the_width_of_the_screen(desk, in_store, size):
    in_store(lambda: Point.objects.filter(key=SETPOINT).update(needs_approval=True))
    ask(desk.open(f"/?sheet={SETPOINT}"), "16.5", hold_for="1")
    page = desk.open("/", role=Role.SUPERVISOR, size=size)
    page.wait_for_selector(".duty")
    page.goto("/decisions")
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
    for button in page.locator(".decision button").all():
        assert button.bounding_box()["height"] >= 48
