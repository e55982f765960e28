"""Points to the fewest legal block reads, and how to go on when a device refuses one. Pure.

A block sweeps up registers that nobody wants when that saves a request. How many is the line's ``gap``; how long a
block may be is the device's. Some registers must never be swept up (they clear on reading), and others refuse to be
read: those are found by ``HoleSearch``, become a ``Hole`` and are never swept up again.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from typing import Protocol

from devices.modbus_limits import ADDRESS_SPACE, HIGHEST_ADDRESS, MAX_READ_BITS, MAX_READ_REGISTERS
from devices.profiles.schema import DeviceProfile, PointSpec, ReadLimits, Table

AddressRange = tuple[Table, int, int]
"""Table, first address and one past the last."""


@dataclass(frozen=True, slots=True)
class Block:
    """One read request and the points it is made for, ordered by address.

    Attributes
    ----------
    address, count : int
        What is read. With devices that allow even requests only, one register more than the points need.
    """

    table: Table
    address: int
    count: int
    points: tuple[PointSpec, ...]

    @property
    def end(self) -> int:
        """One past the last address."""
        return self.address + self.count


@dataclass(frozen=True, slots=True, order=True)
class Hole:
    """Addresses that a device refused in the middle of a block, or a border that no block may cross.

    Attributes
    ----------
    first, end : int
        First address and one past the last. Equal: the device answers on both sides of this border, but not across.
    """

    table: Table
    first: int
    end: int


class ReadPlanMemory(Protocol):
    """Keeps learned holes across restarts."""

    def holes(self, device: str) -> frozenset[Hole]:
        """Holes of a device."""

    def remember(self, device: str, hole: Hole) -> None:
        """Keep a hole for good."""


@dataclass(frozen=True, slots=True)
class _Span:
    """Addresses that must be read together, and the points that want them."""

    first: int
    end: int
    points: tuple[PointSpec, ...]
    is_alone: bool = False


_Spans = tuple[_Span, ...]


def never_swept(profile: DeviceProfile) -> tuple[AddressRange, ...]:
    """All addresses of a device that no block may read by the way, whichever points that block is for."""
    clearing = ((point.table, *point.extent) for point in profile.points if point.read_to_clear)
    return (*profile.unreadable, *clearing)


def plan_reads(
    points: Iterable[PointSpec],
    *,
    limits: ReadLimits,
    gap: int,
    unreadable: Iterable[AddressRange] = (),
    holes: Iterable[Hole] = (),
) -> tuple[Block, ...]:
    """The fewest block reads that bring all readable points.

    Parameters
    ----------
    points : iterable of PointSpec
        Points that are due together (one poll class). Order does not matter; points that cannot be read are left out.
    limits : ReadLimits
        Of the device.
    gap : int
        Most unwanted registers between two wanted ones that one request may read through.
    unreadable : iterable of AddressRange
        Never read by the way: ``never_swept(profile)``.
    holes : iterable of Hole
        Learned. A point that lies in a hole is still read, but nothing is read across it.

    Returns
    -------
    Blocks in the order of tables and addresses.

    Raises
    ------
    ValueError
        Naming every point that no legal request can read.

    Notes
    -----
    Extending block by block from the lowest address is optimal: a block that starts at the first span not yet read can
    only gain by reaching further, and whether two neighbors may be joined does not depend on how the rest is cut.
    The register that an even-only device gets to make a request even counts as wanted.
    """
    readable = sorted((p for p in points if p.access.can_read), key=_place)
    forbidden, learned = tuple(unreadable), tuple(holes)
    blocks: list[Block] = []
    faults: list[str] = []
    for table, of_table in groupby(readable, key=lambda point: point.table):
        spans = _spans(tuple(of_table), limits)
        clearing = tuple((span.first, span.end) for span in spans if span.is_alone)
        fence = _Fence(
            unreadable=clearing + tuple((first, end) for of, first, end in forbidden if of is table),
            holes=tuple((hole.first, hole.end) for hole in learned if hole.table is table),
        )
        faults += (fault for span in spans for fault in _span_faults(span, table, limits, fence))
        blocks += _blocks(table, spans, limits=limits, gap=gap, fence=fence)
    if faults:
        raise ValueError("; ".join(faults))
    return tuple(blocks)


class HoleSearch:
    """Finds out which part of a block is illegal, one read at a time.

    The driver starts a search when a block answers exception 2. It reads ``block`` until that is None, and tells after
    each read whether the device answered. A read that failed for another reason is simply tried again. Then ``holes``
    are remembered, ``illegal`` points are left out, and the reads are planned anew.

    Parameters
    ----------
    refused : Block
        The block that the device refused.
    limits : ReadLimits
        Of the device.

    Notes
    -----
    The block is cut at its middle gap, or at its middle point if it has no gap; a half that is refused is cut again,
    and what was answered on both sides of a cut is tried across it. What follows from earlier answers is not asked
    again. The number of reads grows with the logarithm of the block's length and with the number of holes.
    """

    def __init__(self, refused: Block, *, limits: ReadLimits) -> None:
        self._table, self._limits = refused.table, limits
        self._refused = [(refused.address, refused.end)]
        self._answered: list[tuple[int, int]] = []
        self._holes: set[Hole] = set()
        self._illegal: list[PointSpec] = []
        self._steps = self._search(_spans(refused.points, limits))
        self._block = next(self._steps, None)

    @property
    def block(self) -> Block | None:
        """What to read next. None: the search is over."""
        return self._block

    @property
    def holes(self) -> frozenset[Hole]:
        """What no block may sweep up or cross; complete when the search is over."""
        return frozenset(self._holes)

    @property
    def illegal(self) -> tuple[PointSpec, ...]:
        """Points found so far that the device refuses even when they are asked alone."""
        return tuple(self._illegal)

    def note(self, *, answered: bool) -> None:
        """Go on after a read of ``block``: answered, or refused with exception 2.

        Raises
        ------
        RuntimeError
            If the search is over.
        """
        if self._block is None:
            raise RuntimeError("the search is over")
        try:
            self._block = self._steps.send(answered)
        except StopIteration:
            self._block = None

    def _search(self, spans: _Spans) -> Generator[Block, bool, None]:
        runs = yield from self._resolve(spans)
        for run, following in pairwise(runs):
            end = _end(run)
            self._holes.add(Hole(self._table, end, max(end, following[0].first)))

    def _resolve(self, spans: _Spans) -> Generator[Block, bool, list[_Spans]]:
        """Runs of spans that are answered in one read each, from spans that are refused together."""
        if len(spans) == 1:
            self._illegal += spans[0].points
            self._holes.add(Hole(self._table, spans[0].first, spans[0].end))
            return []
        cut = _middle_cut(spans)
        left = yield from self._try(spans[:cut])
        right = yield from self._try(spans[cut:])
        if not (left and right):
            return left + right
        if (yield from self._ask(left[-1] + right[0])):
            return [*left[:-1], left[-1] + right[0], *right[1:]]
        return left + right

    def _try(self, spans: _Spans) -> Generator[Block, bool, list[_Spans]]:
        if (yield from self._ask(spans)):
            return [spans]
        return (yield from self._resolve(spans))

    def _ask(self, spans: _Spans) -> Generator[Block, bool, bool]:
        """Whether the device answers for these spans in one read; asked only if that is not known yet."""
        first, end = spans[0].first, _end(spans)
        if any(first <= low and high <= end for low, high in self._refused):
            return False
        if any(low <= first and end <= high for low, high in self._answered):
            return True
        answered = yield _block(self._table, spans)
        (self._answered if answered else self._refused).append((first, end))
        return answered


@dataclass(frozen=True, slots=True)
class _Fence:
    """Where the blocks of one table may not pass."""

    unreadable: tuple[tuple[int, int], ...]
    holes: tuple[tuple[int, int], ...]

    def is_open(self, start: int, end: int, first: int) -> bool:
        """Whether a block from ``start`` to ``end`` may be extended by a span that begins at ``first``."""
        low, high = min(end, first), max(end, first)
        for barred_first, barred_end in self.unreadable + self.holes:
            if barred_first == barred_end:
                if start < barred_first and low <= barred_first <= high:
                    return False
            elif max(barred_first, end) < min(barred_end, first):
                return False
        return True


def _place(point: PointSpec) -> tuple[int, int, tuple[int, int], str]:
    return list(Table).index(point.table), point.address, point.bits or (0, 0), point.key


def _spans(points: Sequence[PointSpec], limits: ReadLimits) -> _Spans:
    """What must be read together, by address. Points of one register that clears on reading share one span."""
    spans: dict[tuple[int, int], list[PointSpec]] = {}
    clearing: list[tuple[int, int, list[PointSpec]]] = []
    for point in sorted(points, key=lambda p: p.extent):
        first, end = point.extent
        if limits.even_only and not point.table.is_bits:
            first, end = first - first % 2, end + end % 2
        if not point.read_to_clear:
            spans.setdefault((first, end), []).append(point)
        elif clearing and first < clearing[-1][1]:
            low, high, shared = clearing[-1]
            clearing[-1] = low, max(high, end), [*shared, point]
        else:
            clearing.append((first, end, [point]))
    plain = [_Span(first, end, tuple(wanted)) for (first, end), wanted in spans.items()]
    alone = [_Span(first, end, tuple(wanted), is_alone=True) for first, end, wanted in clearing]
    return tuple(sorted(plain + alone, key=lambda span: (span.first, span.end)))


def _longest(table: Table, limits: ReadLimits) -> int:
    if table.is_bits:
        return min(limits.max_bits, MAX_READ_BITS)
    longest = min(limits.max_registers, MAX_READ_REGISTERS)
    return longest - longest % 2 if limits.even_only else longest


def _span_faults(span: _Span, table: Table, limits: ReadLimits, fence: _Fence) -> Iterator[str]:
    """Why no legal request can read a span, naming its points."""
    names = ", ".join(point.key for point in span.points)
    length, longest = span.end - span.first, _longest(table, limits)
    if length > longest:
        yield f"{names}: {length} addresses must be read together, the device allows {longest}"
    if span.end > ADDRESS_SPACE:
        yield f"{names}: address {span.end - 1} is past the last one, {HIGHEST_ADDRESS}"
    wanted = {address for point in span.points if point.read_to_clear for address in range(*point.extent)}
    for first, end in fence.unreadable:
        if swept := set(range(max(first, span.first), min(end, span.end))) - wanted:
            yield f"{names}: reading {span.first} to {span.end - 1} sweeps up {min(swept)}, which must not be read so"


def _blocks(table: Table, spans: _Spans, *, limits: ReadLimits, gap: int, fence: _Fence) -> Iterator[Block]:
    """Blocks of one table, each as long as it may be."""
    longest = _longest(table, limits)
    run: list[_Span] = []
    for span in spans:
        if run:
            start, end = run[0].first, _end(run)
            fits = span.end - start <= longest and span.first - end <= gap and fence.is_open(start, end, span.first)
            if span.is_alone or run[-1].is_alone or not (fits or span.end <= end):
                yield _block(table, run)
                run = []
        run.append(span)
    if run:
        yield _block(table, run)


def _block(table: Table, spans: Sequence[_Span]) -> Block:
    points = sorted((point for span in spans for point in span.points), key=_place)
    return Block(table, spans[0].first, _end(spans) - spans[0].first, tuple(points))


def _end(spans: Sequence[_Span]) -> int:
    return max(span.end for span in spans)


def _middle_cut(spans: _Spans) -> int:
    """Where to cut: at the middle one of the gaps, or between the middle spans if there is none."""
    gaps = [i for i in range(1, len(spans)) if spans[i].first > _end(spans[:i])]
    return gaps[len(gaps) // 2] if gaps else len(spans) // 2
