"""The lease of several machines: whatever happens to a holder, a clock or a row, never do two hold it at a time.

A machine is a folder of its own, and a clock that the test sets.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import django.db
import psycopg
import pytest
import time_machine
from django.db import OperationalError, close_old_connections, connection, connections, transaction

from devices.errors import LeaseLost
from greenhouse.clock import boot_s
from scheduler.leases.file_lease import FileLeases
from scheduler.leases.lease import LeaseState
from scheduler.leases.rows import RowFence
from scheduler.leases.stored_lease import StoredLease, StoredLeases
from scheduler.leases.term import Term

pytestmark = [
    pytest.mark.postgresql,
    # No other app, so that no table has to be emptied after each test: these touch the rows of leases only.
    pytest.mark.django_db(transaction=True, databases=["default", "telemetry"], available_apps=["scheduler.leases"]),
]
TERM = Term(1000.0)


class NoLoop:
    """In place of the loop of a machine: the test says when it renews."""

    def stop(self, within_s: float) -> bool:
        return True


class Machine:
    """A machine with its own locks and its own clock, whose renewals the test asks for."""

    def __init__(self, folder: Path, *, clock_s: float) -> None:
        self.clock_s = clock_s
        self.leases = StoredLeases(FileLeases(folder), term=TERM, now_s=lambda: self.clock_s)
        self.leases._loop = NoLoop()

    def control(self) -> StoredLease:
        return self.leases.control()

    def passes(self, elapsed_s: float) -> None:
        self.clock_s += elapsed_s


@pytest.fixture
def machine(tmp_path) -> Iterator[Callable[..., Machine]]:
    """Makes machines. At first nobody holds anything."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM leases_lease")
        cursor.execute("INSERT INTO leases_lease (name, token, renewals, lasts_s) VALUES ('control', 0, 0, 0)")
    made: dict[str, Machine] = {}

    def make(name: str, *, clock_s: float = 5000.0) -> Machine:
        made.setdefault(name, Machine(tmp_path / name, clock_s=clock_s))
        return made[name]

    yield make
    for one in made.values():
        one.leases.close()


def until_taken(lease: StoredLease, *machines: Machine, step_s: float = 50.0) -> float:
    """Let time pass on these machines until a standby has the lease. How long it took. [s]"""
    for passed in range(100):
        if lease.acquire():
            return passed * step_s
        for each in machines:
            each.passes(step_s)
    raise AssertionError("never taken")


def row(name: str = "control") -> tuple[object, ...] | None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT token, renewals, holder FROM leases_lease WHERE name = %s", (name,))
        found: tuple[object, ...] | None = cursor.fetchone()
        return found


def test_the_second_machine_is_refused_until_the_first_gives_back_and_gets_a_higher_token(machine):
    east, west = machine("east").control(), machine("west").control()
    assert east.acquire()
    assert not west.acquire()
    assert "process" in west.holder()
    token = east.token
    east.release()
    machine("east").leases.renew()  # the loop frees the row
    assert west.acquire()
    assert west.token > token


def test_a_process_of_the_same_machine_takes_over_from_a_killed_one_at_once(machine, tmp_path):
    """The kernel has freed the file lock: whoever holds it knows that the former holder is dead."""
    killed = machine("east").control()
    assert killed.acquire()
    killed._file.release()  # as the kernel does
    again = Machine(tmp_path / "east", clock_s=0.0)
    assert again.control().acquire()
    machine("east").leases.renew()
    assert killed.state() is LeaseState.LOST
    again.leases.close()


def test_a_standby_takes_over_only_after_the_holder_has_stopped_to_write(machine):
    """The holder's right ends one margin before its lease, the standby waits one margin longer."""
    east, west = machine("east"), machine("west", clock_s=77.0)
    holder, standby = east.control(), west.control()
    assert holder.acquire()
    assert not standby.acquire()
    for each in (east, west):
        each.passes(TERM.writes_for_s - 1)
    assert holder.held()
    assert not standby.acquire()
    for each in (east, west):
        each.passes(2)
    assert holder.state() is LeaseState.LAPSED
    assert not standby.acquire()
    for each in (east, west):
        each.passes(TERM.taken_after_s - TERM.writes_for_s - 2)
    assert not standby.acquire()
    west.passes(1.1)
    assert standby.acquire()


def test_a_standby_with_a_shorter_term_waits_by_the_term_of_the_holder(machine):
    """Somebody gave the two machines different settings."""
    east, west = machine("east"), machine("west")
    west.leases.term = Term(TERM.lasts_s / 5)
    holder, standby = east.control(), west.control()
    assert holder.acquire()
    assert until_taken(standby, east, west) >= TERM.taken_after_s
    assert not holder.held()
    other_way = east.control()
    machine("east").leases.renew()
    holder.release()
    assert until_taken(other_way, east, west) < TERM.lasts_s / 2


def test_what_lapsed_comes_back_with_its_token_if_nobody_took_it(machine):
    east = machine("east")
    holder = east.control()
    assert holder.acquire()
    token = holder.token
    east.passes(5 * TERM.lasts_s)
    with pytest.raises(LeaseLost):
        holder.require()
    east.leases.renew()
    holder.require()
    assert holder.token == token


