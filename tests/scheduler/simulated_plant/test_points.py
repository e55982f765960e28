"""Every point of the demonstration base has one place in the plant that its value comes from."""

from __future__ import annotations

from pathlib import Path

import pytest

from devices.profiles.catalog import shipped_profile
from devices.units import Quantity
from greenhouse.plant.instruments import SENSOR_PARTS
from greenhouse.site.basefile.reader import load_base
from scheduler.simulated_plant.points import (
    POINTS_OF_PROFILE,
    TRUTH_QUANTITY,
    Computed,
    Felt,
    Own,
    Truth,
    Vent,
    common_opening,
    rolled_up_pct,
    source_of,
    vent_of,
)

BASE = load_base(Path(__file__).parents[3] / "bases" / "kangbashi.toml")
EVERY_POINT = [(device, point) for device in BASE.devices for point in device.profile.points]


def source(device_key: str, point_key: str):
    (found,) = [
        source_of(device.profile, point, device.compartment)
        for device, point in EVERY_POINT
        if (device.key, point.key) == (device_key, point_key)
    ]
    return found


def test_no_point_of_the_base_is_without_a_source():
    assert [
        f"{device.key}.{point.key}"
        for device, point in EVERY_POINT
        if source_of(device.profile, point, device.compartment) is None
    ] == []


def test_what_is_felt_is_of_the_quantity_of_its_point():
    for device, point in EVERY_POINT:
        found = source_of(device.profile, point, device.compartment)
        if isinstance(found, Felt):
            assert TRUTH_QUANTITY[found.truth] is point.quantity, f"{device.key}.{point.key}"
            assert found.instrument is None or found.instrument in SENSOR_PARTS


def test_the_table_names_no_point_that_its_profile_lacks():
    profiles = {device.profile.key: device.profile for device in BASE.devices}
    extra = {
        f"{key}.{point}"
        for key, points in POINTS_OF_PROFILE.items()
        for point in points
        if point not in {spec.key for spec in profiles[key].points}
    }
    assert extra == set()


def test_every_truth_has_a_quantity():
    assert set(TRUTH_QUANTITY) == set(Truth)


@pytest.mark.parametrize(
    ("device", "point", "expected"),
    [
        ("h1-climate", "air_temperature", Felt(Truth.AIR_TEMPERATURE, "air_temperature")),
        ("h1-climate", "heating_setpoint", Own.SETTING),
        ("h1-climate", "vapor_pressure_deficit", Computed((Truth.AIR_TEMPERATURE, Truth.RELATIVE_HUMIDITY))),
        ("h1-blanket", "position", Own.COUNT),
        ("h1-blanket", "end_switch_up", Own.STATE),
        ("g1-a-vent-lee", "position", Own.COUNT),
        ("h1-valves", "valve_3", Own.SETTING),
        ("water-unit", "conductivity", Felt(Truth.FEED_CONDUCTIVITY, "conductivity")),
        ("weather", "wind_gust", Felt(Truth.WIND_GUST, "wind_speed")),
        ("h1-air-check", "air_temperature", Felt(Truth.AIR_TEMPERATURE, "air_temperature")),
        ("h1-soil-check", "substrate_temperature", Felt(Truth.ROOT_TEMPERATURE, "ground_temperature")),
        ("h1-soil-check", "conductivity", Felt(Truth.ROOT_CONDUCTIVITY, "conductivity")),
        ("g1-a-co2-check", "co2_concentration", Felt(Truth.CO2, "co2")),
        ("energy-solar", "active_power", Felt(Truth.ELECTRIC_POWER)),
        ("water-east", "total_volume", Own.METER),
    ],
)
def test_a_point_gets_its_value_from(device, point, expected):
    assert source(device, point) == expected


def test_the_other_profiles_of_the_library_are_instruments_that_show_what_the_plant_has():
    """What a plant has nothing for, such as wind in a house, is None and shows as missing, never as 0."""
    station = shipped_profile("renke-weather")
    wind = next(point for point in station.points if point.quantity is Quantity.WIND_SPEED)
    assert source_of(station, wind, None) == Felt(Truth.WIND_SPEED, "wind_speed")
    assert source_of(station, wind, "h1") is None


def test_the_vents_of_the_base_move_the_opening_they_are_named_for():
    motors = {device.key: vent_of(device.key) for device in BASE.devices if device.profile.key == "vent-motor"}
    assert len(motors) == 18
    assert {key for key, vent in motors.items() if vent is Vent.BOTTOM} == {f"h{n}-vent-bottom" for n in range(1, 7)}


def test_motors_of_one_opening_share_it_evenly():
    assert common_opening([0.2, 0.6]) == pytest.approx(0.4)
    assert common_opening([]) == 0.0


def test_a_winder_shows_how_far_it_is_rolled_up():
    assert rolled_up_pct(0.0) == 100.0
    assert rolled_up_pct(0.25) == pytest.approx(75.0)
