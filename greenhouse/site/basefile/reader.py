"""Base files from TOML: a file becomes a `BaseFile`, or all of its faults at once."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from zoneinfo import available_timezones

from devices.errors import ProfileError
from devices.profiles.catalog import load_shipped
from devices.profiles.fields import Fields, near_matches
from devices.profiles.loader import parse_profile
from devices.profiles.schema import DeviceProfile
from devices.samples import Origin
from greenhouse.site.basefile.checks import place, reference_faults
from greenhouse.site.basefile.errors import BaseFileError
from greenhouse.site.basefile.schema import (
    BaseEntry,
    BaseFile,
    CompartmentEntry,
    DeviceEntry,
    HouseEntry,
    HouseKind,
    LineEntry,
    LineKind,
    Parity,
    SiteProfile,
    ValveGroupEntry,
)
from greenhouse.site.keys import ENTRY_KEY, ENTRY_KEY_FORM, KEY_LENGTH
from greenhouse.site.overrides import apply_overrides, optional_positive, override_faults, read_overrides

_LONGEST_NAME = 200
_LONGEST_RUN_MIN = 110.0
"""What two hours of a run-time register hold, with time to spare. [min]"""
_HOST = r"[A-Za-z0-9._:-]+"


def load_base(path: Path) -> BaseFile:
    """Read and check a base file.

    Raises
    ------
    BaseFileError
        With every fault of the file and of the profiles that it brings along.
    """
    return parse_base(read_text(path), file=path.name, folder=path.parent)


def read_text(path: Path) -> str:
    """The text of a base file.

    Raises
    ------
    BaseFileError
        If there is none.
    """
    try:
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise BaseFileError(path.name, [f"the file cannot be read: {error.strerror}"]) from error
    except UnicodeDecodeError as error:
        raise BaseFileError(path.name, [f"the file is not UTF-8 (byte {error.start}); save it as UTF-8"]) from error


def parse_base(text: str, *, file: str, folder: Path) -> BaseFile:
    """Check the text of a base file.

    Parameters
    ----------
    text : str
        TOML.
    file : str
        Name for the reader of the faults.
    folder : Path
        Folder that ``profiles`` is relative to.

    Raises
    ------
    BaseFileError
        With every fault.
    """
    return _parse(text, file, lambda root, faults: _read_profiles(root, folder, faults))


def parse_stored_base(text: str, *, file: str, profiles: Mapping[str, str]) -> BaseFile:
    """Check the text of a base file that is stored together with the texts of its own profiles.

    Parameters
    ----------
    profiles : mapping
        Text by key. They count if the base file names a folder of profiles, whatever its name.

    Raises
    ------
    BaseFileError
        With every fault.
    """
    return _parse(text, file, lambda root, faults: _stored_profiles(root, profiles, faults))


_OwnProfiles = Callable[[Fields, list[str]], tuple[SiteProfile, ...]]


def _parse(text: str, file: str, own_profiles: _OwnProfiles) -> BaseFile:
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BaseFileError(file, [f"not valid TOML: {error}"]) from error
    faults: list[str] = []
    root = Fields(document, where="file", faults=faults)
    base_file = _read(root, own_profiles(root, faults), faults)
    faults.extend(reference_faults(base_file))
    if faults:
        raise BaseFileError(file, faults)
    return replace(base_file, devices=tuple(device for device in base_file.devices if device.enabled))


def _read(root: Fields, own_profiles: tuple[SiteProfile, ...], faults: list[str]) -> BaseFile:
    profiles = {**load_shipped(), **{own.key: own.profile for own in own_profiles}}
    base = root.section("base", required=True)
    base_file = BaseFile(
        base=_read_base(base or Fields({}, where="[base]", faults=[])),
        houses=tuple(_read_house(fields) for fields in _sections(root, "house", faults)),
        compartments=tuple(_read_compartment(fields) for fields in _sections(root, "compartment", faults)),
        lines=tuple(_read_line(fields) for fields in _sections(root, "line", faults)),
        devices=tuple(
            _read_device(fields, table, profiles, faults) for fields, table in _tables(root, "device", faults)
        ),
        profiles=own_profiles,
        valve_groups=tuple(_read_valve_group(fields) for fields in _sections(root, "valve_group", faults)),
    )
    root.finish()
    return base_file


def _tables(root: Fields, kind: str, faults: list[str]) -> Iterator[tuple[Fields, Mapping[str, object]]]:
    """Tables of ``[[kind]]``, as a reader and as they stand in the file."""
    for position, table in enumerate(root.rows(kind), start=1):
        if not isinstance(table, dict):
            root.fault(kind, f"must be a list of tables [[{kind}]]")
            return
        yield Fields(table, where=place(kind, position, str(table.get("key", ""))), faults=faults), table


def _sections(root: Fields, kind: str, faults: list[str]) -> Iterator[Fields]:
    return (fields for fields, _table in _tables(root, kind, faults))


def _read_key(fields: Fields) -> str:
    key = fields.text("key", pattern=ENTRY_KEY, form=ENTRY_KEY_FORM)
    if len(key) > KEY_LENGTH:
        fields.fault("key", f'"{key}" must be {ENTRY_KEY_FORM}')
    return key


def _read_name(fields: Fields, language: str) -> str:
    name = fields.text(f"name_{language}")
    if len(name) > _LONGEST_NAME:
        fields.fault(f"name_{language}", f"is longer than {_LONGEST_NAME} characters")
    return name


def _read_bounded(fields: Fields, key: str, lowest: float, highest: float) -> float:
    number = fields.number(key)
    if key not in fields.broken and not lowest <= number <= highest:
        fields.fault(key, f"{number:g} is outside {lowest:g} to {highest:g}")
    return number


def _sound_integer(fields: Fields, key: str, *, lowest: int, highest: int) -> int:
    """A whole number, or 0 as the stand-in of one that could not be read: later checks leave it alone."""
    number = fields.integer(key, lowest=lowest, highest=highest)
    return 0 if key in fields.broken else number


def _optional_integer(fields: Fields, key: str, highest: int) -> int | None:
    if key in fields:
        return fields.integer(key, lowest=0, highest=highest)
    fields.optional_number(key)  # a key that is asked for is a near match of a misspelled one
    return None


def _read_area(fields: Fields) -> float:
    area_m2 = fields.number("area_m2")
    if "area_m2" not in fields.broken and area_m2 <= 0:
        fields.fault("area_m2", f"{area_m2:g} must be above 0")
    return area_m2


def _read_base(fields: Fields) -> BaseEntry:
    time_zone = fields.text("time_zone", default="Asia/Shanghai")
    if time_zone not in available_timezones():
        fields.fault("time_zone", f'"{time_zone}" is not known{near_matches(time_zone, available_timezones())}')
    found = BaseEntry(
        key=_read_key(fields),
        name_zh=_read_name(fields, "zh"),
        name_en=_read_name(fields, "en"),
        latitude_deg=_read_bounded(fields, "latitude_deg", -90, 90),
        longitude_deg=_read_bounded(fields, "longitude_deg", -180, 180),
        elevation_m=_read_bounded(fields, "elevation_m", -450, 6000),
        time_zone=time_zone,
    )
    fields.finish()
    return found


def _read_house(fields: Fields) -> HouseEntry:
    found = HouseEntry(
        key=_read_key(fields),
        name_zh=_read_name(fields, "zh"),
        name_en=_read_name(fields, "en"),
        kind=fields.choice("kind", HouseKind),
        area_m2=_read_area(fields),
    )
    fields.finish()
    return found


def _read_compartment(fields: Fields) -> CompartmentEntry:
    found = CompartmentEntry(
        key=_read_key(fields),
        house=fields.text("house"),
        name_zh=_read_name(fields, "zh"),
        name_en=_read_name(fields, "en"),
        area_m2=_read_area(fields),
    )
    fields.finish()
    return found


def _read_line(fields: Fields) -> LineEntry:
    line = LineEntry(
        key=_read_key(fields),
        name_zh=_read_name(fields, "zh"),
        name_en=_read_name(fields, "en"),
        kind=fields.choice("kind", LineKind),
        connections=fields.integer("connections", lowest=1, highest=64, default=1),
        gap=_optional_integer(fields, "gap", 120),
    )
    if "kind" in fields.broken:
        return line  # which other fields belong here is not known
    if line.kind is not LineKind.TCP and "inter_frame_gap_s" in fields:
        line = replace(line, inter_frame_gap_s=_read_bounded(fields, "inter_frame_gap_s", 0, 1))
    line = _with_serial_port(line, fields) if line.kind is LineKind.SERIAL else _with_peer(line, fields)
    fields.finish()
    return line


def _with_peer(line: LineEntry, fields: Fields) -> LineEntry:
    return replace(
        line,
        host=fields.text("host", pattern=_HOST, form="a host name or an address, without a scheme"),
        port=_sound_integer(fields, "port", lowest=1, highest=65535),
        connect_timeout_s=fields.positive("connect_timeout_s", default=2.0, highest=30.0),
    )


def _with_serial_port(line: LineEntry, fields: Fields) -> LineEntry:
    return replace(
        line,
        serial_port=fields.text("serial_port"),
        baudrate=fields.integer("baudrate", lowest=300, highest=1_000_000, default=9600),
        parity=fields.choice("parity", Parity, default=Parity.NONE),
        stopbits=fields.integer("stopbits", lowest=1, highest=2, default=1),
    )


def _read_device(
    fields: Fields, table: Mapping[str, object], profiles: Mapping[str, DeviceProfile], faults: list[str]
) -> DeviceEntry:
    profile_key = fields.text("profile")
    profile = profiles.get(profile_key)
    if profile is None and "profile" not in fields.broken:
        hint = near_matches(profile_key, profiles)
        fields.fault("profile", f'"{profile_key}" is not known{hint or "; see devices/profiles/data"}')
    overrides = read_overrides(fields)
    points = table.get("points")
    if profile is not None and not fields.broken:
        faults.extend(f"{fields.where}: {sentence}" for sentence in override_faults(profile, overrides))
    timeout_s, retries = optional_positive(fields, "timeout_s", highest=10.0), _optional_integer(fields, "retries", 5)
    blank = DeviceProfile(profile_key, "", "", "", ())
    entry = DeviceEntry(
        key=_read_key(fields),
        name_zh=_read_name(fields, "zh"),
        name_en=_read_name(fields, "en"),
        line=fields.text("line"),
        unit_id=_sound_integer(fields, "unit_id", lowest=1, highest=255),
        profile_key=profile_key,
        compartment=fields.optional_text("compartment"),
        origin=fields.choice("origin", Origin, default=Origin.MEASURED),
        timeout_s=timeout_s,
        retries=retries,
        enabled=fields.flag("enabled") or "enabled" not in fields,
        overrides=points if isinstance(points, dict) else {},
        profile=apply_overrides(profile or blank, overrides, timeout_s=timeout_s, retries=retries),
    )
    fields.finish()
    return entry


def _read_valve_group(fields: Fields) -> ValveGroupEntry:
    group = ValveGroupEntry(
        key=_read_key(fields),
        name_zh=_read_name(fields, "zh"),
        name_en=_read_name(fields, "en"),
        compartment=fields.text("compartment"),
        valves=fields.texts("valves"),
        area_m2=_read_bounded(fields, "area_m2", 0.1, 100_000),
        longest_run_min=fields.positive("longest_run_min", default=60.0, highest=_LONGEST_RUN_MIN),
        pump=fields.optional_text("pump"),
        meter=fields.optional_text("meter"),
    )
    if not group.valves and fields.is_sound("valves"):
        fields.fault("valves", "names no valve")
    fields.finish()
    return group


def _read_profiles(root: Fields, folder: Path, faults: list[str]) -> tuple[SiteProfile, ...]:
    """Profiles of the folder that the base file names, each under a key of its own."""
    name = root.optional_text("profiles")
    if name is None:
        return ()
    if not (folder / name).is_dir():
        root.fault("profiles", f'"{name}" is no folder beside the base file')
        return ()
    found: list[SiteProfile] = []
    for path in sorted((folder / name).glob("*.toml")):
        try:
            text = path.read_text(encoding="utf-8-sig")
            profile = parse_profile(text, file=path.name)
        except ProfileError as error:
            faults.extend(f"{name}/{error.file}: {fault}" for fault in error.faults)
            continue
        except UnicodeDecodeError:
            faults.append(f"{name}/{path.name}: the file is not UTF-8; save it as UTF-8")
            continue
        if profile.key in load_shipped():
            faults.append(f'{name}/{path.name}: [device]: key "{profile.key}" is taken by a shipped profile')
        found.append(SiteProfile(profile.key, text, profile))
    return tuple(found)


def _stored_profiles(root: Fields, texts: Mapping[str, str], faults: list[str]) -> tuple[SiteProfile, ...]:
    if root.optional_text("profiles") is None:
        return ()
    if not texts:
        root.fault("profiles", "names a folder, but profiles come with a base file on disk only (load_base)")
    found: list[SiteProfile] = []
    for key, text in texts.items():
        try:
            found.append(SiteProfile(key, text, parse_profile(text, file=key)))
        except ProfileError as error:  # the program has learned since to refuse it
            faults.extend(f"profile {key}: {fault}" for fault in error.faults)
    return tuple(found)
