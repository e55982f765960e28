"""The steady plant: deterministic, physical at any time of the year, and untouched by clock jumps."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

import pytest

from devices.codec import to_canonical
from devices.profiles.catalog import load_shipped
from devices.simulator.compartment import Enclosure
from devices.simulator.plant import PlantDevice
from devices.simulator.steady_plant import SteadyPlant

GENERIC = (
    "climate-controller",
    "blanket-winder",
    "vent-motor",
    "valve-block-8",
    "xy-md02",
    "seeed-soil-ec",
    "senseair-s8",
)
WHOLE_BASE = ("weather-station", "water-fertilizer-unit", "eastron-sdm630", "pulse-water-meter")


def base_plant(start: datetime) -> SteadyPlant:
    """One solar greenhouse and one glasshouse compartment with a device of every kind of the demonstration base."""
    profiles = load_shipped()
    devices = [PlantDevice(f"{place}-{key}", profiles[key], place) for place in ("h1", "g1") for key in GENERIC]
    devices += [PlantDevice(key, profiles[key], None) for key in WHOLE_BASE]
    return SteadyPlant(devices, {"h1": Enclosure.SOLAR_GREENHOUSE, "g1": Enclosure.GLASSHOUSE}, start=start)


def readable_points() -> list[tuple[str, object]]:
    profiles = load_shipped()
    keys = [(f"{place}-{key}", key) for place in ("h1", "g1") for key in GENERIC] + [(key, key) for key in WHOLE_BASE]
    return [(device, point) for device, key in keys for point in profiles[key].points if point.access.can_read]


def faults_of(plant: SteadyPlant, points: list) -> list[str]:
    """Every point whose value is missing, not finite, or outside the range of its profile."""
    found = []
    for device, point in points:
        if point.key == "communication_timeout":
            continue
        value = plant.value(device, point.key)
        low, high = (-math.inf, math.inf)
        if point.valid is not None:
            low, high = sorted(to_canonical(point, limit) for limit in point.valid)
        if value is None or not math.isfinite(value) or not low <= value <= high:
            found.append(f"{plant.now} {device}.{point.key} = {value}")
    return found


@pytest.mark.parametrize(
    ("month", "step_s"),
    [(1, 20), (4, 20), (7, 20), pytest.param(11, 1, marks=[pytest.mark.slow, pytest.mark.timeout(400)])],
)
def test_a_day_stays_in_the_physical_range(month, step_s):
    """Every value of every point is in its profile's valid range through 24 h; the climate in a much narrower one."""
    plant, points = base_plant(datetime(2026, month, 15, tzinfo=UTC)), readable_points()
    found, coldest, warmest = [], math.inf, -math.inf
    for second in range(0, 86_400, step_s):
        plant.advance(float(step_s))
        if second % 300 == 0:
            found += faults_of(plant, points)
            coldest = min(coldest, plant.house("h1").air_temperature_c, plant.house("g1").air_temperature_c)
            warmest = max(warmest, plant.house("h1").air_temperature_c, plant.house("g1").air_temperature_c)
    assert found == []
    assert 5.0 < coldest < warmest < 42.0


def test_a_year_seen_every_three_hours_stays_in_the_physical_range():
    """The sky jumps by three hours between the minutes: harder on the model than any day."""
    plant, points = base_plant(datetime(2026, 1, 1, tzinfo=UTC)), readable_points()
    found = []
    for _ in range(365 * 8):
        plant.advance(60.0)
        found += faults_of(plant, points)
        plant._now += timedelta(hours=2, minutes=59)
    assert found == []


def test_two_plants_of_the_same_seed_live_the_same_life(steady_plant):
    lives = []
    for seed in (1, 1, 2):
        plant = steady_plant("climate-controller", seed=seed)
        plant.command("climate-controller", "heating_setpoint", 22.0)
        for _ in range(120):
            plant.advance(30.0)
        lives.append([plant.value("climate-controller", key) for key in ("air_temperature", "co2_concentration")])
    assert lives[0] == lives[1] != lives[2]


def test_asking_again_without_time_passing_gives_the_same_value(steady_plant):
    plant = steady_plant("climate-controller")
    first = plant.value("climate-controller", "air_temperature")
    assert plant.value("climate-controller", "air_temperature") == first
    plant.advance(0.0)
    assert plant.value("climate-controller", "air_temperature") == first


