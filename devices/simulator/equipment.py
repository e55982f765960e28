"""The equipment of the simulated base: what stands behind the registers of the generic device profiles.

Each class answers to the point keys of one profile. Actuators take time and stop by themselves at their end switches
and when their run time is over; controllers follow their setpoints. Motors and winders follow a small program of their
own until they are commanded for the first time, so that an unattended base looks alive.
"""

from __future__ import annotations

from dataclasses import dataclass

from devices.simulator.compartment import Compartment
from devices.simulator.dosing import FeedDoser, ValveTimers, as_bits
from devices.simulator.outside import Outside

BLANKET_TRAVEL_S = 360.0
VENT_TRAVEL_S = 180.0
WATERED_AREA_M2 = 500.0
VALVE_FLOW_M3_H = 1.1
FEED_FLOW_M3_H = 6.0
RAW_CONDUCTIVITY_MS_CM, RAW_ACIDITY_PH = 0.6, 7.6
_STORM_GUST_M_S, _CALM_GUST_M_S = 12.0, 9.0
_REMOTE = 1.0


@dataclass(frozen=True, slots=True)
class Scene:
    """What a device has around it during one step.

    Attributes
    ----------
    house : Compartment or None
        The compartment it serves; None for a device of the whole base.
    clock_hour : float
        Local time of day by the device's own clock. [h]
    water_flow_m3_h, power_kw : float
        What flows through a meter that stands at the device's place.
    """

    outside: Outside
    house: Compartment | None
    clock_hour: float
    water_flow_m3_h: float
    power_kw: float


class Equipment:
    """One simulated device without its registers: settings keep what was written, readings are computed."""

    def __init__(self, key: str, settings: dict[str, float]) -> None:
        self.key = key
        self.settings = settings
        self.readings: dict[str, float] = {}
        self.water_flow_m3_h = 0.0
        self.power_kw = 0.0

    def advance(self, elapsed_s: float, scene: Scene) -> None:
        """Let time pass. [s]"""
        raise NotImplementedError

    def value(self, point: str) -> float | None:
        """What the point shows, canonical unit."""
        return self.readings.get(point, self.settings.get(point))

    def command(self, point: str, value: float) -> bool:
        """Keep the value if the device has such a setting."""
        if point not in self.settings:
            return False
        self.settings[point] = value
        return True


