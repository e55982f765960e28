"""Two control processes on two "machines", one PostgreSQL store, one simulated base: who writes, and under which token.

A machine is a folder (``GREENHOUSE_VAR``) of its own, so that no file lock is shared. The witness is the write log of
the simulated devices, with the time and the connection of each write; which process a connection belongs to is asked of
the kernel. Needs Django set up on a migrated database.
"""

from __future__ import annotations

import random
import threading
import time
from collections import Counter, deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

import django.db
import psycopg
from django.contrib.auth.models import User

from devices.profiles.catalog import load_shipped
from devices.simulator.base import LineDevice, LineKind, SimulatedBase, SimulatedLine
from devices.simulator.compartment import Enclosure
from devices.simulator.plant import PlantDevice
from devices.simulator.steady_plant import SteadyPlant
from devices.simulator.write_log import WriteRecord, WrittenBy
from greenhouse.clock import moment_now, utc_now
from greenhouse.commands.errors import RequestError
from greenhouse.commands.lifecycle import OPEN
from greenhouse.commands.models import CommandEvent, CommandRequest
from greenhouse.commands.submit import submit_setpoint
from greenhouse.site.basefile.importer import import_base
from greenhouse.site.basefile.reader import parse_base
from greenhouse.telemetry import series
from scripts.two_machines import Disturbance, Kernel, Machine, wait_for

LINES = {"north": ("h1-climate", "h2-climate"), "south": ("h3-climate", "h4-climate")}
SETPOINTS = {"heating_setpoint": (0.0, 35.0), "ventilation_setpoint": (5.0, 45.0), "humidity_setpoint": (30.0, 98.0)}
STEP = 0.1
ASK_EVERY_S = 0.05


@dataclass(frozen=True, slots=True)
class Asked:
    """A stored request."""

    request_id: UUID
    point: str
    value: float
    at_s: float


class Technician:
    """Asks for new setpoints without a pause, one open request for each point."""

    def __init__(self, user: User) -> None:
        self.asked: list[Asked] = []
        self._user = user
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._ask_on, name="technician")
        self._count = Counter[str]()

    def start(self) -> None:
        """Begin to ask."""
        self._thread.start()

    def stop(self) -> None:
        """Ask no more."""
        self._stop.set()
        self._thread.join()

    def _ask_on(self) -> None:
        points = [f"{device}.{setpoint}" for devices in LINES.values() for device in devices for setpoint in SETPOINTS]
        while not self._stop.is_set():
            for point in points:
                self._ask(point)
                self._stop.wait(ASK_EVERY_S)
        django.db.connections.close_all()

    def _ask(self, point: str) -> None:
        low, high = SETPOINTS[point.partition(".")[2]]
        steps = round((high - low) / STEP)
        value = round(low + STEP * (self._count[point] % steps), 1)
        at_s = time.monotonic()
        try:
            seen = series.latest([point]).get(point)
            request = submit_setpoint(
                point,
                value,
                by=self._user,
                seen_value=None if seen is None else seen.value,
                seen_at=None,
                now=moment_now(),
            )
        except RequestError:
            return  # one is under way, or the value changed just now: the next point first
        except django.db.Error:
            django.db.connections.close_all()  # the store was restarted under our hands
            return
        self._count[point] += 1
        self.asked.append(Asked(request.pk, point, value, at_s))


@dataclass(frozen=True, slots=True)
class Write:
    """A write that a device took, and who wrote it. ``request_id`` is None for heartbeats and time-outs."""

    at_s: float
    point: str
    value: float
    token: int
    machine: str
    request_id: UUID | None


@dataclass(slots=True)
class Trial:
    """What one pause and resumption has shown.

    Attributes
    ----------
    failover_s : float or None
        From the pause to the first write under the new token; None: nobody took over. [s]
    gap_s : float or None
        From the last write under the old token to the first one under the new. [s]
    """

    paused_s: float
    took_over: bool
    failover_s: float | None = None
    gap_s: float | None = None

    def __str__(self) -> str:
        if self.failover_s is None:
            return f"paused for {self.paused_s:.1f} s, went on under its own token"
        return f"paused for {self.paused_s:.1f} s, the other one wrote after {self.failover_s:.1f} s"


