"""How long rows of leases have stood still, by the clock of the one who looks at them."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass

from scheduler.leases.rows import Row


@dataclass(frozen=True, slots=True)
class _Sight:
    row: Row | None
    since_s: float


class Watch:
    """Remembers since when each row has looked as it does.

    All rows are watched from the first look on, so a standby that takes over control knows of the lines as well whether
    their holder lives. A row that is missing is watched like any other: somebody may have deleted that of a holder that
    goes on.
    """

    def __init__(self) -> None:
        self._sights: dict[str, _Sight] = {}
        self._lock = threading.Lock()

    def see(self, rows: Mapping[str, Row], asked: str, *, now_s: float) -> float:
        """Take in what was just looked at; how long the asked row has stood still. [s]

        Parameters
        ----------
        rows : mapping
            All rows there are, by name.
        asked : str
            Name of a lease, which may have no row.
        now_s : float
            Read after the look: what was seen may be older by then, never younger. [s]
        """
        with self._lock:
            for name in {*rows, *self._sights, asked}:
                row = rows.get(name)
                if name not in self._sights or self._sights[name].row != row:
                    self._sights[name] = _Sight(row, now_s)
            return now_s - self._sights[asked].since_s
