"""Somebody with all rights changes the table: the first place is named."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db.models import F
from django.utils.translation import override
from hypothesis import given
from hypothesis import strategies as st

from greenhouse.ledger.canonical import GENESIS, entry_hash
from greenhouse.ledger.models import Entry, Head
from greenhouse.ledger.verify import Fault, FaultKind, Walk, verify
from tests.ledger.conftest import START, fill, rows


def rehash(number: int, **changes: object) -> None:
    """Change an entry as somebody does who knows how hashes are made."""
    entry = Entry.objects.get(number=number)
    for name, value in changes.items():
        setattr(entry, name, value)
    entry.hash = entry_hash(entry.number, entry.at, entry.kind, entry.payload, entry.previous_hash)
    entry.save()


def rewrite_from(number: int) -> None:
    """Change an entry and make everything after it fit, the head too."""
    rehash(number, payload='{"forged":1}')
    previous = Entry.objects.get(number=number).hash
    for later in Entry.objects.filter(number__gt=number).order_by("number"):
        rehash(later.number, previous_hash=previous)
        previous = Entry.objects.get(number=later.number).hash
    Head.objects.update(hash=previous)


def test_an_untouched_ledger_is_sound(db):
    assert verify({}) == Walk()
    fill(5)
    known = {entry.number: entry.hash for entry in rows()}
    assert verify(known) == Walk(known, number=5, hash=known[5], confirmed=5)


@pytest.mark.parametrize(
    "change",
    [
        {"payload": '{"request":"r2","value":0.5}'},
        {"kind": "alarm"},
        {"at": START},
        {"hash": "0" * 64},
        {"previous_hash": "f" * 64},
        {"at": START + timedelta(seconds=2, microseconds=1)},
    ],
)
def test_a_changed_entry_is_found(unprotected, change):
    fill(5)
    Entry.objects.filter(number=3).update(**change)
    assert verify({}) == Fault(FaultKind.ALTERED, 3)


@pytest.mark.parametrize("number", [1, 3])
def test_a_changed_entry_is_found_even_with_a_hash_that_fits(unprotected, number):
    fill(5)
    rehash(number, payload="{}")
    assert verify({}) == Fault(FaultKind.ALTERED, number)


def test_a_changed_last_entry_with_a_hash_that_fits_is_found_by_the_head(unprotected):
    fill(5)
    rehash(5, payload="{}")
    assert verify({}) == Fault(FaultKind.HEAD, 5)


@pytest.mark.parametrize("number", [1, 3, 4])
def test_a_missing_entry_is_found(unprotected, number):
    fill(5)
    Entry.objects.filter(number=number).delete()
    assert verify({}) == Fault(FaultKind.MISSING, number)


def test_a_missing_entry_is_found_even_if_the_gap_is_closed(unprotected):
    """The later ones were renumbered one down."""
    fill(5)
    Entry.objects.filter(number=3).delete()
    for number in (4, 5):
        Entry.objects.filter(number=number).update(number=F("number") - 1)
    assert verify({}) == Fault(FaultKind.REORDERED, 3, 4)


def test_entries_that_changed_places_are_found(unprotected):
    fill(5)
    for old, new in ((2, 99), (4, 2), (99, 4)):
        Entry.objects.filter(number=old).update(number=new)
    assert verify({}) == Fault(FaultKind.REORDERED, 2, 4)


@pytest.mark.parametrize("left", [0, 3, 4])
def test_a_ledger_that_was_cut_off_is_found_by_its_head(unprotected, left):
    fill(5)
    Entry.objects.filter(number__gt=left).delete()
    assert verify({}) == Fault(FaultKind.TRUNCATED, left + 1)


def test_a_ledger_that_was_cut_off_together_with_its_head_is_found_by_a_head_from_elsewhere(unprotected):
    fill(5)
    known = {4: rows()[3].hash}
    Entry.objects.filter(number__gt=3).delete()
    Head.objects.update(number=3, hash=rows()[2].hash)
    assert isinstance(verify({}), Walk)
    assert verify(known) == Fault(FaultKind.TRUNCATED, 4)


def test_a_ledger_that_is_gone_altogether_is_found_by_a_head_from_elsewhere(unprotected):
    fill(5)
    known = {4: rows()[3].hash}
    Entry.objects.all().delete()
    Head.objects.all().delete()
    assert verify(known) == Fault(FaultKind.TRUNCATED, 1)


def test_a_ledger_that_was_rewritten_to_its_end_is_found_by_a_head_from_elsewhere(unprotected):
    fill(5)
    known = {number: rows()[number - 1].hash for number in (2, 4)}
    rewrite_from(3)
    assert isinstance(verify({}), Walk)
    assert verify(known) == Fault(FaultKind.REWRITTEN, 4, 2)


def test_an_entry_that_was_added_behind_the_head_is_found(unprotected):
    fill(2)
    head = Head.objects.get()
    fill(1)
    head.save()
    assert verify({}) == Fault(FaultKind.HEAD, 3)


def test_a_deleted_head_is_found(db):
    fill(2)
    Head.objects.all().delete()
    assert verify({}) == Fault(FaultKind.HEAD, 2)


def chain(payloads: list[str]) -> list[Entry]:
    """Entries that were never stored."""
    entries, previous = [], GENESIS
    for number, payload in enumerate(payloads, start=1):
        digest = entry_hash(number, START, "command", payload, previous)
        entries.append(Entry(number, START, "command", payload, previous, digest))
        previous = digest
    return entries


def first_fault(entries: list[Entry], head: Head) -> Fault | None:
    walk = Walk()
    return next((fault for entry in entries if (fault := walk.step(entry))), None) or walk.end(head)


@given(st.lists(st.sampled_from("abc"), min_size=2, max_size=12), st.data())
def test_of_any_changes_to_a_chain_the_first_is_found_where_it_was_made(payloads, data):
    """Not rehashed changes: contents replaced, entries left out, two exchanged, the end cut off."""
    entries = chain(payloads)
    head = Head(number=len(entries), hash=entries[-1].hash)
    assert first_fault(entries, head) is None
    place = data.draw(st.integers(0, len(entries) - 1))
    match data.draw(st.sampled_from(["change", "leave out", "cut off", "exchange"])):
        case "change":
            entries[place].payload += "x"
        case "leave out":
            del entries[place]
        case "cut off":
            del entries[place:]
        case "exchange":
            other = data.draw(st.integers(0, len(entries) - 1).filter(lambda there: there != place))
            entries[place].number, entries[other].number = entries[other].number, entries[place].number
            entries.sort(key=lambda entry: entry.number)
            place = min(place, other)
    fault = first_fault(entries, head)
    assert fault is not None
    assert fault.number == place + 1


def test_the_command_tells_the_head_of_a_sound_ledger(db, capsys, tmp_path, settings):
    settings.LEDGER_HEADS = tmp_path / "none.txt"
    fill(3)
    with override("en"):
        call_command("verify_ledger")
    assert f"sound. Its head: 3:{rows()[2].hash}\nNo head from outside" in capsys.readouterr().out
    with override("en"):
        call_command("verify_ledger", head=f"2:{rows()[1].hash}")
    assert "1 head kept outside the database agrees." in capsys.readouterr().out


def test_the_command_fails_with_the_first_fault_in_both_languages(unprotected, tmp_path, settings):
    settings.LEDGER_HEADS = tmp_path / "none.txt"
    fill(3)
    Entry.objects.filter(number=2).update(kind="alarm")
    with override("en"), pytest.raises(CommandError, match="Entry 2 of the ledger was altered") as failed:
        call_command("verify_ledger")
    assert failed.value.returncode == 1
    with override("zh-hans"), pytest.raises(CommandError, match="台账第 2 条"):
        call_command("verify_ledger")


@pytest.mark.parametrize("head", ["", "3", "3:abc", "x:" + "0" * 64, "-1:" + "0" * 64])
def test_the_command_refuses_a_head_that_is_none(db, head):
    with pytest.raises(CommandError, match="--head"):
        call_command("verify_ledger", head=head)
