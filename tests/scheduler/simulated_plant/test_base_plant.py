"""The whole base on the plant model: alive, healthy at any season, deterministic, breakable, cheap."""

from __future__ import annotations

import copy
import itertools
import math
import tomllib
from collections import defaultdict
from datetime import UTC, datetime
from pathlib import Path

import pytest

from devices.codec import to_canonical
from devices.profiles.catalog import load_shipped
from devices.simulator.base import LineDevice, LineKind, SimulatedBase, SimulatedLine
from devices.simulator.compartment import Enclosure
from devices.simulator.faults import FaultRefused
from devices.simulator.plant import PlantDevice
from greenhouse.plant.point_sources import Truth
from greenhouse.site.basefile.reader import load_base
from scheduler.simulated_plant.base_plant import BasePlant, Room
from scheduler.simulated_plant.compartment import CLIMATE_STEP_S
from scheduler.simulation import simulated_plant

PROJECT = Path(__file__).parents[3]
NOVEMBER_NOON = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)
IN_COMPARTMENT = ("climate-controller", "blanket-winder", "vent-motor", "valve-block-8")
ON_BASE = ("weather-station", "water-fertilizer-unit", "eastron-sdm630", "pulse-water-meter")
ALARMS = {
    alarm["key"]: alarm
    for name in ("climate", "equipment", "water")
    for alarm in tomllib.loads((PROJECT / f"greenhouse/alarms/data/{name}.toml").read_text("utf-8"))["alarm"]
}


def small(start: datetime = NOVEMBER_NOON, seed: int = 1) -> BasePlant:
    """A solar greenhouse and a glasshouse compartment, with a device of every kind."""
    profiles = load_shipped()
    devices = [PlantDevice(f"{place}-{key}", profiles[key], place) for place in ("h1", "g1") for key in IN_COMPARTMENT]
    devices += [PlantDevice(key, profiles[key], None) for key in ON_BASE]
    rooms = {"h1": Room(Enclosure.SOLAR_GREENHOUSE, 480.0), "g1": Room(Enclosure.GLASSHOUSE, 512.0)}
    return BasePlant(devices, rooms, start=start, seed=seed)


@pytest.fixture(scope="module")
def november() -> BasePlant:
    return small()


@pytest.fixture
def plant(november) -> BasePlant:
    """A base of its own at a November noon."""
    return copy.deepcopy(november)


def night_of(november: BasePlant) -> BasePlant:
    plant = copy.deepcopy(november)
    plant.advance(12 * 3600.0)
    return plant


@pytest.fixture(scope="module")
def midnight(november) -> BasePlant:
    return night_of(november)


def temperature_limits(plant: BasePlant, place: str) -> dict[str, tuple[bool, float]]:
    """Each alarm of the air: whether its condition holds now, and for how long it must. [s]"""
    controller = f"{place}-climate"
    air_c, humidity = (plant.value(controller, point) for point in ("air_temperature", "relative_humidity"))
    heating, ventilation = (plant.value(controller, f"{name}_setpoint") for name in ("heating", "ventilation"))
    outside = plant._weather.outdoors(plant.now, 0.0)
    is_dry_outside = outside.truths[Truth.RELATIVE_HUMIDITY] < 80.0 and not outside.is_wet and outside.gust_m_s < 9.0
    holds = (
        {}
        if air_c is None
        else {
            "air-temperature-low-low": air_c < ALARMS["air-temperature-low-low"]["limit"],
            "air-temperature-low": air_c < heating + ALARMS["air-temperature-low"]["limit"],
            "air-temperature-high-high": air_c > ALARMS["air-temperature-high-high"]["limit"],
            "air-temperature-high": air_c > ventilation + ALARMS["air-temperature-high"]["limit"],
        }
    )
    if humidity is not None:
        holds["relative-humidity-high"] = is_dry_outside and humidity > ALARMS["relative-humidity-high"]["limit"]
    return {key: (state, ALARMS[key]["on_delay_s"]) for key, state in holds.items()}


