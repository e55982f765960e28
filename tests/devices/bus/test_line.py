"""One line's worker: commands overtake polls, a broken connection is mended, nothing fails silently."""

import logging
import threading
from concurrent.futures import Future
from dataclasses import dataclass, field
from itertools import pairwise

import pytest

from devices.bus.jobs import QUEUE_LIMIT, Again, Priority
from devices.bus.line import Line
from devices.bus.protocol import ReadRequest, WriteRequest
from devices.bus.scripted import Breaks, Refuses, ScriptedBus, Silent
from devices.errors import BusClosed, BusTimeout, LeaseLost, LineFull
from devices.link_health import LinkState
from devices.profiles.schema import Table

LOGGER = "devices.bus.line"


def ask(unit_id=1, address=0, count=1):
    return ReadRequest(unit_id, Table.HOLDING, address, count, timeout_s=0.5)


def setting(unit_id=1, address=0, value=7):
    return WriteRequest(unit_id, 6, address, (value,), timeout_s=0.5)


@dataclass(eq=False)
class Poll:
    unit_id: int = 1
    period_s: float = 1.0
    retries: int = 0
    cost: int = 1
    answers: list = field(default_factory=list)

    def run(self, bus):
        self.answers.append(int(bus.read(ask(self.unit_id))[0]))


@dataclass(eq=False)
class BrokenPoll(Poll):
    error: Exception = field(default_factory=lambda: ZeroDivisionError("a defect"))

    def run(self, bus):
        raise self.error


@pytest.fixture
def bus(clock):
    scripted = ScriptedBus(elapse=clock.elapse)
    for unit in range(1, 11):
        scripted.put(unit, Table.HOLDING, 0, 100 + unit)
    return scripted


class Bench:
    """A line without its thread: the test steps it, with a clock of its own."""

    def __init__(self, bus, clock, tasks):
        self.bus, self.clock = bus, clock
        self.changes = []
        self.line = Line("field", bus, tasks, on_health=self.changes.append, monotonic=clock)

    def run_for(self, seconds):
        end_s = self.clock() + seconds
        while self.clock() < end_s:
            wait_s = self.line.step()
            self.clock.now_s = min(end_s, self.clock() + (seconds if wait_s is None else wait_s))

    def line_states(self):
        return [change.state for change in self.changes if change.unit_id is None]


@pytest.fixture
def bench(bus, clock):
    return lambda *tasks: Bench(bus, clock, tasks)


def test_polls_run_at_their_period_over_one_connection(bench, bus):
    poll = Poll()
    line = bench(poll)
    line.run_for(10)
    assert poll.answers == [101] * 10
    assert bus.connects == 1
    stats = line.line.stats()
    assert (stats.requests, stats.failures, stats.polls, stats.overruns) == (10, 0, 10, 0)
    assert stats.state is LinkState.ONLINE


def test_the_line_is_online_with_the_first_answer_of_any_unit(bench, bus):
    line = bench(Poll())
    assert line.line.state is LinkState.UNKNOWN
    line.run_for(1)
    assert [(change.unit_id, change.state) for change in line.changes] == [
        (None, LinkState.ONLINE),
        (1, LinkState.ONLINE),
    ]


def test_a_command_overtakes_every_poll_that_is_due(bench, bus, clock):
    """Ten polls are overdue; the command submitted last goes first."""
    line = bench(*[Poll(unit) for unit in range(1, 11)])
    line.run_for(1)
    clock.elapse(5)
    bus.sent.clear()
    future = line.line.submit(lambda bus: bus.write(setting()))
    line.line.step()
    assert isinstance(bus.sent[0], WriteRequest)
    assert future.done()


def test_commands_go_before_diagnostics_and_in_their_order(bench):
    line = bench()
    order = []
    for name, priority in (
        ("probe", Priority.DIAGNOSTIC),
        ("first", Priority.COMMAND),
        ("second", Priority.COMMAND),
    ):
        line.line.submit(lambda bus, name=name: order.append(name), priority=priority)
    line.run_for(1)
    assert order == ["first", "second", "probe"]


