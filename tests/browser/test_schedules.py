"""The page of schedules in a browser: readable, tappable, one language, and live where the clock is concerned."""

from __future__ import annotations

import re

import pytest
from django.contrib.auth.models import Group, User
from django.utils import timezone

from greenhouse.access.roles import Role
from greenhouse.schedules.models import DueRun, State
from greenhouse.site.virtual_points import CLOCK, Clock, control_key
from tests.browser.axe import serious_findings
from tests.browser.conftest import DESK, PHONE
from tests.browser.missed_runs import store_missed_runs
from tests.browser.test_pages import CHINESE, LATIN_IN_CHINESE, TARGETS, text_of

SCHEDULES = "/schedules"


@pytest.fixture
def missed(base) -> None:
    """A night without power lies behind."""
    wang = User.objects.create_user("wang")
    wang.groups.add(Group.objects.get(name=Role.ENGINEER.value))
    store_missed_runs(timezone.now(), decided_by=wang)


def test_a_person_decides_with_one_tap(desk, missed, in_store):
    page = desk.open(SCHEDULES, role=Role.ENGINEER, size=PHONE)
    small = [t for t in page.evaluate(TARGETS) if t["width"] > 0 and (t["width"] < 48 or t["height"] < 48)]
    assert small == []
    page.get_by_role("button", name="跳过").click()
    page.wait_for_selector("text=决定跳过。")
    assert not in_store(DueRun.objects.filter(state=State.ASKED).exists)
    assert page.get_by_role("button", name="跳过").count() == 0


@pytest.mark.parametrize(("language", "theme"), [("zh-hans", "light"), ("en", "sun"), ("zh-hans", "night")])
def test_the_page_is_readable_fits_and_speaks_one_language(desk, missed, stage, language, theme):
    stage.set(control_key(CLOCK), float(Clock.BEHIND))
    look = {"language": language, "theme": theme, "bypass_csp": True}
    page = desk.open(SCHEDULES, role=Role.ENGINEER, size={"width": 320, "height": 640}, **look)
    page.wait_for_selector(".clock-trouble")
    assert page.evaluate("() => document.documentElement.scrollWidth") <= 320
    assert serious_findings(page) == []
    said = text_of(page)
    if language == "en":
        assert CHINESE.findall(said.replace("语言", "").replace("中文", "")) == []
    else:
        assert set(re.findall(r"[A-Za-z]+", said)) <= LATIN_IN_CHINESE | {"engineer", "wang"}


def test_the_overview_says_at_once_that_the_clock_is_in_doubt_and_at_once_that_it_is_not(desk, stage):
    page = desk.open("/", size=DESK)
    assert page.locator(".clock-trouble").count() == 0
    stage.set(control_key(CLOCK), float(Clock.AHEAD))
    page.wait_for_selector(".clock-trouble")
    stage.set(control_key(CLOCK), float(Clock.RIGHT))
    page.wait_for_selector(".clock-trouble", state="detached")
