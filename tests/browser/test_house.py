"""The page of a house in a browser: two taps from the first page to any setpoint, live, and true when things fail."""

from __future__ import annotations

import base64
import re

import pytest
from playwright.sync_api import Page, expect

from devices.samples import Quality, Reason
from greenhouse.access.roles import Role
from tests.browser.conftest import DESK, PHONE

AIR = "h2-climate.air_temperature"
SETPOINT = "h2-climate.humidity_setpoint"
ROW = f'.setpoint--row[data-setpoint="{SETPOINT}"]'


def test_any_setpoint_is_two_taps_from_the_first_page_and_sent_with_the_fourth(desk, stage):
    """T3. Less carbon dioxide: more of it would wait for a second person."""
    page = desk.open("/")
    page.click('a[href="/houses/h3"]')
    page.click('.setpoint--row[data-setpoint="h3-climate.co2_setpoint"]')
    page.wait_for_selector("#sheet #new-value")
    page.fill("#sheet #new-value", "690")
    page.click("#sheet .actions button")
    page.click("#sheet button[value=apply]")
    page.wait_for_selector('#sheet [data-cmd-state="confirmed"]')
    assert stage.orders == [("h3-climate.co2_setpoint", 690.0)]


def test_a_setpoint_of_the_shared_equipment_is_two_taps_away(desk):
    """T3."""
    page = desk.open("/")
    page.click('.rail a[href="/equipment"]')
    page.click('[data-setpoint="water-unit.acidity_setpoint"]')
    page.wait_for_selector("#sheet #new-value")


def test_a_house_is_live_on_a_topic_of_its_own(desk, stage):
    page = desk.open("/houses/h2")
    sockets = page.evaluate("() => performance.getEntriesByType('resource').length")  # the page has loaded
    assert sockets
    stage.set(AIR, 21.7)
    expect(page.locator(f'.measure .reading[data-point="{AIR}"] .reading-number')).to_have_text("21.7")
    stage.set("h2-vent-roof.position", 40.0)
    stage.set("h2-vent-roof.motor_state", 1.0)
    drive = page.locator('[data-drive="h2-vent-roof.target_position"]')
    expect(drive.locator(".drive-now > .reading .reading-number")).to_have_text("40")
    expect(drive.locator(".motion")).to_contain_text("开启中")
    expect(drive.locator(".stroke-stand")).to_have_attribute("width", "40")
    stage.set("h2-vent-roof.control_location", 0.0)
    expect(drive.locator(".mode")).to_have_attribute("data-mode", "local")
    expect(drive.locator(".mode-word")).to_have_text("现场")


def test_a_manual_hold_is_seen_on_the_row_and_counted_on_the_first_page(desk):
    """T13: word, sign and end on the row; the count on the overview; gone again when it is given back."""
    first, page = desk.open("/", role=Role.VIEWER), desk.open("/houses/h2")
    page.click(ROW)
    page.fill("#sheet #new-value", "82")
    page.select_option("#sheet #hold-for", "2")
    page.click("#sheet .actions button")
    page.click("#sheet button[value=apply]")
    page.wait_for_selector('#sheet [data-cmd-state="confirmed"]')
    page.keyboard.press("Escape")
    held = page.locator(f"{ROW} .mode")
    expect(held).to_have_text(re.compile(r"手动（至 \d\d:\d\d）"))
    expect(held.locator("use")).to_have_attribute("href", "#mode-manual")
    expect(first.locator('[data-count="manual"] b')).to_have_text("1")
    page.click(ROW)
    page.goto(f"/houses/h2?sheet={SETPOINT}")
    page.get_by_role("button", name="立即结束保持").click()
    expect(first.locator('[data-count="manual"]')).to_be_hidden()
    page.keyboard.press("Escape")
    expect(page.locator("#changes")).to_contain_text("自动恢复")
    expect(page.locator(f"{ROW} .mode")).to_have_count(0)


def test_what_was_asked_of_another_house_comes_to_its_end_on_this_page_too(desk, stage):
    """SP7: the frames of a house tell of its own points alone, and here nothing becomes of those."""
    page = desk.open("/houses/h2")
    page.click(ROW)
    page.fill("#sheet #new-value", "82")
    page.click("#sheet .scope summary")
    page.check('#sheet input[value="h3-climate.humidity_setpoint"]')
    page.click("#sheet .actions button")
    page.wait_for_selector('#sheet [data-cmd-state="review"]')
    stage.set("h2-climate.control_location", 0.0)
    expect(page.locator(".place-head .mode").first).to_have_attribute("data-mode", "local")
    page.click("#sheet button[value=apply]")
    for key, state in ((SETPOINT, "refused"), ("h3-climate.humidity_setpoint", "confirmed")):
        row = page.locator(f'[data-batch-row="{key}"]')
        expect(row).to_have_attribute("data-cmd-state", state, timeout=30_000)


