"""A sample of what ``make prove`` does at length: the control process is killed under load."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_killed_at_random_instants_no_request_is_lost_or_carried_out_twice():
    proof = subprocess.run(
        [sys.executable, "-m", "scripts.prove_commands", "--kills", "5", "--no-document"],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert proof.returncode == 0, proof.stdout + proof.stderr
    assert "| lost, carried out twice, or without an honest end | 0 |" in proof.stdout
