"""What an engineer sees of an unknown register."""

from __future__ import annotations

import math
import struct

import numpy as np
import pytest

from devices.codec.guesses import guesses
from devices.profiles.schema import Order, WordType


def words_of(raw: bytes) -> np.ndarray:
    return np.frombuffer(raw, dtype=">u2").astype(np.uint16)


@pytest.mark.parametrize(
    ("raw", "order"),
    [
        (bytes.fromhex("41ac0000"), Order.ABCD),
        (bytes.fromhex("000041ac"), Order.CDAB),
        (bytes.fromhex("ac410000"), Order.BADC),
        (bytes.fromhex("0000ac41"), Order.DCBA),
    ],
)
def test_a_float_shows_its_value_in_its_own_order_only(raw: bytes, order: Order) -> None:
    """21.5 is 0x41AC0000 (IEEE 754); only one of the four orders may show it."""
    found = guesses(words_of(raw), address=200, types=(WordType.FLOAT32,))
    assert [guess.order for guess in found if guess.number == 21.5] == [order]
    assert {guess.address for guess in found} == {200}


def test_a_subzero_word_shows_both_of_its_readings() -> None:
    """-20.5 °C at scale 0.1 came as 65331 from a device whose manual said "unsigned"."""
    found = guesses(np.array([0xFF33], np.uint16), address=1, types=(WordType.INT16, WordType.UINT16, WordType.INT32))
    plain = {guess.type: guess.number for guess in found if guess.order is Order.ABCD}
    assert plain == {WordType.INT16: -205, WordType.UINT16: 65331}  # no second register, so no int32


def test_long_numbers_stay_exact() -> None:
    """A float64 would lose the last digits of a 64-bit counter."""
    found = guesses(words_of(struct.pack(">Q", 2**63 + 1)), address=0, types=(WordType.UINT64, WordType.FLOAT64))
    assert [g.number for g in found if g.type is WordType.UINT64 and g.order is Order.ABCD] == [2**63 + 1]


def test_not_a_number_is_shown_as_such() -> None:
    """NaN is an answer worth seeing, not an error."""
    (guess, *_) = guesses(words_of(bytes.fromhex("7fc00000")), address=0, types=(WordType.FLOAT32,))
    assert math.isnan(guess.number)
