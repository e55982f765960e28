"""What makes a base file wrong although each entry alone could be read: keys, references, lines, unit ids."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from devices.modbus_limits import RTU_UNIT_IDS
from devices.profiles.fields import near_matches
from greenhouse.site.basefile.schema import BaseFile, DeviceEntry, LineEntry, LineKind
from greenhouse.site.virtual_points import CONTROL, LINK


def place(kind: str, position: int, key: str) -> str:
    """How a fault names an entry: ``device[12] "h1-vent"``, counted from 1."""
    return f'{kind}[{position}] "{key}"'


def reference_faults(file: BaseFile) -> Iterator[str]:
    """Sentences on what does not fit together."""
    for kind, keys in (
        ("house", [house.key for house in file.houses]),
        ("compartment", [compartment.key for compartment in file.compartments]),
        ("line", [line.key for line in file.lines]),
        ("device", [device.key for device in file.devices]),
    ):
        places = [place(kind, position, key) for position, key in enumerate(keys, start=1)]
        yield from _repeated(zip(places, keys, strict=True), "key is taken by")
    yield from _houses(file)
    yield from _lines(file.lines)
    yield from _devices(file)


def _repeated(identities: Iterable[tuple[str, str | tuple[str, int] | None]], text: str) -> Iterator[str]:
    """Sentences on identities that came before; an empty one is the stand-in of a field that could not be read."""
    seen: dict[object, str] = {}
    for where, identity in identities:
        if identity and identity in seen:
            yield f"{where}: {text} {seen[identity]}"
        seen.setdefault(identity, where)


def _houses(file: BaseFile) -> Iterator[str]:
    houses = {house.key for house in file.houses}
    for position, compartment in enumerate(file.compartments, start=1):
        if compartment.house and compartment.house not in houses:
            where = place("compartment", position, compartment.key)
            yield f'{where}: house "{compartment.house}" is not in this file{near_matches(compartment.house, houses)}'
    inhabited = {compartment.house for compartment in file.compartments}
    if not inhabited <= houses:
        return  # which house the strayed compartment belongs to is not known
    for position, house in enumerate(file.houses, start=1):
        if house.key and house.key not in inhabited:
            where = place("house", position, house.key)
            yield f'{where}: has no compartment; add a [[compartment]] with house = "{house.key}"'


def _lines(lines: Sequence[LineEntry]) -> Iterator[str]:
    """Lines that lead to one peer, beyond the connections that it allows. A serial port has one owner."""
    peers: defaultdict[str, list[tuple[str, int]]] = defaultdict(list)
    for position, line in enumerate(lines, start=1):
        where = place("line", position, line.key)
        if line.serial_port:
            peers[line.serial_port].append((where, 1))
        elif line.host and line.port:
            peers[f"{line.host.lower()}:{line.port}"].append((where, line.connections))
    for peer, users in peers.items():
        allowed = min(connections for _where, connections in users)
        for where, _connections in users[allowed:]:
            yield f"{where}: {peer} is already used by {users[0][0]} and allows {allowed} connection(s)"


def _devices(file: BaseFile) -> Iterator[str]:
    lines = {line.key: line for line in file.lines}
    compartments = {compartment.key for compartment in file.compartments}
    for position, device in enumerate(file.devices, start=1):
        where = place("device", position, device.key)
        if device.key == CONTROL:
            yield f'{where}: key "{CONTROL}" belongs to the control process'
        if any(point.key == LINK for point in device.profile.points):
            yield f'{where}: profile {device.profile_key} has a point "{LINK}", which is the name of the link\'s state'
        if device.line and device.line not in lines:
            yield f'{where}: line "{device.line}" is not in this file{near_matches(device.line, lines)}'
        if device.compartment is not None and device.compartment not in compartments:
            yield (
                f'{where}: compartment "{device.compartment}" is not in this file'
                f"{near_matches(device.compartment, compartments)}"
            )
        yield from (f"{where}: {sentence}" for sentence in _unit_id(device, lines.get(device.line)))
    addresses = [
        (
            place("device", position, device.key),
            (device.line, device.unit_id) if device.unit_id and device.enabled else None,
        )
        for position, device in enumerate(file.devices, start=1)
    ]
    yield from _repeated(addresses, "unit_id is used on the same line by")


def _unit_id(device: DeviceEntry, line: LineEntry | None) -> Iterator[str]:
    if line is None or line.kind is LineKind.TCP or not device.unit_id or device.unit_id in RTU_UNIT_IDS:
        return
    advice = "take 1 to 247 (or 254, to which some sensors answer whatever their own number is)"
    yield f"unit_id {device.unit_id} is reserved on a {line.kind} line; {advice}"
