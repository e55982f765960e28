"""What is wrong with a program."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from greenhouse.rules.evaluate.climate_program import ClimateProgram, FaultCode, faults_of
from greenhouse.rules.evaluate.day_periods import Period, StartKind, TimeOfDay
from tests.rules.programs import PROGRAM, clock, sunrise, sunset

VENTS, BLANKET, SHADE = PROGRAM.vents, PROGRAM.blanket, PROGRAM.shade
assert BLANKET is not None
assert SHADE is not None


def test_a_sound_program_has_no_faults() -> None:
    assert faults_of(PROGRAM) == []
    assert faults_of(replace(PROGRAM, blanket=None, screen=None)) == []


@pytest.mark.parametrize(
    ("program", "field", "code"),
    [
        (replace(PROGRAM, periods=()), "periods", FaultCode.NUMBER_OF_PERIODS),
        (replace(PROGRAM, periods=PROGRAM.periods[:1]), "periods", FaultCode.NUMBER_OF_PERIODS),
        (replace(PROGRAM, periods=PROGRAM.periods * 5), "periods", FaultCode.NUMBER_OF_PERIODS),
        (
            replace(PROGRAM, periods=(Period(clock(6), 18.0, 18.5), Period(clock(18), 15.0, 25.0))),
            "periods.0.ventilation_c",
            FaultCode.TOO_CLOSE,
        ),
        (
            replace(PROGRAM, periods=(Period(clock(6), -3.0, 20.0), Period(clock(18), 15.0, 25.0))),
            "periods.0.heating_c",
            FaultCode.OUT_OF_RANGE,
        ),
        (
            replace(PROGRAM, periods=(Period(clock(6), math.nan, 20.0), Period(clock(18), 15.0, 25.0))),
            "periods.0.heating_c",
            FaultCode.NOT_A_NUMBER,
        ),
        (
            replace(PROGRAM, periods=(Period(clock(6), 15.0, 25.0), Period(clock(6), 16.0, 25.0))),
            "periods.1.start",
            FaultCode.SAME_START,
        ),
        (
            replace(PROGRAM, periods=(Period(clock(18), 15.0, 25.0), Period(clock(6), 16.0, 25.0))),
            "periods.1.start",
            FaultCode.CLOCK_ORDER,
        ),
        (
            replace(PROGRAM, periods=(Period(clock(6), 15.0, 25.0), Period(clock(24), 16.0, 25.0))),
            "periods.1.start",
            FaultCode.NO_TIME_OF_DAY,
        ),
        (
            replace(PROGRAM, periods=(Period(sunrise(), 15.0, 25.0), Period(sunset(400), 16.0, 25.0))),
            "periods.1.start",
            FaultCode.NO_TIME_OF_DAY,
        ),
        (replace(PROGRAM, vents=VENTS._replace(band_k=0.0)), "vents.band_k", FaultCode.OUT_OF_RANGE),
        (replace(PROGRAM, vents=VENTS._replace(step_pct=math.inf)), "vents.step_pct", FaultCode.NOT_A_NUMBER),
        (
            replace(PROGRAM, shade=SHADE._replace(back_below_w_m2=660.0)),
            "shade.back_below_w_m2",
            FaultCode.TOO_LITTLE_APART,
        ),
        (replace(PROGRAM, shade=SHADE._replace(rest_min=0.0)), "shade.rest_min", FaultCode.OUT_OF_RANGE),
        (
            replace(PROGRAM, blanket=BLANKET._replace(up=clock(17), down=clock(9))),
            "blanket.down",
            FaultCode.DOWN_BEFORE_UP,
        ),
        (
            replace(PROGRAM, blanket=BLANKET._replace(up=TimeOfDay(StartKind.CLOCK, -5))),
            "blanket.up",
            FaultCode.NO_TIME_OF_DAY,
        ),
    ],
)
def test_a_fault_is_told_at_its_field(program: ClimateProgram, field: str, code: FaultCode) -> None:
    assert (field, code) in [(fault.field, fault.code) for fault in faults_of(program)]


def test_all_faults_are_told_at_once() -> None:
    program = replace(PROGRAM, periods=(), vents=VENTS._replace(band_k=0.0, rest_min=-1.0))
    assert {fault.field for fault in faults_of(program)} == {"periods", "vents.band_k", "vents.rest_min"}
