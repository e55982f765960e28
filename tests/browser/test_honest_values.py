"""A value is never shown better than it is: old, bad, simulated, or behind a link that is gone."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from devices.samples import Quality, Reason
from greenhouse.commands.models import CommandRequest
from tests.browser.conftest import DESK

AIR = "h1-climate.air_temperature"
CO2 = "h1-climate.co2_concentration"
SETPOINT = "h1-climate.heating_setpoint"
READING = f'.reading[data-point="{AIR}"]'


@pytest.fixture
def silent() -> set[str]:
    """The air temperature of house 1 says only what a test puts."""
    return {AIR}


def look(page: Page, point: str = AIR) -> dict[str, str]:
    """How a value is drawn."""
    return page.evaluate(
        """point => {
            const reading = document.querySelector(`.reading[data-point="${point}"]`);
            const number = reading.querySelector(".reading-number");
            return {
                freshness: reading.dataset.freshness,
                quality: reading.dataset.quality,
                number: number.textContent,
                note: reading.querySelector(".reading-age").textContent,
                line: getComputedStyle(number).textDecorationStyle + " " + getComputedStyle(number).textDecorationLine,
                color: getComputedStyle(number).color,
                clock: getComputedStyle(reading.querySelector(".reading-mark")).display,
                detail: reading.title,
            };
        }""",
        point,
    )


def settle(page: Page, freshness: str) -> dict[str, str]:
    page.wait_for_selector(f'{READING}[data-freshness="{freshness}"]')
    return look(page)


def test_a_value_is_drawn_by_its_age_in_steps_that_need_no_color(desk, stage):
    """T15: dead, stale, late, live. Stale differs by line, clock and words, so it is told apart in grayscale too."""
    page = desk.open()
    never = look(page)
    assert (never["number"], never["note"]) == ("—", "从未收到")
    stage.put_once(AIR, 17.9, age_s=1000)
    page.wait_for_selector(f'{READING}[title*="17.9"]')
    dead = look(page)
    assert (dead["freshness"], dead["number"], dead["note"]) == ("dead", "—", "17 分钟前")
    assert re.search(r"最后数值 17\.9，\d\d:\d\d:\d\d", dead["detail"])
    stage.put_once(AIR, 18.1, age_s=360)
    stale = settle(page, "stale")
    assert (stale["number"], stale["note"], stale["line"]) == ("18.1", "6 分钟前", "dashed underline")
    assert stale["clock"] != "none"
    stage.put_once(AIR, 18.2, age_s=60)
    late = settle(page, "late")
    assert (late["number"], late["note"], late["line"]) == ("18.2", "", "solid none")
    assert late["clock"] != "none"
    stage.put_once(AIR, 18.4, age_s=0)
    live = settle(page, "live")
    assert (live["number"], live["clock"], live["line"]) == ("18.4", "none", "solid none")
    assert live["color"] != stale["color"]


def test_a_value_that_stops_coming_becomes_late_by_itself(desk, stage):
    """Polled every 5 s, so late after 10 s, with no frame about it."""
    page = desk.open()
    stage.put_once(AIR, 18.4, age_s=0)
    settle(page, "live")
    settle(page, "late")
    expect(page.locator(".strip [data-count=late] b")).to_have_text("1")


def test_a_bad_value_is_a_dash_with_its_reason_and_its_last_value_in_the_detail(desk, stage):
    page = desk.open(size=DESK)
    stage.set(CO2, 5001.0, Quality.BAD, Reason.OUT_OF_RANGE)
    page.wait_for_selector(f'.reading[data-point="{CO2}"][data-quality="bad"]')
    bad = look(page, CO2)
    assert (bad["number"], bad["note"]) == ("—", "超量程")
    assert "最后数值 5000" in bad["detail"]
    expect(page.locator(".panel--attention")).to_contain_text("超量程")
    expect(page.locator(".strip")).to_have_attribute("data-calm", "false")


def test_a_gap_in_the_samples_is_a_gap_in_the_trend(desk, stage):
    """T15: two samples an hour's quarter apart are two strokes, not one line between them.

    A stroke goes on for as long as its value may stand without a newer one: a minute or two of the hour.
    """
    stage.put_once(AIR, 18.0, age_s=2400)
    stage.put_once(AIR, 19.0, age_s=900)
    page = desk.open()
    page.wait_for_function(
        """() => (document.querySelector("[data-trend='h1-climate.air_temperature'] .trend")
                  ?.getAttribute("d").match(/M/g) ?? []).length === 2"""
    )
    first, second = page.get_attribute(f"[data-trend='{AIR}'] .trend", "d")[1:].split("M")
    ends = [float(stroke.split("L")[index].split()[0]) for stroke, index in ((first, -1), (second, 0))]
    assert ends[1] - ends[0] > 20
    assert max(first.count("L"), second.count("L")) <= 3


def test_simulated_values_are_tagged_on_every_card_and_sheet(desk):
    page = desk.open(size=DESK)
    assert page.locator(".house").count() == page.locator(".house .tag", has_text="演示数据").count() == 9
    assert page.locator(".reading[data-origin=measured]").count() == 0
    page.click(f'a[data-setpoint="{SETPOINT}"]')
    expect(page.locator("#sheet .tag")).to_have_text("演示数据")


@pytest.mark.parametrize("fault", ["cut", "freeze"])
def test_a_lost_link_is_said_within_ten_seconds_and_nothing_can_be_sent(desk, server, stage, in_store, fault):
    """T16, for a broken connection and for one that only falls silent."""
    page = desk.open()
    page.click(f'a[data-setpoint="{SETPOINT}"]')
    page.wait_for_selector('#sheet [data-cmd-state="draft"]')
    page.click('#sheet [data-step="1"]')
    page.click("#sheet .actions button")
    page.wait_for_selector('#sheet [data-cmd-state="review"]')
    page.evaluate(
        """() => {
            const banner = document.getElementById("link-banner"), begun = performance.now();
            new MutationObserver(() => {
                window.toldAfterMs ??= banner.hidden ? undefined : performance.now() - begun;
            }).observe(banner, { attributes: true });
        }"""
    )
    getattr(server, fault)()
    expect(page.locator("#link-banner")).to_be_visible()
    assert page.evaluate("() => window.toldAfterMs") <= 10_000
    assert re.search(r"离线 · 显示 \d\d:\d\d 的数据", page.inner_text("#link-banner"))
    expect(page.locator(".link-word")).to_have_text("离线")
    apply = page.locator('#sheet button[value="apply"]')
    expect(apply).to_be_disabled()
    expect(page.locator("#sheet [data-offline-reason]")).to_have_text("离线，无法下发。")
    assert page.locator('.reading[data-freshness="live"]').count() == 0
    server.mend()
    expect(page.locator(".link-word")).to_have_text("实时", timeout=45_000)
    expect(apply).to_be_enabled()
    expect(page.locator("#link-banner")).to_contain_text("已恢复连接")
    assert stage.orders == []
    assert in_store(CommandRequest.objects.count) == 0


def test_a_request_whose_answer_is_lost_is_not_said_to_be_sent(desk, server, stage):
    """The line freezes under the finger: the entry stays, and the page says what is not known."""
    page = desk.open()
    page.click(f'a[data-setpoint="{SETPOINT}"]')
    page.wait_for_selector('#sheet [data-cmd-state="draft"]')
    page.click('#sheet [data-step="1"]')
    page.click("#sheet .actions button")
    page.wait_for_selector('#sheet [data-cmd-state="review"]')
    server.freeze()
    page.click('#sheet button[value="apply"]')
    server.cut()
    expect(page.locator("#sheet [data-unsent]")).to_be_visible()
    assert "没有收到服务器的回答" in page.inner_text("#sheet")
    assert page.inner_text("#sheet .old-new .new") == "16.5"


def test_a_silent_control_process_is_not_a_live_link(desk, stage):
    """The server answers, but nothing new is stored: the sign in the bar says so, with the time of the last value."""
    page = desk.open()
    expect(page.locator(".link-word")).to_have_text("实时")
    stage.stop()
    expect(page.locator(".link-word")).to_have_text("稍迟")
    assert re.search(r"\d\d:\d\d:\d\d", page.inner_text(".link-time"))
    assert page.locator(".house .reading[data-freshness=live]").count() == 0


def test_nothing_on_the_page_moves_when_values_grow_old(desk, stage):
    """H7: the clock of a late value takes no room."""
    page = desk.open()
    where = """() => [...document.querySelectorAll(".house .reading-number, .outside dd")]
        .filter(e => e.checkVisibility()).map(e => Math.round(e.getBoundingClientRect().left))"""
    before = page.evaluate(where)
    stage.stop()
    page.wait_for_function("() => !document.querySelector('.house .reading[data-freshness=live]')", timeout=30_000)
    assert page.evaluate(where) == before


def test_a_page_of_somebody_who_was_signed_out_says_so(desk, in_store):
    from django.contrib.sessions.models import Session

    page = desk.open()
    in_store(lambda: Session.objects.all().delete())
    page.reload()
    assert "/login?next=" in page.url


def test_a_page_woken_up_shows_what_it_knows_and_its_age(desk, server):
    """PH7: while asleep the line broke; on waking the values stay and are not live."""
    page = desk.open()
    number = page.inner_text(f'.reading[data-point="{CO2}"] .reading-number')
    server.cut()
    page.wait_for_selector("html[data-link=lost]")
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    assert page.inner_text(f'.reading[data-point="{CO2}"] .reading-number') == number
    assert look(page, CO2)["freshness"] != "live"
