"""Which poll is due next: periods without drift, fairness among units, cheap dead units."""

from collections import Counter
from dataclasses import dataclass
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.bus.schedule import PollSchedule, Replacement
from devices.errors import BusTimeout, DeviceException
from devices.link_health import LinkState

TIMEOUT_S = 0.5


@dataclass(eq=False)
class Poll:
    """A poll that takes as long as the test says; the schedule never runs it."""

    unit_id: int
    period_s: float = 1.0
    retries: int = 0
    cost: int = 10

    def run(self, bus):
        raise AssertionError("a schedule runs nothing")


class Simulation:
    """A line without a line: takes what the schedule offers and moves the clock by the time each poll takes."""

    def __init__(self, clock, tasks, *, takes_s=0.01, line="field"):
        self.clock, self.takes_s = clock, takes_s
        self.changes = []
        self.runs = []  # (time, task)
        self.dead = set()  # units, or tasks, that do not answer
        self.errors = {}  # task: error it answers with
        self.start_s = clock()
        self.schedule = PollSchedule(line, tasks, now_s=clock(), on_health=self.changes.append)

    def run_for(self, seconds):
        end_s = self.clock() + seconds
        while self.clock() < end_s:
            scheduled = self.schedule.take(self.clock())
            if scheduled is None:
                due_s = self.schedule.next_due_s()
                self.clock.now_s = end_s if due_s is None else min(max(due_s, self.clock()), end_s)
                continue
            self.poll(scheduled)

    def poll(self, scheduled):
        task = scheduled.task
        self.runs.append((self.clock(), task))
        if task.unit_id in self.dead or task in self.dead:
            self.clock.elapse(TIMEOUT_S)
            self.schedule.failed(scheduled, self.clock(), BusTimeout(task.unit_id, TIMEOUT_S), took_s=TIMEOUT_S)
            return
        self.clock.elapse(self.takes_s)
        if task in self.errors:
            self.schedule.failed(scheduled, self.clock(), self.errors[task], took_s=self.takes_s)
        else:
            self.schedule.succeeded(scheduled, self.clock())

    def times(self, task):
        return [at_s for at_s, run in self.runs if run is task]

    def units(self):
        return Counter(task.unit_id for _at_s, task in self.runs)


def test_a_period_does_not_drift(clock):
    """After an hour of polls that take 30 ms each, the last one still starts on the grid of the first."""
    poll = Poll(1)
    simulation = Simulation(clock, [poll], takes_s=0.03)
    simulation.run_for(3600)
    times = simulation.times(poll)
    assert len(times) == 3600
    assert times[-1] - times[0] == pytest.approx(3599, abs=1e-6)
    assert simulation.schedule.overruns == 0


def test_a_hundred_units_do_not_fire_at_once(clock):
    """In the first second, no more than two of a hundred 1 Hz polls start within the same 10 ms."""
    tasks = [Poll(unit) for unit in range(1, 101)]
    simulation = Simulation(clock, tasks, takes_s=0.001)
    simulation.run_for(1)
    slots = Counter(int((at_s - simulation.start_s) / 0.01) for at_s, _task in simulation.runs)
    assert len(simulation.runs) == 100
    assert max(slots.values()) <= 2


def test_lines_that_start_together_are_shifted_against_each_other(clock):
    shifts = {PollSchedule(f"house-{n}", [Poll(1)], now_s=0.0, on_health=print).next_due_s() for n in range(20)}
    assert len(shifts) == 20
    assert all(0 <= shift < 1 for shift in shifts)


def test_slow_points_have_a_first_value_within_a_second_and_then_spread_over_their_period(clock):
    tasks = [Poll(unit, period_s=60.0) for unit in range(1, 11)]
    simulation = Simulation(clock, tasks)
    simulation.run_for(200)
    firsts = [simulation.times(task)[0] - simulation.start_s for task in tasks]
    assert max(firsts) <= 1.0 + 0.1
    last_round = sorted(simulation.times(task)[-1] for task in tasks)
    distances = [later - earlier for earlier, later in pairwise(last_round)]
    assert min(distances) == pytest.approx(6.0, abs=0.01)
    for task in tasks:
        intervals = [b - a for a, b in pairwise(simulation.times(task))]
        assert max(intervals) <= 90.1, "the step from the first round to the grid is at most one and a half periods"


def test_of_two_due_polls_the_one_whose_period_ends_first_goes_first(clock):
    """The slow one has been due for longer, but the next value of the fast one is missed earlier."""
    slow, fast = Poll(1, period_s=5.0), Poll(2, period_s=1.0)
    simulation = Simulation(clock, [slow, fast])
    simulation.run_for(20)
    slow_due_s = simulation.times(slow)[-1] + 5
    simulation.run_for(slow_due_s - 0.001 - clock())
    clock.now_s = slow_due_s + 1.0
    assert simulation.schedule.take(clock()).task is fast
    assert simulation.schedule.take(clock()).task is slow


