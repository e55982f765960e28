"""The shipped profiles say what the makers' manuals say, and everything that the loader cannot ask of any profile."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from devices.profiles.catalog import SHIPPED_DIRECTORY, load_shipped
from devices.profiles.loader import load_profile
from devices.profiles.outputs import OutputKind, StoppedBy
from devices.profiles.schema import Access, Confidence, Table
from devices.read_plan import plan_reads
from devices.units import Quantity

GENERIC = (
    "blanket-winder",
    "climate-controller",
    "plant-truth",
    "pulse-water-meter",
    "screen-motor",
    "shading-net-motor",
    "valve-block-8",
    "vent-motor",
    "water-fertilizer-unit",
    "weather-station",
)
WITHOUT_PLAUSIBLE_RANGE = {
    Quantity.STATE,
    Quantity.MODE,
    Quantity.STATUS_BITS,
    Quantity.CODE,
    Quantity.COUNT,
}
FILES = sorted(SHIPPED_DIRECTORY.glob("*.toml"))
POINTS = [(profile, point) for profile in load_shipped().values() for point in profile.points]
HAN = re.compile(r"[\u4e00-\u9fff]")


def facts(name: str) -> list[list[str]]:
    lines = Path(__file__).with_name(name).read_text(encoding="utf-8").splitlines()
    return [line.split() for line in lines if not line.startswith("#")]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_shipped_profile_loads_without_a_fault(file):
    profile = load_profile(file)
    assert profile.key == file.stem
    assert HAN.search(profile.title_zh)
    assert not HAN.search(profile.title_en)


def test_forty_real_devices_and_the_generic_ones_are_shipped():
    described = {row[0] for row in facts("register_facts.txt") + facts("unverified_facts.txt")}
    assert len(described) == 40
    assert set(load_shipped()) == described | set(GENERIC)


@pytest.mark.parametrize("row", facts("register_facts.txt"), ids=lambda row: f"{row[0]}-{row[1]}-{row[2]}")
def test_a_register_is_declared_as_its_maker_documents_it(row):
    device, table, address, word_type, order, scale, access, confidence = row
    found = [p for p in load_shipped()[device].points if (p.table, p.address) == (table, int(address))]
    assert len(found) == 1
    (point,) = found
    assert (point.type, point.order, point.confidence) == (word_type, order, confidence)
    assert point.access == {"r": Access.READ, "rw": Access.READ_WRITE, "w": Access.WRITE}[access]
    if scale == "register":
        assert point.scale_register is not None
    elif scale == "bit":
        assert point.conditional_scale is not None
    else:
        assert point.scale == float(scale)
        assert point.scale_register is None
        assert point.conditional_scale is None


def test_nothing_but_the_documented_registers_is_polled_on_real_devices():
    known = {(device, table, int(address)) for device, table, address, *_ in facts("register_facts.txt")}
    polled = {(profile.key, point.table, point.address) for profile, point in POINTS if profile.key not in GENERIC}
    assert {(device, str(table), address) for device, table, address in polled} == known


def test_registers_known_too_badly_are_kept_but_never_polled():
    known = {(device, table, int(address)) for device, table, address in facts("unverified_facts.txt")}
    kept = {
        (profile.key, str(point.table), point.address)
        for profile in load_shipped().values()
        for point in profile.unverified
    }
    assert kept == known
    assert kept.isdisjoint((profile.key, str(point.table), point.address) for profile, point in POINTS)


def test_every_measured_number_has_a_plausible_range():
    bare = [
        f"{profile.key}.{point.key}"
        for profile, point in POINTS
        if point.access is Access.READ
        and point.quantity not in WITHOUT_PLAUSIBLE_RANGE
        and point.valid is None
        and point.rolls_over_at is None
    ]
    assert bare == []


def test_every_label_is_chinese_and_english():
    wrong = [
        f"{profile.key}.{point.key}"
        for profile, point in POINTS
        if not HAN.search(point.label_zh) or HAN.search(point.label_en) or point.label_en != point.label_en.strip()
    ]
    assert wrong == []


def test_states_have_chinese_and_english_names():
    """Plain numbers (baud rates) are the same in both."""
    wrong = [
        (profile.key, point.key, zh, en)
        for profile, point in POINTS
        for _number, zh, en in point.states
        if not (HAN.search(zh) or zh.isdigit()) or HAN.search(en)
    ]
    assert wrong == []


def test_a_winter_temperature_can_be_shown_by_every_thermometer():
    """-20.5 degC must lie inside type, scale and plausible range of every air or soil temperature."""
    for profile, point in POINTS:
        if point.key in ("air_temperature", "substrate_temperature") and point.quantity is Quantity.TEMPERATURE:
            low, high = point.valid or (0.0, 0.0)
            assert low <= -20 <= high, f"{profile.key}.{point.key}"


def test_device_settings_are_polled_rarely():
    for profile, point in POINTS:
        if profile.key not in GENERIC and point.output and point.output.kind is OutputKind.DEVICE_SETTING:
            assert point.poll_s >= 60 or not point.access.can_read, f"{profile.key}.{point.key}"


def test_nothing_shipped_runs_on_unstopped():
    """No shipped profile needs an accepted risk, and only a bare relay, whose load the base file names, has no stop."""
    for profile, point in POINTS:
        if point.output is None:
            continue
        assert point.output.accepted_risk is None, f"{profile.key}.{point.key}"
        if point.output.stopped_by is StoppedBy.NONE:
            assert point.output.kind is OutputKind.RELAY, f"{profile.key}.{point.key}"


@pytest.mark.parametrize("profile", load_shipped().values(), ids=lambda profile: profile.key)
def test_a_read_plan_exists_for_every_shipped_profile(profile):
    readable = [point for point in profile.points if point.access.can_read]
    blocks = plan_reads(readable, limits=profile.limits, gap=50, unreadable=profile.unreadable)
    assert {point.key for block in blocks for point in block.points} == {point.key for point in readable}


def test_a_pyranometer_s_clearing_register_is_in_no_block():
    """Kipp & Zonen SMP manual: reading register 7 restarts the standard deviation."""
    smp = load_shipped()["kipp-smp"]
    blocks = plan_reads(smp.points, limits=smp.limits, gap=50, unreadable=smp.unreadable)
    assert not any(block.address <= 7 < block.address + block.count for block in blocks)


@pytest.mark.parametrize(
    ("device", "longest", "even"),
    [("elt-mb350", 4, False), ("eastron-sdm630", 80, True), ("eastron-sdm120", 80, True), ("delta-ms300", 1, False)],
)
def test_a_device_s_request_limits_hold_in_its_plan(device, longest, even):
    """MB-350U-C manual p.10; SDM630 protocol V1.8; MS300: VFD-E reads one parameter per request."""
    profile = load_shipped()[device]
    readable = [point for point in profile.points if point.access.can_read]
    blocks = plan_reads(readable, limits=profile.limits, gap=50, unreadable=profile.unreadable)
    assert (profile.limits.max_registers, profile.limits.even_only) == (longest, even)
    assert max(block.count for block in blocks) <= longest
    if even:
        assert all(block.address % 2 == 0 and block.count % 2 == 0 for block in blocks)


def test_the_generic_profiles_are_marked_as_ours():
    assert all(point.confidence is Confidence.OWN for profile, point in POINTS if profile.key in GENERIC)
    assert all(point.confidence is not Confidence.OWN for profile, point in POINTS if profile.key not in GENERIC)


EXPECTED_KEYS = {
    "climate-controller": (
        "air_temperature relative_humidity vapor_pressure_deficit co2_concentration irradiance_inside "
        "photon_flux_density substrate_temperature substrate_moisture floor_temperature heating_pipe_temperature "
        "vent_position thermal_screen_position heating_demand status_bits alarm_bits control_location day_period "
        "heating_setpoint ventilation_setpoint humidity_setpoint co2_setpoint operating_mode co2_enable heartbeat "
        "communication_timeout"
    ),
    "blanket-winder": (
        "position motor_state motor_current run_seconds end_switch_up end_switch_down control_location motor_command "
        "run_time_limit communication_timeout"
    ),
    "vent-motor": (
        "position motor_state motor_current wind_lockout control_location target_position communication_timeout"
    ),
    "screen-motor": "position motor_state motor_current control_location target_position communication_timeout",
    "shading-net-motor": (
        "position motor_state motor_current wind_lockout control_location target_position communication_timeout"
    ),
    "water-fertilizer-unit": (
        "conductivity acidity water_temperature flow line_pressure tank_level acid_tank_level total_volume status_bits "
        "alarm_bits conductivity_setpoint acidity_setpoint pump_command dosing_command run_time_limit heartbeat "
        "communication_timeout"
    ),
    "weather-station": (
        "air_temperature relative_humidity wind_speed wind_gust wind_direction irradiance rain_state rain_depth "
        "air_pressure dust_concentration"
    ),
    "valve-block-8": " ".join(f"{name}_{n}" for name in ("valve", "run_time", "remaining") for n in range(1, 9))
    + " line_pressure flow total_volume communication_timeout",
    "pulse-water-meter": "total_volume flow",
    "plant-truth": (
        "air_temperature relative_humidity vapor_pressure_deficit co2 irradiance photon_flux_density "
        "canopy_temperature floor_temperature pipe_temperature root_temperature root_moisture root_conductivity "
        "feed_conductivity feed_acidity water_flow crop_water_flow water_pressure controller_vent_position "
        "plant_faults device_faults shared_device_faults roof_vent_position bottom_vent_position blanket_position "
        "lee_vent_position windward_vent_position screen_position shade_position"
    ),
}


@pytest.mark.parametrize("device", EXPECTED_KEYS)
def test_a_generic_profile_keeps_the_keys_that_bases_rely_on(device):
    """A base file names points by these keys: renaming one breaks every site."""
    assert {point.key for point in load_shipped()[device].points} == set(EXPECTED_KEYS[device].split())


def test_coils_are_written_one_by_one_and_read_back():
    for profile, point in POINTS:
        if point.table is Table.COIL:
            assert point.write is not None
            assert (point.write.function, point.write.readback) == (5, point.key), f"{profile.key}.{point.key}"