def test_a_holder_that_was_overtaken_never_gets_its_lease_back(machine):
    east, west = machine("east"), machine("west")
    holder, standby = east.control(), west.control()
    assert holder.acquire()
    until_taken(standby, east, west)
    east.leases.renew()
    assert holder.state() is LeaseState.LOST
    assert not holder.acquire()
    assert standby.held()


def test_a_renewal_keeps_standbys_away(machine):
    east, west = machine("east"), machine("west")
    holder, standby = east.control(), west.control()
    assert holder.acquire()
    for _ in range(30):
        assert not standby.acquire()
        east.leases.renew()
        for each in (east, west):
            each.passes(TERM.lasts_s / 2)
    assert holder.held()


def test_the_time_counts_from_the_beginning_of_the_renewal(machine, monkeypatch):
    """The process stood still while the answer was on its way: its right began when it asked."""
    east = machine("east")
    holder = east.control()
    assert holder.acquire()
    from scheduler.leases import rows

    renew = rows.renew

    def slow(tokens):
        renewed = renew(tokens)
        east.passes(TERM.lasts_s)
        return renewed

    monkeypatch.setattr(rows, "renew", slow)
    east.leases.renew()
    assert holder.state() is LeaseState.LAPSED


def test_asking_right_before_a_write_asks_no_store(machine, django_assert_num_queries):
    holder = machine("east").control()
    assert holder.acquire()
    with django_assert_num_queries(0):
        for _ in range(100):
            holder.require()


def test_of_standbys_that_race_one_wins(machine):
    """All have watched long enough and try at the same moment, again and again."""
    crew = [machine(name) for name in "abcd"]
    leases = [each.control() for each in crew]
    for _ in range(20):
        for lease in leases:
            lease.acquire()
        for each in crew:
            each.passes(2 * TERM.taken_after_s)
        standbys = [lease for lease in leases if lease.token is None]
        start = threading.Barrier(len(standbys))

        def race(lease: StoredLease) -> None:
            start.wait()  # noqa: B023
            lease.acquire()
            connections.close_all()

        racers = [threading.Thread(target=race, args=(lease,)) for lease in standbys]
        for racer in racers:
            racer.start()
        for racer in racers:
            racer.join()
        newcomers = [lease for lease in standbys if lease.token is not None]
        assert len(newcomers) == 1
        for each in crew:
            each.leases.renew()
        assert [lease for lease in leases if lease.held()] == newcomers


def test_a_wall_clock_that_is_an_hour_off_matters_to_nobody(tmp_path, machine):
    """Neither the holder's nor the standby's: they measure by the clock that runs since the machine was started."""
    machine("unused")
    east = StoredLeases(FileLeases(tmp_path / "east"), term=TERM)
    west = StoredLeases(FileLeases(tmp_path / "west"), term=TERM)
    holder, standby = east.control(), west.control()
    assert holder.acquire()
    assert not standby.acquire()
    for hours in (1, -1):
        with time_machine.travel(datetime.now(UTC) + timedelta(hours=hours)):
            assert holder.held()
            assert not standby.acquire()
            assert holder.held()
    east.close()
    west.close()


def test_a_suspended_machine_counts_the_time_it_slept():
    """The monotonic clock of Linux stands still while the machine sleeps; this one does not."""
    assert boot_s() == pytest.approx(time.clock_gettime(time.CLOCK_BOOTTIME), abs=1.0)


def test_a_row_that_is_deleted_by_hand_costs_the_lease_and_no_token_goes_back(machine):
    """The holder finds out at its next renewal; nobody else takes it before the holder's time is over."""
    east, west = machine("east"), machine("west")
    holder, standby = east.control(), west.control()
    assert holder.acquire()
    token = holder.token
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM leases_lease")
    assert not standby.acquire()
    assert until_taken(standby, east, west) >= TERM.taken_after_s
    assert standby.token > token
    east.leases.renew()
    assert holder.state() is LeaseState.LOST


def test_a_server_that_ends_all_connections_costs_no_lease(machine):
    """As when PostgreSQL is restarted: the renewal under way fails, the next one goes well."""
    east = machine("east")
    holder = east.control()
    assert holder.acquire()
    end_my_connection()
    with pytest.raises(OperationalError):
        east.leases.renew()
    assert holder.held()
    close_old_connections()
    east.passes(TERM.lasts_s)
    east.leases.renew()
    assert holder.held()


# -- what the store refuses


def test_a_commit_under_an_old_token_is_refused(machine):
    east, west = machine("east"), machine("west")
    holder, standby = east.control(), west.control()
    assert holder.acquire()
    fence = holder.fence
    with transaction.atomic():
        fence.require("default")
    until_taken(standby, east, west)
    for alias in ("default", "telemetry"):
        with pytest.raises(LeaseLost), transaction.atomic(using=alias):
            fence.require(alias)
    with transaction.atomic():
        standby.fence.require("default")


