"""What tells a device that this system lives: its own time-out, set and watched, and a heartbeat."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable

from devices.bus.protocol import Bus
from devices.codec import to_canonical
from devices.driver.writing import PointWriter
from devices.link_health import BackOff

logger = logging.getLogger(__name__)
CHECK_EVERY_S = 30.0
RETRY_AFTER_S = 5.0
_TELL_AFTER_WRITES = 2
_SPARED_MEMORY = BackOff(first_s=10.0, cap_s=3600.0)
"""Pauses between writes to a device that does not keep what is written."""
_WRITE_COST = 1000
"""More than any read: a write should be the last thing that probes a silent device."""


class DeviceTimeout:
    """Poll task that sets the communication time-out of a device and watches that it stays.

    It is written at the start, and again whenever the device shows another value: a device that lost its settings in a
    power cut is found at its first poll after it is back, because all polls of a unit are due then. A device that kept
    them is spared the write; such registers often lie in a memory that wears out. One that does not keep what is
    written, because it takes no such value, is looked at as often, but written more and more seldom.
    """

    retries = 0

    def __init__(self, writer: PointWriter, timeout_value: float, *, guard: Callable[[], None]) -> None:
        self.unit_id = writer.installation.unit_id
        self.period_s = RETRY_AFTER_S
        self.cost = _WRITE_COST
        self.is_confirmed = False
        """Whether the device showed the right time-out when it was asked last."""
        self._writer = writer
        self._request = writer.request(to_canonical(writer.point, timeout_value))
        self._wanted = writer.sent_value(self._request)
        self._guard = guard
        self._writes = 0  # since it was confirmed last
        self._next_write_s = -math.inf
        self._is_set = False  # it was confirmed before, in this run of the system

    def run(self, bus: Bus) -> None:
        """One look, and a write if it is needed."""
        if (self._is_set or self._writes) and self._look(bus):
            return
        now_s = self._writer.installation.monotonic()
        if now_s < self._next_write_s:
            return
        self._guard()
        bus.write(self._request)
        self._writes += 1
        if self._writes >= _TELL_AFTER_WRITES:
            self._next_write_s = now_s + _SPARED_MEMORY.pause_s(self._writes - _TELL_AFTER_WRITES + 1)
        if not self._look(bus) and self._writes == _TELL_AFTER_WRITES:
            logger.error(
                "%s: the device does not keep its time-out; what relies on it is refused", self._writer.store_key
            )

    def _look(self, bus: Bus) -> bool:
        self.is_confirmed = self._writer.can_read_back and self._writer.agrees(
            self._wanted, self._writer.read_back(bus)
        )
        if self.is_confirmed:
            if self._writes >= _TELL_AFTER_WRITES:
                logger.info("%s: the time-out is confirmed", self._writer.store_key)
            self._is_set, self._writes, self._next_write_s = True, 0, -math.inf
        self.period_s = CHECK_EVERY_S if self.is_confirmed else RETRY_AFTER_S
        return self.is_confirmed


class Heartbeat:
    """Poll task that writes a counting number, never 0, so that the device can tell that somebody is there."""

    retries = 0
    cost = _WRITE_COST

    def __init__(self, writer: PointWriter, every_s: float, *, guard: Callable[[], None]) -> None:
        self.unit_id = writer.installation.unit_id
        self.period_s = every_s
        self._writer = writer
        self._guard = guard
        low, high = (to_canonical(writer.point, limit) for limit in writer.write.limits)
        self._lowest, self._highest = max(1, int(low)), int(high)
        self._number = self._lowest - 1

    def run(self, bus: Bus) -> None:
        """One beat."""
        self._number = self._number + 1 if self._number < self._highest else self._lowest
        request = self._writer.request(self._number)
        self._guard()
        bus.write(request)
