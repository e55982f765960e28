"""Thousands of calls that nobody would think of, in the name of every role, against the real server: ``make prove``.

The console's own ASGI application serves a small base whose values are stored once a second; Schemathesis makes the
calls from the description (`scripts.api_calls`). No answer may be a 5xx, and each must be one that the description
names, in the shape that it names.

``--run`` proves on the engine that DATABASE_URL names (none: SQLite). Without it, SQLite is proved, then PostgreSQL if
DATABASE_URL names a server, and the figures are written to docs/proof-api.md.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(PROJECT))
os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings.console"

from benchmarks.own_database import own_database  # noqa: E402
from greenhouse.clock import utc_now  # noqa: E402

NOBODY, NO_ROLE = "anonymous", "no role"
ANSWERS_WITHIN_S = 60.0
STORED_EVERY_S = 1.0
VALUES = {"heating_setpoint": 16.0, "ventilation_setpoint": 24.0, "air_temperature": 21.5, "control_location": 1.0}


@dataclass
class Result:
    """What one engine's proof found, by who called."""

    engine: str
    seconds: float = 0.0
    calls: dict[str, int] = field(default_factory=dict)
    statuses: dict[str, dict[str, int]] = field(default_factory=dict)
    longest_s: float = 0.0
    faults: list[str] = field(default_factory=list)


# --- the base under proof ---------------------------------------------------------------------------------------------


def prepare() -> dict[str, str]:
    """A store with a base, history, an alarm. Returns the token of everybody who calls."""
    from django.conf import settings
    from django.contrib.auth.models import Group, User
    from django.core.management import call_command

    from greenhouse.access import tokens
    from greenhouse.access.roles import Role
    from greenhouse.access.tokens import Scope
    from greenhouse.site.basefile.importer import import_base
    from greenhouse.site.basefile.reader import parse_base
    from scripts.prove_commands.base import base_text

    aliases = ["default"] if settings.TELEMETRY_SHARES_MAIN_DATABASE else list(settings.DATABASES)
    for alias in aliases:
        call_command("migrate", database=alias, interactive=False, verbosity=0)
    now = utc_now()
    import_base(parse_base(base_text(1), file="proof.toml", folder=PROJECT), now=now)
    secrets = {}
    for column in (NO_ROLE, *Role):
        user = User.objects.create_user(column.replace(" ", "-"))
        if column != NO_ROLE:
            user.groups.add(Group.objects.get(name=column))
        made = tokens.make(user, "proof", scopes=tuple(Scope), lasts=timedelta(days=1), now=now)
        secrets[str(column)] = made[1]
    return secrets


def store_values(now: datetime) -> None:
    """Values of every device as the control process stores them."""
    import numpy as np

    from devices.samples import Origin, Quality, Reading, Reason
    from greenhouse.site.point_index import point_index
    from greenhouse.telemetry import ingest

    index = point_index()
    values = {key: VALUES[name] for key in index.ids if (name := key.rpartition(".")[2]) in VALUES}
    values |= {key: 2.0 for key in index.ids if key.endswith(".link")} | {"control.lease_age": 1.0}
    reading = Reading(
        points=tuple(values),
        values=np.array(list(values.values())),
        quality=np.full(len(values), Quality.GOOD, dtype=np.uint8),
        reason=np.full(len(values), Reason.NONE, dtype=np.uint8),
        observed_at=now,
        origin=Origin.SIMULATED,
    )
    ingest.record([reading], ids=index.ids, writer="proof", tick=ingest.last_tick("proof") + 1, now=now)


@contextmanager
def stored_values() -> Iterator[None]:
    """Store values once a second meanwhile, so that commands are taken."""
    from django.db import connections

    stopping = threading.Event()

    def go_on() -> None:
        while not stopping.wait(STORED_EVERY_S):
            store_values(utc_now())
        connections.close_all()

    thread = threading.Thread(target=go_on, name="values")
    thread.start()
    try:
        yield
    finally:
        stopping.set()
        thread.join()


def raise_alarms(now: datetime) -> None:
    """Alarms that somebody may acknowledge."""
    from greenhouse.alarms.conditions import Change
    from greenhouse.alarms.duty import bindings_of_the_base
    from greenhouse.alarms.evaluation import Transition
    from greenhouse.alarms.occurrences import record

    lost = [found for found in bindings_of_the_base() if found.definition.key == "link-lost"]
    record([Transition(binding, Change.RAISED, now.timestamp()) for binding in lost], {}, now=now)


