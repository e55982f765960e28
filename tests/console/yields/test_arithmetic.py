"""The arithmetic of the review, done again from the raw rows with pandas: nothing of the code under test is used.

Page, file and workbook are held against it, number by number.
"""

from __future__ import annotations

import csv
import random
import re
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from io import BytesIO, StringIO
from uuid import UUID, uuid4

import numpy as np
import pandas as pd
import pytest
from django.db import connection

from devices.samples import Origin, Quality, Reading, Reason
from greenhouse.access.roles import Role
from greenhouse.crops import cycles
from greenhouse.crops.cycles import NewCycle
from greenhouse.crops.models import CropCycle, TargetPer
from greenhouse.harvest.models import Harvest
from greenhouse.site.point_index import point_index
from greenhouse.telemetry import ingest
from tests.console.yields.conftest import NOW, PLANTED, TODAY

pytestmark = pytest.mark.django_db(databases=["default", "telemetry"])
GRADES = ["extra", "first", "second", "cull"]
FACTOR = {"kg_m2": 1.0, "kg_mu": 667.0, "t_ha": 10.0}
DECIMALS = {"kg_m2": 3, "kg_mu": 1, "t_ha": 2}
SHOWN = {"provence": "Provence", "jingcai-8": "Jingcai 8"}


def row(cycle: CropCycle, day: date, grade: str, mass_g: int | None) -> Harvest:
    """An entry as it stands in the store."""
    return Harvest(cycle=cycle, day=day, grade=grade, mass_g=mass_g, origin="manual", entered_at=NOW)


@pytest.fixture
def season(page, li):
    """Three cycles of two cultivars, one of them cleared, with two hundred entries, some corrected, some withdrawn."""
    plans = [
        NewCycle("h1", "provence", 200.0, PLANTED, None, 0.1, TargetPer.WEEK),
        NewCycle("h1", "provence", 70.5, PLANTED + timedelta(days=3), TODAY - timedelta(days=2), 0.2, TargetPer.WEEK),
        NewCycle("h1", "jingcai-8", 33.3, PLANTED + timedelta(days=9)),
    ]
    grown = [cycles.start(plan, submission=uuid4(), by=li, now=NOW) for plan in plans]
    draw, rows = random.Random(6), []
    for _ in range(200):
        cycle = draw.choice(grown)
        last = (cycle.ended_on or TODAY) - cycle.planted_on
        day = cycle.planted_on + timedelta(days=draw.randrange(last.days + 1))
        rows.append(row(cycle, day, draw.choice(GRADES), draw.randrange(1, 40_000)))
        fate = draw.random()
        for _again in range(int(fate * 10) - 7):  # corrected once or, a correction of a correction, twice
            mended = row(cycle, day, draw.choice(GRADES), draw.randrange(1, 40_000))
            mended.replaces, mended.reason = rows[-1], "misread"
            rows.append(mended)
        if fate < 0.1:
            withdrawn = row(cycle, day, rows[-1].grade, None)
            withdrawn.replaces, withdrawn.reason = rows[-1], "twice"
            rows.append(withdrawn)
    Harvest.objects.bulk_create(rows, batch_size=50)
    return grown


