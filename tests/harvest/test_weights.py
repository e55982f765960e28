"""Weights as people type them, and which of them are doubted."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from greenhouse.harvest.doubts import doubted_against_g, usual_g
from greenhouse.harvest.errors import StemsRefused, WeightFault, WeightRefused
from greenhouse.harvest.weights import grams_of, kilograms, stems_of


@pytest.mark.parametrize(
    ("text", "grams"),
    [
        ("12.5", 12_500),
        (" 12.5 ", 12_500),
        ("12", 12_000),
        ("0.001", 1),
        (".5", 500),
        ("007.500", 7_500),
        ("12.5000", 12_500),
        ("１２．５", 12_500),
        ("100000", 100_000_000),
    ],
)
def test_a_weight_is_read_to_the_gram(text, grams):
    assert grams_of(text) == grams


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", WeightFault.NO_NUMBER),
        ("nan", WeightFault.NO_NUMBER),
        ("inf", WeightFault.NO_NUMBER),
        ("1e3", WeightFault.NO_NUMBER),
        ("12,5", WeightFault.NO_NUMBER),
        ("12.", WeightFault.NO_NUMBER),
        ("1 2", WeightFault.NO_NUMBER),
        ("0x1", WeightFault.NO_NUMBER),
        ("٣", WeightFault.NO_NUMBER),
        ("9" * 40, WeightFault.NO_NUMBER),
        ("-3", WeightFault.NOT_ABOVE_ZERO),
        ("−3.5", WeightFault.NOT_ABOVE_ZERO),
        ("0", WeightFault.NOT_ABOVE_ZERO),
        ("0.000", WeightFault.NOT_ABOVE_ZERO),
        ("0.0005", WeightFault.TOO_FINE),
        ("100000.001", WeightFault.TOO_MUCH),
    ],
)
def test_what_no_harvest_weighs_is_refused_with_why(text, fault):
    with pytest.raises(WeightRefused) as refused:
        grams_of(text)
    assert refused.value.fault is fault


@given(st.integers(1, 100_000_000))
def test_a_weight_that_is_written_is_read_again(grams):
    assert grams_of(kilograms(grams)) == grams


def test_stems_are_whole():
    assert (stems_of(""), stems_of(" 24 "), stems_of("２４")) == (None, 24, 24)
    for text in ("0", "-1", "1.5", "x", "99999999"):
        with pytest.raises(StemsRefused):
            stems_of(text)


def test_the_usual_is_the_middle_one_of_the_same_grade_or_else_of_all():
    assert usual_g([3, 1, 2], [9, 9, 9]) == 2
    assert usual_g([1, 2, 3, 4], []) == 2
    assert usual_g([1, 2], [9, 7, 8]) == 8
    assert usual_g([1, 2], [1, 2]) is None


def test_a_weight_is_doubted_from_ten_times_the_usual_on():
    assert doubted_against_g(9_999, 1_000, 100.0) is None
    assert doubted_against_g(10_000, 1_000, 100.0) == 1_000
    assert doubted_against_g(499_999, None, 100.0) is None
    assert doubted_against_g(500_000, None, 100.0) == 50_000
