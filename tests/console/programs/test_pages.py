"""The pages of climate programs, without a browser and without scripts."""

from __future__ import annotations

import pytest
from django.test import Client

from greenhouse.access.roles import Role
from greenhouse.rules import programs
from greenhouse.rules.models import ProgramSwitch, ProgramVersion
from tests.console.programs.conftest import form_of, words_of

pytestmark = pytest.mark.django_db(databases=["default", "telemetry"])
PAGE = "/houses/h1/program"


def in_force(key: str = "h1"):
    found = programs.in_force(key)
    assert found is not None
    return found


def changed(client: Client, key: str = "h1", **fields: str) -> dict[str, str]:
    """The form of the page with other values, dots for double underscores."""
    form = form_of(client.get(f"/houses/{key}/program"))
    return {**form, **{name.replace("__", "."): value for name, value in fields.items()}}


def stored(client: Client, form: dict[str, str], *, reason: str = "", page: str = PAGE):
    """Through the review to a version."""
    review = client.post(page, {**form, "step": "review"})
    assert review.status_code == 200, words_of(review)
    return client.post(page, {**form_of(review), "step": "apply", "reason": reason})


VENT = "periods.0.ventilation_c"


def test_the_list_tells_what_is_in_force_now_and_who_changed_it(technician):
    stored(technician, {**changed(technician), VENT: "26"})
    page = words_of(technician.get("/programs"))
    assert "Solar greenhouse 1 off Period" in page
    assert "of 3, until" in page
    assert "li (technician)" in page
    assert "standard program, never changed" in page


def test_the_page_says_what_the_program_means_today(technician):
    answer = technician.get(PAGE)
    day = answer.context["day"]
    assert next(row.begins for row in day.rows) == "00:00"
    assert day.rows[-1].ends == "24:00"
    assert [row.how for row in day.rows].count("45 min after sunrise") == 1
    page = words_of(answer)
    assert f"the sun rises at {day.sunrise}" in page
    assert "Blanket up from" in page
    assert "<svg" in answer.content.decode()


def test_a_change_goes_through_its_review_into_a_version(technician):
    form = {**changed(technician), VENT: "26,5"}
    review = technician.post(PAGE, {**form, "step": "review"})
    assert "Period 1 opens the vents above 26.5 °C instead of 27 °C." in words_of(review)
    assert not ProgramVersion.objects.exists()
    answer = technician.post(PAGE, {**form_of(review), "step": "apply"})
    assert answer["Location"] == f"{PAGE}?saved=1"
    assert in_force().program.periods[0].ventilation_c == 26.5
    assert "Version 1 is stored. The program is off" in words_of(technician.get(answer["Location"]))


def test_a_form_that_is_sent_as_it_stands_changes_nothing(technician):
    answer = technician.post(PAGE, {**changed(technician), "step": "review"})
    assert "Nothing differs" in words_of(answer)
    assert not ProgramVersion.objects.exists()


def test_a_large_change_is_not_stored_without_a_reason(technician):
    form = {**changed(technician), VENT: "22"}
    review = technician.post(PAGE, {**form, "step": "review"})
    assert "This is a large change" in words_of(review)
    refused = technician.post(PAGE, {**form_of(review), "step": "apply", "reason": " "})
    assert refused.status_code == 422
    assert 'id="reason-fault"' in refused.content.decode()
    assert form_of(refused)[VENT] == "22"
    assert technician.post(PAGE, {**form_of(refused), "step": "apply", "reason": "hot"}).status_code == 302
    assert ProgramVersion.objects.get().reason == "hot"


