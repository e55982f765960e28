"""How each row of docs/roles.md is called, and what an answer means.

A new page needs no line here, unless its address has parts or its form must hold something: then one line in `CALLS`,
with a function that stages what it needs and returns the parts of the address and the form.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from django.contrib.auth.models import Group, User
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from greenhouse.access.roles import Role
from greenhouse.alarms.conditions import Change
from greenhouse.alarms.duty import bindings_of_the_base
from greenhouse.alarms.evaluation import Transition
from greenhouse.alarms.models import Occurrence
from greenhouse.alarms.occurrences import record
from greenhouse.annotations import notes
from greenhouse.annotations.notes import Note
from greenhouse.clock import moment_now
from greenhouse.commands import dispatch, irrigation_runs, over_travel
from greenhouse.commands.batches import Place, submit_batch
from greenhouse.commands.lifecycle import State
from greenhouse.commands.models import CommandRequest
from greenhouse.commands.submit import submit_setpoint
from greenhouse.configuration import versions
from greenhouse.configuration.source import Source
from greenhouse.configuration.versions import Author
from greenhouse.console.irrigation import program_draft as irrigation_draft
from greenhouse.console.programs import draft
from greenhouse.crops import cycles
from greenhouse.crops.cycles import NewCycle
from greenhouse.crops.models import CropCycle
from greenhouse.harvest import entries
from greenhouse.harvest.entries import Weighed
from greenhouse.harvest.grades import Grade
from greenhouse.rules import irrigation_programs, programs
from greenhouse.rules.evaluate.documents import as_document
from greenhouse.schedules import runs
from greenhouse.schedules.due_times import Every
from greenhouse.schedules.models import Cause, Schedule
from greenhouse.schedules.policy import Beyond, Policy
from greenhouse.schedules.runs import Declared
from greenhouse.site.basefile.schema import HouseKind
from greenhouse.site.models import Point
from greenhouse.training import stored
from tests.bases import COMPARTMENT, HOUSE, SMALL, TRAINING, load
from tests.commands.test_dispatch import Orders
from tests.console.conftest import ONLINE, SETPOINT, Shelf

PASSWORD = "for tests only"
NEW_PASSWORD = "Blanket up at sunrise 7"
ANONYMOUS, NO_ROLE = "anonymous", "no role"


@dataclass(frozen=True)
class Call:
    """One request: the parts of its address, and its form."""

    parts: Mapping[str, object] = field(default_factory=dict)
    form: Mapping[str, str] = field(default_factory=dict)


def someone(column: str) -> User | None:
    """The person of a column: of a role, without one, or nobody."""
    if column == ANONYMOUS:
        return None
    user = User.objects.create_user(f"a {column}", password=PASSWORD)
    if column != NO_ROLE:
        user.groups.add(Group.objects.get(name=column))
    return user


def sent(method: str, page: str, shelf: Shelf, client: Client) -> HttpResponse:
    """The answer to a row's request."""
    call = CALLS.get(f"{method} {page}", CALLS.get(page, lambda _shelf: Call()))(shelf)
    address = reverse(f"console:{page}", kwargs=call.parts)
    return client.post(address, call.form) if method == "POST" else client.get(address)


def is_allowed(response: HttpResponse) -> bool:
    """Whether an answer is what was asked for (True) or a refusal (False); anything else is a fault of the test."""
    to_the_login = response.status_code == 302 and response["Location"].startswith("/login?next=")
    if to_the_login or response.status_code in {401, 403}:
        return False
    assert response.status_code < 400, f"neither taken nor refused: {response.status_code}"
    return True


def a_setpoint(shelf: Shelf) -> Call:
    """A controller that takes a request, and the form of one."""
    shelf.put({**ONLINE, SETPOINT: 16.0})
    return Call({"key": SETPOINT}, {"value": "16.5", "seen_value": "16", "step": "apply"})


def a_request(shelf: Shelf) -> Call:
    """A request of a colleague that is on its way."""
    shelf.put({**ONLINE, SETPOINT: 16.0})
    request = of_a_colleague()
    return Call({"key": SETPOINT, "request_id": request.pk})


def a_hold(shelf: Shelf) -> Call:
    """A manual hold of a colleague that is in force."""
    shelf.put({**ONLINE, SETPOINT: 16.0})
    request = of_a_colleague(hold_for=timedelta(hours=1))
    dispatch.dispatch_next(moment_now(), Orders())
    dispatch.record_outcome(request.pk, State.CONFIRMED, now=moment_now(), readback_value=17.0)
    return Call({"key": SETPOINT, "hold_id": request.hold.pk})


def a_longer_hold(shelf: Shelf) -> Call:
    """A manual hold of a colleague for an hour, and the form that makes it last longer."""
    return replace(a_hold(shelf), form={"hold_for": "4"})


