"""A companion process of a training base under test: it opens the stores of that base, which are not those of the test.

``python -m tests.flow.day_stores`` takes a JSON object per line, ``{"do": ..., ...}``, and answers with one. The
environment names the base.
"""

from __future__ import annotations

import json
import os
import sys
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings.console"


def prepare(start: str) -> None:
    """A new base whose clock has come to a time of our choice: what ``runbase`` does before it starts processes."""
    from django.conf import settings
    from django.core.management import call_command

    from greenhouse.training import stored

    quiet = {"verbosity": 0, "interactive": False}
    call_command("catalogs", "--compile-only", stdout=sys.stderr)
    call_command("collectstatic", **quiet)
    call_command("migrate", database="default", **quiet)
    stored.begin(machine_now=datetime.fromisoformat(start), newest_stored=None)
    for alias in settings.DATABASES:
        call_command("migrate", database=alias, **quiet)
    call_command("load_base", stdout=sys.stderr)
    call_command("demo_logins", stdout=sys.stderr)


def is_live() -> bool:
    """Whether every device answers and every point that can be read has been."""
    from greenhouse.clock import moment_now
    from greenhouse.site import structure
    from greenhouse.telemetry import series
    from scheduler.inputs import has_fresh_inputs

    base = structure.base()
    if base is None:
        return False
    wanted = {point.key for point in base.points.values() if point.access.can_read and point.device is not None}
    return wanted <= set(series.latest()) and has_fresh_inputs(moment_now().wall)


def is_idle() -> bool:
    """Whether no request is under way."""
    from greenhouse.commands.models import CommandRequest

    return not CommandRequest.objects.filter(ended_at=None).exists()


def water(programs: dict[str, Any], in_min: float) -> str:
    """Irrigation programs in the technician's name, each with one start, so many minutes of base time from now."""
    from greenhouse.clock import moment_now
    from greenhouse.rules.irrigation_programs import save
    from greenhouse.site import structure

    now = moment_now()
    local = (now.wall + timedelta(minutes=in_min)).astimezone(structure.time_zone())
    for key, document in programs.items():
        starts = {"kind": "clock", "minutes": [local.hour * 60 + local.minute]}
        whole = {**document, "starts": starts, "rest_min": 0}
        save(key, whole, is_on=True, seen_version=0, by=_technician(), reason="A day in the base", now=now)
    return f"{local:%H:%M}"


def start_run(group: str, minutes: float) -> str:
    """A person waters a group."""
    from greenhouse.clock import moment_now
    from greenhouse.commands.irrigation_runs import start

    return str(start(group, minutes, by=_technician(), now=moment_now(), submission=uuid4()).pk)


def set_by_hand(point: str, value: float) -> str:
    """A technician asks for a value, as on the sheet of the point. The refusal; empty: it is asked for."""
    from greenhouse.clock import moment_now
    from greenhouse.commands.errors import RequestError
    from greenhouse.commands.submit import submit_setpoint
    from greenhouse.telemetry import series

    seen = series.latest([point])[point].value
    by = _technician()
    try:
        submit_setpoint(point, value, by=by, seen_value=seen, seen_at=None, now=moment_now())
    except RequestError as error:
        return error.verdict.code.value
    return ""


def runs() -> list[dict[str, Any]]:
    """Every irrigation run."""
    from greenhouse.commands.models import IrrigationRun

    return [
        {
            "id": str(run.pk),
            "group": run.group_key,
            "program": run.program_key,
            "state": run.state,
            "reason": run.reason,
            "ended": run.ended_at is not None,
            "dose_l": run.dose_l,
            "dose_s": run.dose_s,
            "given_l": run.given_l,
            "valves": list(run.valve_keys),
            "due_at": run.due_at.timestamp(),
            "deadline": None if run.deadline is None else run.deadline.timestamp(),
            "events": [[event.state, event.at.timestamp()] for event in run.events.all()],
        }
        for run in IrrigationRun.objects.prefetch_related("events").order_by("created_at")
    ]


def decisions() -> list[dict[str, Any]]:
    """What climate programs decided."""
    from greenhouse.rules.decision_models import ClimateDecision

    names = ("compartment_key", "actuator", "point_key", "target", "why", "is_safe_state", "facts", "program_version")
    return [
        {**{name: getattr(row, name) for name in names}, "at": row.at.timestamp(), "since": row.since.timestamp()}
        for row in ClimateDecision.objects.order_by("id")
    ]


