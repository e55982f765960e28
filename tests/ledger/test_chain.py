"""Appending: part of what it records, one chain whoever appends."""

from __future__ import annotations

import subprocess
import sys

import pytest
from django.db import IntegrityError, connection, transaction

from greenhouse.ledger.canonical import GENESIS, decisions_digest
from greenhouse.ledger.chain import Kind, append, append_decisions
from greenhouse.ledger.errors import LedgerBroken, NotInTransaction, PayloadRefused
from greenhouse.ledger.models import Entry, Head
from greenhouse.ledger.verify import Walk, verify
from greenhouse.site.models import Base
from tests.bases import LOADED_AT, SMALL, load
from tests.ledger.conftest import START, fill, rows

PROCESSES, APPENDS = 4, 40
APPENDER = f"""
import sys
import django
django.setup()
from django.db import connection, transaction
from greenhouse.ledger.chain import Kind, append
from greenhouse.clock import utc_now
connection.settings_dict["NAME"] = sys.argv[1]
connection.ensure_connection()
print("ready", flush=True)
sys.stdin.readline()
for step in range({APPENDS}):
    with transaction.atomic():
        append(Kind.COMMAND, {{"who": int(sys.argv[2]), "step": step}}, now=utc_now())
"""


@pytest.mark.django_db
def test_entries_are_numbered_and_each_holds_the_hash_of_the_one_before():
    fill(3)
    chain = rows()
    assert [entry.number for entry in chain] == [1, 2, 3]
    assert [entry.previous_hash for entry in chain] == [GENESIS, chain[0].hash, chain[1].hash]
    assert chain[0].payload == '{"request":"r0","value":0.0}'
    head = Head.objects.get()
    assert (head.number, head.hash) == (3, chain[2].hash)


@pytest.mark.django_db(transaction=True)
def test_an_entry_outside_a_transaction_is_refused():
    with pytest.raises(NotInTransaction, match="command"):
        append(Kind.COMMAND, {}, now=START)
    assert not Entry.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_an_entry_goes_when_what_it_records_is_rolled_back():
    fill(1)

    def append_twice() -> None:
        with transaction.atomic():
            append(Kind.COMMAND, {"n": 2}, now=START)
            append(Kind.COMMAND, {"reason": "x" * 10_000}, now=START)

    with pytest.raises(PayloadRefused):
        append_twice()
    fill(1)
    assert verify({}) == Walk({}, number=2, hash=Head.objects.get().hash)


@pytest.mark.django_db(transaction=True)
def test_processes_that_append_at_once_make_one_chain_and_lose_nothing():
    """From the very first entry on, when even the head row is not there yet."""
    database = str(connection.settings_dict["NAME"])
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", APPENDER, database, str(who)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for who in range(PROCESSES)
    ]
    for process in processes:
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        process.stdin.write("go\n")
        process.stdin.flush()
    for process in processes:
        process.communicate(timeout=60)
    assert [process.returncode for process in processes] == [0] * PROCESSES
    assert isinstance(walk := verify({}), Walk)
    assert walk.number == PROCESSES * APPENDS
    written = {entry.payload for entry in rows()}
    assert written == {f'{{"step":{step},"who":{who}}}' for step in range(APPENDS) for who in range(PROCESSES)}


@pytest.mark.django_db
def test_a_head_that_was_deleted_or_set_back_stops_recording():
    """Rather than starting a second chain beside the first."""
    fill(2)
    Head.objects.update(number=1)
    with pytest.raises(LedgerBroken, match="entry 2 is there already"), transaction.atomic():
        append(Kind.COMMAND, {}, now=START)
    Head.objects.all().delete()
    with pytest.raises(LedgerBroken, match="head is missing"), transaction.atomic():
        append(Kind.COMMAND, {}, now=START)


@pytest.mark.django_db
def test_the_database_holds_one_head():
    fill(1)
    with pytest.raises(IntegrityError), transaction.atomic():
        Head.objects.create(id=2, number=1, hash=GENESIS)


@pytest.mark.django_db
def test_a_tick_of_decisions_is_one_entry_that_their_record_can_be_checked_against():
    decisions = [{"actuator": "h1.vent", "reason": "dead_band"}, {"actuator": "h1.blanket", "bands": [1, 2.5]}]
    assert append_decisions(17, decisions, now=START) == 1
    assert rows()[0].kind == Kind.DECISIONS
    assert rows()[0].payload == f'{{"count":2,"digest":"{decisions_digest(decisions)}","tick":17}}'


@pytest.mark.django_db
def test_a_tick_without_decisions_is_no_entry():
    assert append_decisions(17, [], now=START) is None
    assert not Entry.objects.exists()


@pytest.mark.django_db
def test_loading_a_base_is_recorded_with_its_revision_and_loading_it_again_is_not():
    load()
    load()
    entry = Entry.objects.get()
    assert (entry.kind, entry.at) == (Kind.BASE_LOADED, LOADED_AT)
    assert f'"revision":"{Base.objects.get().revision}"' in entry.payload
    assert '"base":"small"' in entry.payload
    assert '"device_created":4' in entry.payload
    load(SMALL.replace("水表", "主水表"))
    assert '"device_changed":1' in rows()[1].payload
