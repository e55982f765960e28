"""The clocks of this machine, read here alone. What decides gets their readings passed in.

Durations are measured with `time.monotonic`, which is no time of day and may be read anywhere.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from greenhouse.deadlines import Moment

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


def utc_now() -> datetime:
    """The wall clock, aware UTC."""
    return datetime.now(UTC)


def boot_s() -> float:
    """Time since this machine was started, a suspended time included, whatever the wall clock says. [s]"""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def moment_now() -> Moment:
    """Now, on the wall clock and on the clock that runs since the machine started."""
    return Moment(utc_now(), boot_id(), boot_s())


@cache
def boot_id() -> str:
    """The kernel's name of this run of the machine."""
    return _BOOT_ID.read_text(encoding="ascii").strip()
