"""What people and programs did on a base, stored for pictures and for the tests of all pages."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo

LOCAL = ZoneInfo("Asia/Shanghai")


def change_something(technician: object, engineer: object) -> str:
    """Changes for the lists of changes, one of them a manual hold, and a batch for three houses: its address."""
    from uuid import uuid4

    from greenhouse.clock import moment_now
    from greenhouse.commands.batches import Place, submit_batch
    from greenhouse.commands.models import CommandRequest
    from greenhouse.commands.submit import submit_setpoint

    for point, old, new, person, hold_for in (
        ("h2-climate.ventilation_setpoint", 24.0, 25.0, technician, None),
        ("h2-climate.heating_setpoint", 16.0, 16.5, engineer, None),
        ("h2-climate.humidity_setpoint", 80.0, 84.0, technician, timedelta(hours=2)),
        ("g1-b-climate.co2_setpoint", 700.0, 650.0, technician, None),
    ):
        submit_setpoint(point, new, by=person, seen_value=old, seen_at=None, now=moment_now(), hold_for=hold_for)
    places = [Place(f"{house}-climate.humidity_setpoint", 80.0, None) for house in ("h1", "h3", "h4")]
    batch = submit_batch(places, 78.0, by=technician, now=moment_now(), submission=uuid4(), reason="连续阴天，防灰霉病")
    wait_until(lambda: not CommandRequest.objects.filter(ended_at=None).exists())
    return f"/batches/{batch.pk}"


def decide_something() -> None:
    """What the program of a house decided, one thing without the wind; and a blanket winder that was stopped."""
    from django.utils import timezone

    from greenhouse.clock import moment_now
    from greenhouse.commands import over_travel
    from greenhouse.rules import decided
    from greenhouse.rules.decided import Decided
    from greenhouse.rules.evaluate.decisions import Actuator, Decision, Why

    now = timezone.now()
    night: tuple[tuple[str, Actuator, float | None, Why, dict[str, float], int], ...] = (
        ("climate.heating_setpoint", Actuator.HEATING_SETPOINT, 10.0, Why.PERIOD, {"period": 4.0}, 95),
        ("climate.ventilation_setpoint", Actuator.VENTILATION_SETPOINT, 18.0, Why.PERIOD, {"period": 4.0}, 95),
        ("vent-roof.target_position", Actuator.ROOF_VENT, 0.0, Why.BLANKET_COMES_DOWN, {}, 96),
        ("vent-bottom.target_position", Actuator.BOTTOM_VENT, 0.0, Why.BLANKET_COMES_DOWN, {}, 96),
        ("blanket.motor_command", Actuator.BLANKET, 0.0, Why.NIGHT, {}, 95),
    )
    day: tuple[tuple[str, Actuator, float | None, Why, dict[str, float], int], ...] = (
        ("climate.heating_setpoint", Actuator.HEATING_SETPOINT, 10.0, Why.PERIOD, {"period": 1.0}, 195),
        ("climate.ventilation_setpoint", Actuator.VENTILATION_SETPOINT, 27.0, Why.PERIOD, {"period": 1.0}, 195),
        ("vent-roof.target_position", Actuator.ROOF_VENT, 30.0, Why.TOO_WARM, {"air": 27.4, "from": 26.0}, 12),
        ("vent-bottom.target_position", Actuator.BOTTOM_VENT, 0.0, Why.OUTSIDE_UNKNOWN, {"limit": 12.0}, 95),
        ("blanket.motor_command", Actuator.BLANKET, 100.0, Why.DAY, {"radiation": 310.0, "limit": 80.0}, 210),
    )
    found = []
    for point, actuator, target, why, facts, minutes in day if is_day() else night:
        at = now - timedelta(minutes=minutes)
        decision = Decision(actuator, target, why, at, facts, is_safe_state=why is Why.OUTSIDE_UNKNOWN)
        found.append(Decided("h2", f"h2-{point}", decision, at, 3))
    decided.store(found, [], tick=1, now=moment_now(), at=now)
    over_travel.lock("h6-blanket.motor_command", ran_s=474.0, longest_run_s=472.0, position_pct=61.0, now=moment_now())


def note_something(person: object) -> str:
    """Two notes beside the curves of a house. The id of the newer one."""
    from django.utils import timezone

    from greenhouse.annotations import notes
    from greenhouse.annotations.notes import Note

    now = timezone.now()
    for start_h, end_h, text in ((7.0, 6.2, "西侧滴灌管堵塞，已清洗"), (2.5, 2.5, "打老叶，开门约十分钟")):
        start, end = now - timedelta(hours=start_h), now - timedelta(hours=end_h)
        note = notes.write(Note(start=start, end=end, text=text, compartment="h2"), by=person, now=now)
    return str(note.pk)


def change_programs(person: object) -> None:
    """Three versions of the program of a house, which then drives it; another house's program is copied from it."""
    from django.utils import timezone

    from greenhouse.rules import programs
    from greenhouse.rules.evaluate.documents import as_document
    from greenhouse.site.basefile.schema import HouseKind

    now = timezone.now()
    document = as_document(programs.standard_of(HouseKind.SOLAR))
    document["periods"][0]["ventilation_c"] = 28.0
    made = {"by": person, "now": now - timedelta(days=6)}
    programs.save("h2", document, seen_version=0, reason="", **made)
    document["periods"].insert(1, {"start": "12:30", "heating_c": 12.0, "ventilation_c": 30.0})
    document["vents"]["band_k"] = 6.0
    programs.save("h2", document, seen_version=1, reason="坐果期，中午略高", **{**made, "now": now - timedelta(days=2)})
    document["blanket"]["up"] = "sunrise+45"
    programs.save("h2", document, seen_version=2, reason="", **{**made, "now": now - timedelta(hours=5)})
    programs.switch("h2", is_on=True, seen_version=3, by=person, reason="越冬生产开始", now=now - timedelta(hours=4))
    programs.save("h3", document, seen_version=0, reason="同一茬口", by=person, now=now, copied_from="h2")


