"""Entering a change before a real controller: by keys, by holding, within limits, with a slow answer, without a link.

`test_wired.py` follows what becomes of changes; these are about what a person does before, and what never reaches the
controller.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from greenhouse.access import tokens
from greenhouse.clock import utc_now
from greenhouse.commands.models import CommandRequest
from tests.browser.conftest import DESK, PHONE
from tests.browser.sheet import IN_FORCE, OPENER, SETPOINT, apply, box, in_force_on_card, open_sheet, overlap, review
from tests.browser.wired import WiredBase, controlled, follow_a_late_answer, wait_until, wired_base

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.django_db(transaction=True, databases=["default", "telemetry"]),
]
ANSWERS_AFTER_S = 5.0
CONFIRMS_WITHIN_S = 15.0


@pytest.fixture
def base(db, transactional_db, tmp_path) -> Iterator[WiredBase]:
    with wired_base(tmp_path, confirms_within_s=CONFIRMS_WITHIN_S) as wired:
        yield wired


@pytest.fixture
def stage(base, in_store) -> Iterator[WiredBase]:
    with controlled(base, in_store) as running:
        yield running


def test_a_controller_that_answers_after_five_seconds_is_waited_for(desk, stage):
    """T8: looked at every 100 ms. Until the register was read back, the sheet and the card show the old value."""
    page = desk.open()
    before = follow_a_late_answer(page, stage, answers_after_s=ANSWERS_AFTER_S)
    expect(page.locator(IN_FORCE)).to_have_text(f"{before + 1:.1f}")


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_the_review_says_what_becomes_what_and_its_button_lies_elsewhere(desk, stage, size):
    """T7: old and new with their unit, the difference; the button is not where the finger was."""
    page = desk.open(size=size)
    before = in_force_on_card(page)
    opener = page.locator(f"a{OPENER}")
    opener.scroll_into_view_if_needed()
    there = opener.bounding_box()
    open_sheet(page)
    review(page, f"{before + 1:g}")
    page.wait_for_selector('#sheet [data-cmd-state="review"]')
    said = " ".join(page.inner_text("#sheet .old-new").split())
    assert said == f"{before:.1f} → 改为 {before + 1:.1f} °C +1.0 °C"
    assert not overlap(there, box(page, '#sheet button[value="apply"]'))
    assert stage.orders() == []


def test_a_large_change_by_keyboard_alone_reaches_the_register(desk, stage):
    """T5 and T11: no pointer at all, from the card to the register; a key held down does not pass the question."""
    page = desk.open()
    before = in_force_on_card(page)
    page.focus(OPENER)
    page.keyboard.press("Enter")
    page.wait_for_selector('#sheet [data-cmd-state="draft"]')
    page.focus("#new-value")
    for _ in range(6):
        page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    page.wait_for_selector('#sheet [data-cmd-state="review"]')
    page.focus("#reason")
    page.keyboard.type("cold night")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_selector("#sheet [data-confirm][open]")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_selector('#sheet [data-command][data-cmd-state="confirmed"]')
    assert stage.simulated.value("h1-climate", "heating_setpoint") == pytest.approx(before + 3)


def test_a_large_change_is_held_for_one_and_a_half_seconds_and_has_a_reason(desk, stage):
    """T11: the controller hears nothing of a tap, nor of a change without a reason."""
    page = desk.open()
    before = in_force_on_card(page)
    open_sheet(page)
    review(page, f"{before + 3:g}")
    button = page.locator('#sheet button[value="apply"]')
    button.click(delay=1700)
    page.fill("#sheet #reason", "寒潮")
    button.click(delay=400)
    page.wait_for_timeout(1500)
    assert stage.orders() == []
    button.click(delay=1700)
    page.wait_for_selector('#sheet [data-command][data-cmd-state="confirmed"]')
    assert stage.orders() == [(SETPOINT, before + 3)]


def test_beyond_the_limit_neither_the_page_nor_the_interface_moves_the_controller(desk, stage, in_store):
    """T10: 4xx with the limit named, on both ways in."""
    page = desk.open(name="li")
    before = in_force_on_card(page)
    open_sheet(page)
    review(page, "36")
    expect(page.locator("#sheet .fault")).to_contain_text("超出允许范围 0 至 35 °C")
    secret = in_store(_token_of_li)
    answer = page.request.post(
        "/api/v1/commands",
        data={"point": SETPOINT, "value": 36, "seen_value": before, "reason": "frost"},
        headers={"Authorization": f"Bearer {secret}", "Cookie": ""},
    )
    assert 400 <= answer.status < 500
    assert "35" in answer.text()
    page.wait_for_timeout(1000)
    assert stage.orders() == []


def _token_of_li() -> str:
    from datetime import timedelta

    from django.contrib.auth.models import User

    li = User.objects.get(username="li")
    return tokens.make(li, "test", scopes=tokens.offered_scopes(li), lasts=timedelta(days=1), now=utc_now())[1]


@pytest.mark.parametrize("fault", ["cut", "freeze"])
def test_nothing_that_was_wanted_without_a_link_reaches_the_controller_afterwards(
    desk,
    server,
    stage,
    in_store,
    fault,
):
    """T16: banner within 10 s with the time of the data, no button, and an empty log at the controller after it."""
    page = desk.open()
    before = in_force_on_card(page)
    open_sheet(page)
    review(page, f"{before + 1:g}")
    page.wait_for_selector('#sheet [data-cmd-state="review"]')
    getattr(server, fault)()
    banner = page.locator("#link-banner")
    expect(banner).to_be_visible()
    expect(banner).to_contain_text("的数据")
    button = page.locator('#sheet button[value="apply"]')
    expect(button).to_be_disabled()
    expect(page.locator("#sheet [data-offline-reason]")).to_have_text("离线，无法下发。")
    button.click(force=True)
    page.keyboard.press("Enter")
    server.mend()
    page.wait_for_selector("html[data-link=linked]", timeout=60_000)
    page.wait_for_timeout(2000)
    assert stage.orders() == []
    assert in_store(CommandRequest.objects.count) == 0
    apply(page)
    wait_until(lambda: stage.orders() == [(SETPOINT, before + 1)])