@pytest.mark.parametrize(
    ("fields", "field", "sentence"),
    [
        ({VENT: "ten"}, "id-periods-0-ventilation-c", "Give a number here."),
        ({VENT: ""}, "id-periods-0-ventilation-c", "Give a number here."),
        ({VENT: "10.5"}, "id-periods-0-ventilation-c", "Vent at least 1 K above the heating temperature"),
        ({VENT: "99"}, "id-periods-0-ventilation-c", "Only 0 to 45 °C is possible."),
        (
            {"periods.0.heating_c": "36", VENT: "40"},
            "id-periods-0-heating-c",
            "The controller takes only 0 to 35 °C.",
        ),
        (
            {"periods.1.start.kind": "sunrise+", "periods.1.start.minutes": "45"},
            "id-periods-1-start",
            "Another period begins at the same time.",
        ),
        (
            {
                "periods.0.start.kind": "clock",
                "periods.0.start.clock": "18:00",
                "periods.1.start.kind": "clock",
                "periods.1.start.clock": "06:00",
            },
            "id-periods-1-start",
            "This period begins before an earlier one",
        ),
        (
            {"periods.0.start.kind": "clock", "periods.0.start.clock": "25:00"},
            "id-periods-0-start",
            "Give a time from 00:00 to 23:59.",
        ),
        ({"periods.0.start.kind": "clock"}, "id-periods-0-start", "Give a time from 00:00 to 23:59."),
        ({"periods.0.start.minutes": "-5"}, "id-periods-0-start", "Give minutes, at most 360 before or after."),
        ({"periods.0.start.minutes": "500"}, "id-periods-0-start", "Give minutes, at most 360 before or after."),
        ({"vents.band_k": "0"}, "id-vents-band-k", "Only 0.5 to 30 K is possible."),
        ({"vents.step_pct": "80"}, "id-vents-step-pct", "Only 1 to 50 % is possible."),
        (
            {"blanket.down.kind": "sunrise+", "blanket.down.minutes": "10"},
            "id-blanket-down",
            "The blanket has to go down after it has gone up.",
        ),
    ],
)
def test_a_fault_stands_at_its_field_and_nothing_typed_is_lost(technician, fields, field, sentence):
    sent = {**changed(technician), **fields}
    answer = technician.post(PAGE, {**sent, "step": "review"})
    assert answer.status_code == 422
    page = answer.content.decode()
    assert sentence in page.partition(f'id="{field}-fault"')[2][:500]
    assert f'aria-describedby="{field}-fault"' in page
    assert f'href="#{field}" data-first-wrong' in page
    assert form_of(answer) == sent
    assert technician.post(PAGE, {**sent, "step": "apply", "reason": "x"}).status_code == 422
    assert not ProgramVersion.objects.exists()


@pytest.mark.parametrize("count", ["0", "1", "9", "-1", "x", "999999999999"])
def test_a_form_with_too_few_or_too_many_periods_is_refused(technician, count):
    answer = technician.post(PAGE, {**changed(technician), "periods": count, "step": "review"})
    assert answer.status_code == 422
    assert 'href="#edit" data-first-wrong' in answer.content.decode()
    assert not ProgramVersion.objects.exists()


def test_a_period_comes_between_two_others_and_goes_again_without_scripts(technician):
    more = technician.post(PAGE, {**changed(technician), "step": "add.0"})
    form = form_of(more)
    assert (form["periods"], form["periods.1.start.kind"], form["periods.1.heating_c"]) == ("4", "clock", "10")
    assert form["periods.2.start.kind"] == "sunset-"
    form |= {"periods.1.start.clock": "12:00", "periods.1.ventilation_c": "30"}
    stored(technician, form, reason="noon")
    assert [period.ventilation_c for period in in_force().program.periods] == [27.0, 30.0, 24.0, 18.0]
    fewer = form_of(technician.post(PAGE, {**changed(technician), "step": "remove.0"}))
    assert (fewer["periods"], fewer[VENT]) == ("3", "30")
    assert "periods.3.heating_c" not in fewer


