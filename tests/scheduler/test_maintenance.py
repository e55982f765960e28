"""The jobs of the maintenance process."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.contrib.sessions.models import Session

from devices.profiles.schema import Table
from greenhouse.clock import moment_now, utc_now
from greenhouse.commands import diagnostics
from greenhouse.commands.models import DiagnosticRead
from greenhouse.site.models import Base
from scheduler import jobs, maintenance
from scheduler.backup.making import backups_in
from tests.bases import load
from tests.ledger.conftest import fill

SHANGHAI = ZoneInfo("Asia/Shanghai")
NIGHT = datetime(2026, 11, 25, 2, 5, tzinfo=SHANGHAI)


@pytest.fixture
def backups(tmp_path, settings) -> Path:
    settings.VAR_DIR, settings.BACKUPS = tmp_path / "var", tmp_path / "backups"
    return settings.BACKUPS


@pytest.mark.parametrize(
    ("made", "now", "is_due"),
    [
        ([], NIGHT, True),
        ([], NIGHT.replace(hour=1), False),
        ([NIGHT - timedelta(days=1)], NIGHT, True),
        ([NIGHT], NIGHT + timedelta(hours=3), False),
        ([NIGHT - timedelta(hours=3)], NIGHT, True),
        ([NIGHT - timedelta(days=3)], NIGHT + timedelta(hours=12), True),
    ],
    ids=["first", "too early", "next day", "restart", "yesterday evening by hand", "machine was off at night"],
)
def test_a_backup_is_due_once_a_day_after_its_hour(settings, made, now, is_due):
    assert maintenance.backup_is_due(made, now, zone=SHANGHAI) is is_due


@pytest.mark.django_db
def test_days_are_those_of_the_base_wherever_it_lies(tmp_path, settings):
    load()
    Base.objects.update(time_zone="America/New_York", revision=uuid4())
    settings.LEDGER_HEADS = tmp_path / "heads.txt"
    fill(1)
    with time_machine.travel(NIGHT, tick=False):  # the afternoon before there
        assert maintenance.write_ledger_head()
    assert settings.LEDGER_HEADS.read_text().split()[0] == "2026-11-24"


@pytest.mark.django_db(transaction=True, databases=["default", "telemetry"])
def test_the_job_makes_one_backup_a_day_and_deletes_what_is_not_kept(backups):
    old = [NIGHT - timedelta(days=days) for days in range(10, 100)]
    for moment in old:
        (backups / moment.astimezone(ZoneInfo("UTC")).strftime("backup-%Y%m%dT%H%M%SZ")).mkdir(parents=True)
    with time_machine.travel(NIGHT, tick=False):
        made = maintenance.make_due_backup()
        assert maintenance.make_due_backup() is None
    assert list(backups_in(backups).values())[-1] == made
    assert len(backups_in(backups)) < len(old)


@pytest.mark.django_db(transaction=True, databases=["default", "telemetry"])
def test_a_backup_that_cannot_be_made_is_told_and_ends_nothing(backups, caplog):
    backups.touch()  # a file where the folder should be
    with time_machine.travel(NIGHT, tick=False):
        assert maintenance.make_due_backup() is None
    assert "no backup" in caplog.text


@pytest.mark.django_db
def test_the_head_of_the_ledger_is_written_once_a_day(tmp_path, settings):
    settings.LEDGER_HEADS = tmp_path / "heads.txt"
    fill(1)
    with time_machine.travel(NIGHT, tick=False) as clock:
        assert maintenance.write_ledger_head()
        assert not maintenance.write_ledger_head()
        clock.shift(timedelta(days=1))
        assert maintenance.write_ledger_head()
    lines = settings.LEDGER_HEADS.read_text().splitlines()
    assert [line.split()[0] for line in lines] == ["2026-11-25", "2026-11-26"]


@pytest.mark.django_db
def test_a_file_of_heads_that_is_out_of_reach_ends_nothing(settings, caplog):
    settings.LEDGER_HEADS = Path("/proc/heads.txt")
    assert not maintenance.write_ledger_head()
    assert "head of the ledger was not written" in caplog.text


def test_each_job_says_what_a_late_run_means():
    policies = [value for value in vars(jobs).values() if isinstance(value, jobs.JobPolicy)]
    assert len(policies) >= 5
    assert all(policy.why for policy in policies)


@pytest.mark.django_db
def test_what_nobody_needs_any_more_is_deleted_slice_by_slice():
    """Ended sessions, and diagnostic reads of a week ago, more than a slice of each; what is younger stays."""
    now = utc_now()
    ended, asked = now - timedelta(seconds=1), now - diagnostics.KEPT - timedelta(seconds=1)
    count = maintenance.SESSIONS_PER_SLICE + 1
    Session.objects.bulk_create(Session(f"old{number}", "", ended) for number in range(count))
    Session.objects.create(session_key="young", session_data="", expire_date=now + timedelta(hours=1))
    young = diagnostics.ask("climate", 1, Table.INPUT, address=9, count=1, timeout_s=1.0, now=moment_now())
    values = DiagnosticRead.objects.values().get()
    count_of_reads = diagnostics.READS_PER_SLICE + 1
    DiagnosticRead.objects.bulk_create(
        DiagnosticRead(**values | {"id": uuid4(), "created_at": asked}) for _ in range(count_of_reads)
    )
    assert maintenance.clear_sessions() == count
    assert maintenance.clear_diagnostics() == count_of_reads
    assert [row.session_key for row in Session.objects.all()] == ["young"]
    assert DiagnosticRead.objects.get() == young
