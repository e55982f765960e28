"""Valves and the feed unit of the simulated base: run times end every flow, and what is given is counted."""

from __future__ import annotations

from collections.abc import Mapping

from devices.simulator.dosing import FEED_EC_MS_CM, FEED_PH, FeedDoser, ValveTimers
from greenhouse.plant.outfit import equipment_parameters
from greenhouse.plant.point_sources import Truth
from greenhouse.plant.watering import WaterParameters, mixed_ec_ms_cm
from scheduler.simulated_plant.compartment import Compartment, Feed
from scheduler.simulated_plant.devices import Device, Scene
from scheduler.simulated_plant.probes import Probes

_VALVES = 8
FEED = Feed(ec_ms_cm=FEED_EC_MS_CM, ph=FEED_PH)
"""What the feed unit mixes until it is told otherwise."""

PUMP_KW, STANDBY_KW = 2.2, 0.05
_BLOCK_M3, _UNIT_M3 = 2_150.0, 21_400.0
"""What years before have left on their meters."""


class ValveBlock(Device):
    """Irrigation valves, each over an even share of the floor; each shuts by itself when its run time is over."""

    def __init__(self, key: str, compartment: Compartment | None, probes: Probes) -> None:
        super().__init__(key, compartment, probes)
        self.timers = ValveTimers(_VALVES)
        self.settings = self.timers.settings
        self.total_m3 = _BLOCK_M3

    def command(self, point: str, value: float) -> bool:
        """Opening starts the run time; without a run time the block refuses to open."""
        if not (self.timers.command(point, value) and super().command(point, value)):
            return False
        if self.compartment is not None and point.startswith("valve_"):
            self.compartment.is_watered_by_hand = False
        return True

    def advance(self, dt_s: float, _scene: Scene) -> None:
        """Count the run times down, open what runs and shut what is over."""
        running_s = sum(self.timers.run(dt_s))
        self.readings = self.timers.readings | {"total_volume": self.total_m3}
        if self.compartment is None:
            return
        share = running_s / dt_s / _VALVES if dt_s > 0.0 else 0.0
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
        self.doser = FeedDoser(self.params.raw_ec_ms_cm, self.params.raw_ph)
        self.settings = self.doser.settings
        self.doser.total_m3 = _UNIT_M3
        self.probe_error_ms_cm = 0.0

    @property
    def feed(self) -> Feed:
        """What leaves it."""
        return Feed(self.doser.ec_ms_cm, self.doser.ph)

    def command(self, point: str, value: float) -> bool:
        """Dosing needs a running pump; the pump runs no longer than its run-time limit."""
        return self.doser.command(point, value) and super().command(point, value)

    def advance(self, dt_s: float, scene: Scene) -> None:
        """Pump, dose, and refill the tanks below a fifth."""
        doser = self.doser
        wanted = mixed_ec_ms_cm(self.settings["conductivity_setpoint"], self.probe_error_ms_cm, self.params)
        pumping_s = doser.run(dt_s, wanted)
        flow_m3_h = scene.flow_m3_h.get(None, 0.0) if doser.is_pumping else 0.0
        doser.draw(flow_m3_h * pumping_s / 3600.0)
        self.power_kw = PUMP_KW if doser.is_pumping else STANDBY_KW
        self.readings = doser.readings | {
            "flow": flow_m3_h,
            "line_pressure": self._pressure_bar(flow_m3_h) if doser.is_pumping else 0.0,
        }

    @property
    def counted(self) -> dict[str, float]:
        """Water that went through it. [m³]"""
        return {"volume": self.doser.total_m3}

    def count_from(self, counted: Mapping[str, float]) -> None:
        """Go on from what an earlier run counted."""
        self.doser.total_m3 = max(self.doser.total_m3, counted.get("volume", 0.0))

    def truths(self) -> dict[Truth, float]:
        """What its own probes stand in. The one for conductivity may be wrong, and the unit doses by it."""
        return {
            Truth.FEED_CONDUCTIVITY: max(0.0, self.feed.ec_ms_cm + self.probe_error_ms_cm),
            Truth.FEED_ACIDITY: self.feed.ph,
            Truth.WATER_TEMPERATURE: self.params.water_c,
        }

    def _pressure_bar(self, flow_m3_h: float) -> float:
        """What is left at the unit once pump and mains have lost their share."""
        return max(0.0, self.params.shutoff_bar - self.params.loss_bar_h2_m6 * flow_m3_h * flow_m3_h)