class ClimateController(Equipment):
    """A supervised controller: follows its setpoints with heating pipes, a vent drive of its own, a screen and CO2."""

    def __init__(self, key: str) -> None:
        super().__init__(
            key,
            {
                "heating_setpoint": 15.0,
                "ventilation_setpoint": 25.0,
                "humidity_setpoint": 85.0,
                "co2_setpoint": 700.0,
                "operating_mode": 1.0,
                "co2_enable": 0.0,
            },
        )
        self.vent_pct = 0.0
        self.screen_pct = 0.0
        self.demand_pct = 0.0
        self.is_screen_moving = False

    def advance(self, elapsed_s: float, scene: Scene) -> None:
        """One step of control: in mode 0 everything closes, in mode 2 every output stays where it is."""
        house = scene.house
        if house is None:
            return
        mode = self.settings["operating_mode"]
        dark = scene.outside.irradiance_w_m2 < 5.0
        if mode != 2.0:
            wanted = self._wanted_vent_pct(house, scene.outside) if mode == 1.0 else 0.0
            self.vent_pct = travel(self.vent_pct, wanted, 100.0 / VENT_TRAVEL_S * elapsed_s)
            screen = 100.0 if dark and mode == 1.0 and house.enclosure == "glasshouse" else 0.0
            self.is_screen_moving = self.screen_pct != screen
            self.screen_pct = travel(self.screen_pct, screen, 100.0 / VENT_TRAVEL_S * elapsed_s)
            too_cold_k = self.settings["heating_setpoint"] - house.air_temperature_c
            self.demand_pct = min(100.0, max(0.0, 50.0 * too_cold_k + 30.0)) if mode == 1.0 else 0.0
        self._heat(elapsed_s, house)
        actuation = house.actuation
        actuation.openings[self.key] = self.vent_pct / 100.0
        if house.enclosure == "glasshouse":
            actuation.cover = self.screen_pct / 100.0
        lacking_ppm = self.settings["co2_setpoint"] - house.co2_ppm
        dosing = mode == 1.0 and self.settings["co2_enable"] == 1.0 and not dark
        actuation.co2_dosing = min(1.0, max(0.0, lacking_ppm / 100.0)) if dosing else 0.0
        self.power_kw = 0.15 + 0.02 * self.demand_pct
        self._show(scene, house)

    def _wanted_vent_pct(self, house: Compartment, outside: Outside) -> float:
        if outside.wind_gust_m_s > _STORM_GUST_M_S or outside.rain_mm_h > 0.0:
            return 0.0
        too_warm_k = house.air_temperature_c - self.settings["ventilation_setpoint"]
        too_humid_pct = house.relative_humidity_pct - self.settings["humidity_setpoint"]
        drying = min(10.0, max(0.0, 2.0 * too_humid_pct)) if house.air_temperature_c > 12.0 else 0.0
        return min(100.0, max(drying, 25.0 * too_warm_k, 0.0))

    def _heat(self, elapsed_s: float, house: Compartment) -> None:
        """Pipes follow the demand within about ten minutes: strong in the glasshouse, only an aid in a solar house."""
        lift_k = 60.0 if house.enclosure == "glasshouse" else 12.0
        pipe_c = house.actuation.pipe_temperature_c
        pipe_c = house.air_temperature_c if pipe_c is None else pipe_c
        target_c = house.air_temperature_c + lift_k * self.demand_pct / 100.0
        lag = elapsed_s / 600.0
        house.actuation.pipe_temperature_c = (pipe_c + lag * target_c) / (1.0 + lag)

    def _show(self, scene: Scene, house: Compartment) -> None:
        too_humid = house.relative_humidity_pct > self.settings["humidity_setpoint"]
        states = (
            self.demand_pct > 0.0,
            self.vent_pct > 0.0,
            self.vent_pct > 0.0 and too_humid,
            house.actuation.co2_dosing > 0.0,
            self.is_screen_moving,
        )
        alarms = (False, False, False, house.air_temperature_c > 38.0, house.air_temperature_c < 5.0)
        self.readings = {
            "air_temperature": house.air_temperature_c,
            "relative_humidity": house.relative_humidity_pct,
            "vapor_pressure_deficit": house.vapor_pressure_deficit_kpa,
            "co2_concentration": house.co2_ppm,
            "irradiance_inside": house.irradiance_w_m2,
            "photon_flux_density": 2.1 * house.irradiance_w_m2,
            "substrate_temperature": house.substrate_temperature_c,
            "substrate_moisture": house.substrate_moisture_pct,
            "floor_temperature": house.mass_temperature_c,
            "heating_pipe_temperature": house.actuation.pipe_temperature_c or house.air_temperature_c,
            "vent_position": self.vent_pct,
            "thermal_screen_position": self.screen_pct,
            "heating_demand": self.demand_pct,
            "status_bits": as_bits(states),
            "alarm_bits": as_bits(alarms),
            "control_location": _REMOTE,
            "day_period": float(day_period(scene.clock_hour)),
        }


