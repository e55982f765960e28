"""Django's backend for PostgreSQL, measured. A transaction counts if it changes something."""

from __future__ import annotations

from django.db.backends.postgresql import base

from greenhouse.database.measured import MeasuredTransactions


class DatabaseWrapper(MeasuredTransactions, base.DatabaseWrapper):
    """A connection to a server."""

    def _set_autocommit(self, autocommit: bool) -> None:  # noqa: FBT001  (Django calls it so)
        super()._set_autocommit(autocommit)  # type: ignore[misc]  # the stubs leave it out
        if not autocommit:
            self._begin_measuring(locks=False)
