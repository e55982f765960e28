"""A site's own register list becomes a profile, or all of its faults by line."""

from __future__ import annotations

import pytest

from devices.errors import ProfileError
from devices.profiles.csv_import import AddressBase, Device, import_csv
from devices.profiles.loader import parse_profile
from devices.profiles.outputs import OnStop, OutputKind, StoppedBy
from devices.profiles.schema import Order, Table, WordType
from devices.units import Quantity, Unit

DEVICE = Device("house-9", "9号温室控制器", "controller of house 9", "Installer's list, 2026-03-02")
HEADER = "name,table,address,type,order,scale,unit,writable,min,max,label_zh,label_en,quantity,source"
AIR = "air_temperature,input,0,int16,,0.1,℃,no,-40,60,气温,air temperature,temperature,sheet 1"
SETPOINT = "heating_setpoint,holding,3,int16,,0.1,°C,yes,5,30,加热设定温度,heating setpoint,temperature,sheet 1"
PRESSURE = "air_pressure,input,7,float32,CDAB,1,hPa,否,500,1100,大气压,air pressure,air_pressure,sheet 2"
RELAY = "relay_1,coil,4,,,,,是,0,1,1号继电器,relay 1,state,sheet 3"


def listed(*lines: str, header: str = HEADER) -> bytes:
    return "\r\n".join([header, *lines, ""]).encode()


def imported(content: bytes, address_base: AddressBase = AddressBase.ZERO):
    return import_csv(content, DEVICE, address_base=address_base, file="list.csv")


def faults_of(content: bytes, address_base: AddressBase = AddressBase.ZERO) -> tuple[str, ...]:
    with pytest.raises(ProfileError) as caught:
        imported(content, address_base)
    return caught.value.faults


def test_a_list_becomes_the_profile_that_it_describes():
    profile = imported(listed(AIR, SETPOINT, PRESSURE, RELAY)).profile
    assert (profile.key, profile.title_zh, profile.source) == (DEVICE.key, DEVICE.title_zh, DEVICE.source)
    air, setpoint, pressure, relay = profile.points
    assert (air.table, air.address, air.type, air.scale) == (Table.INPUT, 0, WordType.INT16, 0.1)
    assert (air.quantity, air.unit, air.valid) == (Quantity.TEMPERATURE, Unit.DEGREE_CELSIUS, (-40.0, 60.0))
    assert (air.label_zh, air.label_en, air.source, air.write) == ("气温", "air temperature", "sheet 1", None)
    assert (pressure.type, pressure.order, pressure.unit) == (WordType.FLOAT32, Order.CDAB, Unit.HECTOPASCAL)
    assert setpoint.write is not None
    assert relay.write is not None
    assert (setpoint.write.function, setpoint.write.limits, setpoint.valid) == (6, (5.0, 30.0), None)
    assert (relay.type, relay.write.function, relay.unit) == (WordType.BIT, 5, Unit.NONE)


def test_the_written_text_is_the_same_profile():
    made = imported(listed(AIR, SETPOINT, PRESSURE, RELAY))
    assert parse_profile(made.text, file="house-9.toml") == made.profile


@pytest.mark.parametrize("character", ['"', "\\", "\x7f", "\t", "，"])
def test_any_character_of_a_label_survives_the_text(character):
    label = f"a {character} b"
    line = AIR.replace("air temperature", '"' + label.replace('"', '""') + '"')
    made = imported(listed(line))
    assert made.profile.points[0].label_en == label
    assert parse_profile(made.text, file="house-9.toml") == made.profile


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_lists_come_in_the_encodings_that_spreadsheets_write_here(encoding):
    content = listed(AIR).decode().encode(encoding)
    assert imported(content).profile.points[0].label_zh == "气温"


def test_another_encoding_is_refused():
    assert faults_of(listed(AIR).decode().encode("utf-16")) == (
        "the list is neither UTF-8 nor GB18030; save it as CSV UTF-8",
    )


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_lists_come_with_any_usual_separator(separator):
    content = listed(AIR).replace(b",", separator.encode())
    assert imported(content).profile.points[0].key == "air_temperature"


def test_a_cell_may_hold_a_line_break():
    line = AIR.replace("sheet 1", '"sheet 1\nrow 4"')
    assert imported(listed(line)).profile.points[0].source == "sheet 1\nrow 4"


def test_empty_lines_are_passed_over_and_do_not_shift_line_numbers():
    bad = AIR.replace("int16", "int17")
    assert faults_of(listed("", SETPOINT, ",,,", bad))[0].startswith('line 5 ("air_temperature"): type')


def test_cells_that_a_line_leaves_out_are_empty():
    """Spreadsheets drop empty cells at the end of a line: here the source, which a point must have."""
    assert faults_of(listed(AIR.removesuffix(",sheet 1"))) == (
        "line 2 (\"air_temperature\"): source must be a text that is not empty, not ''",
    )


def test_a_hexadecimal_address_is_read():
    assert imported(listed(AIR.replace("input,0,", "input,0x00FF,"))).profile.points[0].address == 255


