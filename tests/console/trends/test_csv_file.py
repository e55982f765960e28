"""The file for a spreadsheet, as a spreadsheet reads it."""

from __future__ import annotations

import csv
import io
from datetime import datetime, timedelta

import pandas as pd
import pytest
from django.test import Client

from devices.samples import Quality
from greenhouse.annotations import notes
from greenhouse.annotations.notes import Note
from greenhouse.console.trends.chart import chosen
from greenhouse.console.trends.csv_file import csv_rows
from greenhouse.console.trends.marks import Mark
from greenhouse.console.trends.steps import Grid
from greenhouse.console.values.spreadsheet import csv_lines
from greenhouse.site.current import current_base
from greenhouse.telemetry.codes import to_ms
from tests.console.trends.conftest import AIR, NIGHT

pytestmark = pytest.mark.django_db(databases=["default", "telemetry"])

HOUR = f"points={AIR},h1-climate.operating_mode&from=2026-11-25T00:00&to=2026-11-25T01:00"


def rows(page: Client, address: str = HOUR) -> list[list[str]]:
    response = page.get(f"/trends/export.csv?{address}")
    assert response.status_code == 200
    return list(csv.reader(io.StringIO(response.content.decode("utf-8-sig"))))


def test_the_file_is_one_that_a_chinese_spreadsheet_opens(page, put):
    put(AIR, {0: 18.04})
    response = page.get(f"/trends/export.csv?{HOUR}&width=100")
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert response.content.startswith(b"\xef\xbb\xbf")
    assert response["Content-Disposition"] == 'attachment; filename="small_20261125-0000_30s.csv"'
    frame = pd.read_csv(io.BytesIO(response.content), encoding="utf-8-sig")
    assert len(frame) == 120
    assert frame.iloc[0, 2] == 18.04


def test_the_header_names_place_point_unit_and_demo_data(page, put):
    put(AIR, {0: 18.0})
    header = rows(page)[0]
    assert header[:2] == ["开始时间（含时区）", "结束时间（含时区）"]
    assert header[2] == "1号日光温室 · 室内气温 (°C)【演示数据】 · 平均"
    assert header[3:7] == [header[2].replace("平均", what) for what in ("最小", "最大", "质量", "覆盖率(%)")]
    assert header[7] == "1号日光温室 · 运行方式 · 值"
    assert header[-1] == "批注"


def test_times_are_iso_with_the_bases_zone(page, put):
    (_header, first, *_rest) = rows(page, f"{HOUR}&step=900")
    assert first[:2] == ["2026-11-25T00:00:00+08:00", "2026-11-25T00:15:00+08:00"]
    assert datetime.fromisoformat(first[0]) == NIGHT


def test_each_value_says_how_good_it_is(page, put):
    put(AIR, {minute / 12: 18.0 for minute in range(180)})
    put(AIR, {20: 99.0, 40: 99.0}, quality=Quality.BAD)
    found = rows(page, f"{HOUR}&step=900")[1:]
    assert [row[5] for row in found] == ["正常", "部分无效", "无效", "无数据"]  # the last good one holds on
    assert [row[6] for row in found] == ["100", "14", "0", "0"]
    assert [row[2] for row in found] == ["18.00", "18.00", "", ""]


def test_a_mode_is_written_in_words(page, put):
    put("h1-climate.operating_mode", {0: 1.0})
    assert rows(page)[1][7] == "自动"


def test_notes_stand_in_the_row_in_which_they_begin(page, put, technician):
    put(AIR, {0: 18.0})
    at = NIGHT + timedelta(minutes=16)
    notes.write(Note(at, at, "=cmd|' /C calc'!A0", "h1"), by=technician, now=at)
    found = [row[-1] for row in rows(page, f"{HOUR}&step=900")[1:]]
    assert found[0] == found[2] == found[3] == ""
    assert found[1].startswith("'=cmd")
    assert "技术员" in found[1]


def test_a_long_file_is_not_searched_for_notes_row_by_row(two_houses):
    class Notes(list):
        reads = 0

        def __iter__(self):
            self.reads += 1
            return super().__iter__()

    start_ms = to_ms(NIGHT)
    noted = Notes([Mark(kind="note", sign="", at=start_ms, until=None, where="", what="x", by="y", id="")])
    base = current_base()
    lines = list(csv_lines(csv_rows(base, chosen(base, []), Grid(start_ms, 1000, 500), noted, now=NIGHT)))
    assert noted.reads == 1
    assert lines[1].endswith("x (y)\r\n")
    assert not any("x (y)" in line for line in lines[2:])


def test_what_is_compared_with_stands_in_the_same_row(page, put):
    put(AIR, {-24 * 60: 12.0, 0: 18.0})
    put("h2-climate.air_temperature", {0: 15.0})
    span = f"points={AIR}&from=2026-11-25T00:00&to=2026-11-25T01:00&step=900"
    header, first, *_rest = rows(page, f"{span}&compare=1d")
    assert header[7] == "1号日光温室 · 室内气温 (°C)【演示数据】 · 前一天 · 平均"
    assert (first[2], first[7]) == ("18.00", "12.00")
    header, first, *_rest = rows(page, f"{span}&compare=h2")
    assert header[7] == "2号日光温室 · 室内气温 (°C)【演示数据】 · 平均"
    assert (first[2], first[7]) == ("18.00", "15.00")


@pytest.mark.parametrize(
    "address",
    [f"{HOUR}&step=7", f"{HOUR}&step=%00", "hours=x", f"{HOUR}&compare=h9", f"points={AIR}&hours=87600&step=1"],
)
def test_what_cannot_be_written_is_refused_in_words(page, address):
    response = page.get(f"/trends/export.csv?{address}")
    assert response.status_code == 400
    assert response["Content-Type"] == "text/plain; charset=utf-8"
    assert response.content.decode()
