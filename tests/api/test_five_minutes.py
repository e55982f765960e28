"""docs/api.md: every command line of its five minutes is run by a shell, with curl, against a served base."""

from __future__ import annotations

import csv
import json
import os
import re
import shutil
import subprocess
from datetime import timedelta
from pathlib import Path

import pytest

from greenhouse.access.roles import Role
from greenhouse.clock import moment_now
from greenhouse.commands import dispatch
from greenhouse.commands.models import CommandRequest
from tests.access.calls import an_alarm, someone
from tests.api.conftest import token_of
from tests.commands.test_dispatch import Orders
from tests.console.conftest import AIR, ONLINE, SETPOINT

PAGE = Path(__file__).parents[2] / "docs" / "api.md"
SECTION = PAGE.read_text(encoding="utf-8").partition("## Five minutes")[2].partition("\n## ")[0]
BLOCKS = [re.sub(r"(?m)^ {3}", "", block) for block in re.findall(r"```sh\n(.*?)```", SECTION, re.DOTALL)]


@pytest.mark.skipif(shutil.which("curl") is None, reason="no curl on this machine (apt-get install curl)")
@pytest.mark.django_db(transaction=True, databases=["default", "telemetry"])
def test_the_five_minutes_of_the_page_work_as_they_stand_there(shelf, live_server, tmp_path):
    secret = token_of(someone(Role.TECHNICIAN))
    at = shelf.put({**ONLINE, SETPOINT: 16.0, AIR: 21.5})
    an_alarm(shelf)
    first, *others = BLOCKS
    assert first.count("export") == 2
    day, day_after = (moment.strftime("%Y-%m-%d") for moment in (at, at + timedelta(days=1)))
    answers = []
    for block in others:
        script = block.replace("2026-11-25T00:00:00%2B08:00", f"{day}T00:00:00%2B00:00")
        script = script.replace("2026-11-26T00:00:00%2B08:00", f"{day_after}T00:00:00%2B00:00")
        for command in re.split(r"\n(?=curl)", script.strip()):
            done = subprocess.run(
                ["bash", "-euc", command],
                cwd=tmp_path,
                env={"PATH": os.environ["PATH"], "BASE": live_server.url, "TOKEN": secret},
                capture_output=True,
                text=True,
                check=True,
                timeout=60,
            )
            answers.append(json.loads(done.stdout) if done.stdout else None)
    base, points, latest, table, command, commands, alarms, head = answers
    assert base["key"] == "small"
    assert SETPOINT in {item["key"] for item in points["items"]}
    assert [item["value"] for item in latest["items"]] == [21.5, 16.0]
    assert table is None
    with (tmp_path / "day.csv").open(newline="") as file:
        assert {row["point"] for row in csv.DictReader(file)} == {AIR}
    assert (command["state"], command["reason"]) == ("requested", "frost tonight")
    assert [item["id"] for item in commands["items"]] == [command["id"]]
    assert len(alarms["items"]) == 1
    assert head["number"] > 0
    orders = Orders()
    dispatch.dispatch_next(moment_now(), orders)
    assert [order.request_id for order in orders.orders] == [CommandRequest.objects.get().pk]
