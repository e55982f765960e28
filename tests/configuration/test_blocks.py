from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from greenhouse.configuration import blocks
from greenhouse.configuration.errors import EditImpossible

SHIPPED = sorted((Path(__file__).parents[2] / "bases").glob("*.toml"))
TEXT = '''# The base
profiles = "own"

[base]
key = "b"          # never changes
name_zh = "基地"

[[house]]
key = "h1"
kind = "solar" # the south film

# Second part
[[device]]
key = "one"
note = """
[[device]]
not a header
"""
unit_id = 1

  [device.points.air]
  poll_s = 2   # fast

  [device.points.valve.output]
  kind = "valve"

[[house]]
key = "h2"
kind = "solar"

[[device]]
key = "two"
unit_id = 2
'''


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_a_text_is_cut_without_loss(path):
    text = path.read_text(encoding="utf-8")
    assert blocks.joined(blocks.blocks_of(text)) == text


def test_every_other_line_stays_as_it_is():
    text = blocks.changed(TEXT, "device", "one", {("unit_id",): 9, ("points", "air", "poll_s"): 5})
    changed = [(old, new) for old, new in zip(TEXT.splitlines(), text.splitlines(), strict=True) if old != new]
    assert changed == [("unit_id = 1", "unit_id = 9"), ("  poll_s = 2   # fast", "  poll_s = 5   # fast")]


def test_a_header_within_a_text_of_several_lines_is_none():
    assert [block.kind for block in blocks.blocks_of(TEXT)] == ["", "base", "house", "device", "house", "device"]


def test_a_field_that_is_taken_out_takes_its_empty_table_with_it():
    text = blocks.changed(TEXT, "device", "one", {("points", "air", "poll_s"): None})
    assert "air" not in text
    assert tomllib.loads(text)["device"][0]["points"] == {"valve": {"output": {"kind": "valve"}}}


def test_a_table_that_was_not_there_is_made():
    text = blocks.changed(TEXT, "device", "two", {("points", "water", "limits"): [8, 26]})
    assert tomllib.loads(text)["device"][1]["points"] == {"water": {"limits": [8, 26]}}
    assert text.startswith(TEXT.rstrip("\n"))


@pytest.mark.parametrize(
    "name", ['"quoted"', "back\\slash", "<script>alert(1)</script>", "'''", '"""', "a\nb", "tab\t", "#no comment", "𝒳"]
)
def test_any_text_comes_back_as_it_was_given(name):
    text = blocks.changed(TEXT, "base", None, {("name_zh",): name})
    assert tomllib.loads(text)["base"]["name_zh"] == name
    assert "# never changes" in text


def test_an_entry_is_added_behind_the_last_of_its_kind():
    text = blocks.added(TEXT, "house", {("key",): "h3"})
    assert [row["key"] for row in tomllib.loads(text)["house"]] == ["h1", "h2", "h3"]
    assert text.index('key = "h3"') < text.index('key = "two"')


def test_the_first_entry_of_a_kind_is_added_at_the_end():
    assert tomllib.loads(blocks.added("", "alarm", {("key",): "a"})) == {"alarm": [{"key": "a"}]}
    assert tomllib.loads(blocks.added("# none yet", "alarm", {("key",): "a"})) == {"alarm": [{"key": "a"}]}


def test_an_entry_goes_and_the_comment_of_the_next_one_stays():
    text = blocks.removed(TEXT, "house", "h1")
    assert "# Second part" in text
    assert [row["key"] for row in tomllib.loads(text)["house"]] == ["h2"]
    assert tomllib.loads(text)["device"] == tomllib.loads(TEXT)["device"]


def test_an_entry_that_would_take_another_one_along_stays():
    """A header that is written otherwise is not seen as one, so its table looks like a part of the one before."""
    text = TEXT.replace('[[device]]\nkey = "two"', '[[ "device" ]]\nkey = "two"')
    with pytest.raises(EditImpossible):
        blocks.removed(text, "house", "h2")


@pytest.mark.parametrize("key", ["three", ""])
def test_an_entry_that_is_not_there_cannot_be_changed(key):
    with pytest.raises(EditImpossible):
        blocks.changed(TEXT, "device", key, {("unit_id",): 3})


def test_a_key_that_two_entries_have_cannot_be_changed():
    with pytest.raises(EditImpossible):
        blocks.changed(TEXT + '\n[[device]]\nkey = "one"\n', "device", "one", {("unit_id",): 3})


def test_inline_lists_of_tables_are_left_to_people():
    with pytest.raises(EditImpossible):
        blocks.changed('device = [{ key = "one", unit_id = 1 }]\n', "device", "one", {("unit_id",): 3})


def test_a_fault_is_found_in_its_line():
    lines = TEXT.splitlines()
    assert lines[blocks.line_of(TEXT, "device", 2, "unit_id") - 1] == "unit_id = 2"
    assert lines[blocks.line_of(TEXT, "device", 1, "points.air.poll_s") - 1] == "  poll_s = 2   # fast"
    assert lines[blocks.line_of(TEXT, "device", 1, "points.valve.output.kind") - 1] == '  kind = "valve"'
    assert lines[blocks.line_of(TEXT, "device", 2, "missing") - 1] == "[[device]]"
    assert blocks.line_of(TEXT, "device", 7, "missing") is None
