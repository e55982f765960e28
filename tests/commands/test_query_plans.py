"""What is asked ten times a second is one indexed query, however long the history is."""

from __future__ import annotations

import json
import re
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from greenhouse.commands import dispatch, history
from greenhouse.commands.models import CommandRequest
from tests.commands.conftest import moment
from tests.commands.test_dispatch import Orders

pytestmark = pytest.mark.django_db(databases=["default", "telemetry"])

HISTORY = 3_000
OF_OPEN_REQUESTS = ("command_request_open", "command_request_one_open_per_point")
"""Indexes that hold the open requests alone."""


@pytest.fixture
def long_history(submit):
    """Thousands of requests that have ended."""
    request = submit()
    dispatch.dispatch_next(moment(1.1), Orders())
    dispatch.expire_old(moment(100))
    request.refresh_from_db()
    columns = {field.attname: getattr(request, field.attname) for field in request._meta.concrete_fields}
    rows = [CommandRequest(**columns | {"id": uuid4()}) for _number in range(HISTORY)]
    CommandRequest.objects.bulk_create(rows)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def plan(sql: str) -> str:
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute(f"EXPLAIN QUERY PLAN {sql}")
            return "\n".join(row[-1] for row in cursor.fetchall())
        cursor.execute(f"EXPLAIN (FORMAT JSON) {sql}")
        found = cursor.fetchone()[0]
        return json.dumps(found if isinstance(found, list) else json.loads(found))


@pytest.mark.parametrize(
    "ask",
    [lambda: dispatch.dispatch_next(moment(200), Orders()), lambda: dispatch.expire_old(moment(200))],
    ids=["take", "expire"],
)
def test_each_look_is_one_query_that_reads_no_history(long_history, ask):
    with CaptureQueriesContext(connection) as asked:
        assert not ask()
    (query,) = asked.captured_queries
    found = plan(query["sql"])
    assert any(index in found for index in OF_OPEN_REQUESTS)
    assert not re.search(r"SCAN commands_commandrequest(?! USING INDEX)", found)  # as SQLite says it
    assert not re.search(r'"Seq Scan"[^{}]*"commands_commandrequest"', found)  # as PostgreSQL says it


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL reads a table as short as this one whole")
def test_counting_how_requests_ended_reads_no_row_of_the_history(long_history):
    """Whoever watches the base asks for it every few seconds, for years."""
    with CaptureQueriesContext(connection) as asked:
        assert sum(history.ended_by_state().values()) == HISTORY + 1
    (query,) = asked.captured_queries
    found = plan(query["sql"])
    assert "command_request_ended" in found, found
    assert "TEMP B-TREE" not in found, found
