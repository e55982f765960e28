"""How the control process has harvests made: by a real child, after the history, once."""

from __future__ import annotations

import subprocess
import sys
import time
from datetime import UTC, date, datetime
from uuid import uuid4

import pytest
from django.db import OperationalError

from greenhouse.crops.models import CropCycle
from greenhouse.harvest import simulated
from greenhouse.harvest.models import SimulatedPast
from scheduler.demo_history.harvesting import AGAIN_AFTER_S, Harvesting

NOW = datetime(2026, 11, 26, 4, tzinfo=UTC)


class Children:
    """Starts real processes one after the other, and remembers them."""

    def __init__(self, *programs: str) -> None:
        self.programs, self.started = list(programs), []

    def __call__(self) -> subprocess.Popen[bytes]:
        program = self.programs[len(self.started)]
        self.started.append(subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE))
        return self.started[-1]


def run_until(harvesting: Harvesting, is_over, *, monotonic_s: float = 0.0) -> None:
    for _tick in range(600):
        harvesting.run(monotonic_s=monotonic_s, may_begin=True)
        if is_over():
            return
        time.sleep(0.05)
    raise AssertionError("it never came to that")


def a_cycle() -> CropCycle:
    return CropCycle.objects.create(
        pk=uuid4(),
        compartment_key="h1",
        crop="tomato",
        cultivar="provence",
        area_m2=480.0,
        planted_on=date(2025, 8, 10),
        origin="simulated",
        started_at=NOW,
    )


@pytest.mark.django_db
def test_it_waits_for_the_history_and_is_done_once():
    start = Children("print('h1')")
    harvesting = Harvesting(start)
    harvesting.run(monotonic_s=0.0, may_begin=False)
    assert not start.started
    run_until(harvesting, lambda: harvesting.is_complete)
    harvesting.run(monotonic_s=1e6, may_begin=True)
    assert len(start.started) == 1
    harvesting.close()


@pytest.mark.django_db
def test_a_base_whose_cycles_have_their_harvests_starts_nothing_ever_again():
    SimulatedPast.objects.create(cycle=a_cycle(), stored_at=NOW)
    start = Children()
    harvesting = Harvesting(start)
    harvesting.run(monotonic_s=0.0, may_begin=True)
    assert harvesting.is_complete
    a_cycle()
    harvesting.run(monotonic_s=1e6, may_begin=True)
    assert not start.started


@pytest.mark.django_db
def test_a_child_that_dies_is_started_again_after_a_while(caplog):
    start = Children("import sys; sys.exit(9)", "print('h1')")
    harvesting = Harvesting(start)
    run_until(harvesting, lambda: "ended with 9" in caplog.text)
    harvesting.run(monotonic_s=AGAIN_AFTER_S - 1.0, may_begin=True)
    assert len(start.started) == 1
    run_until(harvesting, lambda: harvesting.is_complete, monotonic_s=AGAIN_AFTER_S)
    assert len(start.started) == 2


@pytest.mark.django_db
def test_a_child_that_says_much_never_waits_for_room():
    harvesting = Harvesting(Children("print('h1, provence: 170 harvests\\n' * 20000)"))
    run_until(harvesting, lambda: harvesting.is_complete)


@pytest.mark.django_db
def test_closing_ends_the_child_and_none_is_started_after_it():
    start = Children("import time; time.sleep(600)", "")
    harvesting = Harvesting(start)
    harvesting.run(monotonic_s=0.0, may_begin=True)
    harvesting.close()
    assert start.started[0].poll() is not None
    harvesting.run(monotonic_s=1e6, may_begin=True)
    harvesting.close()
    assert len(start.started) == 1


@pytest.mark.django_db
def test_a_store_that_does_not_answer_stops_nothing(monkeypatch, caplog):
    def locked():
        raise OperationalError("database is locked")

    start = Children("print('h1')")
    harvesting = Harvesting(start)
    with monkeypatch.context() as patch:
        patch.setattr(simulated, "progress", locked)
        harvesting.run(monotonic_s=0.0, may_begin=True)
    assert "cannot be made" in caplog.text
    assert not start.started
    run_until(harvesting, lambda: harvesting.is_complete, monotonic_s=AGAIN_AFTER_S)


def test_a_child_whose_parent_was_killed_ends_at_its_next_line():
    """As the real one: it writes a line for each cycle, and a broken pipe ends it."""
    child = subprocess.Popen(
        [sys.executable, "-c", "import time\nwhile True: print('h1', flush=True); time.sleep(0.05)"],
        stdout=subprocess.PIPE,
    )
    assert child.stdout is not None
    child.stdout.close()
    assert child.wait(20) != 0