@pytest.mark.timeout(600)
@pytest.mark.parametrize("month", [1, 6])
def test_a_day_of_the_demonstration_base_raises_no_alarm_and_leaves_no_range(month):
    """By the shipped limits. Humidity is left out while it rains, storms or is as humid outside: then it is true."""
    base_file = load_base(PROJECT / "bases" / "kangbashi.toml")
    plant = simulated_plant(base_file, start=datetime(2026, month, 15, tzinfo=UTC), seed=1)
    points = [(device.key, point) for device in base_file.devices for point in device.profile.points]
    held_s: defaultdict[tuple[str, str], float] = defaultdict(float)
    raised, outside_range = set(), set()
    for minute in range(24 * 60):
        plant.advance(60.0)
        for room in base_file.compartments:
            for key, (state, delay_s) in temperature_limits(plant, room.key).items():
                held_s[room.key, key] = held_s[room.key, key] + 60.0 if state else 0.0
                if held_s[room.key, key] > delay_s:
                    raised.add((room.key, key))
            if abs(plant.value(f"{room.key}-valves", "flow")) > 1e-9:
                raised.add((room.key, "flow-with-valves-shut"))
        if minute % 30 == 0:
            for device, point in points:
                value = plant.value(device, point.key)
                if value is not None and point.valid is not None:
                    low, high = sorted(to_canonical(point, limit) for limit in point.valid)
                    if not low <= value <= high:
                        outside_range.add((device, point.key, value))
    assert raised == set()
    assert outside_range == set()


def test_a_sound_base_has_nearly_always_a_value_for_every_point(plant):
    """Instruments drop out for moments only; what belongs to the register map is not the plant's."""
    missing, asked = 0, 0
    for _ in range(60):
        plant.advance(60.0)
        for (device, point), spec in plant._points.items():
            if spec.access.can_read and point not in {"communication_timeout", "heartbeat"}:
                asked += 1
                missing += plant.value(device, point) is None
    assert missing / asked < 0.002


def test_two_plants_of_the_same_seed_live_the_same_life(november):
    lives = []
    for plant in (copy.deepcopy(november), small(), small(seed=2)):
        plant.command("h1-climate-controller", "heating_setpoint", 22.0)
        for _ in range(120):
            plant.advance(30.0)
        lives.append([plant.value("h1-climate-controller", key) for key in ("air_temperature", "co2_concentration")])
    assert lives[0] == lives[1] != lives[2]


def test_asking_again_without_time_passing_gives_the_same_value(plant):
    first = plant.value("h1-climate-controller", "air_temperature")
    plant.advance(0.0)
    assert plant.value("h1-climate-controller", "air_temperature") == first
    plant.advance(0.5)
    assert plant.value("h1-climate-controller", "air_temperature") != first


def test_values_follow_smoothly_from_tick_to_tick(plant):
    """The climate steps once a minute; no reading jumps by more than its noise."""
    before, greatest = plant.value("h1-climate-controller", "air_temperature"), 0.0
    for _ in range(600):
        plant.advance(0.5)
        shown = plant.value("h1-climate-controller", "air_temperature")
        greatest = max(greatest, abs(shown - before))
        before = shown
    assert 0.0 < greatest < 0.35


def test_a_truth_that_moves_fast_has_no_jump_at_a_step_of_the_climate(plant):
    """Without noise a tick moves it by 1/120 of the minute's change, also where one step follows the other."""
    plant.command("h1-vent-motor", "target_position", 100.0)
    air_c = []
    for _ in range(8 * 120):
        plant.advance(0.5)
        share = plant._since_step_s / CLIMATE_STEP_S
        air_c.append(plant.compartment("h1").truths(share)[Truth.AIR_TEMPERATURE])
    of_a_minute_k = max(abs(after - before) for before, after in zip(air_c, air_c[120:], strict=False))
    of_a_tick_k = max(abs(after - before) for before, after in itertools.pairwise(air_c))
    assert of_a_minute_k > 0.3
    assert of_a_tick_k < 1.01 * of_a_minute_k / 120.0


def test_a_setpoint_carries_no_noise(plant):
    plant.command("h1-climate-controller", "heating_setpoint", 18.5)
    plant.advance(1.0)
    assert plant.value("h1-climate-controller", "heating_setpoint") == 18.5


@pytest.mark.parametrize("elapsed_s", [-1.0, math.nan, math.inf, -math.inf])
def test_time_that_runs_back_or_is_no_number_is_refused(plant, elapsed_s):
    with pytest.raises(ValueError, match="cannot advance"):
        plant.advance(elapsed_s)


def test_a_pause_of_twelve_hours_in_one_piece_is_lived_through(midnight):
    assert midnight.value("h1-blanket-winder", "end_switch_down") == 1.0
    assert 5.0 < midnight.value("h1-climate-controller", "air_temperature") < 30.0