def requests() -> list[dict[str, Any]]:
    """Every stored request for a value, whoever asked."""
    from greenhouse.commands.models import CommandRequest

    return [
        {
            "point": row.point_key,
            "value": row.value,
            "actor": row.actor,
            "state": row.state,
            "verdict": row.verdict,
            "at": row.created_at.timestamp(),
            "ended_at": None if row.ended_at is None else row.ended_at.timestamp(),
        }
        for row in CommandRequest.objects.order_by("created_at")
    ]


def ledger() -> dict[str, Any]:
    """Whether the ledger is sound, how many entries of each kind, and what those of water and harvest say."""
    from greenhouse.ledger.models import Entry
    from greenhouse.ledger.verify import Fault, verify

    found = verify({})
    told = Entry.objects.filter(kind__in=("irrigation", "harvest")).order_by("number")
    return {
        "fault": str(found) if isinstance(found, Fault) else None,
        "kinds": dict(Counter(Entry.objects.values_list("kind", flat=True))),
        "entries": [{"kind": entry.kind, **json.loads(entry.payload)} for entry in told],
    }


def samples(points: list[str]) -> dict[str, list[list[float]]]:
    """Recorded samples: time and value."""
    from greenhouse.clock import utc_now
    from greenhouse.telemetry import series

    now, found = utc_now(), {}
    for point in points:
        one = series.samples(point, now - timedelta(hours=30), now + timedelta(hours=1)).samples
        found[point] = [list(row) for row in zip((one.ts_ms / 1000).tolist(), one.values.tolist(), strict=True)]
    return found


def course(begins_at: float, ends_at: float) -> dict[str, dict[str, Any]]:
    """Of each point that is read: for which share of each hour a value is known, its bad values, its origin."""
    from greenhouse.site import structure
    from greenhouse.telemetry import series

    base = structure.base()
    assert base is not None
    keys = sorted(key for key, point in (base.points | base.truths).items() if point.access.can_read and point.device)
    start, end = (datetime.fromtimestamp(at, tz=UTC) for at in (begins_at, ends_at))
    newest = series.latest(keys)
    found = series.buckets_of(keys, start, end, timedelta(hours=1))
    return {
        key: {
            "known": [round(ms / 3_600_000, 3) for ms in found[key].covered_ms.tolist()],
            "bad": _bad(key, start, end) if found[key].unusable.any() else [],
            "origin": None if key not in newest else newest[key].origin.value,
        }
        for key in keys
    }


def _bad(key: str, start: datetime, end: datetime) -> list[tuple[float, str]]:
    """When a point had a value that is not to be believed, and why."""
    from devices.samples import Quality, Reason
    from greenhouse.telemetry import series

    one = series.samples(key, start, end).samples
    rows = zip(one.ts_ms.tolist(), one.quality.tolist(), one.reason.tolist(), strict=True)
    return [(ts_ms / 1000, Reason(reason).name) for ts_ms, quality, reason in rows if quality == Quality.BAD]


def harvests() -> list[dict[str, Any]]:
    """Harvests that stand."""
    from greenhouse.harvest.entries import standing

    return [
        {"day": row.day.isoformat(), "mass_g": row.mass_g, "origin": row.origin, "at": row.entered_at.timestamp()}
        for row in standing()
    ]


def stops() -> list[dict[str, Any]]:
    """Planned stops, with what could not be confirmed."""
    from greenhouse.commands.models import PlannedStop

    return [{"unconfirmed": row.unconfirmed} for row in PlannedStop.objects.all()]


def alarms() -> list[str]:
    """Keys of what went on."""
    from greenhouse.alarms.models import Occurrence

    return list(Occurrence.objects.order_by("raised_at").values_list("definition_key", flat=True))


def _technician() -> Any:
    from django.contrib.auth.models import User

    return User.objects.get(username="technician")


ANSWERS = {
    each.__name__: each
    for each in (
        prepare,
        is_live,
        water,
        start_run,
        set_by_hand,
        runs,
        decisions,
        requests,
        ledger,
        samples,
        course,
        stops,
        alarms,
        is_idle,
        harvests,
    )
}


def main() -> None:
    """Answer until the standard input ends."""
    django.setup()
    for line in sys.stdin:
        asked = json.loads(line)
        answer = ANSWERS[asked.pop("do")](**asked)
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
