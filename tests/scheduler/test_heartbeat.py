"""Signs of life: what a process writes and what the watchdog reads."""

import os
import time

import pytest

from scheduler.heartbeat import Beat, age_s, beat, heartbeat_directory, last_beat


def test_a_beat_names_its_process_and_is_young(tmp_path):
    before = time.monotonic()
    beat("control", directory=tmp_path / "not yet there")

    last = last_beat("control", directory=tmp_path / "not yet there")

    assert last is not None
    assert last.pid == os.getpid()
    assert before - 0.001 <= last.monotonic_s <= time.monotonic()
    assert [path.name for path in (tmp_path / "not yet there").iterdir()] == ["control"]


def test_a_beat_never_lies_ahead_of_its_clock(tmp_path, monkeypatch):
    """Rounded up, a beat read at once would be one of the time before this machine was started."""
    monkeypatch.setattr(time, "monotonic", lambda: 1234.5678)
    beat("control", directory=tmp_path)

    assert last_beat("control", directory=tmp_path) == Beat(os.getpid(), 1234.567)


def test_no_beat_has_no_age(tmp_path):
    assert last_beat("control", directory=tmp_path) is None
    assert age_s("control", directory=tmp_path) is None


def test_a_beat_overwrites_the_last_one_in_place(tmp_path):
    """A file that keeps its place and its length needs no space on a full disk."""
    beat("control", directory=tmp_path)
    first = (tmp_path / "control").stat()
    beat("control", directory=tmp_path)
    second = (tmp_path / "control").stat()

    assert (second.st_ino, second.st_size) == (first.st_ino, first.st_size)


@pytest.mark.parametrize("content", ["", "12", "12 x", "one 2.0", "1 2 3"])
def test_a_file_that_is_no_beat_is_no_sign_of_life(tmp_path, content):
    (tmp_path / "control").write_text(content)

    assert last_beat("control", directory=tmp_path) is None


def test_a_beat_from_before_the_last_boot_has_no_age(tmp_path):
    """Monotonic time starts again at boot, so an old beat may lie in the future."""
    (tmp_path / "control").write_text(f"12 {time.monotonic() + 1000:.3f}\n")

    assert last_beat("control", directory=tmp_path) == Beat(12, pytest.approx(time.monotonic() + 1000, abs=5))
    assert age_s("control", directory=tmp_path) is None


def test_the_folder_of_the_beats_follows_the_environment(tmp_path, monkeypatch):
    monkeypatch.setenv("GREENHOUSE_VAR", str(tmp_path))

    assert heartbeat_directory() == tmp_path / "heartbeat"
