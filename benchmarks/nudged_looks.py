"""Requests stored by one thread and taken by the loop of the control process in another, in a process of its own.

Prints the times from storing to taking in milliseconds, as JSON. The store is that of the environment.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import sys
import threading
import time

LOOK_EVERY_S = 0.1
POINT = "h1-climate.heating_setpoint"


def main() -> None:
    """Set Django up, then measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("count", type=int)
    parser.add_argument("--deaf", action="store_true", help="hear no nudges")
    arguments = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.console")
    import django

    django.setup()
    from django.conf import settings
    from django.core.management import call_command

    for alias in settings.DATABASES:
        call_command("migrate", database=alias, interactive=False, verbosity=0)
    call_command("load_base", stdout=sys.stderr)
    print(json.dumps(measure(arguments.count, is_deaf=arguments.deaf)))


def measure(count: int, *, is_deaf: bool) -> list[float]:
    """Times from storing to taking. [ms]"""
    from django.contrib.auth.models import Group, User
    from django.db import connections, transaction

    from greenhouse.clock import moment_now
    from greenhouse.commands import dispatch
    from greenhouse.commands.dispatch import WriteOrder
    from greenhouse.commands.lifecycle import State
    from greenhouse.commands.submit import submit_setpoint
    from greenhouse.nudges import Listener, Subject
    from scheduler.runtime import Loop

    user, _is_new = User.objects.get_or_create(username="bench")
    user.groups.add(Group.objects.get(name="technician"))
    wake, taken = threading.Event(), threading.Event()
    taken_s = 0.0

    class Writer:
        def start(self, order: WriteOrder) -> None:
            nonlocal taken_s
            taken_s = time.perf_counter()
            dispatch.record_outcome(order.request_id, State.CONFIRMED, now=moment_now())
            taken.set()

    loop = Loop(
        "look",
        LOOK_EVERY_S,
        lambda: dispatch.dispatch_next(moment_now(), Writer()),
        on_fatal=lambda: os._exit(1),
        wake=wake,
    )
    listener = Listener([Subject.REQUESTS], wake.set)
    if not is_deaf:
        listener.start()
    loop.start()
    dice, times_ms = random.Random(1), []
    for number in range(count):
        _show_controller()
        time.sleep(dice.uniform(0.0, LOOK_EVERY_S))  # any moment between two looks
        with transaction.atomic():
            submit_setpoint(POINT, 15.0 + number % 2, by=user, seen_value=15.0, seen_at=None, now=moment_now())
            began_s = time.perf_counter()
        if not taken.wait(10.0):
            raise SystemExit("a request was not taken")
        taken.clear()
        times_ms.append(1000 * (taken_s - began_s))
    listener.stop()
    loop.stop(5.0)
    connections.close_all()
    return times_ms


def _show_controller() -> None:
    """The controller answers, is on remote control and holds 15 °C."""
    import numpy as np

    from devices.samples import Origin, Reading
    from greenhouse.clock import moment_now
    from greenhouse.site.point_index import point_index
    from greenhouse.telemetry import ingest

    now = moment_now().wall
    points = ("h1-climate.link", "h1-climate.control_location", POINT)
    reading = Reading(
        points=points,
        values=np.array([2.0, 1.0, 15.0]),
        quality=np.zeros(3, dtype=np.uint8),
        reason=np.zeros(3, dtype=np.uint8),
        observed_at=now,
        origin=Origin.SIMULATED,
    )
    tick = ingest.last_tick("bench") + 1
    ingest.record([reading], ids=point_index().ids, writer="bench", tick=tick, now=now)


if __name__ == "__main__":
    main()
