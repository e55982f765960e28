"""Alarms in a browser: seen at once, acknowledged with one tap, readable for everybody."""

from __future__ import annotations

import re
from itertools import product

import pytest
from django.conf import settings
from django.utils import timezone

from greenhouse.alarms import site_file
from greenhouse.alarms.models import Occurrence
from greenhouse.site.basefile.importer import import_base
from greenhouse.site.basefile.reader import load_base
from tests.browser.axe import serious_findings
from tests.browser.conftest import DESK, PHONE
from tests.browser.test_pages import CHINESE, LATIN_IN_CHINESE, TARGETS, text_of

FROST = "air-temperature-low-low"
AT_ONCE = "\n".join(
    f'[[alarm]]\nkey = "{key}"\non_delay_s = 0\noff_delay_s = 0\nreason = "a test has no minutes"'
    for key in (FROST, "air-temperature-low", "relative-humidity-high", "tank-level-low", "link-lost")
)


@pytest.fixture
def base(db) -> None:
    """The demonstration base with alarms that do not wait."""
    now = timezone.now()
    import_base(load_base(settings.BASE_FILE), now=now, also=lambda: site_file.store(AT_ONCE, now=now))


@pytest.fixture
def troubled(desk, stage, in_store):
    """A base with an alarm of each priority that there is, one of them over."""
    stage.set("h2-climate.air_temperature", 4.2)
    stage.set("h3-climate.relative_humidity", 95.0)
    stage.set("h6-vent-roof.link", 0.0)
    stage.set("water-unit.tank_level", 9.0)
    page = desk.open("/")
    page.wait_for_selector('.alarm-strip [data-priority="1"]')
    page.wait_for_selector('.alarm-strip [data-priority="2"]')
    page.wait_for_selector('.alarm-strip [data-priority="3"] b:text-is("2")')
    stage.set("h3-climate.relative_humidity", 70.0)
    return desk


def test_an_alarm_appears_on_an_open_overview_and_goes_after_its_acknowledgement(desk, stage, in_store):
    page = desk.open("/")
    page.wait_for_selector(".alarm-strip[data-calm=true]")
    stage.set("h2-climate.air_temperature", 4.2)
    page.wait_for_selector('.alarm-strip [data-priority="1"]')
    assert "2号日光温室 · 气温过低，有冷害、冻害危险" in page.inner_text(".alarm-newest")
    page.click(".alarm-strip")
    page.click(".alarm[data-priority='1'] button")
    page.wait_for_selector(".alarm[data-alarm-state=acknowledged]")
    assert page.url.endswith("/alarms")
    assert page.locator(".alarm .alarm-mark--calls").count() == 0
    stage.set("h2-climate.air_temperature", 18.0)
    page.wait_for_selector(".alarm", state="detached")
    states = in_store(lambda: list(Occurrence.objects.filter(definition_key=FROST).values_list("state", flat=True)))
    assert states == ["normal"]


def test_an_alarm_can_be_acknowledged_without_scripts_and_by_keyboard(troubled):
    page = troubled.open("/alarms", wait=False, java_script_enabled=False)
    page.focus(".alarm[data-priority='1'] button")
    page.keyboard.press("Enter")
    page.wait_for_selector(".alarm[data-priority='1'][data-alarm-state=acknowledged]")


def test_the_focus_stays_where_it_was_when_the_list_changes(troubled, stage):
    page = troubled.open("/alarms")
    page.focus(".alarm[data-priority='1'] button")
    before = page.evaluate("document.activeElement.id")
    stage.set("h4-climate.air_temperature", 3.0)
    page.wait_for_selector('.alarm[data-priority="1"] >> nth=1')
    assert page.evaluate("document.activeElement.id") == before


@pytest.mark.parametrize(("path", "theme"), [*product(("/", "/alarms"), ("light", "sun", "night"))])
def test_axe_finds_nothing_serious_about_alarms(troubled, path, theme):
    page = troubled.open(path, theme=theme, bypass_csp=True)
    page.wait_for_selector(".alarm-mark")
    assert serious_findings(page) == []


def test_what_is_not_acknowledged_blinks_slowly_or_has_a_double_outline(troubled):
    """A2: at most once a second; without motion a double outline instead."""
    page = troubled.open("/")
    blinking = page.evaluate(
        "() => { const s = getComputedStyle(document.querySelector('.alarm-mark--calls'));"
        " return [s.animationName, parseFloat(s.animationDuration)]; }"
    )
    assert blinking[0] == "call"
    assert blinking[1] >= 1.0
    page = troubled.open("/", reduced_motion="reduce")
    assert page.evaluate("() => document.getAnimations().length") == 0
    style = page.evaluate("() => getComputedStyle(document.querySelector('.alarm-mark--calls')).outlineStyle")
    assert style == "double"


def test_an_alarm_page_fits_phones_gloves_and_both_languages(troubled):
    page = troubled.open("/alarms", size={"width": 320, "height": 640})
    assert page.evaluate("() => document.documentElement.scrollWidth") <= 320
    targets = [target for target in page.evaluate(TARGETS) if target["width"] > 0]
    assert [t for t in targets if t["width"] < 48 or t["height"] < 48] == []
    assert page.locator(".alarm button").first.bounding_box()["height"] >= 64
    names = {"technician", "pH", "P"}
    assert set(re.findall(r"[A-Za-z]+", text_of(page))) <= LATIN_IN_CHINESE | names
    english = text_of(troubled.open("/alarms", language="en")).replace("语言", "").replace("中文", "")
    assert CHINESE.findall(english) == []


@pytest.mark.parametrize(("language", "theme"), [("en", "light"), ("zh-hans", "sun")])
def test_a_long_name_of_an_alarm_widens_no_overview(troubled, language, theme):
    page = troubled.open("/", size=PHONE, language=language, theme=theme)
    assert page.evaluate("() => document.documentElement.scrollWidth") <= PHONE["width"]


def test_the_houses_stay_on_the_first_page_with_alarms(troubled):
    for size, houses in ((PHONE, 2), (DESK, 9)):
        page = troubled.open("/", size=size)
        page.wait_for_selector(".instrument .gauge")
        boxes = [card.bounding_box() for card in page.locator(".house").all()]
        whole = [box for box in boxes if box["y"] + box["height"] <= size["height"]]
        assert len(whole) >= houses
