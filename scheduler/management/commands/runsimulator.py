"""``manage.py runsimulator``: the simulated devices of the base file on real Modbus."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError

from devices.simulator.base import SimulatedBase, SimulatedLine, SimulatorFailed
from devices.simulator.control import ControlServer
from greenhouse.clock import is_training, span, utc_now
from greenhouse.site.basefile.errors import BaseFileError
from greenhouse.site.basefile.reader import load_base
from greenhouse.training import stored
from scheduler.heartbeat import beat
from scheduler.runtime import StopSignal
from scheduler.simulated_plant.base_plant import BasePlant
from scheduler.simulated_plant.counters import keep_counters, kept_counters
from scheduler.simulation import remove_address, simulated_lines, simulated_plant, write_address

logger = logging.getLogger(__name__)

_BEAT_EVERY_S = 1.0
_KEEP_EVERY_S = 10
_KEPT_AHEAD = timedelta(seconds=20)


class Command(BaseCommand):
    """Runs until SIGTERM, or until the simulated base breaks down."""

    help = (
        "Answer Modbus for every simulated device of the base file, with a model of the base behind the registers. "
        "Faults are switched on and off with `manage.py simfault`."
    )
    requires_system_checks = ()  # they would load all pages at each restart; `runbase` and `make check` run them

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", nargs="?", type=Path, help="the base file (default: GREENHOUSE_BASE_FILE)")
        parser.add_argument(
            "--seed", type=int, default=settings.SIMULATION_SEED, help="another number gives other weather"
        )

    def handle(self, *_args: Any, file: Path | None, seed: int, **_options: Any) -> None:
        stop = StopSignal()
        stop.install()
        try:
            base_file = load_base(file or settings.BASE_FILE)
            lines = simulated_lines(base_file)
            if not lines:
                raise CommandError(f"{base_file.base.key}: no device of this base is simulated")
            start = utc_now()
            plant = simulated_plant(base_file, start=start, seed=seed)
            plant.count_from(kept_counters(settings.VAR_DIR))
            base = _lives_by_base_time(lines, plant, start) if is_training() else SimulatedBase(lines, plant)
            base.start()
        except (BaseFileError, SimulatorFailed) as error:
            raise CommandError(str(error)) from error
        control = ControlServer(base)
        write_address(settings.VAR_DIR, control.start())
        for line in lines:
            logger.info(
                "simulating %d device(s) on line %s at %s", len(line.devices), line.key, base.endpoints[line.key]
            )
        try:
            self._live(base, plant, stop)
        finally:
            remove_address(settings.VAR_DIR)
            control.stop()
            base.stop()

    @staticmethod
    def _live(base: SimulatedBase, plant: BasePlant, stop: StopSignal) -> None:
        """Beat for as long as the base's own thread answers, and keep what its meters counted."""
        for second in count():
            is_over = stop.wait(_BEAT_EVERY_S)
            try:
                if is_over or second % _KEEP_EVERY_S == 0:
                    ahead_s = 0.0 if is_over else span(_KEPT_AHEAD).total_seconds()
                    keep_counters(settings.VAR_DIR, base.call(partial(plant.counters, ahead_s)))
                else:
                    base.call(lambda: None)
            except (SimulatorFailed, TimeoutError) as error:
                raise CommandError(f"the simulated base broke down: {error}") from error
            if is_training() and (is_over or second % int(stored.KEEP_EVERY_S) == 0):
                _keep_base_clock(is_last=is_over)
            if is_over:
                return
            beat("simulator")


def _lives_by_base_time(lines: tuple[SimulatedLine, ...], plant: BasePlant, start: datetime) -> SimulatedBase:
    """The simulated base of a training base. What passed while its plant settled is caught up with first."""
    plant.advance((utc_now() - start).total_seconds())
    return SimulatedBase(lines, plant, plant_s=lambda: utc_now().timestamp())


def _keep_base_clock(*, is_last: bool) -> None:
    """Base time is the world's, so who plays the world keeps it; it is also the last to stop."""
    try:
        stored.keep(is_last=is_last)
    except DatabaseError as error:
        logger.warning("how far base time has come could not be kept: %s", error)
