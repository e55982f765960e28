"""Making a backup: a folder that has its name only when it is complete, checked and on the disk.

Before that it is called ``.partial-…``. So whatever ends the process in the middle, power cut included, leaves nothing
that looks like a backup, and touches no earlier one.
"""

from __future__ import annotations

import shutil
import sqlite3
import tomllib
from datetime import UTC, datetime
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError
from django.utils.translation import gettext as _

from greenhouse.disk import free_bytes, sync, sync_folder
from scheduler.backup.engine import engine_called, present_engine
from scheduler.backup.errors import BackupError, NotMade, NotSound
from scheduler.backup.manifest import Manifest, read_manifest, stored_file
from scheduler.leases.choice import locks_folder
from scheduler.leases.file_lease import FileLeases

_PARTIAL = ".partial-"
_NAME = "backup-%Y%m%dT%H%M%SZ"


def backups_in(folder: Path) -> dict[datetime, Path]:
    """Complete backups of a folder by when they were made, the oldest first."""
    found = {}
    for path in folder.glob("backup-*"):
        try:
            made_at = datetime.strptime(path.name, _NAME).replace(tzinfo=UTC)
        except ValueError:  # somebody's own folder
            continue
        found[made_at] = path
    return dict(sorted(found.items()))


def make_backup(folder: Path, *, now: datetime) -> Path:
    """Copy the store, while the base runs, into a new folder within ``folder``, and check the copy.

    Parameters
    ----------
    folder : Path
        Folder of the backups; made if missing.
    now : datetime
        Aware.

    Returns
    -------
    Path
        The backup's own folder.

    Raises
    ------
    NotMade
        If there is no room, no right to write, no client of PostgreSQL, or another backup is being made.
    NotSound
        If the copy is damaged, which means that the store is.
    """
    lease = FileLeases(locks_folder()).backup()
    if not lease.acquire():
        raise NotMade(_("Another backup is being made."))
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for left_over in folder.glob(f"{_PARTIAL}*"):  # of a run that was killed: nobody else makes one now
            shutil.rmtree(left_over)
        _require_room(folder)
        return _make(folder, now.astimezone(UTC))
    except (OSError, sqlite3.Error, DatabaseError) as error:
        raise NotMade(_("No backup was made in %(folder)s: %(error)s") % {"folder": folder, "error": error}) from error
    finally:
        lease.release()


def check_backup(folder: Path) -> Manifest:
    """What a backup says about itself, once every file and every statement was found true.

    Raises
    ------
    NotSound
        At the first thing that is not.
    """
    manifest = read_manifest(folder)
    engine = engine_called(manifest.engine)
    if engine is None or set(manifest.files) != set(engine.FILES.values()):
        raise NotSound(_("%(folder)s: the manifest cannot be read.") % {"folder": folder})
    for name, expected in manifest.files.items():
        path = folder / name
        if not path.is_file():
            raise NotSound(_("%(file)s is missing.") % {"file": path})
        if stored_file(path) != expected:
            raise NotSound(_("%(file)s is not the file that was backed up: its sum is another one.") % {"file": path})
    if engine.facts_of(folder) != manifest.facts:
        raise NotSound(
            _("%(folder)s: the manifest says something else about the base, its ledger or its tables than the copy.")
            % {"folder": folder}
        )
    return manifest


def _make(folder: Path, now: datetime) -> Path:
    partial, complete = folder / f"{_PARTIAL}{now:%Y%m%dT%H%M%SZ}", folder / now.strftime(_NAME)
    if complete.exists():
        raise NotMade(_("%(folder)s is there already.") % {"folder": complete})
    partial.mkdir(mode=0o700)
    try:
        engine = present_engine()
        facts = engine.copy_into(partial)
        manifest = Manifest(
            made_at=now,
            engine=engine.NAME,
            engine_version=engine.version(),
            software=software_version(),
            facts=facts,
            files={name: stored_file(partial / name) for name in engine.FILES.values()},
        )
        manifest.write(partial)
        sync_folder(partial)
        check_backup(partial)
        partial.rename(complete)
        sync(folder)
    except (BackupError, OSError, sqlite3.Error, DatabaseError):
        shutil.rmtree(partial, ignore_errors=True)
        raise
    return complete


def _require_room(folder: Path) -> None:
    needed, free = present_engine().size_bytes(), free_bytes(folder)
    if free < needed:
        raise NotMade(
            _("There is not enough room in %(folder)s: %(needed)d MB are needed, %(free)d MB are free.")
            % {"folder": folder, "needed": needed // 1_000_000 + 1, "free": free // 1_000_000}
        )


def software_version() -> str:
    """Version of this system."""
    text = (settings.BASE_DIR / "pyproject.toml").read_text(encoding="utf-8")
    return str(tomllib.loads(text)["project"]["version"])
