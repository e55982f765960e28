"""Publishing as a loop of the maintenance process: what visitors may see, every few seconds.

It follows the monotonic clock, like the loops of control and unlike the calendar: a missed round is made up for by the
next one, and nobody needs a row about it.
"""

from __future__ import annotations

import logging
from pathlib import Path

from greenhouse.clock import machine_utc_now, pace, utc_now
from greenhouse.publishing.errors import PublishedListError
from greenhouse.publishing.publisher import Clocks, Publisher
from scheduler.runtime import Loop

logger = logging.getLogger(__name__)

EVERY_S = 15.0


def publishing_loop(published_file: Path) -> Loop | None:
    """The loop, not started. None, and a line in the log, if the list of what is published is wrong."""
    try:
        publisher = Publisher.of_file(published_file)
    except PublishedListError as error:
        logger.error("nothing is published: %s", error)
        return None
    return Loop("publishing", EVERY_S, lambda: _publish(publisher), on_fatal=_go_on)


def _publish(publisher: Publisher) -> None:
    publisher.turn(Clocks(at=utc_now(), machine_at=machine_utc_now(), pace=pace()))


def _go_on() -> None:
    """Publishing that fails again and again is told of by the log; backups and the rest go on."""