def test_sensors_are_noisy_around_the_true_value(steady_plant):
    plant = steady_plant("climate-controller")
    errors = []
    for _ in range(200):
        plant.advance(1.0)
        shown = plant.value("climate-controller", "air_temperature")
        errors.append(shown - plant.house("h1").air_temperature_c)
    assert len(set(errors)) > 150
    assert max(map(abs, errors)) == pytest.approx(0.1, abs=0.005)
    assert sum(errors) / len(errors) == pytest.approx(0.0, abs=0.02)


def test_a_setpoint_carries_no_noise(steady_plant):
    plant = steady_plant("climate-controller")
    plant.command("climate-controller", "heating_setpoint", 18.5)
    plant.advance(1.0)
    assert plant.value("climate-controller", "heating_setpoint") == 18.5


@pytest.mark.parametrize("elapsed_s", [-1.0, math.nan, math.inf, -math.inf])
def test_time_that_runs_back_or_is_no_number_is_refused(steady_plant, elapsed_s):
    plant = steady_plant("climate-controller")
    with pytest.raises(ValueError, match="cannot advance"):
        plant.advance(elapsed_s)


def test_a_pause_of_twelve_hours_in_one_piece_is_survived(steady_plant):
    """A suspended machine: the winder has long reached its end, the climate is still one."""
    plant = steady_plant("climate-controller", "blanket-winder")
    plant.advance(12 * 3600.0)
    assert plant.value("blanket-winder", "end_switch_down") == 1.0
    assert 5.0 < plant.value("climate-controller", "air_temperature") < 35.0


def test_a_wrong_device_clock_changes_the_day_period_and_not_the_sun(steady_plant):
    plant, true_plant = steady_plant("climate-controller"), steady_plant("climate-controller")
    plant.set_clock_skew(-12 * 3600.0)
    for each in (plant, true_plant):
        each.advance(1.0)
    assert true_plant.value("climate-controller", "day_period") == 2.0
    assert plant.value("climate-controller", "day_period") == 0.0
    assert plant.house("h1").irradiance_w_m2 == true_plant.house("h1").irradiance_w_m2


def test_heating_vents_and_blanket_move_the_climate_in_the_right_direction(steady_plant):
    """After two hours each: warmer with a higher setpoint, cooler with open vents, darker with the blanket down."""

    def after(**commands: float) -> SteadyPlant:
        plant = steady_plant("climate-controller", "vent-motor", "blanket-winder")
        for command, value in commands.items():
            device, point = {
                "heating": ("climate-controller", "heating_setpoint"),
                "vent": ("vent-motor", "target_position"),
                "motor": ("blanket-winder", "motor_command"),
            }[command]
            assert plant.command(device, point, value)
        plant.advance(7200.0)
        return plant

    plain = after().house("h1")
    assert after(heating=35.0).house("h1").air_temperature_c > plain.air_temperature_c + 0.5
    assert after(vent=100.0).house("h1").air_temperature_c < plain.air_temperature_c - 0.5
    assert after(motor=2.0).house("h1").irradiance_w_m2 < 0.1 * plain.irradiance_w_m2


def test_meters_of_one_place_share_what_flows_there():
    profiles = load_shipped()
    devices = [PlantDevice("valves", profiles["valve-block-8"], "h1")]
    devices += [PlantDevice(key, profiles["pulse-water-meter"], None) for key in ("east", "west")]
    plant = SteadyPlant(devices, {"h1": Enclosure.SOLAR_GREENHOUSE}, start=datetime(2026, 11, 20, tzinfo=UTC))
    before = plant.value("east", "total_volume")
    plant.command("valves", "valve_1", 1.0)
    plant.command("valves", "valve_2", 1.0)
    for _ in range(700):
        plant.advance(1.0)
    assert plant.value("valves", "total_volume") == pytest.approx(2.2 / 6.0, abs=1e-9)
    assert plant.value("east", "total_volume") - before == pytest.approx(1.1 / 6.0, abs=0.002)


def test_a_point_that_nothing_stands_behind_has_no_value(steady_plant):
    """The heartbeat is a matter of the register map, not of the plant."""
    assert steady_plant("climate-controller").value("climate-controller", "heartbeat") is None
