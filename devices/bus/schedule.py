"""Which poll of a line is due next. Pure: monotonic time is passed in, nothing here waits or touches the bus.

Every task keeps its own grid of times, so its period does not drift. Of the tasks that are due, the one whose period
ends first goes first. A unit that is offline is only probed, with growing distance, and all its tasks wait until a
probe is answered. Failed probes never take more than half of a line's time, however many units are dead.
"""

from __future__ import annotations

import heapq
import math
import zlib
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from devices.bus.protocol import Bus
from devices.errors import BusError, ReplyPending
from devices.link_health import BackOff, Blame, HealthChange, LinkState, UnitHealth, blame

FIRST_ROUND_S = 1.0
"""Every task runs for the first time within this time, so that slow points have a value soon after a start."""
BUSY_RETRY_S = 1.0
SILENT_TASK_BACK_OFF = BackOff(first_s=2.0, cap_s=60.0)
"""For a task that gets no answer from a unit that answers others: some devices are silent on an illegal address."""


@dataclass(frozen=True, slots=True)
class Replacement:
    """Tasks that take the place of the one that returned it."""

    at_once: tuple[PollTask, ...] = ()
    after_period: tuple[PollTask, ...] = ()
    """Due for the first time one of their periods from now."""


class PollTask(Protocol):
    """Something a line does again and again for one unit."""

    @property
    def unit_id(self) -> int:
        """The unit that is asked."""

    @property
    def period_s(self) -> float:
        """Time from one run to the next. Read again after every run, so a task may change its own period. [s]"""

    @property
    def retries(self) -> int:
        """How often a poll without a usable answer is repeated at once, while the unit is known to answer."""

    @property
    def cost(self) -> int:
        """Roughly the registers on the wire. The cheapest task is the first to probe a unit that is offline."""

    def run(self, bus: Bus) -> Replacement | None:
        """One round, usually one request. None: go on with this task.

        Raises
        ------
        BusError
            The line decides by its kind whether the unit or the line is left alone for a while.
        """


@dataclass(slots=True, eq=False)
class ScheduledTask:
    """A task with its place in the schedule."""

    task: PollTask
    period_s: float
    grid_start_s: float
    slot: int = 0
    """Number of the next grid time."""
    due_s: float = 0.0
    off_grid: bool = False
    """The coming run is an extra one: first round, recovery, retry."""
    failures: int = 0
    """Polls in a row without a usable answer."""
    attempt: int = 0
    """Repetitions of the current poll."""
    ticket: int = 0
    """Changes with every new place; heap items of an older ticket are void."""
    reported: str = ""
    """Last error that was logged for this task."""


@dataclass(slots=True)
class _Unit:
    health: UnitHealth = field(default_factory=UnitHealth)
    tasks: list[ScheduledTask] = field(default_factory=list)
    probes_sent: int = 0


_HeapItem = tuple[float, int, ScheduledTask]


