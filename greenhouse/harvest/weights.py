"""Weights as people type them. Pure."""

from __future__ import annotations

import re
import unicodedata

from greenhouse.harvest.errors import StemsRefused, WeightFault, WeightRefused

MOST_G = 100_000_000
"""A hundred tonnes: more than a base brings in at once."""
MOST_STEMS = 10_000_000
_KILOGRAMS = re.compile(r"([0-9]{1,9})(?:[.]([0-9]{1,9}))?|[.]([0-9]{1,9})")
_SIGNED = re.compile(r"[-+\u2212][0-9.]+")
_G_DIGITS = 3


def grams_of(text: str) -> int:
    """A weight in kilograms, as it was typed, in whole grams. Full-width digits of a Chinese keyboard are digits.

    Raises
    ------
    WeightRefused
        If it is no number above 0, finer than a gram, or more than a base can bring in at once.
    """
    told = unicodedata.normalize("NFKC", text).strip()
    found = _KILOGRAMS.fullmatch(told)
    if found is None:
        is_negative = _SIGNED.fullmatch(told) is not None and not told.startswith("+")
        raise WeightRefused(WeightFault.NOT_ABOVE_ZERO if is_negative else WeightFault.NO_NUMBER)
    whole, part = found[1] or "0", (found[2] or found[3] or "").rstrip("0")
    if len(part) > _G_DIGITS:
        raise WeightRefused(WeightFault.TOO_FINE)
    grams = int(whole) * 1000 + int(part.ljust(_G_DIGITS, "0"))
    check_grams(grams)
    return grams


def check_grams(grams: int) -> None:
    """Refuse what no harvest weighs.

    Raises
    ------
    WeightRefused
        See `grams_of`.
    """
    if grams <= 0:
        raise WeightRefused(WeightFault.NOT_ABOVE_ZERO)
    if grams > MOST_G:
        raise WeightRefused(WeightFault.TOO_MUCH)


def stems_of(text: str) -> int | None:
    """A number of stems, as it was typed; None where nothing was.

    Raises
    ------
    StemsRefused
        If it is no whole number above 0.
    """
    told = unicodedata.normalize("NFKC", text).strip()
    if not told:
        return None
    if re.fullmatch(r"[0-9]{1,8}", told) is None or not 0 < int(told) <= MOST_STEMS:
        raise StemsRefused
    return int(told)


def kilograms(grams: int) -> str:
    """Grams as kilograms, every gram of them and no digit more: 12500 is 12.5."""
    whole, part = divmod(grams, 1000)
    return f"{whole}.{part:03d}".rstrip("0").rstrip(".")
