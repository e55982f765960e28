"""The configuration pages in a real browser: from a field to the base, on a phone, without and with faults."""

from __future__ import annotations

import re

import pytest
from django.conf import settings
from django.utils import timezone

from greenhouse.access.roles import Role
from greenhouse.configuration import versions
from greenhouse.configuration.source import read_disk
from greenhouse.configuration.versions import Author
from greenhouse.site.models import Base, Point
from tests.browser.conftest import DESK, PHONE
from tests.browser.test_pages import CHINESE, TARGETS

SETUP_PAGES = (
    "/setup",
    "/setup/base/kangbashi",
    "/setup/devices/h1-climate",
    "/setup/points/h1-climate.heating_setpoint",
    "/setup/alarms",
    "/setup/alarms/air-temperature-low-low",
    "/setup/profiles",
    "/setup/profiles/climate-controller",
    "/setup/versions",
    "/setup/versions/1",
    "/setup/file",
    "/setup/people",
)


@pytest.fixture
def base(db) -> None:
    """The demonstration base with its stored file, as `load_base` leaves it."""
    versions.apply(read_disk(settings.BASE_FILE), Author(None, "first"), seen=0, now=timezone.now())


def opened(desk, path: str, *, role: Role = Role.ENGINEER, **options: object):
    return desk.open(path, role=role, wait=path == "/setup", **options)


def test_a_limit_is_changed_from_the_structure_to_the_base(desk, in_store):
    page = opened(desk, "/setup")
    page.locator("#house-h1 summary").click()
    page.get_by_role("link", name=re.compile("1号日光温室环境控制器")).first.click()
    page.get_by_role("link", name=re.compile("heating_setpoint")).click()
    page.fill("#id_limits_low", "8")
    page.fill("#id_limits_high", "26")
    page.get_by_role("button", name="查看更改").click()
    assert page.locator(".differences .new").inner_text() == "[8, 26]"
    page.fill("#id_reason", "育苗期")
    page.get_by_role("button", name="应用此更改").click()
    page.wait_for_url("**/setup/versions/2?applied=1")
    assert "育苗期" in page.inner_text("main")
    point = in_store(lambda: Point.objects.get(key="h1-climate.heating_setpoint"))
    assert (point.limit_low, point.limit_high) == (8, 26)


def test_a_fault_stands_at_its_field_and_going_back_after_applying_changes_nothing(desk, in_store):
    page = opened(desk, "/setup/devices/h1-blanket", language="en")
    page.fill("#id_unit_id", "1")
    page.get_by_role("button", name="Look at the change").click()
    assert "used on the same line" in page.inner_text("#id_unit_id_error")
    page.fill("#id_unit_id", "99")
    page.get_by_role("button", name="Look at the change").click()
    page.fill("#id_reason", "new address")
    page.get_by_role("button", name="Apply this change").click()
    page.wait_for_url("**/setup/versions/2*")
    page.go_back()
    page.fill("#id_reason", "again")
    page.get_by_role("button", name="Apply this change").click()
    assert "Somebody else changed the base" in page.inner_text("main")
    assert in_store(lambda: versions.newest().number) == 2


def test_the_text_survives_the_browser_unchanged(desk, in_store):
    """Browsers send other line ends and drop a first empty line."""
    page = opened(desk, "/setup/file", language="en", size=DESK)
    text = page.input_value("#id_base")
    page.fill("#id_base", text + "# seen by Li\n")
    page.get_by_role("button", name="Look at the change").click()
    assert "Only comments" in page.inner_text("main")
    page.fill("#id_reason", "a comment")
    page.get_by_role("button", name="Apply this change").click()
    page.wait_for_url("**/setup/versions/2*")
    before = in_store(lambda: versions.Version.objects.get(number=1).base_text)
    assert in_store(lambda: versions.newest().base_text) == before + "# seen by Li\n"


def test_of_two_people_the_slower_one_is_told_what_the_other_did(desk, in_store):
    slow = opened(desk, "/setup/base/kangbashi", language="en", name="slow")
    quick = opened(desk, "/setup/base/kangbashi", language="en", name="quick")
    for page, name in ((quick, "甲"), (slow, "乙")):
        page.fill("#id_name_zh", name)
        page.get_by_role("button", name="Look at the change").click()
        if page is quick:
            page.fill("#id_reason", "because")
            page.get_by_role("button", name="Apply this change").click()
            page.wait_for_url("**/setup/versions/2*")
    assert "quick" in slow.inner_text("main")
    assert "甲" in slow.inner_text(".differences")
    assert in_store(lambda: Base.objects.get().name_zh) == "甲"


def test_an_opened_house_stays_open_while_the_page_is_live(desk, stage):
    page = opened(desk, "/setup")
    page.locator("#house-h1 summary").click()
    stage.set("h2-climate.link", 0.0)
    page.locator("#house-h2 summary").filter(has_text="中 4 台").wait_for()
    assert page.locator("#house-h1").evaluate("part => part.open")


def test_a_new_person_signs_in_once_and_chooses_a_password(desk, browser, server):
    page = opened(desk, "/setup/people", language="en")
    page.fill("#id_username", "li")
    page.select_option("#id_role", "technician")
    page.get_by_role("button", name="Make the login").click()
    password = page.inner_text("#one-time")
    context = browser.new_context(base_url=server.address)
    person = context.new_page()
    person.goto("/login")
    person.fill("#id_username", "li")
    person.fill("#id_password", password)
    person.press("#id_password", "Enter")
    person.wait_for_url("**/account")
    person.goto("/setup")
    assert person.url.endswith("/account")
    for field, text in (
        ("old_password", password),
        ("new_password1", "Blanket 7 up"),
        ("new_password2", "Blanket 7 up"),
    ):
        person.fill(f"#id_{field}", text)
    person.locator("form[action='/account/password'] button").click()
    person.wait_for_url("**/account?changed=1")
    person.goto("/setup")
    assert person.url.endswith("/setup")
    context.close()


def test_every_target_is_large_enough_and_nothing_scrolls_sideways(desk):
    for path in SETUP_PAGES:
        page = opened(desk, path, size={"width": 320, "height": PHONE["height"]})
        assert page.evaluate("document.documentElement.scrollWidth") <= 320, path
        boxes = [target for target in page.evaluate(TARGETS) if target["width"] > 0 and "check" not in target["name"]]
        small = [t for t in boxes if (t["width"] < 28 or t["height"] < 28) or (t["tag"] and t["height"] < 48)]
        assert small == [], path


def test_english_pages_show_no_chinese_of_our_own(desk):
    for path in ("/setup/people", "/setup/versions/1", "/setup/alarms/air-temperature-low-low", "/setup/profiles"):
        page = opened(desk, path, language="en")
        assert CHINESE.findall(page.inner_text("main").replace("康巴什", "")) == [], path
