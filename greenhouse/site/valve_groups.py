"""Valves that open together, with their points: kept until another base file is loaded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from uuid import UUID

from devices.profiles.outputs import OutputKind
from greenhouse.site import models
from greenhouse.site.naming import in_readers_language
from greenhouse.site.structure import PointStructure, all_points, points_of, revision


@dataclass(frozen=True, slots=True)
class ValveGroupStructure:
    """A valve group.

    Attributes
    ----------
    valves : tuple of PointStructure
        At least one.
    area_m2 : float
        What they water. [m²]
    longest_run_s : float
        No run lasts longer. [s]
    pump, meter : PointStructure or None
        What feeds them, and what counts their water.
    """

    key: str
    name_zh: str
    name_en: str
    compartment: str
    valves: tuple[PointStructure, ...]
    area_m2: float
    longest_run_s: float
    pump: PointStructure | None
    meter: PointStructure | None

    @property
    def name(self) -> str:
        """Name in the reader's language."""
        return in_readers_language(self.name_zh, self.name_en)

    @property
    def water_source(self) -> str:
        """What its water comes from: groups of one source are watered one at a time."""
        if self.pump is not None:
            return self.pump.key
        return self.valves[0].device or "" if self.meter is None else self.meter.key

    @property
    def run_times(self) -> tuple[str, ...]:
        """Keys of the registers from which its valves close by themselves."""
        return tuple(valve.run_time for valve in self.valves if valve.run_time is not None)


@dataclass(frozen=True, slots=True)
class Guarded:
    """Outputs that let water flow.

    Attributes
    ----------
    points : mapping
        Every valve of the base that takes commands, and the pumps of valve groups, by key.
    shown : mapping
        The points that show whether they are open, by key.
    """

    points: Mapping[str, PointStructure]
    shown: Mapping[str, PointStructure]


NOTHING = Guarded({}, {})


def guarded() -> Guarded:
    """What nobody may leave open."""
    found = revision()
    return NOTHING if found is None else _guarded(found)


@lru_cache(maxsize=1)
def _guarded(found: UUID) -> Guarded:
    every = {point.key: point for point in all_points()}
    pumps = {group.pump.key for group in _kept(found).values() if group.pump is not None}
    points = {
        key: point
        for key, point in every.items()
        if point.is_writable and (point.output_kind is OutputKind.VALVE or key in pumps)
    }
    shown = {point.readback or key for key, point in points.items()}
    return Guarded(points, {key: every[key] for key in shown if key in every})


def valve_groups() -> Mapping[str, ValveGroupStructure]:
    """The valve groups of the base by key, in the order of the base file.

    One of which a valve is switched off is left out: nobody would know which part of it waters.
    """
    found = revision()
    return {} if found is None else _kept(found)


@lru_cache(maxsize=1)
def _kept(_revision: UUID) -> Mapping[str, ValveGroupStructure]:
    rows = list(models.ValveGroup.objects.filter(enabled=True).select_related("compartment"))
    points = points_of({key for row in rows for key in (*row.valves, row.pump, row.meter) if key is not None})
    return {
        row.key: ValveGroupStructure(
            key=row.key,
            name_zh=row.name_zh,
            name_en=row.name_en,
            compartment=row.compartment.key,
            valves=tuple(points[key] for key in row.valves),
            area_m2=row.area_m2,
            longest_run_s=row.longest_run_s,
            pump=points.get(row.pump or ""),
            meter=points.get(row.meter or ""),
        )
        for row in rows
        if all(key in points for key in row.valves)
    }
