"""The page of irrigation runs: what it says of each, and a run that a person starts and stops."""

from __future__ import annotations

import re
from datetime import timedelta
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.utils import timezone, translation

from greenhouse.access.roles import Role
from greenhouse.clock import moment_now
from greenhouse.commands import irrigation_runs as runs
from greenhouse.commands import run_messages
from greenhouse.commands.irrigation_runs import ByProgram, Plan
from greenhouse.commands.models import IrrigationRun
from greenhouse.commands.run_lifecycle import RunReason, RunState
from greenhouse.console.irrigation.shown_runs import newest_of_groups
from greenhouse.ledger.models import Entry
from greenhouse.site.valve_groups import valve_groups
from tests.bases import SMALL, load
from tests.console.irrigation.conftest import WATERED, form_of, words_of

pytestmark = pytest.mark.django_db(databases=["default", "telemetry"])
START = "/irrigation/groups/north/start"
METER, VALVE = "h1-valves.total_volume", "h1-valves.valve_1"


def reviewed(client, minutes: str = "10", page: str = START) -> dict[str, str]:
    answer = client.post(page, {"minutes": minutes, "step": "review"})
    assert answer.status_code == 200, words_of(answer)
    return form_of(answer, 'name="submission"')


def started(client, minutes: str = "10", page: str = START) -> IrrigationRun:
    answer = client.post(page, {**reviewed(client, minutes, page), "step": "apply"})
    assert answer.status_code == 302, words_of(answer)
    return IrrigationRun.objects.latest("created_at")


def opened(run: IrrigationRun, *, meter_m3: float = 10.0) -> None:
    assert runs.begin(run, meter_m3=meter_m3, now=moment_now())
    assert runs.is_open(run, at=timezone.now(), now=moment_now())


def test_an_empty_page_says_so(technician):
    page = words_of(technician.get("/irrigation"))
    for told in ("Nothing is being watered.", "No run was missed.", "No run has ended today.", "no irrigation program"):
        assert told in page
    assert "Trial strip" in page


def test_a_base_without_valve_groups_says_so(technician):
    load(SMALL)
    page = words_of(technician.get("/irrigation"))
    assert "The base file has no valve groups" in page
    assert "Water by hand" not in page
    assert technician.get(START).status_code == 404


def test_a_run_is_started_after_a_look_and_the_same_form_is_one_run(technician):
    form = reviewed(technician, "12,5")
    assert not IrrigationRun.objects.exists()
    for _tap in range(2):
        answer = technician.post(START, {**form, "step": "apply"})
        assert answer["Location"].startswith("/irrigation?started=")
    run = IrrigationRun.objects.get()
    assert (run.dose_s, run.requested_by.username, run.state) == (750.0, "li", RunState.PLANNED)
    page = words_of(technician.get("/irrigation"))
    assert "waits for its turn" in page
    assert "by hand: li" in page
    assert Entry.objects.filter(kind="irrigation").exists()


@pytest.mark.parametrize(
    ("minutes", "sentence"),
    [
        ("", "Give a number here."),
        ("ten", "Give a number here."),
        ("0", "A run lasts from 0.05 to 30 minutes here."),
        ("-5", "A run lasts from 0.05 to 30 minutes here."),
        ("31", "A run lasts from 0.05 to 30 minutes here."),
    ],
)
def test_a_time_that_cannot_be_is_told_at_its_field(technician, minutes, sentence):
    for step in ("review", "apply"):
        answer = technician.post(START, {"minutes": minutes, "step": step, "submission": str(uuid4())})
        assert answer.status_code == 422
        assert sentence in words_of(answer)
        assert 'aria-describedby="minutes-fault"' in answer.content.decode()
    assert not IrrigationRun.objects.exists()


