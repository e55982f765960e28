"""Kills the control process at random instants while others ask for changes: ``make prove``.

A small simulated base answers on real Modbus; ``manage.py runcontrol`` controls it, with a second one standing by;
other processes store requests without a pause. The control process is killed with SIGKILL again and again. At the end
the write log of the simulated devices decides: no request is lost, none was carried out twice, each has an honest end.

``--run`` proves on the engine that DATABASE_URL names (none: SQLite). Without it, SQLite is proved, then PostgreSQL if
DATABASE_URL names a server, and the figures are written to docs/proof-commands.md.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit, urlunsplit

PROJECT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(PROJECT))
os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings.console"

from greenhouse.clock import moment_now, utc_now  # noqa: E402

if TYPE_CHECKING:
    from devices.simulator.base import SimulatedBase
    from devices.simulator.write_log import WriteRecord
    from greenhouse.commands.models import CommandRequest

HOUSES = 8
ASKERS = 3
STEPS = {
    "heating_setpoint": (0.0, 0.1, 350),
    "ventilation_setpoint": (5.0, 0.1, 400),
    "co2_setpoint": (350.0, 1.0, 1150),
}
"""First value, step and number of values that are asked for, by setpoint: no value comes again soon."""
HOLD_SHARE, HOLD_FOR = 0.2, timedelta(seconds=0.5)
CONTROLS_WITHIN_S, ENDS_WITHIN_S = 60.0, 60.0
LATE_S = 5.0
"""A write that a killed process had sent may arrive this long after its request was ended."""
CLOCKS_AGREE_WITHIN_S = 0.05


@dataclass
class Result:
    """What one engine's proof found."""

    engine: str
    kills: int = 0
    kills_with_a_write_under_way: int = 0
    seconds: float = 0.0
    requests: int = 0
    acknowledged: int = 0
    returns: int = 0
    writes: int = 0
    states: dict[str, int] = field(default_factory=dict)
    interrupted_and_written: int = 0
    interrupted_and_not_written: int = 0
    faults: list[str] = field(default_factory=list)


# --- the base under proof ---------------------------------------------------------------------------------------------


def base_text(port: int) -> str:
    """The base file: some climate controllers on one line."""
    text = (
        '[base]\nkey = "proof"\nname_zh = "验证基地"\nname_en = "Proof base"\n'
        "latitude_deg = 39.6\nlongitude_deg = 109.8\nelevation_m = 1300\n"
        '[[line]]\nkey = "climate"\nname_zh = "气候线路"\nname_en = "Climate line"\nkind = "tcp"\n'
        f'host = "127.0.0.1"\nport = {port}\n'
    )
    for number in range(1, HOUSES + 1):
        house = f'key = "h{number}"\nname_zh = "{number}号温室"\nname_en = "House {number}"\narea_m2 = 480\n'
        text += f'[[house]]\n{house}kind = "solar"\n[[compartment]]\n{house}house = "h{number}"\n'
        text += (
            f'[[device]]\nkey = "h{number}-climate"\nname_zh = "控制器"\nname_en = "Controller"\nline = "climate"\n'
            f'unit_id = {number}\nprofile = "climate-controller"\ncompartment = "h{number}"\norigin = "simulated"\n'
        )
    return text


def simulated_base() -> SimulatedBase:
    """The controllers of the base file, on a free port."""
    from devices.simulator.base import LineDevice, LineKind, SimulatedBase, SimulatedLine
    from devices.simulator.compartment import Enclosure
    from devices.simulator.steady_plant import PlantDevice, SteadyPlant
    from greenhouse.site.basefile.reader import parse_base

    devices = parse_base(base_text(1), file="proof.toml", folder=PROJECT).devices
    plant = SteadyPlant(
        [PlantDevice(device.key, device.profile, device.compartment) for device in devices],
        {f"h{number}": Enclosure.SOLAR_GREENHOUSE for number in range(1, HOUSES + 1)},
        start=utc_now(),
    )
    members = tuple(LineDevice(device.key, device.unit_id, device.profile) for device in devices)
    return SimulatedBase([SimulatedLine(key="climate", kind=LineKind.TCP, devices=members, port=0)], plant)


def prepare(port: int) -> None:
    """An empty store with the base and the people who ask."""
    from django.conf import settings
    from django.contrib.auth.models import Group, User
    from django.core.management import call_command

    from greenhouse.site.basefile.importer import import_base
    from greenhouse.site.basefile.reader import parse_base

    for alias in settings.DATABASES:
        call_command("migrate", database=alias, interactive=False, verbosity=0)
    import_base(parse_base(base_text(port), file="proof.toml", folder=PROJECT), now=utc_now())
    for number in range(ASKERS):
        user = User.objects.create_user(f"asker{number}")
        user.groups.add(Group.objects.get(name="technician"))