@contextmanager
def server(log: Path) -> Iterator[str]:
    """The console's process, serving on a free port. Its address."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    command = [sys.executable, "-m", "uvicorn", "config.asgi:application", "--host", "127.0.0.1", "--port", str(port)]
    limits = {"GREENHOUSE_API_CALLS": "1000000", "GREENHOUSE_API_STRANGERS_CALLS": "1000000"}
    with log.open("ab") as output:
        process = subprocess.Popen(
            [*command, "--log-level", "warning"],
            cwd=PROJECT,
            env=os.environ | limits | {"GREENHOUSE_LOG_LEVEL": "ERROR"},
            stdout=output,
            stderr=output,
        )
    address = f"http://127.0.0.1:{port}"
    try:
        over_at_s = time.monotonic() + ANSWERS_WITHIN_S
        while not answers(address):
            if process.poll() is not None or time.monotonic() > over_at_s:
                raise SystemExit(f"the server does not answer: {log.read_text()[-2000:]}")
            time.sleep(0.1)
        yield address
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=60)


def answers(address: str) -> bool:
    """Whether the process lives."""
    try:
        with urllib.request.urlopen(f"{address}/healthz", timeout=5) as answer:  # noqa: S310  (our own server)
            return bool(answer.status == 200)
    except OSError:
        return False


# --- the proof --------------------------------------------------------------------------------------------------------


def run(var: Path, calls: int) -> Result:
    """Prove on one engine."""
    import django

    django.setup()
    from django.conf import settings
    from django.utils import translation

    from greenhouse.alarms.models import Occurrence
    from greenhouse.api.description import describe
    from greenhouse.api.v1 import api
    from greenhouse.commands.models import CommandRequest
    from greenhouse.site import structure
    from scripts.api_calls import Known, make_calls

    result = Result("PostgreSQL" if settings.TELEMETRY_SHARES_MAIN_DATABASE else "SQLite")
    began_s, secrets = time.monotonic(), prepare()
    store_values(utc_now())
    raise_alarms(utc_now())
    with translation.override("en"):
        description = describe(api)
    base = structure.base()
    assert base is not None
    writable = [key for key in base.points if key.endswith(".heating_setpoint")]
    with stored_values(), server(var / "server.log") as address:
        for number, column in enumerate((NOBODY, *secrets)):
            known = Known(
                points=list(base.points),
                writable=writable,
                commands=[str(pk) for pk in CommandRequest.objects.values_list("pk", flat=True)[:50]],
                alarms=[str(pk) for pk in Occurrence.objects.values_list("pk", flat=True)[:50]],
            )
            headers = {"Authorization": f"Bearer {secrets[column]}"} if column in secrets else {}
            share = calls // 5 if column in {NOBODY, NO_ROLE} else calls
            tally = make_calls(description, address, calls=share, known=known, headers=headers, seed_number=number)
            result.calls[column] = tally.calls
            result.statuses[column] = {str(status): count for status, count in sorted(tally.statuses.items())}
            result.longest_s = max(result.longest_s, tally.longest_s)
            result.faults += [f"{column}: {fault}" for fault in tally.faults[:20]]
            print(f"{result.engine}: {column}: {dict(tally.statuses)} {tally.faults[:3]}", file=sys.stderr, flush=True)
    result.seconds = time.monotonic() - began_s
    return result


def run_apart(calls: int, url: str) -> Result:
    """Prove in a process of its own, on a store of its own."""
    with tempfile.TemporaryDirectory() as var, own_database(url) if url else nullcontext("") as database:
        environment = os.environ | {"GREENHOUSE_VAR": var, "DATABASE_URL": database}
        answer = subprocess.run(
            [sys.executable, __file__, "--run", "--var", var, "--calls", str(calls)],
            cwd=PROJECT,
            env=environment,
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
    return Result(**json.loads(answer.stdout.splitlines()[-1]))


def document(results: list[Result]) -> str:
    """The page that says what was found."""
    lines = [
        "# Proof: no call breaks the interface",
        "",
        "Written by `scripts/prove_api.py` (`make prove`). Schemathesis makes calls from the description of the",
        "interface, half of them against it, 60 % of them with keys, ids and times that there are; the console's own",
        "ASGI application answers over HTTP. Every answer is compared with the description: status, media type, shape.",
        "",
        f"{platform.python_implementation()} {platform.python_version()}, {platform.system()}, {os.cpu_count()} cores.",
        "",
    ]
    for result in results:
        total = sum(result.calls.values())
        served = sum(
            (Counter({int(status): count for status, count in found.items()}) for found in result.statuses.values()),
            Counter(),
        )
        worst = sum(count for status, count in served.items() if status >= 500)
        lines += [
            f"## {result.engine}",
            "",
            f"{total:,} calls in {result.seconds / 60:.0f} min; {worst} answers of 5xx, {len(result.faults)} answers",
            f"that the description does not name; the longest call took {result.longest_s:.2f} s.",
            "",
            "| who | calls | served | 401 | 403 | 404 | 409 | other 4xx | 5xx |",
            "| --- | --: | --: | --: | --: | --: | --: | --: | --: |",
        ]
        for who, statuses in result.statuses.items():
            counts = Counter({int(status): count for status, count in statuses.items()})
            ok = sum(count for status, count in counts.items() if status < 400)
            named = (401, 403, 404, 409)
            wrong = sum(count for status, count in counts.items() if 400 <= status < 500 and status not in named)
            failed = sum(count for status, count in counts.items() if status >= 500)
            cells = [result.calls[who], ok, *(counts[status] for status in named), wrong, failed]
            lines.append(f"| {who} | {' | '.join(f'{cell:,}' for cell in cells)} |")
        lines.append("")
    return "\n".join(lines)


def main() -> None:
    """Prove and say what failed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--calls", type=int, default=5000, help="in the name of each role; a fifth of it without one and on PostgreSQL"
    )
    parser.add_argument("--no-document", action="store_true", help="print the figures only")
    parser.add_argument("--run", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--var", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.run:
        print(json.dumps(asdict(run(arguments.var, arguments.calls))))
        return
    url = os.environ.get("DATABASE_URL", "")
    results = [run_apart(arguments.calls, "")]
    if url:
        results.append(run_apart(max(100, arguments.calls // 5), url.rpartition("/")[0]))
    page = document(results)
    print(page)
    if not arguments.no_document:
        (PROJECT / "docs" / "proof-api.md").write_text(page)
    if faults := [f"{result.engine}: {fault}" for result in results for fault in result.faults]:
        sys.exit("failed:\n" + "\n".join(faults[:50]))


if __name__ == "__main__":
    main()
