"""Kills the control process at random instants while it irrigates: ``make prove``.

Valve blocks are simulated on real Modbus; ``manage.py runcontrol`` with a second one standing by waters their groups,
by a program and by people's runs of some seconds, while it is killed with SIGKILL again and again. At last both are
killed and stay dead. What the simulated valves did decides: nothing was open longer than its run and the margin of its
register, no dose was given twice, every run has an end that its events lead to.
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
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import django

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from devices.simulator.base import SimulatedBase
    from greenhouse.commands.models import IrrigationRun

PROJECT = Path(__file__).resolve().parents[1]
HOUSES, VALVES = 4, 2
DOSE_MIN = (0.05, 0.12)
"""Shortest and longest run that people start. [min]"""
LOOK_S = 0.05
ENDS_WITHIN_S, BEGINS_WITHIN_S = 240.0, 120.0
SLACK_S = 2.0
"""A look at a valve may come so much late on a busy machine."""
PROGRAM = {
    "groups": ["h1-group"],
    "dose": {"kind": "time", "amount": 3},
    "starts": {"kind": "interval", "first": "00:00", "interval_min": 1, "last": "23:59"},
    "rest_min": 0,
}
ABOUT = """# Proof: no valve is left open

Written by `scripts/prove_irrigation.py` (`make prove`). The control process (`manage.py runcontrol`) with a second
one standing by waters {houses} groups of {valves} simulated valves each over Modbus TCP, by a program every minute
and by runs of 3 to 7 s that people start without a pause. It is killed with SIGKILL within seconds of work, again
and again; at last both processes are killed while every group is open, and stay dead. The valves themselves are
watched, 20 times a second. A valve may be open only within a run, at most until the run's deadline and the margin
of its register (10 s, and what lay between writing the register and opening); a run opens a valve once at most.
"""


@dataclass
class Result:
    """What the proof found."""

    kills: int = 0
    kills_with_an_open_valve: int = 0
    runs: int = 0
    openings: int = 0
    ends: dict[str, int] = field(default_factory=dict)
    longest_past_deadline_s: float = 0.0
    closed_by_themselves: int = 0
    longest_dead_s: float = 0.0
    seconds: float = 0.0
    faults: list[str] = field(default_factory=list)


@dataclass
class Opening:
    """A valve that was seen open, from one moment to another."""

    valve: str
    begins: datetime
    ends: datetime


def main() -> None:
    """Prove and say what failed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--no-document", action="store_true", help="print the figures only")
    parser.add_argument("--run", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.run is not None:
        os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings.console"
        django.setup()
        print(json.dumps(asdict(prove(arguments.run, arguments.kills))))
        return
    with tempfile.TemporaryDirectory(prefix="prove-irrigation-") as folder:
        environment = {**os.environ, "GREENHOUSE_VAR": folder, "DATABASE_URL": ""}
        command = [sys.executable, "-m", "scripts.prove_irrigation", "--kills", str(arguments.kills), "--run", folder]
        answer = subprocess.run(command, cwd=PROJECT, env=environment, stdout=subprocess.PIPE, check=True)
    result = Result(**json.loads(answer.stdout))
    page = document(result)
    print(page)
    if not arguments.no_document:
        (PROJECT / "docs" / "proof-irrigation.md").write_text(page)
    if result.faults:
        sys.exit("failed:\n" + "\n".join(result.faults[:50]))


def document(result: Result) -> str:
    """The figures as a page."""
    figures = {
        "kills with SIGKILL": str(result.kills),
        "of these while a valve was open": str(result.kills_with_an_open_valve),
        "runs": str(result.runs),
        "ends": ", ".join(f"{end} {count}" for end, count in sorted(result.ends.items())),
        "openings of valves": str(result.openings),
        "longest open past the deadline of its run": f"{result.longest_past_deadline_s:.1f} s",
        "closed by their own registers, both processes dead": str(result.closed_by_themselves),
        "longest open after both had died": f"{result.longest_dead_s:.1f} s",
        "left open, opened twice, or without an honest end": str(len(result.faults)),
        "duration": f"{result.seconds:.0f} s",
    }
    command = ["git", "rev-parse", "--short", "HEAD"]
    commit = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False).stdout.strip()
    day = time.strftime("%Y-%m-%d %H:%M", time.gmtime())
    where = f"{os.cpu_count()} processors, {platform.system()}, SQLite"
    lines = [
        ABOUT.format(houses=HOUSES, valves=VALVES),
        f"{day} UTC, commit {commit}, Python {platform.python_version()}, {where}.",
        "",
        "| | |",
        "| --- | --- |",
        *(f"| {name} | {figure} |" for name, figure in figures.items()),
        "",
    ]
    return "\n".join(lines)


# What follows runs in a process of its own: models can be imported when Django is set up.


