"""The head of each day stands in a file outside the database."""

from __future__ import annotations

from datetime import date

import pytest
from django.core.management import CommandError, call_command

from greenhouse.ledger.errors import HeadsFileError
from greenhouse.ledger.heads import current_head, read_heads, write_daily_head, write_restored_head
from greenhouse.ledger.models import Entry, Head
from tests.ledger.conftest import fill, rows

MONDAY, TUESDAY = date(2026, 11, 23), date(2026, 11, 24)


def test_each_day_has_one_line(db, tmp_path):
    file = tmp_path / "elsewhere" / "heads.txt"
    fill(2)
    assert write_daily_head(file, today=MONDAY)
    fill(1)
    assert not write_daily_head(file, today=MONDAY)
    assert write_daily_head(file, today=TUESDAY)
    assert file.read_text() == f"2026-11-23 2 {rows()[1].hash}\n2026-11-24 3 {rows()[2].hash}\n"
    assert read_heads(file) == {2: rows()[1].hash, 3: rows()[2].hash}


def test_an_empty_ledger_says_nothing_that_could_be_missed_later(db, tmp_path):
    file = tmp_path / "heads.txt"
    write_daily_head(file, today=MONDAY)
    assert read_heads(file) == {}


def test_the_command_finds_with_it_what_was_cut_off(unprotected, tmp_path, settings):
    settings.LEDGER_HEADS = tmp_path / "heads.txt"
    fill(3)
    write_daily_head(settings.LEDGER_HEADS, today=MONDAY)
    call_command("verify_ledger")
    Entry.objects.filter(number=3).delete()
    Head.objects.update(number=2, hash=rows()[1].hash)
    call_command("verify_ledger", head=f"2:{rows()[1].hash}", heads=write_other(tmp_path))
    with pytest.raises(CommandError, match="3"):
        call_command("verify_ledger")


def write_other(folder):
    """A file of heads that was begun before anything was recorded."""
    file = folder / "other.txt"
    file.write_text(f"2026-11-22 0 {'0' * 64}\n")
    return file


def test_after_a_restore_the_heads_that_were_set_aside_are_not_asked_for(unprotected, tmp_path):
    file = tmp_path / "heads.txt"
    fill(2)
    number, digest = current_head()
    fill(3)
    write_daily_head(file, today=MONDAY)
    write_restored_head(file, number, digest, today=TUESDAY)
    assert read_heads(file) == {2: digest}
    assert write_daily_head(file, today=TUESDAY)


@pytest.mark.parametrize("line", ["", "2026-11-23 2", "2026-11-23 2 abc", "yesterday 2 " + "0" * 64])
def test_a_line_that_is_no_head_is_named(tmp_path, line):
    file = tmp_path / "heads.txt"
    file.write_text(f"2026-11-22 1 {'1' * 64}\n{line}\n2026-11-24 3 {'3' * 64}\n")
    with pytest.raises(HeadsFileError, match="line 2"):
        read_heads(file)


def test_half_a_line_after_a_power_cut_does_not_swallow_the_next(db, tmp_path):
    file = tmp_path / "heads.txt"
    file.write_text("2026-11-2")
    fill(1)
    write_daily_head(file, today=TUESDAY)
    assert file.read_text().splitlines()[1] == f"2026-11-24 1 {rows()[0].hash}"


def test_a_file_that_was_named_must_be_there(db, tmp_path):
    with pytest.raises(CommandError, match=r"none\.txt"):
        call_command("verify_ledger", heads=tmp_path / "none.txt")
