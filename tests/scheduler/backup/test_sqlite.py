"""Files of SQLite. Not collected where the store is on PostgreSQL."""

from __future__ import annotations

import json
import signal
import sqlite3
import threading
from contextlib import closing

import pytest

from scheduler.backup import sqlite
from scheduler.backup.errors import NotSound
from scheduler.backup.making import check_backup, make_backup
from tests.scheduler.backup.conftest import DATA, NOW, Installation, only, rewrite_manifest

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "telemetry"])


def test_a_file_is_copied_to_its_end_while_somebody_commits_all_the_time(tmp_path):
    """SQLite's own backup begins anew at each commit of another connection."""
    source, target = tmp_path / "source.sqlite3", tmp_path / "target.sqlite3"
    with closing(sqlite3.connect(source, isolation_level=None)) as writer:
        writer.execute("PRAGMA journal_mode=WAL")
        writer.execute("CREATE TABLE filler (bytes BLOB)")
        for _ in range(16):
            writer.execute("INSERT INTO filler VALUES (randomblob(1000000))")
        writer.execute("CREATE TABLE pair (a INTEGER, b INTEGER)")
        writer.execute("INSERT INTO pair VALUES (0, 0)")
    done, commits = threading.Event(), []

    def write() -> None:
        with closing(sqlite3.connect(source, isolation_level=None, timeout=30)) as writer:
            writer.execute("PRAGMA synchronous=OFF")
            while not done.is_set():
                writer.execute("BEGIN IMMEDIATE")
                writer.execute("UPDATE pair SET a = a + 1")
                writer.execute("UPDATE pair SET b = b + 1")
                writer.execute("COMMIT")
                commits.append(1)
                done.wait(0.002)

    thread = threading.Thread(target=write)
    thread.start()
    try:
        before = len(commits)
        sqlite._copy(source, target)
        during = len(commits) - before
    finally:
        done.set()
        thread.join()
    assert during > 1  # the writer was not held up, and the copy did not begin anew
    with closing(sqlite3.connect(target)) as copy:
        a, b = copy.execute("SELECT a, b FROM pair").fetchone()
        assert a == b
        assert copy.execute("SELECT COUNT(*) FROM filler").fetchone() == (16,)


def test_a_copy_whose_rows_refer_to_nothing_is_not_sound(folder):
    made = make_backup(folder, now=NOW)
    with closing(sqlite3.connect(made / DATA)) as copy, copy:
        copy.execute("DELETE FROM site_line")
    rewrite_manifest(made, lambda _content: None)
    with pytest.raises(NotSound, match="site_device"):
        check_backup(made)


def test_a_missing_file_is_named(folder):
    made = make_backup(folder, now=NOW)
    only(made, "telemetry*").unlink()
    with pytest.raises(NotSound, match="telemetry"):
        check_backup(made)


EXCHANGES = """
import json, os, signal, sys
from datetime import UTC, datetime
from pathlib import Path
from django.conf import settings
from scheduler.backup import sqlite

def killed_at(step):
    # A child does the exchange and dies by SIGKILL before so many changes of a name.
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    left = [step]

    def count(event, arguments):
        if event in ("os.link", "os.remove", "os.rename") or (event == "open" and "under-way" in str(arguments[0])):
            left[0] -= 1
            if not left[0]:
                os.kill(os.getpid(), signal.SIGKILL)

    try:
        sys.addaudithook(count)
        sqlite.put_in_place(staged, now=datetime(2026, 11, 25, 18, tzinfo=UTC))
        os._exit(0)
    finally:
        os._exit(1)

root, seen = settings.VAR_DIR, []
while not seen or seen[-1]["exit"] == -signal.SIGKILL:
    settings.VAR_DIR = root / f"step-{len(seen)}"
    stage = settings.VAR_DIR / "stage"
    stage.mkdir(parents=True)
    staged = {alias: str(stage / name) for alias, name in sqlite.FILES.items()}
    for alias, name in sqlite.FILES.items():
        settings.DATABASES[alias]["NAME"] = str(settings.VAR_DIR / name)
        (stage / name).write_text("new")
        for side in ("", "-wal", "-shm"):
            (settings.VAR_DIR / f"{name}{side}").write_text(f"old {name}{side}")
    exit = killed_at(len(seen) + 1)
    texts = lambda pattern: {path.name: path.read_text() for path in settings.VAR_DIR.glob(pattern)}
    marked = (settings.VAR_DIR / "restore-under-way").exists()
    seen.append({"exit": exit, "live": texts("*.sqlite3*"), "kept": texts("set-aside-*/*"), "marked": marked})
print(json.dumps(seen))
"""


def test_an_exchange_that_is_killed_at_any_step_loses_nothing_and_no_base_starts_over_it(tmp_path):
    """Killed before the first, the second, ... change of a name. The old files are there, or beside, or both."""
    made = Installation(tmp_path, "")
    old = {f"{name}{side}": f"old {name}{side}" for name in sqlite.FILES.values() for side in ("", "-wal", "-shm")}
    new = dict.fromkeys(sqlite.FILES.values(), "new")
    *killed, last = json.loads(made.python(EXCHANGES))
    assert len(killed) == 14  # 6 second names, the mark set, 4 logs removed, 2 files replaced, the mark removed
    for seen in killed:
        assert seen["exit"] == -signal.SIGKILL
        assert old in (seen["live"], seen["kept"])
        assert seen["live"] in (old, new) or seen["marked"]
        assert set(new) <= set(seen["live"])
    assert last == {"exit": 0, "live": new, "kept": old, "marked": False}


def test_neither_the_base_nor_control_starts_over_an_interrupted_exchange(installation):
    (installation.var / "restore-under-way").touch()
    for command in ("runbase", "runcontrol"):
        assert "manage.py restore" in installation.manage(command, fails=True)


def test_a_damaged_store_is_replaced_and_what_is_left_of_it_is_kept(installation, tmp_path):
    """With a log that a killed process left behind: it must not be read into the restored file."""
    installation.manage("backup", "--to", tmp_path / "backups")
    made = only(tmp_path / "backups", "backup-*")
    writer = installation.start("-c", KILLED_WRITER)
    writer.communicate(timeout=60)
    assert writer.returncode == -signal.SIGKILL
    main, log = installation.var / "main.sqlite3", installation.var / "main.sqlite3-wal"
    assert log.stat().st_size > 0
    with main.open("r+b") as file:
        file.write(b"not a database any more")
    installation.manage("restore", made)
    assert installation.names() == ["Small base"]
    aside = only(installation.var, "set-aside-*")
    assert (aside / "main.sqlite3").read_bytes().startswith(b"not a database any more")
    assert (aside / "main.sqlite3-wal").stat().st_size > 0


KILLED_WRITER = """
import os, signal
import django
django.setup()
from greenhouse.site.models import Base
Base.objects.update(name_en="Changed after the backup")
os.kill(os.getpid(), signal.SIGKILL)
"""
