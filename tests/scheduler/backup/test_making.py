"""Making backups of a store that is in use, and finding the bad ones."""

from __future__ import annotations

import resource
import shutil
import stat
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
from django.contrib.sessions.models import Session
from django.db import connection

from greenhouse.ledger.heads import current_head
from scheduler.backup.errors import NotMade, NotSound
from scheduler.backup.making import backups_in, check_backup, make_backup
from scheduler.leases.choice import locks_folder
from scheduler.leases.file_lease import FileLeases
from tests.scheduler.backup.conftest import DATA, NOW, is_postgresql, rewrite_manifest

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "telemetry"])


def test_a_backup_is_a_folder_that_says_what_is_in_it(folder):
    made = make_backup(folder, now=NOW)
    assert backups_in(folder) == {NOW: made}
    assert made.name == "backup-20261125T180000Z"
    manifest = check_backup(made)
    assert (manifest.made_at, manifest.engine) == (NOW, connection.vendor)
    assert (manifest.facts.base, manifest.facts.ledger_number, manifest.facts.ledger_hash) == ("small", *current_head())
    assert "ledger.0001_entries_and_head" in manifest.facts.migrations
    assert "telemetry.0001_samples_latest_ticks" in manifest.facts.migrations
    assert [path.name for path in folder.iterdir()] == [made.name]


def test_nobody_else_may_read_a_backup(folder):
    """It holds the hashes of passwords."""
    made = make_backup(folder, now=NOW)
    assert stat.S_IMODE(made.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) & 0o077 for path in (made / DATA,)} == {0}


def test_nobody_can_go_on_with_a_session_from_a_backup(folder):
    Session.objects.create(session_key="a" * 32, session_data="secret-of-a-session", expire_date=NOW)
    made = make_backup(folder, now=NOW)
    if is_postgresql:
        check = make_backup(folder, now=NOW + timedelta(seconds=1))
        assert b"secret-of-a-session" not in (check / DATA).read_bytes()
        return
    assert b"secret-of-a-session" in Path(connection.settings_dict["NAME"] + "-wal").read_bytes()
    assert b"secret-of-a-session" not in (made / DATA).read_bytes()


def test_two_backups_are_not_made_at_once(folder, settings):
    other = FileLeases(locks_folder()).backup()
    assert other.acquire()
    with pytest.raises(NotMade):
        make_backup(folder, now=NOW)
    other.release()
    make_backup(folder, now=NOW)


def test_a_full_disk_leaves_nothing_that_looks_like_a_backup(folder):
    """No file of this process or its children may grow beyond a few kilobytes: the disk is full."""
    first = make_backup(folder, now=NOW)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    connection.close()
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, hard))
    try:
        with pytest.raises(NotMade):
            make_backup(folder, now=NOW + timedelta(days=1))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert [path.name for path in folder.iterdir()] == [first.name]
    check_backup(first)


def test_a_backup_that_would_not_fit_is_not_begun(folder, monkeypatch):
    monkeypatch.setattr("shutil.disk_usage", lambda _path: type("Usage", (), {"free": 1000}))
    with pytest.raises(NotMade, match="MB"):
        make_backup(folder, now=NOW)


@pytest.mark.parametrize("place", ["/proc/backups", "{tmp}/file/backups"])
def test_a_folder_that_cannot_be_written_is_named(folder, tmp_path, place):
    (tmp_path / "file").touch()
    there = Path(place.format(tmp=tmp_path))
    with pytest.raises(NotMade, match=str(there)):
        make_backup(there, now=NOW)


LIES: list[tuple[tuple[str, ...], object]] = [
    (("facts", "ledger_number"), 99),
    (("facts", "ledger_hash"), "0" * 64),
    (("facts", "base"), "another"),
    (("facts", "migrations"), ["site.0001_base_houses_lines_devices_points"]),
    (("files", DATA, "sha256"), "0" * 64),
    (("files", DATA, "size"), 1),
    (("files", DATA), "a text"),
    (("files",), {}),
    (("files", "../../etc/passwd"), {"size": 1, "sha256": "0" * 64}),
    (("engine",), "oracle"),
    (("form",), 2),
    (("made_at",), "yesterday"),
    (("facts",), None),
]


def test_a_manifest_that_lies_is_found_out(folder, tmp_path):
    made = make_backup(folder, now=NOW)
    for number, (path, value) in enumerate(LIES):
        copy = shutil.copytree(made, tmp_path / f"copy-{number}")
        rewrite_manifest(copy, partial(lie, path, value))
        with pytest.raises(NotSound):
            check_backup(copy)


def lie(path: tuple[str, ...], value: object, content: dict) -> None:
    """Put a value into a manifest."""
    for name in path[:-1]:
        content = content[name]
    content[path[-1]] = value


def test_a_folder_without_a_readable_manifest_is_no_backup(folder):
    made = make_backup(folder, now=NOW)
    for content in ("", "{", "[]", "{}", "\xff"):
        (made / "manifest.json").write_text(content, encoding="latin-1")
        with pytest.raises(NotSound):
            check_backup(made)
    (made / "manifest.json").unlink()
    with pytest.raises(NotSound):
        check_backup(made)


def test_a_changed_file_is_found_by_its_sum_and_a_damaged_one_by_reading_it(folder):
    made = make_backup(folder, now=NOW)
    content = bytearray((made / DATA).read_bytes())
    content[8192:] = b"\xff" * (len(content) - 8192)  # all but its head: some pages of a file are empty
    (made / DATA).write_bytes(content)
    with pytest.raises(NotSound, match=DATA):
        check_backup(made)
    rewrite_manifest(made, lambda _content: None)
    with pytest.raises(NotSound):
        check_backup(made)