def water(person: object) -> None:
    """An irrigation program in two versions, a run that waits, one that flows, one given, one stopped, one missed."""
    from uuid import uuid4

    from django.utils import timezone

    from greenhouse.clock import moment_now
    from greenhouse.commands import irrigation_runs as runs
    from greenhouse.commands.run_lifecycle import RunReason
    from greenhouse.rules import irrigation_programs
    from greenhouse.site.valve_groups import valve_groups

    now, groups = timezone.now(), valve_groups()
    document = {
        "name": "日光温室1、2号 · 定时",
        "groups": ["h1-north", "h1-south", "h2-north", "h2-south"],
        "dose": {"kind": "volume_per_area", "amount": 0.5},
        "starts": {"kind": "clock", "minutes": [510, 660, 840]},
        "rest_min": 60,
    }
    earlier = replace(moment_now(), wall=now - timedelta(days=3))
    made = {"is_on": True, "by": person, "now": earlier}
    irrigation_programs.save("morning", document, seen_version=0, reason="定植", **made)
    document["dose"]["amount"] = 0.7
    irrigation_programs.save("morning", document, seen_version=1, reason="连续晴天", **{**made, "now": moment_now()})
    by = runs.ByProgram("morning", 2)
    missed_at = now - timedelta(days=1)
    missed = [runs.Plan(groups["h2-north"], 168.0, None)]
    when = {"due_at": missed_at, "decided_until": missed_at, "now": moment_now()}
    runs.plan_missed(missed, by, RunReason.TOO_LATE, **when)
    plans = [runs.Plan(groups[key], 168.0, None, place) for place, key in enumerate(document["groups"])]
    given, waits, closed, flows = runs.plan_all(plans, by, due_at=now, decided_until=now, now=moment_now())
    for run, reason, meter_m3 in ((given, RunReason.DOSE_GIVEN, 10.171), (closed, RunReason.CLOSED_BY_ITSELF, 10.04)):
        runs.begin(run, meter_m3=10.0, now=moment_now())
        runs.is_open(run, at=now, now=moment_now())
        facts = {} if run is given else {"point": run.valve_keys[0]}
        runs.close(run, reason, now=moment_now(), facts=facts)
        runs.end(run, meter_m3=meter_m3, now=moment_now())
    runs.begin(flows, meter_m3=10.0, now=moment_now())
    runs.is_open(flows, at=now, now=moment_now())
    runs.start("h3-north", 10.0, by=person, now=moment_now(), submission=uuid4())
    assert waits.ended_at is None


def leave_unreadable(person: object) -> None:
    """An irrigation program and the program of a house, as a later version of the software might have left them."""
    from django.utils import timezone

    from greenhouse.rules.irrigation_models import IrrigationProgramVersion
    from greenhouse.rules.models import Origin, ProgramVersion

    kept = {"number": 1, "author": person, "role": "technician", "created_at": timezone.now()}
    watering = {"name": "中午补水", "fogging": {}}
    IrrigationProgramVersion.objects.create(program_key="noon", document=watering, is_on=True, reason="高温", **kept)
    ProgramVersion.objects.create(compartment_key="h3", document={"fogging": {}}, origin=Origin.EDIT, **kept)


def wait_until(is_so: Callable[[], bool], *, within_s: float = 30.0) -> None:
    """Wait for the processes behind the pages."""
    over_at_s = time.monotonic() + within_s
    while not is_so():
        assert time.monotonic() < over_at_s, f"not so within {within_s} s"
        time.sleep(0.1)


def is_day() -> bool:
    """Whether the sun is up at the base, about."""
    from django.utils import timezone

    return 8 <= timezone.now().astimezone(LOCAL).hour < 17
