"""Device profiles from TOML: a file becomes a ``DeviceProfile``, or all of its faults at once."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from devices.errors import ProfileError
from devices.modbus_limits import ADDRESS_SPACE, HIGHEST_ADDRESS, MAX_READ_BITS, MAX_READ_REGISTERS
from devices.profiles.checks import Draft, point_faults, profile_faults
from devices.profiles.fields import Fields
from devices.profiles.outputs import AcceptedRisk, MotionSpec, OnStop, OutputKind, OutputSpec, StoppedBy
from devices.profiles.recording import read_record
from devices.profiles.schema import (
    Access,
    Coding,
    ConditionalScale,
    Confidence,
    DeviceProfile,
    KeepAlive,
    Order,
    PointSpec,
    ReadLimits,
    Role,
    ScaleRegister,
    SerialDefaults,
    Table,
    UnverifiedPoint,
    WordType,
    WriteKind,
    WriteSpec,
)
from devices.units import Quantity, Unit

POINT_KEY = r"[a-z][a-z0-9]*(_[a-z0-9]+)*"
PROFILE_KEY = r"[a-z0-9]+(-[a-z0-9]+)*"
LONGEST_TRAVEL_S = 3600.0
_NO_READBACK = "none"
_ADDRESS_ADVICE = "an address is zero-based, as sent in the request (not 40001)"


def load_profile(path: Path) -> DeviceProfile:
    """Read and check one profile file.

    Raises
    ------
    ProfileError
        With every fault of the file.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise ProfileError(path.name, [f"the file cannot be read: {error.strerror}"]) from error
    except UnicodeDecodeError as error:
        raise ProfileError(path.name, [f"the file is not UTF-8 (byte {error.start}); save it as UTF-8"]) from error
    return parse_profile(text, file=path.name)


def parse_profile(text: str, *, file: str) -> DeviceProfile:
    """Check the text of a profile.

    Parameters
    ----------
    text : str
        TOML.
    file : str
        Name for the reader of the faults.

    Raises
    ------
    ProfileError
        With every fault of the text.
    """
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ProfileError(file, [f"not valid TOML: {error}"]) from error
    faults: list[str] = []
    profile = read_document(document, faults=faults)
    if faults:
        raise ProfileError(file, faults)
    return profile


def read_document(
    document: Mapping[str, object], *, faults: list[str], point_places: Sequence[str] = ()
) -> DeviceProfile:
    """Check a parsed document and add its faults to ``faults``; with faults the profile holds stand-ins.

    Parameters
    ----------
    document : mapping
        As ``tomllib`` gives it.
    faults : list of str
        One sentence per fault is added.
    point_places : sequence of str
        How faults name the points, in order, when they do not come from TOML: ``line 7``. Default: by key.
    """
    root = Fields(document, where="file", faults=faults)
    device = root.section("device", required=True) or Fields({}, where="[device]", faults=[])
    drafts = [_read_point(fields) for fields in root.sections("point", places=point_places)]
    unverified = tuple(_read_unverified(fields) for fields in root.sections("unverified"))
    limits, keep_alive = _read_limits(root), _read_keep_alive(root)
    unreadable = tuple(_read_unreadable(fields) for fields in root.sections("unreadable"))
    profile = DeviceProfile(
        key=device.text("key", pattern=PROFILE_KEY, form="lower-case words joined by hyphens"),
        title_zh=device.text("title_zh"),
        title_en=device.text("title_en"),
        source=device.text("source"),
        points=tuple(draft.point for draft in drafts),
        unverified=unverified,
        serial=_read_serial(root),
        limits=limits,
        timeout_s=device.positive("timeout_s", default=0.5, highest=10.0),
        retries=device.integer("retries", lowest=0, highest=5, default=1),
        unreadable=unreadable,
        keep_alive=keep_alive,
        notes=device.text("notes", default=""),
    )
    device.finish()
    root.finish()
    if not drafts and not unverified:
        faults.append("file: there is no [[point]] and no [[unverified]]; a profile describes at least one register")
    for draft in drafts:
        faults.extend(point_faults(draft))
    faults.extend(profile_faults(drafts, unverified, limits=limits, keep_alive=keep_alive, unreadable=unreadable))
    return profile


