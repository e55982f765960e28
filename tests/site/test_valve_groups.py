"""Valve groups: what a base file may say of them, and what is stored."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from greenhouse.site.basefile.errors import BaseFileError
from greenhouse.site.basefile.importer import import_base
from greenhouse.site.basefile.reader import load_base
from greenhouse.site.valve_groups import valve_groups
from tests.bases import LOADED_AT, RELAYS, SMALL, load, read

KANGBASHI = Path(__file__).parents[2] / "bases" / "kangbashi.toml"
VALVES = """
[[device]]
key = "h1-valves"
name_zh = "阀组"
name_en = "Valves"
line = "climate"
unit_id = 5
profile = "valve-block-8"
compartment = "h1"
[[device]]
key = "water-unit"
name_zh = "水肥机"
name_en = "Feed unit"
line = "climate"
unit_id = 6
profile = "water-fertilizer-unit"
"""
OPEN_RELAY = """
  [device.points.relay_1]
  output.kind = "valve"
  output.stopped_by = "none"
  output.on_stop = "close"
  output.safe_value = 0
  output.accepted_risk = { by = "Z", reason = "r" }
"""
SITE = SMALL.replace(RELAYS, RELAYS + OPEN_RELAY) + VALVES


def group(key: str = "north", valves: str = '"h1-valves.valve_1"', more: str = "", compartment: str = "h1") -> str:
    return f"""
[[valve_group]]
key = "{key}"
name_zh = "北"
name_en = "North"
compartment = "{compartment}"
valves = [{valves}]
area_m2 = 240
{more}
"""


def faults(text: str) -> str:
    with pytest.raises(BaseFileError) as caught:
        read(SITE + text)
    return "\n".join(caught.value.faults)


def test_the_groups_of_the_demonstration_base_are_stored_with_their_registers(db):
    import_base(load_base(KANGBASHI), now=LOADED_AT)
    groups = valve_groups()
    assert len(groups) == 18
    north = groups["h1-north"]
    assert [valve.key for valve in north.valves] == ["h1-valves.valve_1", "h1-valves.valve_2"]
    assert north.run_times == ("h1-valves.run_time_1", "h1-valves.run_time_2")
    assert north.longest_run_s == 3600.0
    assert north.water_source == groups["h1-south"].water_source == "h1-valves.total_volume"


def test_a_group_without_a_meter_shares_the_water_of_its_block_and_one_with_a_pump_that_of_the_pump(db):
    load(SITE + group() + group("south", '"h1-valves.valve_2"', 'pump = "water-unit.pump_command"'))
    groups = valve_groups()
    assert groups["north"].water_source == "h1-valves"
    assert groups["south"].water_source == "water-unit.pump_command"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (group(valves=""), "names no valve"),
        (group(valves='"h1-valves.valve_9"'), '"h1-valves.valve_9" is no point of an enabled device (did you mean'),
        (group(valves='"h1-valves.flow"'), '"h1-valves.flow" is no valve'),
        (group(valves='"relays.relay_1"'), 'nothing would close "relays.relay_1" if this system died'),
        (group() + group("south"), '"h1-valves.valve_1" is opened by valve_group[1] "north" already'),
        (group(valves='"h1-valves.valve_1", "h1-valves.valve_1"'), "a valve has one group"),
        (group() + group(valves='"h1-valves.valve_2"'), "key is taken by"),
        (group(compartment="h7"), 'compartment "h7" is not in this file'),
        (group(more='pump = "h1-valves.valve_2"'), '"h1-valves.valve_2" is no pump'),
        (group(more='meter = "h1-valves.flow"'), '"h1-valves.flow" counts no volume'),
        (group(more='meter = "h1-valves.total"'), '"h1-valves.total" is no point'),
        (group(more="longest_run_min = 200"), "longest_run_min 200 must be above 0 and at most 110"),
    ],
)
def test_what_is_wrong_with_a_group_is_said_at_its_place(text, sentence):
    assert sentence in faults(text)


def test_the_example_of_the_manual_is_right():
    manual = (Path(__file__).parents[2] / "docs" / "base-file.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```toml\n(\[\[valve_group.*?)```", manual, re.DOTALL)
    assert read(SITE + example).valve_groups[0].longest_run_min == 60.0


def test_a_group_that_left_the_file_waters_no_more(db):
    load(SITE + group())
    assert set(valve_groups()) == {"north"}
    load(SITE)
    assert not valve_groups()
