"""Putting backups back, with the real commands on installations of their own."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import time
from pathlib import Path

import psycopg
import pytest

from scheduler.leases.file_lease import FileLeases
from tests.scheduler.backup.conftest import DATA, Installation, is_postgresql, only, server

CHANGE = "UPDATE site_base SET name_en = 'Changed after the backup'"


OLDER_SCHEMA = """
from django.core.management import call_command
from django.db import connection
for alias in ("default", "telemetry"):
    for step in (["auth"], ["sessions"], ["site", "0001"], ["commands", "0002"], ["telemetry", "0001"]):
        call_command("migrate", *step, database=alias, verbosity=0)
names = "id, key, name_zh, name_en, latitude_deg, longitude_deg, elevation_m, time_zone, revision"
connection.cursor().execute(
    f"INSERT INTO site_base ({names}) VALUES (1, 'small', '旧', 'Old base', 39.6, 109.8, 1300, 'Asia/Shanghai', %s)",
    ["00000000000000000000000000000001"],
)
"""
APPEND = """
from django.db import transaction
from greenhouse.ledger.chain import Kind, append
from scheduler.maintenance import write_ledger_head
from greenhouse.clock import utc_now
with transaction.atomic():
    append(Kind.RIGHTS, {}, now=utc_now())
assert write_ledger_head()
"""
LEFT_OPEN = """
from datetime import timedelta
from greenhouse.commands.models import CommandRequest, ManualHold
from greenhouse.clock import utc_now
now = utc_now()
request = CommandRequest.objects.create(
    point_key="h1.setpoint", value=18.0, unit="degC", source="program", actor="climate",
    created_at=now, state_at=now, expires_at=now + timedelta(days=1),
)
ManualHold.objects.create(
    request=request, point_key="h1.setpoint", return_value=16.0, ends_at=now + timedelta(hours=1), state="active"
)
"""
STORE_SAMPLE = """
import numpy as np
from devices.samples import Origin, Reading
from greenhouse.site.point_index import point_index
from greenhouse.telemetry import ingest
from greenhouse.clock import utc_now
zeros, now = np.zeros(1, np.uint8), utc_now()
reading = Reading(("control.cycle_time",), np.array([VALUE]), zeros, zeros, now, Origin.MEASURED)
ingest.record([reading], ids=point_index().ids, writer="control", tick=TICK, now=now)
"""


def back_up(installation: Installation, folder: Path) -> Path:
    """A backup of an installation, the only one in that folder."""
    installation.manage("backup", "--to", folder)
    return only(folder, "backup-*")


@pytest.fixture
def backup(installation, tmp_path) -> Path:
    """A backup of the installation, whose base was changed since."""
    made = back_up(installation, tmp_path / "backups")
    installation.sql(CHANGE)
    return made


def test_the_store_is_as_it_was_and_the_former_one_is_kept(installation, backup):
    said = installation.manage("restore", backup)
    assert installation.names() == ["Small base"]
    kept = Installation(installation.var, installation.database)
    if is_postgresql:
        with server() as there:
            (kept.database,) = there.execute(
                "SELECT datname FROM pg_database WHERE datname LIKE %s", (f"{installation.database}_set_aside_%",)
            ).fetchone()
        assert kept.database in said
        kept.__post_init__()
    else:
        aside = only(installation.var, "set-aside-*")
        assert str(aside) in said
        kept = Installation(aside, "")
    assert kept.names() == ["Changed after the backup"]
    assert not list(installation.var.glob("restor*"))


def test_the_ledger_says_so_and_stays_whole(installation, backup):
    """The entry that stood in for the change was in the daily head outside; it is not missed any more."""
    installation.load_base("small")
    installation.python(APPEND)
    installation.manage("restore", backup)
    assert installation.sql("SELECT kind FROM ledger_entry ORDER BY number") == [
        "base_loaded",
        "base_loaded",
        "restored",
    ]
    head = json.loads((backup / "manifest.json").read_text())["facts"]
    (payload,) = installation.sql("SELECT payload FROM ledger_entry WHERE number = 3")
    assert json.loads(payload)["head_hash"] == head["ledger_hash"]
    installation.manage("verify_ledger")


def test_what_the_backup_had_left_to_be_done_is_ended_in_the_same_step(installation, tmp_path):
    installation.python(LEFT_OPEN)
    made = back_up(installation, tmp_path / "backups")
    installation.manage("restore", made)
    assert installation.sql("SELECT verdict FROM commands_commandrequest") == ["restored"]
    assert installation.sql('SELECT "end" FROM commands_manualhold') == ["restored"]
    assert installation.sql("SELECT kind FROM ledger_entry ORDER BY number")[-3:] == [
        "restored",
        "command",
        "manual_hold",
    ]
    installation.manage("verify_ledger")


def test_readers_of_samples_find_everything_new_after_a_restore(installation, tmp_path):
    """The backup's tick numbers are lower than those that they have seen."""
    installation.python(f"TICK, VALUE = 7, 0.25\n{STORE_SAMPLE}")
    made = back_up(installation, tmp_path / "backups")
    installation.python(f"TICK, VALUE = 9, 0.5\n{STORE_SAMPLE}")
    installation.manage("restore", made)
    seen = installation.python(
        "from greenhouse.telemetry.series import since\ncursor, new = since({'control': 9})\n"
        "print(cursor, {key: sample.value for key, sample in new.items()})"
    )
    assert seen == "{'control': 7} {'control.cycle_time': 0.25}"


