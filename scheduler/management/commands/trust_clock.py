"""``manage.py trust_clock``: a person vouches for the wall clock of this machine."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from greenhouse.clock import is_training
from greenhouse.ledger import chain as ledger
from scheduler.leases.choice import locks_folder
from scheduler.machine_clock import LinuxClock
from scheduler.sample_clock import trust


class Command(BaseCommand):
    """For whoever has just set the clock, on a base without a time server."""

    help = "Vouch for the clock of this computer after it was set by hand; schedules then run again."
    requires_system_checks = ()

    def handle(self, *_args: Any, **_options: Any) -> None:
        if is_training():
            raise CommandError("The clock of a training base cannot be set, so nobody has to vouch for it.")
        folder = locks_folder()
        folder.mkdir(parents=True, exist_ok=True)
        try:
            wall = trust(LinuxClock(folder))
        except ValueError as error:
            raise CommandError(str(error)) from error
        with transaction.atomic():
            ledger.append_or_report([(ledger.Kind.CLOCK, {"action": "trusted"})], now=wall)
        self.stdout.write(f"believed within a second: {wall:%Y-%m-%d %H:%M:%S} UTC")
