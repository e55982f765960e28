"""Samples in buckets of time: what a chart, a report and a roll-up are made of. Pure.

A value holds from its sample to the next one, at most as long as it would have been live, and never beyond what the
store knows. So a point recorded on change has the same mean as if every poll had been recorded, and the time without a
usable value shows as coverage below the whole.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from enum import Enum, auto

import numpy as np
import numpy.typing as npt

from devices.samples import Quality, freshness_limits
from devices.units import Quantity
from greenhouse.telemetry.chunk import pack_columns, unpack_columns
from greenhouse.telemetry.columns import Floats, Ints, Positions, Samples

_SMALLEST_RESULTANT = 1e-6
_STEPS = 2**16 - 1
_NO_MEAN = -1
_TURN_DEG = 360.0


class MeanKind(Enum):
    """What the mean of a quantity is."""

    ARITHMETIC = auto()
    DIRECTION = auto()
    """Direction of the summed vectors: 350° and 10° are north, not south. No minimum and no maximum."""
    NONE = auto()
    """Half automatic and half manual is not mode 1.5."""


_WITHOUT_MEAN = frozenset({Quantity.STATE, Quantity.MODE, Quantity.STATUS_BITS, Quantity.CODE})


def mean_kind(quantity: Quantity) -> MeanKind:
    """What the mean of a quantity is. That of pH is the arithmetic one, as growers' records have it."""
    if quantity is Quantity.WIND_DIRECTION:
        return MeanKind.DIRECTION
    return MeanKind.NONE if quantity in _WITHOUT_MEAN else MeanKind.ARITHMETIC


def hold_ms(longest_gap_s: float) -> int:
    """How long a value is known without a further sample: until it is late."""
    return round(1000 * freshness_limits(longest_gap_s).late_after_s)


@dataclass(frozen=True, slots=True, eq=False)
class Buckets:
    """Buckets of one point in the order of time. One without samples, and without a value that still holds, is none.

    Attributes
    ----------
    start_ms : int64 array, shape (n,)
        Milliseconds since 1970-01-01 UTC.
    minimum, mean, maximum : float64 arrays, shape (n,)
        Of the usable values, each weighed by how long it held. NaN where there is none.
    resultant : float64 array, shape (n,)
        Of directions: length of the mean vector, 0 (from everywhere) to 1 (steady). NaN of everything else.
    count, unusable : int64 arrays, shape (n,)
        Usable samples; samples that were bad or had no value.
    covered_ms : int64 array, shape (n,)
        How long a usable value was known.
    """

    start_ms: Ints
    minimum: Floats
    mean: Floats
    maximum: Floats
    resultant: Floats
    count: Ints
    unusable: Ints
    covered_ms: Ints

    def __len__(self) -> int:
        return len(self.start_ms)

    def between(self, start_ms: int, end_ms: int) -> Buckets:
        """Buckets that begin from ``start_ms`` to before ``end_ms``."""
        first, last = np.searchsorted(self.start_ms, (start_ms, end_ms))
        return Buckets(*(getattr(self, column.name)[first:last] for column in fields(self)))

    def at(self, positions: Positions) -> Buckets:
        """The buckets at some positions, in this order."""
        return Buckets(*(getattr(self, column.name)[positions] for column in fields(self)))


@dataclass(frozen=True, slots=True)
class Span:
    """Buckets of ``resolution_ms`` from ``start_ms`` to before ``end_ms``."""

    start_ms: int
    end_ms: int
    resolution_ms: int


def join(*parts: Buckets) -> Buckets:
    """Buckets of parts that follow one another."""
    return Buckets(*(np.concatenate([getattr(part, column.name) for part in parts]) for column in fields(Buckets)))


