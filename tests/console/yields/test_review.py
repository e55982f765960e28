"""The yield review: its figures, its sentence, its files, all of them the same."""

from __future__ import annotations

import csv
from datetime import date, datetime
from io import BytesIO, StringIO
from uuid import uuid4

import pandas as pd
import pytest
from openpyxl import load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from greenhouse.console.yields.chart import nice_top
from greenhouse.harvest import entries
from tests.console.yields.conftest import NOW, PLANTED

pytestmark = pytest.mark.django_db(databases=["default", "telemetry"])


def csv_rows(page, table: str, query: str = "") -> list[list[str]]:
    answer = page.get(f"/yields/{table}.csv{query}")
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    text = answer.content.decode("utf-8-sig")
    assert answer.content.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(StringIO(text)))


def sheets(page, query: str = "") -> dict[str, Worksheet]:
    book = load_workbook(BytesIO(page.get(f"/yields/workbook.xlsx{query}").content))
    return {sheet.title: sheet for sheet in book.worksheets}


def test_without_any_crop_the_page_says_what_to_do(page):
    answer = page.get("/yields")
    assert answer.status_code == 200
    assert "Nothing was planted yet" in answer.content.decode()
    assert page.get("/yields/weekly.csv").status_code == 302
    assert page.get("/yields/workbook.xlsx").status_code == 302


def test_the_title_says_who_leads_after_the_weeks_that_both_have(page, harvested):
    """B has three weeks behind it: 33 kg from 100 m²; A gave 35 kg from 200 m² in its first three."""
    text = page.get("/yields").content.decode()
    assert "Jingcai 8 leads Provence by 0.16 kg/m² after 3 weeks" in text
    assert "<strong>0.330</strong>" in text
    assert "<strong>0.175</strong>" in text
    assert "no proof that one cultivar is better" in text


def test_the_unit_changes_sentence_table_and_file_alike(page, harvested):
    text = page.get("/yields?unit=kg_mu").content.decode()
    assert "by 103 kg/667 m² after 3 weeks" in text  # 0.155 × 667 = 103.4
    heads, first, _second = csv_rows(page, "summary", "?unit=kg_mu")
    assert heads[6] == "yield (kg/667 m²)"
    assert first[6] == "250.1"  # 0.375 × 667 = 250.125
    assert "<td" in text
    assert ">250.1</td>" in text


def test_weeks_add_up_to_the_cumulative_yield_and_grades_to_the_whole(page, harvested):
    heads, *rows = csv_rows(page, "weekly")
    frame = pd.DataFrame(rows, columns=heads)
    of_a = frame[frame["cultivar"] == "Provence"]
    in_week = of_a["in the week (kg/m²)"].astype(float)
    assert in_week.tolist() == [0.05, 0.125, 0.0, 0.2, 0.0]
    assert of_a["cumulative (kg/m²)"].astype(float).tolist() == pytest.approx(in_week.cumsum().tolist(), abs=1e-9)
    grades = of_a[[f"{name} (kg/m²)" for name in ("extra", "first", "second", "cull")]].astype(float)
    assert grades.sum(axis=1).tolist() == pytest.approx(in_week.tolist(), abs=1e-9)
    assert of_a["target until then (kg/m²)"].tolist() == ["0.100", "0.200", "0.300", "0.400", "0.500"]


def test_the_calendar_axis_names_years_and_weeks(page, harvested):
    _heads, *rows = csv_rows(page, "weekly", "?axis=calendar")
    assert rows[0][:3] == ["Provence", "2026-W34", "2026-08-17"]
    assert "2026-W38" in page.get("/yields?axis=calendar").content.decode()


def test_the_page_the_file_and_the_workbook_have_the_same_digits(page, harvested):
    text = page.get("/yields").content.decode()
    book = sheets(page)
    for table, title in (("summary", "Yield by cultivar"), ("weekly", "Yield by week"), ("growing", "What it grew in")):
        told = csv_rows(page, table)
        in_book = [[cell.value for cell in row] for row in book[title].iter_rows()]
        assert len(told) == len(in_book)
        for told_row, book_row in zip(told[1:], in_book[1:], strict=True):
            for told_cell, book_cell in zip(told_row, book_row, strict=True):
                if isinstance(book_cell, int | float):
                    assert float(told_cell) == book_cell
                    assert f">{told_cell}</td>" in text
                elif isinstance(book_cell, datetime):
                    assert date.fromisoformat(told_cell) == book_cell.date()
                else:
                    assert told_cell == (book_cell or "")


