"""Words of one block to values, quality and reason, as arrays."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import numpy.typing as npt

from devices.codec.layout import NumberForm, Words, number_form, read_numbers, swaps_bytes, word_offsets
from devices.codec.scaling import Scaling, conditional_factor, point_scaling, register_factor, to_canonical
from devices.profiles.schema import Coding, Order, PointSpec, WordType
from devices.samples import Quality, Reason

_EXACT_FLOAT = 2**53
_LARGEST_FLOAT = float(np.finfo(np.float64).max)
_LITTLE_ENDIAN_WORD = np.dtype("<u2")


@dataclass(frozen=True, slots=True)
class Decoded:
    """What a block holds, in the order of the decoder's points.

    Attributes
    ----------
    values : float64 array, shape (n,)
        Canonical units. NaN where there is no value; a value out of range, or infinite, is kept.
    quality, reason : uint8 arrays, shape (n,)
        Numbers of ``Quality`` and ``Reason``.
    exact : dict of position to int
        Raw integers of counters, and of 64-bit numbers that a float64 cannot hold. A counter is present only while
        its quality is good, so that a bad reading never advances it.
    """

    values: npt.NDArray[np.float64]
    quality: npt.NDArray[np.uint8]
    reason: npt.NDArray[np.uint8]
    exact: dict[int, int]


@dataclass(frozen=True, slots=True)
class PointValue:
    """What one point says: a canonical value or None, and how far to believe it."""

    value: float | int | None
    quality: Quality
    reason: Reason


@dataclass(frozen=True, slots=True)
class _Column:
    """One raw number of the block: a point's own, or one that a scale depends on."""

    position: int
    address: int
    type: WordType
    order: Order
    form: NumberForm
    bits: tuple[int, int] | None = None
    invalid_words: tuple[int, ...] = ()
    is_counter: bool = False
    is_long: bool = False


class _Group:
    """Columns that are read alike: same width, same form, all or none of them bit fields."""

    def __init__(self, columns: Sequence[_Column], *, start: int, count: int) -> None:
        first = columns[0]
        width = first.type.word_count
        self._form = first.form
        self._type = np.dtype(f"<u{2 * width}")
        self._index = np.array([_gather_index(column, start=start, count=count) for column in columns]).ravel()
        self._positions = np.array([column.position for column in columns], dtype=np.intp)
        self._slots = _as_slice(self._positions)
        self._shift: npt.NDArray[np.unsignedinteger] | None = None
        if first.bits is not None:
            fields = [column.bits or (0, 0) for column in columns]
            self._shift = np.array([shift for shift, _ in fields], dtype=self._type)
            self._mask = np.array([(1 << size) - 1 for _, size in fields], dtype=self._type)
        invalid = [(i, word) for i, column in enumerate(columns) for word in column.invalid_words]
        self._invalid_index = np.array([i for i, _ in invalid], dtype=np.intp)
        self._invalid_words = np.array([word for _, word in invalid], dtype=self._type)
        self._counters = [(i, column.position) for i, column in enumerate(columns) if column.is_counter]
        self._long = [(i, column.position) for i, column in enumerate(columns) if column.is_long]

    def read(self, buffer: Words, raw: npt.NDArray[np.float64], exact: dict[int, int], invalid: list[int]) -> None:
        """Put raw numbers into ``raw``, exact integers into ``exact``, positions of invalid words into ``invalid``."""
        unsigned: npt.NDArray[np.unsignedinteger] = buffer.take(self._index).view(self._type)
        field = unsigned if self._shift is None else (unsigned >> self._shift) & self._mask
        numbers = read_numbers(field, self._form)
        raw[self._slots] = numbers
        for i, position in self._counters:
            exact[position] = int(numbers[i])
        for i, position in self._long:
            if abs(number := int(numbers[i])) > _EXACT_FLOAT:
                exact[position] = number
        if self._invalid_index.size:
            found = self._invalid_index[unsigned[self._invalid_index] == self._invalid_words]
            if found.size:
                invalid += self._positions[found].tolist()
                raw[invalid] = np.nan