def test_two_periods_are_the_least(technician):
    form = form_of(technician.post(PAGE, {**changed(technician), "step": "remove.2"}))
    assert form["periods"] == "2"
    answer = technician.post(PAGE, {**form, "step": "remove.1"})
    assert form_of(answer)["periods"] == "2"
    assert "Take period" not in words_of(answer)


def test_the_blanket_can_be_left_alone_and_taken_up_again(technician):
    form = changed(technician)
    del form["blanket.is_moved"]
    stored(technician, form, reason="repair")
    assert in_force().program.blanket is None
    again = changed(technician)
    assert again["blanket.up.minutes"] == "30"
    stored(technician, {**again, "blanket.is_moved": "on"}, reason="repaired")
    assert in_force().program.blanket is not None


def test_of_two_people_the_slower_one_sees_both_changes_and_loses_nothing(technician, as_role):
    slow = {**changed(technician), VENT: "25.5", "vents.rest_min": "3.2"}
    quick = as_role(Role.SUPERVISOR, "wang")
    stored(quick, {**changed(quick), VENT: "28"})
    review = technician.post(PAGE, {**slow, "step": "review"})
    late = technician.post(PAGE, {**slow, "step": "apply", "reason": "cooler"})
    for answer in (review, late):
        page = words_of(answer)
        assert answer.status_code == 409
        assert "wang changed the program meanwhile: version 1 is in force now." in page
        assert "above 28 °C instead of 27 °C" in page
        assert "above 25.5 °C instead of 27 °C" in page
        assert "above 25.5 °C instead of 28 °C" in page
    kept = form_of(late)
    assert {**slow, "seen": "1"} == kept
    again = form_of(technician.post(PAGE, {**kept, "step": "edit"}))
    assert again == kept
    stored(technician, again, reason="cooler all the same")
    assert (in_force().version, in_force().program.periods[0].ventilation_c) == (2, 25.5)


def test_a_second_tap_on_the_same_change_is_no_conflict(technician):
    review = technician.post(PAGE, {**changed(technician), VENT: "26", "step": "review"})
    sent = {**form_of(review), "step": "apply"}
    first, second = technician.post(PAGE, sent), technician.post(PAGE, sent)
    assert first["Location"] == second["Location"] == f"{PAGE}?saved=1"
    assert ProgramVersion.objects.count() == 1


def test_a_program_is_switched_on_with_a_reason_and_off_without(technician):
    refused = technician.post(f"{PAGE}/switch", {"to": "on", "seen": "0", "reason": ""})
    assert refused.status_code == 422
    assert 'id="switch-fault"' in refused.content.decode()
    assert technician.post(f"{PAGE}/switch", {"to": "on", "seen": "0", "reason": "winter"}).status_code == 302
    assert in_force().is_on
    assert "Solar greenhouse 1 drives Period" in words_of(technician.get("/programs"))
    assert technician.post(f"{PAGE}/switch", {"to": "off", "seen": "0"}).status_code == 302
    assert not in_force().is_on
    assert technician.post(f"{PAGE}/switch", {"to": "off", "seen": "0"}).status_code == 409
    assert technician.post(f"{PAGE}/switch", {"to": "sideways", "seen": "0"}).status_code == 400
    assert ProgramSwitch.objects.count() == 2


def test_a_program_that_another_one_changed_is_not_switched_on_unseen(technician, as_role):
    quick = as_role(Role.SUPERVISOR, "wang")
    stored(quick, {**changed(quick), VENT: "28"})
    answer = technician.post(f"{PAGE}/switch", {"to": "on", "seen": "0", "reason": "winter"})
    assert answer.status_code == 409
    assert "wang changed the program meanwhile" in words_of(answer)
    assert not in_force().is_on


