"""What a point is to whoever controls a climate: the air of its compartment, its blanket, the wind of the base.

A profile declares the role of a point where every device of its kind has it. Where a profile cannot know (which vent a
vent motor opens), the base file says it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from devices.profiles.outputs import OutputKind
from devices.profiles.schema import PointSpec, Role
from devices.units import Quantity

OF_THE_BASE = frozenset({Role.OUTSIDE_TEMPERATURE, Role.WIND_SPEED, Role.RAIN, Role.RADIATION})
"""Roles that one point of the whole base has. All others belong to a compartment."""

MOVED: Mapping[Role, OutputKind] = {
    Role.BLANKET: OutputKind.WINDER,
    Role.ROOF_VENT: OutputKind.VENT,
    Role.LEE_VENT: OutputKind.VENT,
    Role.WINDWARD_VENT: OutputKind.VENT,
    Role.BOTTOM_VENT: OutputKind.VENT,
    Role.SCREEN: OutputKind.THERMAL_SCREEN,
    Role.SHADE: OutputKind.SHADING_NET,
}
"""Roles of outputs that move something, and what kind of output that is."""

_SET = frozenset({Role.HEATING_SETPOINT, Role.VENTILATION_SETPOINT})
_QUANTITIES: Mapping[Role, Quantity] = {
    Role.AIR_TEMPERATURE: Quantity.TEMPERATURE,
    Role.OUTSIDE_TEMPERATURE: Quantity.TEMPERATURE,
    Role.WIND_SPEED: Quantity.WIND_SPEED,
    Role.RAIN: Quantity.STATE,
    Role.RADIATION: Quantity.IRRADIANCE,
    Role.HEATING_SETPOINT: Quantity.TEMPERATURE,
    Role.VENTILATION_SETPOINT: Quantity.TEMPERATURE,
}


def role_faults(point: PointSpec) -> Iterator[str]:
    """Sentences on a role that a point cannot have."""
    role = point.role
    if role is None:
        return
    quantity, kind = _QUANTITIES.get(role), None if point.output is None else point.output.kind
    if quantity is not None and point.quantity is not quantity:
        yield f'role "{role}" belongs to a {quantity}, not to a {point.quantity}'
    elif role in _SET and kind is not OutputKind.SETPOINT:
        yield f'role "{role}" belongs to an output of kind "setpoint"'
    elif role in MOVED and kind is not MOVED[role]:
        yield f'role "{role}" belongs to an output of kind "{MOVED[role]}"'
    elif role in MOVED and (point.output is None or point.output.motion is None):
        yield f'role "{role}" needs output.motion: what shows its position and its motor, and how long it travels'
    elif role not in MOVED and role not in _SET and not point.access.can_read:
        yield f'role "{role}" belongs to a point that is read'