@pytest.mark.parametrize("longest_min", ["1.6666666666666667", "1.15", "12.345"])
def test_the_longest_time_that_is_offered_is_taken(technician, longest_min):
    load(WATERED.replace("longest_run_min = 30", f"longest_run_min = {longest_min}"))
    said = re.search(r"at most ([0-9.]+) min", words_of(technician.get(START)))
    assert said is not None
    assert started(technician, said[1]).dose_s == pytest.approx(float(longest_min) * 60, abs=0.6)
    refused = technician.post(START, {"minutes": "99", "step": "review"})
    assert f"to {said[1]} minutes here" in words_of(refused)


def test_a_time_is_started_as_it_was_typed_and_not_rounded(technician):
    assert started(technician, "1.666").dose_s == 1.666 * 60


def test_a_form_without_its_number_starts_nothing(technician):
    answer = technician.post(START, {"minutes": "5", "step": "apply", "submission": "x"})
    assert answer.status_code == 400
    assert not IrrigationRun.objects.exists()


@pytest.mark.parametrize("role", [Role.VIEWER, Role.EDUCATOR, Role.COMMISSIONER])
def test_others_see_and_cannot(as_role, technician, role):
    run = started(technician)
    other = as_role(role, "other")
    page = other.get("/irrigation")
    assert "waits for its turn" in words_of(page)
    assert "Technicians, supervisors and engineers start and stop runs." in words_of(page)
    assert "/stop" not in page.content.decode()
    assert other.post(START, {"minutes": "5", "step": "apply", "submission": str(uuid4())}).status_code == 403
    assert other.post(f"/irrigation/runs/{run.pk}/stop").status_code == 403
    run.refresh_from_db()
    assert run.state == RunState.PLANNED


def test_a_waiting_run_is_ended_and_a_flowing_one_is_closed(technician):
    waits = started(technician)
    assert technician.post(f"/irrigation/runs/{waits.pk}/stop").status_code == 302
    waits.refresh_from_db()
    assert (waits.state, waits.reason) == (RunState.STOPPED, RunReason.BY_PERSON)
    flows = started(technician)
    opened(flows)
    technician.post(f"/irrigation/runs/{flows.pk}/stop")
    flows.refresh_from_db()
    assert (flows.state, flows.reason) == (RunState.CLOSING, RunReason.BY_PERSON)
    page = technician.get("/irrigation")
    assert "closing the valves" in words_of(page)
    assert f"{flows.pk}/stop" not in page.content.decode()
    again = technician.post(f"/irrigation/runs/{waits.pk}/stop")
    assert again.status_code == 409
    assert "This irrigation run is over already." in words_of(again)


def test_a_group_was_watered_last_when_water_flowed(technician):
    """Neither a run that a person stopped before its turn nor one that could not open has watered anything."""
    watered = started(technician)
    opened(watered)
    runs.close(watered, RunReason.DOSE_GIVEN, now=moment_now())
    runs.end(watered, meter_m3=10.041, now=moment_now())
    stopped = started(technician)
    runs.stop(stopped.pk, by=User.objects.get(username="li"), now=moment_now())
    failed = started(technician)
    assert runs.begin(failed, meter_m3=10.041, now=moment_now())
    runs.close(failed, RunReason.NOT_OPENED, now=moment_now(), facts={"point": VALVE})
    runs.end(failed, meter_m3=10.041, now=moment_now())
    (last,) = newest_of_groups(["north"])
    assert last == watered
    by_hand = words_of(technician.get("/irrigation")).partition("Water by hand")[2]
    assert "41 L" in by_hand.partition("South half")[0]
    waits = started(technician)
    assert newest_of_groups(["north"]) == [waits]


def test_a_group_whose_only_run_gave_nothing_was_not_watered_yet(technician):
    runs.stop(started(technician).pk, by=User.objects.get(username="li"), now=moment_now())
    assert "last watered" not in words_of(technician.get("/irrigation"))


def test_a_flowing_run_tells_how_far_it_is_and_of_when_that_is(technician, shelf):
    plan = Plan(valve_groups()["north"], 240.0, None)
    now = timezone.now()
    by = ByProgram("north-1", 3)
    (run,) = runs.plan_all([plan], by, due_at=now, decided_until=now, now=moment_now())
    opened(run)
    shelf.put({METER: 10.06})
    page = words_of(technician.get("/irrigation/runs"))
    assert "60 L given, wanted 240 L · 25 %" in page
    assert "counted" in page
    assert "at the latest" in page
    assert "by the program “north-1”, version 3" in page