class BlanketWinder(Equipment):
    """Rolls the thermal blanket of a solar greenhouse; 100 % is rolled up, 0 % covers the film.

    The motor command returns to 0 by itself when the move is over.
    """

    def __init__(self, key: str) -> None:
        super().__init__(key, {"motor_command": 0.0, "run_time_limit": 600.0})
        self.position_pct = 0.0
        self.direction = 0
        self.run_s = 0.0
        self.is_commanded = False

    def command(self, point: str, value: float) -> bool:
        """A motor command starts the run time again, also when it is the same one."""
        if point == "motor_command":
            if value not in (0.0, 1.0, 2.0):
                return False
            self.is_commanded = True
            self.direction, self.run_s = (0, 1, -1)[int(value)], 0.0
        return super().command(point, value)

    def advance(self, elapsed_s: float, scene: Scene) -> None:
        """Turn until an end switch, the run-time limit or a stop command ends it."""
        if not self.is_commanded:
            self._follow_program(scene.outside)
        if self.direction:
            left_s = max(0.0, self.settings["run_time_limit"] - self.run_s)
            turning_s = min(elapsed_s, left_s)
            wanted = 100.0 if self.direction > 0 else 0.0
            self.position_pct = travel(self.position_pct, wanted, 100.0 / BLANKET_TRAVEL_S * turning_s)
            self.run_s += turning_s
            if self.position_pct == wanted or left_s <= elapsed_s:
                self.direction, self.settings["motor_command"] = 0, 0.0
        if scene.house is not None:
            scene.house.actuation.cover = 1.0 - self.position_pct / 100.0
        self._show()

    def _follow_program(self, outside: Outside) -> None:
        wanted = 1 if outside.irradiance_w_m2 > 60.0 else -1 if outside.irradiance_w_m2 < 30.0 else 0
        at_end = self.position_pct == (100.0 if wanted > 0 else 0.0)
        if wanted and not at_end and self.direction != wanted:
            self.direction, self.run_s = wanted, 0.0

    def _show(self) -> None:
        current_a = {0: 0.0, 1: 4.2, -1: 3.1}[self.direction]
        self.power_kw = 0.38 * current_a
        self.readings = {
            "position": self.position_pct,
            "motor_state": float({0: 0, 1: 1, -1: 2}[self.direction]),
            "motor_current": current_a,
            "run_seconds": self.run_s,
            "end_switch_up": float(self.position_pct == 100.0),
            "end_switch_down": float(self.position_pct == 0.0),
            "control_location": _REMOTE,
        }


class VentMotor(Equipment):
    """Drives a vent to its target position; closes by itself and opens no further while a storm blows."""

    def __init__(self, key: str) -> None:
        super().__init__(key, {"target_position": 0.0})
        self.position_pct = 0.0
        self.is_commanded = False
        self.is_locked = False

    def command(self, point: str, value: float) -> bool:
        """A target further open than the vent is now is rejected while the wind lock-out holds."""
        if point == "target_position":
            if self.is_locked and value > self.position_pct:
                return False
            self.is_commanded = True
        return super().command(point, value)

    def advance(self, elapsed_s: float, scene: Scene) -> None:
        """Move toward the target, or shut in a storm."""
        gust = scene.outside.wind_gust_m_s
        self.is_locked = gust > (_CALM_GUST_M_S if self.is_locked else _STORM_GUST_M_S)
        if not self.is_commanded and scene.house is not None:
            self.settings["target_position"] = _vent_program_pct(scene.house)
        target = 0.0 if self.is_locked else self.settings["target_position"]
        before = self.position_pct
        if abs(target - before) > 0.5 or target in (0.0, 100.0):
            self.position_pct = travel(before, target, 100.0 / VENT_TRAVEL_S * elapsed_s)
        moved = self.position_pct - before
        if scene.house is not None:
            scene.house.actuation.openings[self.key] = self.position_pct / 100.0
        self.power_kw = 0.25 if moved else 0.0
        self.readings = {
            "position": self.position_pct,
            "motor_state": 1.0 if moved > 0 else 2.0 if moved < 0 else 0.0,
            "motor_current": 1.4 if moved else 0.0,
            "wind_lockout": float(self.is_locked),
            "control_location": _REMOTE,
        }