def test_a_poll_passes_between_two_diagnostic_jobs(bench, bus, clock):
    poll = Poll()
    line = bench(poll, Poll(2))
    line.run_for(1)
    clock.elapse(5)
    order = []
    for unit in (3, 4):
        line.line.submit(lambda bus, unit=unit: bus.read(ask(unit)), priority=Priority.DIAGNOSTIC)
    bus.sent.clear()
    for _ in range(4):
        line.line.step()
    order = [request.unit_id for request in bus.sent]
    assert order[0] == 3
    assert order[1] in (1, 2)
    assert order[2] == 4


def test_diagnostic_jobs_do_not_wait_for_a_poll_that_is_not_due(bench, bus):
    line = bench(Poll(period_s=600.0))
    line.run_for(2)
    futures = [line.line.submit(lambda bus: None, priority=Priority.DIAGNOSTIC) for _ in range(3)]
    for _ in range(8):
        line.line.step()
    assert all(future.done() for future in futures)


def test_a_job_that_wants_to_run_again_lets_polls_pass_meanwhile(bench, bus, clock):
    poll = Poll()
    line = bench(poll)
    line.run_for(1)
    ran_at_s = []

    def look(bus):
        ran_at_s.append(clock())
        return "taken" if len(ran_at_s) == 3 else Again(1.0, look)

    future = line.line.submit(look)
    polls = len(poll.answers)
    line.run_for(3)
    assert future.result(0) == "taken"
    assert [b - a for a, b in pairwise(ran_at_s)] == pytest.approx([1.0, 1.0])
    assert len(poll.answers) - polls == 3


def test_an_error_of_a_job_reaches_its_submitter_and_spares_the_line(bench):
    poll = Poll()
    line = bench(poll)

    def defect(bus):
        raise ZeroDivisionError("in the job")

    future = line.line.submit(defect)
    line.run_for(3)
    assert isinstance(future.exception(0), ZeroDivisionError)
    assert len(poll.answers) == 3


def test_a_cancelled_job_is_not_run(bench, bus):
    line = bench()
    future = line.line.submit(lambda bus: bus.write(setting()))
    assert future.cancel()
    line.run_for(1)
    assert bus.writes == []


def test_a_full_queue_refuses_with_a_clear_error(bench):
    line = bench()
    for _ in range(QUEUE_LIMIT):
        line.line.submit(lambda bus: None)
    with pytest.raises(LineFull, match="line field: 200 jobs wait already"):
        line.line.submit(lambda bus: None)
    line.run_for(1)
    assert line.line.stats().queue_depth == 0


def test_a_job_does_not_wait_for_a_line_that_is_down(bench, bus):
    bus.reachable = False
    line = bench(Poll())
    line.run_for(3)
    future = line.line.submit(lambda bus: bus.write(setting()))
    line.line.step()
    with pytest.raises(BusClosed, match="line field is down: the scripted peer cannot be reached"):
        future.result(0)
    assert bus.sent == []


def test_a_failed_first_connect_is_tried_again_with_growing_pauses(bench, bus, clock):
    """Pauses 0.5, 1, 2, 4 and then 5 s, and no unit's time-out is spent meanwhile."""
    bus.reachable = False
    line = bench(*[Poll(unit) for unit in range(1, 11)])
    line.run_for(0.5 + 1 + 2 + 4 + 5 + 5 + 0.1)
    assert bus.connects == 7
    assert bus.sent == []
    bus.reachable = True
    line.run_for(6)
    assert line.line.state is LinkState.ONLINE
    assert set(line.line.unit_states().values()) == {LinkState.ONLINE}


def test_the_pauses_begin_short_again_after_a_line_was_back(bench, bus):
    line = bench(Poll())
    for _ in range(2):
        bus.reachable = False
        line.run_for(60)
        bus.reachable = True
        line.run_for(10)
    bus.reachable = False
    while line.line.state is LinkState.ONLINE:
        line.run_for(0.1)
    before = bus.connects
    bus.reachable = True
    line.run_for(0.5)
    assert line.line.state is LinkState.ONLINE
    assert bus.connects == before + 1