# --- those who ask ----------------------------------------------------------------------------------------------------


def ask(number: int, stop_file: Path) -> None:
    """Ask for one change after the other; each that was stored is told on standard output."""
    from django.contrib.auth.models import User
    from django.db import DatabaseError

    from greenhouse.commands.checks import confirmed_value
    from greenhouse.commands.errors import RequestError
    from greenhouse.commands.submit import submit_setpoint
    from greenhouse.commands.target import read_target

    chance = random.Random(number)  # noqa: S311 - nobody attacks a proof
    user = User.objects.get(username=f"asker{number}")
    asked: Counter[str] = Counter()
    while not stop_file.exists():
        name = chance.choice(list(STEPS))
        point = f"h{chance.randrange(HOUSES) + 1}-climate.{name}"
        first, step, count = STEPS[name]
        value = round(first + step * ((asked[point] * ASKERS + number) % count), 1)
        try:
            found = read_target(point)
            assert found is not None
            request = submit_setpoint(
                point,
                value,
                by=user,
                seen_value=confirmed_value(found[1]),
                seen_at=None,
                now=moment_now(),
                hold_for=HOLD_FOR if chance.random() < HOLD_SHARE else None,
            )
        except (RequestError, DatabaseError):  # refused in words, or the store was busy: nothing was stored
            time.sleep(0.05)
            continue
        asked[point] += 1
        print(request.pk, flush=True)
        time.sleep(chance.uniform(0.0, 0.15))


# --- the kills --------------------------------------------------------------------------------------------------------


class Control:
    """The control process and one that stands by."""

    def __init__(self, var: Path) -> None:
        self._log = (var / "control.log").open("ab")
        self.process, self._standby = self._start(), self._start()

    def _start(self) -> subprocess.Popen[bytes]:
        command = [sys.executable, "manage.py", "runcontrol"]
        return subprocess.Popen(command, cwd=PROJECT, stdout=self._log, stderr=self._log)

    def wait_until_it_controls(self) -> None:
        """Until one of both holds the lease: whichever it is, it is the control process."""
        from django.conf import settings

        from scheduler.leases.file_lease import FileLeases

        over_at_s = time.monotonic() + CONTROLS_WITHIN_S
        lease = FileLeases(settings.VAR_DIR / "locks").control()
        while (holder := lease.holder()) != f"process {self.process.pid}":
            if holder == f"process {self._standby.pid}":
                self.process, self._standby = self._standby, self.process
            assert time.monotonic() < over_at_s, "no control process took the lease"
            time.sleep(0.01)

    def kill(self) -> None:
        """Kill the control process; the other one takes over, and a new one stands by."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self.process, self._standby = self._standby, self._start()

    def stop(self) -> None:
        """A planned stop of both."""
        for process in (self._standby, self.process):
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=60)
        self._log.close()


def wait_for_an_instant(chance: random.Random) -> None:
    """Half of the instants are any; half lie within 50 ms after a request was taken."""
    from greenhouse.commands.models import CommandRequest

    if chance.random() < 0.5:
        time.sleep(chance.uniform(0.0, 3.0))
        return
    over_at_s = time.monotonic() + 4.0
    while (
        time.monotonic() < over_at_s
        and not CommandRequest.objects.filter(ended_at=None, state__in=("dispatched", "accepted")).exists()
    ):
        time.sleep(0.003)
    time.sleep(chance.uniform(0.0, 0.05))


def kill_again_and_again(var: Path, kills: int, result: Result) -> list[str]:
    """Kill, let the next one work, kill. Returns the requests that were acknowledged to those who asked."""
    from greenhouse.commands.models import CommandRequest

    chance = random.Random(kills)  # noqa: S311 - repeatable, nobody attacks a proof
    control, stop_file = Control(var), var / "stop-asking"
    askers = [
        subprocess.Popen(
            [sys.executable, __file__, "--ask", str(number), "--var", str(var)], stdout=subprocess.PIPE, text=True
        )
        for number in range(ASKERS)
    ]
    outputs = [_Drain(asker) for asker in askers]
    try:
        for _kill in range(kills):
            control.wait_until_it_controls()
            wait_for_an_instant(chance)
            control.kill()
            result.kills += 1
            under_way = CommandRequest.objects.filter(ended_at=None, state__in=("dispatched", "accepted"))
            result.kills_with_a_write_under_way += under_way.exists()
            if result.kills % 25 == 0:
                print(f"{result.engine}: {result.kills} of {kills} kills", file=sys.stderr, flush=True)
        stop_file.touch()
        acknowledged = [line for output in outputs for line in output.lines()]
        over_at_s = time.monotonic() + ENDS_WITHIN_S
        while CommandRequest.objects.filter(ended_at=None).exists() and time.monotonic() < over_at_s:
            time.sleep(0.05)
    finally:
        stop_file.touch()
        control.stop()
    return acknowledged


class _Drain:
    """Reads what a process prints, so that it never waits for a full pipe."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        from threading import Thread

        self._lines: list[str] = []
        self._process = process
        self._thread = Thread(target=self._read)
        self._thread.start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        self._lines.extend(line.strip() for line in self._process.stdout)

    def lines(self) -> list[str]:
        """All of them, when the process has ended."""
        self._thread.join(timeout=30)
        if self._process.wait(timeout=30):
            raise SystemExit("a process that asks has failed")
        return self._lines