def test_a_wrong_device_clock_changes_the_day_period_and_not_the_sun(plant):
    true_sun = plant._weather.weather(plant.now).sun_elevation_deg
    plant.set_clock_skew(-12 * 3600.0)
    plant.advance(1.0)
    assert plant.value("h1-climate-controller", "day_period") == 0.0
    assert plant._weather.weather(plant.now).sun_elevation_deg == pytest.approx(true_sun, abs=0.1)


def test_heating_vents_and_blanket_move_the_climate_in_the_right_direction(november):
    def after(*commands: tuple[str, str, float]) -> BasePlant:
        plant = copy.deepcopy(november)
        for command in commands:
            assert plant.command(*command)
        plant.advance(7200.0)
        return plant

    def air_c(plant: BasePlant, place: str) -> float:
        return plant.compartment(place).inside.climate.air_c

    plain = after()
    assert air_c(after(("g1-climate-controller", "heating_setpoint", 26.0)), "g1") > air_c(plain, "g1") + 1.0
    assert air_c(after(("h1-vent-motor", "target_position", 100.0)), "h1") < air_c(plain, "h1") - 1.0
    covered = after(("h1-blanket-winder", "motor_command", 2.0)).compartment("h1")
    assert covered.light_w_m2 < 0.1 * plain.compartment("h1").light_w_m2


def test_a_valve_waters_the_roots_and_meters_count_it(plant):
    zone = plant.compartment("g1").inside.root_zone.water_l_m2
    before = plant.counters()
    assert plant.command("g1-valve-block-8", "valve_1", 1.0)
    assert plant.value("g1-valve-block-8", "run_time_1") == 600.0
    for _ in range(12):
        plant.advance(60.0)
    assert plant.value("g1-valve-block-8", "valve_1") == 0.0
    given_m3 = plant.counters()["g1-valve-block-8.volume"] - before["g1-valve-block-8.volume"]
    assert given_m3 == pytest.approx(0.092, rel=0.05)  # 64 m² of 2.5 drippers of 2 l/h √bar at 3 bar
    assert plant.counters()["pulse-water-meter.volume"] - before["pulse-water-meter.volume"] == pytest.approx(given_m3)
    assert plant.compartment("g1").inside.root_zone.water_l_m2 > zone


def test_a_valve_without_run_time_does_not_open(plant):
    plant.command("g1-valve-block-8", "run_time_2", 0.0)
    assert not plant.command("g1-valve-block-8", "valve_2", 1.0)


def test_the_feed_unit_doses_only_while_it_pumps(plant):
    assert not plant.command("water-fertilizer-unit", "dosing_command", 1.0)
    plant.command("water-fertilizer-unit", "pump_command", 1.0)
    assert plant.command("water-fertilizer-unit", "dosing_command", 1.0)
    for _ in range(10):
        plant.advance(30.0)
    assert plant.value("water-fertilizer-unit", "conductivity") == pytest.approx(2.0, abs=0.2)
    for _ in range(30):
        plant.advance(60.0)
    assert plant.value("water-fertilizer-unit", "pump_command") == 0.0


def test_roots_are_watered_by_hand_until_a_valve_was_opened(plant):
    plant.advance(3 * 86_400.0)
    by_hand = plant.compartment("g1").inside.root_zone.water_l_m2
    dry = copy.deepcopy(plant)
    dry.command("g1-valve-block-8", "valve_1", 0.0)
    dry.advance(4 * 86_400.0)
    assert dry.compartment("g1").inside.root_zone.water_l_m2 < 0.8 * by_hand


def test_meters_go_on_where_an_earlier_run_ended(november):
    earlier = copy.deepcopy(november)
    earlier.advance(3600.0)
    later = copy.deepcopy(november)
    later.count_from(earlier.counters(ahead_s=20.0))
    assert all(later.counters()[key] >= value for key, value in earlier.counters().items())
    later.count_from({})
    assert later.counters()["eastron-sdm630.energy"] > earlier.counters()["eastron-sdm630.energy"]


# --- what breaks ------------------------------------------------------------------------------------------------------


def broken(plant: BasePlant, place: str, severities: dict[str, float], seconds: float) -> BasePlant:
    found = copy.deepcopy(plant)
    found.break_down(place, severities)
    found.advance(seconds)
    return found


