"""How the stores fare, as values of virtual points."""

from __future__ import annotations

from datetime import datetime

from django.db import DEFAULT_DB_ALIAS

from greenhouse.database.metrics import take_recent, wal_bytes
from greenhouse.site.virtual_points import control_key
from greenhouse.telemetry.codes import ALIAS
from greenhouse.telemetry.ingest import Recorded
from greenhouse.telemetry.upkeep import Upkeep

_MEGABYTE = 1e6
_STORES = {"store": ALIAS, "main": DEFAULT_DB_ALIAS}


class StoreHealth:
    """The sample store and the main database, as this process finds them.

    Parameters
    ----------
    upkeep : Upkeep
        Knows how many rows there are and how far they are packed.
    """

    def __init__(self, upkeep: Upkeep) -> None:
        self._upkeep = upkeep

    def note(self, stored: Recorded) -> None:
        """Take a transaction into account."""
        self._upkeep.add_rows(stored.history)

    def values(self, now: datetime) -> dict[str, float]:
        """Values by point key; the longest waits begin anew. What nobody can tell is left out, not zero."""
        values = {"packing_lag": self._upkeep.lag_s(now)}
        for name, alias in _STORES.items():
            recent = take_recent(alias)
            values[f"{name}_wait"] = 1000.0 * recent.lock_wait_longest_s
            values[f"{name}_transaction"] = 1000.0 * recent.longest_s
        if self._upkeep.rows is not None:
            values["store_rows"] = float(self._upkeep.rows)
        log_bytes = wal_bytes(ALIAS)
        if log_bytes is not None:
            values["store_log"] = log_bytes / _MEGABYTE
        return {control_key(key): value for key, value in values.items()}
