"""Definitions bound to what stands on the base: which alarm watches which object, by which limits."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from devices.profiles.outputs import OutputKind
from devices.profiles.schema import Role
from greenhouse.alarms.definitions import Definition, Kind, Override, Wording
from greenhouse.alarms.loader import overridden
from greenhouse.site.structure import BaseStructure, DeviceStructure, PointStructure
from greenhouse.site.virtual_points import link_key

LINE_PREFIX = "line:"
"""Before the key of a line as the object of an alarm; no point has a colon in its key."""


@dataclass(frozen=True, slots=True)
class Binding:
    """One alarm on one object.

    Attributes
    ----------
    object_key : str
        Key of a point, or of a line behind ``line:``.
    object_name, place : Wording
        What it is and where it stands, as people call it.
    point : PointStructure or None
        None: the object is a line.
    reference, gate : str or None, tuple of str
        Keys of the points from which the difference is taken, and on which it depends whether the condition counts.
    device, line : str or None
        None: not behind any; a line has no device.
    members : tuple of str
        Devices of a line.
    """

    definition: Definition
    object_key: str
    object_name: Wording
    place: Wording
    compartment: str | None
    point: PointStructure | None
    reference: str | None = None
    gate: tuple[str, ...] = ()
    device: str | None = None
    line: str | None = None
    members: tuple[str, ...] = ()

    @property
    def key(self) -> tuple[str, str]:
        """Unique among all."""
        return self.definition.key, self.object_key


@dataclass(frozen=True, slots=True)
class NeverRaised:
    """An alarm that could never be raised: its limit lies where the sensor cannot show it.

    Attributes
    ----------
    limit, lowest, highest : float
        Of the alarm, and the valid range of its point; canonical unit.
    """

    alarm: str
    point: str
    limit: float
    lowest: float
    highest: float

    def __str__(self) -> str:
        return (
            f'alarm "{self.alarm}": limit {self.limit:g} lies outside the valid range of '
            f"{self.point}, {self.lowest:g} to {self.highest:g}: it could never be raised"
        )


def bind(
    definitions: Mapping[str, Definition],
    overrides: Sequence[Override],
    base: BaseStructure,
    devices: Sequence[DeviceStructure],
) -> list[Binding]:
    """Every alarm of the base. A later override of the same alarm goes before an earlier one."""
    ground = _Ground(base, devices)
    bindings = (binding for definition in definitions.values() for binding in _bind(definition, ground))
    return [bound for binding in bindings if (bound := _as_the_site_wants(binding, overrides)) is not None]


def never_raised(bindings: Iterable[Binding]) -> list[NeverRaised]:
    """Alarms of the base that could never be raised."""
    found = []
    for binding in bindings:
        definition, valid = binding.definition, None if binding.point is None else binding.point.valid
        if valid is None or definition.reference is not None:
            continue
        is_beyond = (definition.kind is Kind.HIGH and definition.limit >= valid[1]) or (
            definition.kind is Kind.LOW and definition.limit <= valid[0]
        )
        if is_beyond:
            found.append(NeverRaised(definition.key, binding.object_key, definition.limit, *valid))
    return found


def _as_the_site_wants(binding: Binding, overrides: Sequence[Override]) -> Binding | None:
    definition = binding.definition
    for override in overrides:
        if override.key != binding.definition.key or not override.applies_in(binding.compartment):
            continue
        if not override.enabled:
            return None
        definition = overridden(definition, override)
    return Binding(**{**{name: getattr(binding, name) for name in Binding.__slots__}, "definition": definition})


class _Ground:
    """The base, sorted as binding asks for it."""

    def __init__(self, base: BaseStructure, devices: Sequence[DeviceStructure]) -> None:
        self.base_name = Wording(base.name_zh, base.name_en)
        self.devices = {device.key: device for device in devices}
        self.places = {key: Wording(part.name_zh, part.name_en) for key, part in base.compartments.items()}
        self.house_kinds = {part.key: house.kind for house in base.houses for part in house.compartments}
        self.points = [point for point in base.points.values() if point.access.can_read]
        self.points_of_devices: defaultdict[str | None, dict[str, PointStructure]] = defaultdict(dict)
        for point in base.points.values():
            self.points_of_devices[point.device][point.local_key] = point

    def place_of(self, compartment: str | None, device: str | None) -> Wording:
        """The compartment; what serves the whole base is found by the name of the device."""
        if compartment in self.places:
            return self.places[compartment]
        found = self.devices.get(device or "")
        return self.base_name if found is None else Wording(found.name_zh, found.name_en)

    def line_of(self, device: str | None) -> str | None:
        return self.devices[device].line if device in self.devices else None


def _bind(definition: Definition, ground: _Ground) -> Iterator[Binding]:
    if definition.kind is Kind.LINE_LOST:
        yield from _bind_lines(definition, ground)
    elif definition.kind is Kind.LINK_LOST:
        yield from _bind_links(definition, ground)
    elif definition.kind is Kind.BLANKET_WAITS:
        winders = (point for point in _writable(ground) if point.role is Role.BLANKET)
        yield from (_of_point(definition, point, ground) for point in winders)
    elif definition.kind in {Kind.OUTPUT_LOCKED, Kind.PROGRAM_HINDERED}:
        yield from (_of_point(definition, point, ground) for point in _writable(ground) if point.motion is not None)
    elif definition.kind.follows_commands:
        yield from (_of_point(definition, point, ground) for point in _writable(ground))
    else:
        yield from _bind_points(definition, ground)


def _bind_lines(definition: Definition, ground: _Ground) -> Iterator[Binding]:
    """Lines with several devices: where there is one, its own link says it already."""
    members: defaultdict[str, list[DeviceStructure]] = defaultdict(list)
    for device in ground.devices.values():
        members[device.line].append(device)
    for line, behind in members.items():
        if len(behind) > 1:
            yield Binding(
                definition=definition,
                object_key=LINE_PREFIX + line,
                object_name=Wording(behind[0].line_name_zh, behind[0].line_name_en),
                place=Wording(behind[0].line_name_zh, behind[0].line_name_en),
                compartment=None,
                point=None,
                line=line,
                members=tuple(device.key for device in behind),
            )


def _bind_links(definition: Definition, ground: _Ground) -> Iterator[Binding]:
    for device in ground.devices.values():
        yield Binding(
            definition=definition,
            object_key=link_key(device.key),
            object_name=Wording(device.name_zh, device.name_en),
            place=ground.place_of(device.compartment, device.key),
            compartment=device.compartment,
            point=ground.points_of_devices[device.key].get("link"),
            device=device.key,
            line=device.line,
        )


def _bind_points(definition: Definition, ground: _Ground) -> Iterator[Binding]:
    selection, served = definition.selection, set()
    for point in ground.points:
        if point.is_virtual and not selection.keys:
            continue  # what the system says of itself is watched by name only
        if selection.quantity not in {None, point.quantity} or (
            selection.keys and point.local_key not in selection.keys
        ):
            continue
        if selection.houses and ground.house_kinds.get(point.compartment or "") not in selection.houses:
            continue
        if selection.once_per_compartment and (point.compartment is None or point.compartment in served):
            continue
        binding = _of_point(definition, point, ground)
        if (definition.reference and binding.reference is None) or (definition.gate and not binding.gate):
            continue  # the device has nothing to compare with
        if selection.moves and _moved_by(binding, ground) not in selection.moves:
            continue
        served.add(point.compartment)
        yield binding


def _moved_by(binding: Binding, ground: _Ground) -> OutputKind | None:
    """What the reference of an alarm moves."""
    beside = ground.points_of_devices[binding.device]
    target = beside.get(binding.definition.reference or "")
    return None if target is None else target.output_kind


def _writable(ground: _Ground) -> Iterator[PointStructure]:
    for points in ground.points_of_devices.values():
        yield from (point for point in points.values() if point.is_writable)


def _of_point(definition: Definition, point: PointStructure, ground: _Ground) -> Binding:
    beside = ground.points_of_devices[point.device]
    reference = beside.get(definition.reference or "")
    gate = () if definition.gate is None else definition.gate.points
    return Binding(
        definition=definition,
        object_key=point.key,
        object_name=Wording(point.label_zh, point.label_en),
        place=ground.place_of(point.compartment, point.device),
        compartment=point.compartment,
        point=point,
        reference=None if reference is None else reference.key,
        gate=tuple(beside[key].key for key in gate if key in beside),
        device=point.device,
        line=ground.line_of(point.device),
    )
