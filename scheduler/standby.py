"""Standing by until a lease is free."""

from __future__ import annotations

import logging
from collections.abc import Callable

from scheduler.leases.lease import NOBODY_KNOWN, Lease
from scheduler.runtime import Boundary, StopSignal

logger = logging.getLogger(__name__)

_ASK_EVERY_S = 1.0


def wait_for_lease(lease: Lease, stop: StopSignal, *, beat: Callable[[], None]) -> bool:
    """Stand by while another process holds a lease. False if this one must stop before.

    Parameters
    ----------
    beat : callable
        Gives a sign of life.
    """
    waiting, boundary = False, Boundary("standby", stop.stop_after_fault)

    def take() -> None:
        nonlocal waiting
        if not lease.acquire() and not waiting:
            logger.warning("%s holds the lease of %s; standing by", lease.holder() or NOBODY_KNOWN, lease.name)
            waiting = True

    while not (boundary.run(take) and lease.held()):
        beat()
        if stop.wait(_ASK_EVERY_S):
            return False
    return True