def test_nothing_is_restored_while_the_base_runs(installation, backup):
    """The control process holds its lease; the supervisor listens; a process gives signs of life."""
    lease = FileLeases(installation.var / "locks").control()
    assert lease.acquire()
    installation.manage("restore", backup, fails=True)
    lease.release()

    (installation.var / "run").mkdir(exist_ok=True)
    with socket.socket(socket.AF_UNIX) as supervisor:
        supervisor.bind(str(installation.var / "run" / "supervisor.sock"))
        supervisor.listen()
        installation.manage("restore", backup, fails=True)
    (installation.var / "run" / "supervisor.sock").unlink()

    beat = installation.var / "heartbeat" / "console"
    beat.parent.mkdir(exist_ok=True)
    beat.write_text(f"{os.getpid():>10d} {time.monotonic():>20.3f}\n")
    assert str(os.getpid()) in installation.manage("restore", backup, fails=True)

    if is_postgresql:
        beat.unlink()
        with psycopg.connect(installation.environment["DATABASE_URL"]):
            installation.manage("restore", backup, fails=True)
    assert installation.names() == ["Changed after the backup"]


def test_a_damaged_backup_is_not_put_back(installation, backup):
    with (backup / DATA).open("r+b") as file:
        file.truncate(8192)
    assert DATA in installation.manage("restore", backup, fails=True)
    assert installation.names() == ["Changed after the backup"]


def test_a_backup_from_an_older_schema_is_brought_forward(installation, empty, tmp_path):
    """It was made when there was neither a ledger nor an app of rights."""
    empty.python(OLDER_SCHEMA)
    old = back_up(empty, tmp_path / "backups")
    facts = json.loads((old / "manifest.json").read_text())["facts"]
    assert facts["ledger_number"] is None
    assert not [step for step in facts["migrations"] if step.startswith(("ledger", "access"))]
    installation.manage("restore", old)
    assert installation.names() == ["Old base"]
    assert installation.sql("SELECT kind FROM ledger_entry") == ["restored"]
    installation.manage("migrate", "--check")
    installation.manage("verify_ledger")


def test_a_backup_of_a_newer_version_is_refused_by_name(installation, tmp_path):
    installation.sql(
        "INSERT INTO django_migrations (app, name, applied) VALUES ('site', '0099_from_the_future', '2030-01-01')"
    )
    made = back_up(installation, tmp_path / "backups")
    installation.sql("DELETE FROM django_migrations WHERE name = '0099_from_the_future'")
    assert "site.0099_from_the_future" in installation.manage("restore", made, fails=True)
    assert "site.0099_from_the_future" in installation.manage("restore", "--check", made, fails=True)


def test_a_backup_of_another_base_needs_a_word_more(installation, tmp_path):
    installation.sql("UPDATE site_base SET key = 'other'")
    made = back_up(installation, tmp_path / "backups")
    installation.sql("UPDATE site_base SET key = 'small'")
    said = installation.manage("restore", made, fails=True)
    assert "other" in said
    assert "small" in said
    installation.manage("restore", made, "--other-base")
    assert installation.sql("SELECT key FROM site_base") == ["other"]


def test_a_machine_that_lost_its_store_gets_it_back(installation, backup, empty):
    empty.manage("restore", backup)
    assert empty.names() == ["Small base"]


def test_a_backup_that_is_killed_in_the_middle_leaves_nothing_behind_that_looks_like_one(installation, tmp_path):
    """Killed as soon as each of its files is there."""
    folder = tmp_path / "backups"
    first = back_up(installation, folder)
    files = ["database.dump"] if is_postgresql else ["telemetry.sqlite3", "main.sqlite3"]
    for name in ["", *files, "manifest.json"]:
        process = installation.start("manage.py", "backup", "--to", folder)
        while process.poll() is None and not list(folder.glob(f".partial-*/{name}")):
            time.sleep(0.0005)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        complete = list(folder.glob("backup-*"))
        assert first in complete
        for made in complete:
            installation.manage("backup", "--check", made)
            if made != first:
                shutil.rmtree(made)  # it was faster than we were
    installation.manage("backup", "--to", folder)
    assert not list(folder.glob(".partial-*"))


def test_a_restore_that_is_killed_before_the_exchange_changes_nothing(installation, backup):
    process = installation.start("manage.py", "restore", backup)
    while process.poll() is None and not is_staged(installation):
        time.sleep(0.0005)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert installation.names() == ["Changed after the backup"]
    installation.manage("restore", backup)
    assert installation.names() == ["Small base"]
    assert not is_staged(installation)


def is_staged(installation: Installation) -> bool:
    """Whether a restore has begun to prepare the store that is to take the place of the present one."""
    if not is_postgresql:
        return bool(list(installation.var.glob("restoring-*")))
    with server() as there:
        query = "SELECT COUNT(*) FROM pg_database WHERE datname LIKE %s"
        return there.execute(query, (f"{installation.database}_restoring_%",)).fetchone() != (0,)
