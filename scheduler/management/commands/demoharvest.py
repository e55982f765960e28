"""``manage.py demoharvest``: two seasons of simulated harvests for a simulated base."""

from __future__ import annotations

import os
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from greenhouse.clock import utc_now
from greenhouse.harvest import simulated
from greenhouse.plant.errors import PlantError
from greenhouse.site.basefile.errors import BaseFileError
from greenhouse.site.basefile.reader import load_base
from scheduler.demo_history.harvests import fill_in
from scheduler.demo_history.making import refusal

_LOWEST_PRIORITY = 19


class Command(BaseCommand):
    help = (
        "Give a simulated base the crops and harvests of its last two seasons, each marked as simulated. A running "
        "base does this by itself, once. By hand it may run beside the base, may be cut off and run again, and adds "
        "what has ripened since."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--seed", type=int, default=settings.SIMULATION_SEED, help="that of runsimulator")
        parser.add_argument("--status", action="store_true", help="only tell how far it is")
        parser.add_argument(
            "--lacking", action="store_true", help="only what never had its harvests; for the control process"
        )

    def handle(self, *_args: Any, seed: int, status: bool, lacking: bool, **_options: Any) -> None:
        try:
            base_file = load_base(settings.BASE_FILE)
        except BaseFileError as error:
            raise CommandError(str(error)) from error
        if (why := refusal(base_file)) is not None:
            raise CommandError(f"Refused: {why}.")
        if status:
            progress = simulated.progress()
            self._tell(f"{progress.done} of {progress.total} simulated crop cycles have their harvests")
            return
        os.nice(_LOWEST_PRIORITY)
        # Loading the compiler takes a second, and a refused base needs none.
        from greenhouse.plant.compiled import CompiledHouse, keep_machine_code

        keep_machine_code(Path(settings.VAR_DIR) / "machine-code")
        try:
            stored = fill_in(
                base_file,
                seed=seed,
                now=utc_now(),
                make_house=CompiledHouse,
                told=self._tell,
                lacking_only=lacking,
            )
            self._tell(f"{stored} harvests were stored; all of them are simulated")
        except PlantError as error:
            raise CommandError(str(error)) from error
        except BrokenPipeError as error:
            raise CommandError("the control process has gone") from error

    def _tell(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()
