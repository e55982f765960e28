"""What a sheet's forms do beyond one change: sent twice, taken back, put off, and what stands in their way."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from greenhouse.clock import moment_now
from greenhouse.commands import dispatch
from greenhouse.commands.lifecycle import State
from greenhouse.commands.models import CommandRequest
from greenhouse.commands.sources import Automatic, Source
from greenhouse.commands.submit import submit_setpoint
from tests.commands.test_dispatch import Orders
from tests.console.conftest import SETPOINT, moment
from tests.console.sheet.test_sheet import ADDRESS, MODE, page, post, text_of

__all__ = ["page"]
pytestmark = pytest.mark.django_db(databases=["default", "telemetry"])


def confirm(shelf, value: float, *, ended_ago: timedelta = timedelta(0)) -> CommandRequest:
    """Take the request that is open and read its value back."""
    request = CommandRequest.objects.get(ended_at=None)
    dispatch.dispatch_next(moment(request.created_at), Orders())
    shelf.put({SETPOINT: value})
    dispatch.record_outcome(
        request.pk, State.CONFIRMED, now=moment(request.created_at - ended_ago), readback_value=value
    )
    return request


def test_a_form_sent_twice_is_one_request_even_after_its_end(page, shelf):
    """Double tap, and the back button after it was sent."""
    submission = re.search(r'name="submission" value="([^"]+)"', text_of(post(page, "16.5", step="review")))[1]
    first = post(page, "16.5", submission=submission)
    assert post(page, "16.5", submission=submission)["Location"] == first["Location"]
    confirm(shelf, 16.5)
    assert post(page, "16.5", submission=submission)["Location"] == first["Location"]
    assert CommandRequest.objects.count() == 1


def test_two_tabs_are_two_forms_and_the_second_is_a_conflict(page, shelf):
    forms = [
        re.search(r'name="submission" value="([^"]+)"', text_of(post(page, "16.5", step="review")))[1] for _ in "12"
    ]
    assert len(set(forms)) == 2
    post(page, "16.5", submission=forms[0])
    confirm(shelf, 16.5)
    assert post(page, "16.5", submission=forms[1]).status_code == 409
    assert CommandRequest.objects.count() == 1


@pytest.mark.parametrize("step", ["review", "apply"])
def test_who_was_overtaken_keeps_the_reason_and_the_length_of_the_hold(page, shelf, step):
    """Else a change that was to end by itself would last for good."""
    shelf.put({SETPOINT: 17.0})
    response = post(page, "16.5", step=step, hold_for="2", reason="寒潮")
    html = text_of(response)
    assert response.status_code == 409
    assert 'name="seen_value" value="17"' in html
    assert 'value="16.5" data-step' in html
    assert '<option value="2" selected>' in html
    assert 'name="reason" value="寒潮"' in html


def test_the_way_back_is_one_request_of_its_own(page, shelf):
    post(page, "16.5")
    request = confirm(shelf, 16.5)
    html = text_of(page.get(ADDRESS))
    assert "恢复为 16.0 °C" in html
    submission = re.search(r'name="submission" value="([^"]+)"', html)[1]
    answers = [page.post(f"{ADDRESS}/{request.pk}/undo", {"submission": submission}) for _ in "12"]
    back = CommandRequest.objects.get(undo_of=request)
    assert {answer["Location"] for answer in answers} == {f"{ADDRESS}?request={back.pk}"}
    assert (back.value, back.previous_value) == (16.0, 16.5)


def test_every_form_of_a_sheet_can_say_that_it_had_no_answer(page, shelf):
    post(page, "16.5", hold_for="1")
    confirm(shelf, 16.5)
    forms = re.findall(r"<form[^>]*data-sheet-form.*?</form>", text_of(page.get(ADDRESS)), re.DOTALL)
    assert len(forms) == 4
    assert all("data-unsent" in form for form in forms)


def test_the_way_back_is_refused_with_the_difference_once_somebody_changed_it(page, shelf):
    post(page, "16.5")
    request = confirm(shelf, 16.5)
    shelf.put({SETPOINT: 20.0})
    assert "data-undo" not in text_of(page.get(ADDRESS))
    answer = page.post(f"{ADDRESS}/{request.pk}/undo", {})
    html = text_of(answer)
    assert answer.status_code == 409
    assert re.search(r"您看到的</dt><dd>16\.5.*现在生效.*20\.0.*您想要的</dt><dd>16\.0", html, re.DOTALL)


@pytest.mark.parametrize("submission", ["x", "1234", "\0"])
def test_a_form_with_a_name_that_no_page_gives_is_refused(page, submission):
    assert post(page, "16.5", submission=submission).status_code == 422
    assert not CommandRequest.objects.exists()


def test_the_end_of_a_hold_is_put_off_on_the_sheet(page, shelf):
    post(page, "16.5", hold_for="1")
    request = confirm(shelf, 16.5)
    assert "延长" in text_of(page.get(ADDRESS))
    address = f"/points/{SETPOINT}/holds/{request.hold.pk}/extend"
    assert page.post(address, {"hold_for": "4"}).status_code == 302
    html = text_of(page.get(ADDRESS))
    assert "还剩 4 小时" in html
    assert "由技术员延长" in html
    assert page.post(address, {"hold_for": "1"}).status_code == 422
    assert page.post(address, {"hold_for": "99"}).status_code == 422
    assert page.post(address, {}).status_code == 422


def test_all_that_is_in_the_way_is_said_before_anything_is_typed(page, shelf, person):
    shelf.put({"h1-climate.link": 0.0, "h1-climate.control_location": 0.0})
    html = text_of(page.get(ADDRESS))
    listed = re.search(r'<ul class="in-the-way".*?</ul>', html, re.DOTALL)[0]
    assert "控制器离线" in listed
    assert "“现场”位置" in listed


def test_an_interlock_that_may_come_again_is_named(page, shelf):
    submit_setpoint(
        SETPOINT, 12.0, by=Automatic(Source.INTERLOCK, "frost guard"), seen_value=16.0, seen_at=None, now=moment_now()
    )
    confirm(shelf, 12.0)
    assert "联锁“frost guard”" in text_of(page.get(ADDRESS))


def test_more_co2_waits_for_a_second_person_and_says_so_before_it_is_sent(page, shelf):
    address = "/points/h1-climate.co2_setpoint/set"
    shelf.put({"h1-climate.co2_setpoint": 700.0})
    more = {"value": "750", "seen_value": "700"}
    assert "须由第二人" in text_of(page.post(address, {**more, "step": "review"}))
    less = text_of(page.post(address, {**more, "value": "650", "step": "review"}))
    assert "须由第二人" not in less
    answer = page.post(address, {**more, "step": "apply"})
    assert 'data-cmd-state="awaiting_approval"' in text_of(page.get(answer["Location"]))


@pytest.mark.parametrize(("mode", "chosen"), [(1.0, "2"), (2.0, None)])
def test_who_takes_a_controller_out_of_automatic_is_offered_the_way_back_first(page, shelf, mode, chosen):
    """SP8: two hours, unless somebody chooses otherwise; back to automatic has no end."""
    shelf.put({MODE: mode})
    found = re.search(r'<option value="(\d*)" selected', text_of(page.get(f"/points/{MODE}/set")))
    assert (found[1] if found else None) == chosen
    assert 'value="2" selected' not in text_of(page.get(ADDRESS))