def test_a_refused_switch_shows_the_program_that_stands_by_then(technician, as_role, monkeypatch):
    quick, switch = as_role(Role.TECHNICIAN, "quick"), programs.switch

    def slow(*args, **named):
        stored(quick, {**changed(quick), VENT: "26"})
        return switch(*args, **named)

    monkeypatch.setattr(programs, "switch", slow)
    told = technician.post(f"{PAGE}/switch", {"to": "on", "seen": "0", "reason": "winter"})
    assert (told.status_code, form_of(told)["seen"], form_of(told)[VENT]) == (409, "1", "26")
    assert "quick changed the program meanwhile: version 1" in words_of(told)


def test_versions_tell_in_sentences_what_changed_and_one_comes_back_as_a_new_one(technician):
    stored(technician, {**changed(technician), VENT: "28"})
    stored(technician, {**changed(technician), "vents.band_k": "6"}, reason="gusts")
    page = words_of(technician.get(f"{PAGE}/versions"))
    assert "The vents are fully open 6 K above the ventilation temperature, not 4 K." in page
    assert "gusts" in page
    assert page.index("Version 2") < page.index("Version 1") < page.index("Standard program")
    old = technician.get(f"{PAGE}/versions/0")
    assert "Period 1 opens the vents above 27 °C instead of 28 °C." in words_of(old)
    back = stored(technician, form_of(old), reason="as it was")
    assert back["Location"] == f"{PAGE}?saved=3"
    newest = ProgramVersion.objects.get(number=3)
    assert (newest.origin, newest.returned_to, in_force().program) == ("return", 0, programs.program_of("h1", 0))
    assert "back to the standard program" in words_of(technician.get(f"{PAGE}/versions"))
    assert "This version is in force." in words_of(technician.get(f"{PAGE}/versions/3"))
    assert technician.get(f"{PAGE}/versions/4").status_code == 404
    assert technician.get(f"{PAGE}/versions/99999999999999999999").status_code == 404


@pytest.fixture
def unreadable(technician) -> Client:
    """The program of the first compartment is on, and nobody can read its second version any more."""
    stored(technician, {**changed(technician), VENT: "26"})
    assert technician.post(f"{PAGE}/switch", {"to": "on", "seen": "1", "reason": "winter"}).status_code == 302
    row = ProgramVersion.objects.get()
    row.pk, row.number, row.document = None, 2, {"lamps": {}}
    row.save(force_insert=True)
    return technician


def test_a_program_that_cannot_be_read_says_so_and_hides_no_other(unreadable):
    said = "This program cannot be read, so it moves nothing."
    for path in ("/programs", PAGE, f"{PAGE}/versions", f"{PAGE}/versions/1", f"{PAGE}/copy"):
        answer = unreadable.get(path)
        assert (answer.status_code, said in words_of(answer)) == (200, True), path
    assert "Solar greenhouse 2 off Period" in words_of(unreadable.get("/programs"))
    assert "Solar greenhouse 1" not in words_of(unreadable.get("/houses/h2/program/copy"))
    assert unreadable.post(f"{PAGE}/switch", {"to": "off", "seen": "1"}).status_code == 302
    told = unreadable.post(f"{PAGE}/switch", {"to": "on", "seen": "1", "reason": "x"})
    assert (told.status_code, "changed the program meanwhile: version 2" in words_of(told)) == (409, True)
    told = unreadable.post(f"{PAGE}/switch", {"to": "on", "seen": "2", "reason": "x"})
    assert (told.status_code, "The program was not changed." in words_of(told)) == (409, True)
    assert not ProgramSwitch.objects.latest("number").is_on


