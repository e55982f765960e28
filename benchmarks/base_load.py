"""How long the write transactions are that load a base file beside a running base."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile

from benchmarks.results import PROJECT, Row, Section, at_most

_GOAL_MS = 50.0
_PROGRAM = """
import json, re, sys
from datetime import UTC, datetime
import django
django.setup()
from django.core.management import call_command
from greenhouse.database.metrics import take_recent
from greenhouse.site.basefile.importer import import_base
from greenhouse.site.basefile.reader import parse_base
from greenhouse.site.models import Point
for alias in ("default", "telemetry"):
    call_command("migrate", database=alias, verbosity=0)
def base_of(houses, name):
    text = f'[base]\\nkey = "b"\\nname_zh = "{name}"\\nname_en = "{name}"\\n' \\
        "latitude_deg = 39.6\\nlongitude_deg = 109.8\\nelevation_m = 1300\\n"
    named = f'name_zh = "{name}"\\nname_en = "{name}"\\n'
    for house in range(1, houses + 1):
        text += f'[[house]]\\nkey = "h{house}"\\n{named}kind = "solar"\\narea_m2 = 480\\n'
        text += f'[[line]]\\nkey = "l{house}"\\n{named}kind = "tcp"\\nhost = "127.0.0.1"\\nport = {20000 + house}\\n'
        for unit in range(1, 5):
            text += f'[[compartment]]\\nkey = "h{house}-{unit}"\\nhouse = "h{house}"\\n{named}area_m2 = 120\\n'
            text += f'[[device]]\\nkey = "h{house}-c{unit}"\\n{named}line = "l{house}"\\nunit_id = {unit}\\n' \\
                f'profile = "climate-controller"\\ncompartment = "h{house}-{unit}"\\norigin = "simulated"\\n'
    from pathlib import Path
    return parse_base(text, file="base.toml", folder=Path("/nonexistent"))
houses, found = int(sys.argv[1]), {}
def load(what, file):
    take_recent("default")
    import_base(file, now=datetime.now(UTC))
    of_load = take_recent("default")
    found[what] = [of_load.transactions, of_load.over_limit, of_load.longest_s * 1e3, of_load.total_s]
first = base_of(houses, "old")
load("first load", first)
Point.objects.update(poll_s=99.0, label_en="another")
load("every point changed", first)
load("every house and device renamed", base_of(houses, "new"))
load("nothing changed", base_of(houses, "new"))
print(json.dumps([Point.objects.count(), found]))
"""


def measure(*, quick: bool) -> Section:
    """Load, change and load again."""
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("DJANGO", "GREENHOUSE", "DATABASE"))
    }
    with tempfile.TemporaryDirectory(prefix="greenhouse-bench-") as folder:
        environment = kept | {
            "GREENHOUSE_VAR": folder,
            "GREENHOUSE_LOG_LEVEL": "ERROR",
            "DJANGO_SETTINGS_MODULE": "config.settings.console",
        }
        houses = 2 if quick else 40
        answer = subprocess.run(
            [sys.executable, "-c", _PROGRAM, str(houses)], cwd=PROJECT, env=environment, capture_output=True, check=True
        )
    points, loads = json.loads(answer.stdout)
    rows: list[Row] = []
    for what, (transactions, over_limit, longest_ms, total_s) in loads.items():
        if transactions:
            rows.append(at_most(f"{what}: longest write transaction", longest_ms, _GOAL_MS, "{:.0f} ms"))
        rows.append(
            Row(f"{what}: transactions, over 50 ms, all together", f"{transactions}, {over_limit}, {total_s:.1f} s")
        )
    text = (
        f"A base of {houses} houses and {points:,} points on SQLite. The time is that from the write lock to the end "
        "of the commit, which waits for the disk: on a busy machine a single one is longer."
    )
    return Section("Loading a base", text, rows)
