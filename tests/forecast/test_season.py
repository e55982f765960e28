"""A season: the plant and the frozen program, from midnight to midnight, always the same from the same plan."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from datetime import date, timedelta

import pytest
from django.utils import translation

from greenhouse.forecast.chart import svg
from greenhouse.forecast.days import DayFigures, over_all
from greenhouse.forecast.report import as_csv, as_json, figures, text
from greenhouse.forecast.season import Plan, run_season
from greenhouse.plant.building import HouseKind
from greenhouse.plant.crops.parameters import CropKind
from greenhouse.plant.errors import PlantError, PlantInputError
from greenhouse.plant.faults import plant_faults
from greenhouse.plant.roots import Medium
from greenhouse.plant.stretch import PlainHouse
from greenhouse.plant.weather.climate import kangbashi
from greenhouse.plant.weather.generator import generate
from greenhouse.plant.weather.generator_parameters import shipped_generator

FIRST = date(2026, 3, 10)
WEATHER = generate(kangbashi(), shipped_generator(), seed=5, first=FIRST, days=2)
PLAN = Plan(
    kind=HouseKind.SOLAR_GREENHOUSE,
    crop=CropKind.TOMATO,
    medium=Medium.SOIL,
    weather=WEATHER,
    first=FIRST,
    days=2,
    planted=FIRST - timedelta(days=120),
    step_s=120.0,
    decide_s=120.0,
    settling_days=1,
)


@pytest.fixture(scope="module")
def season():
    return run_season(PLAN, PlainHouse)


@pytest.fixture(scope="module")
def glass():
    return run_season(
        replace(PLAN, kind=HouseKind.GLASSHOUSE, medium=Medium.SUBSTRATE, days=1, settling_days=0), PlainHouse
    )


def test_the_same_plan_gives_the_same_season_bit_for_bit(season):
    again = run_season(PLAN, PlainHouse)
    assert repr(again.days) == repr(season.days)
    assert repr(again.machinery) == repr(season.machinery)


def test_another_seed_gives_another_season(season):
    other = generate(kangbashi(), shipped_generator(), seed=6, first=FIRST, days=2)
    assert run_season(replace(PLAN, weather=other), PlainHouse).days != season.days


def test_a_day_has_believable_figures(season):
    first = season.days[0]
    assert first.day == FIRST
    assert first.outside_mean_c < first.air_mean_c < first.air_high_c < 45.0
    assert 5.0 < first.light_mol_m2 < 45.0
    assert first.irrigation_l_m2 == pytest.approx(1.3 * 2.84, abs=0.2)
    assert first.assimilated_g_m2 > 1.0


def test_the_blanket_moves_twice_a_day(season):
    assert season.machinery.blanket.starts == 4.0
    assert season.machinery.blanket.traveled == pytest.approx(4.0, abs=0.01)


def test_a_glasshouse_is_heated_and_draws_its_screen(glass):
    assert glass.days[0].heat_mj_m2 > 1.0
    assert glass.machinery.screen.traveled > 0.9
    assert glass.machinery.blanket.starts == 0.0


def test_progress_is_told_after_each_day():
    told = []
    run_season(
        replace(PLAN, settling_days=0, step_s=300.0, decide_s=300.0),
        PlainHouse,
        lambda done, of: told.append((done, of)),
    )
    assert told == [(1, 2), (2, 2)]


def test_without_the_crop_nothing_is_assimilated():
    empty = run_season(replace(PLAN, planted=None, days=1, settling_days=0, step_s=300.0, decide_s=300.0), PlainHouse)
    assert empty.days[0].assimilated_g_m2 == 0.0
    assert empty.days[0].uptake_l_m2 == 0.0


def test_a_drifting_probe_drifts_on_from_day_to_day():
    """0.5 mS/cm too low a day makes the feed of the second day stronger by as much."""
    faults = plant_faults({"drifted_ec_probe": -0.5})
    plan = replace(PLAN, faults=faults, settling_days=0, step_s=300.0, decide_s=300.0)
    drifted, sound = run_season(plan, PlainHouse), run_season(replace(plan, faults=PLAN.faults), PlainHouse)
    assert drifted.days[0] == sound.days[0]
    assert drifted.days[1] != sound.days[1]


def test_a_program_that_orders_what_no_controller_can_is_stopped():
    program = PLAN.program._replace(water=PLAN.program.water._replace(feed_ph=15.0))
    with pytest.raises(PlantInputError, match="order feed_ph is 15, but it must lie from 0 to 14"):
        run_season(replace(PLAN, program=program, days=1, settling_days=0), PlainHouse)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"step_s": 0.0}, "above 0 and at most 300 s"),
        ({"step_s": 3600.0}, "above 0 and at most 300 s"),
        ({"step_s": math.nan}, "above 0 and at most 300 s"),
        ({"step_s": 70.0}, "do not fill a day"),
        ({"decide_s": 150.0}, "a multiple of it"),
        ({"days": 0}, "a season of 0 days"),
        ({"days": 3}, "there is weather from"),
        ({"first": FIRST - timedelta(days=1), "planted": None}, "there is weather from"),
        ({"planted": FIRST + timedelta(days=1)}, "cannot be planted in the future"),
        ({"planted": date(2001, 1, 1)}, "planted_at is"),
    ],
)
def test_a_plan_that_cannot_be_run_is_refused(changes, sentence):
    with pytest.raises(PlantInputError, match=sentence):
        run_season(replace(PLAN, **changes), PlainHouse)


def test_a_model_that_leaves_its_range_gives_no_season():
    class Lost(PlainHouse):
        def advance(self, orders, first, count):
            self.moments[first : first + count] = 1.0
            self.moments[first, 3] = math.nan

    with pytest.raises(PlantError, match=r"on 2026-03-10 in step 0: co2_ppm is no number"):
        run_season(replace(PLAN, settling_days=0), Lost)


def day(**figures):
    return DayFigures(FIRST, *([1.0] * (len(DayFigures._fields) - 1)))._replace(**figures)


def test_a_season_sums_its_amounts_and_takes_the_extremes():
    days = [day(air_low_c=3.0, first_kg_m2=0.5), day(air_low_c=-1.0, first_kg_m2=0.25, air_mean_c=4.0)]
    assert over_all(days, "air_low_c") == -1.0
    assert over_all(days, "first_kg_m2") == 0.75
    assert over_all(days, "air_mean_c") == 2.5
    assert over_all(days, "heat_mj_m2") == 2.0


def test_the_ec_of_the_drain_counts_by_what_drained():
    days = [day(drain_l_m2=3.0, drain_ec_ms_cm=4.0), day(drain_l_m2=1.0, drain_ec_ms_cm=8.0)]
    assert over_all(days, "drain_ec_ms_cm") == pytest.approx(5.0)
    assert over_all([day(drain_l_m2=0.0, drain_ec_ms_cm=6.0)], "drain_ec_ms_cm") == 6.0


@pytest.mark.parametrize(
    ("language", "words"),
    [("en", ("SIMULATED", "Hours below the crop's limit", "Blanket: starts")), ("zh-hans", ("模拟", "低于", "保温被"))],
)
def test_the_report_reads_in_both_languages(season, language, words):
    with translation.override(language):
        told = text(season)
    assert all(word in told for word in words)
    assert "nan" not in told


def test_two_seasons_stand_side_by_side_with_their_difference(season, glass):
    with translation.override("en"):
        told = text(glass, season)
    (line,) = [line for line in told.splitlines() if line.startswith("Heat")]
    one, other, more = (float(number) for number in line.split()[1:4])
    assert one - other == pytest.approx(more, abs=1.0)
    assert "Against: tomato on soil in a solar greenhouse" in told


def test_a_generic_crop_says_so(season):
    with translation.override("en"):
        assert "generic crop" in text(replace(season, plan=replace(PLAN, crop=CropKind.CUCUMBER)))
        assert "generic crop" not in text(season)


def test_the_data_say_that_they_are_simulated(season):
    document = json.loads(as_json(season))["season"]
    assert document["origin"] == "simulated"
    assert document["by_day"]["air_mean_c"] == [one.air_mean_c for one in season.days]
    assert document["figures"].keys() == {row.key for row in figures(season)}
    head, *rows = as_csv([season, season]).splitlines()
    assert head.startswith("season,origin,day,air_low_c")
    assert [row.split(",")[:3] for row in rows[:2]] == [
        ["1", "simulated", "2026-03-10"],
        ["1", "simulated", "2026-03-11"],
    ]
    assert rows[2].startswith("2,simulated,")


def test_the_picture_has_a_panel_for_each_subject_and_two_curves_for_two_seasons(season, glass):
    alone, both = svg(season), svg(season, glass)
    assert alone.count("font-weight='bold'") == 6
    assert both.count("<polyline") == 2 * alone.count("<polyline") == 16
    assert "nan" not in both
