"""Stored requests to read raw registers: how `manage.py probe` reads a line that the control process holds.

Written by whoever probes, taken and answered by the control process between two polls.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from devices.profiles.schema import Table
from greenhouse.commands.models import DiagnosticRead
from greenhouse.deadlines import Moment, deadline_after
from greenhouse.stored_deadlines import ahead, columns

LIFETIME = timedelta(seconds=10)
"""A request that no control process has taken by then is not carried out any more."""
KEPT = timedelta(days=7)
READS_PER_SLICE = 500
"""Rows deleted in one transaction, so that nobody waits long for the write lock."""


def ask(
    line_key: str, unit_id: int, table: Table, *, address: int, count: int, timeout_s: float, now: Moment
) -> DiagnosticRead:
    """Store a request to read raw words on a line."""
    return DiagnosticRead.objects.create(
        line_key=line_key,
        unit_id=unit_id,
        table=table.value,
        address=address,
        count=count,
        timeout_s=timeout_s,
        created_at=now.wall,
        **columns("expires_at", deadline_after(now, now.span(LIFETIME))),
    )


def result_of(read_id: UUID) -> DiagnosticRead:
    """The request as it stands."""
    return DiagnosticRead.objects.get(pk=read_id)


def claim_next(now: Moment) -> DiagnosticRead | None:
    """Take the oldest request that has not expired, or None. Two processes never take the same one."""
    while True:
        unexpired = DiagnosticRead.objects.filter(ahead("expires_at", now), taken_at=None)
        waiting = unexpired.order_by("created_at").first()
        if waiting is None:
            return None
        if DiagnosticRead.objects.filter(pk=waiting.pk, taken_at=None).update(taken_at=now.wall):
            return waiting


def answer(read_id: UUID, words: Sequence[int], *, now: datetime) -> None:
    """Record the words that the device answered with."""
    DiagnosticRead.objects.filter(pk=read_id, ended_at=None).update(words=list(words), ended_at=now)


def fail(read_id: UUID, fault: str, *, now: datetime) -> None:
    """Record why there are none."""
    DiagnosticRead.objects.filter(pk=read_id, ended_at=None).update(fault=fault, ended_at=now)


def clear_old(now: datetime) -> int:
    """Delete requests that nobody will look at any more, a slice at a time. Returns how many."""
    cleared = 0
    old = DiagnosticRead.objects.filter(created_at__lt=now - KEPT).values_list("pk", flat=True)
    while some := list(old[:READS_PER_SLICE]):
        cleared += DiagnosticRead.objects.filter(pk__in=some).delete()[0]
    return cleared
