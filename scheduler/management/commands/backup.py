"""``manage.py backup``: a copy of the whole store, made while the base runs."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from greenhouse.clock import utc_now
from scheduler.backup.errors import BackupError
from scheduler.backup.making import check_backup, make_backup
from scheduler.backup.manifest import read_manifest


class Command(BaseCommand):
    """Makes a backup, checks it and says where it is."""

    help = "Copy the whole store into a new folder, while the base runs, and check the copy."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--to", type=Path, metavar="FOLDER", help="folder of the backups (default: GREENHOUSE_BACKUPS)"
        )
        parser.add_argument("--check", type=Path, metavar="BACKUP", help="make none, but check this one")

    def handle(self, *_args: Any, to: Path | None, check: Path | None, **_options: Any) -> None:
        try:
            made = check or make_backup(to or settings.BACKUPS, now=utc_now())
            manifest = check_backup(made) if check else read_manifest(made)
        except BackupError as error:
            raise CommandError(str(error)) from error
        size = sum(file.size for file in manifest.files.values()) / 1e6
        self.stdout.write(
            _("The backup %(folder)s is sound: %(size).1f MB, base %(base)s, ledger up to entry %(number)s.")
            % {
                "folder": made,
                "size": size,
                "base": manifest.facts.base or "–",
                "number": manifest.facts.ledger_number or 0,
            }
        )
        self.stdout.write(
            _(
                "It holds names and password hashes of people: keep it as safe as the base itself. "
                "It holds no sessions, no secret key, no base file and no alarm file."
            )
        )