def raw(table: str) -> pd.DataFrame:
    """All rows of a table as they stand in the store."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM {table}")
        heads = [column[0] for column in cursor.description]
        frame = pd.DataFrame(cursor.fetchall(), columns=heads)
    for name in {"id", "cycle_id", "replaces_id"} & set(heads):
        frame[name] = frame[name].map(lambda value: UUID(str(value)).hex, na_action="ignore")
    return frame


def standing() -> pd.DataFrame:
    """Entries that count, each with its cycle: what nothing replaces and what is no withdrawal."""
    harvests = raw("harvest_harvest")[["id", "cycle_id", "day", "grade", "mass_g", "replaces_id"]]
    replaced = set(harvests["replaces_id"].dropna())
    left = harvests[~harvests["id"].isin(replaced) & harvests["mass_g"].notna()]
    joined = left.merge(raw("crops_cropcycle"), left_on="cycle_id", right_on="id", suffixes=("", "_cycle"))
    for name in ("day", "planted_on", "ended_on"):
        joined[name] = pd.to_datetime(joined[name])
    joined["mass_g"] = joined["mass_g"].astype("int64")
    joined["week"] = (joined["day"] - joined["planted_on"]).dt.days // 7 + 1
    joined["monday"] = joined["day"] - pd.to_timedelta(joined["day"].dt.day_of_week, unit="D")
    return joined


def areas_m2() -> pd.Series:
    return raw("crops_cropcycle").groupby("cultivar")["area_m2"].sum()


def shown(kg_m2: float, unit: str = "kg_m2") -> str:
    """A figure as people round it."""
    exact = Decimal(repr(float(kg_m2 * FACTOR[unit])))
    return f"{exact.quantize(Decimal(1).scaleb(-DECIMALS[unit]), ROUND_HALF_UP):f}"


def told(page, table: str, query: str = "") -> pd.DataFrame:
    text = page.get(f"/yields/{table}.csv{query}").content.decode("utf-8-sig")
    heads, *rows = csv.reader(StringIO(text))
    return pd.DataFrame(rows, columns=heads)


def in_workbook(page, sheet: str, query: str = "") -> pd.DataFrame:
    return pd.read_excel(BytesIO(page.get(f"/yields/workbook.xlsx{query}").content), sheet_name=sheet)


@pytest.mark.parametrize("unit", FACTOR)
def test_sums_by_cultivar_and_grade_are_those_of_the_raw_rows(page, season, unit):
    rows, areas = standing(), areas_m2()
    file, book = told(page, "summary", f"?unit={unit}"), in_workbook(page, "Yield by cultivar", f"?unit={unit}")
    text = page.get(f"/yields?unit={unit}").content.decode()
    sign = {"kg_m2": "kg/m²", "kg_mu": "kg/667 m²", "t_ha": "t/ha"}[unit]
    assert len(file) == len(book) == 2
    for cultivar, own in rows.groupby("cultivar"):
        line = file[file["cultivar"] == SHOWN[cultivar]].iloc[0]
        of_book = book[book["cultivar"] == SHOWN[cultivar]].iloc[0]
        area_g = 1000.0 * areas[cultivar]
        wanted = {f"yield ({sign})": own["mass_g"].sum() / area_g}
        for grade in GRADES:
            wanted[f"{grade} ({sign})"] = own.loc[own["grade"] == grade, "mass_g"].sum() / area_g
        for head, kg_m2 in wanted.items():
            assert line[head] == shown(kg_m2, unit), (cultivar, head)
            assert of_book[head] == float(line[head])
            assert f">{line[head]}</td>" in text
        assert float(line["weight (kg)"]) == own["mass_g"].sum() / 1000
        sold = own.loc[own["grade"] != "cull", "mass_g"].sum() / own["mass_g"].sum()
        assert float(line["marketable (%)"]) == pytest.approx(100 * sold, abs=0.051)


@pytest.mark.parametrize(("axis", "by"), [("planting", "week"), ("calendar", "monday")])
def test_weeks_and_their_sums_are_those_of_the_raw_rows(page, season, axis, by):
    rows, areas = standing(), areas_m2()
    file = told(page, "weekly", f"?axis={axis}")
    text = page.get(f"/yields?axis={axis}").content.decode()
    head = "week since planting" if axis == "planting" else "week begins"
    for cultivar, own in rows.groupby("cultivar"):
        lines = file[file["cultivar"] == SHOWN[cultivar]].set_index(head)
        area_g = 1000.0 * areas[cultivar]
        so_far = 0
        for name, line in lines.iterrows():
            is_in = own["week"] == int(name) if axis == "planting" else own["monday"] == pd.Timestamp(name)
            in_week = own[is_in]
            so_far += in_week["mass_g"].sum()
            for grade in GRADES:
                of_grade = in_week.loc[in_week["grade"] == grade, "mass_g"].sum()
                assert line[f"{grade} (kg/m²)"] == shown(of_grade / area_g)
            assert line["in the week (kg/m²)"] == shown(in_week["mass_g"].sum() / area_g)
            assert line["cumulative (kg/m²)"] == shown(so_far / area_g)
            assert f">{line['cumulative (kg/m²)']}</td>" in text
        assert so_far == own["mass_g"].sum()
        assert own[by].nunique() <= len(lines)


def test_the_target_is_that_of_complete_weeks_from_the_first_harvest_on(page, season):
    """Provence: each cycle's own complete weeks times its own weekly target and area."""
    rows = standing()
    own = rows[rows["cultivar"] == "provence"]
    wanted_kg = picked_g = 0.0
    for _cycle, one in own.groupby("cycle_id"):
        planted, ended = one["planted_on"].iloc[0], one["ended_on"].iloc[0]
        if pd.isna(ended):
            over = (pd.Timestamp(TODAY) - planted).days // 7
        else:
            over = (ended - planted).days // 7 + 1
        weeks = max(0, over - one["week"].min() + 1)
        wanted_kg += weeks * one["target_kg_m2"].iloc[0] * one["area_m2"].iloc[0]
        picked_g += one.loc[one["week"] <= over, "mass_g"].sum()
    line = told(page, "summary").set_index("cultivar").loc["Provence"]
    assert line["target until now (kg/m²)"] == shown(wanted_kg / areas_m2()["provence"])
    assert float(line["of the target (%)"]) == pytest.approx(picked_g / 10.0 / wanted_kg, abs=0.051)
    assert told(page, "summary").set_index("cultivar").loc["Jingcai 8", "of the target (%)"] == ""


