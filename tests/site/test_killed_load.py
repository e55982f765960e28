"""A load of the base that is killed: by real commands, on an installation of its own."""

from __future__ import annotations

import os
from collections.abc import Iterator

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
STANDING = """
from greenhouse.alarms.models import SiteAlarms
from greenhouse.site.models import Base, Point
base = Base.objects.first()
print(base and base.revision, base and base.is_being_loaded, Point.objects.filter(enabled=True).count(),
      Point.objects.filter(device__key="meter", enabled=True).count(), SiteAlarms.objects.exclude(text="").count())
"""


@pytest.fixture(scope="module")
def installation(tmp_path_factory) -> Iterator[Installation]:
    """An installation with empty tables."""
    made = Installation(tmp_path_factory.mktemp("killed"), f"greenhouse_killed_{os.getpid()}")
    create(made)
    for alias in ("default", "telemetry"):
        made.manage("migrate", "--database", alias, "-v", "0")
    yield made
    drop(made)


def test_a_load_that_is_killed_is_completed_by_running_it_again(installation):
    """Killed at first, in the middle, at the alarm file and right before the end; of each load readers learn once."""
    file = installation.var / "base.toml"

    def load(text: str, *, alarms: str = "", killed_at: int = 0) -> list[str]:
        file.write_text(text, encoding="utf-8")
        file.with_name("base.alarms.toml").write_text(alarms, encoding="utf-8")
        if killed_at:
            program = LOAD_AND_DIE.format(changes=killed_at, file=str(file))
            process = installation.start("-c", f"import django\ndjango.setup()\n{program}")
            _out, err = process.communicate(timeout=60)
            assert process.returncode == -9, err
        else:
            installation.manage("load_base", file)
        return installation.python(STANDING).split()

    assert load(SMALL, killed_at=6)[:2] == ["None", "None"]
    revision, is_being_loaded, points, _meter, alarms = load(SMALL)
    assert (is_being_loaded, alarms) == ("False", "0")
    for killed_at, has_begun, text, wanted_alarms in (
        (2, "True", SMALL.replace(METER, ""), ""),
        (4, "True", SMALL, ALARMS),
        (1, "False", SMALL, ALARMS.replace("= 5", "= 6")),  # within the transaction of its mark
        (5, "True", SMALL, ALARMS.replace("= 5", "= 4")),  # everything is stored, nothing told
    ):
        before = revision
        standing = load(text, alarms=wanted_alarms, killed_at=killed_at)
        assert standing[:2] == [before, has_begun]
        revision, is_being_loaded, _points, meter, alarms = load(text, alarms=wanted_alarms)
        assert revision != before
        assert is_being_loaded == "False"
        assert (meter != "0") == (METER in text)
        assert alarms == ("1" if wanted_alarms else "0")
        assert load(text, alarms=wanted_alarms)[0] == revision
    assert load(SMALL)[2] == points
    installation.manage("verify_ledger")
