"""Every point of the demonstration base has one place in the plant that its value comes from."""

from __future__ import annotations

from pathlib import Path

import pytest

from devices.profiles.catalog import load_shipped, shipped_profile
from devices.simulator.faults import Fault
from devices.units import Quantity
from greenhouse.plant.faults import fault_kinds
from greenhouse.plant.instruments import SENSOR_PARTS
from greenhouse.plant.point_sources import (
    POINTS_OF_PROFILE,
    TRUTH_PROFILE,
    TRUTH_QUANTITY,
    Computed,
    Felt,
    Own,
    Truth,
    Vent,
    common_opening,
    rolled_up_pct,
    source_of,
    truth_shown_by,
    vent_of,
)
from greenhouse.site.basefile.reader import load_base

BASE = load_base(Path(__file__).parents[2] / "bases" / "kangbashi.toml")
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
    profiles = load_shipped()
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


TRUTHS = [device for device in BASE.devices if device.profile.key == TRUTH_PROFILE]


def claim(device_key: str, point_key: str) -> str | None:
    (found,) = [
        truth_shown_by(device.key, device.profile, point, device.compartment)
        for device, point in EVERY_POINT
        if (device.key, point.key) == (device_key, point_key)
    ]
    return found


@pytest.mark.parametrize(
    ("device", "point", "truth"),
    [
        ("h1-climate", "air_temperature", "air_temperature"),
        ("h1-climate", "vapor_pressure_deficit", "vapor_pressure_deficit"),
        ("h1-climate", "photon_flux_density", "photon_flux_density"),
        ("h1-climate", "vent_position", "controller_vent_position"),
        ("g1-a-screen", "position", "screen_position"),
        ("g1-a-shade", "position", "shade_position"),
        ("h1-blanket", "position", "blanket_position"),
        ("h1-vent-bottom", "position", "bottom_vent_position"),
        ("g1-a-vent-windward", "position", "windward_vent_position"),
        ("h1-soil-check", "substrate_moisture", "root_moisture"),
        ("h1-valves", "flow", "water_flow"),
        ("water-unit", "conductivity", "feed_conductivity"),
        ("h1-climate", "heating_setpoint", None),
        ("h1-blanket", "motor_state", None),
        ("weather", "air_temperature", None),
        ("water-east", "flow", None),
        ("truth-h1", "air_temperature", None),
    ],
)
def test_a_point_claims_to_show_a_truth(device, point, truth):
    assert claim(device, point) == truth


def test_every_claim_is_of_the_quantity_of_its_truth():
    profile = TRUTHS[0].profile
    quantities = {point.key: point.quantity for unit in TRUTHS for point in unit.profile.points}
    for device, point in EVERY_POINT:
        key = truth_shown_by(device.key, device.profile, point, device.compartment)
        if key is not None and (device.compartment is None or key in {p.key for p in profile.points}):
            assert quantities[key] is point.quantity, f"{device.key}.{point.key}"


def test_a_position_that_a_compartment_has_is_in_its_truth_unit_and_no_other():
    """What a base file forgets to switch off would show that there is no value for ever."""
    for unit in TRUTHS:
        claimed = {
            claim(device.key, point.key)
            for device, point in EVERY_POINT
            if device.compartment == unit.compartment and source(device.key, point.key) is Own.COUNT
        }
        has_screen = unit.compartment.startswith("g1")
        positions = {point.key for point in unit.profile.points if point.quantity is Quantity.POSITION}
        assert positions == claimed - (set() if has_screen else {"screen_position"}), unit.key


def test_bits_of_the_truth_unit_are_named_as_the_faults_are():
    points = {point.key: point for point in TRUTHS[0].profile.points}
    assert [zh for _bit, zh, _en in points["plant_faults"].states] == [kind.zh for kind in fault_kinds()]
    assert [en.lower() for _bit, _zh, en in points["plant_faults"].states] == [
        kind.en.lower() for kind in fault_kinds()
    ]
    for key in ("device_faults", "shared_device_faults"):
        assert len(points[key].states) == len(Fault), key
