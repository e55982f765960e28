"""A site's own register list (CSV from an installer or a spreadsheet) becomes the text of a device profile.

The list is turned into the same document that a TOML profile is, so that the loader's rules hold for both; only the
faults are named by line. What the list does not say is not guessed: addresses are zero-based unless the importer is
told otherwise, and a writable point is a bare relay, whose load and stop the base file must name, unless the list says
that it is a setpoint, a mode or a setting of a controller.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from io import StringIO

from devices.errors import ProfileError
from devices.profiles.fields import near_matches
from devices.profiles.loader import read_document
from devices.profiles.outputs import OutputKind
from devices.profiles.schema import DeviceProfile, Table, WordType

REQUIRED_COLUMNS = (
    "name", "table", "address", "type", "order", "scale", "unit", "writable", "min", "max", "label_zh", "label_en",
    "quantity", "source",
)  # fmt: skip
OPTIONAL_COLUMNS = ("poll_s", "function", "output")
_ENCODINGS = ("utf-8-sig", "gb18030")
_YES, _NO = frozenset({"yes", "y", "true", "1", "是", "可写"}), frozenset({"no", "n", "false", "0", "", "否", "只读"})
_LOADS = frozenset(kind.value for kind in OutputKind if kind.is_direct and kind is not OutputKind.RELAY)
_TABLE_OF_REFERENCE = {"0": Table.COIL, "1": Table.DISCRETE, "3": Table.INPUT, "4": Table.HOLDING}
_UNIT_OF_SYMBOL = {
    "°C": "degC", "℃": "degC", "°F": "degF", "℉": "degF", "%RH": "%", "°": "deg", "W/m²": "W/m2", "m³": "m3",
    "m³/h": "m3/h", "µS/cm": "uS/cm", "μS/cm": "uS/cm", "µmol/m²/s": "umol/m2/s", "μmol/m²/s": "umol/m2/s",
    "µg/m³": "ug/m3", "μg/m³": "ug/m3", "": "1",
}  # fmt: skip


class AddressBase(StrEnum):
    """How the list writes addresses."""

    ZERO = "0"
    """As sent in the request."""
    ONE = "1"
    """The first register of a table is 1."""
    REFERENCE = "reference"
    """Five or six digits, of which the first names the table: 40001 or 400001 is holding register 0."""


@dataclass(frozen=True, slots=True)
class Device:
    """What a list does not hold: the device that it describes."""

    key: str
    title_zh: str
    title_en: str
    source: str


@dataclass(frozen=True, slots=True)
class ImportedProfile:
    """A checked profile and its text."""

    profile: DeviceProfile
    text: str


def import_csv(content: bytes, device: Device, *, address_base: AddressBase, file: str) -> ImportedProfile:
    """Turn a register list into a profile.

    Parameters
    ----------
    content : bytes
        CSV with a header line, separated by commas, semicolons or tabs, in UTF-8 (with or without BOM) or GB18030.
    device : Device
        Of which the list is.
    address_base : AddressBase
        How the list writes addresses.
    file : str
        Name for the reader of the faults.

    Raises
    ------
    ProfileError
        With every fault of the list, by line.
    """
    faults: list[str] = []
    rows = list(_rows(_decode(content, file), faults))
    if not rows:
        raise ProfileError(file, faults or ["the list has no line below its header"])
    document: dict[str, object] = {
        "device": {
            "key": device.key,
            "title_zh": device.title_zh,
            "title_en": device.title_en,
            "source": device.source,
        },
        "point": [_point(row, address_base, faults) for row in rows],
    }
    profile = read_document(document, faults=faults, point_places=[row.place for row in rows])
    if faults:
        raise ProfileError(file, faults)
    return ImportedProfile(profile, _toml(document))


@dataclass(frozen=True, slots=True)
class _Row:
    line: int
    cells: Mapping[str, str]

    @property
    def place(self) -> str:
        return f'line {self.line} ("{self.cells["name"]}")' if self.cells["name"] else f"line {self.line}"


def _decode(content: bytes, file: str) -> str:
    for encoding in _ENCODINGS:
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise ProfileError(file, ["the list is neither UTF-8 nor GB18030; save it as CSV UTF-8"])


def _rows(text: str, faults: list[str]) -> Iterator[_Row]:
    first_line = text.split("\n", 1)[0]
    reader = csv.reader(StringIO(text, newline=""), delimiter=max(",;\t", key=first_line.count), strict=True)
    try:
        header = [name.strip().lower() for name in next(reader, [])]
        if not _is_complete(header, faults):
            return
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            if len(cells) > len(header):
                faults.append(f"line {reader.line_num}: has {len(cells)} cells, but the header names {len(header)}")
            padded = [*cells, *[""] * (len(header) - len(cells))]
            yield _Row(reader.line_num, {name: cell.strip() for name, cell in zip(header, padded, strict=False)})
    except csv.Error as error:
        faults.append(f"line {reader.line_num}: is no CSV ({error})")


def _is_complete(header: Sequence[str], faults: list[str]) -> bool:
    known = REQUIRED_COLUMNS + OPTIONAL_COLUMNS
    for name in dict.fromkeys(header):
        if name not in known:
            faults.append(f'line 1: unknown column "{name}"{near_matches(name, known)}')
        elif header.count(name) > 1:
            faults.append(f'line 1: column "{name}" stands there {header.count(name)} times')
    missing = [name for name in REQUIRED_COLUMNS if name not in header]
    if missing:
        faults.append(f"line 1: missing columns: {', '.join(missing)}")
    return not missing


def _point(row: _Row, address_base: AddressBase, faults: list[str]) -> dict[str, object]:
    """The table of a point. What cannot be understood stays a text, and the loader says so."""
    cells = row.cells
    table = cells["table"].lower()
    is_bits = table in (Table.COIL, Table.DISCRETE)
    point: dict[str, object] = {
        "key": cells["name"],
        "label_zh": cells["label_zh"],
        "label_en": cells["label_en"],
        "quantity": cells["quantity"].lower(),
        "unit": _UNIT_OF_SYMBOL.get(cells["unit"], cells["unit"]),
        "table": table,
        "address": _address(row, table, address_base, faults),
        "type": cells["type"].lower() or ("bit" if is_bits else ""),
        "source": cells["source"],
        "confidence": "own",
    }
    if cells["order"]:
        point["order"] = cells["order"].lower()
    for name in ("scale", "poll_s"):
        if cells.get(name):
            point[name] = _number(cells[name])
    limits = [_number(cells[name]) for name in ("min", "max") if cells[name]]
    if _is_writable(row, faults):
        point |= {"access": "read_write", "write": _write(cells, point, limits), "output": _output(row, table, faults)}
    elif limits:
        point["valid"] = limits
    return point


def _is_writable(row: _Row, faults: list[str]) -> bool:
    said = row.cells["writable"].lower()
    if said not in _YES | _NO:
        faults.append(f'{row.place}: writable "{said}" is neither yes nor no')
    return said in _YES


def _address(row: _Row, table: str, address_base: AddressBase, faults: list[str]) -> object:
    said = row.cells["address"]
    address = _number(said)
    if not isinstance(address, int) or address_base is AddressBase.ZERO:
        return address
    if address_base is AddressBase.ONE:
        if address < 1:
            faults.append(f"{row.place}: address {said} is below 1, the first address when counting from 1")
        return max(address - 1, 0)
    if len(said) not in (5, 6) or said[0] not in _TABLE_OF_REFERENCE or int(said[1:]) < 1:
        faults.append(f"{row.place}: address {said} is no reference number such as 40001 or 400001")
        return 0
    if _TABLE_OF_REFERENCE[said[0]] != table:
        faults.append(
            f'{row.place}: address {said} is a reference of the {_TABLE_OF_REFERENCE[said[0]]} table, not "{table}"'
        )
    return int(said[1:]) - 1


def _write(cells: Mapping[str, str], point: Mapping[str, object], limits: list[object]) -> dict[str, object]:
    if cells.get("function"):
        function = _number(cells["function"])
    elif point["table"] == Table.COIL:
        function = 5
    else:
        takes_one = point["type"] in (WordType.INT16, WordType.UINT16)
        function = 6 if takes_one else 16
    write: dict[str, object] = {"function": function}
    if limits:
        write["limits"] = limits
    return write


def _output(row: _Row, table: str, faults: list[str]) -> dict[str, object]:
    kind = row.cells.get("output", "").lower() or OutputKind.RELAY.value
    if kind in _LOADS:
        faults.append(
            f'{row.place}: output "{kind}" moves or feeds something by itself: leave the cell empty, and name the load '
            "and what stops it in the base file"
        )
    if kind != OutputKind.RELAY:
        return {"kind": kind, "stopped_by": "supervised", "on_stop": "keep"}
    if table == Table.COIL:
        return {"kind": kind, "stopped_by": "none", "on_stop": "close", "safe_value": 0}
    return {"kind": kind, "stopped_by": "none", "on_stop": "hold"}


def _number(cell: str) -> object:
    """A number as it is meant, whole where it is written whole (also ``0x10``), or the text itself."""
    for read in (int, _hexadecimal, float):
        try:
            return read(cell)
        except ValueError:
            continue
    return cell


def _hexadecimal(cell: str) -> int:
    if not cell.lower().startswith("0x"):
        raise ValueError(cell)
    return int(cell, 16)


def _toml(document: Mapping[str, object]) -> str:
    parts = []
    for name, value in document.items():
        if isinstance(value, dict):
            parts.append(_toml_table(f"[{name}]", value))
        elif isinstance(value, list):
            parts.extend(_toml_table(f"[[{name}]]", table) for table in value)
    return "\n".join(parts)


def _toml_table(heading: str, table: Mapping[str, object]) -> str:
    return "\n".join([heading, *(f"{key} = {_toml_value(value)}" for key, value in table.items()), ""])


def _toml_value(value: object) -> str:
    match value:
        case dict():
            return "{ " + ", ".join(f"{key} = {_toml_value(item)}" for key, item in value.items()) + " }"
        case list():
            return "[" + ", ".join(_toml_value(item) for item in value) + "]"
        case _:
            # A JSON string is a TOML basic string; JSON leaves only DEL unescaped that TOML forbids.
            return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