@dataclass(frozen=True, slots=True)
class _RegisterScale:
    """A point whose scale depends on other registers: columns from ``first`` to ``last`` hold them."""

    position: int
    point: PointSpec
    fixed: Scaling
    first: int
    last: int

    def now(self, raw: npt.NDArray[np.float64]) -> Scaling | None:
        """The scaling in force; None if a register holds an absurd scale."""
        factor = Fraction(1)
        if self.point.scale_register is not None:
            held = register_factor(self.point.scale_register, float(raw[self.first]))
            if held is None:
                return None
            factor *= held
        if self.point.conditional_scale is not None:
            factor *= conditional_factor(self.point.conditional_scale, is_set=bool(raw[self.last]))
        return self.fixed.times(factor)


class BlockDecoder:
    """Decodes the words of one block; compiled once, when the reads are planned.

    Parameters
    ----------
    points : sequence of PointSpec
        What the block is read for. The order is kept in every result.
    address, count : int
        The block. Every point's extent must lie inside.

    Attributes
    ----------
    counters : tuple of int
        Positions of the points that count and roll over.

    Raises
    ------
    ValueError
        If a point does not lie in the block or contradicts itself.
    """

    def __init__(self, points: Sequence[PointSpec], *, address: int, count: int) -> None:
        self.points = tuple(points)
        self.address, self.count = address, count
        self.counters = tuple(i for i, point in enumerate(self.points) if point.rolls_over_at is not None)
        for point in self.points:
            first, end = point.extent
            if first < address or end > address + count:
                raise ValueError(f"{point.key}: {first} to {end - 1} is not in the block of {count} at {address}")
        self._scalings = [point_scaling(point) for point in self.points]
        columns = [_own_column(i, point, self._scalings[i]) for i, point in enumerate(self.points)]
        self._register_scales: list[_RegisterScale] = []
        for i, point in enumerate(self.points):
            if extra := _scale_columns(point, position=len(columns)):
                last = len(columns) + len(extra) - 1
                self._register_scales.append(_RegisterScale(i, point, self._scalings[i], len(columns), last))
                columns += extra
        self._column_count = len(columns)
        self._swaps = any(swaps_bytes(column.order) for column in columns)
        self._groups = [_Group(group, start=address, count=count) for group in _alike(columns)]
        self._multiplier = np.array([scaling.multiplier for scaling in self._scalings], dtype=np.float64)
        self._addend = np.array([scaling.addend for scaling in self._scalings], dtype=np.float64)
        self._divisor = np.array([scaling.divisor for scaling in self._scalings], dtype=np.float64)
        ranges = [_canonical_range(point) for point in self.points]
        self._low = np.array([low for low, _ in ranges], dtype=np.float64)
        self._high = np.array([high for _, high in ranges], dtype=np.float64)

    def decode(self, words: Words) -> Decoded:
        """Values of the block. Any words decode to something; what makes no sense is marked bad.

        Parameters
        ----------
        words : uint16 array, shape (count,)
            The whole block, registers or bits.

        Raises
        ------
        ValueError
            If the array is not as long as the block, or not of words.
        """
        # NaN, infinity and overflow are no errors here: the comparison finds them and they are marked.
        with np.errstate(all="ignore"):
            raw, exact, invalid = self._read(words)
            values, unknown = self._scale(raw)
            good = (values >= self._low) & (values <= self._high)
        quality = np.zeros(len(self.points), dtype=np.uint8)
        reason = np.zeros(len(self.points), dtype=np.uint8)
        if not good.all():
            bad = ~good
            reason[bad] = np.where(np.isfinite(values[bad]), Reason.OUT_OF_RANGE, Reason.NOT_FINITE)
            reason[unknown] = Reason.SCALE_UNKNOWN
            reason[invalid] = Reason.INVALID_WORD
            quality[bad] = Quality.BAD
            exact = {i: n for i, n in exact.items() if good[i] or not (i in self.counters or np.isnan(values[i]))}
        return Decoded(values, quality, reason, exact)

    def scaling_in_force(self, words: Words, position: int) -> Scaling | None:
        """Scaling of one point, with what these words hold in its scale registers; None if that is absurd."""
        for scale in self._register_scales:
            if scale.position == position:
                return scale.now(self._read(words)[0])
        return self._scalings[position]

    def _read(self, words: Words) -> tuple[npt.NDArray[np.float64], dict[int, int], list[int]]:
        """Raw numbers of all columns, exact integers, and the positions that hold an invalid word."""
        if words.shape != (self.count,) or words.dtype != np.uint16:
            raise ValueError(f"the block at {self.address} takes {self.count} words, not {words.dtype}{words.shape}")
        buffer = words.astype(_LITTLE_ENDIAN_WORD, copy=False)
        if self._swaps:
            buffer = np.concatenate((buffer, buffer.byteswap()))
        raw = np.empty(self._column_count, dtype=np.float64)
        exact: dict[int, int] = {}
        invalid: list[int] = []
        for group in self._groups:
            group.read(buffer, raw, exact, invalid)
        return raw, exact, invalid

    def _scale(self, raw: npt.NDArray[np.float64]) -> tuple[npt.NDArray[np.float64], list[int]]:
        """Canonical values, and the positions whose scale is unknown."""
        multiplier, addend, divisor = self._multiplier, self._addend, self._divisor
        unknown: list[int] = []
        if self._register_scales:
            multiplier, addend, divisor = multiplier.copy(), addend.copy(), divisor.copy()
            for scale in self._register_scales:
                i, now = scale.position, scale.now(raw)
                if now is None:
                    unknown.append(i)
                    multiplier[i] = np.nan
                else:
                    multiplier[i], addend[i], divisor[i] = now.multiplier, now.addend, now.divisor
        values = raw[: len(self.points)] * multiplier
        values += addend
        values /= divisor
        return values, unknown