class ValveBlock(Equipment):
    """Irrigation valves; each one closes by itself when its run time is over."""

    def __init__(self, key: str, valves: int = 8) -> None:
        self.timers = ValveTimers(valves)
        super().__init__(key, self.timers.settings)
        self.total_m3 = 0.0

    def command(self, point: str, value: float) -> bool:
        """Opening starts the run time; without a run time the block refuses to open."""
        return self.timers.command(point, value) and super().command(point, value)

    def advance(self, elapsed_s: float, scene: Scene) -> None:
        """Count the run times down, let the water flow and close what is over."""
        flowing_s = self.timers.run(elapsed_s)
        open_count = sum(seconds > 0.0 for seconds in flowing_s)
        self.water_flow_m3_h = VALVE_FLOW_M3_H * open_count
        volume_m3 = VALVE_FLOW_M3_H * sum(flowing_s) / 3600.0
        self.total_m3 += volume_m3
        if scene.house is not None and elapsed_s > 0.0:
            scene.house.actuation.water_mm_s[self.key] = 1000.0 * volume_m3 / WATERED_AREA_M2 / elapsed_s
        self.readings = self.timers.readings | {
            "line_pressure": 3.2 - 0.2 * open_count,
            "flow": self.water_flow_m3_h,
            "total_volume": self.total_m3,
        }


class WaterFertilizerUnit(Equipment):
    """Mixes water, fertilizer and acid: conductivity and acidity follow their setpoints while it pumps and doses."""

    def __init__(self, key: str) -> None:
        self.doser = FeedDoser(RAW_CONDUCTIVITY_MS_CM, RAW_ACIDITY_PH)
        super().__init__(key, self.doser.settings)

    def command(self, point: str, value: float) -> bool:
        """Dosing needs a running pump; the pump runs no longer than its run-time limit."""
        return self.doser.command(point, value) and super().command(point, value)

    def advance(self, elapsed_s: float, scene: Scene) -> None:
        """Pump, dose, and refill the tanks below a fifth."""
        doser = self.doser
        pumping_s = doser.run(elapsed_s, self.settings["conductivity_setpoint"])
        self.water_flow_m3_h = FEED_FLOW_M3_H if doser.is_pumping else 0.0
        doser.draw(FEED_FLOW_M3_H * pumping_s / 3600.0)
        self.power_kw = 2.2 if doser.is_pumping else 0.05
        self.readings = doser.readings | {
            "conductivity": doser.ec_ms_cm,
            "acidity": doser.ph,
            "water_temperature": 14.0 + 0.15 * scene.outside.air_temperature_c,
            "flow": self.water_flow_m3_h,
            "line_pressure": 3.1 if doser.is_pumping else 0.4,
        }


class WeatherStation(Equipment):
    """Shows the weather; rain depth counts from local midnight."""

    def __init__(self, key: str) -> None:
        super().__init__(key, {})
        self.rain_mm = 0.0
        self.hour = 0.0

    def advance(self, elapsed_s: float, scene: Scene) -> None:
        """Take over the weather of the step."""
        outside = scene.outside
        self.rain_mm = outside.rain_mm_h * elapsed_s / 3600.0 + (self.rain_mm if scene.clock_hour >= self.hour else 0.0)
        self.hour = scene.clock_hour
        self.readings = {
            "air_temperature": outside.air_temperature_c,
            "relative_humidity": outside.relative_humidity_pct,
            "wind_speed": outside.wind_speed_m_s,
            "wind_gust": outside.wind_gust_m_s,
            "wind_direction": outside.wind_direction_deg,
            "irradiance": outside.irradiance_w_m2,
            "rain_state": float(outside.rain_mm_h > 0.0),
            "rain_depth": self.rain_mm,
            "air_pressure": outside.air_pressure_kpa,
            "dust_concentration": outside.dust_ug_m3,
        }


def travel(position: float, target: float, step: float) -> float:
    """Position after moving toward the target by at most ``step``."""
    return min(target, position + step) if target > position else max(target, position - step)


def _vent_program_pct(house: Compartment) -> float:
    """A thermostat in 5 % steps between 26 and 34 °C, so that the motor does not follow every breath of air."""
    return 5.0 * round(min(100.0, max(0.0, 12.5 * (house.air_temperature_c - 26.0))) / 5.0)


def day_period(clock_hour: float) -> int:
    """1 morning from 6, 2 day from 9, 3 evening from 16, 0 night from 19 o'clock."""
    return 1 if 6 <= clock_hour < 9 else 2 if 9 <= clock_hour < 16 else 3 if 16 <= clock_hour < 19 else 0
