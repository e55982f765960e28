"""Equipment takes time, stops by itself, and refuses what real equipment refuses."""

from __future__ import annotations

from dataclasses import replace

import pytest

from devices.simulator.compartment import Compartment, Enclosure
from devices.simulator.equipment import (
    BlanketWinder,
    ClimateController,
    Scene,
    ValveBlock,
    VentMotor,
    WaterFertilizerUnit,
    WeatherStation,
)
from devices.simulator.outside import Outside

CALM_NOON = Outside(
    air_temperature_c=2.0,
    relative_humidity_pct=40.0,
    irradiance_w_m2=450.0,
    sun_elevation_deg=27.0,
    wind_speed_m_s=2.0,
    wind_gust_m_s=3.0,
    wind_direction_deg=300.0,
    rain_mm_h=0.0,
    air_pressure_kpa=86.7,
    dust_ug_m3=40.0,
)


def scene(house: Compartment | None = None, outside: Outside = CALM_NOON, clock_hour: float = 12.0) -> Scene:
    return Scene(outside=outside, house=house, clock_hour=clock_hour, water_flow_m3_h=0.0, power_kw=0.0)


def run(equipment, seconds: int, around: Scene) -> None:
    for _ in range(seconds):
        equipment.advance(1.0, around)


@pytest.fixture
def house() -> Compartment:
    return Compartment(Enclosure.SOLAR_GREENHOUSE)


def test_a_blanket_needs_six_minutes_to_roll_up_and_ends_at_its_switch(house):
    winder = BlanketWinder("winder")
    assert winder.command("motor_command", 1.0)
    run(winder, 359, scene(house))
    assert winder.value("motor_state") == 1.0
    assert winder.value("end_switch_up") == 0.0
    run(winder, 2, scene(house))
    assert winder.value("position") == 100.0
    assert winder.value("motor_state") == 0.0
    assert winder.value("end_switch_up") == 1.0
    assert winder.value("motor_command") == 0.0
    assert house.actuation.cover == 0.0


def test_a_blanket_stops_when_its_run_time_is_over(house):
    winder = BlanketWinder("winder")
    winder.command("run_time_limit", 36.0)
    winder.command("motor_command", 1.0)
    run(winder, 60, scene(house))
    assert winder.value("position") == pytest.approx(10.0)
    assert winder.value("motor_state") == 0.0
    assert winder.value("run_seconds") == 36.0
    assert winder.value("end_switch_up") == 0.0


def test_a_long_step_turns_the_motor_no_longer_than_its_run_time(house):
    winder = BlanketWinder("winder")
    winder.command("run_time_limit", 36.0)
    winder.command("motor_command", 1.0)
    winder.advance(60.0, scene(house))
    assert winder.value("position") == pytest.approx(10.0)


def test_a_stop_command_holds_the_blanket_where_it_is(house):
    winder = BlanketWinder("winder")
    winder.command("motor_command", 1.0)
    run(winder, 90, scene(house))
    winder.command("motor_command", 0.0)
    run(winder, 90, scene(house))
    assert winder.value("position") == pytest.approx(25.0)
    assert winder.value("motor_current") == 0.0


def test_an_unattended_blanket_opens_by_day_and_closes_at_night(house):
    winder = BlanketWinder("winder")
    run(winder, 400, scene(house))
    assert winder.value("position") == 100.0
    run(winder, 400, scene(house, replace(CALM_NOON, irradiance_w_m2=0.0)))
    assert winder.value("position") == 0.0


def test_a_commanded_blanket_no_longer_follows_the_sun(house):
    winder = BlanketWinder("winder")
    winder.command("motor_command", 0.0)
    run(winder, 400, scene(house))
    assert winder.value("position") == 0.0


def test_a_winder_refuses_a_command_that_it_does_not_know():
    assert not BlanketWinder("winder").command("motor_command", 3.0)


def test_a_vent_needs_three_minutes_for_its_whole_travel(house):
    vent = VentMotor("vent")
    assert vent.command("target_position", 100.0)
    run(vent, 179, scene(house))
    assert vent.value("motor_state") == 1.0
    assert vent.value("position") == pytest.approx(179 / 1.8)
    run(vent, 2, scene(house))
    assert vent.value("position") == 100.0
    assert house.actuation.openings["vent"] == 1.0


def test_a_storm_closes_the_vent_and_refuses_to_open_it_until_it_is_calm(house):
    """The lock-out begins above 12 m/s of gust and ends below 9 m/s."""
    vent = VentMotor("vent")
    vent.command("target_position", 60.0)
    run(vent, 120, scene(house))
    run(vent, 200, scene(house, replace(CALM_NOON, wind_gust_m_s=13.0)))
    assert vent.value("position") == 0.0
    assert vent.value("wind_lockout") == 1.0
    run(vent, 10, scene(house, replace(CALM_NOON, wind_gust_m_s=10.0)))
    assert not vent.command("target_position", 30.0)
    assert vent.command("target_position", 0.0)
    run(vent, 1, scene(house, replace(CALM_NOON, wind_gust_m_s=8.0)))
    assert vent.command("target_position", 30.0)


def test_a_valve_counts_its_run_time_down_and_closes_by_itself(house):
    valves = ValveBlock("valves")
    valves.command("run_time_3", 60.0)
    assert valves.command("valve_3", 1.0)
    run(valves, 20, scene(house))
    assert valves.value("remaining_3") == 40.0
    assert valves.value("valve_3") == 1.0
    assert valves.value("flow") == pytest.approx(1.1)
    run(valves, 41, scene(house))
    assert valves.value("valve_3") == 0.0
    assert valves.value("flow") == 0.0
    assert valves.value("total_volume") == pytest.approx(1.1 / 60.0)


