"""How long a stored lease lasts. Both sides measure it with the clock that runs since their machine started."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Term:
    """The times of a lease, all derived from one.

    The holder counts from before it asks for a renewal, the taker from after it has seen one. So between the last write
    of the one and the first of the other lie at least two margins, for clocks of unequal rate, and for the moment
    between the last check of the lease and the byte on the wire.

    Attributes
    ----------
    lasts_s : float
        From a renewal on. [s]
    """

    lasts_s: float = 10.0

    @property
    def margin_s(self) -> float:
        """Safety on either side of the end. [s]"""
        return 0.1 * self.lasts_s

    @property
    def renewed_every_s(self) -> float:
        """Several renewals may fail before the lease lapses. [s]"""
        return 0.15 * self.lasts_s

    @property
    def writes_for_s(self) -> float:
        """So long after the beginning of its last renewal the holder may write. [s]"""
        return self.lasts_s - self.margin_s

    @property
    def taken_after_s(self) -> float:
        """When a row has stood still for so long, others may take it. [s]"""
        return self.lasts_s + self.margin_s