def test_a_torn_film_cools_a_winter_night(midnight):
    sound = broken(midnight, "h1", {}, 7200.0).compartment("h1").inside.climate.air_c
    torn = broken(midnight, "h1", {"torn_film": 0.1}, 7200.0).compartment("h1").inside.climate.air_c
    assert torn < sound - 0.5


def test_a_tripped_boiler_lets_the_pipes_cool(midnight):
    sound = broken(midnight, "g1", {}, 7200.0).compartment("g1").inside.climate
    tripped = broken(midnight, "g1", {"boiler_trip": 1.0}, 7200.0).compartment("g1").inside.climate
    assert tripped.pipe_c < sound.pipe_c - 5.0
    assert tripped.air_c < sound.air_c - 1.0


def test_a_burst_pipe_runs_while_all_valves_are_shut_and_the_alarm_would_see_it(midnight):
    burst = broken(midnight, "h1", {"burst_pipe": 0.5}, 60.0)
    assert burst.value("h1-valve-block-8", "flow") > ALARMS["flow-with-valves-shut"]["limit"]
    assert burst.value("g1-valve-block-8", "flow") == 0.0


def test_a_stuck_vent_is_believed_to_open(plant):
    before = plant.compartment("g1").orders.openings["g1-vent-motor"]
    plant.break_down("g1", {"stuck_roof_vent": 1.0})
    plant.command("g1-vent-motor", "target_position", 50.0)
    plant.advance(300.0)
    assert plant.value("g1-vent-motor", "position") == pytest.approx(50.0, abs=1.0)
    assert plant.compartment("g1").orders.openings["g1-vent-motor"] == before


def test_a_power_cut_stops_a_winder_and_a_frozen_one_does_not_follow(plant):
    for severities in ({"power_cut": 1.0}, {"frozen_winder": 1.0}):
        broken_plant = copy.deepcopy(plant)
        broken_plant.break_down("h1", severities)
        broken_plant.command("h1-blanket-winder", "motor_command", 2.0)
        for _ in range(2):
            broken_plant.advance(30.0)
        assert broken_plant.value("h1-blanket-winder", "end_switch_up") == 1.0
        assert broken_plant.value("h1-blanket-winder", "motor_current") == (0.0 if "power_cut" in severities else 7.75)


def test_blocked_drippers_give_less(plant):
    flows = []
    for severity in (0.0, 0.5):
        found = copy.deepcopy(plant)
        found.break_down("h1", {"blocked_drippers": severity})
        found.command("h1-valve-block-8", "valve_1", 1.0)
        found.advance(60.0)
        flows.append(found.compartment("h1").flow.crop_l_h)
    assert flows[1] / flows[0] == pytest.approx(0.5, abs=0.05)


def test_a_drifted_probe_shows_the_setpoint_while_the_feed_is_wrong(plant):
    plant.break_down("g1", {"drifted_ec_probe": -2.0})
    plant.advance(12 * 3600.0)
    plant.command("water-fertilizer-unit", "pump_command", 1.0)
    plant.command("water-fertilizer-unit", "dosing_command", 1.0)
    for _ in range(10):
        plant.advance(60.0)
    assert plant.value("water-fertilizer-unit", "conductivity") == pytest.approx(2.0, abs=0.2)
    assert plant.device("water-fertilizer-unit").feed.ec_ms_cm == pytest.approx(3.0, abs=0.1)


def test_plant_faults_are_switched_listed_and_cleared_on_the_board(plant):
    profiles = load_shipped()
    units = (LineDevice("h1-valve-block-8", 1, profiles["valve-block-8"]),)
    with SimulatedBase([SimulatedLine("line", LineKind.TCP, units)], plant, tick_s=None) as base:
        active = base.switch_on("burst_pipe", "h1")
        assert (active.fault, active.target, active.amount) == ("burst_pipe", "h1", 0.5)
        assert base.active_faults() == (active,)
        base.advance(60.0)
        assert base.value("h1-valve-block-8", "flow") > 1.0
        with pytest.raises(FaultRefused, match="0 to 1; got 2"):
            base.switch_on("burst_pipe", "h1", 2.0)
        with pytest.raises(FaultRefused, match="befalls a compartment, but line is a line"):
            base.switch_on("burst_pipe", "line")
        assert base.clear("h1") == (active,)
        base.advance(60.0)
        assert base.value("h1-valve-block-8", "flow") == 0.0


# --- cost -------------------------------------------------------------------------------------------------------------
