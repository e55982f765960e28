"""Manual holds and second persons on the pages: who sees what, and what a tap does."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import Client

from greenhouse.access.roles import Role
from greenhouse.clock import moment_now
from greenhouse.commands import dispatch, returns
from greenhouse.commands.lifecycle import State
from greenhouse.commands.models import CommandRequest, HoldState, ManualHold
from greenhouse.console.duties import duties
from greenhouse.console.duties.duties import up_to_the_minute
from greenhouse.console.values.words import duration_in_words
from greenhouse.site.current import current_base
from greenhouse.site.models import Point
from tests.commands.test_dispatch import Orders
from tests.console.conftest import AIR, ONLINE, SETPOINT

pytestmark = pytest.mark.django_db(databases=["default", "telemetry"])

ADDRESS = f"/points/{SETPOINT}/set"


def signed_in(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def page(shelf, technician) -> Client:
    """A technician before a controller with 16.0 °C in force."""
    shelf.put({**ONLINE, AIR: 18.4, SETPOINT: 16.0})
    return signed_in(technician)


def apply(page: Client, value: str = "17", **more: str):
    return page.post(ADDRESS, {"value": value, "seen_value": "16", "step": "apply", **more})


def text_of(response) -> str:
    return response.content.decode()


def carry_out(shelf) -> None:
    orders = Orders()
    dispatch.dispatch_next(moment_now(), orders)
    request = CommandRequest.objects.get(pk=orders.orders[0].request_id)
    dispatch.record_outcome(request.pk, State.CONFIRMED, now=moment_now(), readback_value=request.value)
    shelf.put({**ONLINE, SETPOINT: request.value})


def end_in(delay: timedelta) -> None:
    now = moment_now()
    ManualHold.objects.update(ends_at=now.wall + delay, ends_at_boot_s=now.boot_s + delay.total_seconds())


def test_a_hold_is_chosen_reviewed_and_asked_for(page):
    form = text_of(page.get(ADDRESS))
    assert re.findall(r'<option value="(\w*)"', form) == ["", "1", "2", "4", "8", "12"]
    review = text_of(page.post(ADDRESS, {"value": "17", "seen_value": "16", "step": "review", "hold_for": "2"}))
    assert 'name="hold_for" value="2"' in review
    assert "手动保持 2 小时" in review
    apply(page, hold_for="2")
    hold = ManualHold.objects.get()
    assert (hold.state, hold.ends_at - hold.request.created_at) == (HoldState.ASKED, timedelta(hours=2))


def test_without_a_choice_a_change_lasts_until_the_next(page):
    apply(page)
    assert not ManualHold.objects.exists()


@pytest.mark.parametrize("hold_for", ["0", "13", "-1", "1e9", "x"])
def test_a_length_that_no_sheet_offers_is_not_guessed_at(page, hold_for):
    response = apply(page, hold_for=hold_for)
    assert response.status_code == 422
    assert not CommandRequest.objects.exists()


def test_the_value_in_force_may_be_held_as_it_is(page):
    assert apply(page, value="16").status_code == 422
    assert apply(page, value="16", hold_for="1").status_code == 302


def test_the_sheet_says_who_holds_the_point_how_long_and_what_comes_then(page, shelf):
    apply(page, hold_for="2")
    carry_out(shelf)
    html = text_of(page.get(ADDRESS))
    assert 'data-ends-soon="false"' in html
    assert "还剩 2 小时" in html
    assert "恢复为 16.0 °C" in html
    end_in(timedelta(minutes=9, seconds=30))
    html = text_of(page.get(ADDRESS))
    assert 'data-ends-soon="true"' in html
    assert "还剩 10 分钟" in html


def test_a_hold_is_given_back_on_its_sheet(page, shelf):
    apply(page, hold_for="2")
    carry_out(shelf)
    (action,) = re.findall(r'action="([^"]*give-back)"', text_of(page.get(ADDRESS)))
    assert page.post(action).status_code == 302
    assert returns.return_ended(moment_now()) == 1
    assert CommandRequest.objects.get(actor="automatic_return").value == 16.0
    again = page.post(action)
    assert again.status_code == 409
    assert "已经结束" in text_of(again)


def test_a_viewer_sees_the_hold_and_has_no_way_to_end_it(page, shelf, person):
    apply(page, hold_for="2")
    carry_out(shelf)
    viewer = signed_in(person(Role.VIEWER))
    html = text_of(viewer.get(ADDRESS))
    assert "手动保持" in html
    assert "give-back" not in html
    hold = ManualHold.objects.get()
    assert viewer.post(f"/points/{SETPOINT}/holds/{hold.pk}/give-back").status_code == 403
    assert ManualHold.objects.get().given_back_by is None


def test_the_strip_counts_holds_and_the_overview_warns_before_they_end(page, shelf):
    apply(page, hold_for="2")
    carry_out(shelf)
    html = text_of(page.get("/"))
    assert re.search(r'data-count="manual">.*?<b>1</b>', html)
    assert 'data-count="ending" hidden' in html
    assert text_of(page.get("/duties")) == ""
    end_in(timedelta(minutes=9))
    assert re.search(r'data-count="ending">.*?<b>1</b>', text_of(page.get("/")))
    assert "16.0 °C" in text_of(page.get("/duties"))


@pytest.fixture
def waiting(page) -> CommandRequest:
    """A technician's change that needs a second person."""
    Point.objects.filter(key=SETPOINT).update(needs_approval=True)
    assert apply(page, reason="试").status_code == 302
    return CommandRequest.objects.get()


