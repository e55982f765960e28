"""Putting a backup back. The present store is kept beside it, and until the last step nothing of it is touched."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.db import DatabaseError, connections, transaction
from django.db.migrations.loader import MigrationLoader
from django.utils.translation import gettext as _

from greenhouse.clock import moment_now
from greenhouse.commands import after_restore
from greenhouse.ledger import chain
from greenhouse.ledger.canonical import GENESIS
from greenhouse.ledger.heads import current_head, write_restored_head
from greenhouse.site import structure
from greenhouse.site.virtual_points import CONTROL
from scheduler import heartbeat
from scheduler.backup.engine import Engine, present_engine
from scheduler.backup.errors import NotRestored
from scheduler.backup.making import check_backup, software_version
from scheduler.backup.manifest import Manifest
from scheduler.backup.stores import pointed_at
from scheduler.leases.choice import locks_folder
from scheduler.leases.file_lease import FileLeases
from scheduler.supervision import remains
from scheduler.supervision.configuration import Instance

_PROCESSES = (CONTROL, "maintenance", "console")
_SILENT_AFTER_S = 10.0


@dataclass(frozen=True, slots=True)
class Restored:
    """What was done.

    Attributes
    ----------
    manifest : Manifest
        Of the backup.
    set_aside : str
        Where the former store is: a folder, or the name of a database.
    """

    manifest: Manifest
    set_aside: str


def check_restorable(folder: Path, *, other_base: bool) -> Manifest:
    """The manifest of a backup that is sound and fits this installation.

    Raises
    ------
    NotSound
        If the backup is damaged.
    NotRestored
        If it is of another database engine, of a newer version, or of another base and ``other_base`` is not set.
    """
    manifest, engine = check_backup(folder), present_engine()
    if manifest.engine != engine.NAME:
        raise NotRestored(
            _("The backup is one of %(theirs)s, this installation works on %(ours)s.")
            % {"theirs": manifest.engine, "ours": engine.NAME}
        )
    if unknown := unknown_migrations(manifest.facts.migrations):
        raise NotRestored(
            _(
                "The backup was made by a newer version (%(version)s): this one does not know its %(step)s. "
                "Install that version first."
            )
            % {"version": manifest.software, "step": unknown[0]}
        )
    present = engine.present_base()
    if present is not None and manifest.facts.base != present and not other_base:
        raise NotRestored(
            _('The backup is of the base "%(theirs)s", this one is "%(ours)s". If you mean it: --other-base')
            % {"theirs": manifest.facts.base, "ours": present}
        )
    return manifest


def restore(folder: Path, *, other_base: bool, now: datetime) -> Restored:
    """Put a backup back and bring it to the present schema.

    Parameters
    ----------
    folder : Path
        The backup's own folder.
    other_base : bool
        Put it back even if it is of another base.
    now : datetime
        Aware.

    Raises
    ------
    NotSound, NotRestored
        The store is as it was.
    """
    lease = FileLeases(locks_folder()).control()
    if not lease.acquire():
        raise _is_running(_("the control process"))
    try:
        _require_stopped()
        manifest, engine = check_restorable(folder, other_base=other_base), present_engine()
        try:
            return Restored(manifest, _exchange(engine, folder, manifest, now))
        except (OSError, DatabaseError) as error:
            raise NotRestored(_("The backup was not put back: %(error)s") % {"error": error}) from error
    finally:
        lease.release()


def unknown_migrations(applied: tuple[str, ...]) -> list[str]:
    """Those of a backup's migrations that this version does not have."""
    known = {f"{app}.{name}" for app, name in MigrationLoader(None, ignore_no_migrations=True).disk_migrations}
    return [step for step in applied if step not in known]


def _exchange(engine: Engine, folder: Path, manifest: Manifest, now: datetime) -> str:
    with engine.staged(folder, now=now) as staged:
        with pointed_at(staged):
            _bring_up_to_date()
            _require_same_head(manifest)
            _record(manifest, now)
            today = now.astimezone(structure.time_zone()).date()
        _require_stopped()
        # Before the exchange: should it be cut off here, the line is true of the present ledger as well.
        number, digest = manifest.facts.ledger_number or 0, manifest.facts.ledger_hash or GENESIS
        write_restored_head(settings.LEDGER_HEADS, number, digest, today=today)
        return engine.put_in_place(staged, now=now)


def _bring_up_to_date() -> None:
    for alias in connections:
        call_command("migrate", database=alias, interactive=False, verbosity=0)


def _require_same_head(manifest: Manifest) -> None:
    facts = manifest.facts
    if current_head() != (facts.ledger_number or 0, facts.ledger_hash or GENESIS):
        raise NotRestored(_("The ledger of the restored store does not end where the backup says."))


def _record(manifest: Manifest, now: datetime) -> None:
    facts = manifest.facts
    payload: Mapping[str, str | int | None] = {
        "made_at": manifest.made_at.isoformat(),
        "software": manifest.software,
        "restored_by_software": software_version(),
        "head": facts.ledger_number,
        "head_hash": facts.ledger_hash,
    }
    with transaction.atomic():
        chain.append(chain.Kind.RESTORED, payload, now=now)
        after_restore.end_what_was_left(replace(moment_now(), wall=now))


def _require_stopped() -> None:
    """Do nothing if no process of this base runs."""
    instance = Instance(project=settings.BASE_DIR, var=settings.VAR_DIR)
    if remains.is_running(instance) or remains.find_orphans(instance):
        raise _is_running(_("its supervisor"))
    for name in _PROCESSES:
        beat, age_s = heartbeat.last_beat(name), heartbeat.age_s(name)
        if beat is not None and age_s is not None and age_s < _SILENT_AFTER_S and _is_alive(beat.pid):
            raise _is_running(f"{name} ({beat.pid})")
    if count := present_engine().sessions():
        raise _is_running(_("%(count)d other sessions on the database") % {"count": count})


def _is_running(what: str) -> NotRestored:
    return NotRestored(
        _("The base is running: %(what)s. Stop it first: `make stop`, or the services of the system.") % {"what": what}
    )


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
