"""Valves and the feed unit of the simulated base: run times end every flow, and what is given is counted."""

from __future__ import annotations

import math
from collections.abc import Mapping

from devices.simulator.equipment import as_bits
from greenhouse.plant.outfit import equipment_parameters
from greenhouse.plant.watering import WaterParameters, mixed_ec_ms_cm
from scheduler.simulated_plant.compartment import Compartment, Feed
from scheduler.simulated_plant.devices import Device, Scene
from scheduler.simulated_plant.points import Truth
from scheduler.simulated_plant.probes import Probes

_PUMP_KW, _STANDBY_KW = 2.2, 0.05
_MIXING_S = 40.0
_FULL_PCT, _REFILL_PCT, _LOW_PCT = 90.0, 20.0, 25.0
_TANK_PCT_M3, _ACID_PCT_M3 = 4.0, 0.5


class ValveBlock(Device):
    """Irrigation valves, each over an even share of the floor; each shuts by itself when its run time is over."""

    def __init__(self, key: str, compartment: Compartment | None, probes: Probes) -> None:
        super().__init__(key, compartment, probes)
        self.numbers = range(1, 9)
        self.settings = {f"valve_{number}": 0.0 for number in self.numbers}
        self.settings |= {f"run_time_{number}": 600.0 for number in self.numbers}
        self.remaining_s = dict.fromkeys(self.numbers, 0.0)
        self.total_m3 = 0.0

    def command(self, point: str, value: float) -> bool:
        """Opening starts the run time; without a run time the block refuses to open."""
        name, _, number = point.rpartition("_")
        if name == "valve":
            run_time_s = self.settings.get(f"run_time_{number}", 0.0)
            if value == 1.0 and run_time_s <= 0.0:
                return False
            if int(number) not in self.remaining_s:
                return False
            self.remaining_s[int(number)] = run_time_s if value == 1.0 else 0.0
            if self.compartment is not None:
                self.compartment.is_watered_by_hand = False
        return super().command(point, value)

    def advance(self, dt_s: float, _scene: Scene) -> None:
        """Count the run times down, open what runs and shut what is over."""
        running_s = 0.0
        for number, left_s in self.remaining_s.items():
            running_s += min(dt_s, left_s)
            self.remaining_s[number] = max(0.0, left_s - dt_s)
            if self.remaining_s[number] <= 0.0:
                self.settings[f"valve_{number}"] = 0.0
        self.readings = {f"remaining_{number}": left_s for number, left_s in self.remaining_s.items()}
        self.readings["total_volume"] = self.total_m3
        if self.compartment is None:
            return
        share = running_s / dt_s / len(self.numbers) if dt_s > 0.0 else 0.0
        self.compartment.orders.opened_m2[self.key] = share * self.compartment.outfit.floor_m2

    @property
    def counted(self) -> dict[str, float]:
        """Water that went through it. [m³]"""
        return {"volume": self.total_m3}

    def count_from(self, counted: Mapping[str, float]) -> None:
        """Go on from what an earlier run counted."""
        self.total_m3 = max(self.total_m3, counted.get("volume", 0.0))

    def count(self, dt_s: float) -> None:
        """Add what the block's water meter saw in the step, once the flow of the step is known."""
        if self.compartment is not None:
            self.total_m3 += self.compartment.flow.pumped_l_h / 1000.0 * dt_s / 3600.0
            self.readings["total_volume"] = self.total_m3


