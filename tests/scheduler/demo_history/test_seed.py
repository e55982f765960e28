"""A simulated base with another seed has the past and the harvests of that seed, not those of the usual one."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from django.core.management import load_command_class


@pytest.mark.parametrize("command", ["runsimulator", "demohistory", "demoharvest"])
def test_everything_simulated_follows_the_seed_of_the_base(settings, command):
    settings.SIMULATION_SEED = 7
    asked = load_command_class("scheduler", command).create_parser("manage.py", command).parse_args([])
    assert asked.seed == 7


def test_a_process_of_the_base_takes_the_seed_from_its_surroundings():
    """The process that makes the past is started by control and inherits what control was started with."""
    program = "import django; django.setup(); from django.conf import settings; print(settings.SIMULATION_SEED)"
    told = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "GREENHOUSE_SIMULATION_SEED": "7"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert told.stdout.strip() == "7"
