"""What the maintenance process does. It never touches the bus, and of the telemetry file it only makes copies.

What grows in the main database and is never deleted, because nobody may lose it: requests and their steps, alarms and
their events, the ledger, and later records of crops. Sessions and diagnostic reads are deleted here when nobody needs
them any more.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import datetime, tzinfo
from pathlib import Path

from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import connection, transaction

from greenhouse.clock import machine_utc_now, utc_now
from greenhouse.commands import diagnostics
from greenhouse.ledger import heads
from greenhouse.schedules import runs
from greenhouse.site import structure
from scheduler.backup.errors import BackupError
from scheduler.backup.keeping import Keep, prune
from scheduler.backup.making import backups_in, make_backup

logger = logging.getLogger(__name__)

SESSIONS_PER_SLICE = 500
"""Rows deleted in one transaction, so that nobody waits long for the write lock."""
ROWS_ANALYZED = 400
"""Rows of each index that SQLite looks at for its statistics, so that nobody waits long for the write lock."""


def clear_sessions() -> int:
    """Delete ended sessions, a slice at a time. Returns how many."""
    cleared = 0
    while True:
        ended = list(
            Session.objects.filter(expire_date__lt=machine_utc_now()).values_list("pk", flat=True)[:SESSIONS_PER_SLICE]
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


def make_due_backup() -> Path | None:
    """Make today's backup if it is due and missing, and delete those that are not kept any more. Returns its folder.

    One that fails is tried again at the next run; it must not end the process, since the reason is outside it.
    """
    now, zone = utc_now(), structure.time_zone()
    if not backup_is_due(backups_in(settings.BACKUPS), now, zone=zone):
        return None
    try:
        made = make_backup(settings.BACKUPS, now=now)
        removed = prune(settings.BACKUPS, Keep(**settings.KEEP_BACKUPS), zone=zone)
    except (BackupError, OSError) as error:
        logger.error("no backup: %s", error)
        return None
    logger.info("backup %s made, %d older ones removed", made, len(removed))
    return made


def backup_is_due(made: Iterable[datetime], now: datetime, *, zone: tzinfo) -> bool:
    """Whether the hour of the backup has come and none was made since the base's day began.

    Parameters
    ----------
    zone : tzinfo
        The base's.
    """
    local = now.astimezone(zone)
    return local.hour >= settings.BACKUP_HOUR and all(at.astimezone(zone).date() != local.date() for at in made)


def write_ledger_head() -> bool:
    """Write today's head of the ledger outside the database, unless it is written. True if it was.

    A file that cannot be written (a stick that is not plugged in) is logged and tried again at the next run.
    """
    try:
        return heads.write_daily_head(settings.LEDGER_HEADS, today=utc_now().astimezone(structure.time_zone()).date())
    except OSError as error:
        logger.error("the daily head of the ledger was not written: %s", error)
        return False
