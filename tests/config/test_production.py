"""A base in service refuses to start with what is good for a demonstration only. Each test starts a real process."""

from __future__ import annotations

import os
import sqlite3
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from config.secrets import installation_secret

PROJECT = Path(__file__).parents[2]
GOOD = {
    "GREENHOUSE_PRODUCTION": "1",
    "GREENHOUSE_HTTPS": "1",
    "GREENHOUSE_TRUSTED_PROXIES": "127.0.0.1",
    "GREENHOUSE_ALLOWED_HOSTS": "base.lan",
    "GREENHOUSE_TRUSTED_ORIGINS": "https://base.lan",
    "GREENHOUSE_PUBLIC_HOST": "visit.base.lan",
}
CONSOLE = ("-c", "import config.asgi")  # as a web server imports it: it runs no system checks
CHECK_FOR_SERVICE = ("manage.py", "check", "--deploy", "--fail-level", "WARNING")


@pytest.fixture
def start(tmp_path):
    """Starts a process of a base with settings that are good but for what is named. Empty: unset."""
    var = tmp_path / "var"

    def run(*arguments: str, **changes: str) -> subprocess.CompletedProcess[str]:
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("GREENHOUSE_", "DJANGO_", "DATABASE_", "REDIS_"))
        }
        settings = {"DJANGO_SETTINGS_MODULE": "config.settings.console"} | GOOD | changes
        return subprocess.run(
            [sys.executable, "-W", "error", *arguments],
            cwd=PROJECT,
            env=kept | settings | {"GREENHOUSE_VAR": str(var)},
            capture_output=True,
            text=True,
            check=False,
            umask=0o022,
        )

    run.var = var
    return run


def test_with_good_settings_the_first_start_works_and_nothing_warns(start):
    done = start(*CHECK_FOR_SERVICE)
    assert done.returncode == 0, done.stderr
    assert "no issues" in done.stdout


def test_what_the_first_start_makes_is_closed_to_others(start):
    assert start("manage.py", "migrate", "--verbosity", "0").returncode == 0
    assert start(*CONSOLE).returncode == 0
    made = {path.relative_to(start.var): path.stat().st_mode for path in start.var.rglob("*")}
    assert {Path("main.sqlite3"), Path("secrets/django")} <= made.keys()
    assert not [path for path, mode in made.items() if mode & 0o007]
    assert stat.S_IMODE(made[Path("secrets/django")]) == 0o600
    assert not start.var.stat().st_mode & 0o007


@pytest.mark.parametrize(
    ("changes", "sentences"),
    [
        ({"GREENHOUSE_DEBUG": "1"}, ("GREENHOUSE_DEBUG is on", "Unset GREENHOUSE_DEBUG.")),
        ({"GREENHOUSE_SECRET_KEY": "for tests only, protects nothing"}, ("GREENHOUSE_SECRET_KEY is shorter than 50",)),
        ({"GREENHOUSE_SECRET_KEY": "abc" * 20}, ("GREENHOUSE_SECRET_KEY", "can be guessed")),
        ({"GREENHOUSE_SECRET_KEY": "django-insecure-" + "abcdefghij" * 5}, ("GREENHOUSE_SECRET_KEY", "can be guessed")),
        ({"GREENHOUSE_ALLOWED_HOSTS": "*"}, ("GREENHOUSE_ALLOWED_HOSTS lets any host name through", "base.lan")),
        ({"GREENHOUSE_ALLOWED_HOSTS": "base.lan,*"}, ("GREENHOUSE_ALLOWED_HOSTS lets any host name through",)),
        ({"GREENHOUSE_PUBLIC_HOST": "base.lan"}, ("GREENHOUSE_PUBLIC_HOST is one of", "a host name of their own")),
        ({"GREENHOUSE_PUBLIC_HOST": "Base.Lan:8443"}, ("GREENHOUSE_PUBLIC_HOST is one of",)),
        ({"GREENHOUSE_ALLOWED_HOSTS": ".base.lan"}, ("GREENHOUSE_PUBLIC_HOST is one of",)),
        ({"GREENHOUSE_HTTPS": ""}, ("GREENHOUSE_TRUSTED_ORIGINS names an https address", "Set GREENHOUSE_HTTPS=1.")),
        ({"GREENHOUSE_TRUSTED_PROXIES": ""}, ("no proxy is named", "GREENHOUSE_TRUSTED_PROXIES=127.0.0.1")),
        ({"GREENHOUSE_TRAINING": "1"}, ("GREENHOUSE_TRAINING is set", "Unset GREENHOUSE_TRAINING")),
    ],
)
def test_a_bad_setting_keeps_the_console_from_starting_and_says_what_to_do(start, changes, sentences):
    done = start(*CONSOLE, **changes)
    assert done.returncode == 1
    for sentence in ("GREENHOUSE_PRODUCTION is set, and this must be mended first", *sentences):
        assert sentence in done.stderr


