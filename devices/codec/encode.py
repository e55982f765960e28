"""Values to words: as they are written to a device, and as a device would show them."""

from __future__ import annotations

import math
import struct
from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction

import numpy as np

from devices.codec.decode import BlockDecoder, decode_point
from devices.codec.layout import NumberForm, from_words, number_form, to_unsigned, to_words
from devices.codec.scaling import Scaling, point_scaling, rational, to_canonical
from devices.errors import NotWritable, PointValueError, ValueOutOfLimits
from devices.profiles.schema import Order, PointSpec, WordType, WriteSpec
from devices.units import conversion

_FLOAT_FORMATS = {WordType.FLOAT32: (">f", ">I"), WordType.FLOAT64: (">d", ">Q")}
_BIT_FUNCTIONS = (5, 15)
_SINGLE_REGISTER_FUNCTION = 6
# Only for the binary noise of two decimal numbers; far below the step of any register.
_COMPARISON_NOISE = 1e-9


def encode_write(point: PointSpec, value: float) -> tuple[int, ...]:
    """Words (or one bit) that write a canonical value, as the point's ``write`` says.

    Raises
    ------
    NotWritable
        If the point has no write access, or what is to be written depends on what the device holds.
    ValueOutOfLimits
        If the value lies outside the limits, or rounding to the step of the register would carry it there.
    PointValueError
        If it is no finite number or does not fit the register. Nothing is ever wrapped or clamped.
    """
    write = _writable(point)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise PointValueError(point.key, f"{value!r} is not a number")
    if not isinstance(value, int) and not math.isfinite(value):
        raise PointValueError(point.key, f"{value} is not finite")
    _check_limits(point, write, value)
    raw = point_scaling(point).undo(rational(value))
    if write.function in _BIT_FUNCTIONS:
        if raw not in (0, 1):
            raise PointValueError(point.key, f"{value} is neither off nor on")
        return (int(raw),)
    words = _encode(point, write.type, write.order, raw)
    if write.type.is_integer:
        _check_limits(point, write, written_value(point, words))
    return words


def written_value(point: PointSpec, words: tuple[int, ...]) -> float:
    """Canonical value that written words stand for: the asked one, rounded to the step of the register."""
    write = _writable(point)
    as_written = replace(
        point, address=0, type=write.type, order=write.order, valid=None, invalid_words=(), rolls_over_at=None
    )
    value = decode_point(np.array(words, dtype=np.uint16), as_written).value
    if value is None:
        raise PointValueError(point.key, f"the words {words} hold no value")
    return float(value)


def write_tolerance(point: PointSpec) -> float:
    """Largest difference between sent and read back that counts as the same, canonical unit."""
    return _writable(point).tolerance * abs(conversion(point.quantity, point.unit).factor)


def matches(sent: float, readback: float | None, tolerance: float) -> bool:
    """Whether a read-back confirms what was sent. No value confirms nothing.

    Parameters
    ----------
    sent : float
        ``written_value`` of the words that were sent, not the value that was asked for.
    readback : float or None
        What the device shows, same unit.
    tolerance : float
        ``write_tolerance`` of the point.
    """
    if readback is None or not math.isfinite(readback):
        return False
    return abs(sent - readback) <= tolerance + _COMPARISON_NOISE * max(abs(sent), abs(readback))


def encode_reading(
    point: PointSpec, value: float | None, *, registers: Mapping[int, int] | None = None
) -> tuple[int, ...]:
    """Words that a device shows at the point's address when it measures a canonical value.

    Parameters
    ----------
    value : float or None
        None: the device has no value. It then shows its invalid word, or NaN in a float register.
    registers : mapping of address to word, optional
        What the device holds in the same table. Needed for the other bits of a bit field's register and for a scale
        that stands in a register; an address that is left out holds 0.

    Raises
    ------
    PointValueError
        If no words stand for the value. Nothing is wrapped, except a counter at its roll-over.
    """
    if value is None:
        return _no_value(point)
    held = registers or {}
    if not math.isfinite(value):
        if point.type.is_integer:
            raise PointValueError(point.key, f"{value} does not fit {point.type}")
        return _encode(point, point.type, point.order, value)
    raw = _scaling_in_force(point, held).undo(rational(value))
    if point.rolls_over_at is not None:
        raw = Fraction(round(raw) % point.rolls_over_at)
    if point.bits is not None:
        return _encode_field(point, round(raw), held)
    return _encode(point, point.type, point.order, raw)


def _writable(point: PointSpec) -> WriteSpec:
    if point.write is None or not point.access.can_write:
        raise NotWritable(point.key, "the point takes no commands")
    if point.bits is not None:
        raise NotWritable(point.key, "it shares its register with other bits, which a write would change")
    if point.scale_register is not None or point.conditional_scale is not None:
        raise NotWritable(point.key, "its scale depends on what the device holds")
    if point.write.function == _SINGLE_REGISTER_FUNCTION and point.write.type.word_count != 1:
        raise NotWritable(point.key, f"function 6 writes one register, {point.write.type} takes more")
    return point.write


def _check_limits(point: PointSpec, write: WriteSpec, value: float) -> None:
    low, high = (to_canonical(point, limit) for limit in write.limits)
    if not low <= value <= high:
        raise ValueOutOfLimits(point.key, value, low, high)


def _encode(point: PointSpec, word_type: WordType, order: Order, raw: Fraction | float) -> tuple[int, ...]:
    """Words of a raw number, rounded half to even; never a word that means "no value"."""
    form = number_form(word_type, point.coding, is_field=False)
    try:
        if form is NumberForm.FLOAT:
            packed, unpacked = _FLOAT_FORMATS[word_type]
            unsigned: int = struct.unpack(unpacked, struct.pack(packed, float(raw)))[0]
        else:
            unsigned = to_unsigned(round(raw), word_type.word_count, form)
    except (ValueError, OverflowError) as error:
        raise PointValueError(point.key, f"no {word_type} holds it: {error}") from error
    if unsigned in point.invalid_words and word_type.word_count == point.word_count:
        raise PointValueError(point.key, f"the raw number {unsigned} means that there is no value")
    return to_words(unsigned, word_type.word_count, order)


def _encode_field(point: PointSpec, field: int, held: Mapping[int, int]) -> tuple[int, ...]:
    first, size = point.bits or (0, 0)
    if not 0 <= field < 1 << size:
        raise PointValueError(point.key, f"{field} does not fit {size} bits")
    beneath = from_words(tuple(held.get(point.address + i, 0) for i in range(point.word_count)), point.order)
    mask = (1 << size) - 1 << first
    return to_words(beneath & ~mask | field << first, point.word_count, point.order)


def _no_value(point: PointSpec) -> tuple[int, ...]:
    if point.invalid_words:
        return to_words(point.invalid_words[0], point.word_count, point.order)
    if point.type.is_integer:
        raise PointValueError(point.key, "it has no invalid word that could say that there is no value")
    return _encode(point, point.type, point.order, math.nan)


def _scaling_in_force(point: PointSpec, held: Mapping[int, int]) -> Scaling:
    if point.scale_register is None and point.conditional_scale is None:
        return point_scaling(point)
    first, end = point.extent
    words = np.array([held.get(address, 0) for address in range(first, end)], dtype=np.uint16)
    scaling = BlockDecoder([point], address=first, count=end - first).scaling_in_force(words, 0)
    if scaling is None:
        raise PointValueError(point.key, "the register of its scale holds no scale")
    return scaling
