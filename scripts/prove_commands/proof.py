"""One proof from end to end, on the engine that is set."""

from __future__ import annotations

import time
from pathlib import Path

from django.db import connection

from devices.simulator.write_log import WrittenBy
from scripts.prove_commands.base import prepare, simulated_base
from scripts.prove_commands.kills import kill_again_and_again
from scripts.prove_commands.load import STEPS
from scripts.prove_commands.result import Result
from scripts.prove_commands.verdict import judge


def run(var: Path, kills: int) -> Result:
    """Prove on the engine that is set."""
    began_s = time.monotonic()
    result = Result(engine=connection.vendor)
    with simulated_base() as simulated:
        port = simulated.endpoints["climate"].port
        assert port is not None
        prepare(port)
        acknowledged = kill_again_and_again(var, kills, result)
        time.sleep(0.2)  # what the last process sent has arrived
        writes = [
            write for write in simulated.writes() if write.written_by is WrittenBy.MASTER and write.point in STEPS
        ]
    judge(acknowledged, writes, result)
    result.seconds = time.monotonic() - began_s
    return result
