"""Water by hand, on a phone: from the finger to the valve and back, on real Modbus."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from greenhouse.access.roles import Role
from greenhouse.commands.models import IrrigationRun
from tests.browser.conftest import PHONE
from tests.browser.wired import VALVES, WiredBase, controlled, wait_until, wired_base

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.django_db(transaction=True, databases=["default", "telemetry"]),
]
SMALLEST_TARGET_PX = 44


@pytest.fixture
def base(db, transactional_db, tmp_path) -> Iterator[WiredBase]:
    with wired_base(tmp_path, more=VALVES) as wired:
        yield wired


@pytest.fixture
def stage(base, in_store) -> Iterator[WiredBase]:
    with controlled(base, in_store) as running:
        yield running


def test_a_technician_waters_a_group_and_stops_it_with_one_thumb(desk, stage, in_store):
    page = desk.open("/irrigation", language="en", size=PHONE)
    page.click("#start-h1-north")
    for selector in ("#minutes", ".nudged button", "button[value=review]"):
        assert page.locator(selector).first.bounding_box()["height"] >= SMALLEST_TARGET_PX
    page.fill("#minutes", "5")
    page.click("button[value=review]")
    assert in_store(IrrigationRun.objects.count) == 0
    page.click("button[value=apply]")
    page.wait_for_url("**/irrigation?started=*")
    page.wait_for_selector("[data-run-state=running]", timeout=60_000)
    assert stage.simulated.value("h1-valves", "valve_1") == 1.0
    expect(page.locator(".water-run")).to_contain_text("at the latest")
    page.click(".water-stop")
    expect(page.locator("section", has_text="Ended today").last).to_contain_text("A person stopped it.", timeout=60_000)
    wait_until(lambda: stage.simulated.value("h1-valves", "valve_1") == 0.0)
    assert in_store(lambda: IrrigationRun.objects.get().state) == "stopped"


def test_a_visitor_sees_it_and_has_no_button(desk, stage):
    page = desk.open("/irrigation", role=Role.VIEWER, size=PHONE)
    assert page.locator(".water-groups li").count() == 1
    assert page.locator("main button, main .water-groups a").count() == 0


def test_the_page_is_no_wider_than_a_phone(desk, stage):
    for path in ("/irrigation", "/irrigation/groups/h1-north/start", "/irrigation/new-program"):
        page = desk.open(path, size={"width": 320, "height": 700})
        assert page.evaluate("document.documentElement.scrollWidth") <= 320
