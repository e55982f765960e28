"""``manage.py runcontrol``: the control process, the only one that touches the bus."""

from __future__ import annotations

import logging
import threading
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import close_old_connections

from devices.samples import Origin
from greenhouse.clock import is_training
from greenhouse.nudges import Listener, Subject
from greenhouse.site import structure
from greenhouse.site.virtual_points import CONTROL
from greenhouse.site.wiring import wired_lines
from scheduler import heartbeat
from scheduler.backup.engine import present_engine
from scheduler.backup.errors import NotRestored
from scheduler.cycle import BaseChanged, ControlCycle, LineDied
from scheduler.demo_history.starting import history_filling
from scheduler.leases.choice import locks_folder, open_leases
from scheduler.machine_clock import clock_of_the_base
from scheduler.runtime import Loop, StopSignal, settle
from scheduler.standby import wait_for_lease

logger = logging.getLogger(__name__)

LOOK_EVERY_S = 0.1
TICK_EVERY_S = 1.0
BEAT_EVERY_S = 1.0
LOOP_ENDS_WITHIN_S = 2.0


class Command(BaseCommand):
    """Runs until SIGTERM or Ctrl-C, which is a planned stop."""

    help = "Poll the field bus, store samples, carry out requests. Exactly one process at a time holds a line."
    requires_system_checks = ()  # they would load all pages at each restart; `runbase` and `make check` run them

    def handle(self, *_args: Any, **_options: Any) -> None:
        stop = StopSignal()
        stop.install()
        try:
            present_engine().require_whole_store()
        except NotRestored as error:
            raise CommandError(str(error)) from error
        locks = locks_folder()
        leases = open_leases(locks)
        lease = leases.control()
        if not (_wait_for_base(stop) and wait_for_lease(lease, stop, beat=_beat)):
            leases.close()
            return
        if is_training() and (real := _real_devices()):
            leases.close()
            raise CommandError(f"A training base opens no line to real devices, but has some: {', '.join(real)}")
        wake = threading.Event()
        filling = history_filling(lease.fence)
        cycle = ControlCycle(lease, leases, clock_of_the_base(locks), look_again=wake.set, beat=_beat, filling=filling)
        settle()
        try:
            _control(cycle, stop, wake)
        finally:
            cycle.close()
            leases.close()
        if stop.is_fatal:
            raise SystemExit(1)


def _real_devices() -> list[str]:
    return [device.key for line in wired_lines() for device in line.devices if device.origin is not Origin.SIMULATED]


def _control(cycle: ControlCycle, stop: StopSignal, wake: threading.Event) -> None:
    """Let the loops run until the stop, then bring everything to its planned end."""
    loops = (
        Loop("look", LOOK_EVERY_S, cycle.look, on_fatal=stop.stop_after_fault, wake=wake),
        Loop("tick", TICK_EVERY_S, lambda: _tick(cycle, stop), on_fatal=stop.stop_after_fault),
    )
    listener = Listener([Subject.REQUESTS], wake.set)
    try:
        cycle.begin()
        listener.start()
        for loop in loops:
            loop.start()
        while not stop.wait(BEAT_EVERY_S):
            cycle.watch_lease()
        logger.info("planned stop")
        cycle.stop_outputs()
        close_old_connections()  # this thread has asked nothing since the start: the store may have been restarted
        ended = [loop.stop(LOOP_ENDS_WITHIN_S) for loop in loops]
        if all(ended):  # a loop that hangs on the store must not keep the lines open
            cycle.end()
    finally:
        listener.stop()


def _tick(cycle: ControlCycle, stop: StopSignal) -> None:
    """One tick, after a sign of life; what only a new process can mend ends this one."""
    # Before the work, not after it: a store that is locked for a while must not look like a hang.
    _beat()
    try:
        cycle.tick()
    except BaseChanged:
        logger.warning("another base file was loaded: stopping, to be started again with it")
        stop.stop()
    except LineDied as died:
        logger.critical("the thread of line %s has ended by a defect: stopping, to be started again", died)
        stop.stop_after_fault()


def _beat() -> None:
    heartbeat.beat(CONTROL)


def _wait_for_base(stop: StopSignal) -> bool:
    """Wait until a base file is loaded. False if the process must stop before."""
    waiting = False
    while structure.revision() is None:
        if not waiting:
            logger.warning("no base is loaded; load one with: manage.py load_base")
            waiting = True
        _beat()
        if stop.wait(BEAT_EVERY_S):
            return False
    if structure.is_being_loaded():
        logger.error(
            "the base file is being loaded, or its load was cut off: control starts with what is there and starts anew "
            "when it is complete; if nobody is loading it, run: manage.py load_base"
        )
    return True
