"""Stands in for the control process and the devices: stores samples of a whole base, and answers requests as told.

The pages under test read the real store and submit real requests; only the far side of the store is staged, so that a
test can say what a controller does and when.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import exp, pi, sin
from typing import Literal

import numpy as np
import numpy.typing as npt
from django.db import connections

from devices.samples import Origin, Quality, Reading, Reason
from greenhouse.alarms.duty import AlarmDuty
from greenhouse.clock import moment_now
from greenhouse.commands import dispatch, returns
from greenhouse.commands.checks import Code, Verdict
from greenhouse.commands.lifecycle import State
from greenhouse.site import structure
from greenhouse.site.point_index import point_index
from greenhouse.site.structure import PointStructure
from greenhouse.telemetry.ingest import last_tick, record

WRITER = "stage"

# A winter forenoon: bright, cold outside, the blankets up, the vents shut.
USUAL: Mapping[str, float] = {
    "air_temperature": 18.4,
    "relative_humidity": 72.0,
    "co2_concentration": 640.0,
    "irradiance_inside": 286.0,
    "photon_flux_density": 540.0,
    "substrate_temperature": 16.2,
    "substrate_moisture": 34.0,
    "vent_position": 12.0,
    "thermal_screen_position": 20.0,
    "control_location": 1.0,
    "day_period": 2.0,
    "heating_setpoint": 16.0,
    "ventilation_setpoint": 24.0,
    "humidity_setpoint": 80.0,
    "co2_setpoint": 700.0,
    "operating_mode": 1.0,
    "wind_speed": 3.2,
    "wind_gust": 6.1,
    "wind_direction": 312.0,
    "irradiance": 418.0,
    "rain_state": 0.0,
    "conductivity": 2.35,
    "conductivity_setpoint": 2.4,
    "acidity": 5.8,
    "acidity_setpoint": 5.8,
    "tank_level": 60.0,
    "acid_tank_level": 60.0,
    "link": 2.0,
    "alarm_evaluation": 1.0,
}
WEATHER_TEMPERATURE_C = -8.4
TRUE: Mapping[str, float] = {
    "air_temperature": 18.1,
    "relative_humidity": 74.0,
    "vapor_pressure_deficit": 0.54,
    "co2": 622.0,
    "irradiance": 279.0,
    "photon_flux_density": 528.0,
    "canopy_temperature": 18.9,
    "floor_temperature": 15.2,
    "pipe_temperature": 34.0,
    "root_temperature": 16.5,
    "root_moisture": 35.6,
    "root_conductivity": 2.6,
    "feed_conductivity": 2.31,
    "feed_acidity": 5.83,
    "water_pressure": 3.2,
    "controller_vent_position": 9.0,
    "blanket_position": 97.0,
    "screen_position": 18.0,
    "link": 2.0,
}
"""What is true while instruments show the above, as truth units tell it."""
DRY_AIR = ("air_temperature", "relative_humidity")
DRAWN = ("climate.air_temperature", "climate.relative_humidity", "climate.co2_concentration")
DRAWN_TRUTHS = ("truth-h1.air_temperature", "truth-h1.relative_humidity", "truth-h1.co2")

Numbers = npt.NDArray[np.float64]


@dataclass
class Controller:
    """What a controller does with a write.

    ``takes`` the value, ``keeps`` its old one, or stays ``silent``.
    """

    behavior: Literal["takes", "keeps", "silent"] = "takes"
    accept_after_s: float = 0.1
    confirm_after_s: float = 0.2


@dataclass
class Stage:
    """A base whose values a test sets. Runs in a thread of its own, which owns its database connections."""

    utc_now: Callable[[], datetime]
    controller: Controller = field(default_factory=Controller)
    silent: set[str] = field(default_factory=set)
    """Beginnings of the keys of points of which nothing is stored."""
    every_s: float = 0.5

    def __post_init__(self) -> None:
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._has_spoken = threading.Event()
        self._thread = threading.Thread(target=self._run, name="stage")
        self._later: list[tuple[float, Callable[[], None]]] = []
        self._values: dict[str, float | None] = {}
        self._qualities: dict[str, tuple[Quality, Reason]] = {}
        self._tick = 0
        self._told: list[tuple[str, float, float]] = []
        self.read_back_at_s = float("inf")
        self.orders: list[tuple[str, float]] = []
        """Every write that reached a controller."""

    def set(
        self, point: str, value: float | None, quality: Quality = Quality.GOOD, reason: Reason = Reason.NONE
    ) -> None:
        """Give a point another value from the next round on."""
        with self._lock:
            self._values[point] = value
            self._qualities[point] = (quality, reason)

    def silence(self, *prefixes: str) -> None:
        """Store nothing more of the points that begin so."""
        with self._lock:
            self.silent |= set(prefixes)

    def start(self) -> None:
        """Store an hour of history and a first round of all points, then go on in the background."""
        base = structure.base()
        assert base is not None
        self._points = {key: point for key, point in (base.points | base.truths).items() if point.access.can_read}
        self._ids = dict(point_index().ids)
        self._tick = last_tick(WRITER)
        for key, point in self._points.items():
            self._values.setdefault(key, usual_value(point))
        self._thread.start()
        assert self._has_spoken.wait(30)  # a page without scripts shows for good what it found

    def stop(self) -> None:
        """End the thread and wait for it."""
        self._stopping.set()
        self._thread.join(timeout=10)

    def put_once(self, point: str, value: float, *, age_s: float) -> None:
        """Store one sample that is so old by now, of a point that is silent."""
        with self._lock:
            self._told.append((point, value, age_s))

    def start_write(self, order: dispatch.WriteOrder) -> None:
        """Take an order as a controller would."""
        self.orders.append((order.point_key, order.value))
        if self.controller.behavior == "silent":
            verdict = Verdict(Code.NO_ANSWER)
            self._after(1.0, lambda: self._end(order, State.TIMEOUT, verdict=verdict))
            return
        self._after(
            self.controller.accept_after_s, lambda: dispatch.record_accepted(order.request_id, now=moment_now())
        )
        self._after(self.controller.confirm_after_s, lambda: self._confirm(order))

    def _confirm(self, order: dispatch.WriteOrder) -> None:
        if self.controller.behavior == "keeps":
            held = self._values[order.point_key]
            unit = self._points[order.point_key].unit.value
            verdict = Verdict(Code.READBACK_DIFFERS, {"readback": held, "unit": unit})
            self._end(order, State.TIMEOUT, verdict=verdict, readback_value=held)
            return
        self.read_back_at_s = time.monotonic()
        self.set(order.point_key, order.value)
        self._store([order.point_key])
        self._end(order, State.CONFIRMED, readback_value=order.value)

    def _end(self, order: dispatch.WriteOrder, state: State, **details: object) -> None:
        dispatch.record_outcome(order.request_id, state, now=moment_now(), **details)

    def _after(self, delay_s: float, act: Callable[[], None]) -> None:
        self._later.append((time.monotonic() + delay_s, act))

    def _run(self) -> None:
        try:
            self._store_history()
            alarms = AlarmDuty(writer=WRITER, now=self.utc_now(), wall=self.utc_now())
            next_store_s = 0.0
            while not self._stopping.wait(0.03):
                now_s = time.monotonic()
                if now_s >= next_store_s:
                    next_store_s = now_s + self.every_s
                    alarms.see(self._store(list(self._points)))
                    alarms.keep_up(self.utc_now(), now_s, wall=self.utc_now())
                    self._has_spoken.set()
                for due in [item for item in self._later if item[0] <= now_s]:
                    self._later.remove(due)
                    due[1]()
                while dispatch.dispatch_next(moment_now(), _Writer(self)):
                    pass
                dispatch.expire_old(moment_now())
                returns.return_ended(moment_now())
        finally:
            connections.close_all()

    def _store(self, keys: list[str], *, at: datetime | None = None, swing: float = 0.0) -> list[Reading]:
        """Store a round of these points, but for the silent ones, and what was put once. What was stored."""
        now = self.utc_now()
        with self._lock:
            told, self._told = self._told, []
            spoken = [key for key in keys if not any(key.startswith(prefix) for prefix in self.silent)]
            values = [self._values[key] for key in spoken]
            qualities = [self._qualities.get(key, (Quality.GOOD, Reason.NONE)) for key in spoken]
        numbers = np.array([np.nan if value is None else value for value in values], dtype=np.float64)
        readings = [self._reading(tuple(spoken), numbers * (1 + swing), qualities, at or now)]
        for point, value, age_s in told:
            good = [(Quality.GOOD, Reason.NONE)]
            readings.append(self._reading((point,), np.array([value]), good, now - timedelta(seconds=age_s)))
        self._tick += 1
        record(readings, ids=self._ids, writer=WRITER, tick=self._tick, now=now)
        return readings

    def _reading(
        self, keys: tuple[str, ...], values: Numbers, qualities: list[tuple[Quality, Reason]], at: datetime
    ) -> Reading:
        return Reading(
            points=keys,
            values=values,
            quality=np.array([quality for quality, _ in qualities], dtype=np.uint8),
            reason=np.array([reason for _, reason in qualities], dtype=np.uint8),
            observed_at=at,
            origin=Origin.SIMULATED,
        )

    def _store_history(self) -> None:
        """An hour of what the pages draw, one sample a minute."""
        now = self.utc_now()
        drawn = [key for key in self._points if key.endswith((*DRAWN, *DRAWN_TRUTHS))]
        for minutes in range(60, 0, -1):
            swing = 0.04 * sin(2 * pi * minutes / 47) + 0.02 * sin(2 * pi * minutes / 11)
            self._store(drawn, at=now - timedelta(minutes=minutes), swing=swing)


@dataclass(frozen=True)
class _Writer:
    stage: Stage

    def start(self, order: dispatch.WriteOrder) -> None:
        self.stage.start_write(order)


def usual_value(point: PointStructure) -> float | None:
    """A plausible value, a little different in each house."""
    if (point.device or "").startswith("truth-"):
        value, spread = TRUE.get(point.local_key, 0.0), _spread(f"{point.compartment}-climate")
        return (
            value * (1 + 0.02 * spread) if point.local_key in {"air_temperature", "relative_humidity", "co2"} else value
        )
    if point.local_key == "air_temperature" and point.compartment is None:
        return WEATHER_TEMPERATURE_C
    spread = _spread(point.device or "")
    if point.local_key == "vapor_pressure_deficit":
        return _vapor_pressure_deficit_kpa(*(USUAL[key] * (1 + 0.02 * spread) for key in DRY_AIR))
    if point.local_key in {"position", "target_position"}:
        return 100.0 if "blanket" in point.key else max(0.0, 4.0 * spread)
    value = USUAL.get(point.local_key, 0.0)
    if point.local_key in {"air_temperature", "relative_humidity", "co2_concentration"}:
        value *= 1 + 0.02 * spread
    return value


def _vapor_pressure_deficit_kpa(temperature_c: float, humidity_pct: float) -> float:
    """What a controller works out of the two that it measures (Magnus)."""
    return 0.6108 * exp(17.27 * temperature_c / (temperature_c + 237.3)) * (1 - humidity_pct / 100)


def _spread(device: str) -> int:
    """By how many steps a device differs from the usual value, by its key."""
    return sum(map(ord, device)) % 7 - 3
