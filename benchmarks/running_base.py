"""A base of its own with all its processes, and a technician at a page of it: what a benchmark of the whole needs."""

from __future__ import annotations

import html
import json
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from http.cookiejar import CookieJar
from pathlib import Path
from types import TracebackType
from typing import Self

from websockets.sync.client import ClientConnection, connect

from benchmarks.results import PROJECT
from scheduler.supervision.programs import WATCHDOG, base_programs

_PORT = re.compile(r"^port = \d+$", re.MULTILINE)
_HOST = "127.0.0.1"
_WITHIN_S = 60.0
_TICKS_PER_S = os.sysconf("SC_CLK_TCK")
_HIDDEN = re.compile(r'<input[^>]*type="hidden"[^>]*>')
_NAME, _VALUE = re.compile(r'name="([^"]*)"'), re.compile(r'value="([^"]*)"')


class NotInTime(Exception):
    """Something that was waited for did not happen."""


def wait_until(is_so: Callable[[], bool], what: str, *, within_s: float = _WITHIN_S) -> None:
    """Wait for something.

    Raises
    ------
    NotInTime
        If it does not happen within that time.
    """
    over_at_s = time.monotonic() + within_s
    while not is_so():
        if time.monotonic() > over_at_s:
            raise NotInTime(what)
        time.sleep(0.05)


class RunningBase:
    """The demonstration base on free ports and in a folder of its own, without its supervisor.

    Parameters
    ----------
    folder : Path
        Becomes the installation's ``var``.
    before_start : callable
        Called with the environment of the processes when the databases are made and nothing runs yet.
    only : set of str, optional
        Names of the processes to start. Default: all.
    """

    def __init__(
        self, folder: Path, *, before_start: Callable[[dict[str, str]], None], only: frozenset[str] | None = None
    ) -> None:
        self.folder, self._only = folder, only
        base_text = (PROJECT / "bases" / "kangbashi.toml").read_text(encoding="utf-8")
        self.port, self.public_port, *line_ports = _free_ports(2 + len(_PORT.findall(base_text)))
        base_file = folder / "base.toml"
        base_file.write_text(_on_ports(base_text, line_ports))
        self.environment = {
            **os.environ,
            "GREENHOUSE_VAR": str(folder),
            "GREENHOUSE_BASE_FILE": str(base_file),
            "GREENHOUSE_LOG_LEVEL": "WARNING",
            "GREENHOUSE_DEMO_HISTORY_DAYS": "0",  # what is measured has the machine for itself
        }
        self.environment.pop("DATABASE_URL", None)
        self.environment.pop("DJANGO_SETTINGS_MODULE", None)
        for arguments in (
            ("catalogs", "--compile-only"),
            ("collectstatic", "--no-input"),
            ("migrate", "--database", "default"),
            ("migrate", "--database", "telemetry"),
            ("migrate", "--database", "outreach"),
            ("load_base",),
            ("demo_logins",),
        ):
            self.manage(*arguments)
        before_start(self.environment)
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    def manage(self, *arguments: str) -> str:
        """Run a management command of this base to its end. Returns what it printed."""
        return subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=PROJECT,
            env=self.environment,
            stdout=subprocess.PIPE,
            check=True,
            text=True,
        ).stdout

    def password(self, login: str) -> str:
        """Password of a demonstration login."""
        lines = (line.split() for line in (self.folder / "demo-logins.txt").read_text(encoding="utf-8").splitlines())
        return next(password for name, password in lines if name == login)

    def __enter__(self) -> Self:
        for program in base_programs(sys.executable, port=self.port, simulated=True, public_port=self.public_port):
            if program.name == WATCHDOG or (self._only is not None and program.name not in self._only):
                continue
            with (self.folder / f"{program.name}.log").open("wb") as log:
                self._running[program.name] = subprocess.Popen(
                    program.command, cwd=PROJECT, env=self.environment, stdout=log, stderr=subprocess.STDOUT
                )
        wait_until(self._answers, "the console answers")
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        for process in reversed(self._running.values()):
            process.terminate()
        for process in reversed(self._running.values()):
            process.wait(timeout=40.0)

    def process_id(self, name: str) -> int:
        """Process id of one of the running processes."""
        return self._running[name].pid

    def cpu_s(self, name: str) -> float:
        """CPU time of one of the running processes with all its threads so far. [s]"""
        stat = Path(f"/proc/{self.process_id(name)}/stat").read_text(encoding="utf-8")
        fields = stat.rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS_PER_S

    def _answers(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex((_HOST, self.port)) == 0


class Technician:
    """Somebody at a page of the console: pages over HTTP, frames over a socket."""

    def __init__(self, base: RunningBase, login: str = "technician") -> None:
        self._address = f"http://{_HOST}:{base.port}"
        self._cookies = CookieJar()
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self._cookies))
        fields = hidden_fields(self.get("/login"))
        self.post("/login", {**fields, "username": login, "password": base.password(login)})

    def get(self, path: str) -> str:
        """Text of a page."""
        with self._opener.open(f"{self._address}{path}", timeout=10.0) as answer:
            return str(answer.read().decode())

    def post(self, path: str, fields: dict[str, str]) -> str:
        """Send a form; text of the page that follows."""
        request = urllib.request.Request(  # noqa: S310  (always our own console)
            f"{self._address}{path}",
            data=urllib.parse.urlencode(fields).encode(),
            headers={"Referer": f"{self._address}{path}", "Origin": self._address},
        )
        with self._opener.open(request, timeout=10.0) as answer:
            return str(answer.read().decode())

    @contextmanager
    def live(self) -> Iterator[ClientConnection]:
        """The socket of the overview."""
        cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in self._cookies)
        address = self._address.replace("http", "ws", 1)
        with connect(
            f"{address}/live/base",
            origin=self._address,  # type: ignore[arg-type]  # an Origin is a str
            additional_headers={"Cookie": cookies},
            compression=None,
            max_size=None,
        ) as socket_:
            yield socket_


def hidden_fields(page: str) -> dict[str, str]:
    """What a form of the page sends without being asked: of the last form that has the same field."""
    found: dict[str, str] = {}
    for field in _HIDDEN.findall(page):
        name, value = _NAME.search(field), _VALUE.search(field)
        if name is not None:
            found[name[1]] = "" if value is None else html.unescape(value[1])
    return found


def commands_in(message: str | bytes) -> list[dict[str, object]]:
    """Requests that a frame tells of."""
    commands: list[dict[str, object]] = json.loads(message).get("commands") or []
    return commands


@contextmanager
def folder_for_a_base() -> Iterator[Path]:
    """A folder that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="greenhouse-bench-") as name:
        yield Path(name)


def _free_ports(count: int) -> list[int]:
    with ExitStack() as held:
        sockets = [held.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind((_HOST, 0))
        return [each.getsockname()[1] for each in sockets]


def _on_ports(base_text: str, ports: list[int]) -> str:
    """The base file with its lines on other ports, in their order."""
    following = iter(ports)
    return _PORT.sub(lambda _: f"port = {next(following)}", base_text)