class FeedUnit(Device):
    """Mixes fertilizer and acid into all water that is given while it pumps and doses; otherwise it is raw water.

    It doses until its own probe shows the setpoint: a probe that reads too little makes the feed too strong.
    """

    def __init__(self, key: str, compartment: Compartment | None, probes: Probes) -> None:
        super().__init__(key, compartment, probes)
        self.params = equipment_parameters().part("water", WaterParameters)
        self.settings = {
            "conductivity_setpoint": 2.0,
            "acidity_setpoint": 5.8,
            "pump_command": 0.0,
            "dosing_command": 0.0,
            "run_time_limit": 900.0,
        }
        self.feed = Feed(self.params.raw_ec_ms_cm, self.params.raw_ph)
        self.probe_error_ms_cm = 0.0
        self.tank_pct, self.acid_pct = 86.0, 74.0
        self.total_m3 = 0.0
        self.remaining_s = 0.0

    def command(self, point: str, value: float) -> bool:
        """Dosing needs a running pump; the pump runs no longer than its run-time limit."""
        if point == "dosing_command" and value == 1.0 and self.remaining_s <= 0.0:
            return False
        if point == "pump_command":
            self.remaining_s = self.settings["run_time_limit"] if value == 1.0 else 0.0
            self.settings["dosing_command"] *= value
        return super().command(point, value)

    def advance(self, dt_s: float, scene: Scene) -> None:
        """Pump, dose, and refill the tanks below a fifth."""
        pumping_s = min(dt_s, self.remaining_s)
        self.remaining_s -= pumping_s
        is_dosing = self.settings["dosing_command"] == 1.0 and pumping_s > 0.0
        if self.remaining_s <= 0.0:
            self.settings["pump_command"] = self.settings["dosing_command"] = 0.0
        self._mix(pumping_s, is_dosing=is_dosing)
        flow_m3_h = scene.flow_m3_h.get(None, 0.0) if pumping_s > 0.0 else 0.0
        volume_m3 = flow_m3_h * pumping_s / 3600.0
        self.total_m3 += volume_m3
        dosed_m3 = volume_m3 if is_dosing else 0.0
        self.tank_pct = _FULL_PCT if self.tank_pct < _REFILL_PCT else self.tank_pct - _TANK_PCT_M3 * dosed_m3
        self.acid_pct = _FULL_PCT if self.acid_pct < _REFILL_PCT else self.acid_pct - _ACID_PCT_M3 * dosed_m3
        self.power_kw = _PUMP_KW if pumping_s > 0.0 else _STANDBY_KW
        self.readings = {
            "flow": flow_m3_h,
            "line_pressure": self._pressure_bar(flow_m3_h) if pumping_s > 0.0 else 0.0,
            "tank_level": self.tank_pct,
            "acid_tank_level": self.acid_pct,
            "total_volume": self.total_m3,
            "status_bits": as_bits((pumping_s > 0.0, is_dosing, is_dosing)),
            "alarm_bits": as_bits((False, False, self.tank_pct < _LOW_PCT, self.acid_pct < _LOW_PCT)),
        }

    @property
    def counted(self) -> dict[str, float]:
        """Water that went through it. [m³]"""
        return {"volume": self.total_m3}

    def count_from(self, counted: Mapping[str, float]) -> None:
        """Go on from what an earlier run counted."""
        self.total_m3 = max(self.total_m3, counted.get("volume", 0.0))

    def truths(self) -> dict[Truth, float]:
        """What its own probes stand in. The one for conductivity may be wrong, and the unit doses by it."""
        return {
            Truth.FEED_CONDUCTIVITY: max(0.0, self.feed.ec_ms_cm + self.probe_error_ms_cm),
            Truth.FEED_ACIDITY: self.feed.ph,
            Truth.WATER_TEMPERATURE: self.params.water_c,
        }

    def _mix(self, pumping_s: float, *, is_dosing: bool) -> None:
        raw = self.params
        wanted = Feed(raw.raw_ec_ms_cm, raw.raw_ph)
        if is_dosing:
            ec = mixed_ec_ms_cm(self.settings["conductivity_setpoint"], self.probe_error_ms_cm, raw)
            wanted = Feed(ec, self.settings["acidity_setpoint"])
        left = math.exp(-pumping_s / _MIXING_S)
        self.feed = Feed(
            wanted.ec_ms_cm + (self.feed.ec_ms_cm - wanted.ec_ms_cm) * left,
            wanted.ph + (self.feed.ph - wanted.ph) * left,
        )

    def _pressure_bar(self, flow_m3_h: float) -> float:
        """What is left at the unit once pump and mains have lost their share."""
        return max(0.0, self.params.shutoff_bar - self.params.loss_bar_h2_m6 * flow_m3_h * flow_m3_h)
