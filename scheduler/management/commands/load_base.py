"""Load the base file into the database: ``manage.py load_base [file] [--check]``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError

from greenhouse.alarms import site_file
from greenhouse.alarms.binding import binding_faults
from greenhouse.alarms.duty import bindings_of_the_base
from greenhouse.alarms.errors import DefinitionsError
from greenhouse.clock import utc_now
from greenhouse.site.basefile.errors import BaseFileError
from greenhouse.site.basefile.importer import import_base
from greenhouse.site.basefile.reader import load_base


class Command(BaseCommand):
    help = (
        "Check the base file, telling every fault at once, and store it. Loading the same file again changes nothing."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", nargs="?", type=Path, help="the base file (default: GREENHOUSE_BASE_FILE)")
        parser.add_argument("--check", action="store_true", help="only check, store nothing")

    def handle(self, *_args: Any, file: Path | None, check: bool, **_options: Any) -> None:
        path = file or settings.BASE_FILE
        try:
            base_file = load_base(path)
            compartments = [compartment.key for compartment in base_file.compartments]
            alarms = site_file.read(site_file.beside(path), compartments=compartments)
        except (BaseFileError, DefinitionsError) as error:
            for fault in error.faults:
                self.stderr.write(fault)
            raise CommandError(f"{error.file}: {len(error.faults)} fault(s); nothing was stored") from error
        if check:
            self.stdout.write(f"{base_file.base.key}: no faults")
            return
        now = utc_now()
        try:
            changes = import_base(base_file, now=now, also=lambda: site_file.store(alarms, now=now))
        except DatabaseError as error:
            raise CommandError(
                f"{path.name}: only a part is stored; what runs goes on as before. Run the same command again: {error}"
            ) from error
        for fault in binding_faults(bindings_of_the_base()):
            self.stderr.write(fault)
        for kind, change in changes.items():
            if change:
                self.stdout.write(
                    f"{kind}: {change.created} created, {change.changed} changed, {change.disabled} switched off"
                )
        if not any(changes.values()):
            self.stdout.write(f"{base_file.base.key}: nothing to change")
