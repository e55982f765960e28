"""``manage.py catalogs``: keep the Chinese texts in line with the sources, and compile them."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from greenhouse.console import catalogs


class Command(BaseCommand):
    """Update and compile the translations, or only one of the two, or check them."""

    help = "Brings the translations in line with the sources and compiles them."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        only = parser.add_mutually_exclusive_group()
        only.add_argument("--compile-only", action="store_true", help="compile what is there")
        only.add_argument("--check", action="store_true", help="change nothing; fail if a text is not translated")

    def handle(self, *_args: Any, compile_only: bool, check: bool, **_options: Any) -> None:
        if check:
            if found := catalogs.faults():
                raise CommandError("\n".join(map(str, found)))
            self.stdout.write("every text is translated")
            return
        if not compile_only:
            self.stdout.write(f"{catalogs.update()} texts without translation in {catalogs.catalog_file()}")
        if catalogs.compile_catalog():
            self.stdout.write("translations compiled")
