"""Pauses and resumes control processes of two machines, a hundred times: ``make prove`` writes docs/proof-failover.md.

Needs a PostgreSQL server (POSTGRES_SERVER, or the one of this machine); makes a database of its own there and drops it.
Fails if two processes ever write beside each other, if a request is written twice or lost, or if a token goes back.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(PROJECT))

from benchmarks.own_database import own_database, postgresql_server  # noqa: E402
from benchmarks.results import circumstances  # noqa: E402
from greenhouse.clock import utc_now  # noqa: E402

DOCUMENT = PROJECT / "docs" / "proof-failover.md"
TRIALS = 100
LEASE_S = 10.0
SEED = 2026


def prove(folder: Path, database_url: str, count: int, lease_s: float) -> str:
    """The document; an empty list of faults in it is the proof."""
    os.environ |= {
        "DATABASE_URL": database_url,
        "GREENHOUSE_VAR": str(folder / "technician"),
        "DJANGO_SETTINGS_MODULE": "config.settings.console",
        "GREENHOUSE_LOG_LEVEL": "WARNING",
    }
    import django

    django.setup()
    from django.contrib.auth.models import Group, User
    from django.core.management import call_command
    from django.db import connections

    from scripts.failover_trials import failover_stage, random_trials

    call_command("migrate", interactive=False, verbosity=0)
    user = User.objects.create_user("proof")
    user.groups.add(Group.objects.get(name="technician"))
    began_s, began = time.monotonic(), circumstances(utc_now())
    with failover_stage(folder, user=user, database_url=database_url, lease_s=lease_s) as stage:
        stage.begin()
        for number, trial in enumerate(random_trials(stage, count, lease_s=lease_s, seed=SEED), start=1):
            print(f"{number:4}: {trial}", flush=True)
        findings = stage.end()
        refused = sum(machine.log().count("the lease is not held") for machine in stage.machines)
    connections.close_all()
    taken = [trial for trial in findings.trials if trial.took_over]
    asked = [write for write in findings.writes if write.request_id is not None]
    rows = [
        ("trials: the holder paused (SIGSTOP) for 1.0 to 1.8 leases, then resumed (SIGCONT)", len(findings.trials)),
        ("of these, the other machine took over", len(taken)),
        ("of these, the holder went on under its own token, since nobody had taken it", count - len(taken)),
        ("requests stored", findings.requests),
        ("how they ended", ", ".join(f"{state} {n}" for state, n in findings.states.most_common())),
        ("writes that the devices took", len(findings.writes)),
        ("writes of requests; of heartbeats and time-outs", f"{len(asked)}; {len(findings.writes) - len(asked)}"),
        ("tokens", len({write.token for write in findings.writes})),
        ("writes that the lease refused at the last moment (log lines)", refused),
        ("pause to the first write of the other machine, s", _spread(t.failover_s for t in taken)),
        ("last write under the old token to the first under the new, s", _spread(t.gap_s for t in taken)),
        ("the whole took", f"{(time.monotonic() - began_s) / 60:.0f} min"),
        ("**faults**", f"**{len(findings.faults)}**"),
    ]
    return _document(began, rows, findings.faults, lease_s)


def _spread(times_s: Iterator[float | None]) -> str:
    known = sorted(time_s for time_s in times_s if time_s is not None)
    if not known:
        return "–"
    return f"{known[0]:.1f} / {statistics.median(known):.1f} / {known[-1]:.1f} (least / median / most)"


def _document(began: str, rows: Sequence[tuple[str, object]], faults: Sequence[str], lease_s: float) -> str:
    table = "\n".join(f"| {what} | {found} |" for what, found in rows)
    told = "\n".join(f"- {fault}" for fault in faults) or "None."
    return f"""# Proof: two machines never control at the same time

Written by `make prove` (`scripts/prove_failover.py`). Two `manage.py runcontrol` with folders of their own share one
PostgreSQL store and one simulated base on real Modbus TCP (two lines, four controllers), and are asked for setpoints
without a pause. The holder is stopped at a random instant and goes on after a random time, longer than its lease of
{lease_s:g} s and sometimes just when the other one takes over. The write log of the simulated devices says when each
write came and by which connection; the kernel says whose connection it was; the log of the process says under which
token it controlled.

A fault is: a write under a token after one under a newer token (so writers never interleave), a token given twice, a
write that nobody asked for or that came twice, a request written by another process than the one that took it, a
request without an end, a write whose writer is not known.

{began}

| | |
| --- | --- |
{table}

## Faults

{told}
"""


def main() -> None:
    """Prove, write it down, and fail if there was a fault."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=TRIALS)
    parser.add_argument("--lease-s", type=float, default=LEASE_S)
    parser.add_argument("--output", type=Path, default=DOCUMENT)
    arguments = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="prove-failover-"))
    try:
        with own_database(postgresql_server()) as database_url:
            text = prove(folder, database_url, arguments.trials, arguments.lease_s)
    except TimeoutError as error:
        sys.exit(f"{error}; the logs of both machines are kept in {folder}")
    shutil.rmtree(folder)
    arguments.output.write_text(text, encoding="utf-8")
    print(text)
    sys.exit(0 if text.endswith("None.\n") else "there were faults")


if __name__ == "__main__":
    main()
