"""Django's backend for SQLite, measured. A transaction takes the file's write lock at its start (BEGIN IMMEDIATE)."""

from __future__ import annotations

import time

from django.db import OperationalError
from django.db.backends.sqlite3 import base

from greenhouse.database.measured import MeasuredTransactions
from greenhouse.database.metrics import record_wait


class DatabaseWrapper(MeasuredTransactions, base.DatabaseWrapper):
    """A connection to a file."""

    def _start_transaction_under_autocommit(self) -> None:
        asked_s, timed_out = time.perf_counter(), False
        try:
            super()._start_transaction_under_autocommit()  # type: ignore[misc]  # the stubs leave it out
        except OperationalError:
            timed_out = True
            raise
        finally:
            record_wait(self.alias, time.perf_counter() - asked_s, timed_out=timed_out)
        self._begin_measuring(locks=True)
