"""Several compartments on one sheet: reviewed side by side, sent as requests of their own, followed row by row."""

from __future__ import annotations

import re
from uuid import uuid4

import pytest
from django.test import Client

from greenhouse.access.roles import Role
from greenhouse.commands import dispatch
from greenhouse.commands.lifecycle import State
from greenhouse.commands.models import CommandBatch, CommandRequest
from greenhouse.site.point_index import point_index
from tests.bases import load
from tests.commands.test_batches import FIRST, HOUSES, SECOND, THIRD, three_houses
from tests.commands.test_dispatch import Orders
from tests.console.conftest import ONLINE, SETPOINT, moment
from tests.console.sheet.test_sheet import ADDRESS, text_of

pytestmark = pytest.mark.django_db(databases=["default", "telemetry"])


@pytest.fixture
def three(shelf):
    """Three houses on line, at remote, heating to 16 °C."""
    load(three_houses())
    shelf.ids = dict(point_index().ids)
    put(shelf)
    return shelf


@pytest.fixture
def page(three, technician) -> Client:
    client = Client()
    client.force_login(technician)
    return client


def put(shelf, **changes: dict[str, float]) -> None:
    for house in HOUSES:
        values = {**ONLINE, SETPOINT: 16.0, **changes.get(house, {})}
        shelf.put({key.replace("h1", house): value for key, value in values.items()})


def post(page: Client, *also: str, value: str = "16.5", step: str = "apply", **more: str):
    seen = {f"seen:{key}": "16" for key in also}
    form = {"value": value, "seen_value": "16", "step": step, "also": list(also), **seen, **more}
    return page.post(ADDRESS, form)


def rows_of(html: str) -> dict[str, str]:
    return dict(re.findall(r'data-batch-row="([^"]*)" data-cmd-state="(\w+)"', html))


def test_the_sheet_offers_the_other_compartments_with_what_is_in_force_there(page):
    html = text_of(page.get(ADDRESS))
    assert re.findall(r'name="also" value="([^"]*)"', html) == [SECOND, THIRD]
    assert html.count('class="option-value">16.0 °C') == 2


def test_the_review_shows_every_compartment_and_stores_nothing(page, three):
    put(three, h2={"h1-climate.control_location": 0.0}, h3={SETPOINT: 12.0})
    html = text_of(post(page, SECOND, step="review"))
    assert "处于“现场”位置" in html
    assert "向 1 个分区下发此更改？" in html
    assert not CommandRequest.objects.exists()


def test_each_compartment_says_for_itself_what_became_of_it(page, three):
    put(three, h2={"h1-climate.control_location": 0.0})
    response = post(page, SECOND)
    batch = CommandBatch.objects.get()
    assert response["Location"] == f"/batches/{batch.pk}"
    html = text_of(page.get(response["Location"]))
    assert rows_of(html) == {FIRST: "requested", SECOND: "refused"}
    assert "处于“现场”位置" in html
    request = CommandRequest.objects.get()
    dispatch.dispatch_next(moment(request.created_at), Orders())
    dispatch.record_outcome(request.pk, State.CONFIRMED, now=moment(request.created_at), readback_value=16.5)
    assert "data-unsettled" in html
    part = text_of(page.get(f"/batches/{batch.pk}/rows"))
    assert "data-unsettled" not in part
    assert rows_of(part) == {FIRST: "confirmed", SECOND: "refused"}
    assert re.sub(r"<[^>]*>", "", part).split()[:4] == ["1", "已生效1", "未下发"] or "<b>1</b> 已生效" in part


def test_a_row_that_somebody_changed_meanwhile_is_a_conflict_of_its_own(page, three):
    put(three, h2={SETPOINT: 18.0})
    post(page, SECOND)
    html = text_of(page.get(f"/batches/{CommandBatch.objects.get().pk}"))
    assert rows_of(html) == {FIRST: "requested", SECOND: "refused"}
    assert "18 °C" in html


def test_all_compartments_want_a_reason_a_held_button_and_a_second_person(page, person):
    assert "须填写原因" in text_of(post(page, SECOND, THIRD, held="1"))
    assert "须按住按钮" in text_of(post(page, SECOND, THIRD, reason="寒潮"))
    post(page, SECOND, THIRD, reason="寒潮", held="1")
    batch = CommandBatch.objects.get()
    html = text_of(page.get(f"/batches/{batch.pk}"))
    assert set(rows_of(html).values()) == {"awaiting_approval"}
    assert "须由第二人" in html
    second = Client()
    second.force_login(person(Role.SUPERVISOR))
    assert "同意 3 项" in text_of(second.get("/decisions"))
    answer = second.post("/decisions", {"batch": str(batch.pk), "decision": "approve"})
    assert answer["Location"] == f"/batches/{batch.pk}"
    html = text_of(page.get(f"/batches/{batch.pk}"))
    assert set(rows_of(html).values()) == {"requested"}
    assert html.count("由主管同意") == 3


def test_who_asked_for_a_batch_does_not_approve_it(three, person):
    client = Client()
    client.force_login(person(Role.SUPERVISOR))
    post(client, SECOND, THIRD, reason="寒潮", held="1")
    batch = CommandBatch.objects.get()
    answer = client.post("/decisions", {"batch": str(batch.pk), "decision": "approve"})
    assert answer.status_code == 403
    assert set(CommandRequest.objects.values_list("state", flat=True)) == {State.AWAITING_APPROVAL}


def test_declining_a_batch_wants_a_reason_and_ends_all_of_it(page, person):
    post(page, SECOND, THIRD, reason="寒潮", held="1")
    batch = CommandBatch.objects.get()
    second = Client()
    second.force_login(person(Role.ENGINEER))
    assert second.post("/decisions", {"batch": str(batch.pk), "decision": "decline"}).status_code == 422
    second.post("/decisions", {"batch": str(batch.pk), "decision": "decline", "reason": "太高"})
    assert set(CommandRequest.objects.values_list("state", flat=True)) == {State.DECLINED}


def test_a_batch_sent_twice_is_one(page):
    submission = str(uuid4())
    first = post(page, SECOND, submission=submission)
    again = post(page, SECOND, submission=submission, value="19")
    assert first["Location"] == again["Location"]
    assert CommandRequest.objects.count() == 2


@pytest.mark.parametrize("also", ["h1-climate.humidity_setpoint", "nothing", "h1-climate.heating_setpoint", "\0"])
def test_a_compartment_that_is_not_offered_is_refused(page, also):
    assert post(page, also).status_code == 422
    assert not CommandRequest.objects.exists()


def test_nothing_is_sent_where_everything_is_in_force_already(page):
    html = text_of(post(page, SECOND, value="16", step="review"))
    assert html.count("该值在此处已生效") == 2
    assert re.search(r'value="apply"[^>]* disabled', html)
