"""How the alarms stand: what pages and the control process read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Case, Count, IntegerField, Q, When

from greenhouse.alarms.definitions import Kind, Priority
from greenhouse.alarms.evaluation import Resumed
from greenhouse.alarms.lifecycle import CALLS, LISTED, OPEN, State
from greenhouse.alarms.models import Board, Occurrence, RunningDelay

_CALLS, _LISTED, _OPEN = (sorted(state.value for state in states) for states in (CALLS, LISTED, OPEN))


@dataclass(frozen=True, slots=True)
class Standing:
    """The alarms of the base in one line.

    Attributes
    ----------
    counts : mapping of Priority to int
        Listed alarms: on or not acknowledged, and not explained by another.
    calling : frozenset of Priority
        Priorities of which at least one is not acknowledged.
    newest : Occurrence or None
        The newest that is not acknowledged.
    last_at : datetime or None
        When the last alarm of all was raised; None as well while there are alarms.
    compartments : mapping of str to (Priority, bool)
        By compartment, its most urgent listed priority, and whether an alarm of that priority is not acknowledged.
    """

    counts: Mapping[Priority, int]
    calling: frozenset[Priority]
    newest: Occurrence | None
    last_at: datetime | None
    compartments: Mapping[str, tuple[Priority, bool]]


def revision() -> int:
    """Another number after every change of an alarm."""
    return Board.objects.filter(pk=1).values_list("revision", flat=True).first() or 0


def standing() -> Standing:
    """The alarms of the base in one line."""
    rows = Occurrence.objects.filter(state__in=_LISTED).values_list("priority", "state", "compartment_key")
    listed = [(Priority(priority), State(state), place) for priority, state, place in rows]
    calling = frozenset(priority for priority, state, _place in listed if state in CALLS)
    calls, everything = Occurrence.objects.filter(state__in=_CALLS), Occurrence.objects.all()
    return Standing(
        counts=Counter(priority for priority, _state, _place in listed),
        calling=calling,
        newest=calls.order_by("-raised_at").first() if calling else None,
        last_at=None if listed else everything.order_by("-raised_at").values_list("raised_at", flat=True).first(),
        compartments=_most_urgent(listed),
    )


def _most_urgent(listed: Iterable[tuple[Priority, State, str | None]]) -> dict[str, tuple[Priority, bool]]:
    found: dict[str, tuple[Priority, bool]] = {}
    for priority, state, place in listed:
        if place is None:
            continue
        known, calls = found.get(place, (priority, False))
        if priority < known:
            found[place] = priority, state in CALLS
        elif priority == known:
            found[place] = priority, calls or state in CALLS
    return found


def listed() -> list[Occurrence]:
    """Alarms for a person, those that are on first, the most urgent first, the newest first.

    Each carries ``suppressed_count``: how many others it explains.
    """
    rows = Occurrence.objects.filter(state__in=_LISTED).select_related("acknowledged_by")
    order = Case(When(state=State.RETURNED.value, then=1), default=0, output_field=IntegerField())
    explained = Count("suppresses", filter=Q(suppresses__cleared_at__isnull=True))
    return list(rows.annotate(suppressed_count=explained).order_by(order, "priority", "-raised_at"))


def history(*, compartments: Collection[str] | None, since: datetime, count: int) -> list[Occurrence]:
    """Alarms that were raised since a moment, newest first, at most so many.

    Parameters
    ----------
    compartments : collection of str, optional
        Keys; None: the whole base.
    """
    rows = Occurrence.objects.filter(raised_at__gte=since).select_related("acknowledged_by")
    if compartments is not None:
        rows = rows.filter(compartment_key__in=compartments)
    return list(rows.order_by("-raised_at")[:count])


def between(
    start: datetime, end: datetime, *, compartments: Collection[str], objects: Collection[str], count: int
) -> list[Occurrence]:
    """Alarms that were on at some time of a span, newest first, at most so many.

    Parameters
    ----------
    compartments, objects : collection of str
        Keys; an alarm of one of these compartments, or on one of these objects, is taken.
    """
    where = Q(compartment_key__in=compartments) | Q(object_key__in=objects)
    when = Q(raised_at__lt=end) & (Q(cleared_at__isnull=True) | Q(cleared_at__gte=start))
    return list(Occurrence.objects.filter(where & when).order_by("-raised_at")[:count])


def one(occurrence_id: UUID) -> Occurrence | None:
    """One alarm."""
    return Occurrence.objects.select_related("acknowledged_by").filter(pk=occurrence_id).first()


def page(
    *,
    count: int,
    before: tuple[datetime, UUID] | None = None,
    only_open: bool = False,
    compartment: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
) -> list[Occurrence]:
    """Alarms by the time of their first raising, newest first: one that comes back keeps its place among the pages.

    Parameters
    ----------
    before : optional
        That time and the id of the last one of the page before.
    only_open : bool
        Without those that are history.
    since, until : datetime, optional
        Raised for the last time from ``since`` to before ``until``.
    """
    rows = Occurrence.objects.select_related("acknowledged_by")
    if only_open:
        rows = rows.filter(state__in=_OPEN)
    if compartment is not None:
        rows = rows.filter(compartment_key=compartment)
    if since is not None:
        rows = rows.filter(raised_at__gte=since)
    if until is not None:
        rows = rows.filter(raised_at__lt=until)
    if before is not None:
        rows = rows.filter(Q(first_raised_at__lt=before[0]) | Q(first_raised_at=before[0], id__lt=before[1]))
    return list(rows.order_by("-first_raised_at", "-id")[:count])


def open_by_state() -> dict[tuple[Priority, State], int]:
    """How many alarms that are not history there are of each priority and state."""
    rows = Occurrence.objects.filter(state__in=_OPEN).values_list("priority", "state").annotate(n=Count("id"))
    return {(Priority(priority), State(state)): count for priority, state, count in rows.order_by()}


def resumed() -> dict[tuple[str, str], Resumed]:
    """Every alarm that is on and every delay that runs, as the last process left them."""
    active = set(
        Occurrence.objects.filter(state__in=_OPEN, cleared_at__isnull=True).values_list("definition_key", "object_key")
    )
    delays = {(delay.definition_key, delay.object_key): delay.since for delay in RunningDelay.objects.all()}
    return {
        key: Resumed(is_active=key in active, running_since_s=delays[key].timestamp() if key in delays else None)
        for key in active | delays.keys()
    }


def told_requests(since: datetime) -> frozenset[str]:
    """Ids of the requests for which an alarm was raised since a moment."""
    rows = Occurrence.objects.filter(kind=Kind.UNCONFIRMED.value, raised_at__gte=since)
    return frozenset(facts["request"] for facts in rows.values_list("facts", flat=True) if "request" in facts)


def told_of_stop(stop_id: int) -> frozenset[str]:
    """Keys of the points for which an alarm was raised about that planned stop."""
    rows = Occurrence.objects.filter(kind=Kind.UNCONFIRMED.value, facts__planned_stop=str(stop_id))
    return frozenset(rows.values_list("object_key", flat=True))


def acknowledged_objects(kind: Kind) -> frozenset[str]:
    """Keys of the objects whose alarm of this kind is on and acknowledged."""
    rows = Occurrence.objects.filter(
        kind=kind.value, state__in=_OPEN, cleared_at__isnull=True, acknowledged_at__isnull=False
    )
    return frozenset(rows.values_list("object_key", flat=True))
