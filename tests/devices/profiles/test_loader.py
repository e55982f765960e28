"""A file becomes a profile, or all of its faults at once."""

from __future__ import annotations

import pytest

from devices.errors import ProfileError
from devices.profiles.checks import raw_range
from devices.profiles.loader import load_profile
from devices.profiles.schema import Coding, WordType

MORE = """
[[point]]
key = "second"
label_zh = "第二"
label_en = "second"
quantity = "count"
unit = "1"
table = "{table}"
address = {address}
type = "{type}"
confidence = "A"
source = "Demo manual p.5"
"""


def test_the_profile_that_the_faults_start_from_has_none(faults_of, demo_profile):
    assert faults_of(demo_profile) == ()


AIR_TYPE = 'type = "int16"\nscale = 0.1\nvalid'
ACCEPTED = {
    "an unsigned temperature of hot water": (
        AIR_TYPE,
        'type = "uint16"\nnever_negative = true\nscale = 0.1\nvalid',
    ),
    "an unsigned temperature with an offset below zero": (
        AIR_TYPE,
        'type = "uint16"\noffset = -40\nscale = 0.1\nvalid',
    ),
    "an unsigned temperature whose sign is coded": (
        AIR_TYPE,
        'type = "uint16"\ncoding = "offset_10000"\nscale = 0.1\nvalid',
    ),
    "disjoint bit fields of one register": (
        "",
        MORE.format(table="input", address=20, type="uint16") + "bits = [4, 2]\n",
    ),
    "a point that is read once a day": ("valid = [-40, 60]", "valid = [-40, 60]\npoll_s = 86400"),
    "bits right below others": ("", MORE.format(table="input", address=20, type="uint16") + "bits = [1, 2]\n"),
    "bits that are the whole register": (
        "",
        MORE.format(table="input", address=60, type="uint16") + "bits = [0, 16]\n",
    ),
    "the lowest and the highest word as invalid": ("invalid_words = [0x8000]", "invalid_words = [0, 0xFFFF]"),
    "a scale register right behind its value": ("scale_register = { address = 30,", "scale_register = { address = 32,"),
    "an unreadable register right before a value": ("first = 200", "first = 9"),
    "an unreadable register right behind a value": ("first = 200", "first = 12"),
    "the shortest time-out that the device allows": ("timeout_value = 60", "timeout_value = 10"),
    "the longest time-out that the device allows": ("timeout_value = 60", "timeout_value = 600"),
    "the last address": ("", MORE.format(table="holding", address=65535, type="uint16")),
    "two registers at the end of a table": ("", MORE.format(table="holding", address=65534, type="uint32")),
    "a scale register at the end of a table": (
        'address = 31\ntype = "int16"\nscale_register = { address = 30,',
        'address = 65534\ntype = "int16"\nscale_register = { address = 65535,',
    ),
    "the longest request that the device allows": (
        "scale_register = { address = 30,",
        "scale_register = { address = 110,",
    ),
    "a point that is read where another is only written": ("", MORE.format(table="holding", address=5, type="uint16")),
    "the same address in another table": ("", MORE.format(table="holding", address=20, type="uint16")),
}


@pytest.mark.parametrize("change", ACCEPTED.values(), ids=ACCEPTED)
def test_what_is_right_is_not_refused(faults_after, change):
    assert faults_after(*change) == ()


def test_a_stand_in_for_an_unreadable_field_causes_no_second_fault(faults_after):
    """A type that is not known is not also accused of not fitting its table, bits or limits."""
    assert faults_after('type = "int16"\nscale = 0.1\naccess', 'type = "int17"\nscale = 0.1\naccess') == (
        'point "heating_setpoint": type \'int17\' is not known (did you mean "int16" or "uint16" or "int64"?)',
    )


def test_broken_toml_tells_the_line(faults_of):
    assert faults_of("[device]\nkey = \n") == ("not valid TOML: Invalid value (at line 2, column 7)",)


def test_an_empty_file_says_what_a_profile_needs(faults_of):
    assert faults_of("") == (
        "file: device is missing",
        "file: there is no [[point]] and no [[unverified]]; a profile describes at least one register",
    )


@pytest.mark.parametrize("point", ["point = 3", "point = [3]", "[point]\nkey = 1"])
def test_points_that_are_no_tables_are_told_and_not_fallen_over(faults_of, point):
    assert "file: point must be a list of tables [[point]]" in faults_of(point)


def test_a_file_that_cannot_be_read_is_a_fault_of_the_profile(tmp_path):
    with pytest.raises(ProfileError, match="the file cannot be read: No such file or directory"):
        load_profile(tmp_path / "nowhere.toml")


def test_a_file_in_another_encoding_is_refused(tmp_path, demo_profile):
    file = tmp_path / "demo.toml"
    file.write_bytes(demo_profile.encode("gb18030"))
    with pytest.raises(ProfileError, match="the file is not UTF-8"):
        load_profile(file)


def test_a_byte_order_mark_does_no_harm(tmp_path, demo_profile):
    file = tmp_path / "demo.toml"
    file.write_text(demo_profile, encoding="utf-8-sig")
    assert load_profile(file).key == "demo-controller"


@pytest.mark.parametrize(
    ("word_type", "coding", "numbers"),
    [
        ("bit", "plain", (0, 1)),
        ("int16", "plain", (-32768, 32767)),
        ("uint16", "plain", (0, 65535)),
        ("int32", "plain", (-2147483648, 2147483647)),
        ("uint64", "plain", (0, 18446744073709551615)),
        ("uint16", "sign_bit", (-32767, 32767)),
        ("uint16", "offset_10000", (-55535, 9999)),
        ("float32", "plain", None),
    ],
)
def test_a_register_holds_the_numbers_of_its_type_and_coding(word_type, coding, numbers):
    """10000 + magnitude is negative: 65535 is -55535, and 9999 is the highest number that is not."""
    assert raw_range(WordType(word_type), Coding(coding)) == numbers
