"""How long it takes to walk a ledger of a million entries, and to append to it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile

from benchmarks.results import PROJECT, Row, Section, at_most

_GOAL_S = 30.0
_PROGRAM = """
import json, os, resource, sys, time
import django
django.setup()
from datetime import UTC, datetime, timedelta
from django.core.management import call_command
from django.db import connection, transaction
from greenhouse.ledger.canonical import GENESIS, entry_hash, payload_text
from greenhouse.ledger.chain import Kind, append
from greenhouse.ledger.models import Entry, Head
from greenhouse.ledger.verify import verify
call_command("migrate", verbosity=0)
count, start, digest, some = int(sys.argv[1]), datetime(2026, 1, 1, tzinfo=UTC), GENESIS, []
for number in range(1, count + 1):
    payload = payload_text({"request": f"{number:032x}", "point": "h1-climate.heating_setpoint", "user": number % 9,
                            "state": "confirmed", "new": number / 8, "old": None})
    at, previous = start + timedelta(seconds=number), digest
    digest = entry_hash(number, at, "command", payload, previous)
    some.append(Entry(number, at, "command", payload, previous, digest))
    if len(some) == 5000 or number == count:
        Entry.objects.bulk_create(some)
        some = []
Head.objects.create(number=count, hash=digest)
began = time.process_time()
walk = verify({})
walked = time.process_time() - began
assert (walk.number, walk.hash) == (count, digest)
began = time.perf_counter()
for step in range(200):
    with transaction.atomic():
        append(Kind.COMMAND, {"step": step}, now=start)
appended = (time.perf_counter() - began) / 200
memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
size = os.path.getsize(connection.settings_dict["NAME"]) / count
print(json.dumps([walked, appended, memory, size]))
"""


def measure(*, quick: bool) -> Section:
    """Fill, walk, append."""
    count = 2_000 if quick else 1_000_000
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("DJANGO", "GREENHOUSE", "DATABASE"))
    }
    with tempfile.TemporaryDirectory(prefix="greenhouse-bench-") as folder:
        environment = kept | {"GREENHOUSE_VAR": folder, "DJANGO_SETTINGS_MODULE": "config.settings.console"}
        answer = subprocess.run(
            [sys.executable, "-c", _PROGRAM, str(count)], cwd=PROJECT, env=environment, capture_output=True, check=True
        )
    walked_s, appended_s, memory_mib, bytes_per_entry = json.loads(answer.stdout)
    rows = [
        at_most(f"walking {count:,} entries, processor time", walked_s, _GOAL_S, "{:.0f} s"),
        Row("one entry, transaction and commit to the disk included", f"{appended_s * 1e3:.1f} ms"),
        Row("memory of the process that walked", f"{memory_mib:.0f} MiB"),
        Row("disk per entry", f"{bytes_per_entry:.0f} bytes"),
    ]
    text = "`manage.py verify_ledger` on SQLite: every entry is read and hashed again. Entries are those of commands."
    return Section("The ledger", text, rows)
