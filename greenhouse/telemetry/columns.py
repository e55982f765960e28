"""The samples of one point as arrays: what is packed, merged and read. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.uint8]
Positions = npt.NDArray[np.intp]

Row = tuple[int, float | None, str | None, int, int, int]
"""``ts_ms, value, exact, quality, reason, origin`` as the store's tables have them."""


@dataclass(frozen=True, slots=True, eq=False)
class Samples:
    """Samples of one point in the order of time.

    Attributes
    ----------
    ts_ms : int64 array, shape (n,)
        Milliseconds since 1970-01-01 UTC, never falling.
    values : float64 array, shape (n,)
        Canonical unit. NaN: there is no value.
    quality, reason, origin : uint8 arrays, shape (n,)
        Numbers of ``Quality`` and ``Reason``; the store's code of the origin.
    exact : mapping of position to int
        Integers that the float beside them cannot hold.
    """

    ts_ms: Ints
    values: Floats
    quality: Codes
    reason: Codes
    origin: Codes
    exact: Mapping[int, int] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.ts_ms)

    def between(self, start_ms: int, end_ms: int) -> Samples:
        """Samples from ``start_ms`` to before ``end_ms``."""
        first, last = np.searchsorted(self.ts_ms, (start_ms, end_ms))
        return self._part(slice(int(first), int(last)))

    def at(self, positions: Positions) -> Samples:
        """The samples at some positions, in this order."""
        return Samples(
            self.ts_ms[positions],
            self.values[positions],
            self.quality[positions],
            self.reason[positions],
            self.origin[positions],
            {i: self.exact[at] for i, at in enumerate(positions.tolist()) if at in self.exact} if self.exact else {},
        )

    def is_same(self, other: Samples) -> bool:
        """Whether both hold the same bits. Missing values are alike."""
        mine, others = self._bits(), other._bits()
        return len(self) == len(other) and dict(self.exact) == dict(other.exact) and mine == others

    def _bits(self) -> tuple[bytes, ...]:
        values = np.where(np.isnan(self.values), np.nan, self.values)
        return tuple(column.tobytes() for column in (self.ts_ms, values, self.quality, self.reason, self.origin))

    def _part(self, rows: slice) -> Samples:
        first, last, _step = rows.indices(len(self))
        return Samples(
            self.ts_ms[rows],
            self.values[rows],
            self.quality[rows],
            self.reason[rows],
            self.origin[rows],
            {i - first: number for i, number in self.exact.items() if first <= i < last} if self.exact else {},
        )


def from_rows(rows: Sequence[Row]) -> Samples:
    """Samples from rows in any order."""
    if not rows:
        return NO_SAMPLES
    ts_ms, values, exact, quality, reason, origin = zip(*rows, strict=True)
    return merge(
        from_columns(
            np.array(ts_ms, np.int64),
            np.array(values, np.float64),  # None becomes NaN
            np.array([quality, reason, origin], np.uint8),
            {i: int(text) for i, text in enumerate(exact) if text is not None} if any(exact) else {},
        )
    )


def from_columns(ts_ms: Ints, values: Floats, codes: Codes, exact: Mapping[int, int]) -> Samples:
    """Samples from columns whose order is not known yet; hand them to `merge`. ``codes``: quality, reason, origin."""
    return Samples(ts_ms, values, codes[0], codes[1], codes[2], exact)


def concatenate(*parts: Samples) -> Samples:
    """Samples of all parts one after the other, whatever their times."""
    starts = np.cumsum([0, *map(len, parts)]).tolist()
    return Samples(
        np.concatenate([part.ts_ms for part in parts]),
        np.concatenate([part.values for part in parts]),
        np.concatenate([part.quality for part in parts]),
        np.concatenate([part.reason for part in parts]),
        np.concatenate([part.origin for part in parts]),
        {start + i: number for start, part in zip(starts, parts, strict=False) for i, number in part.exact.items()},
    )


def merge(*parts: Samples) -> Samples:
    """All samples of the parts, each once.

    The same value at the same time is one sample, and the first one stays; another value at the same time is another
    sample. So merging the same parts again changes nothing.
    """
    whole = concatenate(*parts)
    order = np.argsort(whole.ts_ms, kind="stable")
    sorted_ms = whole.ts_ms[order]
    if (sorted_ms[1:] == sorted_ms[:-1]).any():
        order = _without_repeats(order, sorted_ms, whole.values, whole.exact)
    return whole.at(order)


def _without_repeats(order: Positions, sorted_ms: Ints, values: Floats, exact: Mapping[int, int]) -> Positions:
    """Positions in the order of time without those whose moment and value came before."""
    follows = np.concatenate(([False], sorted_ms[1:] == sorted_ms[:-1]))
    repeats: list[int] = []
    seen: set[tuple[float | None, int | None]] = set()
    for rank in np.flatnonzero(follows | np.append(follows[1:], False)).tolist():
        if not follows[rank]:
            seen = set()
        position = int(order[rank])
        number = float(values[position])
        value = (None if math.isnan(number) else number, exact.get(position))
        if value in seen:
            repeats.append(rank)
        seen.add(value)
    return np.delete(order, repeats)


NO_SAMPLES = Samples(
    np.empty(0, np.int64), np.empty(0), np.empty(0, np.uint8), np.empty(0, np.uint8), np.empty(0, np.uint8)
)