@dataclass(slots=True)
class Findings:
    """Everything that was seen, and everything that should not have been."""

    trials: list[Trial] = field(default_factory=list)
    writes: list[Write] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    requests: int = 0
    states: Counter[str] = field(default_factory=Counter)


class Failover:
    """The stage of the trials.

    Parameters
    ----------
    simulated : SimulatedBase
        Runs, with the lines of ``LINES``.
    """

    def __init__(self, simulated: SimulatedBase, machines: tuple[Machine, Machine], technician: Technician) -> None:
        self.simulated, self.machines, self.technician = simulated, machines, technician
        self.findings = Findings()
        ports = frozenset(end.port for end in simulated.endpoints.values() if end.port is not None)
        self._kernel = Kernel(machines, ports)
        self._read_until_s = float("-inf")
        self._unread: deque[WriteRecord] = deque()
        self._waiting: dict[str, deque[Asked]] = {}
        self._asked_read = 0

    # -- what happens

    def begin(self) -> None:
        """Let both start; one of them controls in the end and the other stands by."""
        for machine in self.machines:
            machine.start()
        wait_for(lambda: any(machine.token() for machine in self.machines), "a holder")
        wait_for(lambda: any(machine.stands_by() for machine in self.machines), "a standby")
        self.technician.start()
        self._wait_for_requests()

    def trial(
        self,
        *,
        paused_s: float,
        after_s: float = 0.0,
        how: Disturbance = Disturbance.STOPPED,
        until_taken: bool = False,
    ) -> Trial:
        """Disturb the holder for so long, let it go on, and see who writes.

        Parameters
        ----------
        after_s : float
            Time of undisturbed work before. [s]
        until_taken : bool
            Disturb it until the other one has taken over, if that takes longer.
        """
        holder, standby = self._roles()
        old = holder.token()
        time.sleep(after_s)  # the instant is what is drawn by lot
        stopped_s = time.monotonic()
        holder.disturb(how)
        time.sleep(paused_s)
        if until_taken:
            wait_for(lambda: standby.token() is not None, "the takeover")
        holder.mend(how)
        resumed_s = time.monotonic()
        wait_for(
            lambda: standby.token() is not None or self._has_written(old, resumed_s), "a writer after the resumption"
        )
        took_over = standby.token() is not None
        wait_for(lambda: self._is_controlled(resumed_s), "writes of the holder")
        trial = Trial(paused_s, took_over)
        if took_over:
            wait_for(lambda: self._has_standby_after(holder, old), "the standby")
            newer = [write.at_s for write in self.findings.writes if write.token > (old or 0)]
            last_s = max(write.at_s for write in self.findings.writes if write.token == old)
            trial.failover_s, trial.gap_s = min(newer) - stopped_s, min(newer) - last_s
        self.findings.trials.append(trial)
        return trial

    def restart_store(self) -> None:
        """End all connections of the store at once, as a restart of PostgreSQL does; the holder must go on."""
        holder, _standby = self._roles()
        with psycopg.connect(**django.db.connection.get_connection_params(), autocommit=True) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        django.db.connections.close_all()
        ended_s = time.monotonic()
        wait_for(lambda: self._has_written(holder.token(), ended_s), "writes of the same holder")
        wait_for(lambda: "nudges are heard again" in holder.log(), "nudges after the restart")

    def outage(self, *, lasts_s: float) -> None:
        """Keep the holder from the store while nobody stands by; it must go on under its own token afterwards."""
        holder, standby = self._roles()
        standby.stop()
        holder.disturb(Disturbance.REFUSED)
        time.sleep(lasts_s)
        holder.mend(Disturbance.REFUSED)
        mended_s = time.monotonic()
        wait_for(lambda: self._has_written(holder.token(), mended_s), "writes of the same holder")

    def end(self) -> Findings:
        """Ask no more, stop both, and judge."""
        self.technician.stop()
        wait_for(lambda: not self._open_requests(), "the end of all requests")
        for machine in self.machines:
            machine.stop()
        self._read_writes(is_last=True)
        self._kernel.stop()
        self._judge()
        return self.findings

    def _roles(self) -> tuple[Machine, Machine]:
        first, second = self.machines
        return (first, second) if (first.token() or 0) > (second.token() or 0) else (second, first)

    def _wait_for_requests(self) -> None:
        holder, _standby = self._roles()
        began_s = time.monotonic()
        wait_for(lambda: self._has_written(holder.token(), began_s), "writes of the first holder")

    def _is_controlled(self, since_s: float) -> bool:
        """Whether requests are carried out by who was given the lease last."""
        self._start_again()
        return self._has_written(max(machine.token() or 0 for machine in self.machines), since_s)

    def _has_standby_after(self, holder: Machine, lost: int | None) -> bool:
        """Whether the process that lost its token has ended, and one of the two stands by."""
        self._start_again()
        return holder.token() != lost and any(machine.stands_by() for machine in self.machines)

    def _start_again(self) -> None:
        """Start what has ended, as the supervisor does: on a starved machine the taker may lose its lease as well."""
        for machine in self.machines:
            if machine.has_ended():
                machine.start()

    def _has_written(self, token: int | None, since_s: float) -> bool:
        """Whether so many requests were carried out under a token that both lines must have had some."""
        self._read_writes()
        points = {write.point for write in self.findings.writes if write.token == token and write.at_s > since_s}
        return len(points) > 2 * len(LINES)

    def _open_requests(self) -> int:
        return CommandRequest.objects.filter(state__in=OPEN).count()

    # -- what was seen

    def _read_writes(self, *, is_last: bool = False) -> None:
        new = self.simulated.writes(self._read_until_s)
        if new:
            self._read_until_s = new[-1].at_s
        self._unread += [record for record in new if record.written_by is WrittenBy.MASTER]
        # A connection that has just been made is known to the kernel, but perhaps not yet here.
        while self._unread and (self._pid_of(self._unread[0]) or is_last):
            self._attribute(self._unread.popleft())

    def _pid_of(self, record: WriteRecord) -> int | None:
        return self._kernel.pid_of(record.came_from, at_s=record.at_s)

    def _attribute(self, record: WriteRecord) -> None:
        point = f"{record.device}.{record.point}"
        pid = self._pid_of(record)
        machine = next((machine for machine in self.machines if pid in machine.pids), None)
        token = None if machine is None or pid is None else (machine.token(), machine.token_of.get(pid))[1]
        if machine is None or token is None:
            self.findings.faults.append(f"nobody knows who wrote {point} at {record.at_s:.3f} s: {record.came_from}")
            return
        request_id = self._request_of(point, record) if record.point in SETPOINTS else None
        self.findings.writes.append(Write(record.at_s, point, record.value, token, machine.name, request_id))

    def _request_of(self, point: str, record: WriteRecord) -> UUID | None:
        """The request that a write belongs to. Each is found once; requests of a point are written in their order."""
        asked = self.technician.asked
        while self._asked_read < len(asked):
            one = asked[self._asked_read]
            self._asked_read += 1
            self._waiting.setdefault(one.point, deque()).append(one)
        waiting = self._waiting.get(point, deque())
        while waiting:
            one = waiting.popleft()  # what is passed over was refused, replaced or too late, and never comes
            if abs(one.value - record.value) < STEP / 2 and one.at_s <= record.at_s:
                return one.request_id
        self.findings.faults.append(f"{point} := {record.value:g} at {record.at_s:.3f} s was not asked for, or twice")
        return None

    def _judge(self) -> None:
        findings = self.findings
        findings.writes.sort(key=lambda write: write.at_s)
        newest = 0
        for write in findings.writes:
            if write.token < newest:
                findings.faults.append(
                    f"{write.point} at {write.at_s:.3f} s under token {write.token}, but {newest} had written already"
                )
            newest = max(newest, write.token)
        tokens = [token for machine in self.machines for token in machine.token_of.values()]
        findings.faults += [f"token {token} was given twice" for token, count in Counter(tokens).items() if count > 1]
        self._judge_requests()

    def _judge_requests(self) -> None:
        findings = self.findings
        written = {write.request_id: write.token for write in findings.writes if write.request_id is not None}
        taken_by = {
            event.request_id: event.actor for event in CommandEvent.objects.filter(state="dispatched").iterator()
        }
        for request_id, token in written.items():
            if taken_by.get(request_id) != f"control {token}":
                findings.faults.append(
                    f"request {request_id} was taken by {taken_by.get(request_id)}, and written by {token}"
                )
        ends = dict(CommandRequest.objects.values_list("pk", "state"))
        findings.requests = len(self.technician.asked)
        findings.states = Counter(ends[asked.request_id] for asked in self.technician.asked)
        lost = sum(findings.states[state] for state in OPEN)
        if lost:
            findings.faults.append(f"{lost} requests have no end")