def a_confirmed_change(shelf: Shelf) -> Call:
    """A change of a colleague that has just taken, and the form that takes it back."""
    shelf.put({**ONLINE, SETPOINT: 16.0})
    request = of_a_colleague()
    dispatch.dispatch_next(moment_now(), Orders())
    dispatch.record_outcome(request.pk, State.CONFIRMED, now=moment_now(), readback_value=17.0)
    shelf.put({SETPOINT: 17.0})
    return Call({"key": SETPOINT, "request_id": request.pk}, {"submission": str(uuid4())})


def a_batch(shelf: Shelf) -> Call:
    """One value for one compartment of a colleague's choice."""
    shelf.put({**ONLINE, SETPOINT: 16.0})
    colleague = User.objects.create_user("colleague")
    colleague.groups.add(Group.objects.get(name=Role.TECHNICIAN))
    places = [Place(SETPOINT, 16.0, None)]
    batch = submit_batch(places, 17.0, by=colleague, now=moment_now(), submission=uuid4())
    return Call({"batch_id": batch.pk})


def a_waiting_change(shelf: Shelf) -> Call:
    """A colleague's change that needs a second person, and the form that approves it."""
    shelf.put({**ONLINE, SETPOINT: 16.0})
    Point.objects.filter(key=SETPOINT).update(needs_approval=True)
    return Call(form={"request": str(of_a_colleague().pk), "decision": "approve"})


def of_a_colleague(hold_for: timedelta | None = None) -> CommandRequest:
    """A request of somebody else."""
    colleague = User.objects.create_user("colleague")
    colleague.groups.add(Group.objects.get(name=Role.TECHNICIAN))
    return submit_setpoint(
        SETPOINT, 17.0, by=colleague, seen_value=16.0, seen_at=None, now=moment_now(), hold_for=hold_for
    )


def an_alarm(_shelf: Shelf) -> Call:
    """An alarm that nobody has acknowledged."""
    binding = next(found for found in bindings_of_the_base() if found.definition.key == "link-lost")
    now = timezone.now()
    record([Transition(binding, Change.RAISED, now.timestamp())], {}, now=now)
    return Call({"occurrence_id": Occurrence.objects.get().pk})


def a_locked_output(shelf: Shelf) -> Call:
    """An output whose motor ran too long."""
    shelf.put({**ONLINE, SETPOINT: 16.0})
    over_travel.lock(SETPOINT, ran_s=500.0, longest_run_s=468.0, position_pct=None, now=moment_now())
    return Call({"key": SETPOINT})


def a_program(_shelf: Shelf) -> Call:
    """The form of a small compartment's program with another temperature, ready to be reviewed."""
    standard = programs.standard_of(HouseKind.SOLAR)
    return Call({"key": "h1"}, {**draft.texts_of(standard, standard=standard), "seen": "0", "step": "review"})


def a_second_compartment(_shelf: Shelf) -> Call:
    """Another compartment whose program differs, and the form that takes this one's over."""
    more = "".join((HOUSE, COMPARTMENT)).replace('"h1"', '"h2"')
    load(SMALL + more)
    colleague = User.objects.create_user("colleague")
    colleague.groups.add(Group.objects.get(name=Role.TECHNICIAN))
    document = as_document(programs.standard_of(HouseKind.SOLAR))
    document["vents"]["band_k"] = 9.0
    programs.save("h2", document, seen_version=0, by=colleague, reason="staged", now=timezone.now())
    return Call({"key": "h1"}, {"to": "h2", "seen.h2": "1", "reason": "a test"})


def a_login(_shelf: Shelf) -> Call:
    """The name and password of somebody."""
    User.objects.create_user("somebody", password=PASSWORD)
    return Call(form={"username": "somebody", "password": PASSWORD})


def a_question(_shelf: Shelf) -> Call:
    """A missed run that waits for somebody to decide."""
    now = timezone.now()
    policy = Policy(grace_s=60.0, beyond=Beyond.ASK)
    runs.sync("maintenance", [Declared(key="job", when=Every(3000.0), policy=policy)], now - timedelta(hours=1))
    schedule = Schedule.objects.get()
    runs.settle(schedule, now, zone=ZoneInfo("UTC"), cause=Cause.WAS_DOWN, has_fresh_inputs=True)
    return Call({"run_id": schedule.runs.get().pk}, {"action": "skip"})


SPAN = {"from": "2026-11-24T08:00", "to": "2026-11-24T09:00", "text": "a note"}


def a_note_of_a_colleague(_shelf: Shelf) -> Call:
    """A note of somebody else, and the form that changes it."""
    colleague = User.objects.create_user("colleague")
    colleague.groups.add(Group.objects.get(name=Role.TECHNICIAN))
    now = timezone.now()
    note = notes.write(Note(start=now, end=now, text="seen"), by=colleague, now=now)
    return Call({"note_id": note.pk}, {**SPAN, "seen": "1", "action": "save"})