def test_missed_periods_are_counted_and_not_caught_up(clock):
    """After 100 s of standstill the poll runs once, then goes on at its period."""
    poll = Poll(1)
    simulation = Simulation(clock, [poll], takes_s=0.01)
    simulation.run_for(10)
    runs_before = len(simulation.runs)
    clock.elapse(100)
    simulation.run_for(10)
    times = [at_s for at_s, _task in simulation.runs[runs_before:]]
    assert len(times) == 11
    assert min(b - a for a, b in pairwise(times)) > 0.3
    assert simulation.schedule.overruns == 99


def test_a_poll_that_takes_longer_than_its_period_keeps_the_line_busy_without_a_burst(clock):
    poll = Poll(1)
    simulation = Simulation(clock, [poll], takes_s=1.05)
    simulation.run_for(105)
    times = simulation.times(poll)
    assert len(times) >= 95
    assert min(b - a for a, b in pairwise(times)) >= 1.04
    assert simulation.schedule.overruns == pytest.approx(105 - len(times), abs=1)


def test_a_dead_unit_costs_one_time_out_per_back_off_interval(clock):
    """Tries of a unit that dies: two polls, then probes 1, 2, 4, 8 and then every 15 s after the last failure."""
    poll = Poll(1)
    simulation = Simulation(clock, [poll])
    simulation.run_for(10)
    simulation.dead.add(1)
    died_at_s = clock()
    simulation.run_for(120)
    tries = [at_s for at_s in simulation.times(poll) if at_s >= died_at_s]
    pauses = [later - earlier - TIMEOUT_S for earlier, later in pairwise(tries)]
    assert pauses[1:7] == pytest.approx([1, 2, 4, 8, 15, 15])


def test_neighbors_of_a_dead_unit_keep_their_period(clock):
    """Twenty units at 1 Hz, one dead: each neighbor is polled 300 times in 300 s, late by at most one time-out."""
    tasks = [Poll(unit) for unit in range(1, 21)]
    simulation = Simulation(clock, tasks, takes_s=0.02)
    simulation.dead.add(7)
    simulation.run_for(300)
    counts = simulation.units()
    assert counts[7] <= 4 + 300 / 15.5 + 1
    for unit in set(range(1, 21)) - {7}:
        assert counts[unit] in (300, 301), f"unit {unit}"
    for task in tasks:
        if task.unit_id != 7:
            times = simulation.times(task)
            assert max(b - a for a, b in pairwise(times)) < 1 + TIMEOUT_S + 0.4


def test_many_dead_units_take_at_most_half_of_the_line(clock):
    """Thirty dead units at 0.5 s each would fill the line; the ten that live still get every second poll or more."""
    tasks = [Poll(unit) for unit in range(1, 41)]
    simulation = Simulation(clock, tasks, takes_s=0.02)
    simulation.dead.update(range(11, 41))
    simulation.run_for(60)
    before = simulation.units()
    simulation.run_for(60)
    after = simulation.units()
    spent_on_dead_s = sum((after[unit] - before[unit]) * TIMEOUT_S for unit in range(11, 41))
    assert spent_on_dead_s <= 31
    for unit in range(1, 11):
        assert after[unit] - before[unit] >= 55, f"unit {unit}"


def test_each_of_many_dead_units_is_probed_in_turn(clock):
    """No dead unit is forgotten behind others: with thirty of them each is tried every 30 s in the long run."""
    tasks = [Poll(unit) for unit in range(1, 31)]
    simulation = Simulation(clock, tasks)
    simulation.dead.update(range(1, 31))
    simulation.run_for(400)
    for task in tasks:
        times = [at_s for at_s in simulation.times(task) if at_s > simulation.start_s + 180]
        assert max(b - a for a, b in pairwise(times)) <= 31


def test_all_polls_of_a_unit_run_at_once_when_a_probe_is_answered(clock):
    fast, slow = Poll(1, cost=4), Poll(1, period_s=600.0, cost=100)
    simulation = Simulation(clock, [fast, slow])
    simulation.run_for(10)
    simulation.dead.add(1)
    simulation.run_for(100)
    simulation.dead.clear()
    simulation.run_for(15.1)
    back_at_s = simulation.changes[-1].at_s
    assert simulation.changes[-1].state is LinkState.ONLINE
    assert simulation.times(slow)[-1] == pytest.approx(back_at_s, abs=0.05)


