"""What the store asks before it takes what the control process commits.

A process that was paused or cut off may not know yet that another one controls. So each of its transactions first shows
its fencing token, a number that only grows from holder to holder, and is refused if it is not the newest.
"""

from __future__ import annotations

from typing import Protocol


class Fence(Protocol):
    """The token of the lease under which a process commits."""

    @property
    def token(self) -> int | None:
        """Grows from holder to holder. None: one machine alone, where the kernel decides who holds the lease."""

    def require(self, using: str) -> None:
        """Do nothing if this is the newest token, and let no newer one be given before the transaction has ended.

        Called first in a transaction of the database alias ``using``.

        Raises
        ------
        LeaseLost
            If another process holds a newer token. The transaction must not be committed.
        """


class _Unfenced:
    token: int | None = None

    def require(self, using: str) -> None:
        """The kernel decides."""


UNFENCED: Fence = _Unfenced()
"""For a store on one machine, whose lease is a file lock."""
