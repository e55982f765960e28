"""What the words of a device mean, once more: with ``struct``, bytes and fractions, sharing no code with the codec."""

from __future__ import annotations

import math
import struct
from collections.abc import Mapping
from fractions import Fraction

from devices.profiles.schema import Coding, PointSpec, WordType
from devices.samples import Reason
from devices.units import Unit

FORMATS = {
    WordType.BIT: "H",
    WordType.INT16: "h",
    WordType.UINT16: "H",
    WordType.INT32: "i",
    WordType.UINT32: "I",
    WordType.INT64: "q",
    WordType.UINT64: "Q",
    WordType.FLOAT32: "f",
    WordType.FLOAT64: "d",
}
SIZES = {"H": 2, "h": 2, "i": 4, "I": 4, "f": 4, "q": 8, "Q": 8, "d": 8}
# What one unit, and zero, of a declared unit are in the canonical one.
UNITS = {
    Unit.DEGREE_FAHRENHEIT: (Fraction(5, 9), Fraction(-160, 9)),
    Unit.MICROSIEMENS_PER_CENTIMETER: (Fraction(1, 1000), Fraction(0)),
    Unit.MILE_PER_HOUR: (Fraction("0.44704"), Fraction(0)),
    Unit.KILOLUX: (Fraction(1000), Fraction(0)),
}


def ordered(big_endian: bytes, order: str) -> bytes:
    """Bytes on the wire of a big-endian value; the same permutation leads back."""
    pairs = [big_endian[i : i + 2] for i in range(0, len(big_endian), 2)]
    match order:
        case "abcd":
            return big_endian
        case "cdab":
            return b"".join(reversed(pairs))
        case "badc":
            return b"".join(pair[::-1] for pair in pairs)
        case "dcba":
            return big_endian[::-1]
    raise AssertionError(order)


def words_of(raw: float, code: str, order: str) -> tuple[int, ...]:
    packed = ordered(struct.pack(f">{code}", raw), order)
    return struct.unpack(f">{len(packed) // 2}H", packed)


def number_of(words: tuple[int, ...], code: str, order: str) -> float:
    return struct.unpack(f">{code}", ordered(struct.pack(f">{len(words)}H", *words), order))[0]


def unsigned_code(word_type: WordType) -> str:
    return {2: "H", 4: "I", 8: "Q"}[SIZES[FORMATS[word_type]]]


def raw_number(point: PointSpec, registers: Mapping[int, int]) -> float | None:
    """Number in the register before any scale; None for an invalid word."""
    words = tuple(registers[point.address + i] for i in range(point.word_count))
    unsigned = number_of(words, unsigned_code(point.type), point.order)
    if unsigned in point.invalid_words:
        return None
    if point.bits is not None:
        first, count = point.bits
        digits = f"{unsigned:064b}"[::-1][first : first + count]
        return int(digits[::-1], 2)
    if point.coding is Coding.OFFSET_10000:
        return unsigned if unsigned < 10000 else 10000 - unsigned
    if point.coding is Coding.SIGN_BIT:
        half = 2 ** (16 * point.word_count - 1)
        return unsigned if unsigned < half else half - unsigned
    return number_of(words, FORMATS[point.type], point.order)


def register_scale(point: PointSpec, registers: Mapping[int, int]) -> Fraction | None:
    """Factor that other registers give; None for an absurd one."""
    factor = Fraction(1)
    if (spec := point.scale_register) is not None:
        words = tuple(registers[spec.address + i] for i in range(spec.type.word_count))
        order = point.order if len(words) > 1 else "abcd"
        number = number_of(words, FORMATS[spec.type], order)
        if spec.exponent_base is None:
            if not (math.isfinite(number) and 1e-9 <= number <= 1e9):
                return None
            factor *= Fraction(number)
        else:
            if not (math.isfinite(number) and abs(number) <= 9 and number == int(number)):
                return None
            factor *= Fraction(spec.exponent_base) ** (spec.exponent_sign * int(number))
    if (condition := point.conditional_scale) is not None:
        is_set = f"{registers[condition.address]:016b}"[15 - condition.bit] == "1"
        factor *= Fraction(str(condition.when_set if is_set else condition.when_clear))
    return factor


def canonical(point: PointSpec, declared: Fraction) -> Fraction:
    slope, zero = UNITS.get(point.unit, (Fraction(1), Fraction(0)))
    return declared * slope + zero


def reading(point: PointSpec, registers: Mapping[int, int]) -> tuple[Fraction | float | None, Reason]:
    """Exact canonical value and reason."""
    raw, factor = raw_number(point, registers), register_scale(point, registers)
    if raw is None:
        return None, Reason.INVALID_WORD
    if factor is None:
        return None, Reason.SCALE_UNKNOWN
    if not math.isfinite(raw):
        return (None if math.isnan(raw) else raw), Reason.NOT_FINITE
    value = canonical(point, Fraction(raw) * factor * Fraction(str(point.scale)) + Fraction(str(point.offset)))
    if point.valid is not None:
        low, high = (canonical(point, Fraction(str(limit))) for limit in point.valid)
        if not low <= value <= high:
            return value, Reason.OUT_OF_RANGE
    return value, Reason.NONE
