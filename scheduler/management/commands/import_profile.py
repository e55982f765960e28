"""Turn a site's own register list (CSV) into a device profile."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from devices.errors import ProfileError
from devices.profiles.csv_import import AddressBase, Device, import_csv


class Command(BaseCommand):
    help = "Make a device profile (TOML) of a register list (CSV). See docs/profiles.md."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("list", type=Path, help="the register list, CSV in UTF-8 or GB18030")
        parser.add_argument("--key", required=True, help="key of the profile, such as house-9-controller")
        parser.add_argument("--title-zh", required=True, help="Chinese name of the device")
        parser.add_argument("--title-en", required=True, help="English name of the device")
        parser.add_argument("--source", required=True, help="where the list comes from: who wrote it, which revision")
        parser.add_argument(
            "--address-base",
            required=True,
            choices=[base.value for base in AddressBase],
            help="how the list writes addresses: 0 as sent in the request, 1 counting from one, "
            "reference for 40001 or 400001. It is never guessed",
        )
        parser.add_argument(
            "--output", type=Path, help="file to write; it must not exist yet. Default: standard output"
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        source: Path = options["list"]
        device = Device(options["key"], options["title_zh"], options["title_en"], options["source"])
        try:
            content = source.read_bytes()
        except OSError as error:
            raise CommandError(f"{source}: {error.strerror}") from error
        try:
            made = import_csv(content, device, address_base=AddressBase(options["address_base"]), file=source.name)
        except ProfileError as error:
            raise CommandError(str(error)) from error
        self._write(made.text, options["output"])

    def _write(self, text: str, output: Path | None) -> None:
        if output is None:
            self.stdout.write(text, ending="")
            return
        try:
            with output.open("x", encoding="utf-8") as file:
                file.write(text)
        except OSError as error:
            raise CommandError(f"{output}: {error.strerror}; nothing was written") from error
        self.stdout.write(f"{output}: written. Read it, then name its folder in the base file (profiles = …).")
