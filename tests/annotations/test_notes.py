"""Notes beside the curves: who may write them, what becomes of them, and what the ledger keeps."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import AnonymousUser, Group, User
from django.db import IntegrityError, transaction

from greenhouse.access.errors import NotAllowed
from greenhouse.access.roles import Role
from greenhouse.annotations import notes
from greenhouse.annotations.errors import ChangedMeanwhile, SpanRefused, TextRefused, UnknownAnnotation
from greenhouse.annotations.models import LONGEST_TEXT, Annotation
from greenhouse.annotations.notes import Note
from greenhouse.ledger.chain import text_digest
from greenhouse.ledger.models import Entry

pytestmark = pytest.mark.django_db

AT = datetime(2026, 11, 24, 8, tzinfo=UTC)
HOUR = timedelta(hours=1)
NOTE = Note(AT, AT + HOUR, "vent stuck", "h1")


def someone(role: Role, name: str = "") -> User:
    user = User.objects.create_user(name or role.value)
    user.groups.add(Group.objects.get(name=role.value))
    return user


@pytest.fixture
def author() -> User:
    return someone(Role.TECHNICIAN, "li wei")


def entries() -> list[dict]:
    return [
        json.loads(text)
        for text in Entry.objects.filter(kind="annotation").order_by("number").values_list("payload", flat=True)
    ]


@pytest.mark.parametrize("role", [Role.VIEWER, Role.EDUCATOR])
def test_who_only_looks_writes_nothing(role):
    with pytest.raises(NotAllowed):
        notes.write(NOTE, by=someone(role), now=AT)
    with pytest.raises(NotAllowed):
        notes.write(NOTE, by=AnonymousUser(), now=AT)
    assert not Annotation.objects.exists()
    assert entries() == []


@pytest.mark.parametrize("text", ["", " \n", "\0", "x" * (LONGEST_TEXT + 1), "字" * (LONGEST_TEXT + 1)])
def test_a_text_of_the_wrong_length_is_refused(author, text):
    with pytest.raises(TextRefused):
        notes.write(Note(AT, AT, text), by=author, now=AT)
    assert not Annotation.objects.exists()


@pytest.mark.parametrize("text", ["x" * LONGEST_TEXT, "字" * LONGEST_TEXT, "<script>alert(1)</script>", "a\r\nb", "🍅"])
def test_any_other_text_is_kept_as_it_is(author, text):
    assert notes.write(Note(AT, AT, text), by=author, now=AT).text == text.replace("\r\n", "\n")


def test_a_nul_is_left_out(author):
    assert notes.write(Note(AT, AT, "a\0b"), by=author, now=AT).text == "ab"


def test_a_note_does_not_end_before_it_begins(author):
    with pytest.raises(SpanRefused):
        notes.write(Note(AT, AT - HOUR, "x"), by=author, now=AT)


def test_the_database_itself_refuses_what_no_note_is(author):
    for wrong in ({"end": AT - HOUR}, {"text": "x" * 501}, {"text": ""}, {"deleted_at": AT}):
        fields = {"author": author, "start": AT, "end": AT, "text": "x", "salt": "s", "created_at": AT, **wrong}
        with pytest.raises(IntegrityError), transaction.atomic():
            Annotation.objects.create(**fields)


def test_the_ledger_knows_who_and_when_but_neither_name_nor_text(author):
    note = notes.write(NOTE, by=author, now=AT)
    (entry,) = entries()
    assert (entry["event"], entry["user"], entry["compartment"]) == ("written", author.pk, "h1")
    assert entry["text"] == text_digest("vent stuck", salt=note.salt)
    everything = json.dumps(entry)
    assert "li wei" not in everything
    assert "stuck" not in everything


def test_the_author_changes_a_note_and_a_supervisor_too(author):
    note = notes.write(NOTE, by=author, now=AT)
    notes.revise(note.pk, start=AT, end=AT, text="mended", seen=1, by=author, now=AT + HOUR)
    leader = someone(Role.SUPERVISOR)
    changed = notes.revise(note.pk, start=AT, end=AT, text="mended at 9", seen=2, by=leader, now=AT + 2 * HOUR)
    assert (changed.text, changed.author_id, changed.changed_by_id) == ("mended at 9", author.pk, leader.pk)
    assert [(entry["event"], entry["user"]) for entry in entries()] == [
        ("written", author.pk),
        ("changed", author.pk),
        ("changed", leader.pk),
    ]


@pytest.mark.parametrize("role", [Role.COMMISSIONER, Role.TECHNICIAN, Role.VIEWER])
def test_nobody_else_changes_or_deletes_it(author, role):
    note, other = notes.write(NOTE, by=author, now=AT), someone(role)
    with pytest.raises(NotAllowed):
        notes.revise(note.pk, start=AT, end=AT, text="mine now", seen=1, by=other, now=AT)
    with pytest.raises(NotAllowed):
        notes.delete(note.pk, seen=1, by=other, now=AT)
    assert notes.read(note.pk).text == "vent stuck"


def test_an_author_who_lost_the_right_changes_nothing(author):
    note = notes.write(NOTE, by=author, now=AT)
    author.groups.set([Group.objects.get(name=Role.VIEWER.value)])
    with pytest.raises(NotAllowed):
        notes.delete(note.pk, seen=1, by=User.objects.get(pk=author.pk), now=AT)


def test_a_deleted_note_leaves_no_text_behind(author):
    note = notes.write(NOTE, by=author, now=AT)
    notes.delete(note.pk, seen=1, by=author, now=AT + HOUR)
    with pytest.raises(UnknownAnnotation):
        notes.read(note.pk)
    with pytest.raises(UnknownAnnotation):
        notes.delete(note.pk, seen=2, by=author, now=AT)
    kept = Annotation.objects.get()
    assert (kept.text, kept.salt, kept.deleted_at) == ("", "", AT + HOUR)
    assert entries()[-1]["event"] == "deleted"
    assert entries()[-1]["text"] is None


def test_nobody_overwrites_what_they_have_not_read(author):
    note = notes.write(NOTE, by=author, now=AT)
    notes.revise(note.pk, start=AT, end=AT, text="first", seen=1, by=author, now=AT)
    with pytest.raises(ChangedMeanwhile):
        notes.revise(note.pk, start=AT, end=AT, text="second", seen=1, by=author, now=AT)
    with pytest.raises(ChangedMeanwhile):
        notes.delete(note.pk, seen=1, by=author, now=AT)
    assert notes.read(note.pk).text == "first"


def test_a_chart_gets_the_notes_that_concern_it(author):
    for text, span, place, points in (
        ("the house", (0, 1), "h1", ()),
        ("the point", (0, 1), None, ("h1.x", "h1.y")),
        ("the base", (0, 1), None, ()),
        ("another house", (0, 1), "h2", ()),
        ("another point", (0, 1), None, ("h2.x",)),
        ("reaches in", (-5, 0), "h1", ()),
        ("before", (-5, -1), "h1", ()),
        ("after", (2, 3), "h1", ()),
    ):
        begin, finish = (AT + hours * HOUR for hours in span)
        notes.write(Note(begin, finish, text, place, points), by=author, now=AT)
    found = notes.between(AT, AT + 2 * HOUR, compartments=["h1"], points=["h1.y"], count=9)
    assert {note.text for note in found} == {"the house", "the point", "the base", "reaches in"}
    assert len(notes.between(AT, AT + 2 * HOUR, compartments=["h1"], points=["h1.y"], count=2)) == 2