def base_text(port: int) -> str:
    """The base file: valve blocks on one line, a group each."""
    text = (
        '[base]\nkey = "proof"\nname_zh = "验证基地"\nname_en = "Proof base"\n'
        "latitude_deg = 39.6\nlongitude_deg = 109.8\nelevation_m = 1300\n"
        '[[line]]\nkey = "water"\nname_zh = "灌溉线路"\nname_en = "Water line"\nkind = "tcp"\n'
        f'host = "127.0.0.1"\nport = {port}\n'
    )
    for number in range(1, HOUSES + 1):
        names = f'name_zh = "{number}号"\nname_en = "Number {number}"\n'
        place = f'key = "h{number}"\n{names}area_m2 = 480\n'
        valves = ", ".join(f'"h{number}-valves.valve_{valve}"' for valve in range(1, VALVES + 1))
        text += (
            f'[[house]]\n{place}kind = "solar"\n[[compartment]]\n{place}house = "h{number}"\n'
            f'[[device]]\nkey = "h{number}-valves"\n{names}line = "water"\nunit_id = {number}\n'
            f'profile = "valve-block-8"\ncompartment = "h{number}"\norigin = "simulated"\n'
            f'[[valve_group]]\nkey = "h{number}-group"\n{names}compartment = "h{number}"\nvalves = [{valves}]\n'
            f'area_m2 = 240\nmeter = "h{number}-valves.total_volume"\n'
        )
    return text


def prove(var: Path, kills: int) -> Result:
    """Kill, watch and judge."""
    began_s = time.monotonic()
    result = Result()
    with simulated_base() as simulated:
        port = simulated.endpoints["water"].port
        assert port is not None
        user = prepare(port)
        watch = Watch(simulated)
        watch.start()
        try:
            died_at = kill_again_and_again(var, kills, user, watch, result)
        finally:
            watch.stop()
    judge(watch.openings, died_at, result)
    result.seconds = time.monotonic() - began_s
    return result


def simulated_base() -> SimulatedBase:
    """The valve blocks of the base file, on a free port."""
    from devices.simulator.base import LineDevice, LineKind, SimulatedBase, SimulatedLine
    from devices.simulator.compartment import Enclosure
    from devices.simulator.plant import PlantDevice
    from devices.simulator.steady_plant import SteadyPlant
    from greenhouse.clock import utc_now
    from greenhouse.site.basefile.reader import parse_base

    devices = parse_base(base_text(1), file="proof.toml", folder=PROJECT).devices
    plant = SteadyPlant(
        [PlantDevice(device.key, device.profile, device.compartment) for device in devices],
        {f"h{number}": Enclosure.SOLAR_GREENHOUSE for number in range(1, HOUSES + 1)},
        start=utc_now(),
    )
    members = tuple(LineDevice(device.key, device.unit_id, device.profile) for device in devices)
    return SimulatedBase([SimulatedLine(key="water", kind=LineKind.TCP, devices=members, port=0)], plant)


def prepare(port: int) -> User:
    """An empty store with the base, a technician and a program."""
    from django.conf import settings
    from django.contrib.auth.models import Group, User
    from django.core.management import call_command

    from greenhouse.clock import moment_now, utc_now
    from greenhouse.rules.irrigation_programs import save
    from greenhouse.site.basefile.importer import import_base
    from greenhouse.site.basefile.reader import parse_base

    for alias in settings.DATABASES:
        call_command("migrate", database=alias, interactive=False, verbosity=0)
    import_base(parse_base(base_text(port), file="proof.toml", folder=PROJECT), now=utc_now())
    user = User.objects.create_user("technician")
    user.groups.add(Group.objects.get(name="technician"))
    save("each-minute", PROGRAM, is_on=True, seen_version=0, by=user, reason="proof", now=moment_now())
    return user


class Watch(threading.Thread):
    """Looks at every valve, 20 times a second, and writes down from when to when it is open."""

    def __init__(self, simulated: SimulatedBase) -> None:
        super().__init__(daemon=True)
        self._simulated, self._is_over = simulated, threading.Event()
        self.openings: list[Opening] = []
        self.open: dict[str, Opening] = {}

    def run(self) -> None:
        """Look until it is over."""
        from greenhouse.clock import utc_now

        places = [(f"h{house}-valves", f"valve_{valve}") for house in range(1, HOUSES + 1) for valve in range(1, 9)]
        while not self._is_over.wait(LOOK_S):
            for device, point in places:
                key, is_open = f"{device}.{point}", self._simulated.value(device, point) == 1.0
                now = utc_now()
                if is_open and key not in self.open:
                    opening = Opening(key, now, now)
                    self.openings.append(opening)
                    self.open[key] = opening
                elif is_open:
                    self.open[key].ends = now
                else:
                    self.open.pop(key, None)

    def stop(self) -> None:
        """End, and wait for it."""
        self._is_over.set()
        self.join()


