"""The clocks of this machine. What decides gets their readings passed in."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from greenhouse.deadlines import Moment

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


def moment_now() -> Moment:
    """Now, on the wall clock and on the clock that runs since the machine started."""
    return Moment(datetime.now(UTC), boot_id(), time.clock_gettime(time.CLOCK_BOOTTIME))


@cache
def boot_id() -> str:
    """The kernel's name of this run of the machine."""
    return _BOOT_ID.read_text(encoding="ascii").strip()
