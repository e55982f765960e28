"""When a run is due: days worked by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from greenhouse.commands.seen import MISSING, seen
from greenhouse.rules.evaluate.day_periods import moment_of
from greenhouse.rules.evaluate.irrigation import (
    IrrigationDecision,
    IrrigationSnapshot,
    RadiationSpan,
    Why,
    doses_of,
    due,
    radiation_sum,
)
from greenhouse.rules.evaluate.irrigation_program import (
    ClockStarts,
    Dose,
    DoseKind,
    IntervalStarts,
    IrrigationProgram,
    RadiationStarts,
)
from tests.rules.programs import JANUARY, at, clock, sunrise, sunset
from tests.rules.test_irrigation_program import PROGRAM

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
RADIATION = replace(
    PROGRAM, starts=RadiationStarts(first=clock(9), last=clock(16), sum_j_cm2=100.0, without_radiation_min=180.0)
)


def asked(program: IrrigationProgram, hour: float, **changes: Any) -> IrrigationDecision:
    usual = {"decided_until": at(0), "on_since": at(-72), "days": (JANUARY,)}
    return due(IrrigationSnapshot(program=program, **{**usual, **changes}), at(hour))


def sun(begin_h: float, end_h: float, w_m2: float) -> RadiationSpan:
    return RadiationSpan(at(begin_h), at(end_h), w_m2)


# --- doses ------------------------------------------------------------------------------------------------------------


def test_half_a_liter_for_each_square_meter_of_a_group():
    """240 m² × 0.5 L/m² = 120 L."""
    first, second = doses_of(PROGRAM)
    assert (first.group.key, first.volume_l, first.time_s) == ("east", 120.0, None)
    assert second.volume_l == 120.0


def test_a_volume_or_a_time_is_that_of_each_group():
    assert [dose.volume_l for dose in doses_of(replace(PROGRAM, dose=Dose(DoseKind.VOLUME, 80.0)))] == [80.0, 80.0]
    assert [dose.time_s for dose in doses_of(replace(PROGRAM, dose=Dose(DoseKind.TIME, 300.0)))] == [300.0, 300.0]


# --- clock ------------------------------------------------------------------------------------------------------------


def test_a_start_is_due_from_its_time_on_and_is_decided_once():
    assert asked(PROGRAM, 7.99).why is Why.NOT_YET
    run = asked(PROGRAM, 8.0)
    assert (run.why, [dose.group.key for dose in run.doses]) == (Why.CLOCK, ["east", "west"])
    assert run.decided_until == at(8)
    again = asked(PROGRAM, 8.01, decided_until=run.decided_until, last_run_at=at(8))
    assert (again.why, again.doses) == (Why.NOT_YET, ())


def test_a_day_of_three_starts_is_three_runs():
    runs, decided, last = [], at(0), None
    for minute in range(24 * 60):
        decision = asked(PROGRAM, minute / 60, decided_until=decided, last_run_at=last)
        if decision.doses:
            runs.append(minute)
            last = at(minute / 60)
        decided = decision.decided_until
    assert runs == [480, 660, 840]


def test_a_start_a_little_late_is_run_and_a_later_one_is_missed():
    assert asked(PROGRAM, 8.25).facts == {"late_min": 15.0}
    late = asked(PROGRAM, 8.27)
    assert (late.why, late.doses, late.missed) == (Why.NOT_YET, (), (at(8),))
    assert late.decided_until == at(8)
    assert asked(PROGRAM, 8.28, decided_until=late.decided_until).missed == ()


def test_of_several_starts_that_came_while_nothing_ran_the_last_is_run_and_the_others_are_told():
    late = asked(PROGRAM, 14.1)
    assert (late.why, late.missed) == (Why.CLOCK, (at(8), at(11)))
    assert late.decided_until == at(14.1)


def test_a_start_of_yesterday_is_missed_not_made_up_for():
    yesterday = JANUARY._replace(midnight=JANUARY.midnight - timedelta(days=1))
    found = asked(PROGRAM, 0.5, days=(yesterday, JANUARY), decided_until=at(-12))
    assert (found.doses, found.missed) == ((), (at(-10),))


def test_a_clock_that_is_set_back_waters_nothing_twice():
    """Run at 8:00; at 8:30 the clock goes back to 7:30. 8:00 comes again, and is decided."""
    for hour in (7.5, 7.99, 8.0, 8.2):
        found = asked(PROGRAM, hour, decided_until=at(8.5), last_run_at=at(8))
        assert (found.why, found.doses, found.decided_until) == (Why.CLOCK_BACK, (), at(8.5))
    assert asked(PROGRAM, 11.0, decided_until=at(8.5), last_run_at=at(8)).why is Why.CLOCK


# --- sun --------------------------------------------------------------------------------------------------------------


def test_an_interval_begins_with_the_sun_and_ends_before_it():
    """Every two hours from an hour after sunrise, the last one not after two hours before sunset."""
    program = replace(PROGRAM, starts=IntervalStarts(sunrise(60), 120.0, sunset(-120)))
    first, last = moment_of(sunrise(60), JANUARY), moment_of(sunset(-120), JANUARY)
    assert first is not None
    assert last is not None
    count = int((last - first) / (2 * HOUR)) + 1
    runs = [first + 2 * HOUR * number for number in range(count)]
    assert count == 4  # 9 h 40 min of day less three hours
    for run in runs:
        asked_of = IrrigationSnapshot(program, (JANUARY,), decided_until=run - MINUTE, on_since=at(0))
        assert due(asked_of, run).why is Why.INTERVAL
        assert due(asked_of, run - MINUTE).why is Why.NOT_YET
    after = IrrigationSnapshot(program, (JANUARY,), decided_until=runs[-1], on_since=at(0))
    assert due(after, at(23.9)).missed == ()


# --- radiation --------------------------------------------------------------------------------------------------------


def test_a_sum_is_watts_times_seconds():
    """500 W/m² for an hour are 500 × 3600 J/m² = 180 J/cm²."""
    assert radiation_sum((sun(10, 11, 500.0),), at(10), at(11)) == (pytest.approx(180.0), 1.0)
    assert radiation_sum((sun(10, 11, 500.0),), at(10.5), at(11)) == (pytest.approx(90.0), 1.0)
    assert radiation_sum((sun(10, 11, 500.0),), at(10), at(12)) == (pytest.approx(180.0), 0.5)


def test_a_run_is_due_when_the_sum_has_come_in_since_the_last():
    """400 W/m² are 144 J/cm² an hour: 100 J/cm² take 41 min 40 s."""
    record = (sun(0, 8, 0.0), sun(8, 16, 400.0))
    since = {"radiation": record, "last_run_at": at(10), "decided_until": at(10)}
    no_rest = replace(RADIATION, rest_min=0.0)
    before, after = asked(no_rest, 10 + 41.6 / 60, **since), asked(no_rest, 10 + 41.7 / 60, **since)
    assert (before.why, before.doses) == (Why.NOT_YET, ())
    assert after.why is Why.RADIATION_SUM
    assert after.facts["sum"] == pytest.approx(100.08)


def test_the_sum_goes_on_through_midnight():
    """The last run was at 16:00; from then to 17:00 fell 72 J/cm². At 9:00 another 36 J/cm² have come: 108."""
    record = (
        RadiationSpan(at(-8), at(-7), 200.0),
        RadiationSpan(at(-7), at(8), 0.0),
        sun(8, 9, 100.0),
    )
    found = asked(RADIATION, 9.0, radiation=record, last_run_at=at(-8), decided_until=at(-8))
    assert found.why is Why.RADIATION_SUM
    assert found.facts["sum"] == pytest.approx(108.0)
    without_evening = asked(RADIATION, 9.0, radiation=record, last_run_at=at(-7), decided_until=at(-7))
    assert without_evening.why is Why.NOT_YET


def test_no_sum_is_older_than_a_day():
    record = (RadiationSpan(at(-48), at(9), 100.0),)
    found = asked(RADIATION, 9.0, radiation=record, last_run_at=at(-48), decided_until=at(-48))
    assert found.facts["sum"] == pytest.approx(24 * 36.0)


def test_a_sum_that_is_reached_at_night_waits_for_the_morning():
    record = (sun(0, 24, 400.0),)
    assert asked(RADIATION, 8.9, radiation=record).why is Why.OUTSIDE_HOURS
    assert asked(RADIATION, 9.0, radiation=record).why is Why.RADIATION_SUM
    assert asked(RADIATION, 16.1, radiation=record).why is Why.OUTSIDE_HOURS


def test_missing_radiation_is_not_zero_and_not_made_up():
    """Half of the two hours since the last run has no reading: whether 100 J/cm² came in nobody knows."""
    record = (sun(10, 11, 150.0),)
    since = {"radiation": record, "last_run_at": at(10), "decided_until": at(10)}
    found = asked(RADIATION, 12.0, **since)
    assert (found.why, found.doses) == (Why.RADIATION_UNKNOWN, ())
    assert found.facts == {"sum": pytest.approx(54.0), "wanted": 100.0, "coverage": 0.5}


def test_while_radiation_is_missing_a_run_comes_after_its_time_or_never():
    since = {"last_run_at": at(10), "decided_until": at(10)}
    assert asked(RADIATION, 12.99, **since).why is Why.RADIATION_UNKNOWN
    assert asked(RADIATION, 13.0, **since).why is Why.RADIATION_MISSING
    assert asked(RADIATION, 13.0, **since).doses != ()
    assert isinstance(RADIATION.starts, RadiationStarts)
    never = replace(RADIATION, starts=RADIATION.starts._replace(without_radiation_min=None))
    assert asked(never, 15.9, **since).why is Why.RADIATION_UNKNOWN


def test_in_the_morning_that_time_counts_from_the_first_hour_on():
    """The last run was yesterday: three hours have passed at 9:00, but none of them by day."""
    assert asked(RADIATION, 9.5, last_run_at=at(-8), decided_until=at(-8)).why is Why.RADIATION_UNKNOWN
    assert asked(RADIATION, 12.0, last_run_at=at(-8), decided_until=at(-8)).why is Why.RADIATION_MISSING


def test_a_program_that_was_just_switched_on_owes_no_sun_of_before():
    """Switched on at 13:00 of a bright day, its last run yesterday: 144 J/cm² an hour make 100 at 13:42, not before."""
    record = (sun(0, 8, 0.0), sun(8, 16, 400.0))
    for last in (None, at(-8)):
        on = {"on_since": at(13), "last_run_at": last, "decided_until": at(13), "radiation": record}
        assert asked(RADIATION, 13.1, **on).why is Why.NOT_YET
        assert asked(RADIATION, 13.1, **on).facts["sum"] == pytest.approx(14.4)
        assert asked(RADIATION, 13.7, **on).why is Why.RADIATION_SUM
        unknown = {**on, "radiation": ()}
        assert asked(RADIATION, 13.1, **unknown).why is Why.RADIATION_UNKNOWN
        assert asked(RADIATION, 15.99, **unknown).why is Why.RADIATION_UNKNOWN
        assert asked(RADIATION, 16.0, **unknown).why is Why.RADIATION_MISSING


def test_what_is_known_already_suffices():
    """Half is missing, but the other half is more than enough."""
    record = (sun(10, 11, 500.0),)
    assert asked(RADIATION, 12.0, radiation=record, last_run_at=at(10), decided_until=at(10)).why is Why.RADIATION_SUM


# --- what stands against it -------------------------------------------------------------------------------------------


def test_one_run_at_a_time_and_the_start_is_not_lost():
    held = asked(PROGRAM, 8.0, is_running=True)
    assert (held.why, held.doses, held.decided_until) == (Why.RUNNING, (), at(0))
    assert asked(PROGRAM, 8.1).why is Why.CLOCK


def test_a_rest_is_kept_between_two_runs():
    held = asked(PROGRAM, 11.0, last_run_at=at(10.5), decided_until=at(10.5))
    assert (held.why, held.facts) == (Why.RESTING, {"left_min": 30.0})
    found = asked(RADIATION, 10.9, radiation=(sun(0, 12, 600.0),), last_run_at=at(10), decided_until=at(10))
    assert (found.why, round(found.facts["left_min"])) == (Why.RESTING, 6)


def test_with_enough_drain_the_other_starts_of_the_day_are_left_out():
    found = asked(PROGRAM, 11.0, drain_pct=seen(30.0), decided_until=at(8), last_run_at=at(8))
    assert (found.why, found.doses, found.left_out) == (Why.DRAIN_REACHED, (), (at(11),))
    assert found.decided_until == at(11)


@pytest.mark.parametrize("drain", [seen(29.9), MISSING])
def test_less_drain_or_an_unknown_one_leaves_nothing_out(drain):
    assert asked(PROGRAM, 11.0, drain_pct=drain, decided_until=at(8), last_run_at=at(8)).why is Why.CLOCK


def test_the_moment_is_the_only_clock():
    """The same snapshot at the same moment gives the same decision."""
    now: datetime = at(11)
    snapshot = IrrigationSnapshot(PROGRAM, (JANUARY,), decided_until=at(10), on_since=at(0))
    assert due(snapshot, now) == due(snapshot, now)


def test_clock_starts_alone_have_moments():
    assert asked(replace(PROGRAM, starts=ClockStarts((12 * 60,))), 12.0).why is Why.CLOCK
