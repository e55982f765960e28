"""``manage.py runmaintenance``: the process that keeps the main database tidy."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Any

from django.core.management.base import BaseCommand

from scheduler import heartbeat, jobs, maintenance
from scheduler.runtime import Boundary, StopSignal, WallClockWatch

log = logging.getLogger(__name__)


class Command(BaseCommand):
    """Runs until SIGTERM."""

    help = "Keep the main database tidy, back the store up, write the ledger's daily head. Never touches the bus."
    requires_system_checks = ()  # they would load all pages at each restart; `runbase` and `make check` run them

    def handle(self, *_args: Any, **_options: Any) -> None:
        stop = StopSignal()
        stop.install()
        scheduler = jobs.new_scheduler()

        def plan(key: str, policy: jobs.JobPolicy, work: Callable[[], object]) -> None:
            boundary = Boundary(key, stop.stop_after_fault)
            jobs.add(scheduler, key, policy, lambda: boundary.run(work))

        plan("clear_sessions", jobs.CLEAR_SESSIONS, maintenance.clear_sessions)
        plan("clear_diagnostics", jobs.CLEAR_DIAGNOSTICS, maintenance.clear_diagnostics)
        plan("checkpoint", jobs.CHECKPOINT, maintenance.checkpoint)
        plan("backup", jobs.BACKUP, maintenance.make_due_backup)
        plan("ledger_head", jobs.LEDGER_HEAD, maintenance.write_ledger_head)
        scheduler.start()
        log.info("maintenance runs %d jobs", len(scheduler.get_jobs()))
        watch = WallClockWatch(wall_s=time.time(), monotonic_s=time.monotonic())
        while not stop.wait(1.0):
            heartbeat.beat("maintenance")
            if jump_s := watch.jump_s(wall_s=time.time(), monotonic_s=time.monotonic()):
                log.warning("the wall clock was set by %+.0f s; jobs are planned anew", jump_s)
                jobs.clock_jumped(scheduler)
        scheduler.shutdown(wait=True)
        if stop.is_fatal:
            raise SystemExit(1)
