"""What the maintenance process does to the main database. It never touches the bus, nor the telemetry file."""

from __future__ import annotations

import logging

from django.contrib.sessions.models import Session
from django.db import connection, transaction

from greenhouse.commands import diagnostics
from greenhouse.schedules import runs
from scheduler.runtime import utc_now

log = logging.getLogger(__name__)

SESSIONS_PER_SLICE = 500
"""Rows deleted in one transaction, so that nobody waits long for the write lock."""
ROWS_ANALYZED = 400
"""Rows of each index that SQLite looks at for its statistics, so that nobody waits long for the write lock."""


def clear_sessions() -> int:
    """Delete ended sessions, a slice at a time. Returns how many."""
    cleared = 0
    while True:
        ended = list(
            Session.objects.filter(expire_date__lt=utc_now()).values_list("pk", flat=True)[:SESSIONS_PER_SLICE]
        )
        if not ended:
            return cleared
        cleared += Session.objects.filter(pk__in=ended).delete()[0]


def clear_diagnostics() -> int:
    """Delete diagnostic reads that nobody will look at any more. Returns how many."""
    return diagnostics.clear_old(utc_now())


def clear_due_runs() -> int:
    """Delete runs of schedules that nobody will ask about any more. Returns how many."""
    return runs.clear_old(utc_now())


def checkpoint() -> None:
    """Move the write-ahead log of the main file into the file, as far as readers allow. Nothing on PostgreSQL."""
    if connection.vendor != "sqlite":
        return
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA wal_checkpoint(PASSIVE)")
        cursor.execute(f"PRAGMA analysis_limit = {ROWS_ANALYZED}")
    # Within a transaction that takes the write lock first: one that reads before it writes fails at once, without
    # waiting, when somebody else wrote in between.
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("PRAGMA optimize")
