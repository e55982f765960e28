"""Series: gaps stay gaps, what cannot be read is named, all three forms say the same, and too much is refused."""

from __future__ import annotations

import csv
import io
import json
from datetime import datetime, timedelta
from urllib.parse import quote
from uuid import uuid4

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from django.db import connections
from django.test.utils import CaptureQueriesContext

from greenhouse.api import export
from greenhouse.site.models import Base, Point
from greenhouse.telemetry import series
from tests.api.conftest import Program, problem
from tests.telemetry.conftest import START, after, index, series_of, write
from tests.telemetry.test_packing import AIR, DIRECTION, HUMIDITY, MODE, damage, keep_up, some_day

__all__ = ["index", "write"]

pytestmark = pytest.mark.django_db(databases=["default", "telemetry"])


@pytest.fixture
def engineer(index, program) -> Program:
    return program()


def address(
    *points: str, start: datetime = START, end: datetime | None = None, resolution_s: int | None = None, form: str = ""
) -> str:
    end = end or after(3600)
    parts = [f"points={','.join(points)}", f"start={quote(start.isoformat())}", f"end={quote(end.isoformat())}"]
    parts += [] if resolution_s is None else [f"resolution_s={resolution_s}"]
    parts += [f"format={form}"] if form else []
    return f"/series?{'&'.join(parts)}"


def test_buckets_are_those_of_the_store_and_gaps_stay_gaps(engineer, write, index):
    write(*series_of([20.0, 21.0, 22.0]), *series_of([18.0] * 3 + [25.0], step_s=600.0)[3:], now=after(7200))
    (air,) = engineer.get(address(AIR, resolution_s=60)).json()["series"]
    frame = series.window([AIR], START, after(3600), timedelta(seconds=60), index=index)
    # A value is known until it is late, 130 s after it came; then there is nothing until the next one.
    assert [start[11:16] for start in air["start"]] == ["06:00", "06:01", "06:02", "06:30", "06:31", "06:32"]
    assert air["count"] == [3, 0, 0, 1, 0, 0]
    assert (air["minimum"][0], air["maximum"][0], air["minimum"][3]) == (20.0, 22.0, 25.0)
    assert air["mean"] == frame["mean"].tolist()
    assert air["coverage"] == frame["coverage"].tolist()
    assert (air["unit"], air["quantity"]) == ("degC", "temperature")


def test_a_direction_has_no_extremes_and_a_mode_no_mean(engineer, write):
    some_day(write, end_s=3600.0)
    found = {one["point"]: one for one in engineer.get(address(DIRECTION, MODE, resolution_s=3600)).json()["series"]}
    assert found[DIRECTION]["minimum"] == [None]
    assert found[DIRECTION]["mean"][0] is not None
    assert found[MODE]["mean"] == [None]
    assert found[MODE]["minimum"] == [1.0]


def test_all_forms_say_the_same(engineer, write):
    some_day(write)
    asked = {"end": after(24 * 3600), "resolution_s": 900}
    told = engineer.get(address(AIR, HUMIDITY, **asked)).json()["series"]
    rows = [
        (one["point"], *cells)
        for one in told
        for cells in zip(*(one[name] for name in ("start", *export.COLUMNS)), strict=True)
    ]
    as_csv = list(csv.reader(io.StringIO(engineer.get(address(AIR, HUMIDITY, form="csv", **asked)).content.decode())))
    assert as_csv[0] == ["point", "start", "unit", *export.COLUMNS, "note"]
    numbers = [(row[0], row[1], *(float(cell) if cell else None for cell in row[3:9])) for row in as_csv[1:]]
    assert numbers == rows
    file = engineer.get(address(AIR, HUMIDITY, form="parquet", **asked))
    table = pq.read_table(io.BytesIO(file.content))
    assert table.column_names == ["point", "start", *export.COLUMNS, "note"]
    assert str(table.schema.field("start").type).endswith("tz=UTC]")
    assert table["mean"].to_pylist() == [row[3] for row in rows]
    assert json.loads(table.schema.metadata[b"units"]) == {AIR: "degC", HUMIDITY: "%"}
    assert file["Content-Disposition"] == 'attachment; filename="series-20261123T0600.parquet"'


@pytest.mark.parametrize("form", ["json", "csv", "parquet"])
def test_a_span_without_samples_is_an_empty_answer(engineer, form):
    answer = engineer.get(address(AIR, form=form))
    assert answer.status_code == 200
    if form == "json":
        assert answer.json()["series"][0]["start"] == []


