"""The pages of irrigation programs, without a browser and without scripts."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation

from devices.samples import Origin, Reading
from greenhouse.access.roles import Role
from greenhouse.clock import moment_now
from greenhouse.commands import irrigation_runs as runs
from greenhouse.commands.irrigation_runs import ByProgram, Plan
from greenhouse.commands.run_lifecycle import RunReason
from greenhouse.console.irrigation import program_words
from greenhouse.rules import irrigation_programs, irrigation_wording
from greenhouse.rules.evaluate.irrigation import IrrigationDecision, Why
from greenhouse.rules.evaluate.irrigation_program import DoseKind, Fault, FaultCode
from greenhouse.rules.irrigation_models import IrrigationProgramVersion
from greenhouse.rules.irrigation_programs import history, in_force
from greenhouse.site.valve_groups import valve_groups
from greenhouse.site.virtual_points import CLOCK as CLOCK_STATE
from greenhouse.site.virtual_points import Clock, control_key
from greenhouse.telemetry import ingest
from tests.console.irrigation.conftest import form_of, words_of

pytestmark = pytest.mark.django_db(databases=["default", "telemetry"])
NEW = "/irrigation/new-program"
CLOCK = {"name": "Morning", "dose.amount": "0.5", "starts.kind": "clock", "starts.minutes": "06:30 14:00"}


def made(client, **fields: str) -> str:
    """A new program, off. Returns its address."""
    form = {**form_of(client.get(NEW)), **CLOCK, **{name.replace("__", "."): text for name, text in fields.items()}}
    review = client.post(NEW, {**form, "step": "review"})
    assert review.status_code == 200, words_of(review)
    answer = client.post(NEW, {**form_of(review), "step": "apply", "reason": "first crop"})
    assert answer.status_code == 302, words_of(answer)
    return answer["Location"].partition("?")[0]


def switched(client, page: str, to: str = "on", **fields: str):
    seen = form_of(client.get(page))["seen"]
    return client.post(f"{page}/switch", {"to": to, "seen": seen, "reason": "a test", **fields})


def test_a_program_is_made_and_waters_only_once_it_is_switched_on(technician):
    page = made(technician)
    assert page == "/irrigation/programs/north-1"
    assert "waters nothing yet" in words_of(technician.get(f"{page}?saved=1"))
    assert in_force() == []
    assert switched(technician, page).status_code == 302
    (one,) = in_force()
    assert (one.version, one.program.name, one.program.starts.minutes) == (2, "Morning", (390, 840))
    told = words_of(technician.get(page))
    assert "Next starts:" in told
    assert "Just now:" in told
    assert "0.5 L/m² for each group, at 06:30, 14:00" in words_of(technician.get("/irrigation"))


def test_the_log_of_changes_calls_it_by_its_name_and_leads_to_its_version(technician):
    page = made(technician)
    log = technician.get("/changes/log")
    assert "irrigation program “Morning”" in words_of(log)
    assert f'href="{page}/versions/1"' in log.content.decode()


@pytest.mark.parametrize(
    ("kind", "text", "amount", "shown"),
    [
        ("time", "1:40", 100.0, "1:40"),
        ("time", "１：４０", 100.0, "1:40"),
        ("time", "1.5", 90.0, "1.5"),
        ("time", "1.67", 1.67 * 60, "1.67"),
        ("volume_per_area", "0.333", 0.333, "0.333"),
        ("volume_per_area", "0.5", 0.5, "0.5"),
    ],
)
def test_a_dose_that_nobody_edits_stays_exactly_as_it_was(technician, kind, text, amount, shown):
    page = made(technician, dose__kind=kind, dose__amount=text)
    form = form_of(technician.get(page))
    assert form["dose.amount"] == shown
    review = technician.post(page, {**form, "name": "Another name", "step": "review"})
    technician.post(page, {**form_of(review), "step": "apply", "reason": "a name"})
    newest = IrrigationProgramVersion.objects.latest("number")
    assert (newest.number, irrigation_programs.program_of(newest).dose.amount) == (2, amount)


def test_the_sun_is_read_once_for_all_programs_of_the_page(technician):
    def reads() -> int:
        with CaptureQueriesContext(connections["telemetry"]) as queries:
            told = words_of(technician.get("/irrigation"))
        assert "J/cm²" in told
        return len(queries)

    switched(technician, made(technician, starts__kind="radiation"))
    technician.get("/irrigation")
    of_one = reads()
    switched(technician, made(technician, name="South", groups__0="south", starts__kind="radiation"))
    assert len(in_force()) == 2
    assert reads() == of_one


def test_the_same_form_sent_twice_is_one_program(technician):
    form = {**form_of(technician.get(NEW)), **CLOCK}
    review = form_of(technician.post(NEW, {**form, "step": "review"}))
    places = {technician.post(NEW, {**review, "step": "apply", "reason": "x"})["Location"] for _tap in range(2)}
    assert places == {"/irrigation/programs/north-1?saved=1"}
    assert IrrigationProgramVersion.objects.count() == 1


def test_of_two_people_who_make_a_program_for_one_group_each_gets_his_own(technician, as_role):
    quick = as_role(Role.TECHNICIAN, "quick")
    slow = form_of(technician.post(NEW, {**form_of(technician.get(NEW)), **CLOCK, "name": "Noon", "step": "review"}))
    assert slow["key"] == "north-1"
    page = made(quick)
    assert switched(quick, page).status_code == 302
    told = technician.post(NEW, {**slow, "step": "apply", "reason": "noon"})
    assert told.status_code == 409
    assert "quick made the program “Morning” meanwhile" in words_of(told)
    again = form_of(told)
    assert (again["key"], again["name"]) == ("north-2", "Noon")
    assert technician.post(NEW, {**again, "step": "apply", "reason": "noon"}).status_code == 302
    assert [history(key).first().document["name"] for key in ("north-1", "north-2")] == ["Morning", "Noon"]
    assert [row.key for row in in_force()] == ["north-1"]


def test_a_new_program_is_never_the_next_version_of_another(technician):
    made(technician)
    form = {**form_of(technician.get(NEW)), **CLOCK, "name": "Noon", "key": "north-1", "seen": "1"}
    assert technician.post(NEW, {**form, "step": "apply", "reason": "x"}).status_code == 409
    assert history("north-1").count() == 1


@pytest.mark.parametrize(
    ("fields", "field", "sentence"),
    [
        ({"dose.amount": "0"}, "id-dose-amount", "Give more than 0."),
        ({"dose.amount": "-1"}, "id-dose-amount", "Give more than 0."),
        ({"dose.amount": "much"}, "id-dose-amount", "Give a number here."),
        ({"dose.amount": "99"}, "id-dose-amount", "Only 0 to 20 L/m² is possible."),
        ({"dose.kind": "time", "dose.amount": "200"}, "id-dose-amount", "Only 0 to 120 min is possible."),
        ({"groups.0": "strip"}, "id-groups-0", "Nothing counts the water of this group"),
        ({"groups.0": "gone"}, "id-groups-0", "no such valve group any more"),
        ({"groups": "2", "groups.1": "north"}, "id-groups-1", "Another group of this program opens the same valve"),
        ({"starts.minutes": ""}, "id-starts-minutes", "Give 1 to 48 times of day; these are 0."),
        ({"starts.minutes": "06:30 25:00"}, "id-starts-minutes", "Give times from 00:00 to 23:59"),
        ({"starts.minutes": "14:00 06:30"}, "id-starts-minutes", "in the order of the day"),
        ({"starts.minutes": "06:30 06:40"}, "id-starts-minutes", "closer together than the 30 min"),
        ({"rest_min": ""}, "id-rest-min", "Give a number here."),
        (
            {"starts.kind": "interval", "starts.interval_min": "10"},
            "id-starts-interval-min",
            "closer together than the 30 min",
        ),
        ({"starts.kind": "radiation", "starts.sum_j_cm2": "1"}, "id-starts-sum-j-cm2", "Only 10 to 3000 J/cm²"),
        (
            {"starts.kind": "interval", "starts.last.kind": "clock", "starts.last.clock": "03:00"},
            "id-starts-last",
            "before the first start",
        ),
        (
            {"starts.kind": "interval", "starts.first.minutes": "999"},
            "id-starts-first",
            "Give minutes, at most 360 before or after.",
        ),
    ],
)
def test_a_fault_stands_at_its_field_and_nothing_is_stored(technician, fields, field, sentence):
    form = {**form_of(technician.get(NEW)), **CLOCK, **fields}
    answer = technician.post(NEW, {**form, "step": "review"})
    assert answer.status_code == 422
    page = answer.content.decode()
    assert f'id="{field}-fault"' in page
    assert f'href="#{field}" data-first-wrong' in page
    assert sentence in words_of(answer)
    assert form_of(answer)["name"] == "Morning"
    assert not IrrigationProgramVersion.objects.exists()


def test_days_on_which_the_sun_passes_the_clock_are_told_not_refused(technician):
    last = {"starts.last.kind": "clock", "starts.last.clock": "08:30"}
    fields = {**CLOCK, "starts.kind": "interval", "starts.first.minutes": "60", **last}
    answer = technician.post(NEW, {**form_of(technician.get(NEW)), **fields, "step": "review"})
    assert answer.status_code == 200
    assert "there is no start" in words_of(answer)


def test_two_programs_on_one_valve_are_told_and_the_second_is_not_switched_on(technician):
    first, second = made(technician), made(technician, name="Noon")
    assert switched(technician, first).status_code == 302
    refused = switched(technician, second)
    assert refused.status_code == 422
    assert "The program “Morning” opens the same valve" in words_of(refused)
    assert 'id="id-groups-0-fault"' in refused.content.decode()
    assert len(in_force()) == 1


def test_the_later_of_two_that_are_on_says_on_its_page_that_it_does_not_water(technician, monkeypatch):
    pages = made(technician), made(technician, name="Noon")
    with monkeypatch.context() as at_one_moment:
        at_one_moment.setattr(irrigation_programs, "faults_in", lambda _key, _program: [])
        for page in pages:
            assert switched(technician, page).status_code == 302
    told = [words_of(technician.get(page)) for page in pages]
    assert ["The program “Morning” opens the same valve" in words for words in told] == [False, True]
    assert ["Next starts:" in words for words in told] == [True, False]
    assert words_of(technician.get("/irrigation")).count("opens the same valve") == 1


def test_no_limit_is_offered_of_a_drain_that_nothing_measures(technician):
    page = made(technician, drain_limit_pct="30")
    assert history("north-1").first().document["drain_limit_pct"] is None
    for address in (NEW, page):
        assert "drain" not in words_of(technician.get(address)).lower()


def test_a_program_that_cannot_be_read_is_shown_as_such_and_can_be_switched_off(technician):
    page = made(technician)
    switched(technician, page)
    row = history("north-1").first()
    later = {**row.document, "starts": {"kind": "moon"}}
    IrrigationProgramVersion.objects.create(
        program_key="north-1", number=3, document=later, is_on=True, author=row.author, created_at=timezone.now()
    )
    assert in_force() == []
    assert "Morning" in words_of(technician.get("/irrigation"))
    said = "This program cannot be read, so it waters nothing."
    for address in ("/irrigation", page, f"{page}/versions", f"{page}/versions/1", f"{NEW}?from=north-1"):
        answer = technician.get(address)
        assert (answer.status_code, said in words_of(answer)) == (200, True), address
    assert "starts.first" in words_of(technician.get(page))
    off = form_of(technician.get(page), mark='name="to"')
    assert technician.post(f"{page}/switch", off).status_code == 302
    assert not history("north-1").first().is_on
    for seen, why in (("3", "changed the program meanwhile: version 4"), ("4", "The program was not changed.")):
        told = technician.post(f"{page}/switch", {"to": "on", "seen": seen, "reason": "x"})
        assert (told.status_code, why in words_of(told)) == (409, True)
    assert technician.post(page, {"step": "review"}).status_code == 409
    assert 'name="to"' not in technician.get(page).content.decode()
    assert history("north-1").count() == 4


@pytest.fixture
def unreadable(technician) -> str:
    """A program that is on and whose second version nobody can read any more. Returns its address."""
    page = made(technician)
    row = history("north-1").first()
    document = {**row.document, "starts": {"kind": "moon"}}
    IrrigationProgramVersion.objects.create(
        program_key="north-1", number=2, document=document, is_on=True, author=row.author, created_at=timezone.now()
    )
    return page


def test_from_a_version_that_cannot_be_read_an_older_one_takes_over(technician, unreadable):
    versions = technician.get(f"{unreadable}/versions")
    assert [f'href="{unreadable}/versions/{number}"' in versions.content.decode() for number in (1, 2)] == [True, False]
    assert f'href="{unreadable}/versions"' in technician.get(unreadable).content.decode()
    review = technician.post(unreadable, {**form_of(technician.get(f"{unreadable}/versions/1")), "step": "review"})
    assert "It takes the place of the whole program, which cannot be read." in words_of(review)
    edited = form_of(technician.post(unreadable, {**form_of(review), "step": "edit"}))
    wrong = technician.post(unreadable, {**edited, "dose.amount": "much", "step": "review"})
    assert (wrong.status_code, "Give a number here." in words_of(wrong)) == (422, True)
    review = technician.post(unreadable, {**form_of(wrong), "dose.amount": "0.7", "step": "review"})
    answer = technician.post(unreadable, {**form_of(review), "step": "apply", "reason": "back to what we know"})
    assert answer["Location"] == f"{unreadable}?saved=3"
    (one,) = in_force()
    assert (one.version, one.program.dose.amount) == (3, 0.7)


def test_what_was_typed_against_a_version_that_could_be_read_is_kept(technician, unreadable):
    form = {**form_of(technician.get(f"{unreadable}/versions/1")), "name": "Noon", "seen": "1"}
    told = technician.post(unreadable, {**form, "step": "review"})
    assert (told.status_code, "changed the program meanwhile" in words_of(told)) == (409, True)
    assert (form_of(told)["name"], form_of(told)["seen"]) == ("Noon", "2")


def test_groups_are_added_and_taken_out_without_scripts(technician):
    form = {**form_of(technician.get(NEW)), **CLOCK}
    more = form_of(technician.post(NEW, {**form, "step": "add.0"}))
    assert (more["groups"], more["groups.0"], more["groups.1"]) == ("2", "north", "south")
    less = form_of(technician.post(NEW, {**more, "step": "remove.0"}))
    assert (less["groups"], less["groups.0"]) == ("1", "south")
    assert less["starts.minutes"] == "06:30 14:00"


def test_a_change_of_a_program_that_is_on_goes_on_watering(technician):
    page = made(technician)
    switched(technician, page)
    form = {**form_of(technician.get(page)), "dose.amount": "0,8"}
    review = technician.post(page, {**form, "step": "review"})
    assert "Each group gets 0.8 L/m² instead of 0.5 L/m²." in words_of(review)
    refused = technician.post(page, {**form_of(review), "step": "apply", "reason": " "})
    assert refused.status_code == 422
    assert "Say why, in at most 400 characters." in words_of(refused)
    stored = technician.post(page, {**form_of(refused), "step": "apply", "reason": "hot"})
    assert stored["Location"] == f"{page}?saved=3"
    assert in_force()[0].program.dose.amount == 0.8


def test_a_change_says_that_runs_which_wait_keep_the_dose_of_before(technician):
    page = made(technician)
    switched(technician, page)
    form = {**form_of(technician.get(page)), "dose.amount": "0.2", "step": "review"}
    assert "keep" not in words_of(technician.post(page, form))
    groups, due_at = valve_groups(), timezone.now()
    plans = [Plan(groups[key], 120.0, None, position) for position, key in enumerate(("north", "south"))]
    runs.plan_all(plans, ByProgram("north-1", 2), due_at=due_at, decided_until=due_at, now=moment_now())
    told = technician.post(page, form)
    assert "2 runs of this program wait for their turn and keep the dose of before" in words_of(told)
    stored = technician.post(page, {**form_of(told), "step": "apply", "reason": "wet"})
    assert "waters from its next start on" in words_of(technician.get(stored["Location"]))


def test_of_two_people_the_slower_one_loses_nothing(technician, as_role):
    page = made(technician)
    quick = as_role(Role.TECHNICIAN, "quick")
    slow_form = {**form_of(technician.get(page)), "rest_min": "45"}
    form = {**form_of(quick.get(page)), "dose.amount": "0.9"}
    review = quick.post(page, {**form, "step": "review"})
    quick.post(page, {**form_of(review), "step": "apply", "reason": "dry"})
    told = technician.post(page, {**slow_form, "step": "review"})
    assert told.status_code == 409
    words = words_of(told)
    assert "quick changed the program meanwhile" in words
    assert "Each group gets 0.9 L/m² instead of 0.5 L/m²." in words
    assert "at least 45 min instead of 30 min" in words
    again = technician.post(page, {**form_of(told), "step": "edit"})
    assert form_of(again)["rest_min"] == "45"


def test_a_program_is_in_force_from_now_on_by_the_clock_of_the_samples(technician, shelf):
    """The wall clock was set two hours ahead and nobody believes it: starts of these hours are still to come."""
    page, believed = made(technician), timezone.now() - timedelta(hours=2)
    clock = Reading(
        (control_key(CLOCK_STATE),),
        np.array([float(Clock.AHEAD)]),
        *np.zeros((2, 1), np.uint8),
        believed,
        Origin.SIMULATED,
    )
    ingest.record([clock], ids=shelf.ids, writer="control", tick=1, now=believed)
    assert switched(technician, page).status_code == 302
    (one,) = in_force()
    assert abs(one.since - believed) < timedelta(minutes=5)


def test_switching_off_waits_for_nothing(technician):
    page = made(technician)
    switched(technician, page)
    answer = technician.post(f"{page}/switch", {"to": "off", "seen": "1", "reason": ""})
    assert answer.status_code == 302
    assert in_force() == []
    assert history("north-1").first().number == 3


def test_an_older_version_comes_back_as_a_new_one(technician):
    page = made(technician)
    form = {**form_of(technician.get(page)), "dose.amount": "2"}
    review = technician.post(page, {**form, "step": "review"})
    technician.post(page, {**form_of(review), "step": "apply", "reason": "x"})
    assert "Each group gets 2 L/m² instead of 0.5 L/m²." in words_of(technician.get(f"{page}/versions"))
    old = technician.get(f"{page}/versions/1")
    assert "Each group gets 0.5 L/m² instead of 2 L/m²." in words_of(old)
    review = technician.post(page, {**form_of(old), "step": "review"})
    assert technician.post(page, {**form_of(review), "step": "apply", "reason": "back"}).status_code == 302
    assert history("north-1").first().document["dose"]["amount"] == 0.5


def queries_of(client, address: str) -> int:
    client.get(address)
    with CaptureQueriesContext(connection) as queries:
        assert client.get(address).status_code == 200
    return len(queries)


def test_ten_more_versions_or_named_programs_take_no_more_queries(technician):
    page = made(technician)
    switched(technician, page)
    switched(technician, page, to="off")
    few, row = queries_of(technician, f"{page}/versions"), history("north-1").first()
    for number in range(4, 14):
        row.pk, row.number = None, number
        row.save(force_insert=True)
    assert queries_of(technician, f"{page}/versions") == few
    few = queries_of(technician, "/irrigation")
    for number in range(2, 12):
        row.pk, row.number, row.program_key = None, 1, f"north-{number}"
        row.save(force_insert=True)
    assert queries_of(technician, "/irrigation") == few


def test_a_copy_begins_as_the_other_and_waters_nothing(technician):
    page = made(technician)
    switched(technician, page)
    form = form_of(technician.get(f"{NEW}?from=north-1"))
    assert (form["name"], form["dose.amount"]) == ("Morning, copy", "0.5")
    review = technician.post(NEW, {**form, "step": "review"})
    assert "opens the same valve" in words_of(review)
    technician.post(NEW, {**form_of(review), "step": "apply", "reason": "copy"})
    assert [row.is_on for row in history("north-2")] == [False]


def test_a_program_tells_its_runs_given_or_not(technician):
    page = made(technician)
    plan, due_at = Plan(valve_groups()["north"], 120.0, None), timezone.now() - timedelta(hours=3)
    by = ByProgram("north-1", 1)
    runs.plan_missed([plan], by, RunReason.TOO_LATE, due_at=due_at, decided_until=due_at, now=moment_now())
    assert "It could not begin in time" in words_of(technician.get(page))


@pytest.mark.parametrize("role", [Role.VIEWER, Role.EDUCATOR, Role.COMMISSIONER])
def test_others_read_programs_and_change_none(as_role, technician, role):
    page = made(technician)
    other = as_role(role, "other")
    assert "Technicians, supervisors and engineers change programs." in words_of(other.get(page))
    assert other.post(page, {"step": "review"}).status_code == 403
    assert other.post(f"{page}/switch", {"to": "on"}).status_code == 403
    assert other.get(NEW).status_code == 403


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_every_fault_and_every_decision_has_its_words(language, base):
    facts = {"low": 1.0, "high": 2.0, "fewest": 1, "most": 2, "groups": 3, "starts": 3, "rest": 5.0, "run": 6.0}
    facts |= {"valve": "h1-valves.valve_1", "program": "p"}
    decided = dict.fromkeys(("sum", "wanted", "coverage", "left_min", "drain", "limit"), 0.5)
    with translation.override(language):
        for code in FaultCode:
            assert "%(" not in program_words.fault_in_words(Fault("dose.amount", code, facts), DoseKind.TIME)
        for why in Why:
            assert "%(" not in irrigation_wording.sentence(IrrigationDecision(why, timezone.now(), facts=decided))