def test_the_page_says_that_a_weekly_target_counts_full_weeks(page, season):
    assert "count full weeks" in page.get("/yields").content.decode()


def test_the_sentence_above_the_chart_compares_the_same_weeks(page, season):
    """Both after the complete weeks that all running cycles have behind them."""
    rows, areas = standing(), areas_m2()
    running = rows[rows["ended_on"].isna()]
    weeks = int((pd.Timestamp(TODAY) - running["planted_on"].max()).days // 7)
    early = rows[rows["week"] <= weeks].groupby("cultivar")["mass_g"].sum()
    kg_m2 = (early / areas / 1000.0).sort_values(ascending=False)
    first, second = (SHOWN[name] for name in kg_m2.index)
    lead = re.search(
        rf"{first} leads {second} by ([0-9.]+) kg/m² after {weeks} weeks", page.get("/yields").content.decode()
    )
    assert lead is not None
    assert float(lead[1]) == pytest.approx(kg_m2.iloc[0] - kg_m2.iloc[1], abs=0.0051)


def test_the_entries_of_a_file_are_the_rows_that_count(page, season):
    rows = standing()
    file, book = told(page, "entries"), in_workbook(page, "Entries")
    assert {UUID(key).hex for key in file["id"]} == set(rows["id"])
    assert file["weight (kg)"].astype(float).sum() == pytest.approx(rows["mass_g"].sum() / 1000, abs=1e-6)
    assert book["weight (kg)"].sum() == pytest.approx(rows["mass_g"].sum() / 1000, abs=1e-6)
    assert Harvest.objects.count() > len(rows)


def test_what_it_grew_in_is_that_of_the_raw_samples(page, li):
    """Four hours of the day of planting, a sample each 5 s: means of each hour, their excess over 10 °C, photons."""
    cycle = cycles.start(NewCycle("h1", "provence", 200.0, TODAY), submission=uuid4(), by=li, now=NOW)
    midnight = pd.Timestamp(TODAY, tz="Asia/Shanghai").to_pydatetime()
    steps = np.arange(4 * 720)
    air = 14.0 + 6.0 * np.sin(steps / 300.0)
    light = np.where((steps < 720) | (steps >= 2160), 0.0, 900.0 + steps / 10.0)  # dark when the last sample holds on
    readings = [
        Reading(
            points=("h1-climate.air_temperature", "h1-climate.photon_flux_density"),
            values=np.array([air[n], light[n]]),
            quality=np.full(2, Quality.GOOD, np.uint8),
            reason=np.full(2, Reason.NONE, np.uint8),
            observed_at=midnight + timedelta(seconds=5 * int(n)),
            origin=Origin.SIMULATED,
        )
        for n in steps
    ]
    ingest.record(readings, ids=dict(point_index().ids), writer="test", tick=1, now=NOW)
    hours = pd.DataFrame({"hour": steps // 720, "air": air, "light": light}).groupby("hour").mean()
    line = told(page, "growing").iloc[0]
    assert line["planted"] == cycle.planted_on.isoformat()
    span_h = (NOW - midnight).total_seconds() / 3600.0
    known = 100.0 * 4 / span_h
    assert float(line["GDD (°C d)"]) == pytest.approx((hours["air"] - 10.0).clip(lower=0).sum() / 24.0, abs=0.51)
    assert float(line["DLI sum (mol/m²)"]) == pytest.approx(hours["light"].sum() * 0.0036, abs=0.51)
    assert float(line["GDD coverage (%)"]) == pytest.approx(known, abs=0.6)  # the last sample holds for minutes
    assert line["water (L/kg)"] == ""


def test_a_review_of_ten_thousand_rows_asks_the_store_no_more_often(page, li, person, django_assert_max_num_queries):
    """Time is measured elsewhere; what grows with the rows is asked for in as many queries as of one row."""
    assert person(Role.VIEWER, "who looks") is not None
    cycle = cycles.start(
        NewCycle("h1", "provence", 200.0, date(2025, 8, 10), date(2026, 6, 10)), submission=uuid4(), by=li, now=NOW
    )
    first = date(2025, 9, 1)
    rows = [row(cycle, first + timedelta(days=n % 280), GRADES[n % 4], 1000 + n) for n in range(10_000)]
    Harvest.objects.bulk_create(rows, batch_size=500)
    with django_assert_max_num_queries(40):
        text = page.get("/yields").content.decode()
    total = sum(1000 + n for n in range(10_000))
    assert f">{shown(total / 200_000)}</td>" in text
    with django_assert_max_num_queries(40):
        assert len(told(page, "entries")) == 10_000
