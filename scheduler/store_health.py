"""How the sample store fares, as values of virtual points."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from django.conf import settings

from greenhouse.site.virtual_points import control_key
from greenhouse.telemetry.codes import ALIAS
from greenhouse.telemetry.ingest import Recorded
from greenhouse.telemetry.upkeep import Upkeep

_MEGABYTE = 1e6


class StoreHealth:
    """Keeps the longest waits between two looks.

    Parameters
    ----------
    upkeep : Upkeep
        Knows how many rows there are and how far they are packed.
    """

    def __init__(self, upkeep: Upkeep) -> None:
        self._upkeep = upkeep
        self._waited_s = self._took_s = 0.0
        database = settings.DATABASES[ALIAS]
        self._wal = Path(f"{database['NAME']}-wal") if "sqlite" in database["ENGINE"] else None

    def note(self, stored: Recorded) -> None:
        """Take a transaction into account."""
        self._waited_s, self._took_s = max(self._waited_s, stored.waited_s), max(self._took_s, stored.took_s)
        self._upkeep.add_rows(stored.history)

    def values(self, now: datetime) -> dict[str, float]:
        """Values by point key; the longest waits begin anew. What nobody can tell is left out, not zero."""
        values = {
            "store_wait": 1000.0 * self._waited_s,
            "store_transaction": 1000.0 * self._took_s,
            "packing_lag": self._upkeep.lag_s(now),
        }
        self._waited_s = self._took_s = 0.0
        if self._upkeep.rows is not None:
            values["store_rows"] = float(self._upkeep.rows)
        if self._wal is not None and self._wal.exists():
            values["store_log"] = self._wal.stat().st_size / _MEGABYTE
        return {control_key(key): value for key, value in values.items()}
