"""The past of a whole simulated base: the lives of its compartments, and what each of its devices showed.

`lives` is where later records of the same year start (harvests, irrigation runs, decisions): the same base, moment and
seed give the same lives, in this process and in any other.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone

import numpy as np
from numpy.typing import NDArray

from devices.profiles.schema import DeviceProfile, PointSpec
from devices.samples import Origin
from devices.simulator.compartment import Enclosure
from greenhouse.forecast.season import MakeHouse
from greenhouse.plant.instruments import instrument
from greenhouse.plant.noise import bell, noise_key
from greenhouse.plant.point_sources import Truth, vent_of
from greenhouse.plant.sensors import BIAS_DRAW, FOR_LIFE
from greenhouse.plant.whole import Inside
from greenhouse.site.basefile.schema import BaseFile, DeviceEntry
from scheduler.demo_history.life import Fitted, Life, live_through
from scheduler.demo_history.outside import DECIDE_STEPS, STEP_S, Outside, outside_of
from scheduler.demo_history.place import Base, House
from scheduler.demo_history.shown import DevicePast, Standing
from scheduler.simulated_plant.controller import setpoints_of, starting_settings
from scheduler.simulated_plant.outdoors import LOCAL_OFFSET_H, BaseWeather
from scheduler.simulated_plant.probes import instruments_of
from scheduler.simulated_plant.programs import Air
from scheduler.simulated_plant.settling import fitting_of, settled
from scheduler.simulation import ENCLOSURE

LOCAL = timezone(timedelta(hours=LOCAL_OFFSET_H))
STEP_MS = round(1000 * STEP_S)
YEAR_DAYS = 365
_TURNS = 12
"""Compartments that are watered one after the other within an hour; a further one shares the turn of the first."""

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class PointPast:
    """What a point showed.

    Attributes
    ----------
    key : str
        ``device.point``.
    ts_ms : int64 array, shape (n,)
        Steps on whole minutes.
    values : float64 array, shape (n,), or None
        Canonical unit; None: always what it shows now.
    counted : float64 array, shape (n,), or None
        Of a meter: how much it counted in the step that begins then.
    """

    key: str
    spec: PointSpec
    ts_ms: Ints
    values: Floats | None
    counted: Floats | None


class BaseYear:
    """The year before a moment.

    Parameters
    ----------
    base_file : BaseFile
    until : datetime
        When the base was switched on; aware.
    seed : int
        That of the simulated base.
    make_house : callable
        ``compiled.CompiledHouse``; ``stretch.PlainHouse`` takes minutes per compartment and month.
    days : int
        Whole UTC days before the one of ``until``.
    """

    def __init__(
        self, base_file: BaseFile, *, until: datetime, seed: int, make_house: MakeHouse, days: int = YEAR_DAYS
    ) -> None:
        self._file, self._seed, self._make_house = base_file, seed, make_house
        self._devices = [device for device in base_file.devices if device.origin is Origin.SIMULATED and device.enabled]
        first = until.astimezone(UTC).date() - timedelta(days=days)
        self.outside: Outside = outside_of(first, until.astimezone(LOCAL), seed=seed)
        self._begun: dict[Enclosure, Inside] = {}
        midnight = datetime(first.year, first.month, first.day, tzinfo=UTC)
        self._cut = round((midnight - self.outside.begin).total_seconds() / STEP_S)
        begin_ms = round(self.outside.begin.timestamp() * 1000)
        self._ts_ms = begin_ms + STEP_MS * np.arange(self.outside.steps)

    @property
    def compartments(self) -> list[str]:
        """Keys of the compartments, in the order of the base file."""
        return [part.key for part in self._file.compartments]

    def lives(self, compartments: Collection[str]) -> Iterator[tuple[str, Life]]:
        """What some compartments lived through, one after the other."""
        for key in self.compartments:
            if key in compartments:
                yield key, self._house(key).life

    def pasts(self, points: Collection[str]) -> Iterator[PointPast]:
        """What some points showed, a compartment after the other, and at last those of the whole base."""
        places = {device.compartment for device in self._devices if _points_of(device, points)}
        base = Base(self.outside)
        for key in self.compartments:
            if key in places or None in places:
                house = self._house(key)
                base.add(house)
                yield from self._of_place(key, house, points)
        if None in places:
            yield from self._of_place(None, base, points)

    def _of_place(self, compartment: str | None, place: House | Base, points: Collection[str]) -> Iterator[PointPast]:
        kinds = Counter((device.profile.key, device.compartment) for device in self._devices)
        for device in self._devices:
            wanted = _points_of(device, points) if device.compartment == compartment else []
            if not wanted:
                continue
            sharing = kinds[device.profile.key, device.compartment]
            past = DevicePast(Standing(device.key, device.profile, compartment, place, sharing, self._seed))
            for spec in wanted:
                values, counted = past.values(spec), past.counted(spec)
                yield PointPast(
                    key=f"{device.key}.{spec.key}",
                    spec=spec,
                    ts_ms=self._ts_ms[self._cut :],
                    values=None if values is None else values[self._cut :],
                    counted=None if counted is None else counted[self._cut :],
                )

    def _house(self, key: str) -> House:
        part = next(part for part in self._file.compartments if part.key == key)
        kind = next(house.kind for house in self._file.houses if house.key == part.house)
        fitting = fitting_of(ENCLOSURE[kind], part.area_m2)
        here = {device.key: device.profile for device in self._devices if device.compartment == key}
        turn = DECIDE_STEPS * (self.compartments.index(key) % _TURNS)
        controller = next((name for name, profile in here.items() if profile.key == "climate-controller"), None)
        settings = starting_settings(fitting.enclosure)
        fitted = Fitted(
            setpoints=None if controller is None else setpoints_of(settings),
            errors=NO_ERRORS if controller is None else _errors(controller, here[controller], key, self._seed),
            vents={vent_of(name) for name, profile in here.items() if profile.key == "vent-motor"},
            has_blanket=any(profile.key == "blanket-winder" for profile in here.values()),
            has_net=any(profile.key == "shading-net-motor" for profile in here.values()),
            turn=turn,
        )
        # Houses of one kind are built alike, so one of them is settled for all, as on the live base.
        if fitting.enclosure not in self._begun:
            self._begun[fitting.enclosure] = settled(fitting, BaseWeather(self._seed), self.outside.begin)
        life = live_through(fitting, fitted, self.outside, self._begun[fitting.enclosure], self._make_house)
        return House(fitting, life, first_hour=0.0, has_controller=controller is not None)


NO_ERRORS = Air(0.0, 0.0, 0.0)


def _errors(key: str, profile: DeviceProfile, compartment: str, seed: int) -> Air:
    """By how much the controller's own instruments read too high, for life."""
    instruments = instruments_of(profile, compartment, key)
    wrong = []
    for truth in (Truth.AIR_TEMPERATURE, Truth.RELATIVE_HUMIDITY, Truth.CO2):
        kind, name = instruments[truth]
        wrong.append(instrument(kind).bias_sd * bell(noise_key(name, seed), FOR_LIFE, BIAS_DRAW))
    return Air(*wrong)


def _points_of(device: DeviceEntry, points: Collection[str]) -> list[PointSpec]:
    readable = (point for point in device.profile.points if point.access.can_read)
    return [point for point in readable if f"{device.key}.{point.key}" in points]
