"""A line belongs to one process, and dies with it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from devices.errors import LeaseLost
from scheduler.leases.file_lease import FileLeases

HOLD = """
import sys, time
from pathlib import Path
from scheduler.leases.file_lease import FileLeases
lease = FileLeases(Path(sys.argv[1])).line("north")
print("held" if lease.acquire() else "refused", flush=True)
time.sleep(60)
"""


def test_a_second_owner_is_refused_until_the_first_releases(tmp_path: Path) -> None:
    """One line, one owner."""
    first, second = FileLeases(tmp_path).line("north"), FileLeases(tmp_path).line("north")
    assert first.acquire()
    assert not second.acquire()
    first.release()
    assert second.acquire()


def test_two_lines_are_independent(tmp_path: Path) -> None:
    """The lease is per line, not per process."""
    assert FileLeases(tmp_path).line("north").acquire()
    assert FileLeases(tmp_path).line("south").acquire()


def test_kill_9_of_the_owner_frees_the_line(tmp_path: Path) -> None:
    """No stale lock survives its process."""
    owner = subprocess.Popen([sys.executable, "-c", HOLD, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert owner.stdout is not None
    assert owner.stdout.readline().strip() == "held"
    lease = FileLeases(tmp_path).line("north")
    assert not lease.acquire()
    assert lease.holder() == f"process {owner.pid}"
    owner.send_signal(signal.SIGKILL)
    owner.wait()
    owner.stdout.close()
    assert lease.acquire()
    assert lease.holder() == f"process {os.getpid()}"


@pytest.mark.parametrize("theft", ["delete", "replace"])
def test_a_stolen_lease_is_noticed_before_the_next_write(tmp_path: Path, theft: str) -> None:
    """Who lost the lease writes nothing."""
    lease = FileLeases(tmp_path).line("north")
    assert lease.acquire()
    lease.require()
    (tmp_path / "line-north.lock").unlink()
    if theft == "replace":
        assert FileLeases(tmp_path).line("north").acquire()
    with pytest.raises(LeaseLost, match="north"):
        lease.require()