@contextmanager
def failover_stage(folder: Path, *, user: User, database_url: str, lease_s: float) -> Iterator[Failover]:
    """A simulated base, loaded into the store, with two machines that have not started yet."""
    profile = load_shipped()["climate-controller"]
    devices = [device for of_line in LINES.values() for device in of_line]
    plant = SteadyPlant(
        [PlantDevice(device, profile, device[:2]) for device in devices],
        {device[:2]: Enclosure.SOLAR_GREENHOUSE for device in devices},
        start=utc_now(),
    )
    lines = [
        SimulatedLine(
            line, LineKind.TCP, tuple(LineDevice(device, unit, profile) for unit, device in enumerate(of_line, start=1))
        )
        for line, of_line in LINES.items()
    ]
    with SimulatedBase(lines, plant) as simulated:
        ports = {line: end.port for line, end in simulated.endpoints.items() if end.port is not None}
        import_base(parse_base(_base_text(ports), file="failover.toml", folder=folder), now=utc_now())
        machines = (
            Machine("east", folder, database_url=database_url, lease_s=lease_s),
            Machine("west", folder, database_url=database_url, lease_s=lease_s),
        )
        stage = Failover(simulated, machines, Technician(user))
        try:
            yield stage
        finally:
            stage.technician._stop.set()  # noqa: SLF001  a trial that failed has not stopped it
            stage._kernel._stop.set()  # noqa: SLF001
            for machine in machines:
                machine.close()


