"""When a weight is doubted before it is stored. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median_low

TIMES_THE_USUAL = 10
"""A slipped decimal point is a factor of ten."""
LOOKED_AT = 10
"""Entries that say what is usual: the newest ones."""
FEWEST = 3
FULL_DAY_G_M2 = 5_000
"""What is asked about while nothing is usual yet: a tomato house gives a tenth of it on a good day. [g/m²]"""


def usual_g(alike: Sequence[int], others: Sequence[int]) -> int | None:
    """What an entry usually weighs. None: nobody knows yet. [g]

    Parameters
    ----------
    alike : sequence of int
        Newest entries of the same cycle and grade.
    others : sequence of int
        Newest entries of the same cycle, any grade; asked while there are few of the same.
    """
    known = next((some for some in (alike, others) if len(some) >= FEWEST), None)
    return None if known is None else median_low(known)


def doubted_against_g(mass_g: int, usual: int | None, area_m2: float) -> int | None:
    """What a weight is doubted against; None: it is not. [g]"""
    if usual is None:
        most = round(FULL_DAY_G_M2 * area_m2)
        return most // TIMES_THE_USUAL if mass_g >= most else None
    return usual if mass_g >= TIMES_THE_USUAL * usual else None