def test_who_asked_sees_that_it_waits_and_decides_nothing(page, waiting):
    assert 'data-cmd-state="awaiting_approval"' in text_of(page.get(ADDRESS))
    assert re.search(r'data-count="approvals">.*?<b>1</b>', text_of(page.get("/")))
    assert 'name="decision"' not in text_of(page.get("/decisions"))
    response = page.post("/decisions", {"request": str(waiting.pk), "decision": "approve"})
    assert response.status_code == 403
    waiting.refresh_from_db()
    assert waiting.state == State.AWAITING_APPROVAL


def test_a_supervisor_approves_on_a_page(waiting, person):
    supervisor = signed_in(person(Role.SUPERVISOR))
    html = text_of(supervisor.get("/decisions"))
    assert "16.0" in html
    assert "17.0" in html
    response = supervisor.post("/decisions", {"request": str(waiting.pk), "decision": "approve"})
    assert response["Location"] == f"{ADDRESS}?request={waiting.pk}"
    waiting.refresh_from_db()
    assert (waiting.state, waiting.approved_by.get_username()) == (State.REQUESTED, "supervisor")
    late = supervisor.post("/decisions", {"request": str(waiting.pk), "decision": "approve"})
    assert late.status_code == 409


def test_a_supervisor_who_asked_is_told_that_somebody_else_decides(page, person):
    Point.objects.filter(key=SETPOINT).update(needs_approval=True)
    supervisor = signed_in(person(Role.SUPERVISOR))
    apply(supervisor)
    assert 'name="decision"' not in text_of(supervisor.get("/decisions"))


def test_declining_wants_a_reason_and_the_asker_reads_it(page, waiting, person):
    supervisor = signed_in(person(Role.SUPERVISOR))
    form = {"request": str(waiting.pk), "decision": "decline"}
    assert supervisor.post("/decisions", form).status_code == 422
    assert supervisor.post("/decisions", {**form, "reason": "今晚太冷"}).status_code == 302
    assert "今晚太冷" in text_of(page.get(f"{ADDRESS}?request={waiting.pk}"))


@pytest.mark.parametrize("wanted", ["", "x", "00000000-0000-0000-0000-000000000000"])
def test_a_decision_about_nothing_is_not_found(page, wanted):
    assert page.post("/decisions", {"request": wanted, "decision": "approve"}).status_code == 404


def test_a_reason_of_ten_thousand_characters_is_refused_in_words_and_kept_in_the_form(page):
    response = page.post(ADDRESS, {"value": "17", "seen_value": "16", "step": "apply", "reason": "x" * 10_000})
    assert response.status_code == 422
    assert "10000 个字" in text_of(response)
    assert not CommandRequest.objects.exists()


@pytest.mark.parametrize(
    ("duration", "words"),
    [
        (timedelta(seconds=1), "1 分钟"),
        (timedelta(minutes=59, seconds=1), "1 小时"),
        (timedelta(minutes=72), "1 小时 12 分钟"),
        (timedelta(seconds=-5), "0 分钟"),
    ],
)
def test_what_is_left_of_a_hold_is_rounded_up_to_the_minute(duration, words):
    assert duration_in_words(up_to_the_minute(duration)) == words


@pytest.mark.parametrize(
    ("duration", "words"),
    [
        (timedelta(0), "0 分钟"),
        (timedelta(seconds=90), "90 秒"),
        (timedelta(minutes=1), "1 分钟"),
        (timedelta(hours=1), "1 小时"),
        (timedelta(hours=36), "36 小时"),
        (timedelta(hours=36, minutes=1), "36 小时 1 分钟"),
        (timedelta(days=3), "3 天"),
    ],
)
def test_a_length_of_time_is_said_to_the_second(duration, words):
    assert duration_in_words(duration) == words


def test_what_the_overview_has_no_room_for_is_counted(page, person, shelf, monkeypatch):
    """Of one kind alone there may be more than fit, however few there are of the other."""
    waiting = list(range(5))
    monkeypatch.setattr(duties, "approvals", lambda *_about: waiting)
    monkeypatch.setattr(duties, "shown_holds", lambda *_about: [])
    shown = duties.duties(current_base(), AnonymousUser(), moment_now())
    assert (shown["approvals"], shown["more"]) == ([0, 1, 2], 2)
