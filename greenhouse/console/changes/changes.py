"""Requests as pages list them and frames carry them."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from greenhouse.access.roles import name_of, role_name
from greenhouse.clock import span
from greenhouse.commands import history
from greenhouse.commands.checks import Verdict
from greenhouse.commands.history import verdict_of
from greenhouse.commands.lifecycle import OPEN, State
from greenhouse.commands.messages import sentence, state_name
from greenhouse.commands.models import CommandRequest
from greenhouse.commands.naming import asked_by
from greenhouse.commands.undo import may_be_undone
from greenhouse.console.values.payloads import CommandState
from greenhouse.console.values.places import place_name
from greenhouse.console.values.shown_value import written
from greenhouse.site.display import unit_sign
from greenhouse.site.structure import BaseStructure, PointStructure
from greenhouse.telemetry.codes import to_ms

OVERLAP = timedelta(seconds=30)
"""Each look reaches back by so much. A step is dated when it is decided and committed when the store takes it: a full
wait for a locked store, and the control cycle's next attempt, lie between the two."""
FIRST_LOOK_BACK = timedelta(minutes=10)
SHOWN = 5

EXPECTED_PATH = (State.AWAITING_APPROVAL, State.REQUESTED, State.DISPATCHED, State.ACCEPTED, State.CONFIRMED)

SIGNS: Mapping[State, str] = {
    State.CONFIRMED: "tick",
    State.UNVERIFIABLE: "question",
    State.REFUSED: "lock",
    State.REJECTED: "cross",
    State.TIMEOUT: "broken-ring",
    State.EXPIRED: "cross",
    State.SUPERSEDED: "cross",
    State.DECLINED: "cross",
}
"""Sign of each end; what is still open has an hourglass."""


@dataclass(frozen=True, slots=True)
class Step:
    """One link of the chain from the request to its end. ``at`` is None for what is still ahead."""

    state: State
    at: datetime | None
    is_last: bool

    @property
    def name(self) -> str:
        """In the reader's language."""
        return state_name(self.state)

    @property
    def sign(self) -> str:
        """Sign that stands before the name."""
        if self.at is None:
            return "ahead"
        return SIGNS.get(self.state, "hourglass") if self.is_last else "tick"


@dataclass(frozen=True, slots=True)
class Change:
    """A request with the words that a page needs."""

    request: CommandRequest
    point: PointStructure | None
    place: str

    @property
    def state(self) -> State:
        """How far it has come."""
        return State(self.request.state)

    @property
    def is_open(self) -> bool:
        """Whether it may still do something."""
        return self.state in OPEN

    @property
    def state_name(self) -> str:
        """In the reader's language."""
        return state_name(self.state)

    @property
    def sign(self) -> str:
        """Sign of the state."""
        return SIGNS.get(self.state, "hourglass")

    @property
    def label(self) -> str:
        """What was changed; the key, if it is not part of the base any more."""
        return self.request.point_key if self.point is None else self.point.label

    @property
    def by(self) -> str:
        """Who asked for it."""
        return asked_by(self.request)

    @property
    def unit(self) -> str:
        """Sign of the unit."""
        return "" if self.point is None else unit_sign(self.point.unit)

    @property
    def new(self) -> str:
        """The value that was asked for."""
        return self.written(self.request.value)

    @property
    def old(self) -> str:
        """The value that was in force then."""
        return self.written(self.request.previous_value)

    @property
    def readback(self) -> str:
        """The value that was read back at the end."""
        return self.written(self.request.readback_value)

    @property
    def new_entry(self) -> str:
        """The value that was asked for, as an entry."""
        return f"{self.request.value:.10g}"

    @property
    def old_entry(self) -> str:
        """The value that was in force then, as an entry."""
        return "" if self.request.previous_value is None else f"{self.request.previous_value:.10g}"

    def may_be_undone(self, now: datetime) -> bool:
        """Whether the way back is offered: there is a former value, and the change is recent."""
        return may_be_undone(self.request, now)

    @property
    def approved_by(self) -> str:
        """The second person; empty: nobody had to agree, or nobody has yet."""
        return "" if self.request.approved_by is None else name_of(self.request.approved_by)

    @property
    def role_name(self) -> str:
        """Role of the person then, in the reader's language."""
        return role_name(self.request.role)

    @property
    def verdict(self) -> Verdict:
        """Why it ended as it did."""
        return verdict_of(self.request)

    @property
    def why(self) -> str:
        """The verdict as a sentence in the reader's language; empty if there is nothing to say."""
        return sentence(self.verdict)

    @property
    def steps(self) -> list[Step]:
        """What has happened, and what is still expected to."""
        done = [(State(event.state), event.at) for event in self.request.events.all()]
        last = len(done) - 1
        steps = [Step(state, at, is_last=number == last) for number, (state, at) in enumerate(done)]
        if self.is_open:
            ahead = EXPECTED_PATH[EXPECTED_PATH.index(self.state) + 1 :]
            steps += [Step(state, None, is_last=False) for state in ahead]
        return steps

    def written(self, value: float | None) -> str:
        """A value of the point as pages write it."""
        return written(self.point, value)


def newest(base: BaseStructure, *, of: Collection[str] | None = None) -> list[Change]:
    """The newest requests of these points, or of the whole base, newest first."""
    return of_requests(base, history.newest_requests(SHOWN, of=of))


def of_point(base: BaseStructure, point_key: str) -> list[Change]:
    """The newest requests of one point, newest first."""
    return of_requests(base, history.last_requests(point_key))


def one(base: BaseStructure, point_key: str, request_id: UUID) -> Change | None:
    """One request of a point, however old; None if the point has no such one."""
    found = history.request_of_point(point_key, request_id)
    return None if found is None else of_requests(base, [found])[0]


class Moves:
    """Requests as they move on, each step told once, in one look after the other."""

    def __init__(self) -> None:
        self._looked_at: datetime | None = None
        self._seen: frozenset[tuple[UUID, str]] = frozenset()

    def look(self, now: datetime) -> list[CommandState]:
        """Requests that moved since the last look; at the first, the recent ones and all that are open."""
        if self._looked_at is None:
            found = history.changed_since(now - span(FIRST_LOOK_BACK))
            found += [request for request in history.open_requests() if request not in found]
        else:
            found = history.changed_since(self._looked_at - span(OVERLAP))
        moved = [request for request in found if (request.pk, request.state) not in self._seen]
        self._looked_at, self._seen = now, frozenset((request.pk, request.state) for request in found)
        return [command_state(request) for request in moved]


def command_state(request: CommandRequest) -> CommandState:
    """A request as frames carry it."""
    return CommandState(
        id=str(request.pk),
        point=request.point_key,
        state=request.state,
        verdict=request.verdict,
        value=request.value,
        previous=request.previous_value,
        readback=_finite(request.readback_value),
        by=asked_by(request),
        created=to_ms(request.created_at),
        times={event.state: to_ms(event.at) for event in request.events.all()},
    )


def _finite(value: float | None) -> float | None:
    """A number that JSON has; a controller may be read back as anything."""
    return value if value is not None and math.isfinite(value) else None


def of_requests(base: BaseStructure, requests: Sequence[CommandRequest]) -> list[Change]:
    """Requests with the words that a page needs, in the same order."""
    found = []
    for request in requests:
        point = base.points.get(request.point_key)
        place = base.name if point is None else place_name(base, point)
        found.append(Change(request=request, point=point, place=place))
    return found
