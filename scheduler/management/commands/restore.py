"""``manage.py restore``: put a backup back."""

from __future__ import annotations

from argparse import ArgumentParser
from datetime import datetime
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _

from greenhouse.clock import utc_now
from scheduler.backup.errors import BackupError
from scheduler.backup.restoring import check_restorable, restore


class Command(BaseCommand):
    """Works only while the base is stopped. The present store is kept."""

    help = "Put a backup back, and bring it to the present version. The present store is kept beside it."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path, help="the backup's own folder, backup-...")
        parser.add_argument("--check", action="store_true", help="only say whether it could be put back")
        parser.add_argument("--other-base", action="store_true", help="put it back though it is of another base")

    def handle(self, *_args: Any, folder: Path, check: bool, other_base: bool, **_options: Any) -> None:
        try:
            if check:
                manifest = check_restorable(folder, other_base=other_base)
                self.stdout.write(_("The backup of %(moment)s can be put back.") % {"moment": _local(manifest.made_at)})
                return
            done = restore(folder, other_base=other_base, now=utc_now())
        except BackupError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(
            _("The store is as it was on %(moment)s. The former one is kept: %(place)s")
            % {"moment": _local(done.manifest.made_at), "place": done.set_aside}
        )
        self.stdout.write(_("Everybody has to sign in again. Start the base: make run"))


def _local(moment: datetime) -> str:
    return f"{timezone.localtime(moment):%Y-%m-%d %H:%M:%S}"
