"""How the control process takes pasts in: from a real process, through a real pipe."""

from __future__ import annotations

import io
import subprocess
import sys
import time
from pathlib import Path

import pytest
from django.db import OperationalError

from benchmarks.results import PROJECT
from greenhouse.fencing import UNFENCED
from greenhouse.telemetry import backfill
from greenhouse.telemetry.packing import PointTraits
from scheduler.demo_history import frames
from scheduler.demo_history.filling import AGAIN_AFTER_S, BEGINS_AFTER_S, PAUSE_S, Filling
from tests.telemetry.conftest import after, index, reading, write  # noqa: F401  (fixtures)
from tests.telemetry.test_backfill import OWN, made

NOW_S = 1000.0


def child(pipe: Path, *, then: str = "") -> subprocess.Popen[bytes]:
    """A process that writes a file to its standard output, as the one that makes pasts does."""
    program = f"import sys, pathlib; sys.stdout.buffer.write(pathlib.Path({str(pipe)!r}).read_bytes()); {then}"
    return subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE)


@pytest.fixture
def pipe(index, write, tmp_path) -> Path:  # noqa: F811
    """Pasts of all points that have own samples, as they come through the pipe."""
    write(reading(OWN))
    stream = io.BytesIO()
    for key in OWN:
        frames.write(stream, made(index, key, days=5, sample_days=2))
    file = tmp_path / "pipe"
    file.write_bytes(stream.getvalue())
    return file


def run_until(filling: Filling, is_over, *, monotonic_s: float = NOW_S + BEGINS_AFTER_S) -> None:
    """Ticks until something is so."""
    for _tick in range(600):
        filling.run(now=after(60), monotonic_s=monotonic_s, for_s=0.05, is_clock_right=True)
        if is_over():
            return
        time.sleep(0.05)
    raise AssertionError("it never came to that")


def test_a_past_survives_the_pipe(index):  # noqa: F811
    past = made(index, "h1-climate.air_temperature", days=5, sample_days=2)
    stream = io.BytesIO()
    frames.write(stream, past)
    stream.seek(0)
    assert frames.read(stream) == past
    assert frames.read(stream) is None
    for cut in (3, 100, len(stream.getvalue()) - 1):
        with pytest.raises(frames.FrameCutOff):
            frames.read(io.BytesIO(stream.getvalue()[:cut]))


@pytest.mark.django_db(databases=["default", "telemetry"])
def test_it_begins_after_the_live_values_and_by_a_clock_that_can_be_right(index, pipe):  # noqa: F811
    started = []

    def start():
        started.append(True)
        return child(pipe)

    filling = Filling(start, index, UNFENCED, ids=frozenset(index.ids.values()), monotonic_s=NOW_S)
    due_s = NOW_S + BEGINS_AFTER_S
    filling.run(now=after(60), monotonic_s=due_s - 1.0, for_s=0.1, is_clock_right=True)
    filling.run(now=after(60), monotonic_s=due_s, for_s=0.1, is_clock_right=False)
    assert not started
    run_until(filling, lambda: len(backfill.stored_points()) == len(OWN))
    assert filling.stored == len(OWN)
    run_until(filling, lambda: filling.is_complete)
    filling.run(now=after(60), monotonic_s=due_s + 1e6, for_s=0.1, is_clock_right=True)
    assert started == [True]
    filling.close()


@pytest.mark.django_db(databases=["default", "telemetry"])
def test_points_that_may_have_no_past_start_nothing(index, pipe):  # noqa: F811
    def start():
        raise AssertionError("nothing is lacking")

    filling = Filling(start, index, UNFENCED, ids=frozenset(), monotonic_s=NOW_S)
    filling.run(now=after(60), monotonic_s=NOW_S + BEGINS_AFTER_S, for_s=0.1, is_clock_right=True)
    filling.close()


@pytest.mark.django_db(databases=["default", "telemetry"])
def test_a_child_that_dies_is_started_again_and_nothing_comes_twice(index, pipe, tmp_path, caplog):  # noqa: F811
    cut_off = tmp_path / "cut"
    cut_off.write_bytes(pipe.read_bytes()[:-50])
    starts = iter([child(cut_off, then="sys.exit(9)"), child(pipe)])
    filling = Filling(lambda: next(starts), index, UNFENCED, ids=frozenset(index.ids.values()), monotonic_s=NOW_S)
    run_until(filling, lambda: "ended with 9" in caplog.text)
    assert len(backfill.stored_points()) == len(OWN) - 1
    run_until(filling, lambda: filling.is_complete, monotonic_s=NOW_S + BEGINS_AFTER_S + AGAIN_AFTER_S)
    assert len(backfill.stored_points()) == filling.stored == len(OWN)


@pytest.mark.django_db(databases=["default", "telemetry"])
def test_a_full_disk_stops_nothing_and_is_tried_again(index, pipe, monkeypatch, caplog):  # noqa: F811
    def full(*_args, **_options):
        raise OperationalError("database or disk is full")

    filling = Filling(lambda: child(pipe), index, UNFENCED, ids=frozenset(index.ids.values()), monotonic_s=NOW_S)
    with monkeypatch.context() as patch:
        patch.setattr(backfill, "store_past", full)
        run_until(filling, lambda: "cannot be stored" in caplog.text)
    at_s = NOW_S + BEGINS_AFTER_S
    filling.run(now=after(60), monotonic_s=at_s + PAUSE_S - 1.0, for_s=1.0, is_clock_right=True)
    assert not backfill.stored_points()
    run_until(filling, lambda: len(backfill.stored_points()) == len(OWN), monotonic_s=at_s + PAUSE_S)
    filling.close()


@pytest.mark.django_db(databases=["default", "telemetry"])
def test_closing_ends_the_child_while_it_waits_for_room(index, pipe, tmp_path):  # noqa: F811
    many = tmp_path / "many"
    many.write_bytes(pipe.read_bytes() * 20)
    process = child(many, then="import time; time.sleep(600)")
    filling = Filling(lambda: process, index, UNFENCED, ids=frozenset(index.ids.values()), monotonic_s=NOW_S)
    filling.run(now=after(60), monotonic_s=NOW_S + BEGINS_AFTER_S, for_s=0.0, is_clock_right=True)
    filling.close()
    assert process.poll() is not None
    filling.close()


@pytest.mark.django_db(databases=["default", "telemetry"])
def test_a_store_that_was_never_packed_is_left_able_to_pack(index, write):  # noqa: F811
    write(reading(OWN))
    backfill.begin_packing()
    before = backfill.store.packed()
    backfill.begin_packing()
    assert backfill.store.packed() == before
    assert before.packed_until_ms == before.frozen_until_ms > 0
    assert PointTraits(index).hold_ms(index.ids["h1-climate.air_temperature"]) > 0


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_kill_at_any_instant_leaves_each_point_whole_or_without_a_past():
    command = [sys.executable, str(PROJECT / "scripts" / "prove_demo_history.py"), "--kills", "6"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "| killed | 6 |" in done.stdout
    assert "| right at the end | 1 |" in done.stdout