def test_what_cannot_be_read_is_named_in_every_form(engineer, write, index):
    some_day(write)
    keep_up(index, 31 * 3600)
    damage("telemetry_chunk", index.ids[AIR])
    asked = {"end": after(20 * 3600), "resolution_s": 7}
    told = engineer.get(address(AIR, HUMIDITY, **asked)).json()
    assert {(gap["point"], gap["reason"]) for gap in told["unreadable"]} == {(AIR, "the checksum does not agree")}
    assert told["unreadable"][0]["start"] == "2026-11-23T00:00:00Z"
    rows = list(csv.DictReader(io.StringIO(engineer.get(address(AIR, form="csv", **asked)).content.decode())))
    notes = [row for row in rows if row["note"]]
    assert [row["start"] for row in notes] == ["2026-11-23T00:00:00Z", "2026-11-24T00:00:00Z"]
    assert notes[0]["note"] == "unreadable until 2026-11-24T00:00:00Z: the checksum does not agree"
    assert notes[0]["mean"] == ""
    table = pq.read_table(io.BytesIO(engineer.get(address(AIR, form="parquet", **asked)).content))
    assert [note for note in table["note"].to_pylist() if note] == [row["note"] for row in notes]


def test_a_parquet_file_has_the_same_columns_whether_or_not_there_is_a_note(engineer, write, index):
    """Who puts the files of many days together could not read a column that is a text in one and nothing in another."""
    write(*series_of([20.0, 21.0]), now=after(7200))
    file = engineer.get(address(AIR, form="parquet", resolution_s=60)).content
    assert pq.read_schema(io.BytesIO(file)).field("note").type == pa.string()
    empty = engineer.get(address(AIR, start=after(90_000), end=after(93_600), form="parquet", resolution_s=60)).content
    assert pq.read_schema(io.BytesIO(empty)).equals(pq.read_schema(io.BytesIO(file)))


def test_an_answer_that_is_read_in_parts_is_the_same(engineer, write, index, monkeypatch):
    some_day(write)
    keep_up(index, 25 * 3600)
    asked = [
        address(AIR, HUMIDITY, end=after(29 * 3600), resolution_s=resolution_s) for resolution_s in (7, 60, 900, 3601)
    ]
    whole = [engineer.get(one).json() for one in asked]
    monkeypatch.setattr(export, "READ_AT_ONCE", 300)
    assert [engineer.get(one).json() for one in asked] == whole
    assert all(len(one["series"][0]["start"]) > 20 for one in whole)


def test_an_answer_that_is_left_to_choose_has_about_a_thousand_buckets(engineer, write):
    some_day(write)
    told = engineer.get(address(AIR, end=after(24 * 3600))).json()
    assert told["resolution_s"] == 300


@pytest.mark.parametrize(
    ("asked", "limit"),
    [
        (address(AIR, end=after(3 * 365 * 86_400), resolution_s=60), "200000"),
        (address(AIR, end=after(50 * 365 * 86_400), resolution_s=86_399), "5000000"),
    ],
)
def test_too_much_is_refused_with_the_limit_before_anything_is_read(engineer, asked, limit):
    with CaptureQueriesContext(connections["telemetry"]) as queries:
        found = problem(engineer.get(asked), 422, "too-much")
    assert limit in found["detail"]
    assert not [query for query in queries if "telemetry_" in query["sql"]]


def test_years_of_hours_are_affordable(engineer, write):
    some_day(write, end_s=3600.0)
    assert engineer.get(address(AIR, end=after(20 * 365 * 86_400), resolution_s=3600)).status_code == 200


def test_a_span_before_the_first_second_of_the_store_is_only_empty(engineer):
    start = datetime.fromisoformat("1970-01-01T00:00:00+14:00")
    answer = engineer.get(address(AIR, start=start, end=start + timedelta(days=1), resolution_s=3600))
    assert answer.json()["series"][0]["count"] == []


def test_a_point_that_was_switched_off_keeps_its_history(engineer, write):
    some_day(write, end_s=3600.0)
    Point.objects.filter(key=AIR).update(enabled=False)
    Base.objects.update(revision=uuid4())
    assert engineer.get(f"/points/{AIR}").status_code == 404
    assert len(engineer.get(address(AIR, resolution_s=600)).json()["series"][0]["start"]) == 6
