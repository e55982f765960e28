"""The log of all changes: chosen, paged, saved; every row with who, from where, what, why and every step."""

from __future__ import annotations

import csv
import io
import re
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from greenhouse.access.roles import Role
from greenhouse.clock import moment_now
from greenhouse.commands import dispatch
from greenhouse.commands.lifecycle import State
from greenhouse.commands.models import CommandEvent, CommandRequest
from greenhouse.commands.sources import Automatic, Source
from greenhouse.commands.submit import submit_setpoint
from tests.commands.test_dispatch import Orders
from tests.console.conftest import ONLINE, SETPOINT
from tests.console.sheet.test_sheet import text_of

pytestmark = pytest.mark.django_db(databases=["default", "telemetry"])
HUMIDITY = "h1-climate.humidity_setpoint"
LOG = "/changes/log"
ROW = "5f0c9a1e-0000-4000-8000-000000000000"


@pytest.fixture
def ready(shelf):
    shelf.put({**ONLINE, SETPOINT: 16.0, HUMIDITY: 80.0})
    return shelf


@pytest.fixture
def page(ready, person) -> Client:
    client = Client()
    client.force_login(person(Role.VIEWER))
    return client


def change(by, value: float = 17.0, *, point: str = SETPOINT, seen: float = 16.0, **more) -> CommandRequest:
    """A change that has been read back; afterwards the value before it counts as in force again."""
    request = submit_setpoint(point, value, by=by, seen_value=seen, seen_at=None, now=moment_now(), **more)
    dispatch.dispatch_next(moment_now(), Orders())
    dispatch.record_outcome(request.pk, State.CONFIRMED, now=moment_now(), readback_value=value)
    return request


def row_of(html: str, request: CommandRequest) -> str:
    found = re.search(rf'id="change-{request.pk}".*?class="log-steps">.*?</ol>', html, re.DOTALL)
    assert found, f"{request} is not listed"
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", found[0]))


def listed(html: str) -> list[str]:
    return re.findall(r'<li class="log-row" id="change-([^"]+)"', html)


def test_a_row_says_who_role_where_what_why_and_every_step_with_its_time(page, technician):
    request = change(technician, reason="寒潮", device_label="Android Chrome", hold_for=timedelta(hours=2))
    row = row_of(text_of(page.get(LOG)), request)
    at = timezone.localtime(request.created_at)
    for wanted in (
        "技术员",
        "人员 · Android Chrome",
        "仅此分区",
        "16.0 → 改为 17.0 °C",
        "寒潮",
        "手动保持",
        f"{at:%Y-%m-%d}",
    ):
        assert wanted in row, (wanted, row)
    steps = re.findall(r"(已提交|下发中|已生效) \d\d:\d\d:\d\d", row)
    assert steps == ["已提交", "下发中", "已生效"]


@pytest.mark.parametrize(
    ("source", "by", "words"),
    [
        (Source.PROGRAM, "night_heating", "计划或程序"),
        (Source.INTERLOCK, "frost_guard", "联锁"),
    ],
)
def test_what_no_person_asked_for_is_said_to_be_so(page, source, by, words):
    request = change(Automatic(source, by))
    row = row_of(text_of(page.get(LOG)), request)
    assert by in row
    assert words in row


def test_every_filter_leaves_the_others_out(page, technician, person):
    other = person(Role.SUPERVISOR, "zhang")
    first = change(technician)
    second = change(other, 75.0, point=HUMIDITY, seen=80.0)
    third = change(Automatic(Source.PROGRAM, "night"), 16.5)
    old = timezone.now() - timedelta(days=40)
    CommandRequest.objects.filter(pk=first.pk).update(created_at=old)
    day = f"{timezone.localtime(old):%Y-%m-%d}"
    today = f"{timezone.localtime():%Y-%m-%d}"
    wanted = {
        "": {first, second, third},
        f"point={SETPOINT}": {first, third},
        f"person={other.pk}": {second},
        "source=program": {third},
        "house=h1": {first, second, third},
        f"from={day}&to={day}": {first},
        f"from={today}": {second, third},
        f"point={HUMIDITY}&person={technician.pk}": set(),
    }
    for query, found in wanted.items():
        assert set(listed(text_of(page.get(f"{LOG}?{query}")))) == {str(each.pk) for each in found}, query


