"""What the control process does for alarms: look at every reading, write down what went on and off."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from datetime import datetime

from devices.samples import Quality, Reading
from greenhouse.alarms import board, occurrences, site_file
from greenhouse.alarms.binding import Binding, bind
from greenhouse.alarms.definitions import Kind
from greenhouse.alarms.evaluation import Evaluation, Transition
from greenhouse.alarms.hindered_programs import HinderedPrograms
from greenhouse.alarms.loader import load_shipped
from greenhouse.alarms.locked_outputs import LockedOutputs
from greenhouse.alarms.unconfirmed import FIRST_LOOK_BACK, OVERLAP, UnconfirmedCommands
from greenhouse.alarms.waiting_returns import WaitingReturns
from greenhouse.clock import pace, span
from greenhouse.fencing import UNFENCED, Fence
from greenhouse.site import structure
from greenhouse.telemetry import series

TRANSITIONS_PER_TRANSACTION = 6
DELAYS_PER_TRANSACTION = 20
"""Keep each write transaction under 50 ms in a flood: a transition takes 3 to 4 ms; delays go in few statements."""
WRITES_FOR_S = 0.3
"""Most time of a round for writing, so that a flood of alarms or a slow disk keeps no reading waiting. [s]"""


def bindings_of_the_base() -> list[Binding]:
    """Every alarm of the base as it is stored now; none if no base is loaded."""
    base = structure.base()
    if base is None:
        return []
    overrides = site_file.stored_overrides(compartments=base.compartments)
    return bind(load_shipped(), overrides, base, structure.devices())


class AlarmDuty:
    """The alarms of one control process, resumed from the store.

    Raises nothing of its own; where the store refuses, ``DatabaseError`` gets out, nothing is forgotten, and the next
    call writes what is left.

    Parameters
    ----------
    writer : str
        Name under which the samples are stored.
    now, wall : datetime
        On the clock of the samples, and on that of the commands; the same while the wall clock is believed.
    fence : Fence
        Of the control lease.
    is_begun_anew : bool
        At another pace of a training base: what was heard before tells of no silence now.
    monotonic : callable
        Clock that says when a round has written for long enough. [s]
    """

    def __init__(
        self,
        *,
        writer: str,
        now: datetime,
        wall: datetime,
        fence: Fence = UNFENCED,
        is_begun_anew: bool = False,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._fence, self._monotonic = fence, monotonic
        bindings, resumed = bindings_of_the_base(), board.resumed()
        active = [key for key, before in resumed.items() if before.is_active]
        watched = {binding.key for binding in bindings}
        occurrences.withdraw([key for key in active if key not in watched], at=now, now=wall, fence=fence)
        stored_at = series.committed_at().get(writer, now)
        self._evaluation = Evaluation(
            bindings,
            resumed=resumed,
            last_good_s=_last_usable(),
            from_s=now.timestamp(),
            not_listened_s=math.inf if is_begun_anew else max(0.0, (now - stored_at).total_seconds()),
            pace=pace(),
        )
        commands, commands_active = _of_kind(Kind.UNCONFIRMED, bindings, active)
        self._commands = UnconfirmedCommands(
            commands,
            active=commands_active,
            told=board.told_requests(now - 2 * max(FIRST_LOOK_BACK, span(OVERLAP))),
            now=now,
            wall=wall,
        )
        waiting, waiting_active = _of_kind(Kind.RETURN_WAITING, bindings, active)
        self._returns = WaitingReturns(waiting, active=waiting_active)
        locked, locked_active = _of_kind(Kind.OUTPUT_LOCKED, bindings, active)
        self._locks = LockedOutputs(locked, active=locked_active)
        hindered = [binding for binding in bindings if binding.definition.kind.follows_programs]
        on = {(found.definition.kind, found.object_key) for found in hindered if found.key in set(active)}
        self._programs = HinderedPrograms(hindered, active=on)
        self._unwritten: list[Transition] = []

    @property
    def is_written(self) -> bool:
        """Whether everything that went on or off is in the store."""
        return not self._unwritten

    def see(self, readings: Sequence[Reading]) -> None:
        """Look at readings that have just been stored. Writes nothing."""
        self._unwritten += self._evaluation.see(readings)
        self._unwritten += self._commands.see(readings)

    def keep_up(self, now: datetime, steady_s: float, *, wall: datetime) -> None:
        """Everything that was read has been seen: look for silence and at the commands, then write what changed.

        Parameters
        ----------
        now : datetime
            On the clock of the samples.
        steady_s : float
            A clock that nobody sets. [s]
        wall : datetime
            On the clock by which commands are dated.
        """
        self._unwritten += self._evaluation.pass_time(now.timestamp(), steady_s)
        self._unwritten += self._commands.look(now, wall=wall)
        self._unwritten += self._returns.look(now)
        self._unwritten += self._locks.look(now)
        self._unwritten += self._programs.look(now)
        self._write(wall)

    def _write(self, now: datetime) -> None:
        """Write in short transactions, delays first: cut off in between, a delay begins again and none is cut short.

        What is left when the time of the round is over is written in the next one.
        """
        over_at_s = self._monotonic() + WRITES_FOR_S
        running = list(self._evaluation.running().items())
        for first in range(0, len(running), DELAYS_PER_TRANSACTION):
            some = dict(running[first : first + DELAYS_PER_TRANSACTION])
            occurrences.record([], some, now=now, fence=self._fence)
            self._evaluation.stored(some)
            if self._monotonic() >= over_at_s:
                return
        while self._unwritten and self._monotonic() < over_at_s:
            occurrences.record(self._unwritten[:TRANSITIONS_PER_TRANSACTION], {}, now=now, fence=self._fence)
            del self._unwritten[:TRANSITIONS_PER_TRANSACTION]


def _of_kind(
    kind: Kind, bindings: Sequence[Binding], active: Sequence[tuple[str, str]]
) -> tuple[list[Binding], list[str]]:
    """Alarms of one kind, and the objects of those that are on."""
    found = [binding for binding in bindings if binding.definition.kind is kind]
    names = {binding.key for binding in found}
    return found, [object_key for name, object_key in active if (name, object_key) in names]


def _last_usable() -> dict[str, float]:
    """When each point last had a usable value, if that is its newest sample. [s since 1970 UTC]"""
    return {
        key: sample.observed_at.timestamp()
        for key, sample in series.latest().items()
        if sample.quality < Quality.BAD and sample.value is not None
    }
