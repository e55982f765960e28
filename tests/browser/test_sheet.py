"""The main job in a browser: change one setpoint and know that it took."""

from __future__ import annotations

import re
import time

import pytest
from playwright.sync_api import expect

from greenhouse.commands.models import CommandRequest
from tests.browser.conftest import DESK, PHONE
from tests.browser.sheet import IN_FORCE, LOOK, OPENER, SETPOINT, apply, box, open_sheet, overlap, review


def test_a_setpoint_is_one_tap_away_and_sent_by_the_fourth(desk, stage):
    """T3: the taps are: setpoint, plus, review, apply."""
    page = desk.open()
    for target in (OPENER, '#sheet [data-step="1"]', "#sheet .actions button", '#sheet button[value="apply"]'):
        page.click(target)
    page.wait_for_selector("#sheet [data-command]")
    expect(page.locator(IN_FORCE)).to_have_text("16.5")
    assert stage.orders == [(SETPOINT, 16.5)]


def test_the_sheet_shows_all_there_is_to_know_before_an_edit(desk):
    """T6: measured, in force, allowed range, last change, scope, duration."""
    page = desk.open()
    open_sheet(page)
    text = page.inner_text("#sheet")
    for wanted in (
        "实测",
        "已生效设定",
        "待确认",
        "允许范围",
        "0.0 – 35.0",
        "上次更改",
        "仅1号日光温室",
        "直到再次更改",
    ):
        assert wanted in text


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_apply_never_lies_where_the_opener_was(desk, size):
    """T7: openers of three houses, each scrolled to the height of the button. On a desk the whole sheet keeps away."""
    page = desk.open(size=size)
    apply_y = None
    for house in ("h1", "h2", "h3"):
        for name in ("heating_setpoint", "ventilation_setpoint", "co2_setpoint"):
            opener = page.locator(f'a[data-setpoint="{house}-climate.{name}"]')
            opener.scroll_into_view_if_needed()
            if apply_y is not None:
                opener.evaluate("(e, y) => scrollBy(0, e.getBoundingClientRect().top - y)", apply_y)
            where = opener.bounding_box()
            opener.click()
            page.wait_for_selector('#sheet [data-cmd-state="draft"]')
            page.click('#sheet [data-step="1"]')
            page.click("#sheet .actions button")
            page.wait_for_selector('#sheet [data-cmd-state="review"]')
            assert "→" in page.inner_text(".old-new")
            there = box(page, '#sheet button[value="apply"]')
            assert not overlap(where, box(page, "#sheet") if size is DESK else there), (house, name)
            apply_y = there["y"]
            page.keyboard.press("Escape")


def test_the_value_in_force_is_never_the_wish_before_it_was_read_back(desk, controller, stage):
    """T8: read back 5 s after it was sent; what the page shows is looked at every 100 ms."""
    controller.accept_after_s, controller.confirm_after_s = 1.0, 5.0
    page = desk.open()
    open_sheet(page)
    review(page, "16.5")
    apply(page)
    page.wait_for_selector("#sheet [data-command]")
    seen: list[tuple[str, str, str, float]] = []
    while not seen or seen[-1][0] != "confirmed":
        assert len(seen) < 300, seen[-1]
        seen.append((*page.evaluate(LOOK), time.monotonic()))
        page.wait_for_timeout(100)
    states = list(dict.fromkeys(state for state, *_ in seen))
    assert [state for state in states if state != "requested"] == ["dispatched", "accepted", "confirmed"]
    before = [look for look in seen if look[3] < stage.read_back_at_s]
    assert len(before) > 10
    assert {(sheet, card) for _, sheet, card, _ in before} == {("16.0", "16.0")}
    expect(page.locator(IN_FORCE)).to_have_text("16.5")
    expect(page.locator(f"a{OPENER} .reading-number")).to_have_text("16.5")


@pytest.mark.parametrize(("behavior", "wanted"), [("keeps", "未生效：控制器仍为 16 °C"), ("silent", "控制器没有应答")])
def test_what_did_not_take_is_said_and_a_reload_says_the_same(desk, controller, behavior, wanted):
    """T9: wrong read-back and silence."""
    controller.behavior = behavior
    page = desk.open()
    open_sheet(page)
    review(page, "16.5")
    apply(page)
    page.wait_for_selector('#sheet [data-command][data-cmd-state="timeout"]')
    assert wanted in page.inner_text("#sheet .outcome")
    assert page.inner_text(IN_FORCE) == "16.0"
    assert "重试" in page.inner_text("#sheet")
    page.reload()
    page.wait_for_selector("#sheet .sheet-history .change")
    assert "未确认生效" in page.inner_text("#sheet .sheet-history")
    assert page.inner_text(IN_FORCE) == "16.0"
    assert "未确认生效" in page.inner_text(".rail")


