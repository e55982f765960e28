"""The polls of a device: one task per block, and what becomes of a block that the device refuses."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from itertools import groupby

from devices.bus.protocol import Bus
from devices.bus.schedule import PollTask, Replacement
from devices.driver.reading import BlockPlanner, BlockReader, Installation
from devices.errors import DeviceException
from devices.profiles.schema import PointSpec
from devices.read_plan import Block, HoleSearch

logger = logging.getLogger(__name__)
ILLEGAL_ADDRESS = 2
_FIRST_RETRY_S = 10.0
_LONGEST_RETRY_S = 600.0


class Polling:
    """Makes the poll tasks of a device.

    The task of a block that is refused with exception 2 is replaced by a search for the refused part, and that by the
    tasks of the blocks that are left.
    """

    def __init__(self, installation: Installation, planner: BlockPlanner) -> None:
        self.installation = installation
        self.planner = planner

    def tasks(self) -> tuple[PollTask, ...]:
        """A task per block; points of one block are due together."""
        points = sorted(self.installation.profile.points, key=lambda point: point.poll_s)
        return tuple(
            task
            for period_s, due_together in groupby(points, key=lambda point: point.poll_s)
            for task in self.block_tasks(due_together, period_s)
        )

    def block_tasks(self, points: Iterable[PointSpec], period_s: float) -> tuple[BlockPoll, ...]:
        """Tasks that read these points. Points that cannot be read are left out."""
        return tuple(BlockPoll(self, reader, period_s) for reader in self.planner.readers(points))


class _Poll:
    """What all polls of a device share."""

    def __init__(self, polling: Polling, block: Block, period_s: float) -> None:
        self.unit_id = polling.installation.unit_id
        self.retries = polling.installation.profile.retries
        self.cost = block.count // 16 + 1 if block.table.is_bits else block.count
        self.period_s = period_s
        self._polling = polling


class BlockPoll(_Poll):
    """Reads one block and hands its values on."""

    def __init__(self, polling: Polling, reader: BlockReader, period_s: float) -> None:
        super().__init__(polling, reader.block, period_s)
        self._reader = reader

    def run(self, bus: Bus) -> Replacement | None:
        """One read."""
        try:
            self._reader.read(bus)
        except DeviceException as error:
            if error.code != ILLEGAL_ADDRESS:
                raise
            return Replacement(at_once=(_Search(self._polling, self._reader, self.period_s),))
        return None


class _Search(_Poll):
    """Looks for the part of a block that the device refuses, one read per run; answered parts are handed on."""

    def __init__(self, polling: Polling, refused: BlockReader, period_s: float) -> None:
        super().__init__(polling, refused.block, period_s)
        self._refused = refused
        self._search = HoleSearch(refused.block, limits=polling.installation.profile.limits)

    def run(self, bus: Bus) -> Replacement:
        """One read. The last one asks for the whole block again: a device that just started refuses for a while."""
        block = self._search.block
        reader = self._refused if block is None else self._polling.planner.reader(block)
        try:
            reader.read(bus)
        except DeviceException as error:
            if error.code != ILLEGAL_ADDRESS:
                raise
            is_answered = False
        else:
            is_answered = True
        if block is not None:
            self._search.note(answered=is_answered)
            return Replacement(at_once=(self,))
        if is_answered:
            return Replacement(after_period=(BlockPoll(self._polling, self._refused, self.period_s),))
        return self._finish()

    def _finish(self) -> Replacement:
        planner, illegal = self._polling.planner, self._search.illegal
        if illegal:
            keys = ", ".join(point.key for point in illegal)
            logger.error("%s: the device has no such address: %s", self._polling.installation.device, keys)
        legal = [point for point in self._refused.block.points if point not in illegal]
        if legal:
            planner.learn(self._search.holes)
            refused = planner.readers(illegal)
        else:
            # A device that refuses everything teaches nothing about holes.
            refused = (self._refused,)
        for reader in refused:
            reader.report_illegal()
        left_out = tuple(_IllegalPoll(self._polling, reader, self.period_s) for reader in refused)
        return Replacement(at_once=self._polling.block_tasks(legal, self.period_s), after_period=left_out)


class _IllegalPoll(_Poll):
    """What the device refuses even when it is asked alone: reported bad once, then tried now and then.

    The pauses begin short, for a device that only just started.
    """

    def __init__(self, polling: Polling, reader: BlockReader, period_s: float) -> None:
        super().__init__(polling, reader.block, max(period_s, _FIRST_RETRY_S))
        self.retries = 0
        self._wanted_period_s = period_s
        self._reader = reader

    def run(self, bus: Bus) -> Replacement | None:
        """One try. Once it is answered, the points are polled as they should be."""
        try:
            self._reader.read(bus)
        except DeviceException as error:
            if error.code != ILLEGAL_ADDRESS:
                raise
            self.period_s = max(min(2 * self.period_s, _LONGEST_RETRY_S), self._wanted_period_s)
            return None
        return Replacement(after_period=(BlockPoll(self._polling, self._reader, self._wanted_period_s),))