def test_a_meter_that_is_silent_is_no_amount(technician, shelf):
    plan = Plan(valve_groups()["north"], 240.0, None)
    now = timezone.now()
    (run,) = runs.plan_all([plan], ByProgram("north-1", 3), due_at=now, decided_until=now, now=moment_now())
    opened(run)
    shelf.put({METER: 10.06}, age_s=1200.0)
    page = words_of(technician.get("/irrigation/runs"))
    assert "How much was given is not known: what the meter said 20 min ago is of no use." in page
    assert "60 L" not in page
    assert "%" not in page.partition("Waiting")[0].partition("Water by hand")[0]


def test_a_meter_that_was_reset_in_a_run_tells_no_amount(technician, shelf):
    plan = Plan(valve_groups()["north"], 240.0, None)
    now = timezone.now()
    (run,) = runs.plan_all([plan], ByProgram("north-1", 3), due_at=now, decided_until=now, now=moment_now())
    opened(run, meter_m3=10.0)
    shelf.put({METER: 0.02})
    page = words_of(technician.get("/irrigation/runs"))
    assert "How much was given is not known" in page
    assert "0 L given" not in page
    assert "0 %" not in page
    runs.close(run, RunReason.METER_STANDS, now=moment_now())
    runs.end(run, meter_m3=0.02, now=moment_now())
    assert run.given_l is None
    ended = words_of(technician.get("/irrigation"))
    assert "How much was given is not known." in ended.partition("Ended today")[2]
    assert "980 L" not in ended


def test_missed_runs_are_listed_for_seven_days_with_their_reason(technician):
    plan = Plan(valve_groups()["north"], None, 300.0)
    for days, reason in ((1, RunReason.TOO_LATE), (6, RunReason.DRAIN_REACHED), (8, RunReason.GROUP_GONE)):
        due_at = timezone.now() - timedelta(days=days)
        runs.plan_missed([plan], ByProgram("p", 1), reason, due_at=due_at, decided_until=due_at, now=moment_now())
    page = words_of(technician.get("/irrigation"))
    missed = page.partition("Missed in the last 7 days")[2]
    assert "It could not begin in time" in missed
    assert "enough of the water of that day had drained" in missed
    assert "no such valve group any more" not in missed


def test_what_ended_today_tells_what_was_given_and_why(technician):
    run = started(technician)
    opened(run)
    runs.close(run, RunReason.CLOSED_BY_ITSELF, now=moment_now(), facts={"point": VALVE})
    runs.end(run, meter_m3=10.041, now=moment_now())
    ended = words_of(technician.get("/irrigation")).partition("Ended today")[2]
    assert "failed" in ended
    assert "A valve closed, or the pump stopped, without a request from here." in ended
    assert "41 L were given." in ended


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_every_state_and_every_reason_has_its_words(language):
    with translation.override(language):
        said = [run_messages.state_in_words(state) for state in RunState]
        assert len(set(said)) == len(RunState)
        told = [run_messages.reason_in_words(reason) for reason in RunReason if reason is not RunReason.NONE]
        assert len(set(told)) == len(RunReason) - 1
        assert str(run_messages.UNSAID) not in told


def test_the_page_counts_its_queries_not_its_runs(technician, django_assert_max_num_queries):
    def missed(count: int) -> None:
        for number in range(count):
            due_at = timezone.now() - timedelta(minutes=number)
            plans = [Plan(group, None, 60.0) for group in valve_groups().values()]
            runs.plan_missed(
                plans,
                ByProgram(f"p{count}", 1),
                RunReason.TOO_LATE,
                due_at=due_at,
                decided_until=due_at,
                now=moment_now(),
            )

    missed(10)
    assert User.objects.filter(username="li").exists()
    with django_assert_max_num_queries(45):
        technician.get("/irrigation")
