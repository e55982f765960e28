"""Harvests: stored once, corrected and never changed, doubted before they are stored."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID, uuid4

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import DatabaseError, IntegrityError, transaction

from greenhouse.access.errors import NotAllowed
from greenhouse.access.roles import Role
from greenhouse.crops import cycles
from greenhouse.crops.cycles import NewCycle
from greenhouse.crops.errors import UnknownCycle
from greenhouse.harvest import entries
from greenhouse.harvest.ending import HarvestedLater, end_cycle
from greenhouse.harvest.entries import Weighed
from greenhouse.harvest.errors import (
    CorrectedMeanwhile,
    DayFault,
    DayRefused,
    Doubtful,
    NothingToCorrect,
    OtherContent,
    StemsRefused,
    TextRefused,
    UnknownHarvest,
    WeightRefused,
)
from greenhouse.harvest.grades import Grade
from greenhouse.harvest.models import Harvest
from greenhouse.ledger.chain import text_digest
from greenhouse.ledger.models import Entry
from tests.append_only import refuse_deletes
from tests.harvest.conftest import NOW, PLANTED, someone

pytestmark = pytest.mark.django_db

DAY = date(2026, 11, 20)


@pytest.fixture
def weighed(cycle) -> Weighed:
    return Weighed(cycle.pk, DAY, Grade.FIRST, 41_500, note="east rows")


def enter(weighed: Weighed, by, *, insisted: str = "", submission: UUID | None = None) -> Harvest:
    return entries.enter(weighed, submission=submission or uuid4(), by=by, now=NOW, insisted=insisted)


def recorded() -> list[dict]:
    rows = Entry.objects.filter(kind="harvest").order_by("number").values_list("payload", flat=True)
    return [json.loads(text) for text in rows]


def test_a_harvest_is_stored_as_it_was_told_and_recorded(weighed, technician):
    row = Harvest.objects.get(pk=enter(weighed, technician).pk)
    assert (row.cycle_id, row.day, row.grade, row.mass_g) == (weighed.cycle, DAY, "first", 41_500)
    assert (row.stems, row.note, row.origin, row.entered_by, row.entered_at) == (
        None,
        "east rows",
        "manual",
        technician,
        NOW,
    )
    (entry,) = recorded()
    assert (entry["event"], entry["user"], entry["mass_g"]) == ("entered", technician.pk, 41_500)
    assert entry["note"] == text_digest("east rows", salt=row.salt)
    assert "east" not in json.dumps(entry)


def test_a_form_sent_twice_is_stored_once_and_answered_alike(weighed, technician):
    key = uuid4()
    first = enter(weighed, technician, submission=key)
    later = entries.enter(weighed, submission=key, by=technician, now=NOW + timedelta(hours=3))
    assert (later.pk, later.entered_at) == (first.pk, NOW)
    assert (Harvest.objects.count(), len(recorded())) == (1, 1)


def test_the_same_form_with_another_weight_is_not_taken_for_the_same(weighed, technician):
    key = uuid4()
    enter(weighed, technician, submission=key)
    with pytest.raises(OtherContent):
        enter(replace(weighed, mass_g=42_000), technician, submission=key)
    assert Harvest.objects.get().mass_g == 41_500


def test_a_draft_that_comes_late_is_answered_although_the_cycle_has_ended(weighed, technician, cycle):
    key = uuid4()
    enter(weighed, technician, submission=key)
    end_cycle(cycle.pk, on=DAY, seen=1, by=technician, now=NOW)
    assert enter(weighed, technician, submission=key).pk == key


@pytest.mark.parametrize("role", [Role.VIEWER, Role.EDUCATOR, Role.COMMISSIONER])
def test_who_does_not_work_in_the_houses_enters_nothing(weighed, technician, role):
    row = enter(weighed, technician)
    for by in (someone(role), AnonymousUser()):
        with pytest.raises(NotAllowed):
            enter(weighed, by)
        with pytest.raises(NotAllowed):
            entries.correct(row.pk, weighed, reason="x", submission=uuid4(), by=by, now=NOW)
        with pytest.raises(NotAllowed):
            entries.withdraw(row.pk, reason="x", submission=uuid4(), by=by, now=NOW)
    assert Harvest.objects.count() == 1


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"mass_g": 0}, WeightRefused),
        ({"mass_g": -1}, WeightRefused),
        ({"mass_g": 100_000_001}, WeightRefused),
        ({"stems": 4}, StemsRefused),
        ({"day": PLANTED - timedelta(days=1)}, DayRefused),
        ({"day": date(2026, 11, 25)}, DayRefused),
        ({"note": "x" * 201}, TextRefused),
        ({"cycle": UUID(int=7)}, UnknownCycle),
    ],
)
def test_what_no_harvest_is_is_refused(weighed, technician, change, error):
    with pytest.raises(error):
        enter(replace(weighed, **change), technician, insisted="sure")
    assert not Harvest.objects.exists()
    assert recorded() == []


def test_the_days_of_a_cycle_are_its_first_and_last(weighed, technician, cycle):
    for day in (PLANTED, DAY):
        enter(replace(weighed, day=day), technician)
    end_cycle(cycle.pk, on=DAY, seen=1, by=technician, now=NOW)
    enter(replace(weighed, grade=Grade.CULL), technician)
    with pytest.raises(DayRefused) as refused:
        enter(replace(weighed, day=DAY + timedelta(days=1)), technician)
    assert (refused.value.fault, refused.value.other) == (DayFault.AFTER_CLEARING, DAY)


def test_a_cycle_does_not_end_before_its_last_harvest(weighed, technician, cycle):
    row = enter(weighed, technician)
    with pytest.raises(HarvestedLater) as refused:
        end_cycle(cycle.pk, on=DAY - timedelta(days=1), seen=1, by=technician, now=NOW)
    assert refused.value.day == DAY
    entries.withdraw(row.pk, reason="another house", submission=uuid4(), by=technician, now=NOW)
    assert end_cycle(cycle.pk, on=DAY - timedelta(days=1), seen=1, by=technician, now=NOW).ended_on < DAY


def test_stems_are_counted_of_cut_flowers(technician):
    new = NewCycle("h1", "carola", 100.0, PLANTED)
    roses = cycles.start(new, submission=uuid4(), by=technician, now=NOW)
    row = enter(Weighed(roses.pk, DAY, Grade.EXTRA, 9_000, stems=240), technician)
    assert row.stems == 240
    with pytest.raises(StemsRefused):
        enter(Weighed(roses.pk, DAY, Grade.EXTRA, 9_000, stems=0), technician)


def test_a_correction_takes_the_place_of_what_it_corrects(weighed, technician):
    row = enter(weighed, technician)
    mended = entries.correct(
        row.pk, replace(weighed, mass_g=14_500), reason="scale misread", submission=uuid4(), by=technician, now=NOW
    )
    assert list(entries.standing()) == [mended]
    assert (Harvest.objects.get(pk=row.pk).mass_g, mended.replaces_id) == (41_500, row.pk)
    (_entered, corrected) = recorded()
    assert (corrected["event"], corrected["replaces"]) == ("corrected", str(row.pk))
    assert corrected["reason"] == text_digest("scale misread", salt=mended.salt)


def test_a_correction_is_corrected_again(weighed, technician):
    row = enter(weighed, technician)
    for mass_g in (14_500, 15_400, 15_450):
        row = entries.correct(
            row.pk, replace(weighed, mass_g=mass_g), reason="again", submission=uuid4(), by=technician, now=NOW
        )
    assert [its.mass_g for its in entries.standing()] == [15_450]
    assert [its.mass_g for its in entries.history(row)] == [15_400, 14_500, 41_500]


def test_a_correction_may_name_another_cycle_day_and_grade(weighed, technician):
    other = cycles.start(NewCycle("h1", "jingcai-8", 100.0, PLANTED), submission=uuid4(), by=technician, now=NOW)
    row = enter(weighed, technician)
    moved = Weighed(other.pk, DAY - timedelta(days=1), Grade.SECOND, 41_500)
    entries.correct(row.pk, moved, reason="other rows", submission=uuid4(), by=technician, now=NOW)
    (stands,) = entries.standing()
    assert (stands.cycle_id, stands.day, stands.grade) == (other.pk, DAY - timedelta(days=1), "second")


def test_what_was_corrected_meanwhile_is_not_corrected_from_an_old_page(weighed, technician):
    row = enter(weighed, technician)
    change = {"by": technician, "now": NOW}
    entries.correct(row.pk, replace(weighed, mass_g=14_500), reason="a", submission=uuid4(), **change)
    with pytest.raises(CorrectedMeanwhile):
        entries.correct(row.pk, replace(weighed, mass_g=15_000), reason="b", submission=uuid4(), **change)
    with pytest.raises(CorrectedMeanwhile):
        entries.withdraw(row.pk, reason="b", submission=uuid4(), **change)
    assert [its.mass_g for its in entries.standing()] == [14_500]


def test_a_correction_sent_twice_is_stored_once(weighed, technician):
    row, key = enter(weighed, technician), uuid4()
    sent = {"reason": "misread", "submission": key, "by": technician, "now": NOW}
    first = entries.correct(row.pk, replace(weighed, mass_g=14_500), **sent)
    assert entries.correct(row.pk, replace(weighed, mass_g=14_500), **sent).pk == first.pk
    assert (Harvest.objects.count(), len(recorded())) == (2, 2)


@pytest.mark.parametrize("reason", ["", "  ", "x" * 201])
def test_a_correction_needs_a_reason(weighed, technician, reason):
    row = enter(weighed, technician)
    with pytest.raises(TextRefused):
        entries.correct(row.pk, replace(weighed, mass_g=1), reason=reason, submission=uuid4(), by=technician, now=NOW)
    with pytest.raises(TextRefused):
        entries.withdraw(row.pk, reason=reason, submission=uuid4(), by=technician, now=NOW)


def test_a_correction_that_changes_nothing_is_none(weighed, technician):
    row = enter(weighed, technician)
    with pytest.raises(NothingToCorrect):
        entries.correct(row.pk, weighed, reason="x", submission=uuid4(), by=technician, now=NOW)
    with pytest.raises(UnknownHarvest):
        entries.correct(uuid4(), weighed, reason="x", submission=uuid4(), by=technician, now=NOW)


def test_a_withdrawn_entry_counts_no_more_and_stays(weighed, technician):
    row = enter(weighed, technician)
    entries.withdraw(row.pk, reason="weighed twice", submission=uuid4(), by=technician, now=NOW)
    assert not entries.standing().exists()
    assert Harvest.objects.count() == 2
    assert recorded()[-1]["event"] == "withdrawn"


def test_ten_times_the_usual_weight_is_asked_back_before_it_is_stored(weighed, technician):
    for mass_g in (40_000, 38_000, 44_000):
        enter(replace(weighed, mass_g=mass_g), technician)
    slipped, key = replace(weighed, mass_g=400_000), uuid4()
    with pytest.raises(Doubtful) as doubt:
        enter(slipped, technician, submission=key)
    assert (doubt.value.mass_g, doubt.value.usual_g) == (400_000, 40_000)
    assert Harvest.objects.count() == 3
    row = enter(slipped, technician, submission=key, insisted="two weeks' pick")
    assert (row.was_doubted, row.reason) == (True, "two weeks' pick")
    enter(replace(weighed, mass_g=399_999), technician)


def test_the_first_weights_of_a_crop_are_doubted_by_its_area(weighed, technician):
    """5 kg from each of 240 m² in a day: nobody knows the usual yet."""
    with pytest.raises(Doubtful):
        enter(replace(weighed, mass_g=1_200_000), technician)
    enter(replace(weighed, mass_g=1_199_999), technician)


def test_a_reason_without_a_doubt_is_no_doubt(weighed, technician):
    row = enter(weighed, technician, insisted="left in the form")
    assert (row.was_doubted, row.reason) == (False, "")


def test_neither_row_nor_link_is_changed_by_sql_either(weighed, technician):
    row = enter(weighed, technician)
    refuse_deletes()
    with pytest.raises(DatabaseError, match="neither changed nor deleted"), transaction.atomic():
        Harvest.objects.filter(pk=row.pk).update(mass_g=1)
    with pytest.raises(DatabaseError, match="neither changed nor deleted"), transaction.atomic():
        Harvest.objects.filter(pk=row.pk).delete()
    assert Harvest.objects.get().mass_g == 41_500


def test_the_database_itself_refuses_what_no_harvest_is(weighed, technician):
    row = enter(weighed, technician)
    good = {"cycle_id": weighed.cycle, "day": DAY, "grade": "first", "mass_g": 1, "origin": "manual", "entered_at": NOW}
    for wrong in (
        {"mass_g": 0},
        {"stems": 0},
        {"mass_g": None},
        {"replaces": row},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            Harvest.objects.create(**{**good, **wrong})
    Harvest.objects.create(**good, replaces=row, reason="x")
    with pytest.raises(IntegrityError), transaction.atomic():
        Harvest.objects.create(**good, replaces=row, reason="y")