def test_a_value_out_of_limits_is_refused_with_its_limit(desk, stage):
    """T10: the stepper stops at the limit and names it; a typed value is refused; the request itself is a 4xx."""
    page = desk.open()
    open_sheet(page)
    page.fill("#new-value", "34.9")
    page.click('#sheet [data-step="1"]')
    assert page.input_value("#new-value") == "35.0"
    assert "最高允许值为 35.0 °C" in page.inner_text("#limit-note")
    review(page, "36")
    page.wait_for_selector("#sheet .fault")
    assert "超出允许范围 0 至 35 °C" in page.inner_text("#sheet .fault")
    assert page.input_value("#new-value") == "36"
    token = page.input_value('#sheet [name="csrfmiddlewaretoken"]')
    answer = page.request.post(
        f"/points/{SETPOINT}/set",
        form={"csrfmiddlewaretoken": token, "value": "36", "seen_value": "16", "step": "apply"},
        headers={"Referer": page.url},
    )
    assert answer.status == 422
    assert "超出允许范围" in answer.text()
    assert stage.orders == []


def test_a_large_change_is_sent_by_holding_and_not_by_a_tap(desk, stage):
    """T11 with a pointer: 400 ms do nothing, 1.5 s send; without a reason neither does."""
    page = desk.open()
    open_sheet(page)
    review(page, "19")
    button = page.locator('#sheet button[value="apply"]')
    button.click(delay=1700)
    assert page.locator("#sheet [data-command]").count() == 0
    page.fill("#reason", "寒潮")
    button.click(delay=400)
    page.wait_for_timeout(300)
    assert page.locator("#sheet [data-command]").count() == 0
    button.click(delay=1700)
    page.wait_for_selector("#sheet [data-command]")
    expect(page.locator(IN_FORCE)).to_have_text("19.0")
    assert stage.orders == [(SETPOINT, 19.0)]


def test_a_whole_change_by_keyboard_alone(desk, stage):
    """T5 and T11 by keyboard: a large change is confirmed in a dialog, which a key held down does not pass."""
    page = desk.open()
    page.focus(OPENER)
    page.keyboard.press("Enter")
    page.wait_for_selector('#sheet [data-cmd-state="draft"]')
    page.focus("#new-value")
    for _ in range(6):
        page.keyboard.press("ArrowUp")
    assert page.input_value("#new-value") == "19.0"
    page.keyboard.press("Enter")
    page.wait_for_selector('#sheet [data-cmd-state="review"]')
    page.focus("#reason")
    page.keyboard.type("cold night")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert "下发 16.0 → 19.0 °C？" in page.inner_text("#sheet [data-confirm]")
    page.keyboard.press("Enter")  # the way back has the focus
    assert page.locator("#sheet [data-command]").count() == 0
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_selector('#sheet [data-command][data-cmd-state="confirmed"]')
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.dataset.setpoint") == SETPOINT
    assert stage.orders == [(SETPOINT, 19.0)]


def test_focus_stays_in_the_sheet(desk):
    page = desk.open()
    open_sheet(page)
    for _ in range(25):
        page.keyboard.press("Tab")
        assert page.evaluate(
            """() => document.activeElement === document.body
                  || document.getElementById("sheet").contains(document.activeElement)"""
        )


def test_the_second_of_two_people_sees_who_was_faster(desk, stage):
    """T12: two people edit one setpoint; nothing is overwritten."""
    first, second = desk.open(name="li"), desk.open(name="wang")
    open_sheet(first)
    open_sheet(second)
    review(first, "17")
    apply(first)
    first.wait_for_selector('#sheet [data-command][data-cmd-state="confirmed"]')
    expect(second.locator(IN_FORCE)).to_have_text("17.0")
    review(second, "16.5")
    second.wait_for_selector("#sheet .fault")
    text = second.inner_text("#sheet .fault")
    assert "17" in text
    assert "li" in text
    assert re.search(r"\d\d:\d\d:\d\d", text)
    assert stage.orders == [(SETPOINT, 17.0)]


def test_a_change_appears_under_the_recent_ones_of_every_page(desk):
    """T14, for a person as the source."""
    watcher, page = desk.open(name="wang", size=DESK), desk.open(name="li")
    open_sheet(page)
    review(page, "16.5")
    apply(page)
    row = watcher.locator(".rail .change", has_text="16.0 → 16.5 °C")
    expect(row).to_contain_text("li")
    expect(row).to_contain_text("已生效")


def test_the_way_back_is_one_tap_and_a_change_of_its_own(desk, stage, in_store):
    page = desk.open()
    open_sheet(page)
    review(page, "16.5")
    apply(page)
    page.click("text=恢复为 16.0 °C")
    expect(page.locator("#sheet [data-command]")).to_contain_text("撤回上次更改")
    expect(page.locator(IN_FORCE)).to_have_text("16.0")
    assert stage.orders == [(SETPOINT, 16.5), (SETPOINT, 16.0)]
    first, second = in_store(lambda: list(CommandRequest.objects.order_by("created_at")))
    assert second.undo_of_id == first.pk


def test_the_sheet_works_without_scripts(desk, stage, in_store):
    page = desk.open(f"/points/{SETPOINT}/set", wait=False, java_script_enabled=False)
    page.fill("#new-value", "16.5")
    page.click(".actions button")
    page.click('button[value="apply"]')
    assert page.locator("[data-command]").count() == 1
    assert in_store(CommandRequest.objects.count) == 1


