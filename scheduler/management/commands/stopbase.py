"""``manage.py stopbase``: a planned stop of the base that runs on this machine."""

from __future__ import annotations

import os
import signal
import time
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from scheduler.supervision import remains
from scheduler.supervision.configuration import Instance
from scheduler.supervision.programs import base_programs

PATIENCE_S = 60.0


class Command(BaseCommand):
    """Asks supervisord to stop all programs in order and waits until it has."""

    help = "Stop all processes of the running base: control first, the simulated base last."

    def handle(self, *_args: Any, **_options: Any) -> None:
        instance = Instance(project=settings.BASE_DIR, var=settings.VAR_DIR)
        if remains.is_running(instance):
            os.kill(int((instance.run / "supervisord.pid").read_text()), signal.SIGTERM)
            deadline_s = time.monotonic() + PATIENCE_S
            while remains.is_running(instance):
                if time.monotonic() > deadline_s:
                    raise CommandError(f"The base has not stopped within {PATIENCE_S:.0f} s; see {instance.logs}")
                time.sleep(0.2)
            self.stdout.write("The base has stopped.")
        elif orphans := remains.find_orphans(instance):
            remains.stop_orphans(orphans, base_programs("", port=0, simulated=True))
            self.stdout.write(f"Stopped {len(orphans)} processes that outlived their supervisor.")
        else:
            self.stdout.write("The base is not running.")
