"""The past of a small base: lived by the live base's own programs, told by its own instruments."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from devices.simulator.compartment import Enclosure
from devices.simulator.outside import smooth_noise, smooth_noises
from greenhouse.plant.point_sources import Truth
from greenhouse.plant.stretch import PlainHouse
from greenhouse.site.basefile.reader import parse_base
from greenhouse.site.basefile.schema import BaseFile
from scheduler.demo_history.life import plantings
from scheduler.demo_history.making import refusal
from scheduler.demo_history.outside import outside_of
from scheduler.demo_history.year import LOCAL, BaseYear
from scheduler.simulated_plant.base_houses import Settling, base_houses
from scheduler.simulated_plant.outdoors import BaseWeather
from scheduler.simulated_plant.settling import fitting_of, settled
from tests import bases

UNTIL = datetime(2026, 6, 11, 9, 30, tzinfo=UTC)
SIMULATED = 'origin = "simulated"\n'


def _device(key: str, profile: str, unit: int, compartment: str | None) -> str:
    place = "" if compartment is None else f'compartment = "{compartment}"\n'
    return (
        f'[[device]]\nkey = "{key}"\nname_zh = "{key}"\nname_en = "{key}"\nline = "climate"\nunit_id = {unit}\n'
        f'profile = "{profile}"\n{place}{SIMULATED}'
    )


def base_of(*devices: str) -> BaseFile:
    return parse_base(
        bases.BASE + bases.HOUSE + bases.COMPARTMENT + bases.LINE + "".join(devices), file="small.toml", folder=Path()
    )


DEVICES = (
    _device("h1-climate", "climate-controller", 1, "h1"),
    _device("h1-blanket", "blanket-winder", 2, "h1"),
    _device("h1-vent-roof", "vent-motor", 3, "h1"),
    _device("h1-valves", "valve-block-8", 4, "h1"),
    _device("weather", "weather-station", 5, None),
    _device("water-unit", "water-fertilizer-unit", 6, None),
    _device("meter", "pulse-water-meter", 7, None),
)


def pasts(base_file: BaseFile) -> dict:
    """A past for each point of the base, the last day and a half of it."""
    keys = {f"{device.key}.{point.key}" for device in base_file.devices for point in device.profile.points}
    year = BaseYear(base_file, until=UNTIL, seed=1, make_house=PlainHouse, days=1)
    return {past.key: past for past in year.pasts(keys)}


@pytest.fixture(scope="module")
def told() -> dict:
    return pasts(base_of(*DEVICES))


def test_every_point_that_can_be_read_has_a_past_on_whole_minutes_of_whole_utc_days(told):
    readable = [
        f"{device.key}.{point.key}"
        for device in base_of(*DEVICES).devices
        for point in device.profile.points
        if point.access.can_read
    ]
    assert sorted(told) == sorted(readable)
    first = datetime(2026, 6, 10, tzinfo=UTC)
    for past in told.values():
        assert past.ts_ms[0] == first.timestamp() * 1000
        assert past.ts_ms[-1] == UNTIL.timestamp() * 1000
        assert (np.diff(past.ts_ms) == 60_000).all()
        for numbers in (past.values, past.counted):
            assert numbers is None or (len(numbers) == len(past.ts_ms) and np.isfinite(numbers).all())


def test_a_day_in_june_looks_like_one(told):
    air_c, roof_pct = told["h1-climate.air_temperature"].values, told["h1-vent-roof.position"].values
    assert 8.0 < air_c.min() < air_c.max() < 42.0
    assert roof_pct.max() > 40.0
    assert told["h1-climate.irradiance_inside"].values.max() > 100.0
    # Instruments have the resolution of their registers.
    np.testing.assert_allclose(air_c * 10.0, np.rint(air_c * 10.0), atol=1e-6)


def test_water_that_valves_let_through_is_what_meters_count(told):
    is_open, flow = told["h1-valves.valve_1"].values > 0.0, told["h1-valves.flow"].values
    assert is_open.any()
    assert (flow[is_open] > 1.0).all()
    assert (flow[~is_open] == 0.0).all()
    counted = told["h1-valves.total_volume"].counted
    assert counted.sum() == pytest.approx(flow.sum() / 60.0, rel=0.01)
    assert told["meter.total_volume"].counted.sum() == pytest.approx(counted.sum())
    assert (told["water-unit.pump_command"].values > 0.0).tolist() == is_open.tolist()


def test_the_weather_is_that_of_the_live_base(told):
    live = BaseWeather(1)
    outside = outside_of(datetime(2026, 6, 10, tzinfo=UTC).date(), UNTIL.astimezone(LOCAL), seed=1)
    for step in (0, 333, 1700):
        at = outside.begin + timedelta(minutes=step)
        there = live.outdoors(at, 0.0).truths
        for truth in there.keys() - {Truth.RAIN_DEPTH}:
            assert outside.truths[truth][step] == pytest.approx(there[truth], rel=1e-6, abs=1e-6), truth


def test_the_climate_ends_near_the_one_that_the_live_base_begins_with(told):
    begun = settled(fitting_of(Enclosure.SOLAR_GREENHOUSE, 480.0), BaseWeather(1), UNTIL)
    assert told["h1-climate.air_temperature"].values[-1] == pytest.approx(begun.climate.air_c, abs=4.0)


def test_the_crop_of_the_last_day_is_as_old_as_the_live_one():
    first, last = plantings(UNTIL.date())
    assert (UNTIL.date() - last).days == base_houses().part("settling", Settling).crop_age_d
    assert (last - first).days == 365


def test_a_life_is_the_same_again_and_tells_its_days_to_later_records(told):
    year = BaseYear(base_of(*DEVICES), until=UNTIL, seed=1, make_house=PlainHouse, days=1)
    ((key, life),) = year.lives(["h1"])
    assert key == "h1"
    assert [figures.day.isoformat() for figures in life.days] == ["2026-06-10", "2026-06-11"]
    assert life.days[0].irrigation_l_m2 > 0.0
    lived_pct = 100.0 * np.asarray(life.asked.heat, np.float64)[-len(told["h1-climate.heating_demand"].ts_ms) :]
    np.testing.assert_allclose(told["h1-climate.heating_demand"].values, lived_pct, atol=0.051)
    blanket_pct = 100.0 * (1.0 - np.asarray(life.moments.blanket, np.float64)[-len(lived_pct) :])
    np.testing.assert_allclose(told["h1-blanket.position"].values, blanket_pct, atol=0.051)


def test_another_seed_is_another_year():
    first = datetime(2026, 6, 10, tzinfo=UTC).date()
    one, other = (outside_of(first, UNTIL.astimezone(LOCAL), seed=seed) for seed in (1, 2))
    assert not np.array_equal(one.truths[Truth.AIR_TEMPERATURE], other.truths[Truth.AIR_TEMPERATURE])


def test_noise_of_many_moments_is_that_of_each():
    times = np.array([0.0, 17.0, 31.5, 1e9 + 3.3])
    one_by_one = [smooth_noise("1/gust", time, 30.0) for time in times]
    np.testing.assert_allclose(smooth_noises("1/gust", times, 30.0), one_by_one)


def test_a_base_that_measures_anything_is_refused():
    assert refusal(base_of(*DEVICES)) is None
    measured = DEVICES[6].replace(SIMULATED, 'origin = "measured"\n')
    why = refusal(base_of(*DEVICES[:6], measured))
    assert why is not None
    assert "meter is not simulated" in why
    assert refusal(base_of()) is not None
