"""A store of the first version, with rows in it, is brought forward: nothing is lost, and the present program reads it.

Real migrations on an installation of its own, as `manage.py migrate` runs them after an update.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator

import pytest

from tests.scheduler.backup.conftest import Installation, create, drop

FIRST = """
from django.core.management import call_command
from django.db import connection
from django.db.migrations.loader import MigrationLoader
ours = ("access", "alarms", "commands", "ledger", "schedules", "site", "telemetry", "leases")
loader = MigrationLoader(None)
first = sorted(node for node in loader.graph.nodes if node[0] in ours and node[1].startswith("0001"))
assert len(first) == len(ours), first
for alias in ("default", "telemetry"):
    for step in (["auth"], ["sessions"], *first):
        call_command("migrate", *step, database=alias, verbosity=0)
applied = {node for node in MigrationLoader(connection).applied_migrations if node[0] in ours}
assert applied <= set(first), applied
then = loader.project_state(first).apps
"""
ROWS = """
from datetime import datetime, timedelta, UTC
at = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)
def add(app, model, **columns):
    return then.get_model(app, model).objects.create(**columns)
named = {"name_zh": "旧", "name_en": "old"}
li = add("auth", "User", username="li", password="x", first_name="李娜")
add("site", "Base", key="b", **named, latitude_deg=39.6, longitude_deg=109.8, elevation_m=1300,
    time_zone="Asia/Shanghai", revision="00000000-0000-0000-0000-000000000001")
house = add("site", "House", key="h1", **named, kind="solar", area_m2=480)
part = add("site", "Compartment", key="h1", **named, house=house, area_m2=480)
line = add("site", "Line", key="l", **named, kind="tcp", host="127.0.0.1", port=15020, baudrate=9600, parity="N",
    stopbits=1, connections=1, connect_timeout_s=1.0)
device = add("site", "Device", key="d", **named, line=line, unit_id=1, compartment=part, origin="simulated",
    profile="pulse-water-meter", overrides={"flow": {"poll_s": 7}})
total = add("site", "Point", id=41, key="d.total_volume", device=device, local_key="total_volume", label_zh="量",
    label_en="total", quantity="volume", unit="m3", access="read", poll_s=5)
add("site", "Point", id=42, key="d.flow", device=device, local_key="flow", label_zh="流", label_en="flow",
    quantity="flow", unit="m3/h", access="read", poll_s=5, limit_low=0, limit_high=9, states=[[0, "停", "off"]])
add("site", "LearnedHole", device=device, table="input", first=4, end=5, learned_at=at)
for number, state in enumerate(("confirmed", "refused", "requested")):
    request = add("commands", "CommandRequest", point_key="d.flow", value=1.5, unit="m3/h", role="technician",
        device_label="phone", reason="因为冷", created_at=at, expires_at=at + timedelta(hours=1), state=state,
        state_at=at + timedelta(seconds=number), requested_by=li, facts={"old": 1})
    add("commands", "CommandEvent", request=request, at=at, state="requested", actor="li", facts={"n": number})
add("commands", "DiagnosticRead", line_key="l", unit_id=1, table="input", address=0, count=2, timeout_s=1.0,
    created_at=at, expires_at=at, words=[1, 2])
from greenhouse.ledger.canonical import GENESIS, entry_hash, payload_text
previous = GENESIS
for number in (1, 2, 3):
    payload = payload_text({"step": number})
    digest = entry_hash(number, at, "command", payload, previous)
    add("ledger", "Entry", number=number, at=at, kind="command", payload=payload, previous_hash=previous, hash=digest)
    previous = digest
add("ledger", "Head", number=3, hash=previous)
alarm = add("alarms", "Occurrence", definition_key="link-lost", kind="link_lost", object_key="d.link", priority=2,
    place_zh="棚", place_en="house", object_zh="表", object_en="meter", unit="1", first_raised_at=at, raised_at=at,
    acknowledged_at=at, acknowledged_by=li, state="acknowledged")
add("alarms", "OccurrenceEvent", occurrence=alarm, kind="raised", at=at, state="unacknowledged", actor="control")
add("alarms", "RunningDelay", definition_key="no-flow", object_key="d.flow", since=at)
add("alarms", "Board", revision=7)
add("alarms", "SiteAlarms", text="# ours")
daily = add("schedules", "Schedule", key="s", owner="maintenance", kind="every", every_s=60, decided_until=at,
    grace_s=30, beyond="skip", coalesce=True, needs_fresh_inputs=False, needs_clock=True)
add("schedules", "DueRun", schedule=daily, due_at=at, first_due_at=at, count=1, state="done", decision="run",
    rule="on_time", cause="", decided_at=at)
