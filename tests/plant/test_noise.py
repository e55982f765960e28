"""Noise is a function of its key and its step: deterministic, independent, and of the statistics it says."""

from __future__ import annotations

import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from greenhouse.plant.noise import NoiseKey, bell, mixed, noise_key, noise_word, uniform

KEYS = st.builds(NoiseKey, st.integers(0, 2**32 - 1), st.integers(0, 2**32 - 1))


def test_the_mixing_function_is_the_published_one():
    """Worked from its definition with unlimited integers. 1 ^ (1 >> 16) is 1; times 0x21f0aaad, and with its own top
    bits 0x21f0aaad ^ 0x43e1 = 0x21f0e94c; times 0x735a2d97 modulo 2³² 0x86d3f7d4; with its top bits
    0x86d3f7d4 ^ 0x10da7 = 0x86d2fa73."""
    assert 0x21F0AAAD ^ (0x21F0AAAD >> 15) == 0x21F0E94C
    assert mixed(1) == 0x86D2_FA73
    assert mixed(0) == 0


@given(KEYS, st.integers(0, 2**31), st.integers(0, 9))
def test_no_product_leaves_a_signed_64_bit_number(key, step, draw):
    """What keeps compiled and plain arithmetic equal: the greatest word times the greatest factor is below 2**63."""
    assert (2**32 - 1) * 0x735A2D97 < 2**63
    assert 0 <= noise_word(key, step, draw) < 2**32


@given(KEYS, st.integers(0, 2**40), st.integers(0, 9))
def test_numbers_stay_in_their_range_and_come_again(key, step, draw):
    assert 0.0 <= uniform(key, step, draw) < 1.0
    assert abs(bell(key, step, draw)) < 3.47
    assert bell(key, step, draw) == bell(key, step, draw)


def test_neither_name_nor_seed_nor_step_nor_draw_gives_the_same_number():
    numbers = {
        uniform(noise_key(name, seed), step, draw)
        for name in ("a", "b")
        for seed in (1, 2)
        for step in (0, 1)
        for draw in (0, 1)
    }
    assert len(numbers) == 16


def test_a_bell_has_mean_zero_deviation_one_and_the_tails_of_a_sum_of_four():
    """40,000 draws: the mean is within 4/200 = 0.02 and the deviation within 4/sqrt(2 * 40000) = 0.014 but for one run
    in 15,000. Kurtosis of a sum of n uniforms is 3 - 6/(5 n): 2.7 for four, with a deviation of about 0.02."""
    key = noise_key("h1-climate.air_temperature", 1)
    draws = [bell(key, step, 6) for step in range(40_000)]
    assert statistics.fmean(draws) == pytest.approx(0.0, abs=0.02)
    assert statistics.pstdev(draws) == pytest.approx(1.0, abs=0.014)
    assert statistics.fmean(draw**4 for draw in draws) == pytest.approx(2.7, abs=0.1)


@pytest.mark.parametrize(("other", "shift"), [("h2-climate.air_temperature", 0), ("h1-climate.air_temperature", 1)])
def test_neither_two_sensors_nor_two_steps_are_correlated(other, shift):
    """20,000 pairs: the correlation of independent noise has a deviation of 0.007."""
    one, two = noise_key("h1-climate.air_temperature", 1), noise_key(other, 1)
    pairs = [(bell(one, step, 6), bell(two, step + shift, 6)) for step in range(20_000)]
    assert statistics.correlation(*zip(*pairs, strict=True)) == pytest.approx(0.0, abs=0.03)
