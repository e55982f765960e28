"""Take sign-ins again before a wait is over: ``manage.py unlock_login li``, or ``--all``."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from greenhouse.access import sign_in_audit, throttle
from greenhouse.clock import machine_utc_now


class Command(BaseCommand):
    help = "Let somebody sign in again who typed a wrong password too often; --all also reopens every address."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", nargs="?", help="user name, as it is typed at the sign-in")
        parser.add_argument("--all", action="store_true", help="every account and every address")

    def handle(self, *_args: Any, name: str | None, **options: Any) -> None:
        if (name is None) != options["all"]:
            raise CommandError("Name an account, or say --all.")
        cleared = throttle.reopen_all() if name is None else throttle.reopen(name)
        sign_in_audit.reopened(name, now=machine_utc_now())
        self.stdout.write("Nothing was locked." if not cleared else f"{name or 'Everybody'} may sign in again.")
