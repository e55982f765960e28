"""Packing: what comes out has the bits that went in, and damage is noticed."""

from __future__ import annotations

import math
import random
import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from greenhouse.telemetry.chunk import ChunkDamaged, pack_columns, pack_samples, unpack_columns, unpack_samples
from greenhouse.telemetry.columns import NO_SAMPLES, Samples, from_rows, merge

_ANY_FLOAT = st.floats(allow_nan=False, allow_infinity=True) | st.sampled_from(
    [0.0, -0.0, 5e-324, 1.7976931348623157e308]
)
_DECIMALS = st.integers(-4000, 4000).map(lambda k: k / 10)
_SINGLES = st.floats(width=32, allow_nan=False)
_VALUES = st.one_of(
    st.lists(_ANY_FLOAT | st.none()),
    st.lists(_DECIMALS | st.none()),
    st.lists(_SINGLES | st.none()),
    st.lists(st.none()),
)
_CODES = st.integers(0, 8)


_ANY_MOMENT, _FEW_MOMENTS = st.integers(-(2**40), 2**43), st.integers(0, 6)


@st.composite
def rows(draw, *, ts=_ANY_MOMENT):
    """Rows of one point as the tables have them: any order, any value, huge integers."""
    found = []
    for value in draw(_VALUES):
        exact = None
        if value is not None and abs(value) < 2**70 and draw(st.booleans()):
            number = draw(st.integers(2**53 + 1, 2**64 - 1))
            value, exact = float(number), str(number)
        found.append((draw(ts), value, exact, draw(_CODES), draw(_CODES), draw(st.integers(0, 3))))
    return found


@settings(deadline=None)
@given(rows())
def test_what_comes_out_has_the_bits_that_went_in(some_rows):
    samples = from_rows(some_rows)
    assert unpack_samples(pack_samples(samples)).is_same(samples)


def test_one_changed_bit_is_another_sample():
    """The comparison that the other tests rely on."""
    samples = from_rows([(1, 0.0, None, 0, 0, 0)])
    assert not samples.is_same(from_rows([(1, -0.0, None, 0, 0, 0)]))
    assert not samples.is_same(from_rows([(1, None, None, 0, 0, 0)]))
    assert not samples.is_same(from_rows([(1, 0.0, str(2**60 + 1), 0, 0, 0)]))
    assert not samples.is_same(from_rows([(1, 0.0, None, 0, 0, 1)]))
    assert not samples.is_same(from_rows([(2, 0.0, None, 0, 0, 0)]))


@pytest.mark.parametrize("value", [-0.0, 0.1 + 0.2, 1 / 3, 5e-324, -1e300, math.inf])
def test_a_value_that_is_no_decimal_keeps_its_bits(value):
    samples = from_rows([(0, 21.3, None, 0, 0, 0), (1, value, None, 0, 0, 0)])
    (_, back) = unpack_samples(pack_samples(samples)).values.tolist()
    assert struct.pack("<d", back) == struct.pack("<d", value)


def test_nothing_packs_as_nothing():
    assert unpack_samples(pack_samples(NO_SAMPLES)).is_same(NO_SAMPLES)


def test_samples_out_of_order_are_refused():
    zeros = np.zeros(2, np.uint8)
    with pytest.raises(ValueError, match="order of time"):
        pack_samples(Samples(np.array([5, 4]), np.zeros(2), zeros, zeros, zeros))


def test_each_byte_that_changed_is_noticed():
    data = pack_samples(from_rows([(i * 5000, 20.0 + i % 3 / 10, None, 0, 0, 3) for i in range(50)]))
    for position in range(len(data)):
        damaged = bytearray(data)
        damaged[position] ^= 0x10
        with pytest.raises(ChunkDamaged):
            unpack_samples(bytes(damaged))


@pytest.mark.parametrize("kept", [0, 1, 4, 5, 20])
def test_a_chunk_cut_off_is_noticed(kept):
    data = pack_samples(from_rows([(i, float(i), None, 0, 0, 0) for i in range(50)]))
    with pytest.raises(ChunkDamaged):
        unpack_samples(data[:kept])


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(-(2**63), 2**63 - 1), st.floats(allow_nan=True))))
def test_columns_come_back(pairs):
    integers = np.array([number for number, _ in pairs], np.int64)
    floats = np.array([number for _, number in pairs], np.float64)
    (back,), (floats_back,) = unpack_columns(pack_columns([integers], [floats]), integers=1, floats=1)
    assert (back == integers).all()
    np.testing.assert_array_equal(floats_back, floats)


@settings(deadline=None)
@given(st.lists(rows(ts=_FEW_MOMENTS), min_size=1, max_size=4), st.randoms(use_true_random=False))
def test_merging_loses_no_value_and_doubles_none(parts, draw: random.Random):
    """The union of all, each moment and value once; merging again, with any of the parts, changes nothing."""
    samples = [from_rows(part) for part in parts]
    merged = merge(*samples)
    assert (np.diff(merged.ts_ms) >= 0).all()
    assert len(merged) == len(contents(merged))
    assert contents(merged) == set().union(*map(contents, samples))
    assert merge(merged, draw.choice(samples)).is_same(merged)


def contents(samples: Samples) -> set[tuple]:
    """Moment and value of each sample; a missing value is None."""
    values = [None if math.isnan(value) else value for value in samples.values.tolist()]
    return {(ts, value, samples.exact.get(i)) for i, (ts, value) in enumerate(zip(samples.ts_ms, values, strict=True))}


def test_the_same_value_at_the_same_time_is_one_sample():
    once = from_rows([(7, 20.0, None, 0, 0, 0)])
    assert merge(once, once).is_same(once)
    nothing = from_rows([(7, None, None, 2, 2, 0)])
    assert merge(nothing, nothing).is_same(nothing)


def test_another_value_at_the_same_time_is_another_sample():
    merged = merge(from_rows([(7, 20.0, None, 0, 0, 0)]), from_rows([(7, 21.0, None, 0, 0, 0)]))
    assert (merged.ts_ms.tolist(), merged.values.tolist()) == ([7, 7], [20.0, 21.0])


def test_two_counters_that_a_float_cannot_tell_apart_are_two_samples():
    a, b = 2**60 + 1, 2**60 + 2
    merged = merge(from_rows([(7, float(a), str(a), 0, 0, 0)]), from_rows([(7, float(b), str(b), 0, 0, 0)]))
    assert merged.exact == {0: a, 1: b}


def test_a_span_of_samples_takes_its_exact_integers_along():
    samples = from_rows([(i, float(2**60 + i), str(2**60 + i), 0, 0, 0) for i in range(10)])
    part = samples.between(3, 6)
    assert (part.ts_ms.tolist(), part.exact) == ([3, 4, 5], {0: 2**60 + 3, 1: 2**60 + 4, 2: 2**60 + 5})
