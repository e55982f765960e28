"""Definitions and overrides from TOML: every fault at once, nothing without what to do."""

from __future__ import annotations

from datetime import date

import pytest
from django.core.management import CommandError, call_command
from django.utils import translation

from greenhouse.alarms.binding import never_raised
from greenhouse.alarms.definitions import Priority, Severity, computed_priority
from greenhouse.alarms.duty import bindings_of_the_base
from greenhouse.alarms.errors import DefinitionsError
from greenhouse.alarms.loader import load_directory, load_shipped, parse_definitions, parse_overrides
from greenhouse.site import structure
from tests.bases import SMALL

SOUND = """
[[alarm]]
key = "too-hot"
kind = "high"
name_zh = "过热"
name_en = "too hot"
cause_zh = "通风不足"
cause_en = "too little air"
consequence_zh = "灼伤"
consequence_en = "scorch"
action_zh = "打开通风口"
action_en = "Open the vents"
severity = "severe"
respond_within_min = 15
limit = 38
deadband = 1
on_delay_s = 180
off_delay_s = 300
owner = "supervisor"
reviewed_on = "2026-11-25"
points = { quantity = "temperature", keys = ["air_temperature"] }
"""


def faults_of(text: str) -> list[str]:
    with pytest.raises(DefinitionsError) as caught:
        parse_definitions(text, file="some.toml")
    return list(caught.value.faults)


def test_a_sound_definition_is_read():
    found = parse_definitions(SOUND, file="some.toml")["too-hot"]
    assert (found.limit, found.deadband, found.on_delay_s, found.off_delay_s) == (38.0, 1.0, 180.0, 300.0)
    assert (found.priority, found.reviewed_on) == (Priority.P1, date(2026, 11, 25))
    with translation.override("en"):
        assert str(found.action) == "Open the vents"


@pytest.mark.parametrize("missing", ["action_zh", "action_en"])
def test_an_alarm_without_what_to_do_in_both_languages_cannot_be_loaded(missing):
    text = "\n".join(line for line in SOUND.splitlines() if not line.startswith(missing))
    assert faults_of(text) == [f'alarm "too-hot": {missing} is missing']


CHANGES = {
    'action_zh = "打开通风口"': ('action_zh = " "', "must be a text that is not empty"),
    'name_zh = "过热"': (f'name_zh = "{"热" * 401}"', "is longer than 400 characters"),
    'kind = "high"': ('kind = "hihg"', 'did you mean "high"'),
    "limit = 38": ("limit = nan", "must be a finite number"),
    "deadband = 1": ("deadband = -1", "must not be below 0"),
    "on_delay_s = 180": ("on_delay_s = 90000", "is outside 0 to 86400"),
    "respond_within_min = 15": ("respond_within_min = 2", "automate it"),
    'owner = "supervisor"': ('owner = "boss"', "is not known"),
    'reviewed_on = "2026-11-25"': ('reviewed_on = "2026-13-25"', "is no day"),
    'key = "too-hot"': ('key = "Too Hot"', "must be lower-case words"),
    'severity = "severe"': ('severity = "severe"\npriority = "P3"', "takes a priority_reason"),
    'keys = ["air_temperature"]': ('kies = ["air_temperature"]', "unknown key points.kies"),
}


@pytest.mark.parametrize(("before", "after"), CHANGES.items(), ids=[before.split()[0] for before in CHANGES])
def test_each_fault_is_told_with_its_place(before, after):
    changed, sentence = after
    found = faults_of(SOUND.replace(before, changed))
    assert any(sentence in fault for fault in found), found


def test_an_action_that_nobody_reads_in_a_hurry_is_refused():
    (fault,) = faults_of(SOUND.replace("打开通风口", "打" * 61))
    assert "has 61 characters" in fault


def test_every_fault_of_a_file_is_told_at_once():
    text = SOUND.replace("limit = 38", 'limit = "warm"').replace("deadband = 1", "deadband = -1")
    text = text.replace('owner = "supervisor"', "") + SOUND
    assert len(faults_of(text)) == 4  # and the key twice


def test_a_graver_alarm_that_is_none_is_a_fault(tmp_path):
    (tmp_path / "some.toml").write_text(SOUND.replace("limit = 38", 'limit = 38\ncovered_by = "much-too-hot"'))
    with pytest.raises(DefinitionsError, match='covered_by "much-too-hot" is no alarm'):
        load_directory(tmp_path)


@pytest.mark.parametrize(
    ("severity", "minutes", "priority"),
    [
        (Severity.MINOR, 31, 4),
        (Severity.MINOR, 30, 3),
        (Severity.MINOR, 3, 3),
        (Severity.MINOR, 2.9, 2),
        (Severity.MAJOR, 31, 3),
        (Severity.MAJOR, 10.1, 2),
        (Severity.MAJOR, 10, 2),
        (Severity.MAJOR, 2, 1),
        (Severity.SEVERE, 31, 2),
        (Severity.SEVERE, 30, 1),
    ],
)
def test_priority_follows_from_consequence_and_time(severity, minutes, priority):
    assert computed_priority(severity, minutes) == priority


