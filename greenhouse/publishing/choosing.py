"""Which points of a base the published list means. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from greenhouse.publishing.published_list import PUBLIC_QUANTITIES, Of, PublishedList, PublishedValue
from greenhouse.site.basefile.schema import HouseKind
from greenhouse.site.structure import BaseStructure, CompartmentStructure, PointStructure


@dataclass(frozen=True, slots=True)
class ChosenPlace:
    """A compartment as it is published. Visitors learn its number, not its key."""

    number: int
    compartment: CompartmentStructure
    kind: HouseKind
    is_featured: bool


@dataclass(frozen=True, slots=True)
class ChosenValue:
    """An entry of the list for one place, and the points that it comes from.

    Attributes
    ----------
    place : int or None
        Number of the place. None: the whole base.
    """

    entry: PublishedValue
    place: int | None
    points: tuple[PointStructure, ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """What is published of one base."""

    places: tuple[ChosenPlace, ...]
    values: tuple[ChosenValue, ...]

    @property
    def points(self) -> frozenset[str]:
        """Keys of all points that are read for it."""
        return frozenset(point.key for value in self.values for point in value.points)

    @property
    def drawn(self) -> tuple[ChosenValue, ...]:
        """Values whose course of a day is published: those of the base and of the featured place."""
        shown = {None} if self.featured is None else {None, self.featured.number}
        return tuple(value for value in self.values if value.entry.has_course and value.place in shown)

    @property
    def counted(self) -> tuple[ChosenValue, ...]:
        """Values that are counted since midnight."""
        return tuple(value for value in self.values if value.entry.since is not None)

    @property
    def featured(self) -> ChosenPlace | None:
        """The place that the displays tell of."""
        return next((place for place in self.places if place.is_featured), None)


def choose(base: BaseStructure, published: PublishedList) -> Choice:
    """Find the points of a base that are on the list. A compartment without such a point publishes none."""
    with_kind = [(house.kind, part) for house in base.houses for part in house.compartments]
    featured = _featured(with_kind, published.featured)
    places = tuple(
        ChosenPlace(number, part, kind, is_featured=part.key == featured)
        for number, (kind, part) in enumerate(with_kind, start=1)
    )
    return Choice(places, tuple(_values(base, published, places)))


def _featured(parts: list[tuple[HouseKind, CompartmentStructure]], asked: str | None) -> str | None:
    keys = [part.key for _kind, part in parts]
    if asked in keys:
        return asked
    return next((part.key for kind, part in parts if kind is HouseKind.SOLAR), keys[0] if keys else None)


def _values(base: BaseStructure, published: PublishedList, places: tuple[ChosenPlace, ...]) -> Iterator[ChosenValue]:
    for entry in published.values:
        if entry.of is Of.BASE:
            if points := _points(base.common_points, entry):
                yield ChosenValue(entry, None, points)
            continue
        for place in places:
            if points := _points(place.compartment.points, entry):
                yield ChosenValue(entry, place.number, points)


def _points(points: Mapping[str, PointStructure], entry: PublishedValue) -> tuple[PointStructure, ...]:
    """The points of an entry among those of a place: what takes commands or tells a state never is one."""
    devices: defaultdict[str, dict[str, PointStructure]] = defaultdict(dict)
    for point in points.values():
        if point.device is not None:
            devices[point.device][point.local_key] = point
    return tuple(
        device[entry.point]
        for device in devices.values()
        if entry.point in device and _is_meant(device, entry) and _may_be_public(device[entry.point])
    )


def _is_meant(device: Mapping[str, PointStructure], entry: PublishedValue) -> bool:
    if entry.moves is not None:
        return any(point.output_kind is entry.moves for point in device.values())
    return entry.beside in device


def _may_be_public(point: PointStructure) -> bool:
    return point.quantity in PUBLIC_QUANTITIES and not point.is_writable and not point.is_virtual
