"""One line and its one thread: commands first, then polls by their schedule, and the connection mended when it breaks.

A line is a serial port or a host and port. It serves one request at a time, so one thread per line uses its bus and
nothing else does. What other threads want from the line they submit as a job.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import TypeVar

from devices.bus.jobs import Again, Failure, JobQueue, Priority, QueuedJob, attempt
from devices.bus.line_stats import CountedBus, LineStats, WorstLateness
from devices.bus.protocol import Bus
from devices.bus.schedule import PollSchedule, PollTask, ScheduledTask
from devices.errors import BusClosed, BusError, DeviceException, DevicesError
from devices.link_health import LINE_BACK_OFF, Blame, HealthChange, LinkState, blame

logger = logging.getLogger(__name__)

T = TypeVar("T")


class Line:
    """Worker of one line.

    Parameters
    ----------
    key : str
        Key of the line in the base.
    bus : Bus
        From now on used by the worker's thread only.
    tasks : sequence of PollTask
        Polls of all units of the line.
    on_health : callable
        Told every change of state of the line and its units, in the worker's thread.
    monotonic : callable
        Monotonic clock. [s]

    Attributes
    ----------
    state : LinkState
        Online from the first answer of any unit, offline while there is no connection. A connection on which nobody
        ever answered leaves it as it was.
    """

    def __init__(
        self,
        key: str,
        bus: Bus,
        tasks: Sequence[PollTask],
        *,
        on_health: Callable[[HealthChange], None],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.key = key
        self.state = LinkState.UNKNOWN
        self._bus = CountedBus(bus)
        self._on_health = on_health
        self._monotonic = monotonic
        now_s = monotonic()
        self._schedule = PollSchedule(key, tasks, now_s=now_s, on_health=self._tell)
        self._jobs = JobQueue(key)
        self._thread = threading.Thread(target=self._work, name=f"line-{key}")
        self._is_open = False
        self._answered = False  # since the connection was opened
        self._losses = 0  # in a row, without an answer in between
        self._next_connect_s = self._lost_at_s = now_s
        self._lost_error = ""
        self._told_lost: set[int] = set()  # units whose loss was logged
        self._diagnostics_may_pass = True
        self._polls_run = self._jobs_run = self._defects = 0
        self._busy_s = 0.0
        self._lateness = WorstLateness(now_s)

    # -- for other threads

    def start(self) -> None:
        """Start the worker's thread."""
        self._thread.start()

    def stop(self, timeout_s: float) -> bool:
        """Finish the request under way, end every job that waits and close the bus.

        Parameters
        ----------
        timeout_s : float
            How long to wait for the request under way. [s]

        Returns
        -------
        Whether the worker has ended. If not, it will once its last request was answered or timed out.
        """
        self.close()
        if self._thread.ident is None:  # never started
            self._bus.close()
            return True
        self._thread.join(timeout_s)
        if self._thread.is_alive():
            logger.warning("line %s: a request is still under way %.1f s after the stop", self.key, timeout_s)
        return not self._thread.is_alive()

    def close(self) -> None:
        """End every job that waits and take no more. The worker ends after the request under way."""
        self._jobs.close()

    @property
    def is_alive(self) -> bool:
        """Whether the worker's thread runs."""
        return self._thread.is_alive()

    def submit(self, job: Callable[[Bus], T | Again[T]], *, priority: Priority = Priority.COMMAND) -> Future[T]:
        """Have a job run by the worker before its next poll.

        Parameters
        ----------
        job : callable
            Called with the bus. May return ``Again`` to be called once more later.

        Returns
        -------
        Future of the job's result. While the line is down it fails with ``BusClosed``: nothing waits silently for a
        line to come back.

        Raises
        ------
        LineFull
            If too many jobs wait already.
        BusClosed
            If the line was stopped.
        """
        return self._jobs.put(job, priority)

    def submit_last(self, job: Callable[[Bus], T | Again[T]]) -> Future[T]:
        """Have a planned stop run before everything else; polls go on in its pauses.

        Every job that has sent nothing fails, and none is taken from now on. This one runs even while the line is
        down, without waiting for the line's next attempt to connect.

        Raises
        ------
        BusClosed
            If the line was stopped.
        """
        return self._jobs.put_last(job)

    def unit_states(self) -> dict[int, LinkState]:
        """State of every unit that is polled."""
        return self._schedule.unit_states()

    def stats(self) -> LineStats:
        """Counters as they stand."""
        return LineStats(
            requests=self._bus.requests,
            failures=self._bus.failures,
            polls=self._polls_run,
            jobs=self._jobs_run,
            retries=self._schedule.retries,
            overruns=self._schedule.overruns,
            defects=self._defects,
            connects=self._bus.connects,
            busy_s=self._busy_s,
            worst_lateness_s=self._lateness.worst_s,
            queue_depth=len(self._jobs),
            state=self.state,
        )

    # -- the worker's thread

    def _work(self) -> None:
        try:
            while not self._jobs.is_closed:
                wait_s = self.step()
                if wait_s != 0:
                    self._jobs.wait(wait_s)
        finally:
            self._jobs.close()
            self._bus.close()

    def step(self) -> float | None:
        """Do the one thing that is most due. The worker's thread calls this in a loop; a test may do so instead.

        Returns
        -------
        Seconds until something may be due, 0 if something may be at once, None if only a job can come next.
        """
        now_s = self._monotonic()
        if (queued := self._jobs.take(now_s, diagnostics=self._diagnostics_may_pass)) is not None:
            self._run_job(queued)
        elif not self._is_open and now_s >= self._next_connect_s:
            self._connect()
        elif self._is_open and (scheduled := self._schedule.take(now_s)) is not None:
            self._run_poll(scheduled, now_s)
        elif self._diagnostics_may_pass:
            return self._idle_s(now_s)
        else:
            self._diagnostics_may_pass = True  # no poll was due, so the next diagnostic job need not wait for one
            return 0.0
        self._busy_s += self._monotonic() - now_s
        return 0.0

    def _idle_s(self, now_s: float) -> float | None:
        times_s = (self._schedule.next_due_s() if self._is_open else self._next_connect_s, self._jobs.next_later_s())
        return min((max(0.0, due_s - now_s) for due_s in times_s if due_s is not None), default=None)

    def _run_job(self, queued: QueuedJob) -> None:
        has_begun = queued.has_begun
        if not queued.begin():
            return
        self._jobs_run += 1
        self._diagnostics_may_pass = queued.priority is not Priority.DIAGNOSTIC
        # A job that has begun may have written already, so only itself can tell how it ends.
        needs_open_line = not has_begun and queued.priority is not Priority.STOP
        if needs_open_line and self.state is LinkState.OFFLINE and not self._is_open:
            queued.fail(BusClosed(f"line {self.key} is down: {self._lost_error}"))
        elif (again := queued.run(self._bus)) is not None:
            self._jobs.put_later(queued, again, now_s=self._monotonic())

    def _run_poll(self, scheduled: ScheduledTask, due_since_s: float) -> None:
        self._polls_run += 1
        self._diagnostics_may_pass = True
        if not scheduled.off_grid:
            self._lateness.note(due_since_s - scheduled.due_s, due_since_s)
        result = attempt(lambda: scheduled.task.run(self._bus))
        now_s = self._monotonic()
        if not isinstance(result, Failure):
            self._note_answer(now_s)
            self._clear_fault(scheduled)
            self._schedule.succeeded(scheduled, now_s, result)
            return
        match result.error:
            case BusClosed() as error:
                self._mend(scheduled, error)
            case BusError() as error:
                if isinstance(error, DeviceException):
                    self._note_answer(now_s)
                if blame(error) is Blame.CONFIGURATION:
                    self._tell_fault(scheduled, error)
                self._schedule.failed(scheduled, now_s, error, took_s=now_s - due_since_s)
            case DevicesError():  # such as a lost lease: nothing was asked
                self._schedule.skipped(scheduled, now_s)
            case error:
                self._defects += 1
                self._tell_fault(scheduled, error)
                self._schedule.skipped(scheduled, now_s)

    # -- the connection

    def _connect(self) -> None:
        if (error := self._try_connect()) is not None:
            self._lose(error)
            return
        self._is_open = True
        self._schedule.line_back(self._monotonic())

    def _try_connect(self) -> Exception | None:
        self._answered = False
        self._bus.connects += 1
        result = attempt(self._bus.connect)
        return result.error if isinstance(result, Failure) else None

    def _mend(self, scheduled: ScheduledTask, error: BusClosed) -> None:
        """Open a broken connection at once if it ever worked: many peers close an idle one, which is no loss."""
        if self._answered and self._try_connect() is None:
            self._schedule.again_at_once(scheduled, self._monotonic())
            return
        self._lose(error)

    def _lose(self, error: Exception) -> None:
        now_s = self._monotonic()
        self._is_open = False
        self._losses += 1
        self._next_connect_s = now_s + LINE_BACK_OFF.pause_s(self._losses)
        self._lost_error = str(error)
        if self.state is not LinkState.OFFLINE:
            self._lost_at_s = now_s
            defect = None if isinstance(error, BusError) else error
            logger.warning("line %s is down: %s", self.key, error, exc_info=defect)
            self._change_state(LinkState.OFFLINE, now_s)
        self._schedule.line_lost(now_s, self._lost_error)

    def _note_answer(self, now_s: float) -> None:
        self._answered = True
        if self.state is not LinkState.ONLINE:
            if self.state is LinkState.OFFLINE:
                logger.info("line %s is back after %.0f s", self.key, now_s - self._lost_at_s)
            self._losses = 0
            self._lost_error = ""
            self._change_state(LinkState.ONLINE, now_s)

    def _change_state(self, state: LinkState, now_s: float) -> None:
        previous, self.state = self.state, state
        self._tell(HealthChange(self.key, None, previous, state, now_s, self._lost_error))

    # -- what people are told

    def _tell(self, change: HealthChange) -> None:
        """Hand on a change, and log a unit's loss and return once each, unless the whole line was lost."""
        if change.unit_id is not None:
            if change.state is LinkState.OFFLINE and self.state is not LinkState.OFFLINE:
                self._told_lost.add(change.unit_id)
                logger.warning("line %s: unit %d does not answer: %s", self.key, change.unit_id, change.error)
            elif change.state is LinkState.ONLINE and change.unit_id in self._told_lost:
                self._told_lost.remove(change.unit_id)
                logger.info("line %s: unit %d answers again", self.key, change.unit_id)
        result = attempt(lambda: self._on_health(change))
        if isinstance(result, Failure):
            logger.error("line %s: a health change was not taken", self.key, exc_info=result.error)

    def _tell_fault(self, scheduled: ScheduledTask, error: Exception) -> None:
        """Log what a task keeps running into once, not at every poll. A defect comes with its traceback."""
        if scheduled.reported == str(error):
            return
        scheduled.reported = str(error)
        defect = None if isinstance(error, BusError) else error
        logger.error("line %s: a poll of unit %d failed: %s", self.key, scheduled.task.unit_id, error, exc_info=defect)

    def _clear_fault(self, scheduled: ScheduledTask) -> None:
        if scheduled.reported:
            logger.info("line %s: the poll of unit %d goes well again", self.key, scheduled.task.unit_id)
            scheduled.reported = ""
