"""A season with a climate program that people can set: the rules that run live, before a model house."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from django.utils import translation

from greenhouse.forecast.report import as_json, text
from greenhouse.forecast.season import run_season
from greenhouse.plant.building import HouseKind
from greenhouse.plant.errors import PlantInputError
from greenhouse.plant.roots import Medium
from greenhouse.plant.stretch import PlainHouse
from greenhouse.rules.standard import standard_programs
from tests.forecast.test_season import PLAN

SOLAR = replace(PLAN, climate=standard_programs()[PLAN.kind.value], days=1)


@pytest.fixture(scope="module")
def season():
    return run_season(SOLAR, PlainHouse)


def test_the_same_plan_gives_the_same_season_bit_for_bit(season):
    assert repr(run_season(SOLAR, PlainHouse).days) == repr(season.days)


def test_the_blanket_comes_up_and_down_and_vents_open_by_the_program(season):
    motors = season.machinery
    assert motors.blanket.starts == 2
    assert motors.blanket.position == pytest.approx(1.0, abs=0.05)
    assert motors.roof_vent.starts > 0
    assert motors.roof_vent.position == 0.0
    assert motors.screen.starts == 0


def test_the_program_changes_what_happens_in_the_house(season):
    baseline = run_season(replace(SOLAR, climate=None), PlainHouse)
    assert season.days[0].air_high_c != baseline.days[0].air_high_c
    assert season.days[0].irrigation_l_m2 == pytest.approx(baseline.days[0].irrigation_l_m2, rel=0.05)


def test_a_glasshouse_is_heated_to_its_setpoint_and_screened_at_night():
    plan = replace(PLAN, kind=HouseKind.GLASSHOUSE, medium=Medium.SUBSTRATE, days=1, settling_days=0)
    glass = run_season(replace(plan, climate=standard_programs()["glasshouse"]), PlainHouse)
    assert glass.days[0].heat_mj_m2 > 0.0
    assert glass.machinery.screen.starts == 3  # drawn at midnight, open by day, drawn at sunset


def test_a_program_with_faults_is_refused_before_anything_runs():
    wrong = replace(standard_programs()["glasshouse"], periods=())
    with pytest.raises(PlantInputError, match="periods"):
        replace(SOLAR, climate=wrong).check()


def test_the_report_says_which_program_ran(season):
    with translation.override("en"):
        assert "by a program that people can set" in text(season)
    assert json.loads(as_json(season))["season"]["climate_program"]["periods"][0]["start"] == "sunrise+45"
