"""What differs between two programs, and what of it is large."""

from __future__ import annotations

from dataclasses import replace

import pytest

from greenhouse.rules.evaluate.climate_program import ClimateProgram, ScreenRule
from greenhouse.rules.evaluate.day_periods import Period
from greenhouse.rules.evaluate.differences import Kind, are_large, differences
from tests.rules.programs import PROGRAM, clock, sunrise, sunset

FIRST = PROGRAM.periods[0]
assert PROGRAM.blanket is not None


def with_first(period: Period) -> ClimateProgram:
    return replace(PROGRAM, periods=(period, *PROGRAM.periods[1:]))


def told(old: ClimateProgram, new: ClimateProgram) -> list[tuple[Kind, str]]:
    return [(found.kind, found.field) for found in differences(old, new)]


def test_the_same_program_differs_nowhere():
    assert differences(PROGRAM, PROGRAM) == []
    assert not are_large([])


def test_each_field_is_told_with_both_values():
    new = replace(with_first(FIRST._replace(heating_c=11.5)), vents=PROGRAM.vents._replace(band_k=6.0))
    first, second = differences(PROGRAM, new)
    assert (first.field, first.old, first.new) == ("periods.0.heating_c", FIRST.heating_c, 11.5)
    assert (second.field, second.old, second.new) == ("vents.band_k", PROGRAM.vents.band_k, 6.0)


def test_a_period_that_comes_in_between_leaves_the_others_alone():
    noon = Period(clock(12), 15.0, 26.0)
    new = replace(PROGRAM, periods=(FIRST, noon, *PROGRAM.periods[1:]))
    assert told(PROGRAM, new) == [(Kind.CAME, "periods.1")]
    assert told(new, PROGRAM) == [(Kind.WENT, "periods.1")]


def test_another_start_is_the_same_period():
    (found,) = differences(PROGRAM, with_first(FIRST._replace(start=clock(8))))
    assert (found.field, found.old, found.new) == ("periods.0.start", FIRST.start, clock(8))


def test_a_part_comes_and_goes_as_a_whole():
    assert told(PROGRAM, replace(PROGRAM, blanket=None)) == [(Kind.WENT, "blanket")]
    screen = ScreenRule(sunset(), sunrise(), 12.0)
    assert told(replace(PROGRAM, screen=None), replace(PROGRAM, screen=screen)) == [(Kind.CAME, "screen")]
    assert told(PROGRAM, replace(PROGRAM, shade=None)) == [(Kind.WENT, "shade")]


@pytest.mark.parametrize(
    ("new", "is_large"),
    [
        (with_first(FIRST._replace(heating_c=FIRST.heating_c + 2.0)), False),
        (with_first(FIRST._replace(heating_c=FIRST.heating_c + 2.1)), True),
        (with_first(FIRST._replace(start=FIRST.start._replace(minutes=FIRST.start.minutes + 60))), False),
        (with_first(FIRST._replace(start=FIRST.start._replace(minutes=FIRST.start.minutes + 61))), True),
        (with_first(FIRST._replace(start=clock(8))), True),
        (replace(PROGRAM, vents=PROGRAM.vents._replace(band_k=PROGRAM.vents.band_k * 1.1)), False),
        (replace(PROGRAM, vents=PROGRAM.vents._replace(band_k=PROGRAM.vents.band_k * 1.2)), True),
        (replace(PROGRAM, periods=PROGRAM.periods[:-1]), True),
        (replace(PROGRAM, blanket=None), True),
    ],
)
def test_what_is_large(new, is_large):
    assert are_large(differences(PROGRAM, new)) is is_large