class PollSchedule:
    """Times of the polls of one line and the health of its units.

    Parameters
    ----------
    line : str
        Key of the line. It also shifts the grid a little, so that many lines do not fire at the same moment.
    now_s : float
        Monotonic time of the start. [s]
    on_health : callable
        Told every change of a unit's state.
    """

    def __init__(
        self, line: str, tasks: Sequence[PollTask], *, now_s: float, on_health: Callable[[HealthChange], None]
    ) -> None:
        self.overruns = 0
        self.retries = 0
        self._line = line
        self._on_health = on_health
        self._tickets = 0
        self._waiting: list[_HeapItem] = []  # by due time
        self._ready: list[_HeapItem] = []  # by the end of the period
        self._probes: list[_HeapItem] = []  # by due time; one per unit that is offline
        self._no_probe_before_s = -math.inf
        self._units: dict[int, _Unit] = {}
        self._add_spread(tasks, now_s)

    def unit_states(self) -> dict[int, LinkState]:
        """State of every unit of the line."""
        return {unit_id: unit.health.state for unit_id, unit in self._units.items()}

    def take(self, now_s: float) -> ScheduledTask | None:
        """The most urgent task that is due. The caller reports how it went."""
        self._drop_void()
        if self._probes and self._probe_time_s() <= now_s:
            return heapq.heappop(self._probes)[2]
        while self._waiting and self._waiting[0][0] <= now_s:
            _, ticket, scheduled = heapq.heappop(self._waiting)
            if ticket == scheduled.ticket:
                heapq.heappush(self._ready, (scheduled.due_s + scheduled.period_s, ticket, scheduled))
        while self._ready:
            _, ticket, scheduled = heapq.heappop(self._ready)
            if ticket == scheduled.ticket:
                return scheduled
        return None

    def next_due_s(self) -> float | None:
        """When the next task is due. None: there is no task at all. [s]"""
        self._drop_void()
        times = [heap[0][2].due_s for heap in (self._ready, self._waiting) if heap]
        if self._probes:
            times.append(self._probe_time_s())
        return min(times, default=None)

    def succeeded(self, scheduled: ScheduledTask, now_s: float, replacement: Replacement | None = None) -> None:
        """The unit answered and the task did its work."""
        scheduled.failures = scheduled.attempt = 0
        if replacement is None:
            self._place_on_grid(scheduled, now_s)
        else:
            self._replace(scheduled, replacement, now_s)
        self._note_answer(scheduled, now_s)

    def skipped(self, scheduled: ScheduledTask, now_s: float) -> None:
        """The task did nothing that says something about its unit."""
        self._place_on_grid(scheduled, now_s)

    def failed(self, scheduled: ScheduledTask, now_s: float, error: BusError, *, took_s: float) -> None:
        """The poll failed with an error that is not the line's."""
        match blame(error):
            case Blame.CONFIGURATION:
                scheduled.attempt = 0
                self._place_on_grid(scheduled, now_s)
                self._note_answer(scheduled, now_s)
            case Blame.BUSY:
                scheduled.attempt = 0
                self._place_on_grid(scheduled, now_s)
                if now_s + BUSY_RETRY_S < scheduled.due_s:
                    scheduled.slot -= 1
                    self._place_off_grid(scheduled, now_s + BUSY_RETRY_S)
                self._note_answer(scheduled, now_s)
            case _:
                self._failed_unit(scheduled, now_s, error, took_s)

    def again_at_once(self, scheduled: ScheduledTask, now_s: float) -> None:
        """Repeat a poll that the line broke, after the line was mended at once."""
        self._place_off_grid(scheduled, now_s)

    def line_lost(self, now_s: float, error: str) -> None:
        """The line broke: every unit is offline, and nothing is due until it is back."""
        for unit_id, unit in self._units.items():
            self._withdraw(unit)
            previous = unit.health.state
            unit.health.note_line_lost(error)
            self._report(unit_id, previous, now_s)

    def line_back(self, now_s: float) -> None:
        """The line is open: probe every unit that is offline, those that answered before it broke at once."""
        for unit in self._units.values():
            if unit.health.state is LinkState.OFFLINE and unit.tasks:
                unit.health.note_line_back(now_s)
                self._place_probe(unit)

    # -- how a poll ends

    def _failed_unit(self, scheduled: ScheduledTask, now_s: float, error: BusError, took_s: float) -> None:
        unit = self._units[scheduled.task.unit_id]
        online = unit.health.state is LinkState.ONLINE
        repeats = online and scheduled.failures == 0 and not isinstance(error, ReplyPending)
        if repeats and scheduled.attempt < scheduled.task.retries:
            scheduled.attempt += 1
            self.retries += 1
            self._place_off_grid(scheduled, now_s)
            return
        scheduled.attempt = 0
        scheduled.failures += 1
        previous = unit.health.state
        unit.health.note_failure(now_s, error)
        if unit.health.state is LinkState.OFFLINE:
            if previous is LinkState.OFFLINE:
                self._no_probe_before_s = now_s + took_s
            self._withdraw(unit)
            self._place_probe(unit)
        elif scheduled.failures > 1:
            pause_s = SILENT_TASK_BACK_OFF.pause_s(scheduled.failures - 1)
            self._place_off_grid(scheduled, max(now_s + pause_s, scheduled.due_s + scheduled.period_s))
        else:
            self._place_on_grid(scheduled, now_s)
        self._report(scheduled.task.unit_id, previous, now_s)

    def _note_answer(self, scheduled: ScheduledTask, now_s: float) -> None:
        unit = self._units[scheduled.task.unit_id]
        previous = unit.health.state
        unit.health.note_success(now_s)
        if previous is LinkState.OFFLINE:
            unit.probes_sent = 0
            for other in unit.tasks:
                if other.ticket == 0:  # withdrawn, and not placed anew by the probe that was just answered
                    self._place_off_grid(other, now_s)
        self._report(scheduled.task.unit_id, previous, now_s)

    def _replace(self, scheduled: ScheduledTask, replacement: Replacement, now_s: float) -> None:
        tasks = self._units[scheduled.task.unit_id].tasks
        tasks.remove(scheduled)
        for task in replacement.at_once:
            self._place_off_grid(self._added(task, grid_start_s=now_s), now_s)
        for task in replacement.after_period:
            added = self._added(task, grid_start_s=now_s)
            added.slot = 1
            self._place(added, now_s + added.period_s)

    def _report(self, unit_id: int, previous: LinkState, now_s: float) -> None:
        health = self._units[unit_id].health
        if health.state is not previous:
            self._on_health(HealthChange(self._line, unit_id, previous, health.state, now_s, health.last_error))

    # -- places in the heaps

    def _add_spread(self, tasks: Sequence[PollTask], now_s: float) -> None:
        """Add tasks with their grids spread evenly over their period, and a first run within the first round."""
        shift = zlib.crc32(self._line.encode()) / 2**32
        of_period = Counter(task.period_s for task in tasks)
        placed: Counter[float] = Counter()
        for task in tasks:
            position = (placed[task.period_s] + shift) / of_period[task.period_s]
            placed[task.period_s] += 1
            scheduled = self._added(task, grid_start_s=now_s + position * task.period_s)
            if task.period_s <= FIRST_ROUND_S:
                self._place(scheduled, scheduled.grid_start_s)
            else:
                self._place_off_grid(scheduled, now_s + position * FIRST_ROUND_S)

    def _added(self, task: PollTask, *, grid_start_s: float) -> ScheduledTask:
        scheduled = ScheduledTask(task, task.period_s, grid_start_s)
        self._units.setdefault(task.unit_id, _Unit()).tasks.append(scheduled)
        return scheduled

    def _place(self, scheduled: ScheduledTask, due_s: float) -> None:
        self._tickets += 1
        scheduled.ticket = self._tickets
        scheduled.due_s = due_s
        heapq.heappush(self._waiting, (due_s, scheduled.ticket, scheduled))

    def _place_off_grid(self, scheduled: ScheduledTask, due_s: float) -> None:
        scheduled.off_grid = True
        self._place(scheduled, due_s)

    def _place_on_grid(self, scheduled: ScheduledTask, now_s: float) -> None:
        """Place a task that ran at its next grid time, which may have just passed.

        Once a whole period was missed, what was missed is counted and left out; it is not caught up.
        """
        if scheduled.task.period_s != scheduled.period_s:
            scheduled.period_s = scheduled.task.period_s
            scheduled.grid_start_s, scheduled.slot, scheduled.off_grid = now_s, 1, False
        elif scheduled.off_grid:
            # An extra run counts as the next regular one if that would follow within half a period.
            scheduled.slot = math.ceil((now_s - scheduled.grid_start_s) / scheduled.period_s + 0.5)
            scheduled.off_grid = False
        else:
            scheduled.slot += 1
            missed = math.floor((now_s - scheduled.grid_start_s) / scheduled.period_s) - scheduled.slot
            if missed > 0:
                scheduled.slot += missed + 1
                self.overruns += missed + 1
        self._place(scheduled, scheduled.grid_start_s + scheduled.slot * scheduled.period_s)

    def _withdraw(self, unit: _Unit) -> None:
        for scheduled in unit.tasks:
            scheduled.ticket = 0

    def _place_probe(self, unit: _Unit) -> None:
        """Probe a unit with its tasks in turn, the cheapest first: one of them alone may be the one it is silent on."""
        by_cost = sorted(unit.tasks, key=lambda scheduled: scheduled.task.cost)
        scheduled = by_cost[unit.probes_sent % len(by_cost)]
        unit.probes_sent += 1
        self._tickets += 1
        scheduled.ticket = self._tickets
        scheduled.due_s = unit.health.next_try_s
        scheduled.off_grid = True
        heapq.heappush(self._probes, (scheduled.due_s, scheduled.ticket, scheduled))

    def _probe_time_s(self) -> float:
        return max(self._probes[0][0], self._no_probe_before_s)

    def _drop_void(self) -> None:
        for heap in (self._waiting, self._ready, self._probes):
            while heap and heap[0][1] != heap[0][2].ticket:
                heapq.heappop(heap)
