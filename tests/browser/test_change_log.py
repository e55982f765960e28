"""The log of changes, batches and decisions in a browser: reached, read, filtered, saved; and what every page owes."""

from __future__ import annotations

import csv
import io
import re
from uuid import uuid4

import pytest
from django.contrib.auth.models import Group, User
from playwright.sync_api import Page, expect

from greenhouse.access.roles import Role
from greenhouse.clock import moment_now
from greenhouse.commands.batches import Place, submit_batch
from greenhouse.commands.submit import submit_setpoint
from tests.browser.conftest import DESK, PHONE
from tests.browser.test_pages import CHINESE, LATIN_IN_CHINESE, TARGETS, text_of

SETPOINT = "h1-climate.heating_setpoint"
HOUSES = ("h1", "h2", "h3", "h4", "h5", "h6", "g1-a", "g1-b", "g1-c")
LOG, DECISIONS = "/changes/log", "/decisions"
NAME = "li"


@pytest.fixture
def changed(desk, stage, in_store) -> str:
    """A change, a batch over all compartments that waits, and a change refused by a switch; the batch's address."""
    return in_store(_ask)


def _ask() -> str:
    li = User.objects.create_user(NAME)
    li.groups.add(Group.objects.get(name=Role.TECHNICIAN))
    points = [f"{house}-climate.humidity_setpoint" for house in HOUSES]
    places = [Place(point, 80.0, None) for point in points]
    submit_setpoint(
        SETPOINT,
        16.5,
        by=li,
        seen_value=16.0,
        seen_at=None,
        now=moment_now(),
        reason="夜间降温",
        device_label="Android",
    )
    batch = submit_batch(places, 75.0, by=li, now=moment_now(), submission=uuid4(), reason="灰霉")
    return f"/batches/{batch.pk}"


def test_the_log_is_one_tap_from_the_overview_and_one_from_the_sheet(desk, changed):
    page = desk.open(size=DESK)
    page.click(".menu summary")
    page.click(f'.menu a[href="{LOG}"]')
    assert page.locator(".log-row").count() == 10
    page.goto(f"/points/{SETPOINT}/set")
    page.click(".sheet-history h3 a")
    assert page.locator(".log-row").count() == 1
    expect(page.locator("#log-point")).to_have_value(SETPOINT)


def test_a_filter_stands_in_the_address_and_in_the_file(desk, changed):
    """X6: the address is the whole view; what is shown is what is saved."""
    page = desk.open(LOG, size=DESK)
    page.select_option("#log-house", "h2")
    page.click(".filters .button")
    page.wait_for_url(re.compile("house=h2"))
    assert page.locator(".log-row").count() == 1
    with page.expect_download() as saved:
        page.click("text=导出 CSV")
    rows = list(csv.DictReader(io.StringIO(saved.value.path().read_text(encoding="utf-8-sig"))))
    assert [(row["位置"], row["人员"], row["原因"], row["范围"]) for row in rows] == [
        ("2号日光温室", NAME, "灰霉", "批量更改，共 9 个分区")
    ]


def test_the_log_works_without_scripts(desk, changed):
    page = desk.open(LOG, wait=False, java_script_enabled=False)
    page.select_option("#log-person", label=NAME)
    page.click(".filters .button")
    assert page.locator(".log-row").count() == 10


def _opened(desk, path: str, **options: object) -> Page:
    page = desk.open(path, role=Role.SUPERVISOR, **options)
    page.evaluate("() => document.querySelectorAll('main details').forEach(d => d.open = true)")
    return page


def _sheet_with_everything(desk, **options: object) -> Page:
    """The sheet with its keypad and the choice of compartments open."""
    page = desk.open(f"/?sheet={SETPOINT}", **options)
    page.wait_for_selector("#sheet [data-cmd-state], #sheet [data-command]")
    page.goto("/?sheet=h3-climate.heating_setpoint")
    page.wait_for_selector('#sheet [data-cmd-state="draft"]')
    page.click("#sheet [data-keypad-switch]")
    page.click("#sheet .scope summary")
    return page


@pytest.mark.parametrize("theme", ["light", "sun"])
@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_nothing_runs_out_of_a_narrow_page(desk, changed, language, theme):
    """X2."""
    looks = {"language": language, "theme": theme, "size": {"width": 320, "height": 640}}
    pages = {path: _opened(desk, path, **looks) for path in (LOG, DECISIONS, changed)}
    pages["sheet"] = _sheet_with_everything(desk, **looks)
    for path, page in pages.items():
        assert page.evaluate("() => document.documentElement.scrollWidth") <= 320, path
        assert page.evaluate("() => document.getElementById('sheet')?.scrollWidth ?? 0") <= 320, path


def test_everything_that_is_tapped_is_large_enough_for_a_glove(desk, changed):
    """T4."""
    pages = {path: _opened(desk, path, size=PHONE) for path in (LOG, DECISIONS, changed)}
    pages["sheet"] = _sheet_with_everything(desk)
    for path, page in pages.items():
        targets = [t for t in page.evaluate(TARGETS) if t["width"] > 0]
        small = [t for t in targets if t["height"] < 48 and "checkbox" not in t["tag"]]
        assert small == [], path


def test_one_language_at_a_time(desk, changed):
    """X3. Reasons are people's own words."""
    for path in (LOG, DECISIONS, changed):
        chinese = text_of(_opened(desk, path))
        assert set(re.findall(r"[A-Za-z]+", chinese)) <= LATIN_IN_CHINESE | {NAME, "supervisor", "Android", "CSV"}, path
        english = text_of(_opened(desk, path, language="en"))
        for own in ("语言", "中文", "夜间降温", "灰霉"):
            english = english.replace(own, "")
        assert CHINESE.findall(english) == [], path