def test_nobody_takes_over_before_a_commit_has_ended_and_a_renewal_does_not_wait_for_it(machine):
    """One that began between the two steps of the taker, and so was not ended: the row is locked against the taker."""
    east, west = machine("east"), machine("west")
    holder, standby = east.control(), west.control()
    assert holder.acquire()
    taken = threading.Event()

    def take() -> None:
        assert standby.acquire()
        taken.set()
        connections.close_all()

    taker = threading.Thread(target=take)
    with psycopg.connect(**connection.get_connection_params()) as late:
        late.execute("SELECT 1 FROM leases_lease WHERE name = 'control' AND token = %s FOR KEY SHARE", (holder.token,))
        east.leases.renew()
        assert not standby.acquire()
        west.passes(2 * TERM.taken_after_s)
        taker.start()
        assert not taken.wait(0.5)
    taker.join(10)
    assert taken.is_set()


def test_a_holder_that_stops_in_the_middle_of_a_commit_holds_nobody_up(machine):
    """Who takes over ends its connection; what it wanted to commit is gone."""
    east, west = machine("east"), machine("west")
    holder, standby = east.control(), west.control()
    assert holder.acquire()
    assert not standby.acquire()
    west.passes(2 * TERM.taken_after_s)
    shown, goes_on, faults = threading.Event(), threading.Event(), list[Exception]()

    def commit() -> None:
        try:
            with transaction.atomic():
                holder.fence.require("default")
                shown.set()
                goes_on.wait(10)
        except django.db.Error as error:
            faults.append(error)
        connections.close_all()

    stopped = threading.Thread(target=commit)
    stopped.start()
    assert shown.wait(10)
    assert standby.acquire()
    goes_on.set()
    stopped.join(10)
    assert len(faults) == 1


def test_a_holder_that_is_cut_off_within_a_batch_of_statements_holds_nobody_up(machine):
    """PostgreSQL waits for the rest of the batch, and would for ever: for it, this connection is not idle."""
    east, west = machine("east"), machine("west")
    holder, standby = east.control(), west.control()
    assert holder.acquire()
    assert not standby.acquire()
    west.passes(2 * TERM.taken_after_s)
    show = (
        f"SELECT set_config('application_name', 'greenhouse control {holder.token}', true) "
        f"FROM leases_lease WHERE name = 'control' AND token = {holder.token} FOR KEY SHARE"
    )
    cut_off = psycopg.connect(**connection.get_connection_params())
    cut_off.pgconn.enter_pipeline_mode()
    for statement in ("BEGIN", show):
        cut_off.pgconn.send_query_params(statement.encode(), None)
    cut_off.pgconn.send_flush_request()
    cut_off.pgconn.flush()
    assert wait_until(lambda: is_named(f"greenhouse control {holder.token}"))
    assert standby.acquire()
    assert wait_until(lambda: not is_named(f"greenhouse control {holder.token}"))
    cut_off.close()


def test_a_connection_is_named_after_the_token_during_its_commits_only(machine):
    holder = machine("east").control()
    assert holder.acquire()
    with transaction.atomic():
        assert isinstance(holder.fence, RowFence)
        holder.fence.require("default")
        assert is_named(f"greenhouse control {holder.token}")
    assert not is_named(f"greenhouse control {holder.token}")


# -- everything together


@pytest.mark.parametrize("seed", range(4))
def test_whatever_happens_in_whatever_order_two_machines_never_hold_it_at_once(machine, seed):
    """Three machines whose clocks run up to 1 % too fast or slow are paused, renew, take and give back."""
    dice = random.Random(seed)
    crew = [(machine(name, clock_s=dice.uniform(0, 1e6)), dice.uniform(0.99, 1.01)) for name in "abc"]
    candidates = [(each, each.control()) for each, _rate in crew]
    tokens = [0]
    taken = 0
    for _ in range(400):
        elapsed_s = dice.choice([0.0, 10.0, 60.0, 300.0])
        for each, rate in crew:
            each.passes(rate * elapsed_s)
        one, lease = dice.choice(candidates)
        match dice.choice(["acquire", "acquire", "renew", "renew", "release"] if dice.random() < 0.1 else ["acquire"]):
            case "acquire" if lease.state() is not LeaseState.LAPSED and not lease.held():
                taken += lease.acquire()
            case "renew":
                one.leases.renew()
            case "release":
                lease.release()
                one.leases.renew()
        held = [lease.token for _each, lease in candidates if lease.held()]
        assert len(held) <= 1
        if held:
            assert held[0] >= tokens[-1]
            tokens.append(held[0])
    assert taken > 3


def is_named(name: str) -> bool:
    """Whether any connection has this name."""
    with psycopg.connect(**connection.get_connection_params(), autocommit=True) as other:
        found = other.execute("SELECT 1 FROM pg_stat_activity WHERE application_name = %s", (name,)).fetchone()
    return found is not None


def wait_until(is_so: Callable[[], bool]) -> bool:
    over_at_s = time.monotonic() + 20
    while not is_so() and time.monotonic() < over_at_s:
        time.sleep(0.01)  # the server works; there is nothing else to wait for
    return is_so()


def end_my_connection() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (pid,) = cursor.fetchone()
    with psycopg.connect(**connection.get_connection_params(), autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s)", (pid,))
