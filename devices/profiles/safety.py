"""What stops an output when this system dies, and what a planned stop does with it.

The loader asks this of every profile; the base file asks it again after it has named the load of a bare relay.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from devices.profiles.outputs import OnStop, OutputKind, OutputSpec, StoppedBy
from devices.profiles.schema import KeepAlive, PointSpec, WriteKind
from devices.units import Quantity

_MOVING = frozenset({OutputKind.WINDER, OutputKind.VENT, OutputKind.THERMAL_SCREEN, OutputKind.SHADING_NET})


def output_faults(point: PointSpec, *, points: Mapping[str, PointSpec], keep_alive: KeepAlive | None) -> Iterator[str]:
    """Sentences on what makes a point's output unsafe; none when it may be used.

    Parameters
    ----------
    point : PointSpec
        With the output as it will be used (after the base file's overrides).
    points : mapping
        Points of the same device by key.
    keep_alive : KeepAlive or None
        Of the device.
    """
    output = point.output
    if output is None:
        return
    yield from _accepted_risk_faults(output)
    yield from _write_faults(point, output)
    if not output.kind.is_direct:
        yield from _command_faults(output)
    else:
        yield from _stopped_by_faults(output, points=points, keep_alive=keep_alive)
    yield from _motion_faults(point, output, points)
    yield from _on_stop_faults(point, output)


def _accepted_risk_faults(output: OutputSpec) -> Iterator[str]:
    risk = output.accepted_risk
    if risk is not None and not (risk.by.strip() and risk.reason.strip()):
        yield "output.accepted_risk needs both who accepts it (by) and why (reason)"


def _write_faults(point: PointSpec, output: OutputSpec) -> Iterator[str]:
    if point.write is None or not output.kind.is_safety_relevant:
        return
    if point.write.readback is None:
        yield f"is a {output.kind} output without a read-back; name the point that is read back in write.readback"
    if point.write.kind is not WriteKind.ABSOLUTE:
        yield f"is a {output.kind} output written by {point.write.kind}; only absolute writes can be checked"


def _command_faults(output: OutputSpec) -> Iterator[str]:
    """A setpoint, mode, heartbeat or setting: the controller behind it runs on, so there is nothing to stop."""
    if output.stopped_by is not StoppedBy.SUPERVISED:
        yield f'output.stopped_by must be "supervised" for a {output.kind}, not "{output.stopped_by}"'
    if output.on_stop not in (OnStop.KEEP, OnStop.HOLD):
        yield f'output.on_stop must be "keep" for a {output.kind}, not "{output.on_stop}"'


def _stopped_by_faults(
    output: OutputSpec, *, points: Mapping[str, PointSpec], keep_alive: KeepAlive | None
) -> Iterator[str]:
    match output.stopped_by:
        case StoppedBy.SUPERVISED:
            yield (
                f'output.stopped_by "supervised" is for setpoints and modes; a {output.kind} is moved directly: say '
                "device_timeout, run_time_register, end_switch or none"
            )
        case StoppedBy.DEVICE_TIMEOUT if keep_alive is None or keep_alive.timeout is None:
            yield "output.stopped_by device_timeout needs [keep_alive] timeout: the point of the device's own time-out"
        case StoppedBy.RUN_TIME_REGISTER:
            yield from _run_time_faults(output, points)
        case StoppedBy.END_SWITCH:
            yield from _end_switch_faults(output, points)
        case StoppedBy.NONE if output.kind.is_safety_relevant and output.accepted_risk is None:
            yield (
                f'output.stopped_by "none" is refused for a {output.kind}: nothing would stop it if this system '
                "died; name what does, or let an engineer sign accepted_risk = { by, reason }"
            )


def _run_time_faults(output: OutputSpec, points: Mapping[str, PointSpec]) -> Iterator[str]:
    if output.run_time_point is None:
        yield "output.stopped_by run_time_register needs output.run_time_point: the key of the run-time register"
        return
    run_time = points.get(output.run_time_point)
    if run_time is None:
        yield f'output.run_time_point "{output.run_time_point}" is no point of this profile'
    elif run_time.write is None or run_time.quantity is not Quantity.DURATION:
        yield f'output.run_time_point "{output.run_time_point}" must be a writable duration'


def _end_switch_faults(output: OutputSpec, points: Mapping[str, PointSpec]) -> Iterator[str]:
    if output.kind.doses and output.accepted_risk is None:
        yield f"output.stopped_by end_switch does not stop a {output.kind}: at its end position it still feeds"
    if not output.end_switches and not output.end_switch_in_hardware:
        yield (
            "output.stopped_by end_switch needs output.end_switches (keys of the points that show them) "
            "or end_switch_in_hardware = true"
        )
    for key in output.end_switches:
        if key not in points:
            yield f'output.end_switches: "{key}" is no point of this profile'


def _motion_faults(point: PointSpec, output: OutputSpec, points: Mapping[str, PointSpec]) -> Iterator[str]:
    motion = output.motion
    if motion is None:
        return
    if output.kind not in _MOVING:
        yield f"output.motion is said of a {output.kind}, which moves nothing"
    for name, key, quantity in (
        ("position", motion.position, Quantity.POSITION),
        ("motor", motion.motor, Quantity.STATE),
    ):
        shown = points.get(key)
        if shown is None or not shown.access.can_read:
            yield f'output.motion.{name} "{key}" is no point of this profile that is read'
        elif shown.quantity is not quantity:
            yield f'output.motion.{name} "{key}" must be a {quantity}, not a {shown.quantity}'
    if (motion.opens_with is None) != (motion.shuts_with is None):
        yield "output.motion: opens_with and shuts_with go together"
    elif motion.opens_with is None and point.quantity is not Quantity.POSITION:
        yield "output.motion: the point takes no position; say opens_with and shuts_with"
    elif motion.opens_with is not None and output.safe_value is None:
        yield "output.motion: what takes a motor command needs output.safe_value, the command that stops it"


def _on_stop_faults(point: PointSpec, output: OutputSpec) -> Iterator[str]:
    if output.kind.doses and output.on_stop is not OnStop.CLOSE and output.accepted_risk is None:
        yield f'output.on_stop must be "close" for a {output.kind}, which feeds for as long as it is on'
    if output.kind is OutputKind.WINDER and output.on_stop is OnStop.KEEP:
        yield 'output.on_stop "keep" is refused for a winder; say "stop_motor" (or "hold" for a position)'
    if output.on_stop not in (OnStop.CLOSE, OnStop.STOP_MOTOR):
        return
    if output.safe_value is None:
        yield f'output.safe_value is missing: on_stop "{output.on_stop}" must know what to write'
    elif point.write is not None and not point.write.limits[0] <= output.safe_value <= point.write.limits[1]:
        low, high = point.write.limits
        yield f"output.safe_value {output.safe_value:g} is outside write.limits {low:g} to {high:g}"
