"""All alarms of the base, fed with every reading in time order. Pure of clock and database: both are passed in.

What is behind a lost link says nothing, so nothing is concluded from it: while a link (or a whole line) is lost or
suspected to be, the conditions behind it stand still, and afterwards they start anew with fresh values.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from devices.samples import Quality, Reading, Reason, freshness_limits
from greenhouse.alarms.binding import Binding
from greenhouse.alarms.conditions import BitSet, Change, Crossing, InState, Judgement, Side, Unusable, ValueCondition
from greenhouse.alarms.definitions import GateState, Kind
from greenhouse.site.virtual_points import VIRTUAL_POLL_S, Link, link_key

CLOCK_STEP_S = 5.0
"""Wall clock against monotonic clock: a larger difference between two rounds means that somebody set the clock. [s]"""
POLLS_UNTIL_SILENT = 6
"""A point that missed so many polls is silent, whatever the delay of its alarm: as for a dead value."""
_SIDES = {Kind.HIGH: Side.HIGH, Kind.LOW: Side.LOW, Kind.AWAY: Side.AWAY}
_ANOTHER_METER = frozenset({Reason.COUNTER_RESET, Reason.COUNTER_LEAP})
_LOST = float(Link.OFFLINE)
_FOUND = float(Link.ONLINE)


@dataclass(frozen=True, slots=True)
class Transition:
    """An alarm went on or off.

    Attributes
    ----------
    at_s : float
        When, by the samples, seconds since 1970 UTC. [s]
    value, reference : float or None
        What was seen, and what it was compared with.
    reason : int
        Number of the sample's ``Reason``.
    """

    binding: Binding
    change: Change
    at_s: float
    value: float | None = None
    reference: float | None = None
    reason: int = 0
    facts: Mapping[str, str | float] | None = None


@dataclass(frozen=True, slots=True)
class Resumed:
    """What is known of one alarm from before the start.

    Attributes
    ----------
    running_since_s : float or None
        Since when a delay ran. [s]
    """

    is_active: bool
    running_since_s: float | None


class _Watch:
    """One alarm with its condition."""

    __slots__ = ("binding", "causes", "condition", "is_held", "stored_since_s")

    def __init__(self, binding: Binding, condition: ValueCondition | Unusable) -> None:
        self.binding = binding
        self.condition = condition
        self.causes: tuple[_Cause, ...] = ()
        self.is_held = False
        self.stored_since_s: float | None = None

    def stands_still(self, at_s: float) -> bool:
        """Whether a lost link, or one that is suspected to be, speaks for it now.

        When a link is back that was lost for so long that it was an alarm, the condition starts anew; a blip of the
        link breaks no delay.
        """
        for cause in self.causes:
            if cause.condition.is_active:
                self.is_held = True
                return True
            if cause.condition.is_suspected:
                return True
        if self.is_held:
            self.is_held = False
            self.condition.start_anew(at_s)
        return False


class _Cause(_Watch):
    """A link or a line whose loss explains the alarms behind it."""

    __slots__ = ()
    condition: ValueCondition


@dataclass(frozen=True, slots=True)
class _Place:
    """What hangs on one position of a block."""

    position: int
    key: str
    is_reference: bool
    device_of_link: str | None
    watches: tuple[_Watch, ...]


class Evaluation:
    """The state of every alarm.

    Parameters
    ----------
    bindings : iterable of Binding
        What is watched; commands and holds are not: `greenhouse.alarms.unconfirmed`, `waiting_returns`.
    resumed : mapping
        Alarms that were on, or whose delay ran, when the last process ended, by `Binding.key`.
    last_good_s : mapping
        Time of the newest usable sample of each point from before the start. [s]
    from_s : float
        Now; silence before it says nothing. [s]
    not_listened_s : float
        How long nobody was listening before that. [s]
    pace : float
        How many seconds of the clock of the samples pass in one of the wire's: 1, but on a training base. Delays are
        the first clock's; how long a point may be silent follows from its polls, so it is the second one's.
    """

    def __init__(
        self,
        bindings: Iterable[Binding],
        *,
        resumed: Mapping[tuple[str, str], Resumed],
        last_good_s: Mapping[str, float],
        from_s: float,
        not_listened_s: float = 0.0,
        pace: float = 1.0,
    ) -> None:
        self._link_silent_s = freshness_limits(VIRTUAL_POLL_S * pace).stale_after_s
        self._watches = {
            binding.key: _watch(binding, from_s, pace)
            for binding in bindings
            if not binding.definition.kind.follows_commands
        }
        self._clocks: tuple[float, float] | None = None
        self._references: dict[str, float | None] = {}
        self._blocks: dict[tuple[str, ...], tuple[_Place, ...]] = {}
        self._lost: dict[str, bool] = {}
        self._by_object: defaultdict[str, list[_Watch]] = defaultdict(list)
        self._unusable: list[tuple[_Watch, Unusable]] = []
        self._dirty: dict[tuple[str, str], _Watch] = {}
        self._sort()
        self._link_seen_s = dict.fromkeys(self._devices_of_links.values(), from_s)
        for key, watch in self._watches.items():
            before = resumed.get(key, Resumed(is_active=False, running_since_s=None))
            self._resume(watch, before, last_good_s.get(watch.binding.object_key), from_s, not_listened_s)

    @property
    def active(self) -> frozenset[tuple[str, str]]:
        """Keys of the alarms that are on."""
        return frozenset(key for key, watch in self._watches.items() if watch.condition.is_active)

    def see(self, readings: Sequence[Reading]) -> list[Transition]:
        """Take every sample in, oldest first."""
        found: list[Transition] = []
        for reading in sorted(readings, key=lambda reading: reading.observed_at):
            self._see_block(reading, found)
        return found

    def pass_time(self, now_s: float, steady_s: float) -> list[Transition]:
        """Nothing more has come by now: points and links that are silent for too long.

        Called when everything that was read has been seen. ``steady_s``, a clock that nobody sets, tells one that was
        set from time that has passed. [s]
        """
        self._follow_clock(now_s, steady_s)
        found: list[Transition] = []
        for device, seen_s in self._link_seen_s.items():
            if now_s - seen_s > self._link_silent_s:
                self._see_link(device, _LOST, now_s, found)
        for watch, condition in self._unusable:
            if watch.stands_still(now_s):
                continue
            if change := condition.pass_time(now_s):
                self._dirty[watch.binding.key] = watch
                found.append(Transition(watch.binding, change, now_s))
        return found

    def running(self) -> dict[tuple[str, str], float | None]:
        """Delays that started, started anew or ended since they were last `stored`: since when each runs. [s]"""
        self._dirty = {
            key: watch for key, watch in self._dirty.items() if watch.condition.running_since_s != watch.stored_since_s
        }
        return {key: watch.condition.running_since_s for key, watch in self._dirty.items()}

    def stored(self, running: Mapping[tuple[str, str], float | None]) -> None:
        """These have been written down."""
        for key, since_s in running.items():
            self._watches[key].stored_since_s = since_s
            self._dirty.pop(key, None)

    def _sort(self) -> None:
        links: dict[str, _Cause] = {}
        lines: dict[str, _Cause] = {}
        for watch in self._watches.values():
            binding = watch.binding
            if not isinstance(watch, _Cause):
                self._by_object[binding.object_key].append(watch)
            elif binding.definition.kind is Kind.LINE_LOST:
                lines[binding.line or ""] = watch
            else:
                links[binding.device or ""] = watch
            if isinstance(watch.condition, Unusable):
                self._unusable.append((watch, watch.condition))
        for watch in self._watches.values():
            kind = watch.binding.definition.kind
            if kind is Kind.COUNTER:
                continue  # it is told once, with the first reading after a loss: no link may speak for it
            behind = [] if kind is Kind.LINE_LOST else [lines.get(watch.binding.line or "")]
            if not kind.is_cause:
                behind.append(links.get(watch.binding.device or ""))
            watch.causes = tuple(cause for cause in behind if cause is not None)
        self._links = links
        self._line_of = {device: line for line in lines.values() for device in line.binding.members}
        self._devices_of_links = {link_key(device): device for device in links.keys() | self._line_of.keys()}
        self._is_reference = {
            key
            for watch in self._watches.values()
            for key in (watch.binding.reference, *watch.binding.gate)
            if key is not None
        }

    def _resume(
        self, watch: _Watch, before: Resumed, last_s: float | None, from_s: float, not_listened_s: float
    ) -> None:
        watch.stored_since_s = before.running_since_s
        if isinstance(watch.condition, Unusable):
            watch.condition.resume(
                is_active=before.is_active,
                running_since_s=before.running_since_s,
                # Silence counts only while somebody listened.
                last_good_s=from_s if last_s is None else min(from_s, last_s + not_listened_s),
            )
        else:
            watch.condition.resume(is_active=before.is_active, running_since_s=before.running_since_s, last_s=last_s)

    def _see_block(self, reading: Reading, found: list[Transition]) -> None:
        places = self._blocks.get(reading.points)
        if places is None:
            places = self._blocks[reading.points] = self._places(reading.points)
        at_s = reading.observed_at.timestamp()
        values, quality = reading.values.tolist(), reading.quality.tolist()
        for place in places:
            if place.is_reference:
                self._references[place.key] = _usable(values[place.position], quality[place.position])
        for place in places:
            value = _usable(values[place.position], quality[place.position])
            if place.device_of_link is not None and value is not None:
                self._link_seen_s[place.device_of_link] = at_s
                self._see_link(place.device_of_link, value, at_s, found)
            for watch in place.watches:
                if not watch.stands_still(at_s):
                    self._see_value(watch, value, at_s, found, int(reading.reason[place.position]))

    def _see_value(self, watch: _Watch, value: float | None, at_s: float, found: list[Transition], reason: int) -> None:
        condition, reference = watch.condition, None
        if isinstance(condition, Unusable):
            change = condition.see(is_usable=value is not None, at_s=at_s)
        elif watch.binding.definition.kind is Kind.COUNTER:
            change = condition.see(None if value is None else float(reason in _ANOTHER_METER), at_s)
        else:
            seen, reference = self._compared(watch.binding, value)
            change = condition.see(seen, at_s)
        if change is not None or condition.running_since_s != watch.stored_since_s:
            self._dirty[watch.binding.key] = watch
        if change is not None:
            found.append(Transition(watch.binding, change, at_s, value, reference, reason))

    def _compared(self, binding: Binding, value: float | None) -> tuple[float | None, float | None]:
        """What the condition judges, and the reference; None where one of its inputs cannot be used."""
        if binding.gate:
            opened = self._gate(binding)
            if opened is None or value is None:
                return None, None
            if not opened:
                return _HARMLESS[binding.definition.kind], None
        if binding.reference is None or value is None:
            return value, None
        reference = self._references.get(binding.reference)
        return (None, None) if reference is None else (value - reference, reference)

    def _gate(self, binding: Binding) -> bool | None:
        gate = binding.definition.gate
        states = [self._references.get(key) for key in binding.gate]
        if gate is None or any(state is None for state in states):
            return None
        return any(states) if gate.state is GateState.ANY_ON else not any(states)

    def _see_link(self, device: str, value: float, at_s: float, found: list[Transition]) -> None:
        self._lost[device] = value == _LOST
        line = self._line_of.get(device)
        if line is not None:
            is_lost = all(self._lost.get(member, False) for member in line.binding.members)
            self._see_value(line, _LOST if is_lost else _FOUND, at_s, found, 0)
        link = self._links.get(device)
        if link is not None and not link.stands_still(at_s):
            self._see_value(link, value, at_s, found, 0)

    def _places(self, points: tuple[str, ...]) -> tuple[_Place, ...]:
        places = (
            _Place(
                position=position,
                key=key,
                is_reference=key in self._is_reference,
                device_of_link=self._devices_of_links.get(key),
                watches=tuple(self._by_object.get(key, ())),
            )
            for position, key in enumerate(points)
        )
        return tuple(place for place in places if place.is_reference or place.device_of_link or place.watches)

    def _follow_clock(self, now_s: float, steady_s: float) -> None:
        if self._clocks is not None:
            step_s = (now_s - self._clocks[0]) - (steady_s - self._clocks[1])
            if abs(step_s) > CLOCK_STEP_S:
                for _watch, condition in self._unusable:
                    condition.shift(step_s)
                self._link_seen_s = {device: seen_s + step_s for device, seen_s in self._link_seen_s.items()}
        self._clocks = now_s, steady_s


_HARMLESS = {Kind.HIGH: -math.inf, Kind.LOW: math.inf, Kind.AWAY: 0.0}
"""A value that no limit forbids: what a closed gate lets through."""


def _usable(value: float, quality: int) -> float | None:
    return value if quality < Quality.BAD and math.isfinite(value) else None


def _watch(binding: Binding, from_s: float, pace: float) -> _Watch:
    definition = binding.definition
    poll_s = VIRTUAL_POLL_S if binding.point is None else binding.point.poll_s
    if definition.kind is Kind.UNUSABLE:
        # A slow point is not silent just because its next poll is not due.
        on_delay_s = max(definition.on_delay_s, POLLS_UNTIL_SILENT * poll_s * pace)
        return _Watch(binding, Unusable(on_delay_s=on_delay_s, off_delay_s=definition.off_delay_s, from_s=from_s))
    condition = ValueCondition(
        _judgement(binding),
        on_delay_s=definition.on_delay_s,
        off_delay_s=definition.off_delay_s,
        gap_s=freshness_limits(poll_s * pace).stale_after_s,
    )
    return (_Cause if definition.kind.is_cause else _Watch)(binding, condition)


def _judgement(binding: Binding) -> Judgement:
    definition = binding.definition
    if definition.kind.is_cause:
        return InState(frozenset({_LOST}))
    if definition.kind is Kind.COUNTER:
        return InState(frozenset({float(True)}))
    if definition.kind is Kind.STATE:
        return InState(frozenset(map(float, definition.states)))
    if definition.kind is Kind.BITS:
        return BitSet(sum(1 << bit for bit in definition.bits))
    return Crossing(_SIDES[definition.kind], definition.limit, definition.deadband)