@pytest.mark.parametrize("command", ["runcontrol", "runmaintenance", "runbase"])
def test_no_process_of_the_base_starts_with_a_bad_setting(start, command):
    done = start("manage.py", command, GREENHOUSE_DEBUG="1")
    assert done.returncode == 1
    assert "GREENHOUSE_DEBUG is on" in done.stderr


def test_a_settings_module_of_ones_own_cannot_open_the_cookies(start, tmp_path):
    (tmp_path / "own_settings.py").write_text(
        "from config.settings.console import *\nSESSION_COOKIE_SECURE = False\n", encoding="utf-8"
    )
    done = start(*CONSOLE, DJANGO_SETTINGS_MODULE="own_settings", PYTHONPATH=str(tmp_path))
    assert done.returncode == 1
    assert "SESSION_COOKIE_SECURE or CSRF_COOKIE_SECURE is off" in done.stderr


def test_every_fault_is_said_at_once(start):
    done = start(*CONSOLE, GREENHOUSE_DEBUG="1", GREENHOUSE_ALLOWED_HOSTS="*", GREENHOUSE_TRUSTED_PROXIES="")
    numbers = [line.strip()[0] for line in done.stderr.splitlines() if line.startswith("  ") and "GREENHOUSE_" in line]
    assert numbers == ["1", "2", "3", "4"]  # "*" lets the public host through as well


@pytest.mark.parametrize(
    ("path", "mode", "sentence"),
    [
        (".", 0o755, "is open to every user of this machine"),
        ("main.sqlite3", 0o644, "is open to every user of this machine"),
        ("telemetry.sqlite3-wal", 0o664, "is open to every user of this machine"),
        ("secrets", 0o750, "holds secrets"),
        ("secrets/other", 0o640, "holds secrets"),
        ("secrets/django", 0o640, "may be read by others"),
        ("demo-logins.txt", 0o604, "holds secrets"),
    ],
)
def test_a_file_that_others_may_open_keeps_the_base_from_starting(start, path, mode, sentence):
    (start.var / "secrets").mkdir(mode=0o700, parents=True)
    start.var.chmod(0o700)
    for name in ("main.sqlite3", "telemetry.sqlite3-wal", "secrets/other", "demo-logins.txt"):
        (start.var / name).touch(mode=0o600)
    installation_secret(start.var / "secrets" / "django")
    (start.var / path).chmod(mode)
    done = start(*CONSOLE)
    assert done.returncode == 1
    assert sentence in done.stderr
    assert "chmod" in done.stderr
    repair = done.stderr.rsplit("un: chmod ", 1)[1].split()
    subprocess.run(["chmod", *repair[:2]], check=True)
    assert start(*CONSOLE).returncode == 0


def test_a_demonstration_starts_without_any_of_this(start):
    done = start(*CONSOLE, **dict.fromkeys(GOOD, ""), GREENHOUSE_DEBUG="1")
    assert done.returncode == 0, done.stderr


def test_a_base_in_service_makes_no_demonstration_logins(start):
    assert start("manage.py", "migrate", "--verbosity", "0").returncode == 0
    done = start("manage.py", "demo_logins")
    assert done.returncode == 1
    assert "manage.py give_role" in done.stderr
    with sqlite3.connect(start.var / "main.sqlite3") as store:
        assert store.execute("SELECT count(*) FROM auth_user").fetchone() == (0,)
    store.close()


def test_the_check_before_service_names_the_same_faults_in_a_demonstration(start):
    done = start(*CHECK_FOR_SERVICE, GREENHOUSE_PRODUCTION="", GREENHOUSE_DEBUG="1")
    assert done.returncode == 1
    assert "config.E001" in done.stderr
    assert "HINT: Unset GREENHOUSE_DEBUG." in done.stderr
