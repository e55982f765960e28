"""Where the parts of a raw number stand in its words, and how a negative one is written."""

from __future__ import annotations

from enum import StrEnum

import numpy as np
import numpy.typing as npt

from devices.profiles.schema import Coding, Order, WordType

Words = npt.NDArray[np.uint16]
"""Registers as they came, or 0 and 1 for coils and discrete inputs; shape (count,)."""

WORD_BITS = 16
OFFSET_CODING_BASE = 10_000


class NumberForm(StrEnum):
    """How the bits of a raw number are read."""

    UNSIGNED = "unsigned"
    TWOS_COMPLEMENT = "twos_complement"
    FLOAT = "float"
    SIGN_BIT = "sign_bit"
    OFFSET_10000 = "offset_10000"


def number_form(word_type: WordType, coding: Coding, *, is_field: bool) -> NumberForm:
    """How to read a raw number of this type; a bit field is unsigned whatever its register is.

    Raises
    ------
    ValueError
        If a float is declared as a field or with a sign coding.
    """
    is_float = not word_type.is_integer
    if is_float and (is_field or coding is not Coding.PLAIN):
        raise ValueError(f"{word_type} can have neither a bit field nor the coding {coding}")
    if is_field:
        return NumberForm.UNSIGNED
    if coding is Coding.SIGN_BIT:
        return NumberForm.SIGN_BIT
    if coding is Coding.OFFSET_10000:
        return NumberForm.OFFSET_10000
    if is_float:
        return NumberForm.FLOAT
    if word_type in (WordType.INT16, WordType.INT32, WordType.INT64):
        return NumberForm.TWOS_COMPLEMENT
    return NumberForm.UNSIGNED


def word_offsets(word_count: int, order: Order) -> range:
    """Offsets of the words of a number, least significant word first."""
    if order in (Order.ABCD, Order.BADC):
        return range(word_count - 1, -1, -1)
    return range(word_count)


def swaps_bytes(order: Order) -> bool:
    """Whether the two bytes of each word are exchanged."""
    return order in (Order.BADC, Order.DCBA)


def to_words(unsigned: int, word_count: int, order: Order) -> tuple[int, ...]:
    """Words of an unsigned raw number."""
    words = [0] * word_count
    for significance, offset in enumerate(word_offsets(word_count, order)):
        word = unsigned >> (WORD_BITS * significance) & 0xFFFF
        words[offset] = (word & 0xFF) << 8 | word >> 8 if swaps_bytes(order) else word
    return tuple(words)


def from_words(words: tuple[int, ...], order: Order) -> int:
    """Unsigned raw number of these words, as a Python integer."""
    unsigned = 0
    for significance, offset in enumerate(word_offsets(len(words), order)):
        word = words[offset]
        word = (word & 0xFF) << 8 | word >> 8 if swaps_bytes(order) else word
        unsigned |= word << (WORD_BITS * significance)
    return unsigned


def to_unsigned(number: int, word_count: int, form: NumberForm) -> int:
    """Unsigned raw number that stands for an integer. Never wraps.

    Raises
    ------
    ValueError
        If the integer does not fit the words in this form.
    """
    bits = WORD_BITS * word_count
    low, high = integer_limits(word_count, form)
    if not low <= number <= high:
        raise ValueError(f"{number} does not fit the register ({low} to {high})")
    if number >= 0:
        return number
    if form is NumberForm.SIGN_BIT:
        return -number | 1 << bits - 1
    if form is NumberForm.OFFSET_10000:
        return OFFSET_CODING_BASE - number
    return number + (1 << bits)


def integer_limits(word_count: int, form: NumberForm) -> tuple[int, int]:
    """Lowest and highest integer that fits the words in this form."""
    top = (1 << WORD_BITS * word_count) - 1
    match form:
        case NumberForm.UNSIGNED:
            return 0, top
        case NumberForm.TWOS_COMPLEMENT:
            return -(top // 2) - 1, top // 2
        case NumberForm.SIGN_BIT:
            return -(top // 2), top // 2
        case NumberForm.OFFSET_10000:
            return OFFSET_CODING_BASE - top, OFFSET_CODING_BASE - 1
        case NumberForm.FLOAT:
            raise ValueError("a float has no integer limits")


def read_numbers(unsigned: npt.NDArray[np.unsignedinteger], form: NumberForm) -> npt.NDArray[np.number]:
    """Numbers that unsigned raw numbers stand for. Sign-coded ones come as float64, the others in their own type."""
    size = unsigned.dtype.itemsize
    match form:
        case NumberForm.UNSIGNED:
            return unsigned
        case NumberForm.TWOS_COMPLEMENT:
            return unsigned.view(f"<i{size}")
        case NumberForm.FLOAT:
            return unsigned.view(f"<f{size}")
        case NumberForm.SIGN_BIT:
            magnitude_mask = unsigned.dtype.type((1 << 8 * size - 1) - 1)
            magnitude = (unsigned & magnitude_mask).astype(np.float64)
            return np.where(unsigned > magnitude_mask, -magnitude, magnitude)
        case NumberForm.OFFSET_10000:
            number = unsigned.astype(np.float64)
            return np.where(number >= OFFSET_CODING_BASE, OFFSET_CODING_BASE - number, number)
