"""Whatever a device sends and however it orders it: the codec agrees with an oracle that shares no code with it."""

from __future__ import annotations

import math
from dataclasses import replace
from fractions import Fraction
from itertools import product

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from devices.codec import BlockDecoder, decode_point, encode_reading, encode_write
from devices.errors import PointValueError
from devices.profiles.schema import Coding, ConditionalScale, Order, ScaleRegister, Table, WordType
from devices.samples import Quality, Reason
from devices.units import Quantity, Unit
from tests.devices import codec_oracle as oracle
from tests.devices.points import make_point, make_setpoint

BLOCK_LENGTH = 24
REGISTER_TYPES = [word_type for word_type in WordType if word_type is not WordType.BIT]
INTEGER_TYPES = [word_type for word_type in REGISTER_TYPES if word_type.is_integer]
SCALES = [1.0, 0.1, 0.01, 0.001, 0.005, 0.00610352, 10.0, 100.0, -0.1]
OFFSETS = [0.0, -40.0, 0.5, 273.15]
UNITS = [
    (Quantity.TEMPERATURE, Unit.DEGREE_CELSIUS),
    (Quantity.TEMPERATURE, Unit.DEGREE_FAHRENHEIT),
    (Quantity.CONDUCTIVITY, Unit.MICROSIEMENS_PER_CENTIMETER),
    (Quantity.WIND_SPEED, Unit.MILE_PER_HOUR),
    (Quantity.ILLUMINANCE, Unit.KILOLUX),
    (Quantity.STATE, Unit.NONE),
]
# Zero, the sign bit, "not available", small exponents, the coding border, and the halves of NaN and both infinities.
TELLING_WORDS = [0, 1, 3, 0x8000, 0xFFFF, 0x7FFF, 9999, 10000, 10250, 0x7F80, 0xFF80, 0x7FC0, 0x7FF0, 0xFFF8, 0xFF33]
words = st.one_of(st.sampled_from(TELLING_WORDS), st.integers(0, 0xFFFF))
blocks = st.lists(words, min_size=BLOCK_LENGTH, max_size=BLOCK_LENGTH)


@st.composite
def scale_registers(draw):
    base = draw(st.sampled_from([None, 2, 10]))
    sign = draw(st.sampled_from([-1, 1]))
    word_type = draw(st.sampled_from(REGISTER_TYPES))
    return ScaleRegister(draw(st.integers(0, BLOCK_LENGTH - word_type.word_count)), word_type, base, sign)


@st.composite
def conditional_scales(draw):
    scales = [1.0, 0.1, 0.01, 0.5]
    when_set, when_clear = draw(st.sampled_from(scales)), draw(st.sampled_from(scales))
    return ConditionalScale(draw(st.integers(0, BLOCK_LENGTH - 1)), draw(st.integers(0, 15)), when_set, when_clear)


@st.composite
def points(draw, *, scaled_by_registers=True, key="point"):
    word_type = draw(st.sampled_from(REGISTER_TYPES))
    bits_in_word = 16 * word_type.word_count
    coding, bits = Coding.PLAIN, None
    if word_type.is_integer:
        coding = draw(st.sampled_from(list(Coding)))
        if coding is Coding.PLAIN and draw(st.booleans()):
            first = draw(st.integers(0, bits_in_word - 1))
            bits = (first, draw(st.integers(1, bits_in_word - first)))
    quantity, unit = draw(st.sampled_from(UNITS))
    return make_point(
        key=key,
        quantity=quantity,
        unit=unit,
        type=word_type,
        address=draw(st.integers(0, BLOCK_LENGTH - word_type.word_count)),
        order=draw(st.sampled_from(list(Order))),
        coding=coding,
        bits=bits,
        scale=draw(st.sampled_from(SCALES)),
        offset=draw(st.sampled_from(OFFSETS)),
        valid=draw(st.sampled_from([None, (-40.0, 80.0), (0.0, 0.1), (-1e30, 1e9)])),
        invalid_words=tuple(draw(st.lists(st.sampled_from([0, 0x8000, 0xFFFF, 2**bits_in_word - 1]), max_size=2))),
        scale_register=draw(st.none() | scale_registers()) if scaled_by_registers else None,
        conditional_scale=draw(st.none() | conditional_scales()) if scaled_by_registers else None,
    )


def as_words(numbers) -> np.ndarray:
    return np.array(numbers, dtype=np.uint16)


def assert_same_value(point, found: float | None, expected: Fraction | float | None):
    """Equal to the last bit where a float64 can hold every intermediate number, else to its rounding."""
    if expected is None:
        assert found is None
        return
    assert found is not None
    if isinstance(expected, float):
        assert found == expected
        return
    if point.word_count == 1 and point.scale_register is None:
        assert found == float(expected)
    else:
        # The sum of a long number and an offset is rounded before it is divided.
        assert found == pytest.approx(float(expected), rel=1e-13, abs=1e-9)


def is_near_an_edge(point, value: Fraction | float | None) -> bool:
    """Whether rounding decides on which side of a range, or of the largest float, a long number falls."""
    if not isinstance(value, Fraction) or point.word_count == 1:
        return False
    ends = [oracle.canonical(point, Fraction(str(limit))) for limit in point.valid or ()]
    return abs(value) > 1e290 or any(abs(value - end) <= 1e-9 * (1 + abs(end)) for end in ends)