def kill_again_and_again(var: Path, kills: int, user: User, watch: Watch, result: Result) -> datetime:
    """Kill, let the next one work, kill; at last both, for good. Returns when those died."""
    from greenhouse.clock import utc_now
    from greenhouse.commands.irrigation_runs import live
    from scripts.prove_commands.kills import Control

    class Both(Control):
        def die(self) -> None:
            """Kill whoever controls and whoever stands by."""
            for process in (self._standby, self.process):
                process.send_signal(signal.SIGKILL)
                process.wait()

    chance, control = random.Random(kills), Both(var)  # noqa: S311 - repeatable, nobody attacks a proof
    is_dead = False
    try:
        for _kill in range(kills):
            control.wait_until_it_controls()
            over_at_s = time.monotonic() + chance.uniform(0.5, 4.0)
            is_within_a_run = chance.random() < 0.6
            while time.monotonic() < over_at_s or (is_within_a_run and not watch.open):
                ask(user, chance)
                time.sleep(0.1)
                if time.monotonic() > over_at_s + BEGINS_WITHIN_S:
                    break
            result.kills_with_an_open_valve += bool(watch.open)
            control.kill()
            result.kills += 1
            if result.kills % 10 == 0:
                print(f"{result.kills} of {kills} kills", file=sys.stderr, flush=True)
        control.wait_until_it_controls()
        _wait(lambda: not live().exists(), ENDS_WITHIN_S)  # the control process that is left brings all to an end
        ask(user, chance)
        _wait(lambda: len(watch.open) >= HOUSES * VALVES, BEGINS_WITHIN_S)
        is_dead = True
        control.die()
        died_at, result.kills = utc_now(), result.kills + 2
        result.closed_by_themselves = len(watch.open)
        _wait(lambda: not watch.open, ENDS_WITHIN_S)
    finally:
        if not is_dead:
            control.stop()
    return died_at


def ask(user: User, chance: random.Random) -> None:
    """Keep a run waiting or running in every house."""
    from greenhouse.clock import moment_now
    from greenhouse.commands.irrigation_runs import live, start

    busy = set(live().values_list("group_key", flat=True))
    for number in range(1, HOUSES + 1):
        if (group := f"h{number}-group") not in busy:
            start(group, chance.uniform(*DOSE_MIN), by=user, now=moment_now(), submission=uuid4())


def _wait(is_so: Callable[[], bool], within_s: float) -> None:
    over_at_s = time.monotonic() + within_s
    while not is_so() and time.monotonic() < over_at_s:
        time.sleep(0.1)


def judge(openings: list[Opening], died_at: datetime, result: Result) -> None:
    """Hold what the valves did against the runs."""
    from greenhouse.commands.models import IrrigationRun
    from greenhouse.commands.run_lifecycle import OPENING_S, REGISTER_MARGIN_S

    runs = list(IrrigationRun.objects.prefetch_related("events").order_by("created_at"))
    result.runs, result.openings = len(runs), len(openings)
    result.ends = dict(Counter(f"{run.state} ({run.reason})" if run.reason else run.state for run in runs))
    opened: Counter[tuple[str, str]] = Counter()
    slack = timedelta(seconds=SLACK_S)
    for one in openings:
        result.longest_dead_s = max(result.longest_dead_s, (one.ends - died_at).total_seconds())
        owner = next((run for run in reversed(runs) if _may_have_opened(run, one, slack)), None)
        if owner is None or owner.deadline is None:
            result.faults.append(f"no run covers {one}")
            continue
        opened[str(owner.pk), one.valve] += 1
        past_s = (one.ends - owner.deadline).total_seconds()
        result.longest_past_deadline_s = max(result.longest_past_deadline_s, past_s)
        if past_s > REGISTER_MARGIN_S + OPENING_S:
            result.faults.append(f"{one} was open {past_s:.1f} s past the deadline of {owner}")
    result.faults += [f"run {run} opened {valve} {times} times" for (run, valve), times in opened.items() if times > 1]
    if not opened or not result.closed_by_themselves:
        result.faults.append("nothing was watered: this proves nothing")
    for run in runs:
        _judge_history(run, died_at, result)


def _may_have_opened(run: IrrigationRun, one: Opening, slack: timedelta) -> bool:
    if run.begun_at is None or one.valve not in run.valve_keys:
        return False
    return bool(run.begun_at - slack <= one.begins and (run.ended_at is None or one.begins <= run.ended_at + slack))


def _judge_history(run: IrrigationRun, died_at: datetime, result: Result) -> None:
    from greenhouse.commands.run_lifecycle import RunState, may_follow

    states = [RunState(event.state) for event in run.events.order_by("id")]
    if not states or states[-1] != run.state:
        result.faults.append(f"{run} is not where its last event says")
    if wrong := [f"{old} to {new}" for old, new in pairwise(states) if not may_follow(old, new)]:
        result.faults.append(f"{run} went from {', '.join(wrong)}")
    if run.ended_at is None and run.created_at < died_at - timedelta(seconds=BEGINS_WITHIN_S):
        result.faults.append(f"{run} has no end")


if __name__ == "__main__":
    main()