def a_version(_shelf: Shelf) -> Call:
    """The small base as a stored version; parts and form of what may be done with it."""
    versions.apply(Source(SMALL), Author(None, "first"), seen=0, now=timezone.now())
    return Call()


def with_version(parts: Mapping[str, object] | None = None, **form: str) -> Callable[[Shelf], Call]:
    """The same, for an address with parts and a form."""

    def stage(shelf: Shelf) -> Call:
        a_version(shelf)
        return Call(parts or {}, {"seen": "1", **form})

    return stage


def a_truth_unit(_shelf: Shelf) -> Call:
    """The small base as one for training."""
    load(TRAINING)
    return Call()


def a_person(_shelf: Shelf) -> Call:
    """A colleague who operates, and a form that signs them out."""
    user = User.objects.create_user("colleague")
    user.groups.add(Group.objects.get(name=Role.TECHNICIAN))
    return Call({"number": user.pk}, {"action": "sign_out"})


NAMES = {"name_zh": "东线", "name_en": "East line"}
METER_FORM = {**NAMES, "line": "climate", "unit_id": "9", "profile": "pulse-water-meter", "enabled": "on"}
RENAMED = SMALL.replace("小基地", "改名基地")
CHANGE = {"old_password": PASSWORD, "new_password1": NEW_PASSWORD, "new_password2": NEW_PASSWORD}


def a_lesson(_shelf: Shelf) -> Call:
    """A training base, and the form of another pace."""
    stored.begin(machine_now=timezone.now(), newest_stored=None)
    return Call(form={"pace": "60"})


def a_planter() -> User:
    """A colleague who works in the houses."""
    user = User.objects.create_user("planter")
    user.groups.add(Group.objects.get(name=Role.TECHNICIAN))
    return user


def a_cycle(_shelf: Shelf) -> Call:
    """A crop that a colleague planted, and the form that ends it."""
    cycle = planted_by(a_planter())
    return Call({"cycle_id": cycle.pk}, {"seen": "1", "ended_on": cycles.local_day(timezone.now()).isoformat()})


def planted_by(planter: User) -> CropCycle:
    """Tomatoes on half of the house, since yesterday."""
    now = timezone.now()
    new = NewCycle("h1", "provence", 240.0, cycles.local_day(now) - timedelta(days=1))
    return cycles.start(new, submission=uuid4(), by=planter, now=now)


def a_crop_to_pick(_shelf: Shelf) -> Call:
    """The form of a harvest."""
    cycle = planted_by(a_planter())
    day = cycles.local_day(timezone.now()).isoformat()
    return Call(form={"cycle": str(cycle.pk), "day": day, "grade": "first", "kg": "12.5"})


def a_harvest(shelf: Shelf) -> Call:
    """An entry of a colleague, and the form that corrects it."""
    form = a_crop_to_pick(shelf).form
    weighed = Weighed(UUID(form["cycle"]), date.fromisoformat(form["day"]), Grade.FIRST, 12_500)
    planter = User.objects.get(username="planter")
    row = entries.enter(weighed, submission=uuid4(), by=planter, now=timezone.now())
    return Call({"harvest_id": row.pk}, {**form, "kg": "13", "reason": "misread"})


CULTIVAR = {"crop": "tomato", "name_zh": "新品种"}


def a_plan(_shelf: Shelf) -> Call:
    """The form of a crop cycle."""
    day = cycles.local_day(timezone.now()).isoformat()
    return Call(form={"compartment": "h1", "cultivar": "provence", "area": "100", "planted_on": day})


VALVES = """
[[device]]
key = "h1-valves"
name_zh = "阀组"
name_en = "Valves"
line = "climate"
unit_id = 5
profile = "valve-block-8"
compartment = "h1"
[[valve_group]]
key = "north"
name_zh = "北"
name_en = "North"
compartment = "h1"
valves = ["h1-valves.valve_1"]
area_m2 = 240
"""
WATERED: Mapping[str, object] = {
    "groups": ["north"],
    "dose": {"kind": "time", "amount": 300},
    "starts": {"kind": "clock", "minutes": [420]},
    "rest_min": 30,
}


def a_valve_group(_shelf: Shelf) -> Call:
    """A group of valves, and the form that is the last step to watering it."""
    load(SMALL + VALVES)
    return Call({"key": "north"}, {"minutes": "5", "step": "apply", "submission": str(uuid4())})


def a_run(shelf: Shelf) -> Call:
    """A run of a colleague that waits for its turn."""
    a_valve_group(shelf)
    run = irrigation_runs.start("north", 5.0, by=_technician(), now=moment_now(), submission=uuid4())
    return Call({"run_id": run.pk})


