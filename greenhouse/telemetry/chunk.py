"""Columns of numbers as few bytes, exactly. Pure.

A chunk is ``version, checksum, zlib(columns)``. Before zlib each column is turned into small whole numbers:

- whole numbers by differences of the first or second order (a time that goes on by 5 s is a row of zeros), zigzag
  coded, in the narrowest type, all low bytes before all high bytes;
- floats as whole multiples of a power of ten where that gives back the same bits (213 for 21.3), else as the float32
  that they are, else as the float64, XORed with the one before;
- what is the same everywhere is said once.

Nothing is rounded: what comes out has the bits that went in.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Mapping
from typing import Final

import numpy as np
import numpy.typing as npt

from greenhouse.telemetry.columns import Codes, Floats, Ints, Samples

VERSION: Final = 1
_LEVEL: Final = 6
_FRAME = struct.Struct("<BI")
_COUNT = struct.Struct("<I")
_INTEGERS = struct.Struct("<BBI")
_FLOATS = struct.Struct("<BbB")
_SEED = struct.Struct("<q")
_CONSTANT, _VARYING = 0, 1
_DECIMAL, _SINGLE, _DOUBLE = 0, 1, 2
_MOST_DECIMALS = 6
_EXACT_FLOAT = 2**53
_HIGHEST_ORDER = 2


class ChunkDamaged(Exception):
    """The bytes of a chunk are not what was packed: a bad disk, a foreign hand, or a newer version's chunk."""


def pack_samples(samples: Samples) -> bytes:
    """Samples of one point as bytes.

    Raises
    ------
    ValueError
        If their time falls.
    """
    if (samples.ts_ms[1:] < samples.ts_ms[:-1]).any():
        raise ValueError("samples must be in the order of time")
    return _frame(
        _COUNT.pack(len(samples)),
        _pack_integers(samples.ts_ms),
        _pack_floats(samples.values),
        *(_pack_codes(column) for column in (samples.quality, samples.reason, samples.origin)),
        _pack_exact(samples.exact),
    )


def unpack_samples(data: bytes) -> Samples:
    """Samples from the bytes of `pack_samples`.

    Raises
    ------
    ChunkDamaged
        If these are not the bytes that were packed.
    """
    reader = _Reader(data)
    count = reader.number(_COUNT)
    ts_ms, values = reader.integers(), reader.floats(count)
    codes = [reader.codes(count) for _ in range(3)]
    return Samples(ts_ms, values, codes[0], codes[1], codes[2], reader.exact())


def pack_columns(integers: list[Ints], floats: list[Floats]) -> bytes:
    """Columns of equal length as bytes, the whole numbers first."""
    count = len(integers[0])
    return _frame(_COUNT.pack(count), *map(_pack_integers, integers), *map(_pack_floats, floats))


def unpack_columns(data: bytes, *, integers: int, floats: int) -> tuple[list[Ints], list[Floats]]:
    """Columns from the bytes of `pack_columns`.

    Raises
    ------
    ChunkDamaged
        If these are not the bytes that were packed.
    """
    reader = _Reader(data)
    count = reader.number(_COUNT)
    return [reader.integers() for _ in range(integers)], [reader.floats(count) for _ in range(floats)]


def _frame(*parts: bytes) -> bytes:
    packed = zlib.compress(b"".join(parts), _LEVEL)
    return _FRAME.pack(VERSION, zlib.crc32(packed)) + packed


def _pack_integers(numbers: Ints) -> bytes:
    """``order, width, length`` of the differences, one seed per order, the differences."""
    best, seeds = numbers, b""
    for order in range(1, min(_HIGHEST_ORDER, len(numbers) - 1) + 1):
        narrower = np.diff(numbers, n=order)  # wraps around at 64 bits, and back again when it is undone
        if _cost(narrower) >= _cost(best):
            break
        best = narrower
        seeds = b"".join(_SEED.pack(int(np.diff(numbers, n=done)[0])) for done in range(order))
    coded = ((best << 1) ^ (best >> 63)).view(np.uint64)
    highest = int(coded.max()) if len(coded) else 0
    width = next(width for width in (0, 1, 2, 4, 8) if highest < 256**width)
    order = len(seeds) // _SEED.size
    return (
        _INTEGERS.pack(order, width, len(coded)) + seeds + _shuffle(coded.astype(f"<u{width}") if width else coded[:0])
    )


def _cost(numbers: Ints) -> float:
    """About how many bits the numbers need."""
    return float(np.log2(np.abs(numbers.astype(np.float64)) + 1.0).sum())


def _shuffle(words: npt.NDArray[np.unsignedinteger]) -> bytes:
    """All first bytes, then all second bytes: what changes little stands together."""
    return words.view(np.uint8).reshape(-1, words.dtype.itemsize).T.tobytes()


def _pack_codes(codes: Codes) -> bytes:
    if len(codes) and (codes == codes[0]).all():
        return bytes((_CONSTANT, int(codes[0])))
    return bytes((_VARYING,)) + codes.tobytes()


