"""The figures of all engines as a page."""

from __future__ import annotations

import os
import platform
import subprocess
from pathlib import Path

from greenhouse.clock import utc_now
from scripts.prove_commands.load import ASKERS, HOUSES
from scripts.prove_commands.result import Result

PROJECT = Path(__file__).resolve().parents[2]

ABOUT = f"""# Proof: no request is lost, none is carried out twice

Written by `scripts/prove_commands/` (`make prove`); do not edit. A control process (`manage.py runcontrol`) with a
second one standing by controls {HOUSES} simulated climate controllers over Modbus TCP; {ASKERS} processes store
requests without a pause, a fifth of them as manual holds of half a second that return by themselves. It is killed
with SIGKILL: half of the instants are any within 3 s of work, half lie within 50 ms after a request was taken. The
write log of the simulated devices decides. A confirmed request was written exactly once; a refused, expired or
replaced one never; one that timed out, once or never, and nobody is told that it took. Every acknowledged request is
in the store with an end, and its events walk the table of states.
"""


def document(results: list[Result]) -> str:
    """The figures as a page."""
    command = ["git", "rev-parse", "--short", "HEAD"]
    commit = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False).stdout.strip()
    machine = (
        f"{os.cpu_count()} processors ({_processor()}), {platform.system()} {platform.release().partition('-')[0]}"
    )
    table = [figures(result) for result in results]
    lines = [
        ABOUT,
        f"{utc_now():%Y-%m-%d %H:%M} UTC, commit {commit}, Python {platform.python_version()}, {machine}.",
        "",
        "| | " + " | ".join(result.engine for result in results) + " |",
        "| --- | " + " | ".join("---" for _result in results) + " |",
        *(f"| {name} | " + " | ".join(column[name] for column in table) + " |" for name in table[0]),
        "",
    ]
    return "\n".join(lines)


def figures(result: Result) -> dict[str, str]:
    """One engine's column."""
    written, not_written = result.interrupted_and_written, result.interrupted_and_not_written
    return {
        "kills with SIGKILL": str(result.kills),
        "of these while a write was under way": str(result.kills_with_a_write_under_way),
        "requests stored": f"{result.requests}, {result.returns} of them automatic returns",
        "acknowledged to those who asked": str(result.acknowledged),
        "writes that reached the devices": str(result.writes),
        "ends": ", ".join(f"{state} {count}" for state, count in result.states.items()),
        "interrupted by a kill": f"{written} written once, {not_written} not written",
        "lost, carried out twice, or without an honest end": str(len(result.faults)),
        "duration": f"{result.seconds:.0f} s",
    }


def _processor() -> str:
    names = [
        line.split(":", 1)[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in line
    ]
    return names[0] if names else platform.machine()
