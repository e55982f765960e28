"""Decoding: the traps of real devices, and what becomes of a value that cannot be right."""

from __future__ import annotations

import math

import numpy as np
import pytest

from devices.codec import BlockDecoder, decode_point
from devices.profiles.schema import Coding, ConditionalScale, Order, ScaleRegister, Table, WordType
from devices.samples import Quality, Reason
from devices.units import Quantity, Unit
from tests.devices.points import make_point


def decoded(point, *words):
    value = decode_point(np.array(words, dtype=np.uint16), point)
    return value.value, value.quality, value.reason


def good(value):
    return value, Quality.GOOD, Reason.NONE


def bad(value, reason):
    return value, Quality.BAD, reason


def test_a_cold_morning_is_negative():
    """-20.5 °C as int16 at scale 0.1 is -205, which is 0xFF33 in two's complement."""
    assert decoded(make_point(scale=0.1), 0xFF33) == good(-20.5)


def test_a_cold_morning_declared_unsigned_is_kept_and_marked_bad():
    """0xFF33 is 65331 without a sign: 6533.1 °C. Nothing is clamped to the range, nothing is corrected in silence."""
    point = make_point(type=WordType.UINT16, scale=0.1, valid=(-40.0, 80.0))

    assert decoded(point, 0xFF33) == bad(6533.1, Reason.OUT_OF_RANGE)


@pytest.mark.parametrize(
    ("order", "words"),
    [
        (Order.ABCD, (0x41AC, 0x0000)),
        (Order.CDAB, (0x0000, 0x41AC)),
        (Order.BADC, (0xAC41, 0x0000)),
        (Order.DCBA, (0x0000, 0xAC41)),
    ],
)
def test_a_float_in_each_order(order, words):
    """21.5 is 0x41AC0000 in IEEE 754 single precision."""
    assert decoded(make_point(type=WordType.FLOAT32, order=order), *words) == good(21.5)


@pytest.mark.parametrize(
    ("order", "words"),
    [
        (Order.ABCD, (0x0102, 0x0304, 0x0506, 0x0708)),
        (Order.CDAB, (0x0708, 0x0506, 0x0304, 0x0102)),
        (Order.BADC, (0x0201, 0x0403, 0x0605, 0x0807)),
        (Order.DCBA, (0x0807, 0x0605, 0x0403, 0x0201)),
    ],
)
def test_a_long_number_in_each_order(order, words):
    """All four words are reversed, or the bytes of each word exchanged, or both."""
    assert decoded(make_point(type=WordType.UINT64, order=order), *words) == good(0x0102030405060708)


@pytest.mark.parametrize(
    ("order", "expected"), [("abcd", 0x0102), ("cdab", 0x0102), ("badc", 0x0201), ("dcba", 0x0201)]
)
def test_one_register_has_a_byte_order_but_no_word_order(order, expected):
    assert decoded(make_point(order=Order(order)), 0x0102) == good(expected)


def test_ten_thousand_and_more_is_negative_where_the_maker_says_so():
    """KinCony SHT30: 10250 is -25.0 °C, 9999 is still 999.9 °C, and 10000 is zero."""
    point = make_point(type=WordType.UINT16, coding=Coding.OFFSET_10000, scale=0.1)

    assert decoded(point, 10250) == good(-25.0)
    assert decoded(point, 9999) == good(999.9)
    assert decoded(point, 10000) == good(0)


def test_a_sign_bit_is_no_twos_complement():
    point = make_point(type=WordType.UINT16, coding=Coding.SIGN_BIT, scale=0.1)

    assert decoded(point, 0x80CD) == good(-20.5)
    assert decoded(point, 0x8000) == good(0)
    assert decoded(point, 0x7FFF) == good(3276.7)
    assert decoded(point, 0xFFFF) == good(-3276.7)


@pytest.mark.parametrize(
    ("exponent", "expected"), [(0, good(815.0)), (1, good(81.5)), (2, good(8.15)), (0xFFFF, good(8150.0))]
)
def test_a_scale_may_stand_in_another_register(exponent, expected):
    """Kipp & Zonen SMP: radiation is the raw number over ten to the power of register 4, which is signed."""
    point = make_point(
        quantity=Quantity.IRRADIANCE,
        unit=Unit.WATT_PER_SQUARE_METER,
        address=5,
        scale_register=ScaleRegister(4, WordType.INT16, exponent_base=10),
    )

    assert decoded(point, exponent, 815) == expected


