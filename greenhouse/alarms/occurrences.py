"""Alarms into the store: raised and cleared by the control process, acknowledged by people. Each with its event."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.contrib.auth.models import AnonymousUser, User
from django.db import DEFAULT_DB_ALIAS, IntegrityError, transaction
from django.db.models import F, Q, QuerySet

from greenhouse.access.errors import NotAllowed
from greenhouse.access.roles import Action, may, name_of, role_of
from greenhouse.alarms.binding import Binding
from greenhouse.alarms.conditions import Change
from greenhouse.alarms.definitions import Kind
from greenhouse.alarms.errors import NothingToAcknowledge, UnknownAlarm
from greenhouse.alarms.evaluation import Transition
from greenhouse.alarms.lifecycle import OPEN, EventKind, State, state_of
from greenhouse.alarms.loader import load_shipped
from greenhouse.alarms.models import Board, Occurrence, OccurrenceEvent, RunningDelay
from greenhouse.clock import span
from greenhouse.fencing import UNFENCED, Fence
from greenhouse.ledger import chain
from greenhouse.site.virtual_points import CONTROL

logger = logging.getLogger(__name__)

CLOCKS_AGREE_WITHIN = timedelta(seconds=5)
"""The wall clock of a page and the clock of the samples are one, if they differ by no more."""

Facts = Mapping[str, str | float | None]
Entries = list[dict[str, str | int | float | None]]
"""What a transaction has to tell the ledger."""
_OPEN = sorted(state.value for state in OPEN)
_CAUSES = [kind.value for kind in Kind if kind.is_cause]


def record(
    transitions: Sequence[Transition],
    running: Mapping[tuple[str, str], float | None],
    *,
    now: datetime,
    fence: Fence = UNFENCED,
) -> None:
    """Store what went on and off, and which delays run, or nothing of it. Storing it twice is the same as once.

    Parameters
    ----------
    running : mapping
        Since when the delay of an alarm runs, seconds since 1970 UTC; None: no longer. [s]
    now : datetime
        Aware.
    fence : Fence
        Of the process that found them.

    Raises
    ------
    LeaseLost
        If another control process has taken over. Nothing was stored.
    """
    entries: Entries = []
    with transaction.atomic():
        fence.require(DEFAULT_DB_ALIAS)
        for transition in transitions:
            if transition.change is Change.RAISED:
                _raise(transition, entries)
            else:
                _clear(transition.binding.key, entries, at=_moment(transition.at_s), facts=transition.facts or {})
        _store_delays(running)
        _announce(entries, now)


def withdraw(keys: Sequence[tuple[str, str]], *, at: datetime, now: datetime, fence: Fence = UNFENCED) -> None:
    """Clear alarms that nobody watches any more: they were switched off, or their point is gone.

    Parameters
    ----------
    at, now : datetime
        On the clock of the samples, and by the wall clock.
    """
    entries: Entries = []
    with transaction.atomic():
        fence.require(DEFAULT_DB_ALIAS)
        for key in keys:
            _clear(key, entries, at=at, facts={"withdrawn": "no longer watched"})
        _announce(entries, now)


def acknowledge(
    occurrence_id: UUID,
    *,
    by: User | AnonymousUser,
    now: datetime,
    at: datetime | None = None,
    device_label: str = "",
) -> Occurrence:
    """Say that a person has seen an alarm and is on it.

    It is dated as alarms are raised, by the clock of the samples, and never before its alarm: nobody acknowledges what
    is not there yet. What the wall clock read is kept beside it where that is another time.

    Parameters
    ----------
    by : User
        Who; needs the right to acknowledge alarms.
    now : datetime
        By the wall clock.
    at : datetime, optional
        On the clock of the samples; the same, if it is left out.
    device_label : str
        Phone or computer that it was done on.

    Raises
    ------
    NotAllowed, UnknownAlarm, NothingToAcknowledge
        See `greenhouse.alarms.errors`. Nothing was stored.
    """
    if not isinstance(by, User) or not may(by, Action.ACKNOWLEDGE_ALARM):
        raise NotAllowed
    entries: Entries = []
    with transaction.atomic():
        found = Occurrence.objects.select_for_update(of=("self",)).filter(pk=occurrence_id).first()
        if found is None:
            raise UnknownAlarm
        if found.acknowledged_at is not None or found.state not in OPEN:
            raise NothingToAcknowledge("" if found.acknowledged_by is None else name_of(found.acknowledged_by))
        at = max(at or now, found.raised_at)
        found.acknowledged_at, found.acknowledged_by = at, by
        found.acknowledged_wall = now if abs(now - at) > span(CLOCKS_AGREE_WITHIN) else None
        _settle(found, "acknowledged_at", "acknowledged_by", "acknowledged_wall")
        facts: Facts = {"role": role_of(by) or "", "device": device_label[:200]}
        if found.acknowledged_wall is not None:
            facts = {**facts, "wall": now.isoformat()}
        _append(found, EventKind.ACKNOWLEDGED, entries, at=at, actor=by.get_username(), facts=facts)
        entries[-1]["user"] = by.pk
        _announce(entries, now)
    return found


def _raise(transition: Transition, entries: Entries) -> None:
    binding, at = transition.binding, _moment(transition.at_s)
    found = _open(binding.key).first()
    if found is None:
        try:
            with transaction.atomic():
                found = Occurrence.objects.create(**_identity(binding), **_seen(transition), first_raised_at=at)
        except IntegrityError:  # another process was faster: theirs is the one
            return
    elif found.is_active:
        return
    else:
        for name, value in _seen(transition).items():
            setattr(found, name, value)
        found.cleared_at = None
        found.raise_count += 1
    found.suppressed_by = _cause_of(found)
    _settle(found, *_seen(transition), "cleared_at", "raise_count", "suppressed_by")
    _append(
        found, EventKind.RAISED, entries, at=at, actor=CONTROL, facts={"value": transition.value, "limit": found.limit}
    )
    for dependent in _dependents_of(found):
        dependent.suppressed_by = found
        _settle(dependent, "suppressed_by")
        _append(dependent, EventKind.SUPPRESSED, entries, at=at, actor=CONTROL, facts={"cause": str(found.pk)})


def _clear(key: tuple[str, str], entries: Entries, *, at: datetime, facts: Facts) -> None:
    found = _open(key).filter(cleared_at__isnull=True).first()
    if found is None:
        return
    found.cleared_at = at
    _settle(found, "cleared_at")
    _append(found, EventKind.CLEARED, entries, at=at, actor=CONTROL, facts=facts)
    for dependent in list(found.suppresses.select_for_update(of=("self",)).filter(cleared_at__isnull=True)):
        dependent.suppressed_by = _cause_of(dependent)
        if dependent.suppressed_by is None:
            _release(dependent, found, entries, at)
        else:
            _settle(dependent, "suppressed_by")


def _release(dependent: Occurrence, cause: Occurrence, entries: Entries, at: datetime) -> None:
    """Let an alarm speak for itself again. Who acknowledged the graver alarm of the same object knows of this one."""
    is_known = dependent.object_key == cause.object_key and cause.acknowledged_at is not None
    if cause.acknowledged_at is not None and is_known and dependent.acknowledged_at is None:
        # Known from when it was raised: it may have been after the graver one was acknowledged.
        dependent.acknowledged_at = max(cause.acknowledged_at, dependent.raised_at)
        dependent.acknowledged_by = cause.acknowledged_by
    _settle(dependent, "suppressed_by", "acknowledged_at", "acknowledged_by")
    facts: Facts = {"cause": str(cause.pk), "acknowledged_with": str(cause.pk) if is_known else None}
    _append(dependent, EventKind.RELEASED, entries, at=at, actor=CONTROL, facts=facts)


def _open(key: tuple[str, str]) -> QuerySet[Occurrence]:
    rows = Occurrence.objects.select_for_update(of=("self",))
    return rows.filter(definition_key=key[0], object_key=key[1], state__in=_OPEN)


def _identity(binding: Binding) -> dict[str, object]:
    return {
        "definition_key": binding.definition.key,
        "kind": binding.definition.kind.value,
        "object_key": binding.object_key,
        "place_zh": binding.place.zh,
        "place_en": binding.place.en,
        "object_zh": binding.object_name.zh,
        "object_en": binding.object_name.en,
        "compartment_key": binding.compartment,
        "device_key": binding.device,
        "line_key": binding.line,
        "unit": "" if binding.point is None else binding.point.unit.value,
        "state": State.UNACKNOWLEDGED.value,
    }


def _seen(transition: Transition) -> dict[str, object]:
    """Columns that tell of the last raising."""
    definition = transition.binding.definition
    return {
        "priority": definition.priority.value,
        "value": transition.value,
        "reference_value": transition.reference,
        "limit": definition.limit if definition.kind.has_limit else None,
        "facts": {"reason": transition.reason, **(transition.facts or {})},
        "raised_at": _moment(transition.at_s),
    }


def _cause_of(found: Occurrence) -> Occurrence | None:
    """The alarm that is on and explains this one: its line's, its device's, or a graver one of the same object."""
    explaining = Q(definition_key=_covered_by(found), object_key=found.object_key)
    if found.line_key is not None and found.kind != Kind.LINE_LOST:
        explaining |= Q(kind=Kind.LINE_LOST.value, line_key=found.line_key)
    if found.device_key is not None and found.kind not in _CAUSES:
        explaining |= Q(kind=Kind.LINK_LOST.value, device_key=found.device_key)
    causes = {row.kind: row for row in Occurrence.objects.filter(explaining, state__in=_OPEN, cleared_at__isnull=True)}
    return causes.pop(Kind.LINE_LOST, None) or causes.pop(Kind.LINK_LOST, None) or next(iter(causes.values()), None)


def _dependents_of(cause: Occurrence) -> list[Occurrence]:
    """Alarms that this one explains and that nobody explains yet."""
    covered = [found.key for found in load_shipped().values() if found.covered_by == cause.definition_key]
    behind = Q(definition_key__in=covered, object_key=cause.object_key)
    if cause.kind == Kind.LINE_LOST:
        behind |= Q(line_key=cause.line_key) & ~Q(kind=cause.kind)
    if cause.kind == Kind.LINK_LOST:
        behind |= Q(device_key=cause.device_key) & ~Q(kind=cause.kind)
    rows = Occurrence.objects.select_for_update(of=("self",)).filter(behind, state__in=_OPEN, cleared_at__isnull=True)
    return list(rows.filter(suppressed_by__isnull=True))


def _covered_by(found: Occurrence) -> str:
    definition = load_shipped().get(found.definition_key)
    return "" if definition is None else definition.covered_by or ""


def _settle(found: Occurrence, *changed: str) -> None:
    found.state = state_of(
        is_active=found.is_active,
        is_acknowledged=found.acknowledged_at is not None,
        is_suppressed=found.suppressed_by_id is not None,
    ).value
    found.save(update_fields=[*changed, "state"])


def _append(found: Occurrence, kind: EventKind, entries: Entries, *, at: datetime, actor: str, facts: Facts) -> None:
    OccurrenceEvent.objects.create(
        occurrence=found, kind=kind.value, at=at, state=found.state, actor=actor, facts=dict(facts)
    )
    entries.append(
        {
            "alarm": str(found.pk),
            "definition": found.definition_key,
            "object": found.object_key,
            "event": kind.value,
            "state": found.state,
            "at": at.isoformat(),
        }
    )


def _announce(entries: Entries, now: datetime) -> None:
    """Tell pages and ledger. The ledger comes last: its head is locked until the transaction ends."""
    if not entries:
        return
    if not Board.objects.filter(pk=1).update(revision=F("revision") + 1):
        Board.objects.bulk_create([Board(pk=1, revision=1)], ignore_conflicts=True)
    chain.append_or_report([(chain.Kind.ALARM, entry) for entry in entries], now=now)


def _store_delays(running: Mapping[tuple[str, str], float | None]) -> None:
    """In few statements: in a flood the transaction would otherwise be a long one."""
    ended: defaultdict[str, list[str]] = defaultdict(list)
    for (definition_key, object_key), since_s in running.items():
        if since_s is None:
            ended[definition_key].append(object_key)
    for definition_key, object_keys in ended.items():
        RunningDelay.objects.filter(definition_key=definition_key, object_key__in=object_keys).delete()
    RunningDelay.objects.bulk_create(
        [
            RunningDelay(definition_key=definition_key, object_key=object_key, since=_moment(since_s))
            for (definition_key, object_key), since_s in running.items()
            if since_s is not None
        ],
        update_conflicts=True,
        unique_fields=["definition_key", "object_key"],
        update_fields=["since"],
    )


def _moment(at_s: float) -> datetime:
    return datetime.fromtimestamp(at_s, UTC)
