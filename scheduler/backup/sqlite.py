"""Copying and putting back the files of SQLite.

A copy is made under one read transaction. Without it SQLite's backup would begin anew each time the control process
commits, which is once a second: a large file would never be copied to its end. The price is that the write-ahead log
cannot be emptied meanwhile; it grows by what is written during the copy, and no longer.
"""

from __future__ import annotations

import shutil
import sqlite3
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS as MAIN
from django.utils.translation import gettext as _

from greenhouse.disk import free_bytes, sync, sync_folder
from greenhouse.telemetry.codes import ALIAS as TELEMETRY
from scheduler.backup.errors import NotRestored, NotSound
from scheduler.backup.manifest import Facts

NAME = "sqlite"
FILES: Mapping[str, str] = {TELEMETRY: "telemetry.sqlite3", MAIN: "main.sqlite3"}
"""In the order of copying: the points that samples name are in the main file, and are never deleted there."""
SIDE_FILES = ("-wal", "-shm")

PAGES_PER_STEP = 256
PAUSE_S = 0.004
"""Rest after each step (1 MiB), so that the disk is free for the commits of the control process. [s]"""
STEPS_PER_SYNC = 8
"""So often the copy is forced to the disk: one large flush at the end would hold up everybody's commits."""


def version() -> str:
    """Version of SQLite."""
    return sqlite3.sqlite_version


def size_bytes() -> int:
    """Room that a copy needs. [bytes]"""
    return sum(path.stat().st_size for path in _live_files().values() if path.exists())


def copy_into(folder: Path) -> Facts:
    """Copy the store, while others write it, and say what is in the copy."""
    for alias, path in _live_files().items():
        _copy(path, folder / FILES[alias])
    with closing(sqlite3.connect(folder / FILES[MAIN])) as copy, copy:
        # Whoever reads a backup must not be able to go on with somebody's session.
        copy.execute("PRAGMA secure_delete=ON")
        if _has(copy, "django_session"):
            copy.execute("DELETE FROM django_session")
    return facts_of(folder)


def facts_of(folder: Path) -> Facts:
    """What a copy holds.

    Raises
    ------
    NotSound
        If a file is damaged, or the ledger's head is not its last entry.
    """
    migrations: set[str] = set()
    try:
        for name in FILES.values():
            with _read_only(folder / name) as copy:
                _check(copy, name)
                migrations |= {f"{app}.{step}" for app, step in copy.execute("SELECT app, name FROM django_migrations")}
        with _read_only(folder / FILES[MAIN]) as main:
            base = main.execute("SELECT key FROM site_base").fetchone() if _has(main, "site_base") else None
            number, digest = _ledger_head(main)
    except sqlite3.DatabaseError as error:
        raise NotSound(
            _("The copy in %(folder)s is damaged: %(error)s") % {"folder": folder, "error": error}
        ) from error
    return Facts(base[0] if base else None, tuple(sorted(migrations)), number, digest)


def present_base() -> str | None:
    """Key of the base in the store that is in place; None if there is none, or it cannot be read."""
    path = _live_files()[MAIN]
    if not path.exists():
        return None
    try:
        with closing(_untouched(path)) as live:
            row = live.execute("SELECT key FROM site_base").fetchone()
    except sqlite3.DatabaseError:
        return None
    return row[0] if row else None


def sessions() -> int:
    """Programs that use the store, as far as it knows itself: SQLite knows none."""
    return 0


@contextmanager
def staged(folder: Path, *, now: datetime) -> Iterator[Mapping[str, str]]:
    """A copy of the backup beside the store, gone at the end of the block. Gives its files by alias.

    Raises
    ------
    NotRestored
        If there is no room for it.
    """
    for left_over in settings.VAR_DIR.glob("restoring-*"):  # of a restore that was killed; nobody else restores now
        shutil.rmtree(left_over)
    stage = settings.VAR_DIR / f"restoring-{now:%Y%m%dT%H%M%SZ}"
    needed = sum((folder / name).stat().st_size for name in FILES.values())
    if free_bytes(settings.VAR_DIR) < needed * 11 // 10:
        raise NotRestored(_("There is not enough room in %(folder)s.") % {"folder": settings.VAR_DIR})
    stage.mkdir(mode=0o700)
    try:
        for name in FILES.values():
            shutil.copyfile(folder / name, stage / name)
        yield {alias: str(stage / name) for alias, name in FILES.items()}
    finally:
        shutil.rmtree(stage, ignore_errors=True)


