"""``manage.py runmaintenance``: the process that keeps the main database tidy and publishes what visitors may see."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from greenhouse.clock import is_training, utc_now
from greenhouse.site import structure
from scheduler import heartbeat, jobs, maintenance
from scheduler.calendar import Calendar
from scheduler.inputs import has_fresh_inputs
from scheduler.leases.choice import locks_folder, open_leases
from scheduler.leases.lease import LeaseState
from scheduler.machine_clock import clock_of_the_base
from scheduler.publishing import publishing_loop
from scheduler.runtime import StopSignal, settle
from scheduler.sample_clock import SampleClock, newest_stored
from scheduler.standby import wait_for_lease

logger = logging.getLogger(__name__)

OWNER = "maintenance"
BEAT_EVERY_S = 1.0
PUBLISHING_ENDS_WITHIN_S = 3.0
JOBS: Mapping[str, tuple[jobs.JobPolicy, Callable[[], object]]] = {
    "clear_sessions": (jobs.CLEAR_SESSIONS, maintenance.clear_sessions),
    "clear_diagnostics": (jobs.CLEAR_DIAGNOSTICS, maintenance.clear_diagnostics),
    "clear_due_runs": (jobs.CLEAR_DUE_RUNS, maintenance.clear_due_runs),
    "checkpoint": (jobs.CHECKPOINT, maintenance.checkpoint),
    "backup": (jobs.BACKUP, maintenance.make_due_backup),
    "ledger_head": (jobs.LEDGER_HEAD, maintenance.write_ledger_head),
}


class Command(BaseCommand):
    """Runs until SIGTERM."""

    help = "Keep the main database tidy, back the store up, publish what visitors may see. Never touches the bus."
    requires_system_checks = ()  # they would load all pages at each restart; `runbase` and `make check` run them

    def handle(self, *_args: Any, **_options: Any) -> None:
        stop = StopSignal()
        stop.install()
        locks = locks_folder()
        leases = open_leases(locks)
        lease = leases.maintenance()
        if not wait_for_lease(lease, stop, beat=_beat):
            leases.close()
            return
        zone = structure.time_zone()
        calendar = Calendar(
            OWNER,
            {key: (policy.declared(key, zone), work) for key, (policy, work) in _jobs().items()},
            clock=SampleClock(clock_of_the_base(locks), last_stored=newest_stored()),
            has_fresh_inputs=lambda: has_fresh_inputs(utc_now()),
            zone=structure.time_zone,
            on_fatal=stop.stop_after_fault,
        )
        publishing = publishing_loop(settings.PUBLISHED_FILE)
        settle()
        calendar.start()
        if publishing is not None:
            publishing.start()
        logger.info("maintenance runs %d schedules", len(_jobs()))
        while not stop.wait(BEAT_EVERY_S):
            _beat()
            if lease.state() is LeaseState.LOST:
                logger.error("another process took the lease of maintenance: stopping, to stand by")
                stop.stop_after_fault()
            calendar.turn()
        if publishing is not None:
            publishing.stop(PUBLISHING_ENDS_WITHIN_S)
        calendar.stop()
        lease.release()
        leases.close()
        if stop.is_fatal:
            raise SystemExit(1)


def _jobs() -> Mapping[str, tuple[jobs.JobPolicy, Callable[[], object]]]:
    """The jobs of this base. A training base, whose day may last two minutes, is backed up by hand alone."""
    return {key: job for key, job in JOBS.items() if key != "backup"} if is_training() else JOBS


def _beat() -> None:
    heartbeat.beat(OWNER)