def test_a_lost_line_is_one_change_per_unit_and_one_for_the_line_and_one_log_line(bench, bus, caplog):
    line = bench(*[Poll(unit) for unit in range(1, 11)])
    line.run_for(2)
    line.changes.clear()
    with caplog.at_level(logging.INFO, LOGGER):
        bus.reachable = False
        line.run_for(3600)
    assert len(line.changes) == 11
    assert sorted((change.unit_id or 0) for change in line.changes) == list(range(11))
    assert {change.state for change in line.changes} == {LinkState.OFFLINE}
    assert len(caplog.records) == 1
    assert "line field is down" in caplog.text
    caplog.clear()
    with caplog.at_level(logging.INFO, LOGGER):
        bus.reachable = True
        line.run_for(10)
    assert len(caplog.records) == 1
    assert "line field is back after 360" in caplog.text


@pytest.mark.parametrize("outage_s", [1, 60, 6 * 3600])
def test_values_are_back_within_30_seconds_of_the_peer(bench, bus, clock, outage_s):
    tasks = [Poll(unit) for unit in range(1, 11)]
    line = bench(*tasks)
    line.run_for(5)
    bus.reachable = False
    line.run_for(outage_s)
    bus.reachable = True
    for task in tasks:
        task.answers.clear()
    line.run_for(6.5)  # the longest pause between two attempts is 5 s
    assert all(task.answers for task in tasks)


def test_a_connection_that_a_peer_closed_is_opened_at_once_without_a_loss(bench, bus):
    """Many peers close an idle connection; the poll is repeated on a new one."""
    poll = Poll()
    line = bench(poll)
    line.run_for(3)
    line.changes.clear()
    bus.script(1, Breaks())
    line.run_for(3)
    assert len(poll.answers) == 6
    assert line.changes == []
    assert line.line.stats().connects == 2


def test_a_peer_that_accepts_and_closes_again_is_left_alone_with_growing_pauses(bench, bus):
    """A device with one connection, taken by someone else: no storm of connections."""
    line = bench(Poll())
    line.run_for(3)
    bus.fail(1, Breaks())
    before = bus.connects
    line.run_for(60)
    assert bus.connects - before <= 1 + 4 + 60 / 5
    assert line.line_states() == [LinkState.ONLINE, LinkState.OFFLINE]
    bus.heal(1)
    line.run_for(5.1)
    assert line.line.state is LinkState.ONLINE


def test_a_dead_unit_is_logged_once_when_lost_and_once_when_back(bench, bus, caplog):
    line = bench(Poll(1), Poll(2))
    line.run_for(3)
    bus.fail(2, Silent())
    with caplog.at_level(logging.INFO, LOGGER):
        line.run_for(300)
        bus.heal(2)
        line.run_for(20)
    assert [record.getMessage() for record in caplog.records] == [
        "line field: unit 2 does not answer: unit 2: no reply within 0.5 s",
        "line field: unit 2 answers again",
    ]


def test_a_wrong_address_is_logged_once_and_the_unit_stays_online(bench, bus, caplog):
    line = bench(Poll())
    line.run_for(2)
    bus.fail(1, Refuses(2))
    with caplog.at_level(logging.INFO, LOGGER):
        line.run_for(60)
        bus.heal(1)
        line.run_for(2)
    assert [record.getMessage() for record in caplog.records] == [
        "line field: a poll of unit 1 failed: unit 1: function 3 answered exception 2",
        "line field: the poll of unit 1 goes well again",
    ]
    assert line.line.unit_states() == {1: LinkState.ONLINE}


def test_a_defect_of_one_poll_is_logged_once_with_traceback_and_the_others_go_on(bench, caplog):
    broken, sound = BrokenPoll(), Poll()
    line = bench(broken, sound)
    with caplog.at_level(logging.INFO, LOGGER):
        line.run_for(20)
    assert len(sound.answers) == 20
    assert line.line.stats().defects == 20
    assert len(caplog.records) == 1
    assert caplog.records[0].exc_info[0] is ZeroDivisionError
    assert line.line.unit_states() == {1: LinkState.ONLINE}, "a defect of ours is not the unit's fault"


def test_a_poll_that_may_not_write_any_more_is_no_fault_of_the_unit(bench):
    keeping_alive = BrokenPoll(error=LeaseLost("field"))
    line = bench(keeping_alive, Poll())
    line.run_for(5)
    assert line.line.unit_states() == {1: LinkState.ONLINE}
    assert line.line.stats().defects == 0


