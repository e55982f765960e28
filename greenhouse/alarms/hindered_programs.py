"""Outputs that a program cannot move for long: one alarm each, over as soon as it moves or wants something else."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from greenhouse.alarms.binding import Binding
from greenhouse.alarms.conditions import Change
from greenhouse.alarms.definitions import Kind
from greenhouse.alarms.evaluation import Transition
from greenhouse.alarms.hindrances import Hindrance, OutputSeen, hindrance, is_unknown, wants_cover
from greenhouse.commands import interlocks
from greenhouse.commands.checks import Verdict, obstacles
from greenhouse.commands.models import HoldState, ManualHold
from greenhouse.commands.seen import NOT_STALE
from greenhouse.commands.situations import Samples, move_of, position_seen, seen_of, situation_of
from greenhouse.commands.target import read_target
from greenhouse.rules import asking, decided
from greenhouse.rules.decided import Decided
from greenhouse.rules.evaluate.covers import DOWN_PCT
from greenhouse.site.point_index import index_of
from greenhouse.site.roles import MOVING, BaseRoles, base_roles
from greenhouse.site.structure import PointStructure
from greenhouse.telemetry import series

_Key = tuple[Kind, str]
LOOKS_EVERY = timedelta(seconds=10)
"""As often as programs decide."""


class HinderedPrograms:
    """Follows what programs want of outputs that move.

    Parameters
    ----------
    bindings : iterable of Binding
        Of kinds ``BLANKET_WAITS`` and ``PROGRAM_HINDERED``.
    active : collection of (kind, str)
        Alarms that are on: their kind and the key of their point.
    """

    def __init__(self, bindings: Iterable[Binding], *, active: Collection[_Key]) -> None:
        self._bindings = {(binding.definition.kind, binding.object_key): binding for binding in bindings}
        self._active = set(active)
        self._since: dict[_Key, datetime] = {}
        self._stood_at_pct: dict[str, float] = {}
        self._looked_at: datetime | None = None

    def look(self, now: datetime) -> list[Transition]:
        """What went on or off since the last look. ``now`` is on the clock of the samples."""
        before = self._looked_at
        if before is not None and timedelta() <= now - before < LOOKS_EVERY:
            return []
        found = _find(now, self._stood_at_pct)
        began = {key: since for key, since in self._since.items() if key in found.unknown}
        for key, (_hindrance, decided_at) in found.hindered.items():
            # What a process finds that has just begun has gone on since it was decided, as far as anybody knows.
            began[key] = self._since.get(key, decided_at if before is None else now)
        # Nothing below asks the store: what is remembered and what is handed over stay together.
        self._looked_at, self._since = now, began
        self._stood_at_pct |= found.stand_at_pct
        over = [key for key in self._active if key not in found.hindered and key not in found.unknown]
        transitions = [Transition(self._bindings[key], Change.CLEARED, now.timestamp()) for key in over]
        self._active.difference_update(over)
        for key, (hindered, _decided_at) in found.hindered.items():
            binding = self._bindings.get(key)
            if binding is None or key in self._active:
                continue
            if now - began[key] >= timedelta(seconds=binding.definition.on_delay_s):
                transitions.append(_raised(binding, hindered, now))
                self._active.add(key)
        return transitions


@dataclass(frozen=True, slots=True)
class _Look:
    """What one look goes by. ``stood_at_pct``: where outputs stood at the last one, by key. [%]"""

    roles: BaseRoles
    samples: Samples
    held: frozenset[str]
    stood_at_pct: Mapping[str, float]
    at: datetime


@dataclass(frozen=True, slots=True)
class _Found:
    """What one look found.

    Attributes
    ----------
    hindered : dict
        With since when what is wanted was decided.
    unknown : set
        Alarms of which nobody can tell.
    stand_at_pct : dict
        Where outputs stand, by key. [%]
    """

    hindered: dict[_Key, tuple[Hindrance, datetime]] = field(default_factory=dict)
    unknown: set[_Key] = field(default_factory=set)
    stand_at_pct: dict[str, float] = field(default_factory=dict)


def _find(now: datetime, stood_at_pct: Mapping[str, float]) -> _Found:
    """A few queries; more where something is hindered."""
    found, standing = _Found(), decided.newest()
    if not standing:
        return found
    roles = base_roles()
    samples = series.latest(roles.points.keys(), index=index_of(roles.points.values()))
    held = frozenset(ManualHold.objects.filter(state=HoldState.ACTIVE).values_list("point_key", flat=True))
    look = _Look(roles, samples, held, stood_at_pct, now)
    for one in standing.values():
        point = roles.points.get(one.point)
        if point is None or point.output_kind not in MOVING:
            continue
        seen = _seen(one, point, look)
        if seen.position_pct is not None:
            found.stand_at_pct[point.key] = seen.position_pct
        hindered = hindrance(one.decision, seen)
        if hindered is not None:
            found.hindered[hindered.kind, point.key] = hindered, one.at
        elif is_unknown(one.decision, seen):
            found.unknown.add((Kind.BLANKET_WAITS, point.key))
    return found


def _seen(one: Decided, point: PointStructure, look: _Look) -> OutputSeen:
    # One late poll takes back no alarm; what moves is another matter.
    position = position_seen(point, look.roles, look.samples, at=look.at, usable_while=NOT_STALE).usable
    covers = wants_cover(one.decision)
    value = asking.value_of(point, DOWN_PCT if covers else one.decision.target)
    is_missing = asking.is_missing(one, look.roles, look.samples, look.at)
    is_told = value is not None and seen_of(point, look.samples, at=look.at).usable == value
    is_held = point.key in look.held
    verdict = None
    if value is not None and not is_held and (covers or is_missing):
        verdict = _refusal(point, value, look)
    is_moving_there = is_told and _moves(point, position, look)
    return OutputSeen(position, is_missing, is_moving_there=is_moving_there, is_held=is_held, verdict=verdict)


def _moves(point: PointStructure, position_pct: float | None, look: _Look) -> bool:
    """Whether a motor that was told a direction turns: a command that is in force alone moves nothing."""
    motion = point.motion
    if motion is None or not motion.takes_commands:
        return False
    motor = look.roles.points.get(motion.motor)
    if motor is not None and seen_of(motor, look.samples, at=look.at).usable:
        return True
    stood_at_pct = look.stood_at_pct.get(point.key)
    return position_pct is not None and stood_at_pct is not None and position_pct <= stood_at_pct - asking.STEP


def _refusal(point: PointStructure, value: float, look: _Look) -> Verdict | None:
    """Why the request is refused: the controller's own state first, which only a person on site can change."""
    known = read_target(point.key)
    blocked = [] if known is None else obstacles(known[1], now=look.at)
    if blocked:
        return blocked[0]
    situation = situation_of(point, look.roles, look.samples, at=look.at)
    return interlocks.check(move_of(point, value), situation, look.at)


def _raised(binding: Binding, hindered: Hindrance, now: datetime) -> Transition:
    facts: Mapping[str, str | float] = hindered.facts
    return Transition(binding, Change.RAISED, now.timestamp(), value=hindered.position_pct, facts=facts)