# --- the verdict ------------------------------------------------------------------------------------------------------


def judge(acknowledged: list[str], writes: list[WriteRecord], result: Result) -> None:
    """Compare what was asked for and how it ended with what the devices were told."""
    from greenhouse.commands.checks import Code
    from greenhouse.commands.lifecycle import NOT_SENT, State
    from greenhouse.commands.models import CommandRequest

    requests = list(CommandRequest.objects.prefetch_related("events").order_by("created_at"))
    asked = [request for request in requests if request.source != "controller"]
    result.requests, result.acknowledged, result.writes = len(asked), len(acknowledged), len(writes)
    result.returns = sum(request.source == "program" for request in asked)
    result.states = dict(sorted(Counter(request.state for request in asked).items()))
    if missing := set(acknowledged) - {str(request.pk) for request in requests}:
        result.faults.append(f"{len(missing)} acknowledged requests are lost")
    if on_site := [request for request in requests if request.source == "controller"]:
        result.faults.append(f"{len(on_site)} writes of ours were taken for changes on site, e.g. {on_site[0]}")
    carried_out = match(asked, writes, result)
    for request in asked:
        times, state = carried_out[str(request.pk)], State(request.state)
        lowest, highest = (1, 1) if state is State.CONFIRMED else (0, 0) if state in NOT_SENT else (0, 1)
        if not lowest <= times <= highest:
            result.faults.append(f"{request} was carried out {times} times")
        if request.ended_at is None:
            result.faults.append(f"{request} has no end")
        if request.verdict == Code.INTERRUPTED:
            result.interrupted_and_written += times
            result.interrupted_and_not_written += not times
        check_history(request, result)


def match(asked: list[CommandRequest], writes: list[WriteRecord], result: Result) -> Counter[str]:
    """How often each request was carried out. Each write belongs to a request that was open when it came."""
    monotonic_to_wall = utc_now() - timedelta(seconds=time.monotonic())
    by_value = defaultdict(list)
    for request in asked:
        by_value[request.point_key, round(request.value, 3)].append(request)
    carried_out: Counter[str] = Counter()
    for write in writes:
        at = monotonic_to_wall + timedelta(seconds=write.at_s)
        early, late = timedelta(seconds=CLOCKS_AGREE_WITHIN_S), timedelta(seconds=LATE_S)
        owners = [
            request
            for request in by_value[f"{write.device}.{write.point}", round(write.value, 3)]
            if request.created_at - early <= at <= (request.ended_at or at) + late
        ]
        if owners:
            carried_out[str(owners[-1].pk)] += 1
        else:
            result.faults.append(f"nobody asked for {write.device}.{write.point} := {write.value:g}")
    return carried_out


def check_history(request: CommandRequest, result: Result) -> None:
    """The events of a request walk the table of states, and the last one is its end."""
    from greenhouse.commands.lifecycle import State, may_follow

    states = [State(event.state) for event in request.events.order_by("id")]
    if not states or states[-1] != request.state:
        result.faults.append(f"{request} is not where its last event says")
    if wrong := [f"{old} to {new}" for old, new in pairwise(states) if not may_follow(old, new)]:
        result.faults.append(f"{request} went from {', '.join(wrong)}")


def run(var: Path, kills: int) -> Result:
    """Prove on the engine that is set."""
    import django
    from django.db import connection

    from devices.simulator.write_log import WrittenBy

    django.setup()
    began_s = time.monotonic()
    result = Result(engine=connection.vendor)
    with simulated_base() as simulated:
        port = simulated.endpoints["climate"].port
        assert port is not None
        prepare(port)
        acknowledged = kill_again_and_again(var, kills, result)
        time.sleep(0.2)  # what the last process sent has arrived
        writes = [
            write for write in simulated.writes() if write.written_by is WrittenBy.MASTER and write.point in STEPS
        ]
    judge(acknowledged, writes, result)
    result.seconds = time.monotonic() - began_s
    return result


# --- the document -----------------------------------------------------------------------------------------------------


