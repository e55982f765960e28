"""Loops that keep going, and a boundary that lets nothing through."""

from __future__ import annotations

import logging
import queue
import threading
import time

import pytest
from django.db import OperationalError

from scheduler.leases.lease import LeaseLapsed
from scheduler.runtime import FAILURES_BEFORE_STOP, Boundary, Loop, WallClockWatch

pytestmark = (
    pytest.mark.django_db
)  # a boundary looks at the connections of its thread, which an earlier test may have opened


def _nothing() -> None:
    pass


def _fault() -> None:
    raise ZeroDivisionError("a fault of ours")


def _store_down() -> None:
    raise OperationalError("database is locked")


def _lapsed() -> None:
    raise LeaseLapsed


def test_a_fault_is_logged_with_traceback_and_ends_the_process_only_when_it_repeats(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """One bad run must not end control; five in a row must."""
    fatal: list[bool] = []
    boundary = Boundary("tick", lambda: fatal.append(True))
    for _ in range(FAILURES_BEFORE_STOP - 1):
        assert not boundary.run(_fault)
    assert boundary.run(_nothing)
    for _ in range(FAILURES_BEFORE_STOP - 1):
        boundary.run(_fault)
    assert fatal == []
    boundary.run(_fault)
    assert fatal == [True]
    assert "ZeroDivisionError" in caplog.text


def test_a_store_that_is_down_is_logged_once_and_never_fatal(caplog: pytest.LogCaptureFixture) -> None:
    """Readings wait in memory; the log says it once at loss and once at recovery."""
    fatal: list[bool] = []
    boundary = Boundary("tick", lambda: fatal.append(True))
    with caplog.at_level(logging.WARNING, "scheduler.runtime"):
        for _ in range(3 * FAILURES_BEFORE_STOP):
            boundary.run(_store_down)
        boundary.run(_nothing)
    assert fatal == []
    ours = [record.levelname for record in caplog.records if record.name == "scheduler.runtime"]
    assert ours == ["ERROR", "WARNING"]


def test_a_lapsed_lease_is_neither_a_fault_nor_the_store_coming_back(caplog: pytest.LogCaptureFixture) -> None:
    """Nothing was asked of the store meanwhile, so nobody knows whether it answers; and nothing stops."""
    fatal: list[bool] = []
    boundary = Boundary("look", lambda: fatal.append(True))
    with caplog.at_level(logging.WARNING, "scheduler.runtime"):
        boundary.run(_store_down)
        for _ in range(2 * FAILURES_BEFORE_STOP):
            assert not boundary.run(_lapsed)
        assert [record.levelname for record in caplog.records] == ["ERROR"]
        assert boundary.run(_nothing)
    assert fatal == []
    assert [record.levelname for record in caplog.records] == ["ERROR", "WARNING"]


def test_a_woken_loop_works_at_once_and_keeps_its_schedule() -> None:
    """Waking is an extra run, not a shift of the next one."""
    runs: queue.Queue[float] = queue.Queue()
    wake = threading.Event()
    loop = Loop("look", 0.3, lambda: runs.put(time.monotonic()), on_fatal=_nothing, wake=wake)
    loop.start()
    first = runs.get(timeout=5)
    for _ in range(5):
        wake.set()
        runs.get(timeout=5)
    due = runs.get(timeout=5)
    assert loop.stop(5.0)
    # Five wakes must not have pushed the next run out by five intervals; the bound is loose for a busy machine.
    assert due - first < 0.3 * 4


def test_a_stopped_loop_finishes_its_run() -> None:
    """Stopping never cuts work in half."""
    begun, may_end, ended = threading.Event(), threading.Event(), threading.Event()

    def work() -> None:
        begun.set()
        may_end.wait(5)
        ended.set()

    loop = Loop("tick", 60, work, on_fatal=_nothing)
    loop.start()
    assert begun.wait(5)
    threading.Timer(0.05, may_end.set).start()
    assert loop.stop(5.0)
    assert ended.is_set()


def test_a_set_clock_is_noticed_and_drift_is_not() -> None:
    """One hour back is a jump; a slow drift is daily life."""
    watch = WallClockWatch(wall_s=1000.0, steady_s=0.0)
    assert watch.jump_s(wall_s=1060.0, steady_s=59.0) == 0.0
    assert watch.jump_s(wall_s=1060.0 - 3600, steady_s=60.0) == pytest.approx(-3601.0)
    assert watch.jump_s(wall_s=1070.0 - 3600, steady_s=70.0) == 0.0


def test_what_a_run_failed_with_is_kept_until_the_next_one() -> None:
    boundary = Boundary("job", _nothing)
    boundary.run(_fault)
    assert boundary.fault == "ZeroDivisionError: a fault of ours"
    boundary.run(_store_down)
    assert boundary.fault == "OperationalError: database is locked"
    boundary.run(_nothing)
    assert boundary.fault == ""
