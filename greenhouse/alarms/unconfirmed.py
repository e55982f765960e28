"""Commands that are not known to have taken: one alarm per point.

It is over when a later command of the point is confirmed, when the value is read back as it was asked for, or when a
further try has given way to a value that was set on site. Where
nothing can be read back nobody will ever know, so there it is over once a person has acknowledged it; so it is with an
output that a planned stop left unconfirmed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from devices.samples import Quality, Reading
from greenhouse.alarms import board
from greenhouse.alarms.binding import Binding
from greenhouse.alarms.conditions import Change
from greenhouse.alarms.definitions import Kind
from greenhouse.alarms.evaluation import Transition
from greenhouse.alarms.occurrences import CLOCKS_AGREE_WITHIN
from greenhouse.clock import span
from greenhouse.commands import history
from greenhouse.commands.checks import agree
from greenhouse.commands.lifecycle import State
from greenhouse.commands.models import CommandRequest, PlannedStop
from greenhouse.commands.sources import Source

OVERLAP = timedelta(seconds=30)
"""Each look reaches back by so much: a step is committed later than it is dated."""
FIRST_LOOK_BACK = timedelta(hours=1)
"""How far the first look of a process reaches: what ended while the last one was being killed."""


@dataclass(frozen=True, slots=True)
class _Doubt:
    """Why the alarm of a point is on.

    Attributes
    ----------
    request : CommandRequest or None
        None: a planned stop left the output unconfirmed.
    step : int
        This step and later ones are news: requests are compared by the order of their steps, since clocks are set.
    seen_at : datetime
        On the clock of the samples: what was read before says nothing.
    """

    request: CommandRequest | None
    step: int
    seen_at: datetime


class UnconfirmedCommands:
    """Follows the requests of the base.

    Parameters
    ----------
    bindings : iterable of Binding
        Of kind ``UNCONFIRMED``.
    active : collection of str
        Keys of the points whose alarm is on.
    told : collection of str
        Ids of requests that have raised one before.
    now, wall : datetime
        On the clock of the samples, and on that by which requests are dated.
    """

    def __init__(
        self,
        bindings: Iterable[Binding],
        *,
        active: Collection[str],
        told: Collection[str],
        now: datetime,
        wall: datetime,
    ) -> None:
        self._bindings = {b.object_key: b for b in bindings if b.definition.kind is Kind.UNCONFIRMED}
        self._looked_at = wall - FIRST_LOOK_BACK + span(OVERLAP)
        self._seen: set[tuple[str, str]] = set()
        self._told = set(told)
        self._stop_is_told = False
        self._doubts: dict[str, _Doubt] = {}
        for point in active:
            if point in self._bindings:
                request = history.last_word(point)
                step = history.newest_step() + 1 if request is None else history.last_step(request)
                self._doubts[point] = _Doubt(request, step, now)

    def look(self, now: datetime, *, wall: datetime) -> list[Transition]:
        """Requests that ended since the last look, and once what the last planned stop left.

        Parameters
        ----------
        now, wall : datetime
            On the clock of the samples, and on that by which requests are dated.
        """
        # The wall clock may have been set back.
        found = history.changed_since(min(self._looked_at, wall) - span(OVERLAP))
        found.sort(key=history.last_step)
        stop = None if self._stop_is_told else history.last_stop()
        told_of_stop = frozenset[str]() if stop is None else board.told_of_stop(stop.pk)
        step = 0 if stop is None else history.newest_step() + 1
        blind = [point for point in self._doubts if not self._can_be_read_back(point)]
        acknowledged = board.acknowledged_objects(Kind.UNCONFIRMED) if blind else frozenset[str]()
        # Nothing below asks the store: what is remembered and what is handed over stay together.
        transitions: list[Transition] = []
        for request in found:
            if (str(request.pk), request.state) not in self._seen:
                at = _on_the_clock_of_samples(request.state_at, now, wall)
                transitions += self._judge(request, now, at=at)
        if stop is not None:
            at = _on_the_clock_of_samples(stop.at, now, wall)
            transitions += self._judge_stop(stop, _Doubt(None, step, now), at=at, told=told_of_stop)
        for point in acknowledged.intersection(blind) & self._doubts.keys():
            transitions.append(self._clear(point, now, {"acknowledged": "nothing to read back"}))
        self._looked_at, self._seen = wall, {(str(request.pk), request.state) for request in found}
        self._stop_is_told = True
        return transitions

    def see(self, readings: Sequence[Reading]) -> list[Transition]:
        """Values that were read back as they had been asked for."""
        found: list[Transition] = []
        for point, doubt in list(self._doubts.items()):
            binding = self._bindings[point]
            readback = None if binding.point is None else binding.point.readback
            for reading in readings:
                if doubt.request is None or readback not in reading.points or reading.observed_at <= doubt.seen_at:
                    continue
                position = reading.points.index(readback)
                value = float(reading.values[position])
                if reading.quality[position] < Quality.BAD and self._is_as_asked(point, doubt.request, value):
                    found.append(self._clear(point, reading.observed_at, {"read_back": value}))
                    break
        return found

    def _judge(self, request: CommandRequest, now: datetime, *, at: datetime) -> list[Transition]:
        point, state = request.point_key, State(request.state)
        doubt = self._doubts.get(point)
        ends_doubts = state is State.CONFIRMED or history.is_overtaken(request)
        if doubt is not None and ends_doubts and self._settles(request, doubt):
            return [self._clear(point, at, {"request": str(request.pk)})]
        if not history.is_unconfirmed(request) or point not in self._bindings or str(request.pk) in self._told:
            return []
        self._doubts[point] = _Doubt(request, history.last_step(request), now)
        self._told.add(str(request.pk))
        if doubt is not None:
            return []
        facts = {"request": str(request.pk), "state": state.value, "verdict": request.verdict, "asked": request.value}
        return [self._raise(point, at, facts, value=request.readback_value, asked=request.value)]

    def _judge_stop(self, stop: PlannedStop, doubt: _Doubt, *, at: datetime, told: Collection[str]) -> list[Transition]:
        transitions: list[Transition] = []
        for point, fault in stop.unconfirmed.items():
            if point in self._bindings and point not in self._doubts and point not in told:
                self._doubts[point] = doubt
                transitions.append(self._raise(point, at, {"planned_stop": str(stop.pk), "fault": fault}))
        return transitions

    def _settles(self, request: CommandRequest, doubt: _Doubt) -> bool:
        """Whether a request that ended well, or gave way on site, is newer than the doubt and ends it."""
        if history.last_step(request) < doubt.step:
            return False
        if request.source != Source.CONTROLLER or doubt.request is None:
            return True
        # A controller that took another value looks like somebody on site.
        return self._is_as_asked(request.point_key, doubt.request, request.value)

    def _can_be_read_back(self, point: str) -> bool:
        structure = self._bindings[point].point
        has_readback = structure is not None and structure.readback is not None
        return has_readback and self._doubts[point].request is not None

    def _is_as_asked(self, point: str, request: CommandRequest, value: float) -> bool:
        structure = self._bindings[point].point
        return agree(value, request.value, tolerance=None if structure is None else structure.tolerance)

    def _raise(
        self,
        point: str,
        at: datetime,
        facts: Mapping[str, str | float],
        *,
        value: float | None = None,
        asked: float | None = None,
    ) -> Transition:
        return Transition(
            self._bindings[point], Change.RAISED, at.timestamp(), value=value, reference=asked, facts=facts
        )

    def _clear(self, point: str, at: datetime, facts: Mapping[str, str | float]) -> Transition:
        del self._doubts[point]
        return Transition(self._bindings[point], Change.CLEARED, at.timestamp(), facts=facts)


def _on_the_clock_of_samples(wall_then: datetime, now: datetime, wall: datetime) -> datetime:
    """When something was that the wall clock dated: as long ago by the clock on which alarms are raised.

    Where the wall clock cannot tell how long ago that was, it was just now.
    """
    if abs(now - wall) <= span(CLOCKS_AGREE_WITHIN):
        return min(wall_then, now)
    ago = wall - wall_then
    return now - ago if timedelta(0) <= ago <= FIRST_LOOK_BACK else now
