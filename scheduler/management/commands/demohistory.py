"""``manage.py demohistory``: the past of a simulated base: how far it is, and making it by hand."""

from __future__ import annotations

import os
import sys
import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from devices.errors import LeaseLost
from greenhouse.clock import utc_now
from greenhouse.forecast.season import MakeHouse
from greenhouse.plant.errors import PlantError
from greenhouse.site.basefile.errors import BaseFileError
from greenhouse.site.basefile.reader import load_base
from greenhouse.site.basefile.schema import BaseFile
from greenhouse.site.point_index import PointIndex, point_index
from greenhouse.telemetry import backfill
from greenhouse.telemetry.packing import PointTraits
from greenhouse.telemetry.retention import retention_of
from scheduler.demo_history import frames
from scheduler.demo_history.making import Left, Wanted, make, refusal, what_is_left
from scheduler.demo_history.year import YEAR_DAYS
from scheduler.leases.choice import locks_folder, open_leases
from scheduler.leases.lease import Lease

_LOWEST_PRIORITY = 19
_TELL_EVERY_S = 5.0


class Command(BaseCommand):
    """Without the control process it stores what it makes; beside it, it only tells how far that one is."""

    help = (
        "Give a simulated base its past: roll-ups of a year and samples of two weeks before its own first samples. "
        "A running base does this by itself; then this tells how far it is. It may be cut off and run again."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--status", action="store_true", help="only tell how far it is and what is left")
        parser.add_argument("--days", type=int, default=settings.DEMO_HISTORY_DAYS or YEAR_DAYS, help="default 365")
        parser.add_argument("--seed", type=int, default=settings.SIMULATION_SEED, help="that of runsimulator")
        parser.add_argument(
            "--to-pipe", action="store_true", help="write what is made to standard output; for the control process"
        )

    def handle(self, *_args: Any, status: bool, days: int, seed: int, to_pipe: bool, **_options: Any) -> None:
        if not 1 <= days <= YEAR_DAYS:
            raise CommandError(f"--days {days}: must be from 1 to {YEAR_DAYS}")
        try:
            base_file = load_base(settings.BASE_FILE)
        except BaseFileError as error:
            raise CommandError(str(error)) from error
        if (why := refusal(base_file)) is not None:
            raise CommandError(f"Refused: {why}.")
        index = point_index()
        left, now = what_is_left(base_file, index), utc_now()
        wanted = Wanted(days, seed, retention_of(settings.TELEMETRY_KEEP_DAYS), now)
        try:
            if to_pipe:
                os.nice(_LOWEST_PRIORITY)
                for past in make(base_file, left.until_ms, wanted, index, _compiled()):
                    frames.write(sys.stdout.buffer, past)
            elif status:
                self._tell(left)
            else:
                self._fill_by_hand(base_file, left, wanted, index)
        except PlantError as error:
            raise CommandError(str(error)) from error
        except BrokenPipeError as error:
            raise CommandError("the control process has gone") from error

    def _fill_by_hand(self, base_file: BaseFile, left: Left, wanted: Wanted, index: PointIndex) -> None:
        leases = open_leases(locks_folder())
        lease = leases.control()
        try:
            if not lease.acquire():
                self._tell(left)
                self.stdout.write(f"The control process ({lease.holder()}) fills it in while the base runs.")
                return
            self._store(base_file, left, wanted, index, lease)
        except LeaseLost as error:
            raise CommandError("another process has taken over the store; what is stored stays") from error
        finally:
            lease.release()
            leases.close()

    def _store(self, base_file: BaseFile, left: Left, wanted: Wanted, index: PointIndex, lease: Lease) -> None:
        self._tell(left)
        if not left.until_ms:
            return
        backfill.begin_packing()
        traits, told_s, done = PointTraits(index), time.monotonic(), 0
        for past in make(base_file, left.until_ms, wanted, index, _compiled()):
            lease.require()
            done += backfill.store_past(past, traits, now=utc_now(), fence=lease.fence)
            if time.monotonic() - told_s >= _TELL_EVERY_S:
                told_s = time.monotonic()
                self.stdout.write(f"{left.done + done} of {left.total} points")
                self.stdout.flush()
        self._tell(what_is_left(base_file, index))

    def _tell(self, left: Left) -> None:
        self.stdout.write(
            f"{left.done} of {left.total} points have their simulated past; {len(left.until_ms)} are left."
        )
        if left.silent:
            self.stdout.write(
                f"{len(left.silent)} points have recorded nothing yet, so nobody knows where their past would end: "
                f"{', '.join(left.silent[:5])}{' ...' if len(left.silent) > 5 else ''}. Run the base first."
            )


def _compiled() -> MakeHouse:
    # Loading the compiler takes a second, and there may be nothing to make.
    from greenhouse.plant.compiled import CompiledHouse, keep_machine_code

    keep_machine_code(Path(settings.VAR_DIR) / "machine-code")
    return CompiledHouse
