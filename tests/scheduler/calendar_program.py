"""A process with one schedule whose work takes a while, for tests that kill it.

``python calendar_program.py DATABASE FOLDER``: each run appends ``start`` and ``end`` to a file named by its process.
"""

from __future__ import annotations

import os
import sys
import threading
from pathlib import Path

database, folder = sys.argv[1], Path(sys.argv[2])
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings.console"
os.environ["GREENHOUSE_VAR"] = str(folder)

import django  # noqa: E402
from django.conf import settings  # noqa: E402

settings.DATABASES["default"]["NAME"] = database
django.setup()

from greenhouse.schedules.due_times import Every  # noqa: E402
from greenhouse.schedules.policy import Policy  # noqa: E402
from greenhouse.schedules.runs import Declared  # noqa: E402
from greenhouse.site.structure import time_zone  # noqa: E402
from scheduler.calendar import Calendar  # noqa: E402
from scheduler.machine_clock import LinuxClock  # noqa: E402
from scheduler.sample_clock import SampleClock  # noqa: E402

log = folder / "work.log"


def note(text: str) -> None:
    with log.open("a") as file:
        file.write(f"{text}\n")
        file.flush()
        os.fsync(file.fileno())


def work() -> None:
    note("start")
    threading.Event().wait(0.4)
    note("end")


calendar = Calendar(
    "maintenance",
    {"slow": (Declared(key="slow", when=Every(1.0), policy=Policy(grace_s=None), title="Slow"), work)},
    clock=SampleClock(LinuxClock(folder), last_stored=None),
    has_fresh_inputs=lambda: True,
    zone=time_zone,
    on_fatal=lambda: None,
)
calendar.start()
while True:
    calendar.turn()
    threading.Event().wait(0.2)
