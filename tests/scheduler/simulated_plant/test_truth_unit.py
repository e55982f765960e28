"""The truth unit of a compartment says what is true, whatever else says it wrongly, and which faults are on."""

from __future__ import annotations

import copy
from datetime import UTC, datetime

import pytest

from devices.profiles.catalog import load_shipped
from devices.simulator.base import LineDevice, LineKind, SimulatedBase, SimulatedLine
from devices.simulator.compartment import Enclosure
from devices.simulator.faults import Fault, FaultRefused
from devices.simulator.plant import PlantDevice, WitnessedPlant
from greenhouse.plant.faults import PlantFaults
from greenhouse.plant.point_sources import TRUTH_PROFILE, Truth
from scheduler.simulated_plant.base_plant import BasePlant, Room

DEVICES = {
    "h1-climate": ("climate-controller", "h1"),
    "h1-blanket": ("blanket-winder", "h1"),
    "h1-vent-roof": ("vent-motor", "h1"),
    "h1-valves": ("valve-block-8", "h1"),
    "water-unit": ("water-fertilizer-unit", None),
    "truth-h1": (TRUTH_PROFILE, "h1"),
    "truth-h2": (TRUTH_PROFILE, "h2"),
}
DEVICE_BITS = {fault: float(1 << bit) for bit, fault in enumerate(Fault)}
PLANT_BITS = {key: float(1 << bit) for bit, key in enumerate(PlantFaults._fields)}


@pytest.fixture(scope="module")
def settled() -> BasePlant:
    profiles = load_shipped()
    devices = [PlantDevice(key, profiles[profile], place) for key, (profile, place) in DEVICES.items()]
    rooms = {place: Room(Enclosure.SOLAR_GREENHOUSE, 480.0) for place in ("h1", "h2")}
    return BasePlant(devices, rooms, start=datetime(2026, 11, 20, 4, 0, tzinfo=UTC))


@pytest.fixture
def plant(settled) -> BasePlant:
    return copy.deepcopy(settled)


def test_a_truth_is_what_the_model_has_without_an_instrument(plant):
    truths = plant.compartment("h1").truths(0.0)
    for truth in (Truth.AIR_TEMPERATURE, Truth.RELATIVE_HUMIDITY, Truth.CO2, Truth.ROOT_MOISTURE):
        assert plant.value("truth-h1", truth.value) == truths[truth]
    read = plant.value("h1-climate", "air_temperature")
    assert read is not None
    assert 0.0 < abs(read - truths[Truth.AIR_TEMPERATURE]) < 2.0


def test_a_position_is_the_drives_and_not_its_count(plant):
    """A stuck vent: the controller counts on, and the unit shows that nothing moved."""
    plant.command("h1-vent-roof", "target_position", 0.0)
    plant.advance(300.0)
    shut_pct = plant.value("truth-h1", "roof_vent_position")
    plant.break_down("h1", {"stuck_roof_vent": 1.0})
    plant.command("h1-vent-roof", "target_position", 60.0)
    plant.advance(300.0)
    assert plant.value("h1-vent-roof", "position") == pytest.approx(60.0, abs=2.0)
    assert plant.value("truth-h1", "roof_vent_position") == shut_pct
    assert plant.value("truth-h1", "blanket_position") is not None


def test_what_a_compartment_has_not_has_no_position(plant):
    assert plant.value("truth-h2", "roof_vent_position") is None
    assert plant.value("truth-h1", "lee_vent_position") is None


def test_the_feed_is_shown_as_it_is_while_its_probe_drifts(plant):
    plant.break_down("h1", {"drifted_ec_probe": -0.8})
    plant.advance(86_400.0)
    for point, value in (("pump_command", 1.0), ("dosing_command", 1.0)):
        plant.command("water-unit", point, value)
    plant.command("h1-valves", "valve_1", 1.0)
    plant.advance(400.0)
    setpoint = plant.value("water-unit", "conductivity_setpoint")
    assert plant.value("water-unit", "conductivity") == pytest.approx(setpoint, abs=0.2)
    assert plant.value("truth-h1", "feed_conductivity") == pytest.approx(setpoint + 0.8, abs=0.1)


def test_water_that_a_burst_pipe_loses_never_reaches_the_crop(plant):
    plant.break_down("h1", {"burst_pipe": 1.0})
    plant.command("h1-valves", "valve_1", 1.0)
    plant.advance(5.0)
    flow, at_crop = (plant.value("truth-h1", point) for point in ("water_flow", "crop_water_flow"))
    assert 0.0 < at_crop < flow == plant.value("h1-valves", "flow")


def test_faults_of_the_house_are_bits_and_the_probe_is_everybodys(plant):
    assert plant.value("truth-h1", "plant_faults") == 0.0
    plant.break_down("h1", {"torn_film": 0.02, "drifted_ec_probe": 0.5})
    assert plant.value("truth-h1", "plant_faults") == PLANT_BITS["torn_film"] + PLANT_BITS["drifted_ec_probe"]
    assert plant.value("truth-h2", "plant_faults") == PLANT_BITS["drifted_ec_probe"]
    plant.break_down("h1", {})
    assert plant.value("truth-h1", "plant_faults") == plant.value("truth-h2", "plant_faults") == 0.0


@pytest.fixture
def base(plant):
    profiles = load_shipped()
    own = [key for key in DEVICES if key.startswith("truth")]
    lines = [
        SimulatedLine(
            name,
            LineKind.TCP,
            tuple(LineDevice(key, number, profiles[DEVICES[key][0]]) for number, key in enumerate(keys, start=1)),
        )
        for name, keys in (("all", [key for key in DEVICES if key not in own]), ("truth", own))
    ]
    with SimulatedBase(lines, plant, tick_s=None) as running:
        yield running


def test_the_units_of_a_compartment_hear_of_its_faults_and_of_shared_ones(base):
    def bits(unit: str) -> tuple[float | None, ...]:
        return tuple(base.value(unit, key) for key in ("device_faults", "shared_device_faults"))

    assert bits("truth-h1") == bits("truth-h2") == (0.0, 0.0)
    base.switch_on(Fault.DRIFTING, "h1-climate.air_temperature", 2.0)
    base.switch_on(Fault.DEAD, "water-unit")
    assert bits("truth-h1") == (DEVICE_BITS[Fault.DRIFTING], DEVICE_BITS[Fault.DEAD])
    assert bits("truth-h2") == (0.0, DEVICE_BITS[Fault.DEAD])
    base.clear()
    base.switch_on(Fault.LATE, "all", 5.0)
    base.switch_on(Fault.CLOCK_SKEW, "clock", 60.0)
    both = DEVICE_BITS[Fault.LATE] + DEVICE_BITS[Fault.CLOCK_SKEW]
    assert bits("truth-h1") == (both, both)
    assert bits("truth-h2") == (DEVICE_BITS[Fault.CLOCK_SKEW], both)
    base.clear()
    assert bits("truth-h1") == bits("truth-h2") == (0.0, 0.0)


def test_a_truth_can_fall_silent_but_not_lie(base):
    assert isinstance(base._plant, WitnessedPlant)
    base.switch_on(Fault.DEAD, "truth-h1")
    for fault in (Fault.DRIFTING, Fault.STUCK, Fault.OPEN):
        with pytest.raises(FaultRefused, match="there is no point"):
            base.switch_on(fault, "truth-h1.air_temperature", None if fault is Fault.OPEN else 2.0)
