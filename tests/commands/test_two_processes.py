"""Two people at once, each served by a process of their own, as behind a web server with several workers."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from django.db import connections

from greenhouse.access.roles import Role
from greenhouse.commands import dispatch
from greenhouse.commands.checks import Code
from greenhouse.commands.lifecycle import State
from greenhouse.commands.models import CommandEvent, CommandRequest
from tests.commands.conftest import HEATING, LINK, LOCATION, after, moment, person
from tests.commands.test_dispatch import Orders

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "telemetry"])

PEOPLE, ROUNDS = ("zhang", "li"), 8
EVERY_S = 10.0
ASKER = """
import json
import sys
from datetime import datetime, timedelta

import django

django.setup()
from django.contrib.auth.models import User
from django.db import connections
from django.utils import translation

from greenhouse.commands.errors import Conflict
from greenhouse.commands.submit import submit_setpoint
from greenhouse.deadlines import Moment

for alias, name in json.loads(sys.argv[1]).items():
    connections[alias].settings_dict["NAME"] = name
    connections[alias].ensure_connection()
user = User.objects.get(username=sys.argv[2])
translation.activate("en")
print("ready", flush=True)
for line in sys.stdin:
    asked = json.loads(line)
    at = datetime.fromisoformat(asked["at"])
    now = Moment(at, "this boot", asked["boot_s"])
    try:
        submit_setpoint(asked["point"], asked["value"], by=user, seen_value=asked["seen"], seen_at=at, now=now)
    except Conflict as conflict:
        print(json.dumps([conflict.verdict.code, str(conflict)]), flush=True)
    else:
        print(json.dumps(["accepted", ""]), flush=True)
"""


@pytest.fixture
def askers(online):
    """A process for each person, with its own connections to the test's databases."""
    for name in PEOPLE:
        person(name, Role.TECHNICIAN)
    names = {alias: str(connections[alias].settings_dict["NAME"]) for alias in ("default", "telemetry")}
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", ASKER, json.dumps(names), name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for name in PEOPLE
    ]
    assert [process.stdout.readline() for process in processes] == ["ready\n"] * len(PEOPLE)
    yield processes
    for process in processes:
        process.communicate(timeout=30)


def ask_at_once(askers: list[subprocess.Popen], values: list[float], *, seen: float, seconds: float) -> list[list[str]]:
    """What each process answers; both are told to ask before either has."""
    for asker, value in zip(askers, values, strict=True):
        at = {"at": after(seconds).isoformat(), "boot_s": moment(seconds).boot_s}
        asker.stdin.write(json.dumps({"point": HEATING, "value": value, "seen": seen, **at}) + "\n")
    for asker in askers:
        asker.stdin.flush()
    return [json.loads(asker.stdout.readline()) for asker in askers]


def test_of_two_people_who_saw_the_same_value_one_is_accepted_and_the_other_told_in_words(askers, online):
    in_force = 16.0
    for number in range(1, ROUNDS + 1):
        seconds = number * EVERY_S
        online({LINK: 2, LOCATION: 1, HEATING: in_force}, after(seconds))
        values = [16.0 + number / 10, 20.0 + number / 10]
        answers = ask_at_once(askers, values, seen=in_force, seconds=seconds)
        (winner,) = [who for who, (code, _words) in enumerate(answers) if code == "accepted"]
        code, words = answers[1 - winner]
        assert code == Code.UNDER_WAY
        assert PEOPLE[winner].capitalize() in words
        orders = Orders()
        while dispatch.dispatch_next(moment(seconds + 0.1), orders):
            pass
        assert [order.value for order in orders.orders] == [values[winner]]
        dispatch.record_outcome(
            orders.orders[0].request_id, State.CONFIRMED, now=moment(seconds + 0.2), readback_value=values[winner]
        )
        in_force = values[winner]
    assert CommandRequest.objects.count() == ROUNDS
    assert set(CommandRequest.objects.values_list("state", flat=True)) == {State.CONFIRMED}
    assert CommandEvent.objects.filter(state=State.REQUESTED).count() == ROUNDS


def test_who_saw_an_older_value_than_the_one_in_force_is_told_who_changed_it(askers, online):
    """The second page was drawn before the first change took."""
    first, second = askers
    online({LINK: 2, LOCATION: 1, HEATING: 16.0}, after(1))
    assert ask_at_once([first], [18.0], seen=16.0, seconds=1) == [["accepted", ""]]
    orders = Orders()
    dispatch.dispatch_next(moment(1.1), orders)
    dispatch.record_outcome(orders.orders[0].request_id, State.CONFIRMED, now=moment(1.2), readback_value=18.0)
    online({LINK: 2, LOCATION: 1, HEATING: 18.0}, after(2))
    ((code, words),) = ask_at_once([second], [19.0], seen=16.0, seconds=3)
    assert code == Code.VALUE_CHANGED
    assert "18" in words
    assert "Zhang" in words
    assert CommandRequest.objects.count() == 1