def test_a_run_time_shorter_than_the_step_lets_only_its_own_share_flow(house):
    valves = ValveBlock("valves")
    valves.command("run_time_1", 10.0)
    valves.command("valve_1", 1.0)
    valves.advance(60.0, scene(house))
    assert valves.value("valve_1") == 0.0
    assert valves.value("total_volume") == pytest.approx(1.1 * 10.0 / 3600.0)


def test_a_valve_without_run_time_does_not_open():
    valves = ValveBlock("valves")
    valves.command("run_time_1", 0.0)
    assert not valves.command("valve_1", 1.0)
    assert valves.value("valve_1") == 0.0


def test_watering_makes_the_substrate_wetter(house):
    valves = ValveBlock("valves")
    before = house.substrate_moisture_pct
    for number in range(1, 9):
        valves.command(f"valve_{number}", 1.0)
    for _ in range(10):
        valves.advance(60.0, scene(house))
        house.advance(60.0, CALM_NOON)
    assert house.substrate_moisture_pct > before + 0.5


def test_the_water_unit_reaches_its_setpoints_while_it_doses_and_stops_by_itself():
    unit = WaterFertilizerUnit("unit")
    unit.command("run_time_limit", 300.0)
    assert not unit.command("dosing_command", 1.0)
    assert unit.command("pump_command", 1.0)
    assert unit.command("dosing_command", 1.0)
    run(unit, 290, scene())
    assert unit.value("conductivity") == pytest.approx(2.0, abs=0.05)
    assert unit.value("acidity") == pytest.approx(5.8, abs=0.05)
    assert unit.value("status_bits") == 0b111
    run(unit, 20, scene())
    assert unit.value("pump_command") == 0.0
    assert unit.value("dosing_command") == 0.0
    assert unit.value("total_volume") == pytest.approx(6.0 * 300 / 3600)


def test_stopping_the_pump_stops_the_dosing():
    unit = WaterFertilizerUnit("unit")
    unit.command("pump_command", 1.0)
    unit.command("dosing_command", 1.0)
    unit.command("pump_command", 0.0)
    assert unit.value("dosing_command") == 0.0


def test_the_controller_brings_the_air_to_its_heating_setpoint():
    house = Compartment(Enclosure.GLASSHOUSE)
    controller = ClimateController("climate")
    controller.command("heating_setpoint", 20.0)
    night = replace(CALM_NOON, irradiance_w_m2=0.0, sun_elevation_deg=-30.0, air_temperature_c=-12.0)
    for _ in range(600):
        controller.advance(60.0, scene(house, night))
        house.advance(60.0, night)
    assert house.air_temperature_c == pytest.approx(20.0, abs=1.0)
    assert controller.value("status_bits") == 0b00001
    assert controller.value("thermal_screen_position") == 100.0


def test_a_controller_in_mode_off_closes_everything_and_in_manual_it_holds(house):
    controller = ClimateController("climate")
    house.air_temperature_c = 35.0
    run(controller, 60, scene(house))
    opened = controller.value("vent_position")
    assert opened == pytest.approx(100 / 3, abs=0.1)
    controller.command("operating_mode", 2.0)
    run(controller, 60, scene(house))
    assert controller.value("vent_position") == opened
    controller.command("operating_mode", 0.0)
    run(controller, 200, scene(house))
    assert controller.value("vent_position") == 0.0
    assert controller.value("heating_demand") == 0.0


def test_co2_is_dosed_only_by_day_and_when_enabled(house):
    controller = ClimateController("climate")
    night = replace(CALM_NOON, irradiance_w_m2=0.0)
    run(controller, 1, scene(house))
    assert house.actuation.co2_dosing == 0.0
    controller.command("co2_enable", 1.0)
    run(controller, 1, scene(house))
    assert house.actuation.co2_dosing > 0.0
    run(controller, 1, scene(house, night))
    assert house.actuation.co2_dosing == 0.0


@pytest.mark.parametrize(("hour", "period"), [(0.0, 0), (5.9, 0), (6.0, 1), (9.0, 2), (16.0, 3), (19.0, 0), (23.9, 0)])
def test_the_day_period_follows_the_clock_of_the_device(house, hour, period):
    controller = ClimateController("climate")
    controller.advance(1.0, scene(house, clock_hour=hour))
    assert controller.value("day_period") == period


def test_rain_is_counted_from_local_midnight():
    station = WeatherStation("weather")
    rain = replace(CALM_NOON, rain_mm_h=6.0)
    for hour in (23.0, 23.5):
        station.advance(1800.0, scene(outside=rain, clock_hour=hour))
    assert station.value("rain_depth") == pytest.approx(6.0)
    assert station.value("rain_state") == 1.0
    station.advance(1800.0, scene(outside=rain, clock_hour=0.0))
    assert station.value("rain_depth") == pytest.approx(3.0)


@pytest.mark.parametrize(
    "equipment", [ClimateController("a"), BlanketWinder("a"), VentMotor("a"), ValveBlock("a"), WaterFertilizerUnit("a")]
)
def test_a_setting_that_the_equipment_does_not_have_is_refused(equipment):
    assert not equipment.command("no_such_setting", 1.0)
    assert equipment.value("no_such_setting") is None
