"""What both database backends measure: each write transaction from its lock to the end of its commit."""

from __future__ import annotations

import re
import time
from collections.abc import Callable

from django.db import DEFAULT_DB_ALIAS
from django.db.backends.base.base import BaseDatabaseWrapper

from greenhouse.database.metrics import record_transaction

_CHANGE = re.compile(
    r"\s*((?:INSERT|UPDATE|DELETE|REPLACE|CREATE|ALTER|DROP)\s+(?:OR\s+\w+\s+)?(?:(?:INTO|FROM|TABLE)\s+)?\S+)",
    re.IGNORECASE,
)
"""The verb of a changing statement and its table: enough to find it, and no value of anybody's."""


class MeasuredTransactions(BaseDatabaseWrapper):
    """A connection that measures its write transactions. The backends say where one begins.

    A statement outside any transaction is one by itself; what it waited for the lock counts as held.
    """

    def __init__(self, settings_dict: dict[str, object], alias: str = DEFAULT_DB_ALIAS) -> None:
        super().__init__(settings_dict, alias)
        self._began_s: float | None = None
        self._first_change = ""
        self._always_locks = False
        self.execute_wrappers.append(self._watch)

    def _begin_measuring(self, *, locks: bool) -> None:
        self._began_s, self._first_change, self._always_locks = time.perf_counter(), "", locks

    def _end_measuring(self) -> None:
        began_s, self._began_s = self._began_s, None
        if began_s is not None and (self._always_locks or self._first_change):
            record_transaction(self.alias, time.perf_counter() - began_s, first_change=self._first_change)

    def _watch(
        self,
        execute: Callable[..., object],
        sql: str,
        params: object,
        many: bool,  # noqa: FBT001  (Django calls it so)
        context: object,
    ) -> object:
        change = None if self._began_s is not None and self._first_change else _CHANGE.match(sql)
        if change is None:
            return execute(sql, params, many, context)
        if self._began_s is not None:
            self._first_change = change[1]
            return execute(sql, params, many, context)
        began_s = time.perf_counter()
        try:
            return execute(sql, params, many, context)
        finally:
            record_transaction(self.alias, time.perf_counter() - began_s, first_change=change[1])

    def _commit(self) -> None:
        try:
            super()._commit()  # type: ignore[misc]  # the stubs leave it out
        finally:
            self._end_measuring()

    def _rollback(self) -> None:
        try:
            super()._rollback()  # type: ignore[misc]  # the stubs leave it out
        finally:
            self._end_measuring()

    def close(self) -> None:
        """Close the connection; a transaction that was open is over."""
        self._began_s = None
        super().close()
