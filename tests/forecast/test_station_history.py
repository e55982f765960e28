"""Weather that the base's own station measured: from the store into a season."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path

import numpy as np
import pytest
from django.core.management import CommandError, call_command

from devices.samples import Origin, Quality, Reading, Reason
from greenhouse.forecast.station_history import station_history
from greenhouse.plant.errors import WeatherError
from greenhouse.plant.weather.climate import kangbashi
from greenhouse.plant.weather.generator_parameters import shipped_generator
from greenhouse.site.point_index import point_index
from greenhouse.telemetry import ingest
from tests.bases import load

pytestmark = pytest.mark.django_db(databases=["default", "telemetry"])

PROJECT = Path(__file__).parent.parent.parent
BEGIN = datetime(2026, 11, 20, 16, tzinfo=UTC)
"""Midnight at the base."""
EVERY = timedelta(minutes=1)
COUNT = 49 * 60
STATION = "weather"
RAINED_AT_MIN = 10 * 60


def measured(minute: int) -> dict[str, float]:
    """Colder by night; wind around north; 2 mm in an hour of the first morning."""
    hour = minute / 60.0
    sun = max(0.0, -np.cos(2.0 * np.pi * hour / 24.0))
    fallen_mm = min(2.0, max(0.0, (minute - RAINED_AT_MIN) / 30.0)) if minute < 24 * 60 else 0.0
    return {
        "air_temperature": -8.0 + 6.0 * sun,
        "relative_humidity": 60.0,
        "wind_speed": 3.0,
        "wind_direction": 350.0 if minute % 2 else 10.0,
        "irradiance": 400.0 * sun,
        "rain_depth": fallen_mm,
    }


@pytest.fixture
def stored():
    """Two days and an hour of a station's samples; gives a way to leave some out."""
    load((PROJECT / "bases" / "kangbashi.toml").read_text(encoding="utf-8"))

    def store(*, without: range = range(0)) -> None:
        readings = [_reading(minute) for minute in range(COUNT) if minute not in without]
        index = point_index()
        for tick, begin in enumerate(range(0, len(readings), 500), start=1):
            now = readings[-1].observed_at
            ingest.record(readings[begin : begin + 500], ids=index.ids, writer="control", tick=tick, now=now)

    return store


def _reading(minute: int) -> Reading:
    values = measured(minute)
    return Reading(
        points=tuple(f"{STATION}.{key}" for key in values),
        values=np.array(list(values.values()), dtype=np.float64),
        quality=np.full(len(values), Quality.GOOD, dtype=np.uint8),
        reason=np.full(len(values), Reason.NONE, dtype=np.uint8),
        observed_at=BEGIN + minute * EVERY,
        origin=Origin.SIMULATED,
        exact={},
    )


def history():
    return station_history(
        STATION,
        begin=BEGIN,
        end=BEGIN + timedelta(days=366),
        climate=kangbashi(),
        parameters=shipped_generator(),
    )


def season(*arguments: str) -> str:
    out = StringIO()
    asked = ("--plain", "--step", "300", "--decide", "300", "--first", "2026-11-22", *arguments)
    call_command("season", *asked, stdout=out, stderr=StringIO())
    return out.getvalue()


def test_what_the_station_measured_is_the_weather(stored):
    stored()
    series = history()
    assert timedelta() < series.start - BEGIN <= timedelta(minutes=25)
    arrays = series.sampled(series.start, count=550, step_s=300)
    minutes = (series.start - BEGIN).total_seconds() / 60.0 + 5.0 * np.arange(550)
    assert arrays.air_c == pytest.approx([measured(int(minute))["air_temperature"] for minute in minutes], abs=0.2)
    north = (arrays.wind_from_deg + 180.0) % 360.0 - 180.0
    assert np.abs(north).max() < 3.0, "350° and 10° are north in the mean, never south"


def test_rain_since_midnight_becomes_what_fell(stored):
    """Midnight, at which the station counts from nothing again, is no rain."""
    stored()
    arrays = history().sampled(BEGIN + timedelta(hours=1), count=47 * 12, step_s=300)
    fallen_mm = (arrays.rain_mm_h + arrays.snow_mm_h) / 12.0
    assert fallen_mm.sum() == pytest.approx(2.0, abs=0.05)
    assert fallen_mm[15 * 12 :].sum() == pytest.approx(0.0, abs=1e-9)


def test_a_season_runs_through_it_and_says_that_the_station_is_none(stored):
    stored()
    told = season("--station", STATION, "--crop", "none", "--language", "en")
    assert "1 days from 2026-11-22 on" in told, "the day whose midnight lies within what is stored"
    assert "Note: weather is no real station" in told


def test_hours_that_are_missing_are_refused_in_the_readers_language(stored):
    stored(without=range(600, 900))
    with pytest.raises(WeatherError, match="no value for 5"):
        history()
    with pytest.raises(CommandError, match="气温：从2026-11-21T01:52:30"):
        season("--station", STATION, "--first", "2026-11-21", "--language", "zh-hans")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--station", "weahter"), r'no weather station "weahter" \(did you mean "weather"'),
        (
            ("--station", STATION, "--first", "2026-12-24", "--days", "3"),
            "nothing is stored of weather from 2026-12-24 to 2026-12-26",
        ),
    ],
)
def test_what_there_is_not_is_named(stored, arguments, sentence):
    with pytest.raises(CommandError, match=sentence):
        season(*arguments, "--language", "en")


def test_a_base_that_was_never_started_has_no_store(tmp_path):
    environment = {**os.environ, "GREENHOUSE_VAR": str(tmp_path)}
    environment.pop("DATABASE_URL", None)
    command = [sys.executable, "manage.py", "season", "--station", STATION, "--language", "en"]
    ended = subprocess.run(command, check=False, cwd=PROJECT, env=environment, capture_output=True, text=True)
    assert ended.returncode == 1
    assert "the store of this base cannot be read" in ended.stderr
    assert "Traceback" not in ended.stderr
