"""What programs and interlocks cost the control cycle, which sends nothing meanwhile."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile

import numpy as np

from benchmarks.results import PROJECT, Row, Section, at_most

COMPARTMENTS = 20
_GOAL_MS = 50.0
"""A request is taken at most 100 ms after it was stored and is to be dispatched within 150 ms (architecture): the work
between two looks may take what lies between."""
_TEXT = (
    f"A base of {COMPARTMENTS} solar greenhouses on SQLite, each with a controller, a blanket, two vents and two valve "
    "groups. Every climate program is on; an irrigation program waters one group of each. Once a second the control "
    "process looks after interlocks and irrigation, every ten seconds after climate programs too, and requests that "
    "come meanwhile wait for so long. In the last rounds every vent is given another target: decisions, requests and "
    "their ledger entries are stored, each in a transaction that waits for the disk. Goal: what 150 ms to dispatch "
    "leave beside the 100 ms between two looks."
)


def measure(*, quick: bool) -> Section:
    """Let rounds run in a process of their own, with a store of its own."""
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("DJANGO", "GREENHOUSE", "DATABASE"))
    }
    with tempfile.TemporaryDirectory(prefix="greenhouse-bench-") as folder:
        environment = kept | {
            "GREENHOUSE_VAR": folder,
            "GREENHOUSE_LOG_LEVEL": "ERROR",
            "DJANGO_SETTINGS_MODULE": "config.settings.console",
        }
        command = [sys.executable, "-m", "benchmarks.control_rounds_run", str(COMPARTMENTS), "5" if quick else "60"]
        answer = subprocess.run(command, cwd=PROJECT, env=environment, stdout=subprocess.PIPE, check=True)
    took_ms: dict[str, list[float]] = json.loads(answer.stdout)
    rows = []
    for what, name in (
        ("a second without climate programs: interlocks and irrigation", "second"),
        ("a second with climate programs, nothing changes", "quiet"),
    ):
        rows.append(at_most(f"{what}, p50", statistics.median(took_ms[name]), _GOAL_MS, "{:.1f} ms"))
        rows.append(Row(f"{what}, p99", f"{np.percentile(took_ms[name], 99):.1f} ms"))
    busy = took_ms["busy"]
    rows.append(Row("a second with climate programs, all vents change, p50", f"{statistics.median(busy):.0f} ms"))
    rows.append(Row("requests stored in it", f"{statistics.median(took_ms['requests']):.0f}"))
    rows.append(
        Row("processor time of it all while nothing changes, of one core", f"{100 * took_ms['share'][0]:.1f} %")
    )
    return Section("A round of programs", _TEXT, rows)
