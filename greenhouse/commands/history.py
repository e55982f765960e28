"""What was asked for and what became of it, as pages and alarms read it."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Count, Exists, Max, OuterRef, Q, QuerySet, Subquery

from greenhouse.commands.checks import Code, Verdict, agree
from greenhouse.commands.lifecycle import UNCONFIRMED, State
from greenhouse.commands.models import CommandEvent, CommandRequest, InForce, PlannedStop
from greenhouse.commands.sources import AUTOMATIC_RETURN, Source
from greenhouse.site import structure

_KNOWN_AGAIN = UNCONFIRMED | {State.CONFIRMED}
"""Ends that say something newer about a point than an older unconfirmed command."""


_LOOKED_THROUGH = 50
"""Newest requests of a point among which its last word is looked for."""
_NOT_RETURNED = frozenset({State.REFUSED, State.EXPIRED})
"""Ends of an automatic return after which its point still holds a value whose time is over."""


@dataclass(frozen=True, slots=True)
class Unconfirmed:
    """A point of which nobody knows whether it holds what was sent to it.

    Attributes
    ----------
    at : datetime
        When it was given up.
    verdict : Verdict
        Why, for `greenhouse.commands.messages.sentence`.
    request : CommandRequest or None
        None: the output of a planned stop.
    """

    point_key: str
    at: datetime
    verdict: Verdict
    request: CommandRequest | None


def verdict_of(step: CommandRequest | CommandEvent) -> Verdict:
    """Why a request is where it is, for `greenhouse.commands.messages.sentence`."""
    return Verdict(Code(step.verdict), step.facts)


def last_requests(point_key: str, count: int = 5) -> list[CommandRequest]:
    """The newest requests of a point, newest first, each with its steps in order (``events``)."""
    return list(_with_steps().filter(point_key=point_key).order_by("-created_at")[:count])


def newest_requests(count: int, *, of: Collection[str] | None = None) -> list[CommandRequest]:
    """The newest requests, newest first, each with its steps.

    Parameters
    ----------
    of : collection of str, optional
        Keys of points; None: of all points.
    """
    rows = _with_steps() if of is None else _with_steps().filter(point_key__in=of)
    return list(rows.order_by("-created_at")[:count])


def one_request(request_id: UUID) -> CommandRequest | None:
    """One request with its steps and its manual hold."""
    return _with_steps().select_related("hold").filter(pk=request_id).first()


def ended_by_state() -> dict[State, int]:
    """How many requests ended in each state, of all that there ever were."""
    rows = CommandRequest.objects.filter(ended_at__isnull=False).values_list("state").annotate(n=Count("*"))
    return {State(state): count for state, count in rows.order_by()}


def request_of_point(point_key: str, request_id: UUID) -> CommandRequest | None:
    """One request of a point, with its steps."""
    return _with_steps().filter(point_key=point_key, pk=request_id).first()


def open_requests() -> list[CommandRequest]:
    """Every request that may still do something, oldest first, each with its steps."""
    return list(_with_steps().filter(ended_at=None).order_by("created_at"))


def changed_since(moment: datetime) -> list[CommandRequest]:
    """Requests that reached a new state at or after a moment, in that order, each with its steps.

    A reader that looks again and again passes a moment well before its last look, and drops what it has seen already
    (``id`` and ``state``): a step is committed later than it is dated.
    """
    return list(_with_steps().filter(state_at__gte=moment).order_by("state_at"))


def requests_between(point_keys: Collection[str], start: datetime, end: datetime, count: int) -> list[CommandRequest]:
    """Requests for some points that were asked for in a span of time, newest first, at most so many."""
    rows = CommandRequest.objects.select_related("requested_by").filter(point_key__in=point_keys)
    return list(rows.filter(created_at__gte=start, created_at__lt=end).order_by("-created_at")[:count])


def last_changes(point_keys: list[str]) -> dict[str, CommandRequest]:
    """By point, the request that put the value there that is known to be in force; a change on site is one of them."""
    rows = InForce.objects.filter(point_key__in=point_keys, request__isnull=False)
    return {row.point_key: row.request for row in rows.select_related("request__requested_by") if row.request}


def unconfirmed(since: datetime) -> list[Unconfirmed]:
    """Points whose newest command was sent and is not confirmed, and outputs that a planned stop left unconfirmed.

    A point leaves the list when a newer command of it is confirmed, or when the controller is found to hold what was
    asked for. An automatic return that was never sent is on it too: its point still holds a value whose time is over.

    Parameters
    ----------
    since : datetime
        How far back commands and stops are looked at.
    """
    return sorted([*_unconfirmed_requests(since), *_unconfirmed_stops(since)], key=lambda found: found.at)


def is_unconfirmed(request: CommandRequest) -> bool:
    """Whether a request ended so that its point may not hold what it should."""
    state = State(request.state)
    return state in UNCONFIRMED or (state in _NOT_RETURNED and request.actor == AUTOMATIC_RETURN)


def last_step(request: CommandRequest) -> int:
    """Number of the newest step of a request; steps of all requests are numbered in one order."""
    return max((step.pk for step in request.events.all()), default=0)


def newest_step() -> int:
    """Number of the newest step of all."""
    return CommandEvent.objects.aggregate(id=Max("id"))["id"] or 0


def last_word(point_key: str) -> CommandRequest | None:
    """The newest request of a point that ended confirmed or unconfirmed, whatever was found at the controller since."""
    ended = _with_steps().filter(point_key=point_key, ended_at__isnull=False).exclude(source=Source.CONTROLLER)
    newest = sorted(ended.order_by("-created_at")[:_LOOKED_THROUGH], key=last_step, reverse=True)
    return next((one for one in newest if one.state == State.CONFIRMED or is_unconfirmed(one)), None)


def last_stop() -> PlannedStop | None:
    """The newest planned stop."""
    return PlannedStop.objects.order_by("-pk").first()


def is_outdated(request: CommandRequest) -> bool:
    """Whether something newer is known of the point, so that how this request ended does not matter any more.

    What was found at the controller is that only if it is the value that was asked for: a controller that took another
    one, or is still on its way there, looks like somebody on site. A further try that was given up for that is the end
    of it: the value in force is somebody's, and known.
    """
    # By the order of steps, not by their times: somebody may have set the clock back between the two.
    last = CommandEvent.objects.filter(request=request).aggregate(id=Max("id"))["id"] or 0
    known_again = Q(state__in=_KNOWN_AGAIN) | Q(state=State.SUPERSEDED, verdict=Code.SET_ON_SITE)
    newer = CommandEvent.objects.filter(known_again, request__point_key=request.point_key, id__gt=last).values_list(
        "source", "new_value"
    )
    return any(source != Source.CONTROLLER or is_as_asked(request, value) for source, value in newer)


def in_force_since(request: CommandRequest) -> bool:
    """Whether a newer value of the point, from here or on site, is known to have been in force since this request."""
    last = CommandEvent.objects.filter(request=request).aggregate(id=Max("id"))["id"] or 0
    newer = CommandEvent.objects.filter(request__point_key=request.point_key, id__gt=last, state=State.CONFIRMED)
    return newer.exists()


def is_overtaken(request: CommandRequest) -> bool:
    """Whether a further try was given up because somebody set another value on site."""
    return request.state == State.SUPERSEDED and request.verdict == Code.SET_ON_SITE


def is_as_asked(request: CommandRequest, value: float | None) -> bool:
    """Whether a value is the one that was asked for, within the tolerance of the point."""
    point = structure.point(request.point_key)
    return agree(value, request.value, tolerance=None if point is None else point.tolerance)


def requests_of_batch(batch_id: UUID) -> list[CommandRequest]:
    """The requests of a batch, each with its steps."""
    return list(_with_steps().filter(batch=batch_id))


def _unconfirmed_requests(since: datetime) -> Iterator[Unconfirmed]:
    # By the order of steps, not by their times: somebody may have set the clock back between the two.
    newer = CommandEvent.objects.filter(
        request__point_key=OuterRef("point_key"),
        id__gt=OuterRef("last_step"),
        state__in=_KNOWN_AGAIN,
    ).exclude(source=Source.CONTROLLER)
    ended = CommandRequest.objects.filter(state_at__gte=since).filter(
        Q(state__in=UNCONFIRMED) | Q(state__in=_NOT_RETURNED, actor=AUTOMATIC_RETURN)
    )
    own_steps = CommandEvent.objects.filter(request=OuterRef("pk")).order_by("-id")
    ended = ended.annotate(last_step=Subquery(own_steps.values("id")[:1]))
    for request in ended.exclude(Exists(newer)).select_related("requested_by").order_by("state_at"):
        if is_outdated(request):
            continue
        yield Unconfirmed(request.point_key, request.state_at, verdict_of(request), request)


def _unconfirmed_stops(since: datetime) -> Iterator[Unconfirmed]:
    stop = last_stop()
    if stop is None or stop.at < since:
        return
    for point_key, fault in stop.unconfirmed.items():
        yield Unconfirmed(point_key, stop.at, Verdict(Code.STOP_UNCONFIRMED, {"fault": fault}), None)


def _with_steps() -> QuerySet[CommandRequest]:
    return CommandRequest.objects.select_related("requested_by", "approved_by").prefetch_related("events")