def _read_point(fields: Fields) -> Draft:
    table, type_ = fields.choice("table", Table), fields.choice("type", WordType)
    address = fields.integer("address", lowest=0, highest=HIGHEST_ADDRESS, advice=_ADDRESS_ADVICE)
    order = fields.choice("order", Order, default=Order.ABCD)
    scale = fields.number("scale", default=1.0)
    key = fields.text("key", pattern=POINT_KEY, form="lower-case words joined by underscores")
    access = fields.choice("access", Access, default=Access.READ)
    own_readback = key if access.can_read else None
    step = abs(scale) if type_.is_integer else 0.0
    write = _read_write(
        fields, WriteSpec(6, table, address, type_, order, (0.0, 0.0), tolerance=step / 2, readback=own_readback)
    )
    point = PointSpec(
        key=key,
        label_zh=fields.text("label_zh"),
        label_en=fields.text("label_en"),
        quantity=fields.choice("quantity", Quantity),
        unit=fields.choice("unit", Unit),
        table=table,
        address=address,
        type=type_,
        source=fields.text("source"),
        order=order,
        coding=fields.choice("coding", Coding, default=Coding.PLAIN),
        bits=_read_bits(fields),
        scale=scale,
        offset=fields.number("offset", default=0.0),
        scale_register=_read_scale_register(fields),
        conditional_scale=_read_conditional_scale(fields),
        valid=fields.interval("valid"),
        invalid_words=fields.integers("invalid_words"),
        rolls_over_at=fields.optional_integer("rolls_over_at", lowest=1, highest=2**64),
        most_per_h=fields.optional_number("most_per_h"),
        read_to_clear=fields.flag("read_to_clear"),
        access=access,
        poll_s=fields.positive("poll_s", default=5.0, highest=86400.0),
        write=write,
        output=_read_output(fields),
        states=tuple(_read_states(fields)),
        never_negative=fields.flag("never_negative"),
        confidence=_read_confidence(fields),
        record=read_record(fields),
        role=read_role(fields),
    )
    fields.finish()
    return Draft(point, fields.where, frozenset(fields.broken))


def read_role(fields: Fields) -> Role | None:
    """The role that a table says; None where it says none."""
    if "role" in fields:
        return fields.choice("role", Role)
    fields.optional_text("role")  # a key that is asked for is a near match of a misspelled one
    return None


def _read_confidence(fields: Fields) -> Confidence:
    if "confidence" not in fields:
        fields.fault("confidence", "is missing: A (maker's manual), B (two sources agree) or own; else [[unverified]]")
        return fields.choice("confidence", Confidence, default=Confidence.OWN)
    return fields.choice("confidence", Confidence)


def _read_bits(fields: Fields) -> tuple[int, int] | None:
    if "bits" not in fields:
        fields.integers("bits")
        return None
    bits = fields.integers("bits")
    if len(bits) != 2:
        if "bits" not in fields.broken:
            fields.fault("bits", f"must be [first, count], not {list(bits)}")
        return None
    return bits[0], bits[1]


def _read_states(fields: Fields) -> Iterator[tuple[int, str, str]]:
    for row in fields.rows("states"):
        match row:
            case [int(number), str(zh), str(en)] if zh.strip() and en.strip() and not isinstance(number, bool):
                yield number, zh, en
            case _:
                fields.fault("states", f'holds {row!r}; each entry is [number, "zh", "en"]')


def _read_scale_register(parent: Fields) -> ScaleRegister | None:
    fields = parent.nested("scale_register")
    if fields is None:
        return None
    base = fields.optional_integer("exponent_base", lowest=2, highest=10)
    sign = fields.integer("exponent_sign", lowest=-1, highest=1, default=-1)
    if sign == 0:
        fields.fault("exponent_sign", "must be 1 or -1")
    found = ScaleRegister(
        address=fields.integer("address", lowest=0, highest=HIGHEST_ADDRESS),
        type=fields.choice("type", WordType),
        exponent_base=base,
        exponent_sign=sign,
    )
    fields.finish()
    return found


def _read_conditional_scale(parent: Fields) -> ConditionalScale | None:
    fields = parent.nested("conditional_scale")
    if fields is None:
        return None
    found = ConditionalScale(
        address=fields.integer("address", lowest=0, highest=HIGHEST_ADDRESS),
        bit=fields.integer("bit", lowest=0, highest=15),
        when_set=fields.number("when_set"),
        when_clear=fields.number("when_clear"),
    )
    fields.finish()
    return found


def _read_write(parent: Fields, same_as_read: WriteSpec) -> WriteSpec | None:
    fields = parent.nested("write")
    if fields is None:
        return None
    default = same_as_read
    function = fields.integer("function", lowest=1, highest=127)
    if function not in (5, 6, 15, 16) and "write.function" not in fields.broken:
        fields.fault("function", f"{function} is no write; take 5 or 15 for coils, 6 or 16 for registers")
    limits = fields.interval("limits")
    if "limits" not in fields:
        fields.fault("limits", "is missing: the lowest and the highest value that may be sent")
    readback = fields.optional_text("readback") or default.readback
    if readback is None:
        fields.fault("readback", 'is missing: name the point that shows the write, or say "none" when nothing does')
    found = WriteSpec(
        function=function,
        table=fields.choice("table", Table, default=default.table),
        address=fields.integer("address", lowest=0, highest=HIGHEST_ADDRESS, default=default.address),
        type=fields.choice("type", WordType, default=default.type),
        order=fields.choice("order", Order, default=default.order),
        limits=limits or (0.0, 0.0),
        tolerance=fields.number("tolerance", default=default.tolerance),
        readback=None if readback == _NO_READBACK else readback,
        kind=fields.choice("kind", WriteKind, default=WriteKind.ABSOLUTE),
        confirm_within_s=fields.positive("confirm_within_s", default=2.0, highest=600.0),
        needs_approval=fields.flag("approval"),
    )
    fields.finish()
    return found