def test_the_address_restores_house_time_and_sheet(desk):
    """X6."""
    page = desk.open("/houses/g1-b?hours=72", size=DESK)
    assert page.get_attribute('.periods [aria-current="true"]', "href") == "?hours=72#curves"
    assert "hours=72" in page.get_attribute("[data-chart]", "data-chart-query")
    page.click('.setpoint--row[data-setpoint="g1-b-climate.heating_setpoint"]')
    page.wait_for_selector("#sheet [data-cmd-state]")
    again = desk.open(page.url.removeprefix(desk.address), size=DESK)
    again.wait_for_selector("#sheet [data-sheet-point='g1-b-climate.heating_setpoint']")
    assert "hours=72" in again.get_attribute("[data-chart]", "data-chart-query")
    expect(again.locator("h1")).to_have_text("连栋温室B区")


def test_the_way_leads_back_and_on_to_the_next_house(desk):
    page = desk.open("/houses/h6")
    page.click(".neighbors [rel=next]")
    expect(page.locator("h1")).to_have_text("连栋温室A区")
    page.click(".neighbors [rel=prev]")
    expect(page.locator("h1")).to_have_text("6号日光温室")
    page.click(".trail a")
    expect(page.locator(".house")).to_have_count(9)


def test_a_house_without_its_link_keeps_what_it_knows_and_sends_nothing(desk, server):
    """X4: offline."""
    page = desk.open("/houses/h2")
    shown = page.inner_text(f'.measure .reading[data-point="{AIR}"] .reading-number')
    page.click(ROW)
    page.wait_for_selector("#sheet #new-value")
    server.cut()
    page.wait_for_selector("html[data-link=lost]")
    expect(page.locator("#link-banner")).to_contain_text("离线")
    expect(page.locator(f'.measure .reading[data-point="{AIR}"]')).to_have_attribute("data-freshness", "late")
    assert page.inner_text(f'.measure .reading[data-point="{AIR}"] .reading-number') == shown
    assert page.locator("#sheet [data-needs-link]:not([disabled])").count() == 0


def test_one_part_that_fails_leaves_the_others_alone(desk, stage):
    """X4: partial."""
    page = desk.open("/houses/h2")
    page.route("**/houses/h2/values", lambda route: route.fulfill(status=500, body="broken"))
    stage.set("h2-climate.co2_concentration", None, Quality.BAD, Reason.INVALID_WORD)
    expect(page.locator('.measure .reading[data-point="h2-climate.co2_concentration"] .reading-age')).to_have_text(
        "传感器断路"
    )
    expect(page.locator("#values .panel").first).to_contain_text("个数值实时有效")
    expect(page.locator("body")).not_to_contain_text("broken")


def picture(page: Page, selector: str) -> str:
    return base64.b64encode(page.locator(selector).screenshot()).decode()


DIFFERING = """async ([one, other]) => {
    const pixels = async picture => {
        const bitmap = await createImageBitmap(await (await fetch(`data:image/png;base64,${picture}`)).blob());
        const canvas = new OffscreenCanvas(bitmap.width, bitmap.height).getContext("2d");
        canvas.drawImage(bitmap, 0, 0);
        return canvas.getImageData(0, 0, bitmap.width, bitmap.height).data;
    };
    const [a, b] = [await pixels(one), await pixels(other)];
    let differing = 0;
    for (let i = 0; i < a.length; i += 4) if (Math.abs(a[i] - b[i]) > 40) differing += 1;
    return differing / (a.length / 4);
}"""


class TestWithASilentSensor:
    """T15: the air temperature of house 2 says only what a test puts."""

    @pytest.fixture
    def silent(self) -> set[str]:
        return {AIR}

    @pytest.mark.parametrize("path", ["/", "/houses/h2"])
    def test_a_stale_value_is_told_from_a_live_one_without_any_color(self, desk, stage, path):
        """The same number live and stale, seen as somebody sees it who sees no colors: line, clock and words remain."""
        page = desk.open(path, size=PHONE, bypass_csp=True)
        page.context.new_cdp_session(page).send("Emulation.setEmulatedVisionDeficiency", {"type": "achromatopsia"})
        measure = f'.measure:has(.reading[data-point="{AIR}"]) .measure-values'
        reading = f'.measure .reading[data-point="{AIR}"]'
        page.locator(measure).scroll_into_view_if_needed()
        stage.put_once(AIR, 18.4, age_s=360)
        page.wait_for_selector(f'{reading}[data-freshness="stale"]')
        stale = picture(page, measure)
        stage.put_once(AIR, 18.4, age_s=0)
        page.wait_for_selector(f'{reading}[data-freshness="live"]')
        live = picture(page, measure)
        assert page.evaluate(DIFFERING, [stale, live]) > 0.02


class TestWithoutAnySample:
    """X4: empty."""

    @pytest.fixture
    def silent(self) -> set[str]:
        return {"h2-"}

    def test_a_house_that_never_spoke_says_so_everywhere(self, desk):
        page = desk.open("/houses/h2")
        expect(page.locator(f'.measure .reading[data-point="{AIR}"] .reading-age')).to_have_text("从未收到")
        expect(page.locator("#values .panel").first).to_contain_text("个数值中 0 个实时有效")
        expect(page.locator("#changes")).to_contain_text("还没有更改记录")
        expect(page.locator(".place-alarms")).to_contain_text("此处无报警")
        assert "NaN" not in page.inner_text("main")