@pytest.mark.parametrize(
    ("address_base", "said", "table", "address"),
    [
        (AddressBase.ZERO, "40001", "holding", 40001),
        (AddressBase.ONE, "1", "holding", 0),
        (AddressBase.ONE, "50000", "holding", 49999),
        (AddressBase.REFERENCE, "40001", "holding", 0),
        (AddressBase.REFERENCE, "400001", "holding", 0),
        (AddressBase.REFERENCE, "465536", "holding", 65535),
        (AddressBase.REFERENCE, "30011", "input", 10),
        (AddressBase.REFERENCE, "00002", "coil", 1),
        (AddressBase.REFERENCE, "10002", "discrete", 1),
    ],
)
def test_addresses_are_counted_as_the_importer_was_told(address_base, said, table, address):
    word_type = "" if table in ("coil", "discrete") else "uint16"
    line = f"a,{table},{said},{word_type},,,,no,,,数,count,count,sheet 1"
    assert imported(listed(line), address_base).profile.points[0].address == address


@pytest.mark.parametrize(
    ("address_base", "said", "sentence"),
    [
        (AddressBase.ONE, "0", "address 0 is below 1, the first address when counting from 1"),
        (AddressBase.REFERENCE, "7", "address 7 is no reference number such as 40001 or 400001"),
        (AddressBase.REFERENCE, "40000", "address 40000 is no reference number such as 40001 or 400001"),
        (AddressBase.REFERENCE, "20001", "address 20001 is no reference number such as 40001 or 400001"),
        (AddressBase.REFERENCE, "40001", 'address 40001 is a reference of the holding table, not "input"'),
        (AddressBase.ZERO, "x", "address must be a whole number, not 'x'"),
        (AddressBase.ZERO, "", "address must be a whole number, not ''"),
        (AddressBase.ZERO, "1.5", "address must be a whole number, not 1.5"),
    ],
)
def test_an_address_that_does_not_fit_the_count_is_a_fault(address_base, said, sentence):
    told = faults_of(listed(AIR.replace("input,0,", f"input,{said},")), address_base)
    assert told == (f'line 2 ("air_temperature"): {sentence}',)


def test_a_writable_point_is_a_bare_relay_until_someone_names_its_load():
    setpoint, relay = (point.output for point in imported(listed(SETPOINT, RELAY)).profile.points)
    assert setpoint is not None
    assert relay is not None
    assert (setpoint.kind, setpoint.stopped_by, setpoint.on_stop) == (OutputKind.RELAY, StoppedBy.NONE, OnStop.HOLD)
    assert (relay.kind, relay.on_stop, relay.safe_value) == (OutputKind.RELAY, OnStop.CLOSE, 0.0)


def test_a_list_may_name_setpoints_functions_and_poll_intervals():
    content = listed(SETPOINT + ",setpoint,16,60", header=HEADER + ",output,function,poll_s")
    (point,) = imported(content).profile.points
    assert point.output is not None
    assert point.write is not None
    assert (point.output.kind, point.output.stopped_by) == (OutputKind.SETPOINT, StoppedBy.SUPERVISED)
    assert (point.write.function, point.poll_s) == (16, 60.0)


def test_a_list_cannot_say_what_stops_a_valve():
    told = faults_of(listed(RELAY + ",valve", header=HEADER + ",output"))
    assert told[0] == (
        'line 2 ("relay_1"): output "valve" moves or feeds something by itself: leave the cell empty, and name the '
        "load and what stops it in the base file"
    )


def test_all_faults_are_told_at_once_with_their_lines():
    lines = (
        AIR.replace("int16", "uint16"),
        SETPOINT.replace("yes,5,30", "yes,30,5"),
        PRESSURE.replace("hPa", "bar"),
        RELAY.replace("是", "perhaps"),
        AIR,
        "x,input,9,uint16,,0,,no,,,数,count,count,sheet 9,extra",
    )
    told = faults_of(listed(*lines))
    for start in (
        'line 2 ("air_temperature"): type uint16 cannot show a temperature below 0',
        'line 3 ("heating_setpoint"): write.limits is reversed',
        'line 4 ("air_pressure"): unit bar is no unit of air_pressure',
        'line 5 ("relay_1"): writable "perhaps" is neither yes nor no',
        'line 6 ("air_temperature"): input 0 (int16) overlaps point "air_temperature"',
        'point "air_temperature": 2 entries have this key',
        "line 7: has 15 cells, but the header names 14",
        'line 7 ("x"): scale 0 makes every reading the same',
    ):
        assert sum(fault.startswith(start) for fault in told) == 1, (start, told)
    assert len(told) == 8


@pytest.mark.parametrize(
    ("header", "faults"),
    [
        (
            HEADER.replace("address,", "adress,"),
            ('line 1: unknown column "adress" (did you mean "address"?)', "line 1: missing columns: address"),
        ),
        (HEADER.replace(",source", ""), ("line 1: missing columns: source",)),
        (
            HEADER + ",source",
            ('line 1: column "source" stands there 2 times',),
        ),
    ],
)
def test_a_wrong_header_is_told_before_anything_else(header, faults):
    assert faults_of(listed(AIR, header=header))[: len(faults)] == faults


@pytest.mark.parametrize("content", [b"", HEADER.encode(), b"\xef\xbb\xbf", b"\n\n"])
def test_an_empty_list_is_a_fault(content):
    assert len(faults_of(content)) == 1


def test_a_torn_file_is_a_fault_with_its_line():
    assert faults_of(listed(AIR, '"torn'))[0].startswith("line 3: is no CSV")


def test_the_device_s_own_key_is_checked_too():
    device = Device("House 9", "9号温室", "house 9", "list")
    with pytest.raises(ProfileError, match="lower-case words joined by hyphens"):
        import_csv(listed(AIR), device, address_base=AddressBase.ZERO, file="list.csv")