def test_every_shipped_alarm_can_be_read_in_a_hurry_and_has_a_computed_priority():
    shipped = load_shipped()
    assert len(shipped) >= 18
    assert all(found.stated_priority is None and len(found.action.zh) <= 60 for found in shipped.values())
    assert {found.priority for found in shipped.values()} == set(Priority)


def override_faults(text: str) -> list[str]:
    with pytest.raises(DefinitionsError) as caught:
        parse_overrides(text, file="site.toml", compartments=["h1"])
    return list(caught.value.faults)


def test_a_site_changes_limits_delays_and_priority_with_a_reason():
    text = """
[[alarm]]
key = "air-temperature-low-low"
compartments = ["h1"]
limit = 10
on_delay_s = 60
priority = "P2"
reason = "seedlings"
"""
    (found,) = parse_overrides(text, file="site.toml", compartments=["h1", "h2"])
    assert (found.limit, found.on_delay_s, found.off_delay_s, found.priority) == (10.0, 60.0, None, Priority.P2)
    assert (found.applies_in("h1"), found.applies_in("h2"), found.applies_in(None)) == (True, False, False)


def test_faults_of_a_site_are_told_at_once():
    found = override_faults("""
[[alarm]]
key = "air-temperature-lowlow"
reason = "typing error"
[[alarm]]
key = "link-lost"
limit = 3
[[alarm]]
key = "co2-high"
compartments = ["h9"]
reason = "moved"
colour = "red"
""")
    for part in (
        'did you mean "air-temperature-low-low"',
        "limit does not belong",
        "reason is missing",
        '"h9"',
        "colour",
    ):
        assert any(part in fault for fault in found), part
    assert all(fault.startswith("alarm[") for fault in found)


pytestmark = pytest.mark.django_db(databases=["default", "telemetry"])


@pytest.fixture
def base_file(tmp_path):
    (tmp_path / "small.toml").write_text(SMALL)
    return tmp_path / "small.toml"


def load(base_file, text: str) -> None:
    base_file.with_name("small.alarms.toml").write_text(text)
    call_command("load_base", base_file)


def limits() -> dict[str, float]:
    return {binding.definition.key: binding.definition.limit for binding in bindings_of_the_base()}


LOWER = '[[alarm]]\nkey = "air-temperature-low-low"\nlimit = 5\nreason = "cool crop"\n'


def test_the_alarm_file_beside_the_base_file_is_loaded_with_it(base_file, capsys):
    call_command("load_base", base_file)
    before = structure.revision()
    assert limits()["air-temperature-low-low"] == 7.0
    load(base_file, LOWER)
    assert limits()["air-temperature-low-low"] == 5.0
    assert structure.revision() != before  # the control process starts anew with it
    same = structure.revision()
    call_command("load_base", base_file)
    assert structure.revision() == same
    base_file.with_name("small.alarms.toml").unlink()
    call_command("load_base", base_file)
    assert limits()["air-temperature-low-low"] == 7.0


def test_a_faulty_alarm_file_stores_nothing(base_file, capsys):
    load(base_file, LOWER)
    with pytest.raises(CommandError, match="nothing was stored"):
        load(base_file, LOWER.replace("limit = 5", "limit = true"))
    assert "must be a finite number" in capsys.readouterr().err
    assert limits()["air-temperature-low-low"] == 5.0


def test_a_limit_that_the_sensor_cannot_show_is_told(base_file, capsys):
    load(base_file, '[[alarm]]\nkey = "co2-high"\nlimit = 5000\nreason = "as the law says"\n')
    assert "it could never be raised" in capsys.readouterr().err


def test_the_shipped_alarms_fit_the_demonstration_base():
    call_command("load_base")
    found = bindings_of_the_base()
    assert never_raised(found) == []
    keys = {binding.key for binding in found}
    assert {key for key, _object in keys} == set(load_shipped())
    frost = sorted(object_key for key, object_key in keys if key == "air-temperature-low-low")
    assert frost == sorted(
        [f"h{number}-climate.air_temperature" for number in range(1, 7)]
        + [f"g1-{part}-climate.air_temperature" for part in "abc"]
    )
    lines = {object_key for key, object_key in keys if key == "line-lost"}
    assert lines == {
        f"line:{key}" for key in ("solar-east", "solar-west", "glasshouse", "head-house", "meters", "sensors")
    }
    assert ("no-flow", "h1-valves.flow") in keys
    assert ("no-flow", "water-east.flow") not in keys


def test_what_the_site_switched_off_is_not_watched(base_file):
    load(base_file, '[[alarm]]\nkey = "sensor-unusable"\nenabled = false\nreason = "commissioning"\n')
    assert not any(binding.definition.key == "sensor-unusable" for binding in bindings_of_the_base())
