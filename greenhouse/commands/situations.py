"""What stands around an output, from the structure of the base and the newest samples: what the interlocks ask for."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from devices.profiles.outputs import OutputKind
from devices.profiles.schema import Role
from devices.samples import Freshness, Sample
from greenhouse.clock import pacing
from greenhouse.commands import interlocks
from greenhouse.commands.checks import Verdict
from greenhouse.commands.interlocks import OFF_PCT, BlanketSeen, Move, Situation, VentSeen
from greenhouse.commands.models import InForce
from greenhouse.commands.over_travel import lock_on
from greenhouse.commands.seen import FRESH, MISSING, NOT_STALE, Seen, seen_in
from greenhouse.commands.weather_limits import OPEN_PCT, SHUT_PCT
from greenhouse.site.point_index import index_of
from greenhouse.site.roles import MOVING, BaseRoles, base_roles
from greenhouse.site.structure import PointStructure
from greenhouse.telemetry import series

Samples = Mapping[str, Sample]


def forbids(point_key: str, value: float, *, at: datetime) -> Verdict | None:
    """Why an interlock forbids to move something to a value now; None: none does, or none is concerned.

    Valves and pumps: see `greenhouse.commands.water`.

    Parameters
    ----------
    value : float
        Canonical unit of the point.
    at : datetime
        Now, on the clock of the samples.
    """
    roles = base_roles()
    point = roles.points.get(point_key)
    if point is None or point.output_kind not in MOVING:
        return None
    samples = series.latest(roles.points.keys(), index=index_of(roles.points.values()))
    return interlocks.check(move_of(point, value), situation_of(point, roles, samples, at=at), at)


def move_of(point: PointStructure, value: float) -> Move:
    """What a value would do with an output that moves something."""
    assert point.output_kind is not None
    motion = point.motion
    to_pct: float | None = value
    if motion is not None and motion.takes_commands:
        to_pct = {motion.opens_with: OPEN_PCT, motion.shuts_with: OFF_PCT}.get(value)
    return Move(point.output_kind, point.role, to_pct)


def situation_of(point: PointStructure, roles: BaseRoles, samples: Samples, *, at: datetime) -> Situation:
    """What stands around an output now."""
    here = roles.of(point.compartment)
    winders = [found for found in here.moving if found.output_kind is OutputKind.WINDER]
    covers = point.output_kind is OutputKind.WINDER
    return Situation(
        position=position_seen(point, roles, samples, at=at),
        is_locked=lock_on(point.key) is not None,
        blankets=tuple(_blanket(found, roles, samples, at) for found in winders),
        vents=_vents(here.vents, roles, samples, at) if covers else (),
        wind_m_s=weather_seen(Role.WIND_SPEED, roles, samples, at=at),
        is_raining=weather_seen(Role.RAIN, roles, samples, at=at),
    )


def weather_seen(role: Role, roles: BaseRoles, samples: Samples, *, at: datetime) -> Seen:
    """A value of the base's weather station."""
    point = roles.weather.get(role)
    return MISSING if point is None else seen_of(point, samples, at=at)


def seen_of(
    point: PointStructure, samples: Samples, *, at: datetime, usable_while: frozenset[Freshness] = NOT_STALE
) -> Seen:
    """The newest value of a point, and whether it may be decided by."""
    return seen_in(samples.get(point.key), point.poll_s, at=at, pacing=pacing(), usable_while=usable_while)


def position_seen(
    point: PointStructure,
    roles: BaseRoles,
    samples: Samples,
    *,
    at: datetime,
    usable_while: frozenset[Freshness] = FRESH,
) -> Seen:
    """Where an output stands, as its motor's controller believes. What is not quite fresh moves nothing."""
    shown = None if point.motion is None else roles.points.get(point.motion.position)
    return MISSING if shown is None else seen_of(shown, samples, at=at, usable_while=usable_while)


def _blanket(point: PointStructure, roles: BaseRoles, samples: Samples, at: datetime) -> BlanketSeen:
    motion = point.motion
    command = seen_of(point, samples, at=at).usable
    is_coming_down = motion is not None and motion.takes_commands and command == motion.shuts_with
    return BlanketSeen(position_seen(point, roles, samples, at=at), is_coming_down)


def _vents(vents: tuple[PointStructure, ...], roles: BaseRoles, samples: Samples, at: datetime) -> tuple[VentSeen, ...]:
    shut = InForce.objects.filter(point_key__in=[vent.key for vent in vents], value__lte=SHUT_PCT)
    told_at = dict(shut.values_list("point_key", "at"))
    return tuple(VentSeen(position_seen(vent, roles, samples, at=at), told_at.get(vent.key)) for vent in vents)