def bucket(samples: Samples, span: Span, kind: MeanKind, *, hold_ms: int, known_until_ms: int) -> Buckets:
    """Samples in buckets.

    Parameters
    ----------
    samples : Samples
        Of one point; those up to ``hold_ms`` before the span reach into it.
    hold_ms : int
        Longest time for which a value is known without a further sample.
    known_until_ms : int
        When the store last heard of anything: no value holds beyond it.
    """
    ends = _ends(samples.ts_ms, hold_ms, known_until_ms)
    is_inside = (samples.ts_ms >= span.start_ms) & (samples.ts_ms < span.end_ms)
    reach = np.flatnonzero(is_inside | (samples.ts_ms < span.start_ms) & (ends > span.start_ms))
    begins, ends = np.maximum(samples.ts_ms[reach], span.start_ms), np.minimum(ends[reach], span.end_ms)
    # A sample is cut where its time crosses the edge of a bucket: one piece per sample and bucket.
    first = (begins - span.start_ms) // span.resolution_ms
    last = np.maximum(first, (ends - 1 - span.start_ms) // span.resolution_ms)
    cuts = last - first + 1
    nth = np.arange(cuts.sum()) - np.repeat(np.cumsum(cuts) - cuts, cuts)
    edge_ms = span.start_ms + (np.repeat(first, cuts) + nth) * span.resolution_ms
    until_ms, from_ms = np.repeat(ends, cuts), np.repeat(begins, cuts)
    lasts_ms = np.minimum(until_ms, edge_ms + span.resolution_ms) - np.maximum(from_ms, edge_ms)
    values = np.repeat(samples.values[reach], cuts)
    is_usable = np.repeat(samples.quality[reach] < Quality.BAD, cuts) & np.isfinite(values)
    is_own = (nth == 0) & np.repeat(is_inside[reach], cuts)
    pieces = _Pieces(
        minimum=values,
        mean=values,
        maximum=values,
        resultant=np.ones(len(values)),
        is_usable=is_usable,
        count=is_own & is_usable,
        unusable=is_own & ~is_usable,
        covered_ms=np.maximum(lasts_ms, 0),
    )
    return _kept(_group(edge_ms, pieces, kind))


def combine(buckets: Buckets, span: Span, kind: MeanKind) -> Buckets:
    """Buckets in longer ones, as if the samples themselves had been put there. No bucket may cross the edge of two."""
    buckets = buckets.between(span.start_ms, span.end_ms)
    edge_ms = span.start_ms + (buckets.start_ms - span.start_ms) // span.resolution_ms * span.resolution_ms
    is_usable = (buckets.covered_ms > 0) | (buckets.count > 0)
    return _group(
        edge_ms,
        _Pieces(
            minimum=buckets.minimum,
            mean=buckets.mean,
            maximum=buckets.maximum,
            resultant=buckets.resultant,
            is_usable=is_usable,
            count=buckets.count,
            unusable=buckets.unusable,
            covered_ms=buckets.covered_ms,
        ),
        kind,
    )


def pack_buckets(buckets: Buckets, kind: MeanKind) -> bytes:
    """Buckets of one point as bytes. A mean is kept to 1/65,535 of the way from minimum to maximum, or of a turn."""
    width = buckets.maximum - buckets.minimum
    with np.errstate(invalid="ignore", over="ignore"):
        where = (
            buckets.mean / _TURN_DEG if kind is MeanKind.DIRECTION else _share(buckets.mean - buckets.minimum, width)
        )
    integers = [
        buckets.start_ms,
        buckets.count,
        buckets.unusable,
        buckets.covered_ms,
        _steps(where),
        _steps(buckets.resultant),
    ]
    return pack_columns(integers, [buckets.minimum, buckets.maximum])


def unpack_buckets(data: bytes, kind: MeanKind) -> Buckets:
    """Buckets from the bytes of `pack_buckets`.

    Raises
    ------
    ChunkDamaged
        If these are not the bytes that were packed.
    """
    (start_ms, count, unusable, covered_ms, steps, resultant_steps), (minimum, maximum) = unpack_columns(
        data, integers=6, floats=2
    )
    where, resultant = (np.where(column < 0, np.nan, column / _STEPS) for column in (steps, resultant_steps))
    mean = where * _TURN_DEG if kind is MeanKind.DIRECTION else _between(minimum, maximum, where)
    return Buckets(start_ms, minimum, mean, maximum, resultant, count, unusable, covered_ms)


def _steps(shares: Floats) -> Ints:
    return np.where(np.isnan(shares), _NO_MEAN, np.rint(np.nan_to_num(shares) * _STEPS)).astype(np.int64)


def _share(part: Floats, whole: Floats) -> Floats:
    """0 where there is no way from minimum to maximum, NaN where there is no mean."""
    return np.where(whole > 0, part / np.where(whole > 0, whole, 1.0), np.where(np.isnan(part), np.nan, 0.0))


def _between(minimum: Floats, maximum: Floats, share: Floats) -> Floats:
    with np.errstate(invalid="ignore", over="ignore"):
        return np.clip(minimum + (maximum - minimum) * share, minimum, maximum)


def _ends(ts_ms: Ints, hold_ms: int, known_until_ms: int) -> Ints:
    """Until when each sample holds; it is never shorter than nothing."""
    ends = ts_ms + hold_ms
    ends[:-1] = np.minimum(ends[:-1], ts_ms[1:])
    return np.maximum(np.minimum(ends, known_until_ms), ts_ms)


@dataclass(frozen=True, slots=True)
class _Pieces:
    """What is put together into buckets."""

    minimum: Floats
    mean: Floats
    maximum: Floats
    resultant: Floats
    is_usable: npt.NDArray[np.bool_]
    count: npt.NDArray[np.integer] | npt.NDArray[np.bool_]
    unusable: npt.NDArray[np.integer] | npt.NDArray[np.bool_]
    covered_ms: Ints


def _group(edge_ms: Ints, pieces: _Pieces, kind: MeanKind) -> Buckets:
    """Pieces, whose edges never fall, by edge."""
    if len(edge_ms) == 0:
        return NO_BUCKETS
    firsts = np.flatnonzero(np.concatenate(([True], edge_ms[1:] != edge_ms[:-1])))
    covered_ms = np.where(pieces.is_usable, pieces.covered_ms, 0)
    totals_ms = np.add.reduceat(covered_ms, firsts)
    # What holds for no time at all (the sample just stored) counts where there is nothing else.
    weights = np.where(
        np.repeat(totals_ms, _lengths(firsts, len(edge_ms))) > 0, covered_ms, pieces.is_usable * pieces.count
    )
    means, resultants = _means(pieces, weights, firsts, kind)
    has_range = kind is not MeanKind.DIRECTION
    return Buckets(
        start_ms=edge_ms[firsts],
        minimum=_extreme(np.fmin, pieces.minimum, pieces, firsts) if has_range else np.full(len(firsts), np.nan),
        mean=means,
        maximum=_extreme(np.fmax, pieces.maximum, pieces, firsts) if has_range else np.full(len(firsts), np.nan),
        resultant=resultants,
        count=np.add.reduceat(pieces.count, firsts, dtype=np.int64),
        unusable=np.add.reduceat(pieces.unusable, firsts, dtype=np.int64),
        covered_ms=totals_ms,
    )


def _means(pieces: _Pieces, weights: Ints, firsts: Positions, kind: MeanKind) -> tuple[Floats, Floats]:
    """Mean and resultant of each bucket."""
    nothing = np.full(len(firsts), np.nan)
    totals = np.add.reduceat(weights, firsts)
    if kind is MeanKind.NONE:
        return nothing, nothing
    # Shares first: a sum of huge values times milliseconds would leave the range of floats.
    shares = weights / np.repeat(np.maximum(totals, 1), _lengths(firsts, len(weights)))
    known = (weights > 0) & ~np.isnan(pieces.mean)
    if kind is MeanKind.ARITHMETIC:
        means = np.add.reduceat(np.where(known, pieces.mean, 0.0) * shares, firsts)
        low = _extreme(np.fmin, pieces.minimum, pieces, firsts)
        high = _extreme(np.fmax, pieces.maximum, pieces, firsts)
        # A mean lies within; only rounding could put it a hair outside.
        return np.where(totals > 0, np.clip(means, low, high), np.nan), nothing
    vectors = np.where(known, pieces.resultant, 0.0) * np.exp(1j * np.radians(np.where(known, pieces.mean, 0.0)))
    sums = np.add.reduceat(vectors * shares, firsts)
    directions = np.degrees(np.angle(sums)) % _TURN_DEG
    directions[directions >= _TURN_DEG] = 0.0  # a hair below 0° comes out of the modulo as 360°
    resultants = np.minimum(np.abs(sums), 1.0)
    is_steady = (totals > 0) & (resultants > _SMALLEST_RESULTANT)
    return np.where(is_steady, directions, np.nan), np.where(totals > 0, resultants, np.nan)


def _extreme(of: np.ufunc, values: Floats, pieces: _Pieces, firsts: Positions) -> Floats:
    """Minimum or maximum; NaN only where no value is usable."""
    extremes: Floats = of.reduceat(np.where(pieces.is_usable, values, np.nan), firsts)
    return extremes


def _lengths(firsts: Positions, count: int) -> Positions:
    return np.diff(np.append(firsts, count))


def _kept(buckets: Buckets) -> Buckets:
    """Without those into which nothing but an unusable value reaches."""
    return buckets.at(np.flatnonzero((buckets.count > 0) | (buckets.unusable > 0) | (buckets.covered_ms > 0)))


_NO_INTS, _NO_FLOATS = np.empty(0, np.int64), np.empty(0)
NO_BUCKETS = Buckets(_NO_INTS, _NO_FLOATS, _NO_FLOATS, _NO_FLOATS, _NO_FLOATS, _NO_INTS, _NO_INTS, _NO_INTS)
