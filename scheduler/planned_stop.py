"""A planned stop: what doses is closed and confirmed, motors stand still, positions are held, controllers run on."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from concurrent.futures import CancelledError, Future
from concurrent.futures import TimeoutError as FutureTimeout

from devices.driver import WriteOutcome, WriteState
from devices.errors import DevicesError
from scheduler.wiring import FieldBus

log = logging.getLogger(__name__)

STOP_WITHIN_S = 12.0
"""After this long the process ends all the same; what is then still on is stopped by its own device. [s]"""


def stop_outputs(
    bus: FieldBus,
    *,
    beat: Callable[[], None],
    within_s: float = STOP_WITHIN_S,
    monotonic: Callable[[], float] = time.monotonic,
) -> dict[str, bool]:
    """Bring every output of the held lines to its safe state and wait for the confirmations.

    Parameters
    ----------
    bus : FieldBus
        The lines of this process.
    within_s : float
        How long to wait for all of them together. [s]

    Returns
    -------
    Whether it was confirmed, by ``device.point``. What was not is logged.
    """
    over_at_s = monotonic() + within_s
    confirmed = {}
    for point, future in bus.submit_stops():
        fault = _fault_of(future, max(0.0, over_at_s - monotonic()))
        confirmed[point] = fault is None
        if fault is not None:
            log.error("planned stop: %s is not confirmed in its safe state: %s", point, fault)
    log.info("planned stop: %d of %d outputs confirmed in their safe state", sum(confirmed.values()), len(confirmed))
    return confirmed


def _fault_of(future: Future[WriteOutcome], wait_s: float) -> str | None:
    try:
        outcome = future.result(wait_s)
    except FutureTimeout:
        return "no answer in time"
    except (DevicesError, CancelledError) as error:
        return str(error)
    return None if outcome.state is WriteState.CONFIRMED else f"{outcome.state}: {outcome.detail}"
