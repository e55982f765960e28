"""What other threads want from a line: a bounded queue of jobs, each with a future."""

from __future__ import annotations

import heapq
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from enum import IntEnum
from typing import Generic, TypeVar, cast

from devices.bus.protocol import Bus
from devices.errors import BusClosed, LineFull

QUEUE_LIMIT = 200

T = TypeVar("T")


class Priority(IntEnum):
    """Which job goes first. All kinds go before any poll."""

    STOP = 0
    """The last job of a line, see ``JobQueue.put_last``."""
    COMMAND = 1
    DIAGNOSTIC = 2
    """Lets one due poll pass between two of its kind."""


@dataclass(frozen=True, slots=True)
class Again(Generic[T]):
    """What a job returns to be called again later, while polls go on in between.

    Attributes
    ----------
    after_s : float
        Earliest pause until the next call. [s]
    if_stopped : optional
        Result of the job in case the line is stopped meanwhile. Without it the job then fails, so whoever has sent
        something that must not be taken for unsent gives it.
    """

    after_s: float
    job: Callable[[Bus], T | Again[T]]
    if_stopped: T | None = None


@dataclass(frozen=True, slots=True)
class Failure:
    """The error in which an action ended."""

    error: Exception


def attempt(action: Callable[[], T]) -> T | Failure:
    """Result of an action, or the error in which it ended.

    This is the job boundary of a line's thread: a defect of one task, job or listener must not silence the whole line.
    """
    try:
        return action()
    except Exception as error:  # noqa: BLE001  # the boundary described above; the caller logs or hands on the error
        return Failure(error)


@dataclass(slots=True, eq=False)
class QueuedJob:
    """A job and the future that its submitter holds."""

    job: Callable[[Bus], object]
    future: Future[object]
    priority: Priority
    if_stopped: object = None

    @property
    def has_begun(self) -> bool:
        """Whether the job ran before."""
        return self.future.running()

    def begin(self) -> bool:
        """Whether the job is still wanted. From here on it cannot be cancelled."""
        return self.has_begun or self.future.set_running_or_notify_cancel()

    def fail(self, error: Exception) -> None:
        """End the job with an error, if it is still wanted."""
        if self.begin():
            self.future.set_exception(error)

    def stop(self, error: BusClosed) -> None:
        """End a job that waits for a line that is stopped."""
        if self.if_stopped is not None:
            self.future.set_result(self.if_stopped)
        else:
            self.fail(error)

    def run(self, bus: Bus) -> Again[object] | None:
        """Run the job and hand its result to the submitter, unless it wants to run again."""
        result = attempt(lambda: self.job(bus))
        if isinstance(result, Failure):
            self.future.set_exception(result.error)
        elif isinstance(result, Again):
            return result
        else:
            self.future.set_result(result)
        return None


class JobQueue:
    """Jobs that wait for a line, by priority, and those that run again later. Safe for many threads.

    Parameters
    ----------
    line : str
        Key of the line, for messages.
    limit : int
        Most jobs that may wait.
    """

    def __init__(self, line: str, *, limit: int = QUEUE_LIMIT) -> None:
        self._line = line
        self._limit = limit
        self._changed = threading.Condition()
        self._waiting: dict[Priority, deque[QueuedJob]] = {priority: deque() for priority in Priority}
        self._later: dict[Priority, list[tuple[float, int, QueuedJob]]] = {priority: [] for priority in Priority}
        self._later_count = 0
        self._takes_jobs = True
        self._closed = False

    def __len__(self) -> int:
        return sum(len(self._waiting[priority]) + len(self._later[priority]) for priority in Priority)

    @property
    def is_closed(self) -> bool:
        """Whether the queue is empty for good."""
        return self._closed

    def put(self, job: Callable[[Bus], T | Again[T]], priority: Priority) -> Future[T]:
        """Append a job.

        Raises
        ------
        LineFull
            If too many jobs wait already.
        BusClosed
            If no job is taken any more.
        """
        future: Future[T] = Future()
        queued = QueuedJob(job, cast("Future[object]", future), priority)
        with self._changed:
            if not self._takes_jobs:
                raise self._stopped_error()
            if len(self) >= self._limit:
                raise LineFull(self._line, self._limit)
            self._waiting[priority].append(queued)
            self._changed.notify()
        return future

    def put_last(self, job: Callable[[Bus], T | Again[T]]) -> Future[T]:
        """Put a job before all others and take none after it, whatever waits already.

        Every job that has sent nothing fails. One that has sent goes on, but only in the pauses of the last job.

        Raises
        ------
        BusClosed
            If no job is taken any more.
        """
        future: Future[T] = Future()
        queued = QueuedJob(job, cast("Future[object]", future), Priority.STOP)
        with self._changed:
            if not self._takes_jobs:
                raise self._stopped_error()
            self._takes_jobs = False
            unsent = self._take_out_waiting()
            for priority, later in self._later.items():
                unsent += [item[2] for item in later if item[2].if_stopped is None]
                self._later[priority] = [item for item in later if item[2].if_stopped is not None]
                heapq.heapify(self._later[priority])
            self._waiting[Priority.STOP].append(queued)
            self._changed.notify()
        for left in unsent:
            left.stop(self._stopped_error())
        return future

    def put_later(self, queued: QueuedJob, again: Again[object], *, now_s: float) -> None:
        """Keep a job that wants to run again."""
        queued.job, queued.if_stopped = again.job, again.if_stopped
        with self._changed:
            is_wanted = self._takes_jobs or again.if_stopped is not None or queued.priority is Priority.STOP
            if is_wanted and not self._closed:
                self._later_count += 1
                item = (now_s + again.after_s, self._later_count, queued)
                heapq.heappush(self._later[queued.priority], item)
                return
        queued.stop(self._stopped_error())

    def take(self, now_s: float, *, diagnostics: bool) -> QueuedJob | None:
        """The job that is next by its priority; within one, new jobs go before those that run again.

        So looking again at a device that does not answer holds up no command for another.

        Parameters
        ----------
        diagnostics : bool
            Whether a new diagnostic job may be taken.
        """
        with self._changed:
            for priority in Priority:
                waiting, later = self._waiting[priority], self._later[priority]
                if waiting and (diagnostics or priority is not Priority.DIAGNOSTIC):
                    return waiting.popleft()
                if later and later[0][0] <= now_s:
                    return heapq.heappop(later)[2]
        return None

    def next_later_s(self) -> float | None:
        """When the next job runs again. [s]"""
        with self._changed:
            return min((later[0][0] for later in self._later.values() if later), default=None)

    def wait(self, timeout_s: float | None) -> None:
        """Wait until a job is put, the queue is closed, or the time is over. [s]"""
        with self._changed:
            if not self._closed and not any(self._waiting.values()):
                self._changed.wait(timeout_s)

    def close(self) -> None:
        """Take no more jobs and end all that wait."""
        with self._changed:
            self._takes_jobs, self._closed = False, True
            left = self._take_out_waiting()
            for later in self._later.values():
                left += [queued for _at_s, _count, queued in later]
                later.clear()
            self._changed.notify_all()
        for queued in left:
            queued.stop(self._stopped_error())

    def _take_out_waiting(self) -> list[QueuedJob]:
        left = [queued for jobs in self._waiting.values() for queued in jobs]
        for jobs in self._waiting.values():
            jobs.clear()
        return left

    def _stopped_error(self) -> BusClosed:
        return BusClosed(f"line {self._line}: stopped")
