"""A planned stop: what doses is closed and confirmed, motors stand still, positions are held, controllers run on."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from concurrent.futures import wait

from scheduler.wiring import FieldBus

logger = logging.getLogger(__name__)

STOP_WITHIN_S = 12.0
"""After this long the process ends all the same; what is then still on is stopped by its own device. [s]"""
BEAT_EVERY_S = 0.5


def stop_outputs(
    bus: FieldBus,
    *,
    beat: Callable[[], None],
    within_s: float = STOP_WITHIN_S,
    monotonic: Callable[[], float] = time.monotonic,
) -> dict[str, str]:
    """Bring every output of the held lines to its safe state and wait for the confirmations.

    Until the time is over, each line writes again what is not confirmed.

    Parameters
    ----------
    bus : FieldBus
        The lines of this process.
    beat : callable
        Gives a sign of life; called at least every second.
    within_s : float
        How long to wait for all of them together. [s]

    Returns
    -------
    dict[str, str]
        Why it was not confirmed, by ``device.point``; empty where it was. What was not is logged.
    """
    over_at_s = monotonic() + within_s
    beat()
    stops = bus.begin_stop(over_at_s=over_at_s)
    under_way = {future for _stop, future in stops}
    while under_way and (left_s := over_at_s - monotonic()) > 0:
        beat()
        under_way = wait(under_way, min(left_s, BEAT_EVERY_S)).not_done
    found: dict[str, str] = {}
    for stop, _future in stops:
        faults = dict(stop.faults)  # a line that hangs in its last request may still change them
        found.update({point: faults.get(point, "") for point in stop.points})
        for point, fault in faults.items():
            logger.error("planned stop: %s is not confirmed in its safe state: %s", point, fault)
    confirmed = sum(not fault for fault in found.values())
    logger.info("planned stop: %d of %d outputs confirmed in their safe state", confirmed, len(found))
    return found
