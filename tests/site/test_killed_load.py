"""A load of the base that is killed: by real commands, on an installation of its own."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.bases import METER, SMALL
from tests.scheduler.backup.conftest import Installation, create, drop

ALARMS = '[[alarm]]\nkey = "air-temperature-low-low"\nlimit = 5\nreason = "cool crop"\n'
LOAD_AND_DIE = """
import os, signal
from django.core.management import call_command
from django.db import connection
left = {changes}
def count(execute, sql, params, many, context):
    global left
    done = execute(sql, params, many, context)
    left -= sql.startswith(("INSERT", "UPDATE", "DELETE"))
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)
    return done
connection.execute_wrappers.append(count)
call_command("load_base", {file!r})
"""


VERSION = 3
"""Changes of the database before the first of the load: the version of the base file, and the ledger's two for it."""


@pytest.fixture(scope="module")
def installation(tmp_path_factory) -> Iterator[Installation]:
    """An installation with empty tables."""
    made = Installation(tmp_path_factory.mktemp("killed"), f"greenhouse_killed_{os.getpid()}")
    create(made)
    for alias in ("default", "telemetry"):
        made.manage("migrate", "--database", alias, "-v", "0")
    yield made
    drop(made)


@dataclass(frozen=True)
class Standing:
    """What a reader of the database finds."""

    revision: str
    is_being_loaded: bool
    points: int
    has_meter: bool
    alarms: str


def standing(installation: Installation) -> Standing:
    """How the base stands after a command."""
    enabled = installation.sql("SELECT key FROM site_point WHERE enabled")
    return Standing(
        revision=str((installation.sql("SELECT revision FROM site_base") or [""])[0]),
        is_being_loaded=bool(installation.sql("SELECT 1 FROM site_base WHERE is_being_loaded")),
        points=len(enabled),
        has_meter="meter.flow" in enabled,
        alarms=(installation.sql("SELECT text FROM alarms_sitealarms") or [""])[0],
    )


def load(installation: Installation, text: str, *, alarms: str = "", killed_at: int = 0) -> Standing:
    """Load a base file, killed after some change of the database if wanted."""
    file = installation.var / "base.toml"
    file.write_text(text, encoding="utf-8")
    file.with_name("base.alarms.toml").write_text(alarms, encoding="utf-8")
    if killed_at:
        program = LOAD_AND_DIE.format(changes=killed_at, file=str(file))
        process = installation.start("-c", f"import django\ndjango.setup()\n{program}")
        _out, err = process.communicate(timeout=60)
        assert process.returncode == -signal.SIGKILL, err
    else:
        installation.manage("load_base", file)
    return standing(installation)


@pytest.mark.slow
def test_a_first_load_that_is_killed_shows_no_base_and_is_completed_by_running_it_again(installation):
    assert load(installation, SMALL, killed_at=VERSION + 7).revision == ""
    found = load(installation, SMALL)
    assert found.revision
    assert found.has_meter
    assert not found.is_being_loaded


@pytest.mark.parametrize(
    ("killed_at", "has_begun", "text", "alarms"),
    [
        (VERSION + 2, True, SMALL.replace(METER, ""), ""),
        (VERSION + 1, False, SMALL, ALARMS),
        (VERSION + 5, True, SMALL, ALARMS),
    ],
    ids=["in the middle", "within the transaction of its mark", "everything is stored and nothing told"],
)
@pytest.mark.slow
def test_a_load_that_is_killed_is_told_by_running_it_again(installation, killed_at, has_begun, text, alarms):
    """Readers learn of each load once, when all of it is there."""
    before = load(installation, SMALL)
    killed = load(installation, text, alarms=alarms, killed_at=killed_at)
    assert (killed.revision, killed.is_being_loaded) == (before.revision, has_begun)
    after = load(installation, text, alarms=alarms)
    assert after.revision != before.revision
    assert (after.is_being_loaded, after.has_meter, after.alarms) == (False, METER in text, alarms)
    installation.manage("verify_ledger")
