"""Crop cycles: what is stored, what is refused, and what the ledger keeps."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest
from django.contrib.auth.models import AnonymousUser, Group, User
from django.db import IntegrityError, transaction

from greenhouse.access.errors import NotAllowed
from greenhouse.access.roles import Role
from greenhouse.crops import cultivars, cycles
from greenhouse.crops.catalog import crops, shipped_cultivars
from greenhouse.crops.cycles import NewCycle
from greenhouse.crops.errors import (
    AreaRefused,
    ChangedMeanwhile,
    DayFault,
    DayRefused,
    HasEnded,
    NameRefused,
    NameTaken,
    NoRoom,
    OtherContent,
    TargetRefused,
    UnknownCompartment,
    UnknownCrop,
    UnknownCultivar,
    UnknownCycle,
)
from greenhouse.crops.models import AddedCultivar, CropCycle, TargetPer
from greenhouse.ledger.models import Entry
from tests.bases import load

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 24, 8, tzinfo=UTC)
PLANTED = date(2026, 8, 20)
NEW = NewCycle("h1", "provence", 240.0, PLANTED, None, 0.5, TargetPer.WEEK)


def someone(role: Role) -> User:
    user = User.objects.create_user(role.value)
    user.groups.add(Group.objects.get(name=role.value))
    return user


@pytest.fixture
def technician() -> User:
    load()
    return someone(Role.TECHNICIAN)


def start(new: NewCycle, by: User) -> CropCycle:
    return cycles.start(new, submission=uuid4(), by=by, now=NOW)


def entries() -> list[dict]:
    rows = Entry.objects.filter(kind="crop").order_by("number").values_list("payload", flat=True)
    return [json.loads(text) for text in rows]


def test_a_cycle_is_stored_as_it_was_told_and_recorded(technician):
    row = CropCycle.objects.get(pk=start(NEW, technician).pk)
    assert (row.compartment_key, row.crop, row.cultivar, row.area_m2) == ("h1", "tomato", "provence", 240.0)
    assert (row.planted_on, row.ended_on, row.target_kg_m2, row.target_per) == (PLANTED, None, 0.5, "week")
    assert (row.origin, row.started_by) == ("manual", technician)
    (entry,) = entries()
    assert (entry["event"], entry["user"], entry["cycle"]) == ("started", technician.pk, str(row.pk))


@pytest.mark.parametrize("role", [Role.VIEWER, Role.EDUCATOR, Role.COMMISSIONER])
def test_who_does_not_work_in_the_houses_plans_nothing(technician, role):
    row = start(NEW, technician)
    for by in (someone(role), AnonymousUser()):
        with pytest.raises(NotAllowed):
            cycles.start(NEW, submission=uuid4(), by=by, now=NOW)
        with pytest.raises(NotAllowed):
            cycles.end(row.pk, on=PLANTED, seen=1, by=by, now=NOW)
        with pytest.raises(NotAllowed):
            cultivars.add("tomato", name_zh="甲", name_en="", source="", by=by, now=NOW)
    assert CropCycle.objects.count() == 1
    assert not AddedCultivar.objects.exists()


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"compartment": "h9"}, UnknownCompartment),
        ({"cultivar": "no-such"}, UnknownCultivar),
        ({"area_m2": 0.0}, AreaRefused),
        ({"area_m2": -1.0}, AreaRefused),
        ({"area_m2": float("nan")}, AreaRefused),
        ({"area_m2": float("inf")}, AreaRefused),
        ({"area_m2": 480.5}, AreaRefused),
        ({"planted_on": date(2026, 11, 25)}, DayRefused),
        ({"planted_on": date(1999, 12, 31)}, DayRefused),
        ({"ended_on": date(2026, 8, 19)}, DayRefused),
        ({"ended_on": date(2026, 11, 25)}, DayRefused),
        ({"target_kg_m2": 0.0}, TargetRefused),
        ({"target_kg_m2": float("nan")}, TargetRefused),
        ({"target_kg_m2": float("inf")}, TargetRefused),
        ({"target_per": None}, TargetRefused),
        ({"target_kg_m2": None}, TargetRefused),
    ],
)
def test_what_no_cycle_is_is_refused(technician, change, error):
    with pytest.raises(error):
        start(replace(NEW, **change), technician)
    assert not CropCycle.objects.exists()
    assert entries() == []


def test_the_day_is_that_of_the_base(technician):
    """At 17:00 UTC it is the next day in Kangbashi."""
    late = datetime(2026, 11, 24, 17, tzinfo=UTC)
    row = cycles.start(replace(NEW, planted_on=date(2026, 11, 25)), submission=uuid4(), by=technician, now=late)
    assert row.planted_on == date(2026, 11, 25)


def test_a_compartment_holds_no_more_than_its_area_at_any_time(technician):
    start(NEW, technician)
    start(replace(NEW, cultivar="jingcai-8", area_m2=200.0, planted_on=date(2026, 9, 10)), technician)
    with pytest.raises(NoRoom) as refused:
        start(replace(NEW, area_m2=100.0, planted_on=PLANTED), technician)
    assert (refused.value.free_m2, refused.value.day) == (40.0, date(2026, 9, 10))
    start(replace(NEW, area_m2=40.0), technician)


def test_what_is_taken_down_afterwards_needs_room_in_its_own_time_only(technician):
    start(replace(NEW, area_m2=480.0), technician)
    old = replace(NEW, area_m2=480.0, planted_on=date(2025, 8, 1), ended_on=PLANTED)
    assert start(old, technician).ended_on == PLANTED
    with pytest.raises(NoRoom):
        start(replace(old, planted_on=date(2026, 8, 1)), technician)


def test_a_form_sent_twice_is_stored_once(technician):
    key = uuid4()
    first = cycles.start(NEW, submission=key, by=technician, now=NOW)
    again = cycles.start(NEW, submission=key, by=technician, now=NOW + timedelta(hours=1))
    assert (again.pk, again.started_at, CropCycle.objects.count(), len(entries())) == (first.pk, NOW, 1, 1)
    with pytest.raises(OtherContent):
        cycles.start(replace(NEW, area_m2=100.0), submission=key, by=technician, now=NOW)


def test_a_cycle_is_ended_once_and_not_before_its_start(technician):
    row = start(NEW, technician)
    with pytest.raises(DayRefused) as refused:
        cycles.end(row.pk, on=date(2026, 8, 19), seen=1, by=technician, now=NOW)
    assert (refused.value.fault, refused.value.other) == (DayFault.END_BEFORE_START, PLANTED)
    with pytest.raises(DayRefused):
        cycles.end(row.pk, on=date(2026, 11, 25), seen=1, by=technician, now=NOW)
    with pytest.raises(ChangedMeanwhile):
        cycles.end(row.pk, on=date(2026, 11, 1), seen=7, by=technician, now=NOW)
    ended = cycles.end(row.pk, on=date(2026, 11, 1), seen=1, by=technician, now=NOW)
    assert (ended.ended_on, ended.ended_by, ended.revision) == (date(2026, 11, 1), technician, 2)
    assert cycles.end(row.pk, on=date(2026, 11, 1), seen=1, by=technician, now=NOW).revision == 2  # sent twice
    with pytest.raises(HasEnded):
        cycles.end(row.pk, on=date(2026, 11, 2), seen=2, by=technician, now=NOW)
    with pytest.raises(UnknownCycle):
        cycles.end(uuid4(), on=PLANTED, seen=1, by=technician, now=NOW)
    assert [entry["event"] for entry in entries()] == ["started", "ended"]


def test_a_cleared_area_is_free_from_that_day_on(technician):
    row = start(replace(NEW, area_m2=480.0), technician)
    cycles.end(row.pk, on=date(2026, 11, 1), seen=1, by=technician, now=NOW)
    start(replace(NEW, area_m2=480.0, planted_on=date(2026, 11, 1)), technician)


def test_the_database_itself_refuses_what_no_cycle_is(technician):
    good = {"compartment_key": "h1", "crop": "tomato", "cultivar": "provence", "area_m2": 1.0, "planted_on": PLANTED}
    for wrong in (
        {"area_m2": 0.0},
        {"ended_on": date(2026, 8, 19)},
        {"target_kg_m2": 1.0},
        {"target_kg_m2": -1.0, "target_per": "week"},
        {"target_per": "total"},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            CropCycle.objects.create(**{**good, "origin": "manual", "started_at": NOW, **wrong})


def test_a_cultivar_is_added_under_a_key_of_its_own(technician):
    row = cultivars.add("tomato", name_zh="粉冠", name_en="", source="某种业", by=technician, now=NOW)
    other = cultivars.add("cucumber", name_zh="粉冠", name_en="", source="", by=technician, now=NOW)
    assert (row.name_en, row.key, other.key) == ("粉冠", "cultivar", "cultivar-2")
    assert (
        cultivars.add("tomato", name_zh="红果", name_en="Red Fruit", source="", by=technician, now=NOW).key
        == "red-fruit"
    )
    assert start(replace(NEW, cultivar=row.key), technician).cultivar == "cultivar"


def test_a_cultivar_needs_a_name_that_its_crop_has_not(technician):
    add = {"source": "", "by": technician, "now": NOW}
    with pytest.raises(UnknownCrop):
        cultivars.add("wheat", name_zh="甲", name_en="", **add)
    for name in ("", "  ", "\x00", "甲" * 61):
        with pytest.raises(NameRefused):
            cultivars.add("tomato", name_zh=name, name_en="", **add)
    with pytest.raises(NameTaken):
        cultivars.add("tomato", name_zh="普罗旺斯", name_en="", **add)
    with pytest.raises(NameTaken):
        cultivars.add("tomato", name_zh="新种", name_en="PROVENCE", **add)
    assert not AddedCultivar.objects.exists()


def test_the_catalog_is_whole():
    assert len(crops()) == 6
    for crop in crops().values():
        assert crop.zh
        assert crop.en
        assert crop.base_reference
        assert 0.0 < crop.base_c < 15.0
    for cultivar in shipped_cultivars().values():
        assert cultivar.crop in crops()
        assert cultivar.zh
        assert cultivar.en
        assert cultivar.source
