"""Base files: what is read, and what is refused with which sentence."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from devices.profiles.outputs import OutputKind, StoppedBy
from devices.samples import Origin
from greenhouse.site.basefile.errors import BaseFileError
from greenhouse.site.basefile.reader import load_base
from greenhouse.site.basefile.schema import HouseKind, LineKind
from tests.bases import BASE, COMPARTMENT, CONTROLLER, HOUSE, LINE, METER, RELAYS, SERIAL_LINE, SMALL, read

PROJECT = Path(__file__).parents[2]


def faults(text: str, folder: Path = Path("/nonexistent")) -> tuple[str, ...]:
    with pytest.raises(BaseFileError) as caught:
        read(text, folder=folder)
    return caught.value.faults


def test_a_base_file_becomes_values():
    file = read(SMALL)
    assert file.base.time_zone == "Asia/Shanghai"
    assert file.houses[0].kind is HouseKind.SOLAR
    assert file.lines[0].kind is LineKind.TCP
    assert (file.lines[1].serial_port, file.lines[1].baudrate) == ("/dev/ttyUSB0", 9600)
    assert [device.key for device in file.devices] == ["h1-climate", "meter", "weather", "relays"]
    assert file.devices[0].origin is Origin.SIMULATED
    assert file.devices[1].origin is Origin.MEASURED


def test_a_base_without_houses_and_devices_is_a_base():
    """Commissioning begins with an empty base."""
    assert read(BASE).devices == ()


def test_the_examples_of_the_manual_are_right(tmp_path):
    """The annotated example loads as it stands, and the relay example fits into it."""
    manual = (PROJECT / "docs" / "base-file.md").read_text(encoding="utf-8")
    example, relays, _vent, _valve_group = re.findall(r"```toml\n(.*?)```", manual, re.DOTALL)
    (tmp_path / "own-profiles").mkdir()
    file = read(example + RELAYS + relays, folder=tmp_path)
    assert file.devices[0].profile.point("heating_setpoint").write.limits == (8, 26)
    assert "co2_enable" not in [point.key for point in file.devices[0].profile.points]
    assert (file.devices[1].profile.timeout_s, file.devices[1].profile.retries) == (1.0, 2)
    valve = file.devices[2].profile.point("relay_2").output
    assert (valve.kind, valve.stopped_by) == (OutputKind.VALVE, StoppedBy.NONE)
    assert valve.accepted_risk.by == "Zhang Wei, engineer"


def test_the_demonstration_base_has_no_faults():
    """At least 300 points on at least 10 units over TCP and RTU over TCP."""
    file = load_base(PROJECT / "bases" / "kangbashi.toml")
    kinds = {line.kind for line in file.lines}
    assert kinds >= {LineKind.TCP, LineKind.RTU_OVER_TCP}
    assert sum(len(device.profile.points) for device in file.devices) >= 300
    assert len(file.devices) >= 10
    assert {device.origin for device in file.devices} == {Origin.SIMULATED}


def test_overrides_replace_what_the_profile_says():
    text = SMALL.replace(
        CONTROLLER,
        CONTROLLER
        + """timeout_s = 1.5
        [device.points.air_temperature]
        poll_s = 2
        valid = [-20, 50]
        label_zh = "中部气温"
        label_en = "air temperature, middle"
        """,
    )
    point = read(text).devices[0].profile.point("air_temperature")
    assert (point.poll_s, point.valid, point.label_zh) == (2, (-20, 50), "中部气温")
    assert read(text).devices[0].profile.timeout_s == 1.5
    assert read(SMALL).devices[0].profile.point("air_temperature").poll_s == 5


def test_a_relay_that_nobody_named_is_not_used():
    keys = [point.key for point in read(SMALL).devices[3].profile.points]
    assert not [key for key in keys if key.startswith("relay_")]


def test_a_site_may_bring_its_own_profiles(tmp_path):
    shipped = (PROJECT / "devices/profiles/data/pulse-water-meter.toml").read_text(encoding="utf-8")
    (tmp_path / "own").mkdir()
    own = shipped.replace('key = "pulse-water-meter"', 'key = "our-meter"')
    (tmp_path / "own" / "our-meter.toml").write_text(own, encoding="utf-8")
    text = 'profiles = "own"\n' + SMALL.replace('profile = "pulse-water-meter"', 'profile = "our-meter"')
    file = read(text, folder=tmp_path)
    assert [(own.key, own.profile.key) for own in file.profiles] == [("our-meter", "our-meter")]
    assert file.devices[1].profile.key == "our-meter"


def test_faults_of_own_profiles_are_told_with_the_others(tmp_path):
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "bad.toml").write_text('[device]\nkey = "bad"\n', encoding="utf-8")
    (tmp_path / "own" / "gb.toml").write_bytes("# 温室".encode("gb18030"))
    found = faults('profiles = "own"\n' + SMALL.replace("unit_id = 2", "unit_id = 1"), tmp_path)
    assert any(fault.startswith("own/bad.toml: [device]: title_zh is missing") for fault in found)
    assert "own/gb.toml: the file is not UTF-8; save it as UTF-8" in found
    assert 'device[2] "meter": unit_id is used on the same line by device[1] "h1-climate"' in found


WRONG = {
    "unknown profile": (
        ('"climate-controller"', '"climate-controler"'),
        'device[1] "h1-climate": profile "climate-controler" is not known (did you mean "climate-controller"?)',
    ),
    "unknown compartment": (
        ('compartment = "h1"\norigin', 'compartment = "h2"\norigin'),
        'device[1] "h1-climate": compartment "h2" is not in this file',
    ),
    "unknown house": (
        ('house = "h1"', 'house = "house1"'),
        'compartment[1] "h1": house "house1" is not in this file',
    ),
    "unknown line": (
        ('line = "climate"\nunit_id = 1', 'line = "climat"\nunit_id = 1'),
        'device[1] "h1-climate": line "climat" is not in this file (did you mean "climate"?)',
    ),
    "unit id 0 is a broadcast": (
        ("unit_id = 2", "unit_id = 0"),
        'device[2] "meter": unit_id 0 is outside 1 to 255',
    ),
    "unit id reserved on a serial line": (
        ('line = "field"\nunit_id = 1', 'line = "field"\nunit_id = 250'),
        (
            'device[4] "relays": unit_id 250 is reserved on a serial line; take 1 to 247 (or 254, to which some '
            "sensors answer whatever their own number is)"
        ),
    ),
    "unit id is text": (
        ("unit_id = 2", 'unit_id = "2"'),
        "device[2] \"meter\": unit_id must be a whole number, not '2'",
    ),
    "two units of one line share an id": (
        ("unit_id = 2", "unit_id = 1"),
        'device[2] "meter": unit_id is used on the same line by device[1] "h1-climate"',
    ),
    "two devices share a key": (
        ('key = "meter"', 'key = "weather"'),
        'device[3] "weather": key is taken by device[2] "weather"',
    ),
    "a key is no slug": (
        ('key = "meter"', 'key = "Water meter"'),
        'device[2] "Water meter": key "Water meter" must be lower-case words joined by hyphens, at most 50 characters',
    ),
    "the key of the control process": (
        ('key = "meter"', 'key = "control"'),
        'device[2] "control": key "control" belongs to the control process',
    ),
    "a name in one language only": (
        ('name_en = "Water meter"\n', ""),
        'device[2] "meter": name_en is missing',
    ),
    "an unknown field": (
        ("area_m2 = 480\n\n[[compartment]]", "area_m2 = 480\nheigth_m = 3\n\n[[compartment]]"),
        'house[1] "h1": unknown key heigth_m',
    ),
    "an unknown kind": (
        ('kind = "solar"', 'kind = "soler"'),
        'house[1] "h1": kind \'soler\' is not known (did you mean "solar"?)',
    ),
    "an area of nothing": (
        ("area_m2 = 480\n\n[[compartment]]", "area_m2 = 0\n\n[[compartment]]"),
        'house[1] "h1": area_m2 0 must be above 0',
    ),
    "a latitude beyond the pole": (
        ("latitude_deg = 39.6", "latitude_deg = 139.6"),
        "[base]: latitude_deg 139.6 is outside -90 to 90",
    ),
    "an infinite number": (
        ("elevation_m = 1300", "elevation_m = inf"),
        "[base]: elevation_m must be a finite number, not inf",
    ),
    "an unknown time zone": (
        ("elevation_m = 1300", 'elevation_m = 1300\ntime_zone = "Asia/Shanghi"'),
        (
            '[base]: time_zone "Asia/Shanghi" is not known (did you mean "Asia/Shanghai" or "Asia/Sakhalin" or '
            '"Asia/Khandyga"?)'
        ),
    ),
    "a port beyond the last": (
        ("port = 15020", "port = 70000"),
        'line[1] "climate": port 70000 is outside 1 to 65535',
    ),
    "a scheme before the host": (
        ('host = "127.0.0.1"', 'host = "tcp://127.0.0.1"'),
        'line[1] "climate": host "tcp://127.0.0.1" must be a host name or an address, without a scheme',
    ),
    "a serial line without its port": (
        ('serial_port = "/dev/ttyUSB0"\n', ""),
        'line[2] "field": serial_port is missing',
    ),
    "a house without a compartment": (
        (COMPARTMENT, COMPARTMENT.replace('house = "h1"', 'house = "h1"') + HOUSE.replace('"h1"', '"h9"')),
        'house[2] "h9": has no compartment; add a [[compartment]] with house = "h9"',
    ),
    "no profiles folder": (
        (BASE, 'profiles = "missing"\n' + BASE),
        'file: profiles "missing" is no folder beside the base file',
    ),
}


@pytest.mark.parametrize(("change", "sentence"), WRONG.values(), ids=WRONG.keys())
def test_a_fault_is_one_sentence_that_names_its_place(change, sentence):
    old, new = change
    assert SMALL.count(old) == 1, "the change must hit one place"
    assert faults(SMALL.replace(old, new)) == (sentence,)


@pytest.mark.parametrize("second", [LINE.replace('"climate"', '"again"'), SERIAL_LINE.replace('"field"', '"again"')])
def test_two_lines_may_not_share_a_peer(second):
    """A peer allows one connection unless the file says otherwise; a serial port always has one owner."""
    (fault,) = faults(SMALL + second)
    assert re.fullmatch(
        r'line\[3\] "again": \S+ is already used by line\[[12]\] "\w+" and allows 1 connection\(s\)', fault
    )


def test_two_lines_may_share_a_peer_that_allows_two_connections():
    line = LINE + "connections = 2\n"
    assert len(read(BASE + line + line.replace('"climate"', '"again"')).lines) == 2


POINT_FAULTS = {
    "unknown point": (
        "air_temprature.poll_s = 2",
        (
            'points.air_temprature: climate-controller has no such point (did you mean "air_temperature" or '
            '"floor_temperature" or "substrate_temperature"?)'
        ),
    ),
    "limits beyond the profile's": (
        "heating_setpoint.limits = [5, 99]",
        "points.heating_setpoint.limits 5 to 99 leaves the profile's {low} to {high}",
    ),
    "limits reversed": (
        "heating_setpoint.limits = [20, 10]",
        "points.heating_setpoint.limits is reversed or empty: 20 is not below 10; write the lower one first",
    ),
    "limits of what is only read": (
        "air_temperature.limits = [5, 20]",
        "points.air_temperature.limits: the point cannot be written",
    ),
    "limits that are no numbers": (
        'heating_setpoint.limits = ["a", 20]',
        "points.heating_setpoint.limits must be two finite numbers [low, high], not ['a', 20]",
    ),
    "poll interval 0": (
        "air_temperature.poll_s = 0",
        "points.air_temperature.poll_s 0 must be above 0 and at most 86400",
    ),
    "label in one language": (
        'air_temperature.label_zh = "气温"',
        "points.air_temperature.label_en is missing: label_zh is given, and a name must be readable in both languages",
    ),
    "heartbeat switched off": (
        "heartbeat.enabled = false",
        "points.heartbeat.enabled: cannot be switched off, it is the heartbeat",
    ),
    "another kind than the profile's": (
        'heating_setpoint.output.kind = "lamp"',
        'points.heating_setpoint.output.kind "lamp": the profile says setpoint, which a site cannot change',
    ),
    "record mode without its number": (
        'air_temperature.record.mode = "interval"',
        'points.air_temperature.record.interval_s is missing: mode "interval" needs it',
    ),
    "record of what is never read": (
        'heartbeat.record.mode = "every"',
        "points.heartbeat.record: the point cannot be read",
    ),
    "unknown field": (
        "air_temperature.pol_s = 2",
        'unknown key points.air_temperature.pol_s (did you mean "poll_s"?)',
    ),
}


@pytest.mark.parametrize(("override", "sentence"), POINT_FAULTS.values(), ids=POINT_FAULTS.keys())
def test_a_fault_of_an_override_names_the_point(override, sentence):
    low, high = read(SMALL).devices[0].profile.point("heating_setpoint").write.limits
    text = SMALL.replace(CONTROLLER, f"{CONTROLLER}points.{override}\n")
    expected = sentence.format(low=f"{low:g}", high=f"{high:g}")
    assert f'device[1] "h1-climate": {expected}' in faults(text)


RELAY_FAULTS = {
    "a relay without a load": (
        'stopped_by = "none", on_stop = "close", safe_value = 0',
        ".kind must say what the relay drives (fan, valve, pump, ...)",
    ),
    "a pump that nothing stops": (
        'kind = "pump", stopped_by = "none", on_stop = "close", safe_value = 0',
        (
            '.stopped_by "none" is refused for a pump: nothing would stop it if this system died; name what does, '
            "or let an engineer sign accepted_risk = { by, reason }"
        ),
    ),
    "a valve that stays open at a planned stop": (
        'kind = "valve", stopped_by = "none", on_stop = "hold"',
        '.on_stop must be "close" for a valve, which feeds for as long as it is on',
    ),
    "a risk that nobody signs": (
        'kind = "valve", stopped_by = "none", on_stop = "hold", accepted_risk = { by = "", reason = "" }',
        ".accepted_risk.by must be a text that is not empty, not ''",
    ),
    "a relay that does not say what stops it": (
        'kind = "fan", on_stop = "close"',
        ".stopped_by is missing: the profile of a bare relay cannot know it",
    ),
    "a heater stopped by an end switch": (
        'kind = "heater", stopped_by = "end_switch", on_stop = "close", safe_value = 0, end_switch_in_hardware = true',
        ".stopped_by end_switch does not stop a heater: at its end position it still feeds",
    ),
}


@pytest.mark.parametrize(("output", "sentence"), RELAY_FAULTS.values(), ids=RELAY_FAULTS.keys())
def test_the_safety_rule_is_asked_again_once_the_load_of_a_relay_is_known(output, sentence):
    text = f"{SMALL}points.relay_1.output = {{ {output} }}\n"
    assert f'device[4] "relays": points.relay_1.output{sentence}' in faults(text)


def test_an_engineer_may_accept_the_risk_of_an_output_that_nothing_stops():
    risk = 'accepted_risk = { by = "Li Na", reason = "a person stands by" }'
    text = f'{SMALL}points.relay_1.output = {{ kind = "pump", stopped_by = "none", on_stop = "close", {risk} }}\n'
    output = read(text).devices[3].profile.point("relay_1").output
    assert (output.kind, output.accepted_risk.reason) == (OutputKind.PUMP, "a person stands by")


def test_an_end_switch_that_an_output_relies_on_cannot_be_switched_off():
    winder = """
    [[device]]
    key = "winder"
    name_zh = "卷被机"
    name_en = "Winder"
    line = "climate"
    unit_id = 9
    profile = "blanket-winder"
    points.end_switch_up.enabled = false
    """
    assert faults(SMALL + winder) == (
        'device[5] "winder": points.motor_command.output.end_switches: "end_switch_up" is no point of this profile',
    )


def test_fifty_faults_are_fifty_sentences():
    """Ten lines with five faults each: every one is told, none hides another, none is told twice."""
    line = """
    [[line]]
    key = "Line {0}"
    name_zh = ""
    kind = "tcp"
    host = "a b"
    port = 0
    """
    found = faults(BASE + "".join(line.format(number) for number in range(10)))
    assert len(found) == 50
    assert len(set(found)) == 50
    assert all(fault.startswith("line[") for fault in found)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "file: base is missing"),
        (b"[base\n", "not valid TOML: Expected ']' at the end of a table declaration (at line 1, column 6)"),
        ("# 温室".encode("gb18030"), "the file is not UTF-8 (byte 2); save it as UTF-8"),
        (b"base = 3", "file: base must be a table [base]"),
        (BASE.encode() + b"device = [1]", "[base]: unknown key device"),
    ],
)
def test_a_file_that_is_no_base_file_is_refused_with_a_sentence(tmp_path, content, sentence):
    (tmp_path / "base.toml").write_bytes(content)
    with pytest.raises(BaseFileError) as caught:
        load_base(tmp_path / "base.toml")
    assert caught.value.faults == (sentence,)


def test_a_missing_file_is_refused_with_a_sentence(tmp_path):
    with pytest.raises(BaseFileError, match="the file cannot be read: No such file or directory"):
        load_base(tmp_path / "nothing.toml")


def test_a_byte_order_mark_is_no_fault(tmp_path):
    """Editors on Windows write one."""
    (tmp_path / "base.toml").write_text(SMALL, encoding="utf-8-sig")
    assert load_base(tmp_path / "base.toml").base.key == "small"


def test_meter_and_controller_are_found_by_their_units():
    """Guards the text that the other tests change: both stand on one line with different ids."""
    assert "unit_id = 2" in METER
    assert "unit_id = 1" in CONTROLLER
