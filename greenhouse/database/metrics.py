"""How long this process holds and awaits the write lock of each database; plain numbers for `/metrics`.

A write transaction over ``LIMIT_S`` makes others wait, the control process among them: each is logged with its first
change, but for changes of the schema.
"""

from __future__ import annotations

import logging
import re
import threading
from collections import defaultdict
from dataclasses import dataclass, replace
from pathlib import Path

from django.db import connections

logger = logging.getLogger(__name__)

_SCHEMA = re.compile(r"CREATE|ALTER|DROP|.*django_migrations")
"""First changes of a migration: nobody waits for it, since it runs before the base starts."""
LIMIT_S = 0.050
"""Longest that a write transaction may take. [s]"""


@dataclass(frozen=True, slots=True)
class WriteMetrics:
    """Write transactions of this process on one database, since it started.

    Attributes
    ----------
    transactions : int
        How many.
    over_limit : int
        Of these, how many took longer than ``LIMIT_S``.
    total_s, longest_s : float
        From the lock to the end of the commit or rollback. [s]
    lock_wait_total_s, lock_wait_longest_s : float
        Waiting for the lock before that; on PostgreSQL, where a transaction waits for rows in its middle, 0. [s]
    lock_timeouts : int
        How often the lock was not given in time.
    """

    transactions: int = 0
    over_limit: int = 0
    total_s: float = 0.0
    longest_s: float = 0.0
    lock_wait_total_s: float = 0.0
    lock_wait_longest_s: float = 0.0
    lock_timeouts: int = 0

    def with_transaction(self, held_s: float) -> WriteMetrics:
        """The same with one more transaction."""
        return replace(
            self,
            transactions=self.transactions + 1,
            over_limit=self.over_limit + (held_s > LIMIT_S),
            total_s=self.total_s + held_s,
            longest_s=max(self.longest_s, held_s),
        )

    def with_wait(self, waited_s: float, *, timed_out: bool) -> WriteMetrics:
        """The same with one more wait for the lock."""
        return replace(
            self,
            lock_wait_total_s=self.lock_wait_total_s + waited_s,
            lock_wait_longest_s=max(self.lock_wait_longest_s, waited_s),
            lock_timeouts=self.lock_timeouts + timed_out,
        )


_lock = threading.Lock()
_metrics: defaultdict[str, WriteMetrics] = defaultdict(WriteMetrics)
_recent: defaultdict[str, WriteMetrics] = defaultdict(WriteMetrics)


def write_metrics() -> dict[str, WriteMetrics]:
    """Write transactions of this process by database alias, since it started."""
    with _lock:
        return dict(_metrics)


def take_recent(alias: str) -> WriteMetrics:
    """Those since this was last called: for who stores them at intervals. One caller per process."""
    with _lock:
        return _recent.pop(alias, WriteMetrics())


def wal_bytes(alias: str) -> int | None:
    """Size of a SQLite file's write-ahead log; None on PostgreSQL. [bytes]"""
    if connections[alias].vendor != "sqlite":
        return None
    log_file = Path(f"{connections[alias].settings_dict['NAME']}-wal")
    return log_file.stat().st_size if log_file.exists() else 0


def sessions_waiting(alias: str) -> int | None:
    """Sessions that wait for a lock on PostgreSQL now, of any process; None on SQLite."""
    if connections[alias].vendor != "postgresql":
        return None
    with connections[alias].cursor() as cursor:
        cursor.execute(
            "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        return int(cursor.fetchone()[0])


def record_transaction(alias: str, held_s: float, *, first_change: str) -> None:
    """Count a write transaction, and log it if it took too long."""
    with _lock:
        for counted in (_metrics, _recent):
            counted[alias] = counted[alias].with_transaction(held_s)
    if held_s > LIMIT_S and not _SCHEMA.match(first_change):
        logger.warning("%s: a write transaction took %.0f ms (%s)", alias, held_s * 1e3, first_change or "no change")


def record_wait(alias: str, waited_s: float, *, timed_out: bool) -> None:
    """Count a wait for the write lock."""
    with _lock:
        for counted in (_metrics, _recent):
            counted[alias] = counted[alias].with_wait(waited_s, timed_out=timed_out)
