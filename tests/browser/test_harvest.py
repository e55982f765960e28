"""Entering harvests on a phone, with and without a link; crops and yields readable at every size."""

from __future__ import annotations

import re

import pytest
from django.contrib.auth.models import Group, User
from django.utils import timezone

from greenhouse.access.roles import Role
from greenhouse.harvest import entries
from greenhouse.harvest.models import Harvest
from tests.browser.conftest import DESK, PHONE
from tests.browser.harvested import store_harvests
from tests.browser.test_pages import CHINESE, TARGETS, text_of

READY = "[data-harvest-form][data-ready]"
LEAST_TEXT_PX = 12


@pytest.fixture
def grown(base) -> dict[str, str]:
    """Crops of three houses, fifteen weeks old."""
    li = User.objects.create_user("li")
    li.groups.add(Group.objects.get(name=Role.TECHNICIAN.value))
    return store_harvests(timezone.now(), by=li)


def opened(desk, **how):
    page = desk.open("/harvest", name="li", **how)
    page.wait_for_selector(READY)
    return page


def fill(page, kg: str, house: str = "1号日光温室") -> None:
    option = page.locator("#harvest-cycle option", has_text=house)
    page.select_option("#harvest-cycle", option.first.get_attribute("value"))
    page.fill("#harvest-kg", kg)


def newest() -> int | None:
    return entries.newest(1)[0].mass_g


def test_a_harvest_is_entered_with_few_taps_and_stands_below(desk, grown, in_store):
    page = opened(desk)
    fill(page, "42.5")
    page.click(".harvest-store")
    page.wait_for_selector("text=已保存：42.5 kg")
    page.wait_for_selector("#last .harvest-row:first-child >> text=42.5 kg")
    assert page.input_value("#harvest-kg") == ""
    assert in_store(newest) == 42_500
    fill(page, "40")
    page.click(".harvest-store")
    page.wait_for_selector("text=已保存：40 kg")
    assert in_store(newest) == 40_000


def test_stems_are_asked_for_where_they_are_counted(desk, grown):
    page = opened(desk)
    fill(page, "3", house="1号日光温室")
    assert page.locator("#harvest-stems").is_hidden()
    fill(page, "3", house="B区")
    assert page.locator("#harvest-stems").is_visible()


def test_a_doubtful_weight_is_asked_back_and_stored_with_its_reason(desk, grown, in_store):
    page = opened(desk)
    before = in_store(Harvest.objects.count)
    fill(page, "999.9")
    page.click(".harvest-store")
    page.wait_for_selector("[data-harvest-fault]:not([hidden]) >> text=十倍")
    assert in_store(Harvest.objects.count) == before
    page.fill("#harvest-reason", "两周没采")
    page.click(".harvest-store")
    page.wait_for_selector("text=已保存：999.9 kg")
    assert in_store(lambda: Harvest.objects.get(mass_g=999_900).was_doubted)


def test_what_is_entered_without_a_link_is_sent_once_when_it_is_back(desk, grown, server, in_store):
    page = opened(desk)
    before = in_store(Harvest.objects.count)
    server.cut()
    page.wait_for_selector("html[data-link=lost]")
    fill(page, "41.3")
    page.click(".harvest-store")
    page.wait_for_selector("[data-drafts]:not([hidden]) >> text=41.3")
    page.wait_for_selector("text=已暂存在本机")
    assert page.input_value("#harvest-kg") == ""
    assert in_store(Harvest.objects.count) == before
    server.mend()
    page.wait_for_selector("text=已保存：41.3 kg", timeout=60_000)
    page.wait_for_selector("[data-drafts][hidden]", state="attached")
    assert in_store(Harvest.objects.count) == before + 1


def test_what_was_kept_survives_the_page_and_is_sent_by_the_next_one(desk, grown, server, in_store):
    page = opened(desk)
    before = in_store(Harvest.objects.count)
    server.cut()
    page.wait_for_selector("html[data-link=lost]")
    fill(page, "37.7")
    page.click(".harvest-store")
    page.wait_for_selector("[data-drafts]:not([hidden]) >> text=37.7")
    page.goto("about:blank")
    server.mend()
    page.goto("/harvest")
    page.wait_for_selector("text=已保存：37.7 kg", timeout=60_000)
    assert in_store(Harvest.objects.count) == before + 1


def test_an_entry_is_corrected_from_the_list(desk, grown, in_store):
    page = opened(desk)
    page.click("#last .harvest-row:first-child .button")
    page.wait_for_selector("h1 >> text=更正采收记录")
    page.fill("#harvest-kg", "12.1")
    page.fill("#harvest-reason", "又看错了")
    page.click("text=保存更正")
    page.wait_for_selector("#last .harvest-row:first-child >> text=又看错了")
    assert in_store(newest) == 12_100


@pytest.mark.parametrize("path", ["/harvest", "/harvest/{harvest}", "/crops", "/crops/cycles/{cycle}", "/yields"])
def test_a_thumb_finds_everything_and_nothing_scrolls_sideways(desk, grown, path):
    page = desk.open(path.format(**grown), name="li", size={"width": 320, "height": 640})
    assert page.evaluate("() => document.documentElement.scrollWidth") <= 320
    small = [t for t in page.evaluate(TARGETS) if t["width"] > 0 and (t["width"] < 48 or t["height"] < 48)]
    assert small == []


@pytest.mark.parametrize("size", [PHONE, DESK, {"width": 1920, "height": 1080}])
def test_the_review_says_its_finding_unit_and_footing(desk, grown, size):
    page = desk.open("/yields", role=Role.COMMISSIONER, size=size)
    title = page.inner_text("#finding")
    assert re.fullmatch(r"定植\d+周后，.+比.+高[\d.]+ kg/m²", title)
    assert page.evaluate("() => document.documentElement.scrollWidth") <= size["width"]
    page.click("text=kg/667 m² >> nth=0")
    page.wait_for_selector(".choice[aria-current] >> text=kg/667 m²")
    assert "kg/667 m²" in page.inner_text("#finding")
    assert "草稿，未签署" in page.inner_text(".yield-foot")


def test_what_the_figures_stand_on_is_seen_before_anything_is_scrolled(desk, grown):
    """C1: area basis, unit, season, coverage, status, and when something was stored last, at 1440x900."""
    page = desk.open("/yields", role=Role.COMMISSIONER, size=DESK)
    basis = page.locator(".yield-basis")
    for part in ("净种植面积", "草稿，未签署", "最近登记于", "气温与光照数据覆盖率最低为"):
        assert part in basis.inner_text()
    assert re.search(r"\d\.\d %", basis.inner_text())
    for part in (basis, page.locator("#yield-season"), page.locator(".choice[aria-current]").first):
        box = part.bounding_box()
        assert box["y"] + box["height"] < DESK["height"]
    assert DESK["height"] == 900


def test_a_phone_shows_the_lines_of_the_finding_up_to_their_names(desk, grown):
    page = desk.open("/yields", role=Role.COMMISSIONER, size=PHONE)
    names = page.locator(".finding .curve-name").all()
    assert len(names) == 2
    for box in (name.bounding_box() for name in names):
        assert box["x"] + box["width"] <= PHONE["width"]
        assert box["height"] >= LEAST_TEXT_PX


def test_in_english_no_chinese_is_left(desk, grown):
    page = desk.open("/yields", role=Role.COMMISSIONER, size=DESK, language="en")
    said = text_of(page).replace("语言", "").replace("中文", "")
    assert CHINESE.findall(said) == []
    assert "leads" in page.inner_text("#finding")
