"""The public process as the supervisor starts it, in an environment that would lead anybody else to the base."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from http.client import HTTPConnection, HTTPMessage
from pathlib import Path

from django.db import connections

from scheduler.supervision.programs import base_programs
from tests.outreach.publication import just_now, publish

PROJECT = Path(__file__).resolve().parents[2]
HOST = "visit.localhost"
PATIENCE_S = 60.0
SECRETS = {
    "DATABASE_URL": "postgresql://greenhouse:main-password@127.0.0.1/greenhouse",
    "REDIS_URL": "redis://:redis-password@127.0.0.1",
    "GREENHOUSE_OUTREACH_URL": "postgresql://publisher:publisher-password@127.0.0.1/outreach",
    "GREENHOUSE_SECRET_KEY": "the key of the console",
}


class PublicServer:
    """A public process; its database is the outreach database of the test."""

    def __init__(self, folder: Path) -> None:
        self.var = folder
        database = folder / "outreach.sqlite3"
        if not database.is_symlink():
            database.symlink_to(connections["outreach"].settings_dict["NAME"])
        self.log = folder / "public.log"
        self.port = 0
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, **changes: str) -> None:
        """Start it, again on the same port if it had one."""
        programs = base_programs(sys.executable, port=0, simulated=False, public_port=self.port)
        (program,) = (each for each in programs if each.name == "public")
        usual = {name: value for name, value in os.environ.items() if not name.startswith(("GREENHOUSE_", "DJANGO_"))}
        environment = usual | SECRETS | {"GREENHOUSE_VAR": str(self.var), "GREENHOUSE_PRODUCTION": ""} | changes
        with self.log.open("wb") as out:
            self._process = subprocess.Popen(program.command, cwd=PROJECT, env=environment, stdout=out, stderr=out)
        self.port = self._told_port()

    def kill(self) -> None:
        """End it without a word."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    @property
    def pid(self) -> int:
        """Its process."""
        assert self._process is not None
        return self._process.pid

    @property
    def address(self) -> str:
        """Where a browser finds it."""
        return f"http://{HOST}:{self.port}"

    def publish(self, **what: object) -> None:
        """Publish, and wait until the process has read it: it looks every two seconds."""
        now = just_now()
        publish(now, **what)
        at = int(now.timestamp() * 1000)
        over_at_s = time.monotonic() + PATIENCE_S
        while True:
            status, _, body = self.ask("/data.json")
            if status == 200 and abs(json.loads(body)["at"] - at) <= 1:
                return
            assert time.monotonic() < over_at_s, f"not read within {PATIENCE_S} s"
            time.sleep(0.1)

    def ask(
        self, path: str, *, method: str = "GET", host: str = HOST, **headers: str
    ) -> tuple[int, HTTPMessage, bytes]:
        """Status, headers and body of an answer."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_S)
        try:
            connection.request(method, path, headers={"Host": host} | headers)
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()
        finally:
            connection.close()

    def _told_port(self) -> int:
        assert self._process is not None
        over_at_s = time.monotonic() + PATIENCE_S
        while self._process.poll() is None and time.monotonic() < over_at_s:
            if found := re.search(r"running on http://127\.0\.0\.1:(\d+)", self.log.read_text(encoding="utf-8")):
                return int(found[1])
            time.sleep(0.02)
        raise AssertionError(self.log.read_text(encoding="utf-8"))
