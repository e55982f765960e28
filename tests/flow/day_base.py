"""A training base with all its processes, as a supervisor starts them, on free ports and in a folder of its own.

No watchdog: on a busy machine a process that starts slowly is no process that hangs.
"""

from __future__ import annotations

import json
import os
import re
import socket
import sqlite3
import subprocess
import sys
import threading
import time
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from datetime import UTC, datetime
from http.cookiejar import CookieJar
from pathlib import Path
from typing import NamedTuple

from benchmarks.results import PROJECT
from benchmarks.running_base import hidden_fields
from devices.simulator.base import SimulatorFailed
from devices.simulator.control import ask
from greenhouse.base_clock import BaseClock
from greenhouse.clock import boot_s
from scheduler.simulation import read_address
from scheduler.supervision.programs import WATCHDOG, base_programs

HOST = "127.0.0.1"
VISITORS = "visit.localhost"
WITHIN_S = 400.0
PUBLISHED_EVERY_S = 3.0
COMPARTMENTS = ("h1", "h2", "g1-a")
"""Two solar greenhouses and a part of the glasshouse: what a machine for tests carries at a fast pace."""
_BLOCK = re.compile(r"^(?=\[\[)", re.MULTILINE)
_ENTRY = re.compile(r'^(\w+) = "([^"]*)"$', re.MULTILINE)
_PORT = re.compile(r"^port = \d+$", re.MULTILINE)


def base_text(ports: Iterator[int]) -> str:
    """The demonstration base, as far as some of its compartments go, with other ports."""
    whole = (PROJECT / "bases" / "kangbashi.toml").read_text(encoding="utf-8")
    head, *blocks = _BLOCK.split(whole)
    kept = [block for block in blocks if _is_kept(block)]
    lines = {dict(_ENTRY.findall(block)).get("line") for block in kept}
    used = [block for block in kept if not block.startswith("[[line]]") or dict(_ENTRY.findall(block))["key"] in lines]
    return head + _PORT.sub(lambda _: f"port = {next(ports)}", "".join(used))


def _is_kept(block: str) -> bool:
    entry = dict(_ENTRY.findall(block))
    if block.startswith("[[house]]"):
        return any(key == entry["key"] or key.startswith(f"{entry['key']}-") for key in COMPARTMENTS)
    place = entry["key"] if block.startswith("[[compartment]]") else entry.get("compartment")
    return place is None or place in COMPARTMENTS