def _read_output(parent: Fields) -> OutputSpec | None:
    fields = parent.nested("output")
    if fields is None:
        return None
    found = OutputSpec(
        kind=fields.choice("kind", OutputKind),
        stopped_by=fields.choice("stopped_by", StoppedBy),
        on_stop=fields.choice("on_stop", OnStop),
        safe_value=fields.optional_number("safe_value"),
        accepted_risk=_read_accepted_risk(fields),
        run_time_point=fields.optional_text("run_time_point"),
        end_switches=fields.texts("end_switches"),
        end_switch_in_hardware=fields.flag("end_switch_in_hardware"),
        motion=_read_motion(fields),
    )
    fields.finish()
    return found


def _read_motion(parent: Fields) -> MotionSpec | None:
    fields = parent.nested("motion")
    if fields is None:
        return None
    found = MotionSpec(
        position=fields.text("position"),
        motor=fields.text("motor"),
        travel_s=fields.positive("travel_s", default=LONGEST_TRAVEL_S, highest=LONGEST_TRAVEL_S),
        opens_with=fields.optional_number("opens_with"),
        shuts_with=fields.optional_number("shuts_with"),
    )
    if "travel_s" not in fields:
        fields.fault("travel_s", "is missing: how long it takes from end to end")
    fields.finish()
    return found


def _read_accepted_risk(parent: Fields) -> AcceptedRisk | None:
    fields = parent.nested("accepted_risk")
    if fields is None:
        return None
    found = AcceptedRisk(by=fields.text("by", default=""), reason=fields.text("reason", default=""))
    fields.finish()
    return found


def _read_unverified(fields: Fields) -> UnverifiedPoint:
    found = UnverifiedPoint(
        key=fields.text("key", pattern=POINT_KEY, form="lower-case words joined by underscores"),
        table=fields.choice("table", Table),
        address=fields.integer("address", lowest=0, highest=HIGHEST_ADDRESS, advice=_ADDRESS_ADVICE),
        type_text=fields.text("type"),
        why=fields.text("why"),
        source=fields.text("source"),
    )
    fields.finish()
    return found


def _read_unreadable(fields: Fields) -> tuple[Table, int, int]:
    table = fields.choice("table", Table)
    first = fields.integer("first", lowest=0, highest=HIGHEST_ADDRESS)
    count = fields.integer("count", lowest=1, highest=ADDRESS_SPACE, default=1)
    fields.text("why")
    fields.finish()
    return table, first, first + count


def _read_serial(root: Fields) -> SerialDefaults | None:
    fields = root.section("serial")
    if fields is None:
        return None
    found = SerialDefaults(
        baudrate=fields.integer("baudrate", lowest=300, highest=1_000_000),
        parity=fields.text("parity", pattern="[NEO]", form="N, E or O"),
        stopbits=fields.integer("stopbits", lowest=1, highest=2),
        unit_id=fields.optional_integer("unit_id", lowest=1, highest=254),
    )
    fields.finish()
    return found


def _read_limits(root: Fields) -> ReadLimits:
    fields = root.section("limits")
    if fields is None:
        return ReadLimits()
    found = ReadLimits(
        max_registers=fields.integer("max_registers", lowest=1, highest=MAX_READ_REGISTERS, default=MAX_READ_REGISTERS),
        max_bits=fields.integer("max_bits", lowest=1, highest=MAX_READ_BITS, default=MAX_READ_BITS),
        even_only=fields.flag("even_only"),
    )
    if found.even_only and found.max_registers % 2 and not fields.broken:
        fields.fault("max_registers", f"{found.max_registers} must be even when even_only is true")
    fields.finish()
    return found


def _read_keep_alive(root: Fields) -> KeepAlive | None:
    fields = root.section("keep_alive")
    if fields is None:
        return None
    timeout = fields.optional_text("timeout")
    timeout_value = fields.number("timeout_value", default=None if timeout else 0.0)
    found = KeepAlive(
        heartbeat=fields.optional_text("heartbeat"),
        every_s=fields.positive("every_s", default=5.0, highest=3600.0),
        timeout=timeout,
        timeout_value=math.nan if "timeout_value" in fields.broken else timeout_value,
    )
    fields.finish()
    return found
