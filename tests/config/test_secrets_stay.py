"""What is secret stays out of logs, process lists, configuration files and error pages. A real console is asked."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlencode

import pytest

from scheduler.supervision.configuration import Instance, supervisord_configuration
from scheduler.supervision.programs import base_programs

PROJECT = Path(__file__).parents[2]
KEY = "kept-by-the-installer-and-told-to-nobody-0123456789-abcdef"
TYPED = "the-password-that-was-typed"
PATIENCE_S = 30


@dataclass
class Console:
    """A console in a process of its own, told everything there is to log."""

    process: subprocess.Popen[bytes]
    port: int
    var: Path
    log: Path

    def ask(self, method: str, path: str, body: str = "", **headers: str) -> tuple[int, str, str]:
        """Status, cookies and text of an answer."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_S)
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        return answer.status, "\n".join(answer.headers.get_all("Set-Cookie") or []), text


@pytest.fixture(scope="module")
def console(tmp_path_factory) -> Iterator[Console]:
    var = tmp_path_factory.mktemp("installation") / "var"
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("GREENHOUSE_", "DJANGO_", "DATABASE_", "REDIS_"))
    }
    environment |= {"GREENHOUSE_VAR": str(var), "GREENHOUSE_SECRET_KEY": KEY, "GREENHOUSE_LOG_LEVEL": "DEBUG"}
    prepare = "import os, config.asgi; from django.core.management import call_command as call;"
    prepare += "call('collectstatic', interactive=False, verbosity=0);"
    prepare += "[call('migrate', database=alias, verbosity=0) for alias in ('default', 'telemetry')]"
    subprocess.run([sys.executable, "-c", prepare], cwd=PROJECT, env=environment, check=True)
    (program,) = (each for each in base_programs(sys.executable, port=0, simulated=False) if each.name == "console")
    log = var / "console.log"
    with log.open("wb") as out:
        process = subprocess.Popen(program.command, cwd=PROJECT, env=environment, stdout=out, stderr=out)
    try:
        yield Console(process, _port(process, log), var, log)
    finally:
        process.kill()
        process.wait()


def _port(process: subprocess.Popen[bytes], log: Path) -> int:
    """The port that the server chose, as soon as it says it."""
    while process.poll() is None:
        if found := re.search(r"running on http://127\.0\.0\.1:(\d+)", log.read_text(encoding="utf-8")):
            return int(found[1])
        time.sleep(0.02)
    pytest.fail(log.read_text(encoding="utf-8"))


def test_no_secret_is_in_the_log_the_process_list_or_an_error_page(console):
    process_list = Path(f"/proc/{console.process.pid}/cmdline").read_text(encoding="utf-8")
    _, cookies, page = console.ask("GET", "/login")
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)[1]
    csrf_cookie = re.search(r"console_csrf=\w+", cookies)[0]
    form = {"csrfmiddlewaretoken": token, "username": "li", "password": TYPED}
    headers = {"Cookie": csrf_cookie, "Content-Type": "application/x-www-form-urlencoded"}
    status, _, answer = console.ask("POST", "/login", urlencode(form), **headers)
    assert (status, TYPED in answer) == (200, False)
    pages = [console.ask("GET", path, Cookie="console_session=made-up-session")[2] for path in ("/", "/nowhere")]
    # A store that fails in the middle of a page: the page of the error says nothing of the inside.
    (console.var / "main.sqlite3").write_bytes(b"no database any more" * 100)
    status, _, broken = console.ask("POST", "/login", urlencode(form), **headers)
    assert status == 503
    assert "Traceback" not in broken
    console.process.send_signal(signal.SIGTERM)
    console.process.wait(timeout=PATIENCE_S)
    log = console.log.read_text(encoding="utf-8")
    assert "Service Unavailable: /login" in log
    assert "a sign-in from 127.0.0.1 failed" in log
    for secret in (KEY, TYPED, token, "made-up-session"):
        for place in (process_list, log, broken, *pages):
            assert secret not in place


def test_the_supervisors_configuration_holds_no_secret(tmp_path, monkeypatch):
    """It is a file, and the commands in it stand in the process list."""
    monkeypatch.setenv("GREENHOUSE_SECRET_KEY", KEY)
    monkeypatch.setenv("DATABASE_URL", f"postgresql://greenhouse:{TYPED}@127.0.0.1/greenhouse")
    monkeypatch.setenv("REDIS_URL", f"redis://:{TYPED}@127.0.0.1")
    programs = base_programs(sys.executable, port=8000, simulated=True)
    text = supervisord_configuration(Instance(project=PROJECT, var=tmp_path), programs)
    assert KEY not in text
    assert TYPED not in text


def test_what_an_installation_makes_is_ignored_by_git():
    """Secrets, demonstration logins, databases and logs all lie below it."""
    for name in ("secrets/django", "demo-logins.txt", "main.sqlite3", "log/console.log", "supervisord.conf"):
        assert (
            subprocess.run(["git", "check-ignore", "--quiet", f"var/{name}"], cwd=PROJECT, check=False).returncode == 0
        )


def test_a_wrong_address_of_a_database_is_refused_without_its_password(tmp_path):
    environment = os.environ | {"GREENHOUSE_VAR": str(tmp_path), "DATABASE_URL": f"postgresql://li:{TYPED}@host:x/y"}
    done = subprocess.run(
        [sys.executable, "-c", "import config.settings.console"],
        cwd=PROJECT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "the port is no number" in done.stderr
    assert TYPED not in done.stderr