def test_an_open_sheet_is_part_of_the_address(desk):
    """X6 and X3: a reload, and another language, keep the sheet."""
    page = desk.open()
    open_sheet(page)
    page.wait_for_url(lambda address: f"sheet={SETPOINT}" in address)
    page.reload()
    page.wait_for_selector('#sheet [data-cmd-state="draft"]')
    page.keyboard.press("Escape")
    page.wait_for_url(lambda address: "sheet=" not in address)  # the dialog tells its end a moment after the key


def test_a_stepper_held_goes_on_by_itself_and_stops_at_the_limit(desk):
    """SP2: one step at once, then none for a while, then one after the other until the finger leaves."""
    page = desk.open()
    open_sheet(page)
    plus = box(page, '#sheet [data-step="1"]')
    page.mouse.move(plus["x"] + 30, plus["y"] + 30)
    page.mouse.down()
    assert page.input_value("#new-value") == "16.5"
    page.wait_for_function("() => Number(document.getElementById('new-value').value) >= 20")
    page.mouse.up()
    value = page.input_value("#new-value")
    page.wait_for_timeout(500)
    assert page.input_value("#new-value") == value
    page.mouse.down()
    page.wait_for_function("() => document.getElementById('new-value').value === '35.0'")
    page.wait_for_timeout(500)
    page.mouse.up()
    assert page.input_value("#new-value") == "35.0"
    assert "最高允许值为 35.0 °C" in page.inner_text("#limit-note")


def test_a_keypad_for_gloves_stops_at_the_limit(desk, stage):
    """SP2 and SP4: a key that would go past the limit does nothing, and the limit is named with who may change it."""
    page = desk.open()
    open_sheet(page)
    page.click("#sheet [data-keypad-switch]")
    for key in page.locator("#sheet .key").all():
        size = key.bounding_box()
        assert size["height"] >= 64
        assert size["width"] >= 64
    for key in "16.5":
        page.click(f'#sheet [data-key="{key}"]')
    assert page.input_value("#new-value") == "16.5"
    page.click('#sheet [data-key="5"]')
    assert page.input_value("#new-value") == "16.5"
    page.click('#sheet [data-key="clear"]')
    page.click('#sheet [data-key="3"]')
    page.click('#sheet [data-key="9"]')
    assert page.input_value("#new-value") == "3"
    assert "最高允许值为 35.0 °C，由工程师修改" in page.inner_text("#limit-note").replace("。该限值可", "，").replace(
        "可", ""
    )
    page.click('#sheet [data-key="back"]')
    assert page.input_value("#new-value") == ""
    for key in "17":
        page.click(f'#sheet [data-key="{key}"]')
    page.click("#sheet .actions button")
    apply(page)
    expect(page.locator(IN_FORCE)).to_have_text("17.0")
    assert stage.orders == [(SETPOINT, 17.0)]


def test_what_was_typed_without_a_link_is_kept_and_never_sent_by_itself(desk, server, stage, in_store):
    """SP11 and T16: the draft stays on the device, over a reload; a person takes it up, looks at it and sends it."""
    page = desk.open()
    open_sheet(page)
    server.cut()
    expect(page.locator("#sheet .actions button")).to_be_disabled()
    page.click('#sheet [data-step="1"]')
    page.click('#sheet [data-step="1"]')
    page.keyboard.press("Escape")
    page.click(OPENER)
    expect(page.locator("#sheet [role=alert]")).to_contain_text("没有连接时不能下发")
    page.keyboard.press("Escape")
    server.mend()
    expect(page.locator(".link-word")).to_have_text("实时", timeout=45_000)
    page.wait_for_timeout(1500)
    assert stage.orders == []
    assert in_store(CommandRequest.objects.count) == 0
    page.reload()
    page.wait_for_selector("html[data-link=linked]")
    open_sheet(page)
    expect(page.locator("#sheet [data-draft]")).to_contain_text("未下发")
    assert page.input_value("#new-value") == "16.0"
    page.click("#sheet [data-draft-take]")
    assert page.input_value("#new-value") == "17.0"
    page.click("#sheet .actions button")
    apply(page)
    expect(page.locator(IN_FORCE)).to_have_text("17.0")
    assert stage.orders == [(SETPOINT, 17.0)]
    assert page.evaluate("Object.keys(localStorage).filter(key => key.includes('draft')).length") == 0


def test_a_sheet_on_a_page_of_its_own_leads_on(desk):
    """After an approval the second person stands here: there is no dialog, and every way on is a link."""
    page = desk.open(f"/points/{SETPOINT}/set", size=DESK)
    page.fill("#new-value", "16.5")
    page.click(".actions button")
    page.click('button[value="apply"]')
    page.wait_for_selector('[data-command][data-cmd-state="confirmed"]')
    page.get_by_role("link", name="再次更改").click()
    page.wait_for_selector("#new-value")
