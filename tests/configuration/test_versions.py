"""The stored base file: versions, conflicts, the way back, and the file on disk beside it."""

from __future__ import annotations

import json
from dataclasses import replace
from threading import Barrier, Thread

import pytest
from django.db import DatabaseError, connections, transaction

from greenhouse.alarms.duty import bindings_of_the_base
from greenhouse.configuration import edits, versions
from greenhouse.configuration.errors import (
    Conflict,
    Disputed,
    FaultySource,
    NoReason,
    NothingToChange,
    Unfinished,
)
from greenhouse.configuration.models import Origin, Standing, Version
from greenhouse.configuration.source import Source, check
from greenhouse.configuration.versions import Author, DiskStanding, source_of
from greenhouse.ledger.chain import text_digest
from greenhouse.ledger.models import Entry
from greenhouse.site import structure
from greenhouse.site.models import Base, Device, Point
from tests.bases import METER, SMALL
from tests.configuration.conftest import NOW

pytestmark = pytest.mark.django_db(databases=["default", "telemetry"])


def renamed(source: Source, name: str) -> Source:
    return edits.with_entry(source, "base", "", {"name_zh": name})


def test_a_version_is_the_base_from_then_on(first, engineer):
    source = renamed(source_of(first), "改名基地")
    second = versions.apply(source, Author(engineer, " a better name "), seen=1, now=NOW)
    assert (second.number, second.reason, second.author) == (2, "a better name", engineer)
    assert Base.objects.get().name_zh == "改名基地"
    assert versions.applied() == 2


def test_the_ledger_has_the_digest_and_neither_name_nor_reason(first):
    entries = [json.loads(text) for text in Entry.objects.values_list("payload", flat=True)]
    (recorded,) = [entry for entry in entries if entry.get("version") == 1]
    assert recorded["digest"] == first.digest
    assert recorded["by"] == first.author_id
    assert recorded["reason"] == text_digest("first set-up", salt=first.reason_salt)
    assert "first set-up" not in "".join(Entry.objects.values_list("payload", flat=True))


def test_a_faulty_text_changes_nothing_and_every_fault_is_told(first, engineer):
    wrong = SMALL
    for number in range(20):
        wrong += f'\n[[device]]\nkey = "extra-{number}"\nname_zh = "a"\nname_en = "a"\nline = "climate"\n'
        wrong += 'unit_id = 1\nprofile = "pulse-water-meter"\n'
    with pytest.raises(FaultySource) as caught:
        versions.apply(Source(wrong), Author(engineer, "x"), seen=1, now=NOW)
    assert len(caught.value.faults) == 20
    assert Version.objects.count() == 1
    assert not Device.objects.filter(key="extra-1").exists()


def test_faults_of_both_files_are_told_together():
    with pytest.raises(FaultySource) as caught:
        check(Source(SMALL.replace("elevation_m = 1300", "elevation_m = 99999"), '[[alarm]]\nkey = "nothing"\n'))
    assert len(caught.value.faults) == 3
    assert sum(fault.startswith("alarms: ") for fault in caught.value.faults) == 2


def test_whoever_changed_an_older_version_is_refused(first, engineer):
    versions.apply(renamed(source_of(first), "甲"), Author(engineer, "one"), seen=1, now=NOW)
    with pytest.raises(Conflict) as caught:
        versions.apply(renamed(source_of(first), "乙"), Author(engineer, "two"), seen=1, now=NOW)
    assert caught.value.newest == 2
    assert Base.objects.get().name_zh == "甲"