@given(point=points(), block=blocks)
def test_any_words_of_any_point_decode_as_the_oracle_says(point, block):
    """Every type, order, coding, scale, range and invalid word; nothing raises, nothing is clamped or wrapped."""
    decoded = BlockDecoder([point], address=0, count=BLOCK_LENGTH).decode(as_words(block))
    expected, reason = oracle.reading(point, dict(enumerate(block)))
    assume(not is_near_an_edge(point, expected))
    value = float(decoded.values[0])

    assert_same_value(point, None if math.isnan(value) else value, expected)
    assert Reason(decoded.reason[0]) is reason
    assert decoded.quality[0] == (Quality.GOOD if decoded.reason[0] == Reason.NONE else Quality.BAD)


@given(many=st.lists(points(), min_size=1, max_size=12), block=blocks)
def test_a_block_of_many_points_decodes_as_each_point_alone(many, block):
    together = BlockDecoder(many, address=0, count=BLOCK_LENGTH).decode(as_words(block))

    for i, point in enumerate(many):
        first, end = point.extent
        alone = decode_point(as_words(block[first:end]), point)
        found = together.exact.get(i, None if math.isnan(together.values[i]) else together.values[i])
        assert (found, together.quality[i], together.reason[i]) == (alone.value, alone.quality, alone.reason)


@given(point=points(), block=blocks)
def test_what_a_device_shows_for_a_value_decodes_to_that_value(point, block):
    """For every value that the point can show at all, whatever stands in the registers around it.

    Numbers of 64 bits are left to the exact tests: after a scale a float64 does not hold them.
    """
    assume(point.word_count < 4)
    assume(point.scale_register is None or point.scale_register.exponent_base is not None)
    point = replace(point, valid=None, invalid_words=())
    registers = dict(enumerate(block))
    value = decode_point(as_words(block[slice(*point.extent)]), point).value
    assume(value is not None)

    shown = encode_reading(point, value, registers=registers)
    again = block.copy()
    again[point.address : point.address + point.word_count] = shown
    assume(oracle.register_scale(point, dict(enumerate(again))) == oracle.register_scale(point, registers))

    found = decode_point(as_words(again[slice(*point.extent)]), point).value
    assert found == pytest.approx(value, rel=1e-12, abs=1e-9)


@pytest.mark.parametrize(("word_type", "order"), [*product(REGISTER_TYPES, Order)])
@given(data=st.data())
def test_words_of_a_reading_are_those_of_the_oracle(word_type, order, data):
    """Each of the eight types in each of the four orders, over the whole range of the type."""
    code = oracle.FORMATS[word_type]
    if word_type.is_integer:
        size = 16 * word_type.word_count
        low = -(2 ** (size - 1)) if code.islower() else 0
        raw = data.draw(st.integers(low, low + 2**size - 1))
    else:
        raw = data.draw(st.floats(width=8 * oracle.SIZES[code], allow_nan=False)) + 0.0  # no negative zero
    point = make_point(type=word_type, order=order)

    assert encode_reading(point, raw) == oracle.words_of(raw, code, order)
    assert decode_point(as_words(oracle.words_of(raw, code, order)), point).value == raw


@given(
    word_type=st.sampled_from(INTEGER_TYPES),
    order=st.sampled_from(list(Order)),
    coding=st.sampled_from(list(Coding)),
    scale=st.sampled_from(SCALES),
    steps=st.integers(-400, 400),
)
def test_a_written_value_is_the_step_of_the_register_or_refused(word_type, order, coding, scale, steps):
    """A whole number of steps is written as just that number; one that does not fit is refused, never wrapped."""
    value = float(steps * Fraction(str(scale)))
    point = make_setpoint(
        type=word_type, order=order, coding=coding, scale=scale, write={"limits": (-1e6, 1e6), "function": 16}
    )

    try:
        written = encode_write(point, value)
    except PointValueError:
        is_signed = oracle.FORMATS[word_type].islower() or coding is not Coding.PLAIN
        assert steps < 0
        assert not is_signed
        return
    assert oracle.raw_number(point, dict(enumerate(written))) == steps


@given(value=st.floats(-1e6, 1e6), scale=st.sampled_from(SCALES))
def test_a_written_value_is_rounded_to_the_nearest_step(value, scale):
    point = make_setpoint(type=WordType.INT64, scale=scale, write={"limits": (-1e9, 1e9)})
    raw = oracle.raw_number(point, dict(enumerate(encode_write(point, value))))

    assert abs(raw - Fraction(repr(value)) / Fraction(str(scale))) <= Fraction(1, 2)


@given(block=st.lists(st.sampled_from([0, 1]), min_size=1, max_size=40))
def test_bits_decode_to_zero_and_one(block):
    points = [make_point(at=i, table=Table.COIL, type=WordType.BIT) for i in range(len(block))]
    decoded = BlockDecoder(points, address=0, count=len(block)).decode(as_words(block))

    assert decoded.values.tolist() == block
    assert decoded.quality.tolist() == [Quality.GOOD] * len(block)