def test_the_cheapest_poll_probes_first(clock):
    costly, cheap = Poll(1, cost=120), Poll(1, cost=2)
    simulation = Simulation(clock, [costly, cheap])
    simulation.dead.add(1)
    simulation.run_for(1.2)
    failed_first = simulation.runs[0][1]
    simulation.run_for(1)
    assert simulation.runs[1][1] is cheap, f"after {failed_first}"


def test_a_unit_that_is_silent_on_one_block_only_is_not_lost(clock):
    """Some devices do not answer an illegal address at all. Probes take turns, so the unit is found alive."""
    silent, good = Poll(1, cost=1, retries=2), Poll(1, cost=50)
    simulation = Simulation(clock, [silent, good])
    simulation.dead.add(silent)
    simulation.run_for(600)
    assert len(simulation.times(good)) > 560
    tries = [at_s for at_s in simulation.times(silent) if at_s > simulation.start_s + 300]
    assert len(tries) <= 6, "the silent block is tried once a minute"
    assert simulation.schedule.retries <= 2


def test_a_failed_poll_is_repeated_at_once_only_while_its_unit_is_online(clock):
    poll = Poll(1, retries=2)
    simulation = Simulation(clock, [poll])
    simulation.run_for(5)
    simulation.dead.add(1)
    before = len(simulation.runs)
    simulation.run_for(3.9)
    assert simulation.schedule.retries == 2
    assert len(simulation.runs) - before == 3 + 1 + 1, "a poll with two repeats, a plain one, a probe"


def test_a_unit_that_never_answered_costs_one_time_out_at_the_start(clock):
    simulation = Simulation(clock, [Poll(1, retries=3)])
    simulation.dead.add(1)
    simulation.run_for(1.4)
    assert len(simulation.runs) == 1


def test_one_lost_reply_leaves_the_unit_online_when_the_repeat_is_answered(clock):
    poll = Poll(1, retries=1)
    simulation = Simulation(clock, [poll])
    simulation.run_for(5)
    changes = len(simulation.changes)
    simulation.dead.add(1)
    scheduled = None
    while scheduled is None:
        clock.elapse(0.1)
        scheduled = simulation.schedule.take(clock())
    simulation.poll(scheduled)
    simulation.dead.clear()
    simulation.run_for(2)
    assert len(simulation.changes) == changes
    assert simulation.schedule.retries == 1


@pytest.mark.parametrize("code", [1, 2, 3])
def test_a_configuration_error_leaves_the_unit_online_and_the_poll_on_its_period(clock, code):
    wrong, right = Poll(1), Poll(1)
    simulation = Simulation(clock, [wrong, right])
    simulation.errors[wrong] = DeviceException(1, 3, code)
    simulation.run_for(60)
    assert [change.state for change in simulation.changes] == [LinkState.ONLINE]
    assert len(simulation.times(wrong)) == 60


@pytest.mark.parametrize("code", [5, 6])
def test_a_busy_device_stays_online_and_a_slow_poll_is_asked_again_after_a_second(clock, code):
    poll = Poll(1, period_s=60.0)
    simulation = Simulation(clock, [poll])
    simulation.errors[poll] = DeviceException(1, 3, code)
    simulation.run_for(1.5)
    simulation.run_for(3)
    times = simulation.times(poll)
    assert [b - a for a, b in pairwise(times)] == pytest.approx([1.01] * (len(times) - 1))
    assert len(times) >= 4
    assert [change.state for change in simulation.changes] == [LinkState.ONLINE]


@pytest.mark.parametrize("code", [4, 10, 11])
def test_an_exception_of_the_gateway_takes_the_unit_offline(clock, code):
    poll = Poll(1)
    simulation = Simulation(clock, [poll])
    simulation.errors[poll] = DeviceException(1, 3, code)
    simulation.run_for(5)
    assert [change.state for change in simulation.changes] == [LinkState.OFFLINE]


def test_a_lost_line_takes_every_unit_offline_at_once_and_polls_nothing(clock):
    tasks = [Poll(unit) for unit in range(1, 6)]
    simulation = Simulation(clock, tasks)
    simulation.run_for(5)
    simulation.changes.clear()
    simulation.schedule.line_lost(clock(), "port gone")
    simulation.schedule.line_lost(clock(), "port gone")
    assert sorted(change.unit_id for change in simulation.changes) == [1, 2, 3, 4, 5]
    assert {change.state for change in simulation.changes} == {LinkState.OFFLINE}
    assert simulation.schedule.take(clock() + 3600) is None
    assert simulation.schedule.next_due_s() is None


