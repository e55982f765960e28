"""Sample time never runs backward, whatever happens to the wall clock; a clock that cannot be right is not followed."""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.samples import Origin, Quality, Reading, Reason
from greenhouse.deadlines import Moment
from greenhouse.site.virtual_points import Clock
from scheduler.machine_clock import ClockMark, LinuxClock, offset_s
from scheduler.sample_clock import EARLIEST, MOST_OUTAGE, SURE_AFTER_S, SampleClock, trust

NOON = datetime(2026, 12, 1, 4, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@dataclass
class Machine:
    """A machine whose clocks a test moves."""

    time: datetime = NOON
    since_boot_s: float = 100.0
    boot_id: str = "first"
    has_time_source: bool = False
    kept: ClockMark | None = None

    def moment(self) -> Moment:
        return Moment(self.time, self.boot_id, self.since_boot_s)

    def is_synchronized(self) -> bool:
        return self.has_time_source

    def mark(self) -> ClockMark | None:
        return self.kept

    def keep(self, mark: ClockMark) -> None:
        self.kept = mark

    def run(self, seconds_: float) -> None:
        """Time goes by, asleep or awake."""
        self.time += timedelta(seconds=seconds_)
        self.since_boot_s += seconds_

    def set(self, by: timedelta) -> None:
        """Somebody sets the wall clock."""
        self.time = max(self.time + by, datetime(1970, 1, 1, tzinfo=UTC))

    def power_cut(self, to: datetime) -> None:
        """The machine starts again, with its clock at this time."""
        self.boot_id += "+"
        self.since_boot_s, self.time = 5.0, to


def reading(at: datetime, *quality: Quality) -> Reading:
    reasons = [Reason.NONE if one is Quality.GOOD else Reason.OUT_OF_RANGE for one in quality]
    return Reading(
        points=tuple(f"a.p{number}" for number in range(len(quality))),
        values=np.ones(len(quality)),
        quality=np.array(quality, np.uint8),
        reason=np.array(reasons, np.uint8),
        observed_at=at,
        origin=Origin.MEASURED,
    )


_STEPS = st.one_of(
    st.tuples(st.just("run"), st.floats(0, 100_000)),
    st.tuples(st.just("set"), st.floats(-3e9, 3e9)),
    st.tuples(st.just("restart"), st.just(0)),
    st.tuples(st.just("power cut"), st.floats(-3e9, 3e9)),
    st.tuples(st.just("time source"), st.sampled_from([0, 1])),
    st.tuples(st.just("trust"), st.just(0)),
    st.tuples(st.just("keep"), st.just(0)),
)


@given(st.lists(_STEPS, max_size=40))
def test_sample_time_never_runs_backward(steps):
    machine = Machine()
    clock = SampleClock(machine, last_stored=None)
    last = clock.now()
    for kind, amount in steps:
        match kind:
            case "run":
                machine.run(amount)
            case "set":
                machine.set(timedelta(seconds=amount))
            case "restart":
                clock = SampleClock(machine, last_stored=last)
            case "power cut":
                machine.power_cut(max(NOON + timedelta(seconds=amount), datetime(1970, 1, 1, tzinfo=UTC)))
                clock = SampleClock(machine, last_stored=last)
            case "time source":
                machine.has_time_source = bool(amount)
            case "trust":
                machine.keep(ClockMark(machine.boot_id, offset_s(machine.moment())))
            case _:
                clock.keep()
        now = clock.now()
        assert now >= last
        assert (now == machine.time) or clock.state is not Clock.RIGHT
        is_marked = Quality(clock.flagged(reading(now, Quality.GOOD)).quality[0]) is Quality.UNCERTAIN
        assert is_marked or clock.state is Clock.RIGHT
        last = now


@given(st.floats(0, 6 * 86_400), st.booleans())
def test_sample_time_comes_back_to_a_wall_clock_that_is_right(back_s, has_time_source):
    """However far it was ahead: after twice that time it is the wall clock's again, and unmarked."""
    machine = Machine(has_time_source=has_time_source)
    clock = SampleClock(machine, last_stored=NOON)
    machine.set(timedelta(seconds=-back_s))
    if not has_time_source:
        trust(machine)
    clock.now()
    machine.run(1.5)
    clock.now()
    machine.run(2 * back_s + 1)
    assert clock.now() == machine.time
    assert clock.state is Clock.RIGHT
    assert clock.flagged(reading(machine.time, Quality.GOOD)).quality[0] == Quality.GOOD


def test_a_clock_set_back_by_an_hour_is_not_followed_and_not_believed(caplog):
    machine = Machine()
    clock = SampleClock(machine, last_stored=NOON)
    machine.set(-HOUR)
    machine.run(30)
    with caplog.at_level(logging.WARNING, "scheduler.sample_clock"):
        for _ in range(5):
            assert clock.look() is Clock.BEHIND
    assert clock.now() == NOON + timedelta(seconds=30)
    assert len(caplog.records) == 1
    machine.set(HOUR)  # set right again: back to it by itself
    assert clock.look() is Clock.RIGHT


def test_a_machine_that_stops_us_between_its_two_clocks_raises_no_suspicion():
    """The wall clock is read, ten milliseconds go by, then the boot-time clock is read."""
    machine = Machine()
    clock = SampleClock(machine, last_stored=NOON)
    machine.since_boot_s += 0.01
    assert clock.look() is Clock.RIGHT
    machine.run(0.001)
    assert clock.look() is Clock.RIGHT


def test_a_small_correction_backward_is_believed_and_caught_up_with():
    """A time server that steps by two seconds stops no schedule."""
    machine = Machine()
    clock = SampleClock(machine, last_stored=NOON)
    machine.set(timedelta(seconds=-2))
    assert clock.look() is Clock.CATCHING_UP
    machine.run(2)
    assert clock.now() == NOON + timedelta(seconds=1)
    machine.run(2)
    assert clock.look() is Clock.RIGHT


def test_a_clock_set_ahead_by_a_day_is_not_followed_until_somebody_vouches_for_it():
    machine = Machine()
    clock = SampleClock(machine, last_stored=NOON)
    machine.set(DAY)
    machine.run(10)
    assert clock.look() is Clock.AHEAD
    assert clock.now() == NOON + timedelta(seconds=10)
    trust(machine)
    machine.run(1.5)
    assert clock.look() is Clock.RIGHT
    assert clock.now() == NOON + DAY + timedelta(seconds=11.5)


def test_the_kernels_word_is_enough_for_a_jump():
    """A time server puts right a clock that was a day behind."""
    machine = Machine()
    clock = SampleClock(machine, last_stored=NOON)
    machine.set(DAY)
    assert clock.look() is Clock.AHEAD
    machine.has_time_source = True
    machine.run(1.5)
    assert clock.look() is Clock.RIGHT


@pytest.mark.parametrize("wrong", [datetime(1970, 1, 1, tzinfo=UTC), datetime(2024, 3, 1, tzinfo=UTC)])
def test_after_a_power_cut_with_a_dead_battery_time_goes_on_from_the_last_stored(wrong):
    machine = Machine()
    machine.power_cut(wrong)
    clock = SampleClock(machine, last_stored=NOON)
    machine.run(60)
    assert clock.look() is Clock.BEHIND
    assert clock.now() == NOON + timedelta(seconds=60)
    machine.time = NOON + 3 * HOUR  # the time server has answered; the kernel has not said so yet
    assert clock.look() is Clock.RIGHT
    assert clock.now() == NOON + 3 * HOUR


def test_an_empty_store_still_knows_that_it_is_not_1970():
    machine = Machine(time=datetime(1970, 1, 1, tzinfo=UTC))
    clock = SampleClock(machine, last_stored=None)
    assert clock.look() is Clock.BEHIND
    assert clock.now() == EARLIEST
    with pytest.raises(ValueError, match="1970"):
        trust(machine)


@pytest.mark.parametrize(
    ("ahead", "state"),
    [(timedelta(hours=8), Clock.RIGHT), (MOST_OUTAGE, Clock.RIGHT), (MOST_OUTAGE + DAY, Clock.AHEAD)],
)
def test_a_start_may_follow_a_long_outage_but_not_a_year_that_nobody_vouches_for(ahead, state):
    machine = Machine()
    machine.power_cut(NOON + ahead)
    assert SampleClock(machine, last_stored=NOON).state is state


def started(machine: Machine) -> SampleClock:
    """A control process that has run through its first tick."""
    clock = SampleClock(machine, last_stored=NOON)
    clock.keep()
    return clock


def test_by_a_clock_of_a_fresh_start_nothing_is_deleted_for_good_until_hours_have_passed():
    """After a power cut it stands months ahead, which may be right; nobody has looked at it yet."""
    machine = Machine()
    machine.power_cut(NOON + timedelta(days=150))
    clock = started(machine)
    assert (clock.state, clock.is_sure) == (Clock.RIGHT, False)
    machine.run(SURE_AFTER_S - 60)
    assert (clock.look(), clock.is_sure) == (Clock.RIGHT, False)
    machine.run(120)
    assert (clock.look(), clock.is_sure) == (Clock.RIGHT, True)


def test_a_clock_that_a_time_source_disciplines_is_sure_at_once():
    assert started(Machine(has_time_source=True)).is_sure


def test_a_clock_that_a_person_vouched_for_is_sure_for_this_boot_and_its_next_processes():
    machine = Machine()
    assert not started(machine).is_sure
    trust(machine)
    machine.run(70)
    assert [started(machine).is_sure, started(machine).is_sure] == [True, True]
    machine.power_cut(machine.time)
    assert not started(machine).is_sure


def test_a_clock_that_was_set_back_is_not_sure_while_samples_are_ahead_of_it():
    """It was months ahead, then a time source came: samples carry times that are still to come."""
    machine = Machine()
    machine.power_cut(NOON + timedelta(days=150))
    clock = started(machine)
    machine.set(-timedelta(days=150))
    machine.has_time_source = True
    machine.run(SURE_AFTER_S + 100)
    clock.look()
    clock.keep()
    assert (clock.state, clock.is_sure) == (Clock.CATCHING_UP, False)


def test_within_one_boot_a_restarted_process_knows_that_the_clock_was_set_meanwhile():
    machine = Machine()
    SampleClock(machine, last_stored=NOON).keep()
    machine.run(20)
    machine.set(DAY)
    clock = SampleClock(machine, last_stored=NOON)
    assert clock.state is Clock.AHEAD
    assert clock.now() == NOON


def test_a_night_asleep_is_no_jump():
    """The boot-time clock runs on while the machine is suspended."""
    machine = Machine()
    clock = SampleClock(machine, last_stored=NOON)
    machine.run(10 * 3600)
    assert clock.look() is Clock.RIGHT


def test_what_was_good_becomes_uncertain_and_what_was_bad_keeps_its_own_reason():
    machine = Machine()
    clock = SampleClock(machine, last_stored=NOON)
    before = clock.now()
    machine.set(-HOUR)
    machine.run(1)
    marked = clock.flagged(reading(clock.now(), Quality.GOOD, Quality.BAD, Quality.UNCERTAIN))
    assert marked.quality.tolist() == [Quality.UNCERTAIN, Quality.BAD, Quality.UNCERTAIN]
    assert marked.reason.tolist() == [Reason.CLOCK_SUSPECT, Reason.OUT_OF_RANGE, Reason.OUT_OF_RANGE]
    assert clock.flagged(reading(before, Quality.GOOD)).quality.tolist() == [Quality.GOOD]


def test_a_reading_is_marked_although_the_clock_came_right_before_it_was_handed_on():
    machine = Machine()
    clock = SampleClock(machine, last_stored=NOON)
    machine.set(-HOUR)
    machine.run(1)
    taken = reading(clock.now(), Quality.GOOD)
    machine.set(HOUR)
    machine.run(5)
    assert clock.look() is Clock.RIGHT
    assert clock.flagged(taken).quality.tolist() == [Quality.UNCERTAIN]


def test_many_threads_see_one_time_that_only_grows(tmp_path: Path):
    clock = SampleClock(LinuxClock(tmp_path), last_stored=None)
    seen: list[list[datetime]] = [[] for _ in range(4)]

    def read(mine: list[datetime]) -> None:
        mine.extend(clock.now() for _ in range(500))

    threads = [threading.Thread(target=read, args=(mine,)) for mine in seen]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(mine == sorted(mine) for mine in seen)


def test_this_machine_keeps_what_is_believed_and_passes_over_a_broken_file(tmp_path: Path):
    machine = LinuxClock(tmp_path)
    assert machine.mark() is None
    trust(machine)
    kept = machine.mark()
    assert kept is not None
    assert kept.is_vouched_for
    assert abs(kept.offset_s - offset_s(machine.moment())) < 1.0
    assert machine.is_synchronized() in (True, False)
    (tmp_path / "clock.json").write_text("{")
    assert machine.mark() is None
