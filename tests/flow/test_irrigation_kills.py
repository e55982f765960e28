"""A sample of what ``make prove`` does at length: the control process is killed while valves are open."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_killed_at_random_instants_no_valve_is_left_open_and_no_dose_given_twice():
    proof = subprocess.run(
        [sys.executable, "-m", "scripts.prove_irrigation", "--kills", "5", "--no-document"],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert proof.returncode == 0, proof.stdout + proof.stderr
    assert "| left open, opened twice, or without an honest end | 0 |" in proof.stdout