def test_values_are_back_within_a_second_after_hours_without_the_line(clock):
    tasks = [Poll(unit, period_s=period_s) for unit in range(1, 21) for period_s in (1.0, 60.0)]
    simulation = Simulation(clock, tasks)
    simulation.run_for(5)
    simulation.schedule.line_lost(clock(), "power cut")
    clock.elapse(6 * 3600)
    simulation.schedule.line_back(clock())
    back_at_s = clock()
    simulation.run_for(1)
    for task in tasks:
        assert any(at_s >= back_at_s for at_s in simulation.times(task))
    assert simulation.schedule.overruns == 0, "the outage is not counted as overload"


def test_after_an_outage_the_units_that_lived_are_asked_before_those_that_did_not(clock):
    tasks = [Poll(unit) for unit in range(1, 21)]
    simulation = Simulation(clock, tasks)
    simulation.dead.update(range(1, 11))
    simulation.run_for(30)
    simulation.schedule.line_lost(clock(), "power cut")
    clock.elapse(3600)
    simulation.schedule.line_back(clock())
    before = len(simulation.runs)
    simulation.run_for(0.9)
    asked = {task.unit_id for _at_s, task in simulation.runs[before:]}
    assert asked == set(range(11, 21))


def test_a_task_may_be_replaced_by_others_that_are_due_at_once_or_later(clock):
    old, now, later = Poll(1), Poll(1, period_s=30.0), Poll(1, period_s=30.0)
    simulation = Simulation(clock, [old])
    clock.elapse(1)
    scheduled = simulation.schedule.take(clock())
    replaced_at_s = clock()
    simulation.schedule.succeeded(scheduled, clock(), Replacement(at_once=(now,), after_period=(later,)))
    simulation.run_for(61)
    assert simulation.times(old) == []
    assert simulation.times(now)[0] == replaced_at_s
    assert simulation.times(later) == pytest.approx([replaced_at_s + 30, replaced_at_s + 60])


def test_a_unit_whose_last_task_went_away_is_left_alone(clock):
    simulation = Simulation(clock, [Poll(1)])
    clock.elapse(1)
    simulation.schedule.succeeded(simulation.schedule.take(clock()), clock(), Replacement())
    simulation.schedule.line_lost(clock(), "gone")
    simulation.schedule.line_back(clock())
    assert simulation.schedule.take(clock() + 100) is None


def test_a_task_may_change_its_own_period(clock):
    poll = Poll(1)
    simulation = Simulation(clock, [poll])
    simulation.run_for(3)
    poll.period_s = 10.0
    changed_at_s = clock()
    simulation.run_for(42)
    times = [at_s for at_s in simulation.times(poll) if at_s > changed_at_s]
    assert [b - a for a, b in pairwise(times)] == pytest.approx([10] * 4, abs=0.02)


def test_a_line_without_tasks_is_never_due():
    schedule = PollSchedule("empty", [], now_s=0.0, on_health=print)
    assert schedule.take(1e9) is None
    assert schedule.next_due_s() is None
    schedule.line_lost(1.0, "gone")
    schedule.line_back(2.0)


@given(
    periods=st.lists(st.sampled_from([0.5, 1.0, 5.0, 30.0]), min_size=1, max_size=12),
    fates=st.lists(st.sampled_from(["good", "dead", "busy", "illegal"]), min_size=1, max_size=4),
)
def test_whatever_happens_every_task_of_a_living_unit_keeps_coming(periods, fates):
    """No sequence of answers lets a task fall out of the schedule or run twice at the same moment."""
    from_manual = type("Clock", (), {"now_s": 0.0, "__call__": lambda self: self.now_s})()
    from_manual.elapse = lambda seconds: setattr(from_manual, "now_s", from_manual.now_s + seconds)
    tasks = [Poll(unit % len(fates) + 1, period_s=period_s) for unit, period_s in enumerate(periods)]
    simulation = Simulation(from_manual, tasks, takes_s=0.005)
    for task in tasks:
        match fates[task.unit_id - 1]:
            case "dead":
                simulation.dead.add(task.unit_id)
            case "busy":
                simulation.errors[task] = DeviceException(task.unit_id, 3, 6)
            case "illegal":
                simulation.errors[task] = DeviceException(task.unit_id, 3, 2)
    simulation.run_for(120)
    simulation.dead.clear()
    simulation.errors.clear()
    healed_at_s = from_manual()
    simulation.run_for(120)
    for task in tasks:
        late_runs = [at_s for at_s in simulation.times(task) if at_s >= healed_at_s]
        assert len(late_runs) >= 120 / task.period_s - 32 / task.period_s - 1
        assert len(late_runs) == len(set(late_runs))