def run_apart(kills: int, database_url: str) -> Result:
    """Prove in a process of its own, on an engine, in a folder and a database that are gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="prove-commands-") as folder:
        url = _new_database(database_url) if database_url else ""
        environment = {**os.environ, "GREENHOUSE_VAR": folder, "DATABASE_URL": url}
        command = [sys.executable, __file__, "--run", "--kills", str(kills), "--var", folder]
        try:
            answer = subprocess.run(command, cwd=PROJECT, env=environment, stdout=subprocess.PIPE, check=True)
            return Result(**json.loads(answer.stdout))
        finally:
            if database_url:
                _drop_database(database_url)


PROOF_DATABASE = "greenhouse_proof"


def _new_database(database_url: str) -> str:
    _drop_database(database_url)
    _on_server(database_url, f"CREATE DATABASE {PROOF_DATABASE}")
    return urlunsplit(urlsplit(database_url)._replace(path=f"/{PROOF_DATABASE}"))


def _drop_database(database_url: str) -> None:
    _on_server(database_url, f"DROP DATABASE IF EXISTS {PROOF_DATABASE} WITH (FORCE)")


def _on_server(database_url: str, statement: str) -> None:
    import psycopg

    with psycopg.connect(urlunsplit(urlsplit(database_url)._replace(path="/postgres")), autocommit=True) as server:
        server.execute(statement.encode())


ABOUT = f"""# Proof: no request is lost, none is carried out twice

Written by `scripts/prove_commands.py` (`make prove`); do not edit. A control process (`manage.py runcontrol`) with a
second one standing by controls {HOUSES} simulated climate controllers over Modbus TCP; {ASKERS} processes store
requests without a pause, a fifth of them as manual holds of half a second that return by themselves. It is killed
with SIGKILL: half of the instants are any within 3 s of work, half lie within 50 ms after a request was taken. The
write log of the simulated devices decides. A confirmed request was written exactly once; a refused, expired or
replaced one never; one that timed out, once or never, and nobody is told that it took. Every acknowledged request is
in the store with an end, and its events walk the table of states.
"""


def document(results: list[Result]) -> str:
    """The figures as a page."""
    command = ["git", "rev-parse", "--short", "HEAD"]
    commit = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False).stdout.strip()
    machine = (
        f"{os.cpu_count()} processors ({_processor()}), {platform.system()} {platform.release().partition('-')[0]}"
    )
    table = [figures(result) for result in results]
    lines = [
        ABOUT,
        f"{utc_now():%Y-%m-%d %H:%M} UTC, commit {commit}, Python {platform.python_version()}, {machine}.",
        "",
        "| | " + " | ".join(result.engine for result in results) + " |",
        "| --- | " + " | ".join("---" for _result in results) + " |",
        *(f"| {name} | " + " | ".join(column[name] for column in table) + " |" for name in table[0]),
        "",
    ]
    return "\n".join(lines)


def figures(result: Result) -> dict[str, str]:
    """One engine's column."""
    written, not_written = result.interrupted_and_written, result.interrupted_and_not_written
    return {
        "kills with SIGKILL": str(result.kills),
        "of these while a write was under way": str(result.kills_with_a_write_under_way),
        "requests stored": f"{result.requests}, {result.returns} of them automatic returns",
        "acknowledged to those who asked": str(result.acknowledged),
        "writes that reached the devices": str(result.writes),
        "ends": ", ".join(f"{state} {count}" for state, count in result.states.items()),
        "interrupted by a kill": f"{written} written once, {not_written} not written",
        "lost, carried out twice, or without an honest end": str(len(result.faults)),
        "duration": f"{result.seconds:.0f} s",
    }


def _processor() -> str:
    names = [
        line.split(":", 1)[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in line
    ]
    return names[0] if names else platform.machine()


def main() -> None:
    """Prove and say what failed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=300, help="on SQLite; a fifth of it on PostgreSQL")
    parser.add_argument("--no-document", action="store_true", help="print the figures only")
    parser.add_argument("--run", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--ask", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--var", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.ask is not None:
        import django

        django.setup()
        ask(arguments.ask, arguments.var / "stop-asking")
        return
    if arguments.run:
        print(json.dumps(asdict(run(arguments.var, arguments.kills))))
        return
    url = os.environ.get("DATABASE_URL", "")
    results = [run_apart(arguments.kills, "")]
    if url:
        results.append(run_apart(max(5, arguments.kills // 5), url))
    page = document(results)
    print(page)
    if not arguments.no_document:
        (PROJECT / "docs" / "proof-commands.md").write_text(page)
    if faults := [f"{result.engine}: {fault}" for result in results for fault in result.faults]:
        sys.exit("failed:\n" + "\n".join(faults[:50]))


if __name__ == "__main__":
    main()