@pytest.mark.parametrize("exponent", [10, 0x7FFF, 0x8000, 0xFFF0])
def test_an_absurd_scale_leaves_no_value(exponent):
    point = make_point(address=5, scale_register=ScaleRegister(4, WordType.INT16, exponent_base=10))

    assert decoded(point, exponent, 815) == bad(None, Reason.SCALE_UNKNOWN)


@pytest.mark.parametrize(
    ("multiplier", "expected"),
    [
        (10, good(1230.0)),
        (1, good(123.0)),
        (0, bad(None, Reason.SCALE_UNKNOWN)),
        (0xFFFF, bad(None, Reason.SCALE_UNKNOWN)),
    ],
)
def test_a_multiplier_may_stand_in_another_register(multiplier, expected):
    """Zero and minus one (0xFFFF, signed) are no multipliers."""
    point = make_point(scale_register=ScaleRegister(1, WordType.INT16, exponent_base=None))

    assert decoded(point, 123, multiplier) == expected


@pytest.mark.parametrize(
    "broken", [0x7FC00000, 0x7F800000, 0xFF800000, 0xBF800000, 0x00000001], ids=["nan", "inf", "-inf", "-1", "denormal"]
)
def test_a_float_multiplier_that_is_no_number_leaves_no_value(broken):
    point = make_point(scale_register=ScaleRegister(1, WordType.FLOAT32, exponent_base=None))

    assert decoded(point, 123, broken >> 16, broken & 0xFFFF) == bad(None, Reason.SCALE_UNKNOWN)


def test_a_bit_of_another_register_may_choose_the_scale():
    """iSMA Touch Point: tenths while bit 4 is set, whole degrees otherwise; other bits do not matter."""
    point = make_point(conditional_scale=ConditionalScale(1, bit=4, when_set=0.1, when_clear=1.0))

    assert decoded(point, 215, 0b1_0000) == good(21.5)
    assert decoded(point, 21, 0b0_1111) == good(21)


def test_a_field_is_taken_out_of_its_register():
    field = make_point(quantity=Quantity.STATE, unit=Unit.NONE, type=WordType.UINT16, bits=(4, 3))

    assert decoded(field, 0b1010_1101_0101_1111) == good(0b101)


def test_a_field_has_no_sign_even_in_a_signed_register():
    assert decoded(make_point(type=WordType.INT16, bits=(0, 16)), 0xFFFF) == good(65535)
    assert decoded(make_point(type=WordType.INT16, bits=(15, 1)), 0x8000) == good(1)


@pytest.mark.parametrize(
    ("word_type", "invalid", "words"),
    [
        (WordType.INT16, 0x8000, (0x8000,)),
        (WordType.INT16, 9999, (9999,)),
        (WordType.INT16, 0xFFFF, (0xFFFF,)),
        (WordType.UINT32, 0xFFFFFFFF, (0xFFFF, 0xFFFF)),
        (WordType.INT64, 0x8000000000000000, (0x8000, 0, 0, 0)),
        (WordType.UINT64, 0xFFFFFFFFFFFFFFFE, (0xFFFF, 0xFFFF, 0xFFFF, 0xFFFE)),
        (WordType.FLOAT32, 0x7FC00000, (0x7FC0, 0)),
    ],
)
def test_an_invalid_word_is_no_value(word_type, invalid, words):
    """Compared as the raw unsigned number, before sign, scale and range."""
    assert decoded(make_point(type=word_type, invalid_words=(7, invalid)), *words) == bad(None, Reason.INVALID_WORD)


def test_a_neighbor_of_an_invalid_word_is_a_value():
    """In 64 bits too, where a float64 could not tell them apart."""
    point = make_point(type=WordType.UINT64, invalid_words=(0xFFFFFFFFFFFFFFFF,))

    assert decoded(point, 0xFFFF, 0xFFFF, 0xFFFF, 0xFFFE) == good(0xFFFFFFFFFFFFFFFE)


