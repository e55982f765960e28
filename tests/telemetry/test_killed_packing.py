"""Packing, killed with SIGKILL at random instants. `make prove` does it hundreds of times."""

from __future__ import annotations

import subprocess
import sys

import pytest

from benchmarks.results import PROJECT


@pytest.mark.slow
def test_a_kill_at_any_instant_neither_loses_nor_doubles_a_sample():
    command = [sys.executable, str(PROJECT / "scripts" / "prove_packing.py"), "--kills", "24"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "| killed | 24 |" in done.stdout