@pytest.mark.django_db(transaction=True, databases=["default", "telemetry"])
def test_of_two_at_the_same_moment_one_is_taken(first, engineer):
    barrier, outcomes = Barrier(2), []

    def attempt(name: str) -> None:
        try:
            barrier.wait(10)
            versions.apply(renamed(source_of(first), name), Author(engineer, name), seen=1, now=NOW)
            outcomes.append(name)
        except (Conflict, Unfinished):
            outcomes.append("refused")
        finally:
            connections.close_all()

    threads = [Thread(target=attempt, args=(name,)) for name in ("甲", "乙")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert outcomes.count("refused") == 1
    (taken,) = set(outcomes) - {"refused"}
    assert Base.objects.get().name_zh == taken == versions.newest().reason


def test_a_cut_off_import_blocks_the_next_change_until_it_is_finished(first, engineer, monkeypatch):
    monkeypatch.setattr(versions, "import_base", lambda *_args, **_named: (_ for _ in ()).throw(DatabaseError("cut")))
    source = renamed(source_of(first), "甲")
    with pytest.raises(DatabaseError):
        versions.apply(source, Author(engineer, "one"), seen=1, now=NOW)
    monkeypatch.undo()
    with pytest.raises(Unfinished):
        versions.apply(renamed(source, "乙"), Author(engineer, "two"), seen=2, now=NOW)
    versions.finish(now=NOW)
    assert (versions.applied(), Base.objects.get().name_zh) == (2, "甲")


@pytest.mark.parametrize("reason", ["", "   ", "x" * 401])
def test_every_change_says_why(first, engineer, reason):
    with pytest.raises(NoReason):
        versions.apply(renamed(source_of(first), "甲"), Author(engineer, reason), seen=1, now=NOW)


def test_the_same_text_is_no_version(first, engineer):
    with pytest.raises(NothingToChange):
        versions.apply(source_of(first), Author(engineer, "again"), seen=1, now=NOW)


def test_an_older_version_comes_back_as_a_new_one(first, engineer):
    versions.apply(renamed(source_of(first), "甲"), Author(engineer, "one"), seen=1, now=NOW)
    back = versions.apply(
        source_of(first), Author(engineer, "wrong name"), seen=2, now=NOW, origin=Origin.RETURN, returned_to=1
    )
    assert (back.number, back.returned_to, back.digest) == (3, 1, first.digest)
    assert Base.objects.get().name_zh == "小基地"


def test_a_device_that_goes_keeps_its_points_switched_off_and_gets_them_back(first, engineer):
    before = set(Point.objects.filter(device__key="meter").values_list("pk", flat=True))
    without = edits.without_device(source_of(first), "meter")
    versions.apply(without, Author(engineer, "taken down"), seen=1, now=NOW)
    points = Point.objects.filter(device__key="meter")
    assert set(points.values_list("pk", flat=True)) == before
    assert not points.filter(enabled=True).exists()
    assert "meter.link" not in {point.key for point in structure.all_points()}
    versions.apply(replace(without, base=without.base + METER), Author(engineer, "back"), seen=2, now=NOW)
    assert points.filter(enabled=True).count() == len(before)


def test_a_limit_of_an_alarm_is_changed_with_its_reason(first, engineer):
    fields = {"key": "air-temperature-low-low", "compartments": ["h1"], "limit": 10.0, "reason": "seedlings"}
    versions.apply(edits.with_alarm(source_of(first), None, fields), Author(engineer, "seedlings"), seen=1, now=NOW)
    limits = {b.compartment: b.definition.limit for b in bindings_of_the_base() if b.definition.key == fields["key"]}
    assert limits == {"h1": 10.0}


def test_versions_are_neither_changed_nor_deleted(first):
    for act in (lambda: Version.objects.update(reason="x"), first.save):
        with pytest.raises(DatabaseError), transaction.atomic():
            act()


# --- the file on disk --------------------------------------------------------------------------------------------


@pytest.fixture
def disk(tmp_path):
    path = tmp_path / "base.toml"
    path.write_text(SMALL, encoding="utf-8")
    return path


def change_on_page(name: str = "甲") -> None:
    version = versions.newest()
    versions.apply(renamed(source_of(version), name), Author(None, "page"), seen=version.number, now=NOW)


def change_on_disk(path, name: str = "乙") -> None:
    path.write_text(SMALL.replace("小基地", name), encoding="utf-8")


def test_the_file_is_the_first_version(disk):
    versions.load_disk(disk, now=NOW)
    assert (versions.newest().origin, versions.newest().number) == (Origin.FILE, 1)
    assert versions.disk_standing(disk)[0] is DiskStanding.SAME
    assert not any(versions.load_disk(disk, now=NOW).values())
    assert Version.objects.count() == 1


def test_a_changed_file_is_taken_while_nobody_changed_the_store(disk):
    versions.load_disk(disk, now=NOW)
    change_on_disk(disk)
    assert versions.disk_standing(disk)[0] is DiskStanding.FILE_IS_NEWER
    versions.load_disk(disk, now=NOW)
    assert Base.objects.get().name_zh == "乙"


def test_an_untouched_file_does_not_undo_what_was_changed_on_a_page(disk):
    versions.load_disk(disk, now=NOW)
    change_on_page()
    assert versions.disk_standing(disk)[0] is DiskStanding.STORE_IS_NEWER
    versions.load_disk(disk, now=NOW)
    assert Base.objects.get().name_zh == "甲"


def test_where_both_changed_somebody_has_to_say(disk):
    versions.load_disk(disk, now=NOW)
    change_on_page()
    change_on_disk(disk)
    assert versions.disk_standing(disk)[0] is DiskStanding.DISPUTED
    with pytest.raises(Disputed):
        versions.load_disk(disk, now=NOW)
    assert Base.objects.get().name_zh == "甲"
    versions.load_disk(disk, now=NOW, file_wins=True)
    assert (Base.objects.get().name_zh, versions.newest().number) == ("乙", 3)


def test_no_file_and_a_faulty_file_are_told(disk):
    assert versions.disk_standing(disk.with_name("none.toml"))[0] is DiskStanding.UNREADABLE
    disk.write_text("[base", encoding="utf-8")
    assert versions.disk_standing(disk)[0] is DiskStanding.UNREADABLE


def test_loading_completes_an_import_that_was_cut_off(disk):
    versions.load_disk(disk, now=NOW)
    Standing.objects.update(applied=0)
    Base.objects.update(name_zh="halfway")
    versions.load_disk(disk, now=NOW)
    assert (versions.applied(), Base.objects.get().name_zh) == (1, "小基地")