@pytest.mark.parametrize(("words", "value"), [((0x7F80, 0), math.inf), ((0xFF80, 0), -math.inf), ((0x7FC0, 0), None)])
@pytest.mark.parametrize("valid", [None, (-40.0, 80.0)])
def test_a_float_that_is_no_number_is_bad(words, value, valid):
    """Infinity is kept, as what the device said; NaN is no value. A signalling NaN raises nothing."""
    point = make_point(type=WordType.FLOAT32, valid=valid)

    assert decoded(point, *words) == bad(value, Reason.NOT_FINITE)
    assert decoded(point, 0x7F80, 1) == bad(None, Reason.NOT_FINITE)


def test_a_number_that_its_scale_makes_infinite_is_bad():
    """The largest float64 is about 1.8e308; a thousand of these are more than it can hold."""
    point = make_point(quantity=Quantity.ILLUMINANCE, unit=Unit.KILOLUX, type=WordType.FLOAT64)

    assert decoded(point, 0x7FEF, 0xFFFF, 0xFFFF, 0xFFFF) == bad(math.inf, Reason.NOT_FINITE)


def test_the_ends_of_a_range_belong_to_it():
    point = make_point(scale=0.1, valid=(-0.3, 0.3))

    assert [decoded(point, raw & 0xFFFF)[1] for raw in (-4, -3, 3, 4)] == [
        Quality.BAD,
        *[Quality.GOOD] * 2,
        Quality.BAD,
    ]


def test_a_range_is_declared_in_the_unit_of_the_point():
    """-40 to 176 °F are -40 to 80 °C."""
    point = make_point(unit=Unit.DEGREE_FAHRENHEIT, valid=(-40.0, 176.0))

    assert decoded(point, 176) == good(80.0)
    assert decoded(point, 177)[2] is Reason.OUT_OF_RANGE


@pytest.mark.parametrize(
    ("quantity", "unit", "raw", "canonical"),
    [
        (Quantity.TEMPERATURE, Unit.DEGREE_FAHRENHEIT, 50, 10.0),
        (Quantity.AIR_PRESSURE, Unit.PASCAL, 25600, 25.6),
        (Quantity.CONDUCTIVITY, Unit.MICROSIEMENS_PER_CENTIMETER, 1413, 1.413),
        (Quantity.WIND_SPEED, Unit.MILE_PER_HOUR, 10, 4.4704),
        (Quantity.DURATION, Unit.HOUR, 180, 648000.0),
        (Quantity.POWER, Unit.WATT, 3, 0.003),
    ],
)
def test_values_come_in_the_canonical_unit(quantity, unit, raw, canonical):
    """Exact definitions of the units; 1 mile per hour is 0.44704 m/s."""
    assert decoded(make_point(quantity=quantity, unit=unit), raw) == good(canonical)


@pytest.mark.parametrize(("raw", "scale", "expected"), [(3, 0.1, 0.3), (7, 0.01, 0.07), (1001, 0.001, 1.001)])
def test_a_decimal_scale_gives_the_decimal_number(raw, scale, expected):
    """3 * 0.1 is 0.30000000000000004 in binary; a screen and a comparison with a limit want 0.3."""
    assert decoded(make_point(scale=scale), raw) == good(expected)


def test_a_count_beyond_float_is_exact():
    """2**53 + 1 is the first integer that a float64 cannot hold."""
    point = make_point(type=WordType.UINT64)
    block = BlockDecoder([point], address=0, count=4).decode(np.array([0x0020, 0, 0, 1], dtype=np.uint16))

    assert block.exact == {0: 2**53 + 1}
    assert decoded(point, 0x0020, 0, 0, 1)[0] == 2**53 + 1


def test_a_long_number_out_of_range_is_kept_exact_but_an_invalid_one_is_gone():
    point = make_point(type=WordType.UINT64, valid=(0.0, 1.0), invalid_words=(2**64 - 1,))
    decoder = BlockDecoder([point], address=0, count=4)
    too_large, invalid = (np.array(words, dtype=np.uint16) for words in [(0x0020, 0, 0, 1), (0xFFFF,) * 4])

    assert decoder.decode(too_large).exact == {0: 2**53 + 1}
    assert decoder.decode(invalid).exact == {}