def an_irrigation_program(shelf: Shelf) -> Call:
    """A program of a colleague that is off, and the form that looks at a change of it."""
    a_valve_group(shelf)
    by = _technician()
    irrigation_programs.save("p", WATERED, is_on=False, seen_version=0, by=by, reason="staged", now=moment_now())
    program = irrigation_programs.program_of(irrigation_programs.newest().get())
    return Call({"key": "p"}, {**irrigation_draft.texts_of(program), "rest_min": "45", "seen": "1", "step": "review"})


def a_new_irrigation_program(shelf: Shelf) -> Call:
    """The form of a program that does not exist yet."""
    return replace(an_irrigation_program(shelf), parts={})


def a_version_of_irrigation(shelf: Shelf) -> Call:
    """The first version of a colleague's program."""
    return Call({**an_irrigation_program(shelf).parts, "number": 1})


def _technician() -> User:
    colleague = User.objects.create_user("colleague")
    colleague.groups.add(Group.objects.get(name=Role.TECHNICIAN))
    return colleague


CALLS: Mapping[str, Callable[[Shelf], Call]] = {
    "start_irrigation": a_valve_group,
    "stop_irrigation": a_run,
    "irrigation_program": an_irrigation_program,
    "POST new_irrigation_program": a_new_irrigation_program,
    "switch_irrigation_program": lambda shelf: replace(
        an_irrigation_program(shelf), form={"to": "on", "seen": "1", "reason": "a test"}
    ),
    "irrigation_program_versions": an_irrigation_program,
    "irrigation_program_version": a_version_of_irrigation,
    "training": a_truth_unit,
    "training_data": a_truth_unit,
    "house": lambda _shelf: Call({"key": "h1"}),
    "house_part": lambda _shelf: Call({"key": "h1", "part": "alarms"}),
    "program": a_program,
    "switch_program": lambda _shelf: Call({"key": "h1"}, {"to": "on", "seen": "0", "reason": "a test"}),
    "program_versions": lambda _shelf: Call({"key": "h1"}),
    "program_version": lambda _shelf: Call({"key": "h1", "number": 0}),
    "copy_program": a_second_compartment,
    "equipment_part": lambda _shelf: Call({"part": "changes"}),
    "training_pace": a_lesson,
    "POST gloves": lambda _shelf: Call(form={"gloves": "on"}),
    "setup_structure": a_version,
    "setup_entry": with_version(
        {"kind": "line", "key": "climate"}, **NAMES, kind="tcp", host="127.0.0.1", port="15020"
    ),
    "setup_device": with_version({"key": "meter"}, **METER_FORM),
    "setup_new_device": with_version(key="another", **METER_FORM),
    "setup_remove_device": with_version({"key": "meter"}),
    "setup_point": with_version({"key": "meter.total_volume"}, enabled="on", poll_s="30"),
    "setup_profile": with_version({"key": "pulse-water-meter"}),
    "setup_alarm": with_version({"key": "air-temperature-low"}, limit="-4", enabled="on", reason="a test"),
    "setup_file": with_version(base=RENAMED, alarms=""),
    "setup_apply": with_version(base=RENAMED, alarms="", reason="a test"),
    "setup_finish": a_version,
    "setup_versions": a_version,
    "setup_version": with_version({"number": 1}),
    "setup_person": a_person,
    "POST setup_people": lambda _shelf: Call(form={"username": "new", "role": "viewer"}),
    "setpoint": a_setpoint,
    "setpoint_changes": a_setpoint,
    "tracking": a_request,
    "acknowledge_alarm": an_alarm,
    "decide_run": a_question,
    "give_back": a_hold,
    "extend_hold": a_longer_hold,
    "release_output": a_locked_output,
    "undo_change": a_confirmed_change,
    "batch": a_batch,
    "batch_rows": a_batch,
    "POST decisions": a_waiting_change,
    "annotation": a_note_of_a_colleague,
    "POST annotate": lambda _shelf: Call(form=SPAN),
    "POST harvest": a_crop_to_pick,
    "correct_harvest": a_harvest,
    "yield_file": lambda shelf: replace(a_harvest(shelf), parts={"table": "weekly"}),
    "yield_workbook": lambda shelf: replace(a_harvest(shelf), parts={}),
    "yields": lambda shelf: replace(a_harvest(shelf), parts={}),
    "end_cycle": a_cycle,
    "POST start_cycle": a_plan,
    "POST add_cultivar": lambda _shelf: Call(form=CULTIVAR),
    "POST login": a_login,
    "POST make_token": lambda _shelf: Call(form={"name": "bridge", "scopes": "read", "days": "90"}),
    "revoke_token": lambda _shelf: Call({"token_id": 1}),
    "POST change_password": lambda _shelf: Call(form=CHANGE),
    "POST theme": lambda _shelf: Call(form={"theme": "night"}),
    "POST language": lambda _shelf: Call(form={"language": "en"}),
}
