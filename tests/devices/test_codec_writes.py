"""Encoding: what goes to a device, what is refused before it goes, and what counts as confirmed."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from devices.codec import encode_reading, encode_write, matches, write_tolerance, written_value
from devices.errors import NotWritable, PointValueError, ValueOutOfLimits
from devices.profiles.schema import Access, Coding, ConditionalScale, Order, ScaleRegister, Table, WordType
from devices.units import Quantity, Unit
from tests.devices.points import make_point, make_setpoint

SETPOINT = make_setpoint()


@pytest.mark.parametrize(
    ("value", "word"),
    [(18.5, 185), (18.3, 183), (5.0, 50), (35.0, 350), (20, 200), (18.449999, 184), (18.45, 184), (18.55, 186)],
)
def test_a_setpoint_is_rounded_to_the_step_of_the_register(value, word):
    """Half a step goes to the even one, taken from the decimal number that was typed, not from its binary image."""
    assert encode_write(SETPOINT, value) == (word,)


def test_a_negative_setpoint_is_written_in_twos_complement():
    point = make_setpoint(write={"limits": (-30.0, 35.0)})

    assert encode_write(point, -20.5) == (0xFF33,)


@pytest.mark.parametrize("value", [4.9, 35.1, -1e9, 1e300, 10**400, -(10**400)])
def test_a_value_outside_the_limits_is_refused(value):
    with pytest.raises(ValueOutOfLimits) as refused:
        encode_write(SETPOINT, value)

    assert (refused.value.low, refused.value.high, refused.value.value) == (5.0, 35.0, value)


def test_limits_hold_for_what_is_written_not_only_for_what_is_asked():
    """35.06 lies inside, but the register can only say 35.1."""
    point = make_setpoint(write={"limits": (5.0, 35.06)})

    with pytest.raises(ValueOutOfLimits):
        encode_write(point, 35.06)
    assert encode_write(point, 35.04) == (350,)


def test_a_float_register_takes_its_own_limit():
    """21.7 in single precision is 21.700000762939453, which is no step beyond the limit."""
    point = make_setpoint(type=WordType.FLOAT32, scale=1.0, write={"limits": (5.0, 21.7)})

    assert encode_write(point, 21.7) == (0x41AD, 0x999A)


def test_limits_are_declared_in_the_unit_of_the_point():
    """50 to 86 °F are 10 to 30 °C; the error speaks the unit of the one who asked."""
    point = make_setpoint(unit=Unit.DEGREE_FAHRENHEIT, write={"limits": (50.0, 86.0)})

    assert encode_write(point, 10.0) == (500,)
    assert encode_write(point, 30.0) == (860,)
    with pytest.raises(ValueOutOfLimits, match=r"outside 10\.0 to 30\.0"):
        encode_write(point, 50.0)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, True, False, "20", None])
def test_what_is_no_number_is_refused(value):
    with pytest.raises(PointValueError, match=r"not finite|not a number"):
        encode_write(SETPOINT, value)


@pytest.mark.parametrize(
    ("word_type", "value"),
    [
        (WordType.INT16, 3276.8),
        (WordType.INT16, -3276.9),
        (WordType.UINT16, 6553.6),
        (WordType.UINT16, -0.1),
        (WordType.INT32, 2**31 / 10),
        (WordType.UINT64, -0.1),
    ],
)
def test_a_number_that_does_not_fit_is_refused_and_never_wrapped(word_type, value):
    point = make_setpoint(type=word_type, write={"limits": (-1e12, 1e12)})

    with pytest.raises(PointValueError, match="does not fit"):
        encode_write(point, value)


@pytest.mark.parametrize("value", [1e39, -1e39, 10**400])
def test_a_number_too_large_for_a_float_register_is_refused(value):
    point = make_setpoint(type=WordType.FLOAT32, write={"limits": (-math.inf, math.inf)})

    with pytest.raises(PointValueError, match="no float32 holds it"):
        encode_write(point, value)


def test_a_number_that_means_no_value_is_not_written():
    """Belimo: 65535 is "not available"; written as a setpoint it could never be confirmed."""
    point = make_setpoint(type=WordType.UINT16, scale=1.0, invalid_words=(0xFFFF,), write={"limits": (0.0, 65535.0)})

    with pytest.raises(PointValueError, match="there is no value"):
        encode_write(point, 65535)
    assert encode_write(point, 65534) == (65534,)


def test_a_write_may_differ_from_the_read_in_type_and_order():
    """Read as int16 at one address, written as a word-swapped float at another."""
    point = make_setpoint(write={"function": 16, "type": WordType.FLOAT32, "order": Order.CDAB, "address": 100})

    assert encode_write(point, 20.0) == (0x0000, 0x4348)
    assert written_value(point, (0x0000, 0x4348)) == 20.0


@pytest.mark.parametrize(
    ("coding", "value", "word"), [(Coding.SIGN_BIT, -20.5, 0x80CD), (Coding.OFFSET_10000, -20.5, 10205)]
)
def test_a_sign_is_written_as_it_is_read(coding, value, word):
    point = make_setpoint(type=WordType.UINT16, coding=coding, write={"limits": (-40.0, 40.0)})

    assert encode_write(point, value) == (word,)
    assert written_value(point, (word,)) == value


def test_a_number_that_would_be_read_as_a_negative_one_is_not_written():
    """With an offset of 10000 for negative numbers, 1000.0 at scale 0.1 would come back as zero."""
    point = make_setpoint(type=WordType.UINT16, coding=Coding.OFFSET_10000, write={"limits": (-1e4, 1e4)})

    assert encode_write(point, 999.9) == (9999,)
    with pytest.raises(PointValueError, match="does not fit"):
        encode_write(point, 1000.0)


@pytest.mark.parametrize("function", [5, 15])
def test_a_coil_takes_off_and_on_only(function):
    valve = make_setpoint(
        key="valve_1",
        quantity=Quantity.STATE,
        unit=Unit.NONE,
        table=Table.COIL,
        type=WordType.BIT,
        scale=1.0,
        write={"function": function, "limits": (0.0, 1.0), "tolerance": 0.0},
    )

    assert [encode_write(valve, value) for value in (0, 1, 1.0)] == [(0,), (1,), (1,)]
    with pytest.raises(PointValueError, match="neither off nor on"):
        encode_write(valve, 0.5)
    with pytest.raises(ValueOutOfLimits):
        encode_write(valve, 2)
    with pytest.raises(PointValueError, match="not a number"):
        encode_write(valve, True)


@pytest.mark.parametrize(
    ("point", "why"),
    [
        (make_point(), "takes no commands"),
        (replace(SETPOINT, access=Access.READ), "takes no commands"),
        (replace(SETPOINT, type=WordType.UINT16, bits=(3, 1)), "shares its register"),
        (replace(SETPOINT, scale_register=ScaleRegister(1, WordType.INT16, 10)), "depends on what the device holds"),
        (replace(SETPOINT, conditional_scale=ConditionalScale(1, 0, 1.0, 0.1)), "depends on what the device holds"),
        (make_setpoint(write={"function": 6, "type": WordType.FLOAT32}), "function 6 writes one register"),
    ],
)
def test_a_point_that_cannot_be_written_safely_is_not_written(point, why):
    with pytest.raises(NotWritable, match=why):
        encode_write(point, 20.0)


@pytest.mark.parametrize(
    ("readback", "confirms"),
    [(18.5, True), (18.6, True), (18.4, True), (18.7, False), (0.0, False), (None, False), (math.nan, False)],
)
def test_a_read_back_confirms_within_the_tolerance(readback, confirms):
    """18.6 - 18.5 is 0.10000000000000142 in binary and still one tenth. No value confirms nothing."""
    assert matches(18.5, readback, 0.1) is confirms


def test_infinity_confirms_nothing():
    assert not matches(math.inf, math.inf, 0.1)
    assert not matches(18.5, math.inf, math.inf)


def test_what_counts_is_the_value_that_was_sent():
    """Asked 18.54, sent 18.5: a device that shows 18.5 did as it was told, at no tolerance at all."""
    sent = written_value(SETPOINT, encode_write(SETPOINT, 18.54))

    assert sent == 18.5
    assert matches(sent, 18.5, 0.0)


def test_tolerance_is_converted_without_the_offset_of_the_unit():
    """Half a degree Fahrenheit is 5/18 of a degree Celsius, not minus 17."""
    point = make_setpoint(unit=Unit.DEGREE_FAHRENHEIT, write={"tolerance": 0.5})

    assert write_tolerance(point) == pytest.approx(0.5 * 5 / 9)


def test_a_device_shows_a_field_without_touching_its_neighbors():
    field = make_point(quantity=Quantity.STATE, unit=Unit.NONE, address=7, type=WordType.UINT16, bits=(4, 3))

    assert encode_reading(field, 0b010, registers={7: 0b1010_1101_0101_1111}) == (0b1010_1101_0010_1111,)
    with pytest.raises(PointValueError, match="does not fit 3 bits"):
        encode_reading(field, 8)
    with pytest.raises(PointValueError, match="does not fit 3 bits"):
        encode_reading(field, -1)


def test_a_device_shows_a_value_at_the_scale_that_it_holds():
    point = make_point(address=5, scale_register=ScaleRegister(4, WordType.INT16, exponent_base=10))

    assert encode_reading(point, 81.5, registers={4: 1}) == (815,)
    assert encode_reading(point, 81.5, registers={4: 2}) == (8150,)
    with pytest.raises(PointValueError, match="holds no scale"):
        encode_reading(point, 81.5, registers={4: 100})


def test_a_counter_that_a_device_shows_rolls_over():
    counter = make_point(quantity=Quantity.VOLUME, unit=Unit.CUBIC_METER, type=WordType.UINT16, rolls_over_at=10000)

    assert encode_reading(counter, 123456) == (3456,)


def test_a_device_without_a_value_says_so():
    """By its invalid word, by NaN in a float, and not at all where it has no way to."""
    assert encode_reading(make_point(invalid_words=(0x8000, 1)), None) == (0x8000,)
    assert encode_reading(make_point(type=WordType.FLOAT32, order=Order.CDAB), None) == (0, 0x7FC0)
    assert encode_reading(make_point(type=WordType.FLOAT32), -math.inf) == (0xFF80, 0)
    with pytest.raises(PointValueError, match="no invalid word"):
        encode_reading(make_point(), None)


@pytest.mark.parametrize("value", [40000.0, -40000.0, math.nan, math.inf])
def test_a_device_shows_nothing_that_its_register_cannot_hold(value):
    with pytest.raises(PointValueError, match="does not fit"):
        encode_reading(make_point(), value)