from django.db import connections
from greenhouse.telemetry.codes import to_ms
with connections["telemetry"].cursor() as cursor:
    rows = [(to_ms(at) + 1000 * n, 41, n / 8, None, 0, 0, 3) for n in range(200)]
    rows.append((to_ms(at), 42, 1.25, str(2**60 + 1), 1, 6, 0))
    cursor.executemany("INSERT INTO telemetry_sample (ts_ms, point_id, value, exact, quality, reason, origin) "
        "VALUES (%s, %s, %s, %s, %s, %s, %s)", rows)
    for newest in (rows[199], rows[200]):
        cursor.execute("INSERT INTO telemetry_latest (ts_ms, point_id, value, exact, quality, reason, origin, writer, "
            "tick) VALUES (%s, %s, %s, %s, %s, %s, %s, 'control', 12)", newest)
    cursor.execute("INSERT INTO telemetry_tick VALUES ('control', 12, %s)", [to_ms(at)])
"""
NOW = """
import json
from datetime import datetime, timedelta, UTC
from django.contrib.auth.models import User
from django.db import DatabaseError, transaction
from greenhouse.alarms import board
from greenhouse.alarms.models import Occurrence, OccurrenceEvent, RunningDelay, SiteAlarms
from greenhouse.commands.models import CommandEvent, CommandRequest, DiagnosticRead
from greenhouse.ledger.models import Entry
from greenhouse.ledger.verify import verify
from greenhouse.schedules.models import DueRun
from greenhouse.site import structure
from greenhouse.site.wiring import wired_lines
from greenhouse.site.models import LearnedHole
from greenhouse.telemetry import ingest, series
at = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)
def is_refused(change):
    try:
        with transaction.atomic():
            change()
    except DatabaseError:
        return True
    return False
base, (line,) = structure.base(), wired_lines()
samples = series.samples("d.total_volume", at, at + timedelta(hours=1)).samples
newest = series.latest()
hour = series.window(["d.total_volume"], at, at + timedelta(hours=1), timedelta(hours=1)).iloc[0]
requests = CommandRequest.objects.order_by("state_at")
print(json.dumps({
    "base": [base.key, base.name_zh, base.is_being_loaded, sorted(base.points)],
    "records": sorted(str(point.record.mode) for point in base.points.values()),
    "wiring": [line.port, line.devices[0].point_ids, line.devices[0].profile.point("flow").poll_s],
    "holes": list(LearnedHole.objects.values_list("first", "end")),
    "requests": [[row.state, row.reason, row.requested_by.first_name, row.facts, row.ended_at is not None]
                 for row in requests],
    "events": list(CommandEvent.objects.order_by("id").values_list("state", "actor", "facts")),
    "words": DiagnosticRead.objects.get().words,
    "ledger": verify({}).number,
    "alarm": [Occurrence.objects.get().object_key, Occurrence.objects.get().acknowledged_by.username],
    "resumed": sorted([list(key), before.is_active] for key, before in board.resumed().items()),
    "alarm file": SiteAlarms.objects.get().text,
    "runs": list(DueRun.objects.values_list("schedule__key", "state")),
    "samples": [len(samples.values), float(samples.values[0]), float(samples.values[-1])],
    "hour": [float(hour["minimum"]), float(hour["maximum"])],
    "newest": [newest["d.total_volume"].value, newest["d.flow"].value, newest["d.flow"].reason.name,
               newest["d.total_volume"].origin],
    "tick": ingest.last_tick("control"),
    "append-only": [is_refused(lambda: CommandEvent.objects.update(actor="x")),
                    is_refused(lambda: Entry.objects.update(kind="x")),
                    is_refused(lambda: OccurrenceEvent.objects.update(actor="x"))],
}, default=str))
"""


@pytest.fixture
def installation(tmp_path) -> Iterator[Installation]:
    """An installation without any table."""
    made = Installation(tmp_path / "older", f"greenhouse_older_{os.getpid()}")
    made.var.mkdir()
    create(made)
    yield made
    drop(made)


def test_rows_of_the_first_version_are_right_after_an_update(installation):
    installation.python(FIRST + ROWS)
    for alias in ("default", "telemetry"):
        installation.manage("migrate", "--database", alias, "-v", "0")
    found = json.loads(installation.python(NOW))
    assert found == {
        "base": ["b", "旧", False, ["d.flow", "d.total_volume"]],
        "records": ["every", "every"],
        "wiring": [15020, {"d.flow": 42, "d.total_volume": 41}, 7],
        "holes": [[4, 5]],
        "requests": [
            ["confirmed", "因为冷", "李娜", {"old": 1}, True],
            ["refused", "因为冷", "李娜", {"old": 1}, True],
            ["requested", "因为冷", "李娜", {"old": 1}, False],
        ],
        "events": [["requested", "li", {"n": 0}], ["requested", "li", {"n": 1}], ["requested", "li", {"n": 2}]],
        "words": [1, 2],
        "ledger": 3,
        "alarm": ["d.link", "li"],
        "resumed": [[["link-lost", "d.link"], True], [["no-flow", "d.flow"], False]],
        "alarm file": "# ours",
        "runs": [["s", "done"]],
        "samples": [200, 0.0, 199 / 8],
        "hour": [0.0, 199 / 8],
        "newest": [199 / 8, 2**60 + 1, "COUNTER_RESET", "simulated"],
        "tick": 12,
        "append-only": [True, True, True],
    }
