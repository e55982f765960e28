"""Load the base file into the database: ``manage.py load_base [file] [--check]``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError

from devices.errors import FaultyFile
from greenhouse.alarms import site_file
from greenhouse.alarms.binding import never_raised
from greenhouse.alarms.duty import bindings_of_the_base
from greenhouse.clock import utc_now
from greenhouse.configuration import versions
from greenhouse.configuration.errors import Disputed
from greenhouse.configuration.source import check, read_disk

_DISPUTED = (
    "The file {name} was changed, and so was the stored base, on a page, after this file was last loaded.\n"
    "  manage.py load_base --write       writes the stored base into the file\n"
    "  manage.py load_base --file-wins   takes the file; the stored one stays in the list of versions"
)


class Command(BaseCommand):
    help = (
        "Check the base file, telling every fault at once, and store it. Loading the same file again changes nothing. "
        "What was changed on the pages after the file was loaded stays."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", nargs="?", type=Path, help="the base file (default: GREENHOUSE_BASE_FILE)")
        ways = parser.add_mutually_exclusive_group()
        ways.add_argument("--check", action="store_true", help="only check, store nothing")
        ways.add_argument("--file-wins", action="store_true", help="take the file, whatever was changed on the pages")
        ways.add_argument("--stored-wins", action="store_true", help="where both were changed, keep the stored base")
        ways.add_argument("--write", action="store_true", help="write the stored base into the file instead")

    def handle(self, *_args: Any, file: Path | None, **options: Any) -> None:
        path = file or settings.BASE_FILE
        if options["write"]:
            self._write(path)
            return
        try:
            key = check(read_disk(path)).base.base.key
            if options["check"]:
                self.stdout.write(f"{key}: no faults")
                return
            changes = self._load(path, file_wins=options["file_wins"], stored_wins=options["stored_wins"])
        except FaultyFile as error:
            for fault in error.faults:
                self.stderr.write(fault)
            raise CommandError(f"{error.file}: {len(error.faults)} fault(s); nothing was stored") from error
        except DatabaseError as error:
            raise CommandError(
                f"{path.name}: only a part is stored; what runs goes on as before. Run the same command again: {error}"
            ) from error
        for found in never_raised(bindings_of_the_base()):
            self.stderr.write(str(found))
        for kind, change in changes.items():
            if change:
                self.stdout.write(
                    f"{kind}: {change.created} created, {change.changed} changed, {change.disabled} switched off"
                )
        if not any(changes.values()):
            self.stdout.write(f"{key}: nothing to change")

    def _load(self, path: Path, *, file_wins: bool, stored_wins: bool) -> versions.Changes:
        try:
            changes = versions.load_disk(path, now=utc_now(), file_wins=file_wins)
        except Disputed as error:
            words = _DISPUTED.format(name=path)
            if not stored_wins:
                raise CommandError(words) from error
            self.stderr.write(words)
            changes = versions.finish(now=utc_now())
        standing, _disk = versions.disk_standing(path)
        if standing is versions.DiskStanding.STORE_IS_NEWER:
            self.stdout.write(f"{path.name}: the stored base was changed on the pages since, and stays")
        return changes

    def _write(self, path: Path) -> None:
        version = versions.newest()
        if version is None:
            raise CommandError("nothing is stored yet")
        _replace(path, version.base_text)
        alarms = site_file.beside(path)
        if version.alarms_text or alarms.exists():
            _replace(alarms, version.alarms_text)
        self.stdout.write(f"{path}: version {version.number}")


def _replace(path: Path, text: str) -> None:
    """Write a file that is never seen half."""
    part = path.with_name(path.name + ".part")
    part.write_text(text, encoding="utf-8")
    part.replace(path)
