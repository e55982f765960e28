"""Which point is what to whoever controls a climate, and what moves: kept until another base file is loaded."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from uuid import UUID

from devices.profiles.outputs import OutputKind
from devices.profiles.roles import MOVED, OF_THE_BASE
from devices.profiles.schema import Role
from greenhouse.site.structure import PointStructure, all_points, revision

MOVING = frozenset({OutputKind.WINDER, OutputKind.VENT, OutputKind.THERMAL_SCREEN, OutputKind.SHADING_NET})
"""Kinds of outputs that move something."""


@dataclass(frozen=True)
class CompartmentRoles:
    """A compartment as its climate is controlled.

    Attributes
    ----------
    points : mapping of Role to PointStructure
    moving : tuple of PointStructure
        Every output that moves something there, also those of no role.
    """

    points: Mapping[Role, PointStructure] = field(default_factory=dict)
    moving: tuple[PointStructure, ...] = ()

    def moved(self) -> Iterator[tuple[Role, PointStructure]]:
        """Roles of outputs that move something, with their outputs."""
        return ((role, point) for role, point in self.points.items() if role in MOVED)

    @property
    def vents(self) -> tuple[PointStructure, ...]:
        """Every vent, whichever it is."""
        return tuple(point for point in self.moving if point.output_kind is OutputKind.VENT)


NO_ROLES = CompartmentRoles()


@dataclass(frozen=True)
class BaseRoles:
    """The roles of a whole base.

    Attributes
    ----------
    weather : mapping of Role to PointStructure
        Of `devices.profiles.roles.OF_THE_BASE`.
    compartments : mapping
        By key; one that has neither role nor anything that moves is left out.
    points : mapping
        Every point of a role, every output that moves something and what shows it, by key.
    """

    revision: UUID | None
    weather: Mapping[Role, PointStructure]
    compartments: Mapping[str, CompartmentRoles]
    points: Mapping[str, PointStructure]

    def of(self, compartment: str | None) -> CompartmentRoles:
        """The roles of a compartment; none where it has none."""
        return NO_ROLES if compartment is None else self.compartments.get(compartment, NO_ROLES)

    def moving(self) -> Iterator[PointStructure]:
        """Everything that moves on the base and shows its motion."""
        return (point for roles in self.compartments.values() for point in roles.moving if point.motion is not None)


def base_roles() -> BaseRoles:
    """The roles of the base as it is now."""
    found = revision()
    return _read(None) if found is None else _kept(found)


@lru_cache(maxsize=1)
def _kept(found: UUID) -> BaseRoles:
    return _read(found)


def _read(found: UUID | None) -> BaseRoles:
    every = {point.key: point for point in all_points()}
    weather = {point.role: point for point in every.values() if point.role in OF_THE_BASE and point.role is not None}
    roles: dict[str, dict[Role, PointStructure]] = {}
    moving: dict[str, list[PointStructure]] = {}
    needed: dict[str, PointStructure] = {point.key: point for point in weather.values()}
    for point in every.values():
        if point.compartment is None:
            continue
        if point.output_kind in MOVING:
            moving.setdefault(point.compartment, []).append(point)
        elif point.role is None or point.role in OF_THE_BASE:
            continue
        if point.role is not None:
            roles.setdefault(point.compartment, {})[point.role] = point
        needed |= {key: every[key] for key in _shown_by(point) if key in every}
    return BaseRoles(
        revision=found,
        weather=weather,
        compartments={
            key: CompartmentRoles(roles.get(key, {}), tuple(moving.get(key, ()))) for key in {*roles, *moving}
        },
        points=needed,
    )


def _shown_by(point: PointStructure) -> tuple[str, ...]:
    motion = () if point.motion is None else (point.motion.position, point.motion.motor)
    return (point.key, *motion, *(() if point.readback is None else (point.readback,)))
