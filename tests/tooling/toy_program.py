"""A program for the supervisor's tests: says what happens to it in a journal, beats, hangs or crashes on demand.

Usage: ``toy_program.py <name> <journal> [crash]``. It stops beating while a file ``<journal>.<name>.hang`` exists.
"""

import os
import signal
import sys
import time
from pathlib import Path

from scheduler.heartbeat import beat

name, journal = sys.argv[1], Path(sys.argv[2])


def note(event: str) -> None:
    with journal.open("a") as file:
        file.write(f"{name} {event} {os.getpid()} {time.monotonic():.3f}\n")


def stop(*_: object) -> None:
    time.sleep(0.3)  # long enough for a wrong order to show
    note("stopped")
    sys.exit(0)


signal.signal(signal.SIGTERM, stop)
note("started")
if "crash" in sys.argv:
    sys.exit(1)
hang = Path(f"{journal}.{name}.hang")
while True:
    if not hang.exists():
        beat(name)
    time.sleep(0.1)