def test_a_counter_is_exact_only_while_it_is_good():
    """So that a reading out of range never advances the total."""
    counter = make_point(
        quantity=Quantity.COUNT,
        unit=Unit.NONE,
        type=WordType.UINT32,
        scale=0.1,
        rolls_over_at=2**32,
        valid=(0.0, 1000.0),
        invalid_words=(0xFFFFFFFF,),
    )
    decoder = BlockDecoder([make_point(at=2), counter], address=0, count=3)
    blocks = [decoder.decode(np.array(words, dtype=np.uint16)) for words in [(0, 9, 0), (1, 9, 0), (0xFFFF, 0xFFFF, 0)]]

    assert decoder.counters == (1,)
    assert [block.exact for block in blocks] == [{1: 9}, {}, {}]
    assert [block.values[1] for block in blocks[:2]] == [0.9, 6554.5]


def test_points_of_many_kinds_share_a_block():
    """Each keeps its place, whatever group it is decoded in."""
    points = [
        make_point(at=6, type=WordType.FLOAT32, order=Order.DCBA),
        make_point(at=0, scale=0.1),
        make_point(at=4, bits=(15, 1), type=WordType.UINT16, quantity=Quantity.STATE, unit=Unit.NONE),
        make_point(at=2, type=WordType.INT32, invalid_words=(1,)),
        make_point(at=1, type=WordType.UINT16, order=Order.BADC),
    ]
    block = BlockDecoder(points, address=0, count=8).decode(
        np.array([0xFF33, 0x0100, 0, 1, 0x8000, 0xFFFF, 0x0000, 0xAC41], dtype=np.uint16)
    )

    assert block.values.tolist() == pytest.approx([21.5, -20.5, 1, math.nan, 1], nan_ok=True)
    assert block.reason.tolist() == [0, 0, 0, Reason.INVALID_WORD, 0]


def test_results_of_two_blocks_are_apart():
    """A store may keep the arrays of one reading while the next one is decoded."""
    decoder = BlockDecoder([make_point()], address=0, count=1)
    first = decoder.decode(np.array([1], dtype=np.uint16))
    decoder.decode(np.array([2], dtype=np.uint16))

    assert first.values.tolist() == [1]


def test_no_points_decode_to_nothing():
    """A block may be read for its effect alone."""
    assert BlockDecoder([], address=0, count=2).decode(np.zeros(2, dtype=np.uint16)).values.shape == (0,)


@pytest.mark.parametrize(
    "words",
    [
        np.zeros(1, np.uint16),
        np.zeros(3, np.uint16),
        np.zeros((1, 2), np.uint16),
        np.zeros(2, np.int64),
        np.zeros(0, np.uint16),
    ],
)
def test_half_a_block_is_refused(words):
    """A reply of another length never reaches a value."""
    with pytest.raises(ValueError, match="takes 2 words"):
        BlockDecoder([make_point()], address=0, count=2).decode(words)


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"address": 4}, "not in the block"),
        ({"address": 3, "type": WordType.FLOAT32}, "not in the block"),
        ({"scale_register": ScaleRegister(9, WordType.INT16, 10)}, "not in the block"),
        ({"scale": 0.0}, "no scaling"),
        ({"scale": math.nan}, "no scaling"),
        ({"unit": Unit.KILOPASCAL}, "no unit of temperature"),
        ({"type": WordType.FLOAT32, "coding": Coding.SIGN_BIT}, "can have neither"),
        ({"type": WordType.FLOAT32, "bits": (0, 1)}, "can have neither"),
        ({"type": WordType.FLOAT32, "rolls_over_at": 100}, "plain integer"),
    ],
)
def test_a_point_that_contradicts_itself_is_refused_at_the_start(changes, complaint):
    with pytest.raises(ValueError, match=complaint):
        BlockDecoder([make_point(**changes)], address=0, count=4)


def test_a_coil_is_zero_or_one():
    coils = [make_point(at=i, table=Table.COIL, type=WordType.BIT) for i in (3, 5)]
    block = BlockDecoder(coils, address=3, count=3).decode(np.array([1, 1, 0], dtype=np.uint16))

    assert block.values.tolist() == [1, 0]