def free_ports(count: int) -> Iterator[int]:
    """Ports that nobody listens on, none twice."""
    with ExitStack() as held:
        sockets = [held.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind((HOST, 0))
        return iter([each.getsockname()[1] for each in sockets])


class Person:
    """Somebody at the console, over HTTP."""

    def __init__(self, address: str, login: str, password: str) -> None:
        self._address = address
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
        self.send("/login", {"username": login, "password": password})

    def get(self, path: str) -> str:
        """Text of a page."""
        with self._opener.open(f"{self._address}{path}", timeout=WITHIN_S) as answer:
            return answer.read().decode()

    def send(self, path: str, fields: dict[str, str], *, to: str = "") -> str:
        """Fill in the form of a page and send it; text of the page that follows."""
        form = {**hidden_fields(self.get(path)), **fields}
        data = urllib.parse.urlencode(form).encode()
        headers = {"Referer": f"{self._address}{path}", "Origin": self._address}
        request = urllib.request.Request(f"{self._address}{to or path}", data=data, headers=headers)
        with self._opener.open(request, timeout=WITHIN_S) as answer:
            return answer.read().decode()


class DayBase:
    """The base, its processes, and ways to look at it from outside."""

    def __init__(self, var: Path, *, start: datetime) -> None:
        self.var = var
        ports = free_ports(20)
        self.port, self.public_port = next(ports), next(ports)
        self.paces: list[float] = []  # that were asked for
        (var / "base.toml").write_text(base_text(ports), encoding="utf-8")
        usual = {name: value for name, value in os.environ.items() if not name.startswith(("GREENHOUSE_", "DJANGO_"))}
        for name in ("DATABASE_URL", "REDIS_URL"):
            usual.pop(name, None)
        self._environment = usual | {
            "GREENHOUSE_VAR": str(var),
            "GREENHOUSE_BASE_FILE": str(var / "base.toml"),
            "GREENHOUSE_TRAINING": "1",
            "GREENHOUSE_DEMO_HISTORY_DAYS": "0",
            "GREENHOUSE_LOG_LEVEL": "WARNING",
        }
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._log = (var / "stores.log").open("wb")
        command = [sys.executable, "-m", "tests.flow.day_stores"]
        self._stores = subprocess.Popen(
            command,
            cwd=PROJECT,
            env=self._environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
        )
        self.stores("prepare", start=start.isoformat())

    def stores(self, do: str, **asked: object) -> object:
        """Ask the companion process (`tests.flow.day_stores`)."""
        assert self._stores.stdin is not None
        assert self._stores.stdout is not None
        self._stores.stdin.write(json.dumps({"do": do, **asked}) + "\n")
        self._stores.stdin.flush()
        line = self._stores.stdout.readline()
        assert line, (self.var / "stores.log").read_text()[-3000:]
        return json.loads(line)

    def start(self) -> None:
        """Start every process and wait until each is at work."""
        host = f"{VISITORS}:{self.public_port}"
        programs = base_programs(
            sys.executable, port=self.port, simulated=True, public_port=self.public_port, public_host=host
        )
        for program in programs:
            if program.name == WATCHDOG:
                continue
            with (self.var / f"{program.name}.log").open("wb") as log:
                self._processes[program.name] = subprocess.Popen(
                    program.command, cwd=PROJECT, env=self._environment, stdout=log, stderr=subprocess.STDOUT
                )
        self.wait_until(lambda: self.stores("is_live") is True, "every point was read")
        self.wait_until(self._all_serve, "the pages are served")

    def end(self, name: str) -> int:
        """Stop a process as planned. Its exit code."""
        process = self._processes.pop(name)
        process.terminate()
        return process.wait(timeout=WITHIN_S)

    def close(self) -> None:
        """End whatever still runs."""
        for process in self._processes.values():
            process.kill()
            process.wait()
        for pipe in (self._stores.stdin, self._stores.stdout):
            if pipe is not None:
                pipe.close()
        self._stores.wait(timeout=WITHIN_S)
        self._log.close()

    def logs(self) -> dict[str, str]:
        """What each process wrote: warnings and worse."""
        return {file.stem: file.read_text(encoding="utf-8") for file in sorted(self.var.glob("*.log"))}

    def wait_until(self, is_so: Callable[[], bool], what: str, *, within_s: float = WITHIN_S) -> None:
        """Wait for something that other processes do; there is nothing to wait for but it."""
        over_at_s = time.monotonic() + within_s
        while not is_so():
            assert time.monotonic() < over_at_s, f"not within {within_s} s: {what}"
            for name, process in self._processes.items():
                assert process.poll() is None, f"{name} has ended: {self.logs()[name][-3000:]}"
            time.sleep(0.2)

    def person(self, login: str) -> Person:
        """Somebody who signed in with a demonstration login."""
        lines = (line.split() for line in (self.var / "demo-logins.txt").read_text(encoding="utf-8").splitlines())
        return Person(f"http://{HOST}:{self.port}", login, dict(map(tuple, lines))[login])

    def clock(self) -> BaseClock:
        """The stored base clock."""
        with sqlite3.connect(f"file:{self.var / 'main.sqlite3'}?mode=ro", uri=True) as database:
            names = "key, bend_at, boot_id, bend_boot_s, pace_before, pace"
            key, bend_at, *others = database.execute(f"SELECT {names} FROM training_storedbaseclock").fetchone()
        return BaseClock(key, datetime.fromisoformat(bend_at).replace(tzinfo=UTC), *others)

    def now(self) -> datetime:
        """Base time."""
        return self.clock().at(boot_s())

    def published(self) -> dict:
        """What visitors' phones and the wall are sent."""
        return json.loads(self._visit("/data.json"))

    def _visit(self, path: str) -> str:
        host = f"{VISITORS}:{self.public_port}"
        request = urllib.request.Request(f"http://{HOST}:{self.public_port}{path}", headers={"Host": host})
        with urllib.request.urlopen(request, timeout=WITHIN_S) as answer:
            return answer.read().decode()

    def truth(self, points: list[str]) -> list[float | None]:
        """What the plant itself has, asked of the simulator."""
        return ask(read_address(self.var), {"do": "values", "points": points})

    def _all_serve(self) -> bool:
        try:
            self._visit("/healthz")
            with urllib.request.urlopen(f"http://{HOST}:{self.port}/login", timeout=WITHIN_S):
                return True
        except OSError:
            return False


class Seen(NamedTuple):
    """What the plant had at a moment of base time, by point."""

    at: float
    values: dict[str, float | None]


class Witness(threading.Thread):
    """Looks at the plant itself, again and again, beside everything that the base says of it."""

    def __init__(self, base: DayBase, points: list[str], *, every_s: float = 0.1) -> None:
        super().__init__(daemon=True)
        self._base, self._points, self._every_s = base, points, every_s
        self._is_over = threading.Event()
        self.seen: list[Seen] = []
        self.published: list[dict] = []

    def run(self) -> None:
        """Look until it is over, or the plant is gone."""
        read_at_s = 0.0
        while not self._is_over.wait(self._every_s):
            if time.monotonic() - read_at_s > PUBLISHED_EVERY_S:
                read_at_s = time.monotonic()
                self._read()
            try:
                values = self._base.truth(self._points)
            except SimulatorFailed:
                return
            self.seen.append(Seen(self._base.now().timestamp(), dict(zip(self._points, values, strict=True))))

    def _read(self) -> None:
        """What visitors are sent just now; nothing before the first publication, and once their process has ended."""
        with suppress(OSError):
            self.published.append(self._base.published())

    def stop(self) -> None:
        """Look no more."""
        self._is_over.set()
        self.join()
