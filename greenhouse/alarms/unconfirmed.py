"""Commands that are not known to have taken: one alarm per point.

It is over when a later command of the point is confirmed, or when the value is read back as it was asked for. Where
nothing can be read back nobody will ever know, so there it is over once a person has acknowledged it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta

import numpy as np

from devices.samples import Quality, Reading
from greenhouse.alarms import board
from greenhouse.alarms.binding import Binding
from greenhouse.alarms.conditions import Change
from greenhouse.alarms.definitions import Kind
from greenhouse.alarms.evaluation import Transition
from greenhouse.commands import history
from greenhouse.commands.lifecycle import State
from greenhouse.commands.models import CommandRequest
from greenhouse.commands.sources import Source

UNCONFIRMED = frozenset({State.TIMEOUT, State.REJECTED, State.UNVERIFIABLE})
"""Ends of a request after which nobody knows whether it took, or it is known that it did not."""
OVERLAP = timedelta(seconds=30)
"""Each look reaches back by so much: a step is committed later than it is dated."""
FIRST_LOOK_BACK = timedelta(hours=1)
"""How far the first look of a process reaches: what ended while the last one was being killed."""


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
    """

    def __init__(
        self, bindings: Iterable[Binding], *, active: Collection[str], told: Collection[str], now: datetime
    ) -> None:
        self._bindings = {b.object_key: b for b in bindings if b.definition.kind is Kind.UNCONFIRMED}
        self._looked_at = now - FIRST_LOOK_BACK + OVERLAP
        self._seen: set[tuple[str, str]] = set()
        self._told = set(told)
        self._asked: dict[str, CommandRequest] = {}
        for point in active:
            newest = history.last_requests(point, count=1)
            if newest and point in self._bindings:
                self._asked[point] = newest[0]

    def look(self, now: datetime) -> list[Transition]:
        """Requests that ended since the last look. ``now`` is the wall clock's: requests are dated by it."""
        found = history.changed_since(min(self._looked_at, now) - OVERLAP)  # the clock may have been set back
        steps = {(str(request.pk), request.state) for request in found}
        transitions = [
            transition
            for request in found
            if (str(request.pk), request.state) not in self._seen and (transition := self._judge(request)) is not None
        ]
        self._looked_at, self._seen = now, steps
        return transitions + self._acknowledged(now)

    def see(self, readings: Sequence[Reading]) -> list[Transition]:
        """Values that were read back as they had been asked for."""
        found: list[Transition] = []
        for point, request in list(self._asked.items()):
            binding = self._bindings[point]
            readback = None if binding.point is None else binding.point.readback
            for reading in readings:
                if readback not in reading.points or reading.observed_at <= request.state_at:
                    continue
                position = reading.points.index(readback)
                value = float(reading.values[position])
                if reading.quality[position] < Quality.BAD and self._is_as_asked(binding, request, value):
                    found.append(self._clear(point, reading.observed_at, {"read_back": value}))
                    break
        return found

    def _judge(self, request: CommandRequest) -> Transition | None:
        point, state = request.point_key, State(request.state)
        if state is State.CONFIRMED and point in self._asked and request.state_at >= self._asked[point].state_at:
            if request.source == Source.CONTROLLER and not history.is_as_asked(self._asked[point], request.value):
                return None  # a controller that took another value looks like somebody on site
            return self._clear(point, request.state_at, {"request": str(request.pk)})
        if state not in UNCONFIRMED or point not in self._bindings or str(request.pk) in self._told:
            return None
        is_new = point not in self._asked
        self._asked[point] = request
        self._told.add(str(request.pk))
        if not is_new:
            return None
        facts = {"request": str(request.pk), "state": state.value, "verdict": request.verdict, "asked": request.value}
        return Transition(
            binding=self._bindings[point],
            change=Change.RAISED,
            at_s=request.state_at.timestamp(),
            value=request.readback_value,
            reference=request.value,
            facts=facts,
        )

    def _acknowledged(self, now: datetime) -> list[Transition]:
        blind = [point for point in self._asked if not self._can_be_read_back(point)]
        if not blind:
            return []
        acknowledged = board.acknowledged_objects(Kind.UNCONFIRMED)
        return [
            self._clear(point, now, {"acknowledged": "nothing to read back"})
            for point in blind
            if point in acknowledged
        ]

    def _can_be_read_back(self, point: str) -> bool:
        structure = self._bindings[point].point
        return structure is not None and structure.readback is not None

    def _is_as_asked(self, binding: Binding, request: CommandRequest, value: float) -> bool:
        tolerance = 0.0 if binding.point is None else binding.point.tolerance or 0.0
        return bool(np.isfinite(value)) and abs(value - request.value) <= tolerance

    def _clear(self, point: str, at: datetime, facts: Mapping[str, str | float]) -> Transition:
        del self._asked[point]
        return Transition(self._bindings[point], Change.CLEARED, at.timestamp(), facts=facts)
