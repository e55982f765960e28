"""What is wrong with an irrigation program, and with several together."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from greenhouse.rules.evaluate.irrigation_program import (
    ClockStarts,
    Dose,
    DoseKind,
    FaultCode,
    IntervalStarts,
    IrrigationProgram,
    RadiationStarts,
    ValveGroup,
    faults_between,
    faults_of,
)
from tests.rules.programs import clock, sunrise, sunset

EAST = ValveGroup("east", ("h1-valves.valve_1", "h1-valves.valve_2"), 240.0)
WEST = ValveGroup("west", ("h1-valves.valve_3",), 240.0)
PROGRAM = IrrigationProgram(
    groups=(EAST, WEST),
    dose=Dose(DoseKind.VOLUME_PER_AREA, 0.5),
    starts=ClockStarts((8 * 60, 11 * 60, 14 * 60)),
    rest_min=60.0,
    drain_limit_pct=30.0,
)


def test_a_sound_program_has_no_faults():
    assert faults_of(PROGRAM) == []
    assert faults_of(replace(PROGRAM, starts=IntervalStarts(sunrise(90), 120.0, sunset(-90)))) == []
    assert faults_of(replace(PROGRAM, starts=RadiationStarts(sunrise(60), sunset(-60), 100.0, 120.0))) == []


@pytest.mark.parametrize("kind", list(DoseKind))
@pytest.mark.parametrize("amount", [0.0, -1.0])
def test_a_dose_of_nothing_is_refused(kind, amount):
    (fault,) = faults_of(replace(PROGRAM, dose=Dose(kind, amount)))
    assert (fault.field, fault.code) == ("dose.amount", FaultCode.NO_DOSE)


@pytest.mark.parametrize(
    ("program", "field", "code"),
    [
        (replace(PROGRAM, groups=()), "groups", FaultCode.NUMBER_OF_GROUPS),
        (replace(PROGRAM, groups=(EAST._replace(valves=()),)), "groups.0.valves", FaultCode.NO_VALVE),
        (replace(PROGRAM, groups=(WEST, WEST._replace(key="again"))), "groups.1.valves", FaultCode.VALVE_TWICE),
        (replace(PROGRAM, groups=(EAST._replace(area_m2=0.0), WEST)), "groups.0.area_m2", FaultCode.OUT_OF_RANGE),
        (replace(PROGRAM, dose=Dose(DoseKind.TIME, math.nan)), "dose.amount", FaultCode.NOT_A_NUMBER),
        (replace(PROGRAM, dose=Dose(DoseKind.VOLUME_PER_AREA, 21.0)), "dose.amount", FaultCode.OUT_OF_RANGE),
        (replace(PROGRAM, rest_min=-1.0), "rest_min", FaultCode.OUT_OF_RANGE),
        (replace(PROGRAM, drain_limit_pct=0.0), "drain_limit_pct", FaultCode.OUT_OF_RANGE),
        (replace(PROGRAM, starts=ClockStarts(())), "starts.minutes", FaultCode.NUMBER_OF_STARTS),
        (replace(PROGRAM, starts=ClockStarts((480, 480))), "starts.minutes.1", FaultCode.CLOCK_ORDER),
        (replace(PROGRAM, starts=ClockStarts((480, 539))), "starts.minutes.1", FaultCode.SHORTER_THAN_REST),
        (replace(PROGRAM, starts=ClockStarts((480, 1440))), "starts.minutes.1", FaultCode.NO_TIME_OF_DAY),
        (
            replace(PROGRAM, starts=IntervalStarts(sunrise(), 30.0, sunset())),
            "starts.interval_min",
            FaultCode.SHORTER_THAN_REST,
        ),
        (
            replace(PROGRAM, starts=IntervalStarts(sunrise(), 0.0, sunset())),
            "starts.interval_min",
            FaultCode.OUT_OF_RANGE,
        ),
        (
            replace(PROGRAM, starts=IntervalStarts(clock(9), 120.0, clock(8))),
            "starts.last",
            FaultCode.LAST_BEFORE_FIRST,
        ),
        (
            replace(PROGRAM, starts=RadiationStarts(sunrise(), sunset(400), 100.0, None)),
            "starts.last",
            FaultCode.NO_TIME_OF_DAY,
        ),
        (
            replace(PROGRAM, starts=RadiationStarts(sunrise(), sunset(), 0.0, None)),
            "starts.sum_j_cm2",
            FaultCode.OUT_OF_RANGE,
        ),
    ],
)
def test_a_fault_is_told_at_its_field(program, field, code):
    assert [(fault.field, fault.code) for fault in faults_of(program)] == [(field, code)]


def test_a_run_that_is_longer_than_its_interval_is_refused():
    """Two groups for 40 min each are 80 min; an hour later the next run would begin."""
    long = replace(PROGRAM, dose=Dose(DoseKind.TIME, 2400.0), starts=IntervalStarts(sunrise(), 60.0, sunset()))
    (fault,) = faults_of(long)
    assert (fault.code, fault.facts) == (FaultCode.SHORTER_THAN_RUN, {"run": 80.0})


def test_two_programs_on_one_valve_are_refused():
    other = replace(PROGRAM, groups=(WEST, ValveGroup("north", ("h1-valves.valve_4",), 50.0)))
    found = faults_between({"morning": PROGRAM, "evening": other})
    assert list(found) == ["evening"]
    (fault,) = found["evening"]
    assert (fault.field, fault.code) == ("groups.0.valves", FaultCode.VALVE_OF_ANOTHER)
    assert fault.facts == {"valve": "h1-valves.valve_3", "program": "morning"}


def test_programs_on_valves_of_their_own_get_along():
    other = replace(PROGRAM, groups=(ValveGroup("north", ("h1-valves.valve_4",), 50.0),))
    assert faults_between({"morning": PROGRAM, "evening": other}) == {}