def put_in_place(staged_files: Mapping[str, str], *, now: datetime) -> str:
    """Let the staged files take the place of the present ones, which stay beside them. Returns where.

    The present files get a second name, so they are never missing; each staged file then takes its place in one step.
    A mark stands from the first step to the last, and no base starts over it (`require_whole_store`).
    """
    aside: Path = settings.VAR_DIR / f"set-aside-{now:%Y%m%dT%H%M%SZ}"
    aside.mkdir(mode=0o700)
    sync_folder(Path(staged_files[MAIN]).parent)
    live = _live_files()
    parts = [path.with_name(path.name + suffix) for path in live.values() for suffix in ("", *SIDE_FILES)]
    for path in parts:
        if path.exists():
            (aside / path.name).hardlink_to(path)
    sync(aside)
    _mark().touch()
    sync(settings.VAR_DIR)
    for path in parts:
        if path not in live.values():
            path.unlink(missing_ok=True)  # the log of the old file must not be read into the new one
    for alias, path in live.items():
        Path(staged_files[alias]).replace(path)
    sync(settings.VAR_DIR)
    _mark().unlink()
    sync(settings.VAR_DIR)
    return str(aside)


def require_whole_store() -> None:
    """Do nothing if no restore was interrupted while it exchanged files.

    Raises
    ------
    NotRestored
        If one was.
    """
    if _mark().exists():
        raise NotRestored(
            _("A restore was interrupted: the files are partly old and partly new. Run it again: manage.py restore")
        )


def _mark() -> Path:
    mark: Path = settings.VAR_DIR / "restore-under-way"
    return mark


def _live_files() -> dict[str, Path]:
    return {alias: Path(settings.DATABASES[alias]["NAME"]) for alias in FILES}


def _copy(source: Path, target: Path) -> None:
    steps = 0

    def rest(_status: int, _remaining: int, _total: int) -> None:
        nonlocal steps
        steps += 1
        if steps % STEPS_PER_SYNC == 0:
            sync(target)
        time.sleep(PAUSE_S)

    with closing(_untouched(source)) as live, closing(sqlite3.connect(target)) as copy:
        target.chmod(0o600)
        copy.execute("PRAGMA synchronous=OFF")
        live.execute("BEGIN")
        live.execute("SELECT 1 FROM sqlite_master").fetchone()  # only a read fixes the state that is copied
        live.backup(copy, pages=PAGES_PER_STEP, progress=rest)
        copy.execute("PRAGMA journal_mode=DELETE")  # one file, without a log beside it
    sync(target)


def _untouched(live: Path) -> sqlite3.Connection:
    """A connection to a file in use that cannot write: of a damaged file SQLite would delete the log at the close."""
    return sqlite3.connect(f"{live.resolve().as_uri()}?mode=ro", uri=True, isolation_level=None)


@contextmanager
def _read_only(path: Path) -> Iterator[sqlite3.Connection]:
    if not path.is_file():  # SQLite would say that it is "unable to open" it
        raise NotSound(_("%(file)s is missing.") % {"file": path})
    with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro&immutable=1", uri=True)) as connection:
        yield connection


def _check(copy: sqlite3.Connection, name: str) -> None:
    found = copy.execute("PRAGMA integrity_check(1)").fetchone()[0]
    if found != "ok":
        raise NotSound(_("%(file)s is damaged: %(error)s") % {"file": name, "error": found})
    if orphan := copy.execute("PRAGMA foreign_key_check").fetchone():
        raise NotSound(
            _("%(file)s is damaged: a row of %(table)s refers to one that is missing.")
            % {"file": name, "table": orphan[0]}
        )


def _ledger_head(main: sqlite3.Connection) -> tuple[int | None, str | None]:
    if not _has(main, "ledger_head"):
        return None, None
    head = main.execute("SELECT number, hash FROM ledger_head").fetchone()
    last = main.execute("SELECT number, hash FROM ledger_entry ORDER BY number DESC LIMIT 1").fetchone()
    if (head or (0, "")) != (last or head or (0, "")):
        raise NotSound(_("The head of the ledger is not its last entry."))
    return head or (None, None)


def _has(connection: sqlite3.Connection, table: str) -> bool:
    query = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?"
    return connection.execute(query, (table,)).fetchone() is not None
