"""What makes a base file wrong although each entry alone could be read: keys, references, lines, unit ids."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from devices.modbus_limits import RTU_UNIT_IDS
from devices.profiles.fields import near_matches
from devices.profiles.outputs import OutputKind, StoppedBy
from devices.profiles.roles import OF_THE_BASE
from devices.profiles.schema import PointSpec, Role
from devices.samples import Origin
from devices.units import Quantity
from greenhouse.plant.point_sources import TRUTH_PROFILE
from greenhouse.site.basefile.schema import BaseFile, DeviceEntry, LineEntry, LineKind, ValveGroupEntry
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
        ("valve_group", [group.key for group in file.valve_groups]),
    ):
        places = [place(kind, position, key) for position, key in enumerate(keys, start=1)]
        yield from _repeated(zip(places, keys, strict=True), "key is taken by")
    yield from _houses(file)
    yield from _lines(file.lines)
    yield from _devices(file)
    yield from _truth_units(file)
    yield from _roles(file)
    yield from _valve_groups(file)


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


def _truth_units(file: BaseFile) -> Iterator[str]:
    """Truth units know what no instrument can: they stand where everything is simulated, and apart from the rest."""
    enabled = [device for device in file.devices if device.enabled]
    real = next((device.key for device in enabled if device.origin is not Origin.SIMULATED), None)
    sharing = {device.line: device.key for device in enabled if device.profile_key != TRUTH_PROFILE}
    places: list[tuple[str, str | None]] = []
    for position, device in enumerate(file.devices, start=1):
        if device.profile_key != TRUTH_PROFILE or not device.enabled:
            continue
        where = place("device", position, device.key)
        places.append((where, device.compartment))
        if device.origin is not Origin.SIMULATED:
            yield f'{where}: a truth unit can only be simulated; write origin = "simulated"'
        elif real is not None:
            yield f'{where}: a truth unit stands only where all devices are simulated, and "{real}" is not; remove it'
        if device.compartment is None:
            yield f"{where}: a truth unit needs the compartment whose truth it shows"
        if device.line and device.line in sharing:
            yield (
                f'{where}: truth units need a line of their own, but "{sharing[device.line]}" stands on '
                f'"{device.line}" too'
            )
    yield from _repeated(places, "compartment has a truth unit already,")


def _roles(file: BaseFile) -> Iterator[str]:
    """Two points that claim one role of a compartment, or of the base: nobody would know which one counts."""
    claims: dict[tuple[Role, str | None], str] = {}
    for position, device in enumerate(file.devices, start=1):
        if not device.enabled:
            continue
        for point in device.profile.points:
            role = point.role
            if role is None or (device.compartment is None and role not in OF_THE_BASE):
                continue
            where = None if role in OF_THE_BASE else device.compartment
            claim = f"{device.key}.{point.key}"
            if (role, where) in claims:
                of = "the base" if where is None else f'compartment "{where}"'
                yield (
                    f'{place("device", position, device.key)}: points.{point.key} claims the role "{role}" of {of}, '
                    f'which "{claims[role, where]}" has; write role = "none" at one of both'
                )
            claims.setdefault((role, where), claim)


_CLOSES_BY_ITSELF = frozenset({StoppedBy.RUN_TIME_REGISTER, StoppedBy.DEVICE_TIMEOUT})


def _valve_groups(file: BaseFile) -> Iterator[str]:
    """Groups of what is no valve, of valves that another group opens, and of valves that nothing would close."""
    points = {
        f"{device.key}.{point.key}": point
        for device in file.devices
        if device.enabled
        for point in device.profile.points
    }
    compartments = {compartment.key for compartment in file.compartments}
    owners: dict[str, str] = {}
    for position, group in enumerate(file.valve_groups, start=1):
        where = place("valve_group", position, group.key)
        if group.compartment and group.compartment not in compartments:
            hint = near_matches(group.compartment, compartments)
            yield f'{where}: compartment "{group.compartment}" is not in this file{hint}'
        for valve in group.valves:
            yield from (f"{where}: {sentence}" for sentence in _valve(valve, points))
            if valve in owners:
                yield f'{where}: valves: "{valve}" is opened by {owners[valve]} already; a valve has one group'
            owners.setdefault(valve, where)
        yield from (f"{where}: {sentence}" for sentence in _water(group, points))


def _valve(key: str, points: Mapping[str, PointSpec]) -> Iterator[str]:
    point = points.get(key)
    if point is None:
        yield f'valves: "{key}" is no point of an enabled device{near_matches(key, points)}'
    elif point.output is None or point.output.kind is not OutputKind.VALVE:
        yield f'valves: "{key}" is no valve'
    elif point.output.stopped_by not in _CLOSES_BY_ITSELF:
        yield f'valves: nothing would close "{key}" if this system died; it needs a run-time register or a time-out'


def _water(group: ValveGroupEntry, points: Mapping[str, PointSpec]) -> Iterator[str]:
    """What is wrong with the pump and the meter of a group."""
    for name, key in (("pump", group.pump), ("meter", group.meter)):
        if key is not None and key not in points:
            yield f'{name}: "{key}" is no point of an enabled device{near_matches(key, points)}'
    pump, meter = points.get(group.pump or ""), points.get(group.meter or "")
    if pump is not None and (pump.output is None or pump.output.kind is not OutputKind.PUMP):
        yield f'pump: "{group.pump}" is no pump'
    if meter is not None and (meter.quantity is not Quantity.VOLUME or not meter.access.can_read):
        yield f'meter: "{group.meter}" counts no volume'


def _unit_id(device: DeviceEntry, line: LineEntry | None) -> Iterator[str]:
    if line is None or line.kind is LineKind.TCP or not device.unit_id or device.unit_id in RTU_UNIT_IDS:
        return
    advice = "take 1 to 247 (or 254, to which some sensors answer whatever their own number is)"
    yield f"unit_id {device.unit_id} is reserved on a {line.kind} line; {advice}"
