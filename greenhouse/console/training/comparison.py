"""Which points of the base claim to show which truths: the rows of the training page."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from greenhouse.plant.point_sources import Source, source_of, truth_shown_by
from greenhouse.site import equipment
from greenhouse.site.equipment import Equipment
from greenhouse.site.structure import BaseStructure, CompartmentStructure, PointStructure
from greenhouse.site.wiring import stored_profiles

FAULTS = ("plant_faults", "device_faults", "shared_device_faults")
"""Points of a truth unit that tell which faults are on."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A point that claims to show a truth, the device it belongs to, and how the simulated base makes its value."""

    reading: PointStructure
    device: Equipment
    source: Source


@dataclass(frozen=True, slots=True)
class TruthRow:
    """A truth with every point that claims to show it; none, where no instrument does."""

    truth: PointStructure
    claims: tuple[Claim, ...]


@dataclass(frozen=True, slots=True)
class ComparedPlace:
    """A compartment with a truth unit."""

    part: CompartmentStructure
    faults: tuple[PointStructure, ...]
    rows: tuple[TruthRow, ...]

    @property
    def points(self) -> frozenset[str]:
        """Keys of all that its page shows."""
        readings = (claim.reading.key for row in self.rows for claim in row.claims)
        return frozenset((*readings, *(point.key for point in self.faults), *(row.truth.key for row in self.rows)))


def compared_places(base: BaseStructure) -> Mapping[str, ComparedPlace]:
    """Every compartment with a truth unit, by key, in the order of the base file. Empty: the base has none."""
    truths: defaultdict[str, list[PointStructure]] = defaultdict(list)
    for point in base.truths.values():
        if point.compartment is not None and not point.is_virtual:
            truths[point.compartment].append(point)
    if not truths:
        return {}
    claims = _claims(base)
    return {
        part.key: _place(part, truths[part.key], claims)
        for house in base.houses
        for part in house.compartments
        if part.key in truths
    }


def unveiled(base: BaseStructure) -> BaseStructure:
    """The base as if its truths were points like any other, for those who may see them."""
    houses = tuple(
        replace(
            house, compartments=tuple(replace(part, points=_with_truths(base, part)) for part in house.compartments)
        )
        for house in base.houses
    )
    return replace(base, houses=houses)


def _with_truths(base: BaseStructure, part: CompartmentStructure) -> Mapping[str, PointStructure]:
    own = {key: point for key, point in base.truths.items() if point.compartment == part.key}
    return {**part.points, **own}


_Claims = Mapping[tuple[str | None, str], list[Claim]]
"""By compartment, None for what serves them all, and key of the point of a truth unit."""


def _claims(base: BaseStructure) -> _Claims:
    profiles = stored_profiles()
    found: defaultdict[tuple[str | None, str], list[Claim]] = defaultdict(list)
    for device in equipment.equipment():
        profile = profiles[device.profile]
        for spec in profile.points:
            key = truth_shown_by(device.key, profile, spec, device.compartment)
            reading, source = base.points.get(f"{device.key}.{spec.key}"), source_of(profile, spec, device.compartment)
            if key is not None and reading is not None and source is not None:
                found[device.compartment, key].append(Claim(reading, device, source))
    return found


def _place(part: CompartmentStructure, truths: list[PointStructure], claims: _Claims) -> ComparedPlace:
    def claimed(truth: PointStructure) -> Iterator[Claim]:
        yield from claims.get((part.key, truth.local_key), ())
        yield from claims.get((None, truth.local_key), ())

    return ComparedPlace(
        part=part,
        faults=tuple(point for point in truths if point.local_key in FAULTS),
        rows=tuple(TruthRow(point, tuple(claimed(point))) for point in truths if point.local_key not in FAULTS),
    )