def test_the_workbook_is_one_that_people_can_compute_with(page, harvested):
    book = sheets(page)
    assert list(book) == [
        "About",
        "Yield by cultivar",
        "Yield by week",
        "What it grew in",
        "Entries",
        "Columns",
    ]
    for sheet in book.values():
        assert sheet.freeze_panes == "A2"
        assert not sheet.merged_cells.ranges
    entered = book["Entries"]
    heads = [cell.value for cell in entered[1]]
    weight, day = heads.index("weight (kg)"), heads.index("day")
    assert sum(row[weight].value for row in entered.iter_rows(min_row=2)) == 108.0
    assert entered.cell(2, day + 1).value.date() == date(2026, 8, 26)
    assert {row[0].value: row[1].value for row in book["About"].iter_rows(min_row=2)}["entries that count"] == "6"


def test_nothing_that_people_write_becomes_a_formula(page, harvested):
    (note,) = [row[7] for row in csv_rows(page, "entries") if row[7] not in {"", "note"}]
    assert note == "'=1+1"
    cell = next(cell for row in sheets(page)["Entries"].iter_rows() for cell in row if cell.value == "=1+1")
    assert cell.data_type == "s"


def test_heads_stand_in_the_readers_language(page, harvested):
    page.cookies["console_language"] = "zh-hans"
    heads = csv_rows(page, "summary")[0]
    assert heads[0] == "品种"
    assert heads[6] == "产量（kg/m²）"
    assert not [head for head in heads if not any("\u4e00" <= sign <= "\u9fff" for sign in head)]


def test_what_was_corrected_counts_once_and_is_counted(page, harvested, li):
    first = harvested[0]
    weighed = entries.Weighed(first.cycle_id, first.day, entries.Grade.FIRST, 12_000)
    entries.correct(first.pk, weighed, reason="misread", submission=uuid4(), by=li, now=NOW)
    entries.withdraw(harvested[-1].pk, reason="twice", submission=uuid4(), by=li, now=NOW)
    rows = csv_rows(page, "summary")
    assert [row[5] for row in rows[1:]] == ["77.000", "8.000"]
    facts = {row[0].value: row[1].value for row in sheets(page)["About"].iter_rows(min_row=2)}
    assert (facts["entries that count"], facts["corrections"], facts["withdrawn entries"]) == ("5", "1", "1")


def test_what_was_not_recorded_is_said_and_not_made_up(page, harvested):
    """The shelf holds no history: no air, no light, no water."""
    text = page.get("/yields").content.decode()
    assert "known for less than 90 % of the time" in text
    assert "Solar greenhouse 1, planted 2026-08-20: 0 %" in text
    heads, first, _second = csv_rows(page, "growing")
    told = dict(zip(heads, first, strict=True))
    assert (told["GDD (°C d)"], told["water (L/kg)"], told["heat, estimated (MJ/kg)"]) == ("", "", "")


def test_a_link_opens_the_same_again_and_a_wrong_one_the_usual(page, harvested):
    text = page.get("/yields?crop=no-such&season=1999&unit=bushel&axis=moon").content.decode()
    assert "Jingcai 8 leads" in text
    assert "season=2026&amp;unit=t_ha&amp;axis=planting" in text
    assert page.get("/yields/summary.csv?crop=x%00&season=99999").status_code == 200
    assert page.get("/yields/passwords.csv").status_code == 404


def test_the_season_of_a_crop_is_that_of_its_planting(page, harvested):
    assert csv_rows(page, "summary")[1][1] == "2026/27"
    assert PLANTED.month >= 7


@pytest.mark.parametrize(
    ("highest", "top"),
    [(0.0, 1.0), (0.9, 1.0), (1.0, 1.0), (1.1, 1.2), (2.2, 2.4), (3.3, 4.0), (0.03, 0.032), (260.0, 320.0)],
)
def test_an_axis_ends_at_a_round_number(highest, top):
    assert nice_top(highest) == pytest.approx(top)
