"""What is typed on the forms of irrigation stays on the device while there is no link, and is never sent by itself."""

from __future__ import annotations

import pytest

from greenhouse.access.roles import Role
from greenhouse.commands.models import IrrigationRun
from greenhouse.rules.irrigation_models import IrrigationProgramVersion
from greenhouse.site.valve_groups import valve_groups

NEW = "/irrigation/new-program"
REVIEW = "button[value=review]:visible"
OFFER = "[data-program-draft]"


@pytest.fixture
def start_page(base) -> str:
    """Where the first group of the base is watered by hand."""
    return f"/irrigation/groups/{next(iter(valve_groups()))}/start"


def cut_off(page, server) -> None:
    server.cut()
    page.wait_for_selector("html[data-link=lost]")


def back_again(page, server) -> None:
    """The link is there again, and the page is opened anew."""
    server.mend()
    page.wait_for_selector("html[data-link=linked]")
    page.reload()
    page.wait_for_selector("html[data-link=linked]")


def test_a_program_that_is_typed_without_a_link_stays_on_the_device(desk, server, in_store):
    page = desk.open(NEW, language="en")
    cut_off(page, server)
    page.fill("#id-name", "Morning")
    page.fill("#id-starts-minutes", "06:30")
    assert page.is_disabled(REVIEW)
    assert page.is_visible("text=What you type is kept on this device.")
    back_again(page, server)
    assert page.input_value("#id-name") == ""
    page.get_by_role("button", name="Take it up").click()
    page.wait_for_selector("#id-name[value=Morning]")
    assert page.input_value("#id-starts-minutes") == "06:30"
    assert in_store(IrrigationProgramVersion.objects.count) == 0
    page.goto(NEW)
    page.wait_for_selector("html[data-link=linked]")
    assert not page.is_visible(OFFER)


def test_the_minutes_of_a_run_by_hand_stay_on_the_device(desk, server, start_page, in_store):
    page = desk.open(start_page, language="en")
    cut_off(page, server)
    page.fill("#minutes", "7")
    assert page.is_visible("text=What you type is kept on this device.")
    back_again(page, server)
    assert page.is_visible(OFFER)
    page.get_by_role("button", name="Take it up").click()
    page.wait_for_selector("#minutes[value='7']")
    assert not page.is_visible(OFFER)
    page.click(REVIEW)
    page.wait_for_selector("button[value=apply]")
    assert in_store(IrrigationRun.objects.count) == 0


def test_what_is_kept_belongs_to_one_person_and_one_form(desk, server, start_page):
    page = desk.open(start_page, language="en", name="li")
    cut_off(page, server)
    page.fill("#minutes", "7")
    back_again(page, server)
    page.get_by_role("button", name="Drop it").click()
    page.fill("#minutes", "8")
    cut_off(page, server)
    page.fill("#minutes", "9")
    server.mend()
    page.wait_for_selector("html[data-link=linked]")
    for name, address, is_offered in (("li", NEW, False), ("wang", start_page, False), ("li", start_page, True)):
        desk.sign_in(page, Role.TECHNICIAN, name)
        page.goto(address)
        page.wait_for_selector("html[data-link=linked]")
        assert page.is_visible(OFFER) is is_offered, (name, address)


def test_what_is_kept_is_not_lost_where_taking_it_up_is_not_answered(desk, server, start_page):
    page = desk.open(start_page, language="en")
    cut_off(page, server)
    page.fill("#minutes", "7")
    back_again(page, server)
    cut_off(page, server)
    assert page.get_by_role("button", name="Take it up").is_disabled()
    server.mend()
    page.wait_for_selector("html[data-link=linked]")
    page.route("**/start", lambda route: route.abort() if route.request.method == "POST" else route.continue_())
    with page.expect_event("requestfailed"):
        page.get_by_role("button", name="Take it up").click()
    page.unroute("**/start")
    page.goto(start_page)
    page.wait_for_selector("html[data-link=linked]")
    page.get_by_role("button", name="Take it up").click()
    page.wait_for_selector("#minutes[value='7']")
    page.goto(start_page)
    page.wait_for_selector("html[data-link=linked]")
    assert not page.is_visible(OFFER)