def _pack_floats(numbers: Floats) -> bytes:
    """``form, decimals, whether some are missing``, which ones, the numbers; a missing one repeats the one before."""
    missing = np.isnan(numbers)
    some_missing = bool(missing.any())
    mask = np.packbits(missing).tobytes() if some_missing else b""
    if some_missing:
        last_known = np.maximum.accumulate(np.where(missing, -1, np.arange(len(numbers))))
        numbers = np.where(last_known >= 0, numbers[last_known], 0.0)
    for decimals in range(_MOST_DECIMALS + 1):
        whole = _whole_multiples(numbers, decimals)
        if whole is not None:
            return _FLOATS.pack(_DECIMAL, decimals, some_missing) + mask + _pack_integers(whole)
    with np.errstate(over="ignore"):
        single = numbers.astype(np.float32)
    if _same_bits(single.astype(np.float64), numbers):
        return _FLOATS.pack(_SINGLE, 0, some_missing) + mask + _shuffle(_xored(single.view(np.uint32)))
    return _FLOATS.pack(_DOUBLE, 0, some_missing) + mask + _shuffle(_xored(numbers.view(np.uint64)))


def _whole_multiples(numbers: Floats, decimals: int) -> Ints | None:
    """``k`` where each number is ``k / 10**decimals``, to the bit; None where it is not."""
    with np.errstate(over="ignore", invalid="ignore"):
        multiples = np.rint(numbers * 10.0**decimals)
        if not (np.abs(multiples) < _EXACT_FLOAT).all():
            return None
    whole = multiples.astype(np.int64)
    return whole if _same_bits(whole / 10.0**decimals, numbers) else None


def _same_bits(one: Floats, other: Floats) -> bool:
    return bool((one.view(np.int64) == other.view(np.int64)).all())


def _xored(words: npt.NDArray[np.unsignedinteger]) -> npt.NDArray[np.unsignedinteger]:
    changed = words.copy()
    changed[1:] ^= words[:-1]
    return changed


def _pack_exact(exact: Mapping[int, int]) -> bytes:
    positions = np.array(sorted(exact), np.int64)
    text = ",".join(str(exact[int(position)]) for position in positions).encode("ascii")
    return _pack_integers(positions) + _COUNT.pack(len(text)) + text


class _Reader:
    """Takes columns from the bytes of a chunk, in the order in which they were packed."""

    def __init__(self, data: bytes) -> None:
        try:
            version, checksum = _FRAME.unpack_from(data)
        except struct.error as error:
            raise ChunkDamaged(f"{len(data)} bytes are no chunk") from error
        if version != VERSION:
            raise ChunkDamaged(f"version {version} is not {VERSION}")
        if zlib.crc32(memoryview(data)[_FRAME.size :]) != checksum:
            raise ChunkDamaged("the checksum does not agree")
        self._bytes = zlib.decompress(memoryview(data)[_FRAME.size :])
        self._at = 0

    def number(self, form: struct.Struct) -> int:
        return int(form.unpack(self._take(form.size))[0])

    def integers(self) -> Ints:
        order, width, length = _INTEGERS.unpack(self._take(_INTEGERS.size))
        seeds = [self.number(_SEED) for _ in range(order)]
        if width == 0:
            numbers = np.zeros(length, np.int64)
        else:
            coded = self._words(length, width).astype(np.uint64)
            numbers = (coded >> np.uint64(1)).view(np.int64) ^ -(coded & np.uint64(1)).astype(np.int64)
        for seed in reversed(seeds):
            numbers = np.cumsum(np.concatenate(([np.int64(seed)], numbers)), dtype=np.int64)
        return numbers

    def floats(self, count: int) -> Floats:
        form, decimals, some_missing = _FLOATS.unpack(self._take(_FLOATS.size))
        missing = (
            np.unpackbits(np.frombuffer(self._take(-(-count // 8)), np.uint8), count=count) if some_missing else None
        )
        if form == _DECIMAL:
            numbers: Floats = self.integers() / 10.0**decimals
        elif form == _SINGLE:
            words = np.bitwise_xor.accumulate(self._words(count, 4))
            numbers = words.view(np.float32).astype(np.float64)
        else:
            numbers = np.bitwise_xor.accumulate(self._words(count, 8)).view(np.float64)
        if missing is not None:
            numbers[missing.astype(bool)] = np.nan
        return numbers

    def codes(self, count: int) -> Codes:
        if self._take(1)[0] == _CONSTANT:
            return np.full(count, self._take(1)[0], np.uint8)
        return np.frombuffer(self._take(count), np.uint8)

    def exact(self) -> dict[int, int]:
        positions = self.integers()
        text = self._take(self.number(_COUNT)).decode("ascii")
        return dict(zip(positions.tolist(), map(int, text.split(",") if text else ()), strict=True))

    def _words(self, count: int, width: int) -> npt.NDArray[np.unsignedinteger]:
        shuffled = np.frombuffer(self._take(count * width), np.uint8).reshape(width, count)
        return np.ascontiguousarray(shuffled.T).view(f"<u{width}").reshape(count)

    def _take(self, size: int) -> bytes:
        self._at += size
        return self._bytes[self._at - size : self._at]