def test_from_a_version_that_cannot_be_read_an_older_one_takes_over(unreadable):
    versions = unreadable.get(f"{PAGE}/versions").content.decode()
    assert [f'href="{PAGE}/versions/{number}"' in versions for number in (0, 1, 2)] == [True, True, False]
    assert unreadable.get(f"{PAGE}/versions/2").status_code == 404
    old = form_of(unreadable.get(f"{PAGE}/versions/1"))
    stale = unreadable.post(PAGE, {**old, "seen": "1", VENT: "25", "step": "review"})
    assert (stale.status_code, form_of(stale)["seen"], form_of(stale)[VENT]) == (409, "2", "25")
    review = unreadable.post(PAGE, {**old, "step": "review"})
    assert "It takes the place of the whole program, which cannot be read." in words_of(review)
    assert unreadable.post(PAGE, {**form_of(review), "step": "apply"}).status_code == 422
    assert stored(unreadable, old, reason="as it was")["Location"] == f"{PAGE}?saved=3"
    assert (in_force().version, in_force().is_on, in_force().program.periods[0].ventilation_c) == (3, True, 26.0)
    assert ProgramVersion.objects.latest("number").returned_to == 1


def test_a_program_is_copied_to_compartments_of_its_kind_with_what_becomes_of_each(technician):
    stored(technician, {**changed(technician), VENT: "30"}, reason="peppers")
    page = f"{PAGE}/copy"
    shown = technician.get(page)
    assert "Period 1 opens the vents above 30 °C instead of 27 °C." in words_of(shown)
    assert technician.post(page, {"to": "h2", "seen.h2": "0"}).status_code == 422
    assert technician.post(page, {"reason": "peppers"}).status_code == 422
    answer = technician.post(page, {"to": "h2", "seen.h2": "0", "reason": "peppers too"})
    assert "Solar greenhouse 2 stored as version 1" in words_of(answer)
    assert in_force("h2").program == in_force("h1").program
    assert ProgramVersion.objects.get(compartment_key="h2").copied_from == "h1"
    assert "It has the same program already." in words_of(technician.get(page))


def test_a_copy_does_not_run_over_what_somebody_changed_meanwhile(technician, as_role):
    stored(technician, {**changed(technician), VENT: "26"})
    quick = as_role(Role.SUPERVISOR, "wang")
    stored(quick, {**changed(quick, "h2"), VENT: "28"}, page="/houses/h2/program")
    answer = technician.post(f"{PAGE}/copy", {"to": "h2", "seen.h2": "0", "reason": "same"})
    assert "wang changed the program meanwhile" in words_of(answer)
    assert in_force("h2").program.periods[0].ventilation_c == 28.0


def test_a_start_by_the_sun_that_passes_a_clock_is_told_with_its_days(technician):
    """The second period begins at 08:00; sunrise + 45 min is later than that in winter."""
    form = {**changed(technician), "periods.1.start.kind": "clock", "periods.1.start.clock": "08:00"}
    review = technician.post(PAGE, {**form, "step": "review"})
    assert "period 1 has no time of its own: a later one begins before it." in words_of(review)


@pytest.mark.parametrize("role", [Role.VIEWER, Role.EDUCATOR, Role.COMMISSIONER])
def test_who_may_not_edit_reads_the_same_without_a_form(as_role, role):
    client = as_role(role)
    page = client.get(PAGE)
    assert "What it means today" in words_of(page)
    assert "Technicians, supervisors and engineers change programs." in words_of(page)
    assert form_of(page) == {}
    assert "switch-reason" not in page.content.decode()
    for path, form in ((PAGE, {"step": "review"}), (f"{PAGE}/switch", {"to": "on"}), (f"{PAGE}/copy", {"to": "h2"})):
        assert client.post(path, form).status_code == 403


def test_there_is_no_program_of_what_is_no_compartment(technician):
    for path in ("", "/versions", "/copy", "/versions/1"):
        assert technician.get(f"/houses/h9/program{path}").status_code == 404
    assert technician.post("/houses/h9/program", {"step": "apply"}).status_code == 404
    assert technician.post(PAGE, {"step": "explode"}).status_code == 400


def test_what_was_typed_is_shown_as_text(technician):
    script = '"><b>1</b>'
    answer = technician.post(PAGE, {**changed(technician), VENT: script, "step": "review"})
    assert script not in answer.content.decode()
    assert form_of(answer)[VENT] == script
