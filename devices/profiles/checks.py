"""What makes a readable profile wrong: rules over one point, and rules over the points of a device together.

A rule over one point names the fields it judges, and is not asked when one of them could not be read: a stand-in must
not raise a second, misleading sentence.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

from devices.modbus_limits import ADDRESS_SPACE, HIGHEST_ADDRESS
from devices.profiles.roles import role_faults
from devices.profiles.safety import output_faults
from devices.profiles.schema import (
    Coding,
    KeepAlive,
    PointSpec,
    ReadLimits,
    Table,
    UnverifiedPoint,
    WordType,
)
from devices.units import UNITS_OF, Quantity, conversion, is_legal

_PLACE = ("table", "address", "type")
_WRITE_FUNCTIONS = {Table.COIL: (5, 15), Table.HOLDING: (6, 16)}


@dataclass(frozen=True, slots=True)
class Draft:
    """A point as far as it could be read; the fields in ``broken`` hold stand-ins."""

    point: PointSpec
    where: str
    broken: frozenset[str]

    def is_sound(self, *fields: str) -> bool:
        """Whether all these fields were read."""
        return self.broken.isdisjoint(fields)


def _unit_faults(point: PointSpec) -> Iterator[str]:
    if not is_legal(point.quantity, point.unit):
        yield f"unit {point.unit} is no unit of {point.quantity} (legal: {', '.join(UNITS_OF[point.quantity])})"


def _type_faults(point: PointSpec) -> Iterator[str]:
    if point.table.is_bits and point.type is not WordType.BIT:
        yield f'type {point.type} does not fit the {point.table} table; say type = "bit"'
    if not point.table.is_bits and point.type is WordType.BIT:
        yield f"type bit does not fit the {point.table} table; take an unsigned type and bits = [first, count]"


def _address_faults(point: PointSpec) -> Iterator[str]:
    last = point.address + point.word_count - 1
    if last > HIGHEST_ADDRESS:
        yield f"address {point.address}: its {point.word_count} registers end at {last}, past {HIGHEST_ADDRESS}"


def _temperature_faults(point: PointSpec) -> Iterator[str]:
    if point.quantity is not Quantity.TEMPERATURE or not is_legal(point.quantity, point.unit) or point.never_negative:
        return
    if point.scale == 0:
        return
    lowest = raw_range(point.type, point.coding)
    if lowest is None or point.bits is not None:
        return
    lowest_c = conversion(point.quantity, point.unit).apply(min(raw * point.scale + point.offset for raw in lowest))
    if lowest_c >= 0:
        yield (
            f"type {point.type} cannot show a temperature below {lowest_c:g} degC: frost would read as thousands of "
            "degrees; take a signed type, or say never_negative = true where frost is impossible"
        )


def _coding_faults(point: PointSpec) -> Iterator[str]:
    if point.coding is not Coding.PLAIN and not point.type.value.startswith("uint"):
        yield f"coding {point.coding} needs an unsigned integer type, not {point.type}: the sign is in the coding"
    if point.coding is not Coding.PLAIN and point.bits is not None:
        yield f"coding {point.coding} cannot be joined with bits"


def _scale_faults(point: PointSpec) -> Iterator[str]:
    if point.scale == 0:
        yield "scale 0 makes every reading the same; write the step of the register"
    if point.scale_register is not None and point.conditional_scale is not None:
        yield "scale_register and conditional_scale exclude each other"
    elsewhere = point.scale_register or point.conditional_scale
    if elsewhere is None:
        return
    if point.table.is_bits:
        yield "a coil or discrete input has no scale in another register"
    if point.write is not None:
        yield "a scale in another register can be read but not written: the number to send would be a guess"
    if point.scale_register is not None:
        scale = point.scale_register
        if not scale.type.is_integer or scale.type is WordType.BIT:
            yield f"scale_register.type must be an integer type, not {scale.type}"
        if scale.address < point.address + point.word_count and point.address < scale.address + scale.type.word_count:
            yield f"scale_register.address {scale.address} is inside the value itself"


def _conditional_scale_faults(point: PointSpec) -> Iterator[str]:
    if point.conditional_scale is not None and 0 in (
        point.conditional_scale.when_set,
        point.conditional_scale.when_clear,
    ):
        yield "conditional_scale: a scale of 0 makes every reading the same"


def _bits_faults(point: PointSpec) -> Iterator[str]:
    if point.bits is None:
        return
    first, count = point.bits
    width = 16 * point.word_count
    if not point.type.value.startswith("uint"):
        yield f"bits need an unsigned integer type, not {point.type}"
    elif first < 0 or count < 1 or first + count > width:
        yield f"bits [{first}, {count}] do not lie inside the {width} bits of {point.type}; bit 0 is the lowest"
    if point.write is not None:
        yield "bits cannot be written: the other bits of the register would be overwritten; write the whole register"


def _invalid_word_faults(point: PointSpec) -> Iterator[str]:
    highest = 1 if point.type is WordType.BIT else 2 ** (16 * point.word_count) - 1
    for word in point.invalid_words:
        if not 0 <= word <= highest:
            yield f"invalid_words: {word} is no raw number of {point.type} (0 to {highest}, before the sign)"


def _counter_faults(point: PointSpec) -> Iterator[str]:
    if point.most_per_h is not None and (point.rolls_over_at is None or point.most_per_h <= 0):
        yield f"most_per_h {point.most_per_h:g} must be above 0, and belongs to a counter (rolls_over_at)"
    if point.rolls_over_at is None:
        return
    if not point.type.value.startswith("uint") or point.coding is not Coding.PLAIN or point.bits is not None:
        yield f"rolls_over_at needs a plain unsigned integer, not {point.type}"
        return
    most = 2 ** (16 * point.word_count)
    if point.rolls_over_at > most:
        yield f"rolls_over_at {point.rolls_over_at} is more than the {most} numbers of {point.type}"
    elif point.rolls_over_at == most - 1:
        yield f"rolls_over_at {most - 1} is the highest number; write {most}, one more, after which 0 follows"
    if point.scale < 0 or point.scale_register is not None or point.conditional_scale is not None:
        yield "rolls_over_at needs a fixed scale above 0"


def _state_faults(point: PointSpec) -> Iterator[str]:
    numbers = [number for number, _, _ in point.states]
    for number in sorted({number for number in numbers if numbers.count(number) > 1}):
        yield f"states names {number} twice"


def _read_to_clear_faults(point: PointSpec) -> Iterator[str]:
    if point.read_to_clear and not point.access.can_read:
        yield "read_to_clear is said of a point that is never read"


def _access_faults(point: PointSpec) -> Iterator[str]:
    if point.access.can_write and point.write is None:
        yield f"access {point.access} needs a write table: write = {{ function, limits }}"
    if not point.access.can_write and point.write is not None:
        yield "write is given but access is read; say access read_write or write"
    if point.write is not None and point.output is None:
        yield "output is missing: say what this moves and what stops it, output = { kind, stopped_by, on_stop }"
    if point.output is not None and point.write is None:
        yield "output is given but the point has no write table"


def _write_function_faults(point: PointSpec) -> Iterator[str]:
    write = point.write
    if write is None:
        return
    functions = _WRITE_FUNCTIONS.get(write.table)
    if functions is None:
        yield f"write.table {write.table} cannot be written; only coil and holding can"
        return
    if write.function not in functions:
        one, several = functions
        yield f"write.function {write.function} does not write the {write.table} table; take {one} or {several}"
    if (write.type is WordType.BIT) != write.table.is_bits and (write.type, write.table) != (point.type, point.table):
        yield f"write.type {write.type} does not fit the {write.table} table"
    elif write.function == 6 and write.type.word_count > 1:
        yield f"write.function 6 writes one register, but {write.type} takes {write.type.word_count}; take function 16"
    last = write.address + write.type.word_count - 1
    if last > HIGHEST_ADDRESS:
        yield f"write.address {write.address} ends at {last}, past {HIGHEST_ADDRESS}"


def _write_limit_faults(point: PointSpec) -> Iterator[str]:
    write = point.write
    allowed = raw_range(write.type, point.coding) if write is not None else None
    if write is None or allowed is None or point.scale == 0:
        return
    for limit in write.limits:
        raw = round((limit - point.offset) / point.scale)
        if not allowed[0] <= raw <= allowed[1]:
            yield (
                f"write.limits: {limit:g} would be sent as {raw}, but {write.type} holds {allowed[0]} to {allowed[1]}"
            )


def _write_tolerance_faults(point: PointSpec) -> Iterator[str]:
    if point.write is not None and point.write.tolerance < 0:
        yield f"write.tolerance {point.write.tolerance:g} must not be below 0"


def _record_faults(point: PointSpec) -> Iterator[str]:
    if point.record is not None and not point.access.can_read:
        yield "record: the point cannot be read"


Rule = Callable[[PointSpec], Iterator[str]]
POINT_RULES: tuple[tuple[tuple[str, ...], Rule], ...] = (
    (("quantity", "unit"), _unit_faults),
    (("table", "type"), _type_faults),
    (("address", "type"), _address_faults),
    (("quantity", "unit", "type", "coding", "scale", "offset", "never_negative"), _temperature_faults),
    (("type", "coding"), _coding_faults),
    (("scale", "address", "type", "scale_register", "scale_register.address", "scale_register.type"), _scale_faults),
    (("conditional_scale.when_set", "conditional_scale.when_clear"), _conditional_scale_faults),
    (("bits", "type"), _bits_faults),
    (("invalid_words", "type"), _invalid_word_faults),
    (("rolls_over_at", "most_per_h", "type", "coding", "bits", "scale"), _counter_faults),
    (("states",), _state_faults),
    (("read_to_clear", "access"), _read_to_clear_faults),
    (("access", "write", "output"), _access_faults),
    (("write.table", "write.function", "write.type", "write.address", "table", "type"), _write_function_faults),
    (("write.limits", "write.type", "type", "coding", "scale", "offset"), _write_limit_faults),
    (("write.tolerance",), _write_tolerance_faults),
    (("record", "access"), _record_faults),
    (("role", "quantity", "access", "output", "output.kind", "output.motion"), role_faults),
)


def raw_range(type_: WordType, coding: Coding) -> tuple[int, int] | None:
    """Lowest and highest raw number that an integer type can hold under a coding; None for floats."""
    if type_ is WordType.BIT:
        return 0, 1
    if not type_.is_integer:
        return None
    width = 16 * type_.word_count
    if coding is Coding.OFFSET_10000:
        return 10000 - 2**width + 1, 9999
    if coding is Coding.SIGN_BIT:
        return 1 - 2 ** (width - 1), 2 ** (width - 1) - 1
    return (0, 2**width - 1) if type_.value.startswith("u") else (-(2 ** (width - 1)), 2 ** (width - 1) - 1)


def point_faults(draft: Draft) -> Iterator[str]:
    """Sentences on one point, each with its name."""
    for fields, rule in POINT_RULES:
        if draft.is_sound(*fields):
            for sentence in rule(draft.point):
                yield f"{draft.where}: {sentence}"


def profile_faults(
    drafts: Sequence[Draft],
    unverified: Sequence[UnverifiedPoint],
    *,
    limits: ReadLimits,
    keep_alive: KeepAlive | None,
    unreadable: Sequence[tuple[Table, int, int]],
) -> Iterator[str]:
    """Sentences on points that are each right but do not go together."""
    points = {draft.point.key: draft.point for draft in drafts}
    yield from _duplicate_key_faults(drafts, unverified)
    yield from _overlap_faults(drafts)
    yield from _written_twice_faults(drafts)
    for draft in drafts:
        yield from _reference_faults(draft, points)
        if draft.is_sound(*_PLACE, "scale_register", "conditional_scale"):
            yield from _request_faults(draft, limits, unreadable)
        if draft.is_sound("write", "write.limits", "output", "output.kind", "output.stopped_by", "output.on_stop"):
            for sentence in output_faults(draft.point, points=points, keep_alive=keep_alive):
                yield f"{draft.where}: {sentence}"
    if keep_alive is not None:
        yield from _keep_alive_faults(keep_alive, points)


def _duplicate_key_faults(drafts: Sequence[Draft], unverified: Sequence[UnverifiedPoint]) -> Iterator[str]:
    keys = [draft.point.key for draft in drafts if draft.is_sound("key")] + [point.key for point in unverified]
    for key in sorted({key for key in keys if keys.count(key) > 1}):
        yield f'point "{key}": {keys.count(key)} entries have this key; give each its own'


def _overlap_faults(drafts: Sequence[Draft]) -> Iterator[str]:
    placed = [draft for draft in drafts if draft.is_sound(*_PLACE)]
    for one, other in combinations(sorted(placed, key=lambda draft: draft.point.address), 2):
        if other.is_sound("bits") and one.is_sound("bits") and _share_address(one.point, other.point):
            sentence = _overlap_fault(one.point, other.point)
            if sentence is not None:
                yield f"{other.where}: {sentence}"


def _share_address(one: PointSpec, other: PointSpec) -> bool:
    """Whether two points are read at the same place, of which ``one`` does not begin later."""
    both_read = one.access.can_read and other.access.can_read
    return both_read and one.table is other.table and one.address + one.word_count > other.address


def _overlap_fault(one: PointSpec, other: PointSpec) -> str | None:
    place = f"{other.table} {other.address}"
    if one.table.is_bits:
        return f'{place} is already point "{one.key}"; one {other.table} is one point'
    if (one.address, one.type, one.order) != (other.address, other.type, other.order):
        return f'{place} ({other.type}) overlaps point "{one.key}" at {one.address} ({one.type}); check both addresses'
    if one.bits is None and other.bits is None:
        return f'reads the same register {place} as point "{one.key}"; keep one, or read bits of it'
    if one.bits is not None and other.bits is not None:
        (first, count), (other_first, other_count) = one.bits, other.bits
        if first < other_first + other_count and other_first < first + count:
            return f'its bits {list(other.bits)} of {place} overlap those of point "{one.key}" {list(one.bits)}'
    return None


def _written_twice_faults(drafts: Sequence[Draft]) -> Iterator[str]:
    """Two points that write one register, unless they are also read there: an overlap is told once."""
    owners: dict[tuple[Table, int], PointSpec] = {}
    for draft in drafts:
        point, write = draft.point, draft.point.write
        if write is None or not draft.is_sound(
            "write", *(f"{path}{name}" for path in ("", "write.") for name in _PLACE)
        ):
            continue
        for address in range(write.address, write.address + write.type.word_count):
            owner = owners.setdefault((write.table, address), point)
            first, second = sorted((owner, point), key=lambda point: point.address)
            if owner is not point and not _share_address(first, second):
                yield f'{draft.where}: writes {write.table} {address}, which point "{owner.key}" writes too'
                break


def _reference_faults(draft: Draft, points: dict[str, PointSpec]) -> Iterator[str]:
    write = draft.point.write
    if write is None or write.readback is None or not draft.is_sound("write", "write.readback"):
        return
    readback = points.get(write.readback)
    if readback is None:
        yield f'{draft.where}: write.readback "{write.readback}" is no point of this profile'
    elif not readback.access.can_read:
        yield f'{draft.where}: write.readback "{write.readback}" cannot be read; name one that can, or say "none"'
    elif readback.quantity is not draft.point.quantity:
        yield (
            f'{draft.where}: write.readback "{write.readback}" is a {readback.quantity}, '
            f"so it cannot be compared with a {draft.point.quantity}"
        )


def _request_faults(draft: Draft, limits: ReadLimits, unreadable: Sequence[tuple[Table, int, int]]) -> Iterator[str]:
    point = draft.point
    if not point.access.can_read:
        return
    first, end = point.extent
    if end > ADDRESS_SPACE >= point.address + point.word_count:
        yield f"{draft.where}: the register of its scale ends at {end - 1}, past {HIGHEST_ADDRESS}"
    longest = limits.max_bits if point.table.is_bits else limits.max_registers
    if end - first > longest:
        yield (
            f"{draft.where}: needs {end - first} registers in one request (with the register of its scale), "
            f"but [limits] allows {longest}"
        )
    for table, bad_first, bad_end in unreadable:
        if table is point.table and first < bad_end and bad_first < end and not point.read_to_clear:
            yield f"{draft.where}: lies in the unreadable range {table} {bad_first} to {bad_end - 1}"


def _keep_alive_faults(keep_alive: KeepAlive, points: dict[str, PointSpec]) -> Iterator[str]:
    for name, key in (("heartbeat", keep_alive.heartbeat), ("timeout", keep_alive.timeout)):
        if key is None:
            continue
        point = points.get(key)
        if point is None:
            yield f'[keep_alive]: {name} "{key}" is no point of this profile'
        elif point.write is None:
            yield f'[keep_alive]: {name} "{key}" cannot be written'
        elif name == "timeout" and point.quantity is not Quantity.DURATION:
            yield f'[keep_alive]: timeout "{key}" must be a duration, not a {point.quantity}'
        elif (
            name == "timeout"
            and not math.isnan(keep_alive.timeout_value)
            and not point.write.limits[0] <= keep_alive.timeout_value <= point.write.limits[1]
        ):
            low, high = point.write.limits
            yield f"[keep_alive]: timeout_value {keep_alive.timeout_value:g} is outside {low:g} to {high:g}"
    if keep_alive.heartbeat is None and keep_alive.timeout is None:
        yield "[keep_alive]: names neither a heartbeat nor a timeout; leave the table out"