def random_trials(stage: Failover, count: int, *, lease_s: float, seed: int) -> Iterator[Trial]:
    """So many trials; pauses are always longer than the lease, and some end just when the other one takes over."""
    dice = random.Random(seed)  # noqa: S311  it only chooses instants
    for _ in range(count):
        yield stage.trial(paused_s=lease_s * dice.uniform(1.0, 1.8), after_s=dice.uniform(0.0, 1.0))


def _base_text(ports: dict[str, int]) -> str:
    names = 'name_zh = "{0}"\nname_en = "{0}"\n'
    text = f'[base]\nkey = "failover"\n{names.format("failover")}'
    text += "latitude_deg = 39.6\nlongitude_deg = 109.8\nelevation_m = 1300\n"
    for line, of_line in LINES.items():
        text += (
            f'[[line]]\nkey = "{line}"\n{names.format(line)}kind = "tcp"\nhost = "127.0.0.1"\nport = {ports[line]}\n'
        )
        for unit, device in enumerate(of_line, start=1):
            house = device[:2]
            text += f'[[house]]\nkey = "{house}"\n{names.format(house)}kind = "solar"\narea_m2 = 480\n'
            text += f'[[compartment]]\nkey = "{house}"\nhouse = "{house}"\n{names.format(house)}area_m2 = 480\n'
            text += f'[[device]]\nkey = "{device}"\n{names.format(device)}line = "{line}"\nunit_id = {unit}\n'
            text += f'profile = "climate-controller"\ncompartment = "{house}"\norigin = "simulated"\n'
    return text