@pytest.mark.parametrize(
    "query",
    [
        "point=%00",
        "point=' OR 1=1",
        "person=abc",
        "person=99999999999999999999",
        "person=-1",
        "source=nobody",
        "from=2026-02-31",
        "to=yesterday",
        "from=2026-01-01%00",
        "house=<script>",
        "after=nothing",
        "after=_",
        "after=2026-01-01_x",
        "after=2026-02-30T00:00:00%2B00:00_" + "0" * 32,
        "person=²",
    ],
)
def test_an_address_that_no_page_made_shows_a_page_all_the_same(page, technician, query):
    change(technician)
    answer = page.get(f"{LOG}?{query}")
    assert answer.status_code == 200
    assert "<script>" not in text_of(answer).replace('<script id="words"', "").replace("<script type", "")
    assert page.get(f"{LOG}.csv?{query}").status_code == 200


def many(request: CommandRequest, count: int) -> None:
    """So many copies of a request, a second apart."""
    columns = {field.attname: getattr(request, field.attname) for field in request._meta.concrete_fields}
    rows = [
        CommandRequest(**columns | {"id": uuid4(), "created_at": request.created_at - timedelta(seconds=number + 1)})
        for number in range(count)
    ]
    CommandRequest.objects.bulk_create(rows, batch_size=500)
    CommandEvent.objects.bulk_create(
        [CommandEvent(request=row, at=row.created_at, state=State.CONFIRMED, actor="x") for row in rows], batch_size=500
    )


def test_ten_thousand_changes_are_read_page_by_page_and_none_twice(page, technician):
    request = change(technician)
    request.refresh_from_db()
    many(request, 10_000)
    page.get(LOG)  # the structure of the base is read once
    address, seen, costs = LOG, [], set()
    for _page in range(4):
        with CaptureQueriesContext(connection) as queries:
            html = text_of(page.get(address))
        costs.add(len(queries))
        seen += listed(html)
        address = re.search(r'rel="next" href="([^"]+)"', html)[1].replace("&amp;", "&")
    assert len(seen) == len(set(seen)) == 200
    assert "10001 次更改" in html
    assert len(costs) == 1
    deep = CommandRequest.objects.order_by("created_at", "id")[20]
    html = text_of(page.get(f"{LOG}?after={deep.created_at.isoformat().replace('+', '%2B')}_{deep.pk}"))
    assert len(listed(html)) == 20
    assert 'rel="next"' not in html


def test_a_page_is_read_by_its_index_however_long_the_log_is(page, technician):
    request = change(technician)
    request.refresh_from_db()
    many(request, 3_000)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    with CaptureQueriesContext(connection) as queries:
        page.get(LOG)
    (sql,) = [q["sql"] for q in queries if "ORDER BY" in q["sql"] and "command" in q["sql"] and "LIMIT 51" in q["sql"]]
    with connection.cursor() as cursor:
        explain = "EXPLAIN QUERY PLAN " if connection.vendor == "sqlite" else "EXPLAIN "
        cursor.execute(explain + sql)
        plan = " ".join(str(row) for row in cursor.fetchall())
    assert "command_request_by_age" in plan, plan


def test_the_file_holds_every_chosen_row_and_no_formula(page, technician):
    request = change(technician, reason='=HYPERLINK("http://x")')
    other = change(Automatic(Source.PROGRAM, "night"), -1.5 + 18.0)
    answer = page.get(f"{LOG}.csv")
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    text = answer.content.decode()
    assert text.startswith("\ufeff")
    rows = list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))
    assert [row["编号"] for row in rows] == [str(other.pk), str(request.pk)]
    assert rows[1]["原因"] == '\'=HYPERLINK("http://x")'
    assert (rows[1]["旧值"], rows[1]["新值"], rows[1]["单位"], rows[1]["结果"]) == ("16", "17", "°C", "已生效")
    assert rows[1]["步骤"].count("|") == 2
    assert rows[0]["来源"] == "计划或程序"
    only = page.get(f"{LOG}.csv?source=program").content.decode()
    assert str(request.pk) not in only


def test_markup_in_a_reason_is_text(page, technician):
    change(technician, reason="<script>alert(1)</script>")
    assert "&lt;script&gt;alert(1)" in text_of(page.get(LOG))


@pytest.mark.parametrize(
    "query",
    [
        "to=9999-12-31",
        "from=0001-01-01",
        "to=0001-01-01",
        f"person={'9' * 5000}",
        f"after=0001-01-01T00:00:00%2B23:59_{ROW}",
        f"after=9999-12-31T23:59:59-23:59_{ROW}",
    ],
)
@pytest.mark.parametrize("address", [LOG, f"{LOG}.csv"])
def test_a_day_or_number_beyond_all_sense_is_left_out(page, technician, address, query):
    change(technician)
    response = page.get(f"{address}?{query}")
    assert response.status_code == 200
    assert SETPOINT in response.content.decode()