def decode_point(words: Words, point: PointSpec) -> PointValue:
    """Value of one point from the words of its own extent: a block of one point."""
    first, end = point.extent
    decoded = BlockDecoder([point], address=first, count=end - first).decode(words)
    value: float | int | None = float(decoded.values[0])
    if np.isnan(decoded.values[0]):
        value = None
    elif point.rolls_over_at is None and 0 in decoded.exact:
        value = decoded.exact[0]
    return PointValue(value, Quality(decoded.quality[0]), Reason(decoded.reason[0]))


def _own_column(position: int, point: PointSpec, scaling: Scaling) -> _Column:
    form = number_form(point.type, point.coding, is_field=point.bits is not None)
    is_counter = point.rolls_over_at is not None
    is_plain_integer = form in (NumberForm.UNSIGNED, NumberForm.TWOS_COMPLEMENT)
    if is_counter and not is_plain_integer:
        raise ValueError(f"{point.key}: a counter is a plain integer")
    has_fixed_scale = point.scale_register is None and point.conditional_scale is None
    return _Column(
        position,
        point.address,
        point.type,
        point.order,
        form,
        point.bits,
        point.invalid_words,
        is_counter=is_counter,
        is_long=is_plain_integer and point.word_count == 4 and scaling.is_identity and has_fixed_scale,
    )


def _scale_columns(point: PointSpec, *, position: int) -> list[_Column]:
    """Columns for the registers that a point's scale depends on: a multi-word one stands in the point's order."""
    columns = []
    if (register := point.scale_register) is not None:
        order = point.order if register.type.word_count > 1 else Order.ABCD
        form = number_form(register.type, Coding.PLAIN, is_field=False)
        columns.append(_Column(position, register.address, register.type, order, form))
    if (condition := point.conditional_scale) is not None:
        columns.append(
            _Column(
                position + len(columns),
                condition.address,
                WordType.UINT16,
                Order.ABCD,
                NumberForm.UNSIGNED,
                (condition.bit, 1),
            )
        )
    return columns


def _canonical_range(point: PointSpec) -> tuple[float, float]:
    """Valid range; a point without one has every finite number, so that one comparison finds NaN and infinity too."""
    low, high = point.valid if point.valid is not None else (-np.inf, np.inf)
    return max(to_canonical(point, low), -_LARGEST_FLOAT), min(to_canonical(point, high), _LARGEST_FLOAT)


def _alike(columns: Iterable[_Column]) -> list[list[_Column]]:
    groups: dict[tuple[int, NumberForm, bool], list[_Column]] = {}
    for column in columns:
        groups.setdefault((column.type.word_count, column.form, column.bits is not None), []).append(column)
    return list(groups.values())


def _gather_index(column: _Column, *, start: int, count: int) -> list[int]:
    """Where a column's words stand in the buffer, least significant first; byte-swapped words follow the plain ones."""
    base = column.address - start + (count if swaps_bytes(column.order) else 0)
    return [base + offset for offset in word_offsets(column.type.word_count, column.order)]


def _as_slice(positions: npt.NDArray[np.intp]) -> npt.NDArray[np.intp] | slice:
    """Consecutive positions as a slice: storing through it is faster."""
    first = int(positions[0])
    if np.array_equal(positions, np.arange(first, first + len(positions))):
        return slice(first, first + len(positions))
    return positions