def test_a_listener_that_fails_does_not_stop_the_line(bus, clock, caplog):
    def listener(change):
        raise OSError("disk full")

    poll = Poll()
    bench = Bench(bus, clock, [poll])
    bench.line._on_health = listener
    bench.run_for(5)
    assert len(poll.answers) == 5
    assert "a health change was not taken" in caplog.text


def test_lateness_of_polls_is_forgotten_after_two_minutes(bench, clock):
    line = bench(Poll())
    line.run_for(5)
    clock.elapse(7)
    line.run_for(5)
    assert line.line.stats().worst_lateness_s == pytest.approx(7, abs=1)
    line.run_for(150)
    assert line.line.stats().worst_lateness_s < 0.1


# -- with the real thread


class GatedBus(ScriptedBus):
    """A bus whose requests wait until the test lets them pass."""

    def __init__(self):
        super().__init__()
        self.asked, self.gate = threading.Event(), threading.Event()

    def read(self, request):
        self.asked.set()
        assert self.gate.wait(10), "the test never let the request pass"
        return super().read(request)


@pytest.fixture
def gated():
    bus = GatedBus()
    bus.put(1, Table.HOLDING, 0, 101)
    line = Line("field", bus, [Poll()], on_health=lambda change: None)
    line.start()
    yield bus, line
    bus.gate.set()
    assert line.stop(5)


def test_a_job_wakes_a_sleeping_line():
    """Nothing is due for ten minutes; a command is run all the same."""
    bus = ScriptedBus()
    bus.put(1, Table.HOLDING, 0, 101)
    line = Line("field", bus, [Poll(period_s=600.0)], on_health=lambda change: None)
    line.start()
    try:
        for value in range(5):
            line.submit(lambda bus, value=value: bus.write(setting(value=value))).result(5)
        assert [write.values for write in bus.writes] == [(0,), (1,), (2,), (3,), (4,)]
    finally:
        assert line.stop(5)
    assert not bus.is_open


def test_a_command_waits_for_the_request_under_way_only(gated):
    bus, line = gated
    assert bus.asked.wait(5)
    future = line.submit(lambda bus: bus.write(setting()))
    assert not future.done()
    bus.gate.set()
    future.result(5)
    assert [type(request) for request in bus.sent[:2]] == [ReadRequest, WriteRequest]


def test_stopping_returns_in_time_although_the_peer_hangs(gated):
    """The queue fails at once; the thread ends when its last request does."""
    bus, line = gated
    assert bus.asked.wait(5)
    waiting = [line.submit(lambda bus: bus.write(setting())) for _ in range(3)]
    assert line.stop(0.05) is False
    for future in waiting:
        with pytest.raises(BusClosed, match="line field: stopped"):
            future.result(0)
    bus.gate.set()
    assert line.stop(5)
    assert not line.is_alive
    assert bus.writes == []
    assert not bus.is_open


def test_a_stopped_line_takes_no_jobs(gated):
    bus, line = gated
    bus.gate.set()
    assert line.stop(5)
    with pytest.raises(BusClosed, match="stopped"):
        line.submit(lambda bus: None)


def test_a_job_that_waits_to_run_again_fails_when_the_line_stops(gated):
    bus, line = gated
    bus.gate.set()
    first_look = threading.Event()

    def look(bus):
        first_look.set()
        return Again(3600.0, look)

    future = line.submit(look)
    assert first_look.wait(5)
    assert line.stop(5)
    with pytest.raises(BusClosed):
        future.result(1)


def test_a_line_that_never_started_stops_cleanly(bus):
    line = Line("field", bus, [Poll()], on_health=lambda change: None)
    future: Future = line.submit(lambda bus: None)
    assert line.stop(1)
    assert isinstance(future.exception(0), BusClosed)


def test_a_time_out_within_a_job_is_the_submitters(bench, bus):
    bus.fail(1, Silent())
    line = bench()
    future = line.line.submit(lambda bus: bus.read(ask()))
    line.run_for(1)
    assert isinstance(future.exception(0), BusTimeout)
