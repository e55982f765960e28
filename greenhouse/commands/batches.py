"""One value for the same setpoint of several compartments: a request for each of them, never one for all.

What one compartment says to it changes nothing for the others. Who asks for all compartments at once needs a second
person for each.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.contrib.auth.models import AnonymousUser, User
from django.db import IntegrityError, transaction

from devices.units import Quantity, Unit
from greenhouse.commands.checks import Code, Target, Verdict, agree, confirmed_value, has_changed
from greenhouse.commands.errors import RequestError, error_for
from greenhouse.commands.models import BatchRow, CommandBatch, CommandRequest
from greenhouse.commands.submit import Slip, may_not_ask, submit_setpoint
from greenhouse.commands.target import read_target
from greenhouse.deadlines import Moment
from greenhouse.site import structure
from greenhouse.site.structure import PointStructure


@dataclass(frozen=True, slots=True)
class Place:
    """One compartment of a batch: its point, and the value in force that the person saw there."""

    point_key: str
    seen_value: float | None
    seen_at: datetime | None


def counterparts(point: PointStructure, points: Iterable[PointStructure]) -> list[PointStructure]:
    """The same setpoint in every compartment, this one among them, in the order of ``points``."""
    if point.compartment is None:
        return []
    return [
        found
        for found in points
        if _kind(found) == _kind(point)
        and found.compartment is not None
        and found.is_writable
        and found.limits is not None
    ]


def is_whole_base(point: PointStructure, chosen: Collection[str], points: Iterable[PointStructure]) -> bool:
    """Whether these are all compartments that have this setpoint, and more than one."""
    keys = {found.key for found in counterparts(point, points)}
    return len(keys) > 1 and keys <= set(chosen)


def submit_batch(
    places: Sequence[Place],
    value: float,
    *,
    by: User | AnonymousUser,
    now: Moment,
    submission: UUID,
    reason: str = "",
    device_label: str = "",
    hold_for: timedelta | None = None,
) -> CommandBatch:
    """Ask for one value in several compartments. What each of them says stands in the rows of the batch.

    Raises
    ------
    NotAllowed, InvalidRequest
        If this person may not ask at all, or there is nothing to choose from. Nothing was stored.
    """
    if verdict := may_not_ask(by, reason=reason, hold_for=hold_for):
        raise error_for(verdict)
    assert isinstance(by, User)
    if (sent := sent_batch(by, submission)) is not None:
        return sent
    batch = _store(places, value, by=by, now=now, submission=submission, reason=reason)
    if batch is None:
        return CommandBatch.objects.get(submission=submission, requested_by=by)
    for row in batch.rows.all():
        try:
            request = _ask(batch, row, places, by=by, now=now, device_label=device_label, hold_for=hold_for)
        except RequestError as error:
            batch.rows.filter(pk=row.pk).update(verdict=error.verdict.code, facts=dict(error.verdict.facts))
        else:
            batch.rows.filter(pk=row.pk).update(request=request, verdict=Code.NONE)
    return batch


def sent_batch(by: User | AnonymousUser, submission: UUID | None) -> CommandBatch | None:
    """The batch that this person's form has stored already; None: none yet."""
    if submission is None or not isinstance(by, User):
        return None
    return CommandBatch.objects.filter(submission=submission, requested_by=by).first()


def _store(
    places: Sequence[Place], value: float, *, by: User, now: Moment, submission: UUID, reason: str
) -> CommandBatch | None:
    """The batch and its rows, all of them still to be asked; None if the same form has just arrived elsewhere."""
    everywhere = structure.all_points()
    chosen = {place.point_key for place in places}
    points = {point.key: point for point in everywhere if point.key in chosen}
    if len(points) != len(places) or len({_kind(point) for point in points.values()}) != 1:
        raise error_for(Verdict(Code.TOO_FEW_PLACES))
    first = points[places[0].point_key]
    batch = CommandBatch(
        value=value,
        unit=first.unit.value,
        requested_by=by,
        reason=reason.strip(),
        created_at=now.wall,
        is_whole_base=is_whole_base(first, chosen, everywhere),
        submission=submission,
    )
    rows = [
        BatchRow(
            batch=batch,
            position=number,
            point_key=place.point_key,
            seen_value=place.seen_value,
            verdict=Code.BROKEN_OFF.value,
        )
        for number, place in enumerate(places)
    ]
    try:
        with transaction.atomic():
            batch.save(force_insert=True)
            BatchRow.objects.bulk_create(rows)
    except IntegrityError:
        return None
    return batch


def _kind(point: PointStructure) -> tuple[str, Quantity, Unit]:
    return point.local_key, point.quantity, point.unit


def _ask(
    batch: CommandBatch,
    row: BatchRow,
    places: Sequence[Place],
    *,
    by: User,
    now: Moment,
    device_label: str,
    hold_for: timedelta | None,
) -> CommandRequest:
    place = places[row.position]
    found = None if hold_for is not None else read_target(place.point_key)
    if found is not None and _is_in_force(found[1], batch.value, place.seen_value):
        raise error_for(Verdict(Code.IN_FORCE_ALREADY))
    return submit_setpoint(
        place.point_key,
        batch.value,
        by=by,
        seen_value=place.seen_value,
        seen_at=place.seen_at,
        now=now,
        reason=batch.reason,
        device_label=device_label,
        hold_for=hold_for,
        slip=Slip(batch=batch),
    )


def _is_in_force(target: Target, value: float, seen_value: float | None) -> bool:
    """Whether the value is in force there, and was on the page."""
    in_force = agree(confirmed_value(target), value, tolerance=target.tolerance)
    return in_force and not has_changed(target, seen_value)
