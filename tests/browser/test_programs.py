"""The pages of climate programs in a real browser: on a phone, at a desk, on a panel, with a link and without."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from greenhouse.access.roles import Role
from greenhouse.rules import programs
from greenhouse.rules.models import ProgramVersion
from tests.browser.axe import serious_findings
from tests.browser.conftest import DESK, PHONE
from tests.browser.pictures.stored import change_programs
from tests.browser.test_pages import CHINESE, TARGETS

WALL = {"width": 1920, "height": 1080}
PAGE = "/houses/h1/program"
VENT = "#id-periods-0-ventilation-c"
REVIEW = ".program-send button"
STORE = "button[value=apply]"


def in_force(key: str = "h1"):
    found = programs.in_force(key)
    assert found is not None
    return found


def test_a_technician_changes_a_temperature_with_one_thumb(desk, in_store):
    page = desk.open(PAGE, language="en")
    more = page.get_by_role("button", name="Vent above: less").first
    for _tap in range(3):
        more.click()
    assert page.input_value(VENT) == "25.5"
    page.click(REVIEW)
    assert "Period 1 opens the vents above 25.5 °C instead of 27 °C." in page.inner_text("main")
    page.click(STORE)
    page.wait_for_url("**/program?saved=1")
    assert in_store(in_force).program.periods[0].ventilation_c == 25.5


def test_only_the_field_that_a_start_needs_is_shown(desk):
    page = desk.open(PAGE)
    clock, minutes = page.locator("[name='periods.0.start.clock']"), page.locator("[name='periods.0.start.minutes']")
    assert (clock.is_visible(), minutes.is_visible()) == (False, True)
    page.select_option("#id-periods-0-start", "clock")
    assert (clock.is_visible(), minutes.is_visible()) == (True, False)


def test_a_start_at_a_clock_time_moves_the_drawn_day(desk, in_store):
    page = desk.open(PAGE, language="en")
    before = page.get_attribute(".day-ventilation", "d")
    page.select_option("#id-periods-0-start", "clock")
    page.fill("[name='periods.0.start.clock']", "06:15")
    page.click(REVIEW)
    assert "Period 1 begins at 06:15, no longer 45 min after sunrise." in page.inner_text("main")
    assert page.get_attribute(".day-ventilation", "d") != before
    assert page.locator(".day-table tbody tr", has_text="06:15").count() == 1
    page.fill("#reason", "early shift")
    page.click(STORE)
    page.wait_for_url("**/program?saved=1")
    assert in_store(lambda: ProgramVersion.objects.get().reason) == "early shift"


def test_a_large_change_is_not_sent_without_a_reason(desk, in_store):
    page = desk.open(PAGE)
    page.fill(VENT, "22")
    page.click(REVIEW)
    page.click(STORE)
    assert page.evaluate("document.activeElement.id") == "reason"
    assert in_store(ProgramVersion.objects.count) == 0


def test_from_what_was_refused_a_thumb_comes_to_the_first_wrong_field(desk):
    page = desk.open(PAGE, language="en")
    later = "#id-periods-2-heating-c"
    page.fill(later, "ten")
    page.fill("#id-vents-band-k", "")
    page.click(REVIEW)
    page.click("[data-first-wrong]")
    expect(page.locator(later)).to_be_focused()
    expect(page.locator(later)).to_be_in_viewport()
    expect(page.locator("label[for=id-periods-2-heating-c]")).to_be_in_viewport()


def test_enter_looks_at_the_change_and_takes_no_period_out(desk):
    page = desk.open(PAGE)
    page.fill(VENT, "26")
    page.press(VENT, "Enter")
    page.wait_for_selector("[data-program-review]")


def test_everything_works_without_scripts(desk, in_store):
    page = desk.open(PAGE, language="en", java_script_enabled=False, wait=False)
    page.get_by_role("button", name="New period after 1").click()
    page.fill("[name='periods.1.start.clock']", "12:00")
    page.fill("#id-periods-1-ventilation-c", "30")
    page.click(REVIEW)
    page.fill("#reason", "noon")
    page.click(STORE)
    page.wait_for_url("**/program?saved=1")
    assert [period.ventilation_c for period in in_store(in_force).program.periods] == [27.0, 30.0, 24.0, 18.0]


def test_of_two_people_the_slower_one_loses_nothing(desk, in_store):
    slow = desk.open(PAGE, language="en", name="slow")
    quick = desk.open(PAGE, language="en", name="quick")
    slow.fill(VENT, "25.5")
    quick.fill(VENT, "28")
    quick.click(REVIEW)
    quick.click(STORE)
    quick.wait_for_url("**/program?saved=1")
    slow.click(REVIEW)
    told = slow.inner_text("main")
    assert "quick changed the program meanwhile" in told
    assert "above 28 °C instead of 27 °C" in told
    assert "above 25.5 °C instead of 27 °C" in told
    slow.get_by_role("button", name="Go on with what I typed").click()
    assert slow.input_value(VENT) == "25.5"
    slow.click(REVIEW)
    slow.fill("#reason", "it is cool")
    slow.click(STORE)
    slow.wait_for_url("**/program?saved=2")
    assert in_store(in_force).program.periods[0].ventilation_c == 25.5


def test_without_a_link_nothing_is_sent_and_the_draft_stays_on_the_device(desk, server, in_store):
    page = desk.open(PAGE, language="en")
    server.cut()
    page.wait_for_selector("html[data-link=lost]")
    page.fill(VENT, "25.5")
    assert page.is_disabled(REVIEW)
    assert page.is_visible("text=Offline: nothing can be sent.")
    server.mend()
    page.wait_for_selector("html[data-link=linked]")
    page.reload()
    page.wait_for_selector("html[data-link=linked]")
    assert page.input_value(VENT) == "27"
    page.get_by_role("button", name="Take it up").click()
    page.wait_for_selector(f"{VENT}[value='25.5']")
    assert in_store(ProgramVersion.objects.count) == 0
    page.goto(PAGE)
    page.wait_for_selector("html[data-link=linked]")
    assert not page.is_visible("[data-program-draft]")


def test_the_program_is_switched_on_and_the_list_says_so(desk, in_store):
    page = desk.open(PAGE, language="en")
    page.click("text=Switch the program on")
    page.fill("#switch-reason", "winter")
    page.get_by_role("button", name="Switch on").click()
    page.wait_for_url("**/program?switched=on")
    page.goto("/programs")
    assert "drives" in page.inner_text(".programs li:first-child")
    assert in_store(in_force).is_on


@pytest.mark.parametrize("size", [PHONE, DESK, WALL], ids=["phone", "desk", "wall"])
@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_axe_finds_nothing_serious_at_any_size(desk, size, language):
    page = desk.open(PAGE, language=language, size=size, bypass_csp=True)
    assert serious_findings(page) == []
    page.fill(VENT, "22")
    page.click(REVIEW)
    page.wait_for_selector("[data-program-review]")
    assert serious_findings(page) == []


def test_every_target_is_large_enough_and_nothing_scrolls_sideways(desk, in_store):
    from django.contrib.auth.models import User

    page = desk.open("/programs", size={"width": 320, "height": 844})
    in_store(lambda: change_programs(User.objects.get(username="technician")))
    for path in ("/programs", "/houses/h2/program", "/houses/h2/program/versions", "/houses/h2/program/copy"):
        page.goto(path)
        page.wait_for_selector("html[data-link=linked]")
        unfold(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= 320, path
        boxes = [target for target in page.evaluate(TARGETS) if target["width"] > 1 and "check" not in target["name"]]
        small = [t for t in boxes if (t["width"] < 28 or t["height"] < 28) or (t["tag"] and t["height"] < 48)]
        assert small == [], path


def test_english_pages_show_no_chinese_of_our_own(desk):
    page = desk.open("/programs", language="en")
    for path in ("/programs", PAGE, f"{PAGE}/versions", f"{PAGE}/versions/0", f"{PAGE}/copy"):
        page.goto(path)
        assert CHINESE.findall(page.inner_text("main").replace("康巴什", "")) == [], path


def test_who_may_not_edit_sees_the_day_and_no_form(desk):
    page = desk.open(PAGE, role=Role.VIEWER, language="en")
    assert page.is_visible(".day-drawing")
    assert page.locator("[data-program-form]").count() == 0


def unfold(page: Page) -> None:
    page.evaluate("() => document.querySelectorAll('main details').forEach(each => each.open = true)")
