"""The control cycle: what the control process does again and again.

Two loops share it. *Look* (ten times a second, and at once when a line answers) takes stored requests and records
outcomes. *Tick* (once a second) stores what the lines have read, then judges alarms and packs. Samples have a file of
their own, so a store that is slow for samples does not hold up a command; alarms share the main database with requests,
in transactions of under 50 ms.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import replace

from django.db import DatabaseError, OperationalError

from devices.codec import in_present_scale, resume_counter
from devices.errors import LeaseLost
from devices.link_health import HealthChange
from devices.samples import CounterState, Reading
from greenhouse.clock import moment_now, pace, steady_s, utc_now
from greenhouse.commands import dispatch, on_site, planned_stops, retries, returns
from greenhouse.deadlines import Moment
from greenhouse.rules import irrigation_programs, programs
from greenhouse.site import structure
from greenhouse.site.point_index import point_index
from greenhouse.site.virtual_points import CONTROL, Clock
from greenhouse.site.wiring import LineWiring, wired_lines
from greenhouse.telemetry import counters as kept_counters
from greenhouse.telemetry import ingest, series
from greenhouse.telemetry.recorder import Recorder
from greenhouse.telemetry.upkeep import Upkeep
from scheduler import climate_rounds, runtime
from scheduler.alarm_rounds import AlarmRounds
from scheduler.climate_rounds import ClimateRounds
from scheduler.climate_rounds import ProgramsOf as ClimateProgramsOf
from scheduler.demo_history.filling import Filling
from scheduler.diagnostics import Diagnostics
from scheduler.health_points import HealthPoints
from scheduler.inbox import Inbox
from scheduler.interlock_rounds import InterlockRounds
from scheduler.irrigation_rounds import IrrigationRounds, ProgramsOf
from scheduler.leases.lease import Lease, LeaseLapsed, Leases, LeaseState
from scheduler.machine_clock import MachineClock
from scheduler.memory import StoredReadPlanMemory
from scheduler.planned_stop import stop_outputs
from scheduler.sample_clock import SampleClock, newest_stored
from scheduler.store_health import StoreHealth
from scheduler.wiring import FieldBus, Surroundings, counters
from scheduler.writes import BusWriter

logger = logging.getLogger(__name__)

UPKEEP_S_PER_TICK = 0.2
"""Most time of a tick that packing, rolling up and deleting samples may take."""
FILLING_S_PER_TICK = 0.1
"""Most time of a tick that storing simulated history may take; what has begun is finished."""
SAMPLES_PER_TICK = 2_000
"""Most samples of one transaction: it stays well under 50 ms on a small machine."""
LEASES_EVERY_S = 2.0
FOLLOW_UP_EVERY_S = 1.0


class BaseChanged(Exception):
    """Another base file was loaded: the process must start again to be wired by it."""


class LineDied(Exception):
    """The thread of a line has ended by a defect: only a new process brings it back."""


class ControlCycle:
    """One control process's work, as two steps that a loop, or a test, calls.

    Exactly one runs for a store: the caller holds the control lease before it makes one, since the tick number goes on
    from the last one stored. While the lease cannot be renewed nothing is touched, and lines are let go.

    Parameters
    ----------
    lease : Lease
        The control lease, held.
    leases : Leases
        Where the leases of the lines come from.
    machine : MachineClock
        The clocks of this machine.
    look_again : callable
        Asks for a look at once. Called in the threads of the lines.
    beat : callable
        Gives a sign of life; called at every step of work that may take long.
    filling : Filling, optional
        Gives a simulated base its past.
    climate : callable
        The climate programs of all compartments.
    irrigation : callable
        The irrigation programs that are on.
    """

    def __init__(
        self,
        lease: Lease,
        leases: Leases,
        machine: MachineClock,
        *,
        look_again: Callable[[], None],
        beat: Callable[[], None],
        filling: Filling | None = None,
        climate: ClimateProgramsOf = programs.all_in_force,
        irrigation: ProgramsOf = irrigation_programs.in_force,
    ) -> None:
        self._lease = lease
        self._filling = filling
        self._beat = beat
        self._inbox = Inbox()
        self._memory = StoredReadPlanMemory()
        self._index = point_index()
        self._recorder = Recorder(self._index.records, self._index.quantities)
        self._upkeep = Upkeep(self._index)
        self._store_health = StoreHealth(self._upkeep)
        lines = wired_lines()
        self._sample_clock = SampleClock(machine, last_stored=newest_stored())
        around = Surroundings(leases, lease, self._memory, self._take, _on_health, self._sample_clock.now)
        self._bus = FieldBus(lines, around, counters=self._kept_counters(lines))
        self._writer = BusWriter(self._bus, self._index, fence=lease.fence, on_news=look_again)
        self._diagnostics = Diagnostics(self._bus, on_news=look_again)
        self._health = HealthPoints()
        self._alarms = AlarmRounds(CONTROL, fence=lease.fence)
        self._tick: int | None = None
        self._cycle_s = 0.0
        self._next_leases_s = self._next_follow_up_s = 0.0
        self._setpoints = on_site.watched(structure.all_points())
        self._interlocks = InterlockRounds(fence=lease.fence)
        self._climate = ClimateRounds(climate, fence=lease.fence)
        self._irrigation = IrrigationRounds(irrigation, fence=lease.fence)
        self._next_climate_s = 0.0
        self._boundaries: dict[str, runtime.Boundary] = {}
        self._stopped: dict[str, str] = {}
        now = utc_now()
        self._clock = runtime.WallClockWatch(wall_s=now.timestamp(), steady_s=steady_s(now))
        self._has_recovered = self._is_ending = False
        self._lines_are_let_go = False  # since the lease lapsed; no request is taken before they are wired again

    def _kept_counters(self, lines: Sequence[LineWiring]) -> dict[str, CounterState]:
        """From what each counter goes on. A store from before counters were kept knows their totals."""
        points = counters(lines)
        kept = kept_counters.kept(points, index=self._index)
        self._sample_clock.now()
        if self._sample_clock.state is not Clock.RIGHT:
            kept = kept_counters.untimed(kept)
        totals = series.latest(points, index=self._index)
        return kept | {
            key: in_present_scale(points[key], kept[key], sample.value)
            if key in kept
            else resume_counter(points[key], sample.value)
            for key, sample in totals.items()
            if sample.value is not None
        }

    def begin(self) -> None:
        """Wire the lines: polling waits for nothing else. Called once, before look and tick."""
        try:
            self._bus.take_free_lines()
        except DatabaseError as error:  # it may hold the leases; each tick asks again
            logger.error("the store does not answer, lines are wired later: %s", error)

    def look(self) -> None:
        """Record what the lines answered, end what is overdue, and send what was asked.

        Raises
        ------
        LeaseLapsed
            While the lease cannot be renewed, and until the lines are wired again.
        LeaseLost
            If another process took over.
        """
        self._require_lease()
        if self._lines_are_let_go:
            raise LeaseLapsed
        now = self._now()
        self._recover(now)
        self._writer.record(now)
        self._diagnostics.record(now.wall)
        dispatch.expire_old(now, fence=self._lease.fence)
        if self._is_ending:
            return
        self._follow_up()
        # What was asked for since the look began is taken too, by the time of now: nothing ends before it began.
        while self._lease.held() and dispatch.dispatch_next(self._now(), self._writer, fence=self._lease.fence):
            pass
        self._diagnostics.start_requested(self._now())

    def _now(self) -> Moment:
        """Now; while the wall clock stands behind, samples know a later time that has certainly been reached.

        Without it, after a restart with an empty clock battery a hold of the last boot would last for years.
        """
        reached, now = self._sample_clock.now(), moment_now()
        return replace(now, reached=reached) if self._sample_clock.state is Clock.BEHIND else now

    def _recover(self, now: Moment) -> None:
        """Once, before anything is sent: end what the last process left under way. The next look tries again."""
        if self._has_recovered:
            return
        if ended := dispatch.recover_after_restart(now, fence=self._lease.fence):
            logger.warning("%d requests were under way when the last control process ended; none is sent again", ended)
        returns.wait_anew(now, fence=self._lease.fence)
        self._has_recovered = True

    def _follow_up(self) -> None:
        """Once a second: changes on site, holds that ended, tries that failed, interlocks; less often, programs.

        Each goes by the time of its turn, so that what was asked for meanwhile does not lie ahead of it.
        """
        now_s = time.monotonic()
        if now_s < self._next_follow_up_s:
            return
        self._next_follow_up_s = now_s + FOLLOW_UP_EVERY_S
        fence = self._lease.fence
        self._apart("changes on site", lambda: on_site.note_changes(self._setpoints, self._now(), fence=fence))
        self._apart("automatic returns", lambda: returns.return_ended(self._now(), fence=fence))
        self._apart("retries", lambda: retries.retry_due(self._now(), fence=fence))
        self._apart("interlocks", lambda: self._interlocks.run(self._now(), monotonic_s=now_s))
        self._apart("irrigation", lambda: self._irrigation.run(self._now(), monotonic_s=now_s))
        if now_s >= self._next_climate_s:
            self._next_climate_s = now_s + climate_rounds.EVERY_S / pace()
            self._apart("climate programs", lambda: self._climate.run(self._now(), tick=self._tick or 0))

    def _apart(self, name: str, work: Callable[[], object]) -> None:
        """Do work within a boundary of its own, so that a fault in it holds up no other, however long it stays.

        Raises
        ------
        LeaseLost, OperationalError
            They concern all work: another process took over, or the store does not answer.
        """
        common: list[LeaseLost | OperationalError] = []

        def watched() -> None:
            try:
                work()
            except (LeaseLost, OperationalError) as error:
                common.append(error)

        self._boundaries.setdefault(name, runtime.Boundary(name, lambda: _on_lasting_fault(name))).run(watched)
        if common:
            raise common[0]

    def tick(self) -> None:
        """Store what was read since the last tick.

        Raises
        ------
        BaseChanged
            If another base file was loaded meanwhile.
        LeaseLapsed
            While the lease cannot be renewed. The lines are let go.
        LeaseLost
            If another process took over.
        LineDied
            If the thread of a line has ended.
        """
        self.watch_lease()
        self._require_lease()
        began_s = time.monotonic()
        if self._lines_are_let_go or began_s >= self._next_leases_s:
            self._next_leases_s = began_s + LEASES_EVERY_S
            self._bus.drop_lost_lines()
            self._bus.take_free_lines()
            self._lines_are_let_go = False
            if dead := self._bus.dead_lines():
                raise LineDied(", ".join(dead))
            if structure.revision() != self._index.revision:
                raise BaseChanged
        self._sample_clock.keep()
        self._store()
        self._keep_up(began_s)
        self._cycle_s = time.monotonic() - began_s

    def watch_lease(self) -> None:
        """Let go of the lines while the lease is not held, since another process may take them.

        It asks no store. So the main thread calls it too: the loops may hang on a store that does not answer.
        """
        if not self._lease.held():
            self._lines_are_let_go = True
            self._bus.drop_lost_lines()

    def stop_outputs(self) -> None:
        """First half of the planned stop: no new command is taken, outputs go to their safe state.

        It needs no store, so it comes before anything that may have to wait for one.
        """
        self._is_ending = True
        if self._lease.held():
            self._stopped = stop_outputs(self._bus, beat=self._beat)

    def end(self) -> None:
        """Second half: lines closed, last outcomes and readings stored, leases given back."""
        self.close()
        try:
            self._lease.require()
            self._writer.record(moment_now())
            planned_stops.record(self._stopped, now=moment_now(), fence=self._lease.fence)
            self._store()
        except (DatabaseError, LeaseLost) as error:
            logger.error("the last readings could not be stored: %s", error)
        finally:
            self._lease.release()

    def close(self) -> None:
        """Close the lines, without a planned stop. Safe to call twice."""
        if self._filling is not None:
            self._filling.close()
        self._bus.close(beat=self._beat)

    def _take(self, reading: Reading) -> None:
        """Take a reading. Called in the line's thread."""
        self._inbox.put(self._sample_clock.flagged(reading))

    def _require_lease(self) -> None:
        match self._lease.state():
            case LeaseState.LAPSED:
                raise LeaseLapsed
            case LeaseState.LOST:
                raise LeaseLost(self._lease.name)

    def _store(self) -> None:
        """Store what waits, a slice per transaction and tick number, so that even an hour's outage is caught up."""
        now, clock = self._sample_clock.now(), self._sample_clock.state
        for reading in self._health.readings(
            self._bus.health(),
            self._store_health,
            cycle_s=self._cycle_s,
            clock=clock,
            alarms_are_evaluated=self._alarms.are_evaluated,
            now=now,
            monotonic_s=time.monotonic(),
        ):
            self._take(reading)
        while True:
            self._beat()
            readings = self._inbox.take(SAMPLES_PER_TICK)
            self._store_slice(readings)
            self._alarms.see(readings)
            if len(self._inbox) == 0 or not readings:
                break
        self._beat()
        self._alarms.end_round(now=now, monotonic_s=time.monotonic())
        self._beat()
        self._memory.save(now)

    def _store_slice(self, readings: list[Reading]) -> None:
        if self._tick is None:
            self._tick = ingest.last_tick(CONTROL)
        try:
            stored = ingest.record(
                readings,
                ids=self._index.ids,
                writer=CONTROL,
                tick=self._tick + 1,
                now=self._sample_clock.now(),
                recorder=self._recorder,
                fence=self._lease.fence,
            )
        except (DatabaseError, ingest.TickNotNewer, LeaseLost):
            # Nobody knows whether a commit that failed took effect; the next try asks the store where it stands.
            self._tick = None
            self._inbox.put_back(readings)
            raise
        self._tick += 1
        self._store_health.note(stored)

    def _keep_up(self, now_s: float) -> None:
        wall = utc_now()
        if self._clock.jump_s(wall_s=wall.timestamp(), steady_s=steady_s(wall)):
            logger.warning("the wall clock was set; no sample is deleted for a day")
            self._upkeep.delete_nothing_for_a_day(now_s)
        now, is_now_sure = self._sample_clock.now(), self._sample_clock.is_sure
        self._upkeep.run(now=now, monotonic_s=now_s, for_s=UPKEEP_S_PER_TICK, is_now_sure=is_now_sure)
        if self._filling is not None:
            is_right = self._sample_clock.state is Clock.RIGHT
            self._filling.run(now=now, monotonic_s=now_s, for_s=FILLING_S_PER_TICK, is_clock_right=is_right)


def _on_lasting_fault(name: str) -> None:
    logger.critical("%s fail again and again; everything else goes on without", name)


def _on_health(change: HealthChange) -> None:
    """Lines log their own losses; the state itself is asked for at each tick."""
