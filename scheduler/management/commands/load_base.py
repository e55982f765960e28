"""Load the base file into the database: ``manage.py load_base [file] [--check]``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from greenhouse.site.basefile.errors import BaseFileError
from greenhouse.site.basefile.importer import import_base
from greenhouse.site.basefile.reader import load_base
from scheduler.runtime import utc_now


class Command(BaseCommand):
    help = (
        "Check the base file, telling every fault at once, and store it. Loading the same file again changes nothing."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", nargs="?", type=Path, help="the base file (default: GREENHOUSE_BASE_FILE)")
        parser.add_argument("--check", action="store_true", help="only check, store nothing")

    def handle(self, *_args: Any, file: Path | None, check: bool, **_options: Any) -> None:
        try:
            base_file = load_base(file or settings.BASE_FILE)
        except BaseFileError as error:
            for fault in error.faults:
                self.stderr.write(fault)
            raise CommandError(f"{error.file}: {len(error.faults)} fault(s); nothing was stored") from error
        if check:
            self.stdout.write(f"{base_file.base.key}: no faults")
            return
        changes = import_base(base_file, now=utc_now())
        for kind, change in changes.items():
            if change:
                self.stdout.write(
                    f"{kind}: {change.created} created, {change.changed} changed, {change.disabled} switched off"
                )
        if not any(changes.values()):
            self.stdout.write(f"{base_file.base.key}: nothing to change")
