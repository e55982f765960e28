"""Rows of the database as a base file asks for them: points in canonical units."""

from __future__ import annotations

from collections.abc import Iterator

from devices.profiles.outputs import MotionSpec
from devices.profiles.recording import RecordPolicy, default_policy, effective_policy
from devices.profiles.schema import Access, PointSpec, WriteKind
from devices.units import canonical_unit, conversion
from greenhouse.site.basefile.schema import DeviceEntry
from greenhouse.site.virtual_points import (
    CONTROL_POINTS,
    LINK_POINT,
    VIRTUAL_POLL_S,
    VirtualPoint,
    control_key,
    link_key,
)

Row = dict[str, object]


def point_rows(entry: DeviceEntry) -> Iterator[tuple[str, Row]]:
    """Key and columns of every point of a device, its link last."""
    for position, point in enumerate(entry.profile.points):
        yield f"{entry.key}.{point.key}", {"position": position, **_point_row(entry, point)}
    yield link_key(entry.key), {"position": len(entry.profile.points), **_virtual_row(LINK_POINT)}


def control_rows() -> Iterator[tuple[str, Row]]:
    """Key and columns of the control process's own points."""
    for position, point in enumerate(CONTROL_POINTS):
        yield control_key(point.local_key), {"position": position, **_virtual_row(point)}


def _point_row(entry: DeviceEntry, point: PointSpec) -> Row:
    convert = conversion(point.quantity, point.unit)
    write, output = point.write, point.output
    # A factor below zero would swap the bounds; none of the units has one.
    valid = None if point.valid is None else [convert.apply(bound) for bound in point.valid]
    limits = None if write is None else [convert.apply(bound) for bound in write.limits]
    risk = None if output is None else output.accepted_risk
    record = effective_policy(
        point.record, point.quantity, point.unit, is_writable=point.access.can_write, poll_s=point.poll_s
    )
    return {
        "local_key": point.key,
        "label_zh": point.label_zh,
        "label_en": point.label_en,
        "quantity": point.quantity.value,
        "unit": canonical_unit(point.quantity).value,
        "access": point.access.value,
        "poll_s": point.poll_s,
        **_record_columns(record),
        "valid_low": valid and valid[0],
        "valid_high": valid and valid[1],
        "limit_low": limits and limits[0],
        "limit_high": limits and limits[1],
        # A tolerance is a difference: it takes the factor, not the offset.
        "tolerance": None if write is None else write.tolerance * convert.factor,
        "confirm_within_s": None if write is None else write.confirm_within_s,
        "readback": None if write is None or write.readback is None else f"{entry.key}.{write.readback}",
        "is_absolute": write is None or write.kind is WriteKind.ABSOLUTE,
        "needs_approval": write is not None and write.needs_approval,
        "output_kind": None if output is None else output.kind.value,
        "stopped_by": None if output is None else output.stopped_by.value,
        "run_time_point": None
        if output is None or output.run_time_point is None
        else f"{entry.key}.{output.run_time_point}",
        "accepted_risk_by": None if risk is None else risk.by,
        "accepted_risk_reason": None if risk is None else risk.reason,
        "states": [list(state) for state in point.states],
        "role": None if point.role is None else point.role.value,
        "motion": None if output is None or output.motion is None else _motion(entry, point, output.motion),
        "is_virtual": False,
    }


def _motion(entry: DeviceEntry, point: PointSpec, motion: MotionSpec) -> Row:
    """How an output moves what it moves, with whole keys and in canonical units."""
    convert = conversion(point.quantity, point.unit)
    stops_with = None if point.output is None else point.output.safe_value
    commands = {"opens_with": motion.opens_with, "shuts_with": motion.shuts_with}
    if motion.opens_with is not None:
        commands["stops_with"] = stops_with
    return {
        "position": f"{entry.key}.{motion.position}",
        "motor": f"{entry.key}.{motion.motor}",
        "travel_s": motion.travel_s,
        **{name: convert.apply(value) for name, value in commands.items() if value is not None},
    }


def _record_columns(policy: RecordPolicy) -> Row:
    return {
        "record": policy.mode.value,
        "record_dead_band": policy.dead_band,
        "record_interval_s": policy.interval_s,
    }


def _virtual_row(point: VirtualPoint) -> Row:
    return {
        "local_key": point.local_key,
        "label_zh": point.label_zh,
        "label_en": point.label_en,
        "quantity": point.quantity.value,
        "unit": canonical_unit(point.quantity).value,
        "access": Access.READ.value,
        "poll_s": VIRTUAL_POLL_S,
        **_record_columns(default_policy(point.quantity, is_writable=False, poll_s=VIRTUAL_POLL_S)),
        "valid_low": None,
        "valid_high": None,
        "limit_low": None,
        "limit_high": None,
        "tolerance": None,
        "confirm_within_s": None,
        "readback": None,
        "is_absolute": True,
        "needs_approval": False,
        "output_kind": None,
        "stopped_by": None,
        "run_time_point": None,
        "accepted_risk_by": None,
        "accepted_risk_reason": None,
        "states": [[int(number), zh, en] for number, zh, en in point.states],
        "role": None,
        "motion": None,
        "is_virtual": True,
    }
