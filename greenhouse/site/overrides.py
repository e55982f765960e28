"""Where a device of this site differs from its profile: reading, checking and applying it.

The same functions serve the base file and the wiring, which reads the stored table of a device again, so that both
poll and write the same points.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TypedDict

from devices.profiles.fields import Choice, Fields, near_matches
from devices.profiles.loader import LONGEST_TRAVEL_S
from devices.profiles.outputs import AcceptedRisk, OnStop, OutputKind, OutputSpec, StoppedBy
from devices.profiles.recording import read_record
from devices.profiles.roles import role_faults
from devices.profiles.safety import output_faults
from devices.profiles.schema import DeviceProfile, PointSpec, Role, WriteSpec
from greenhouse.site.basefile.schema import OutputOverride, PointOverride

LONGEST_LABEL = 200
NO_ROLE = "none"


class _RoleOverride(TypedDict):
    role: Role | None
    has_no_role: bool


def read_overrides(parent: Fields) -> tuple[PointOverride, ...]:
    """Overrides in the ``points`` table of a device. Faults are noted in ``parent``."""
    table = parent.nested("points")
    if table is None:
        return ()
    overrides = tuple(_read_point(fields, key) for key in table if (fields := table.nested(key)) is not None)
    table.finish()
    return overrides


def _read_point(fields: Fields, key: str) -> PointOverride:
    found = PointOverride(
        key=key,
        enabled=fields.flag("enabled") or "enabled" not in fields,
        label_zh=fields.optional_text("label_zh"),
        label_en=fields.optional_text("label_en"),
        poll_s=optional_positive(fields, "poll_s", highest=86400.0),
        valid=fields.interval("valid"),
        limits=fields.interval("limits"),
        needs_approval=fields.flag("approval") if "approval" in fields else None,
        output=_read_output(fields),
        record=read_record(fields),
        **_read_role(fields),
    )
    if (found.label_zh is None) != (found.label_en is None):
        missing, given = ("label_zh", "label_en") if found.label_zh is None else ("label_en", "label_zh")
        fields.fault(missing, f"is missing: {given} is given, and a name must be readable in both languages")
    for name, label in (("label_zh", found.label_zh), ("label_en", found.label_en)):
        if label is not None and len(label) > LONGEST_LABEL:
            fields.fault(name, f"is longer than {LONGEST_LABEL} characters")
    fields.finish()
    return found


def _read_role(fields: Fields) -> _RoleOverride:
    """The role that a site gives a point, or ``"none"``, which takes the profile's away."""
    told = fields.optional_text("role")
    known = [role.value for role in Role]
    if told is None or told == NO_ROLE:
        return {"role": None, "has_no_role": told == NO_ROLE}
    if told not in known:
        hint = near_matches(told, known) or f"; known: {', '.join(known)}, {NO_ROLE}"
        fields.fault("role", f'"{told}" is not known{hint}')
        return {"role": None, "has_no_role": False}
    return {"role": Role(told), "has_no_role": False}


def _read_output(parent: Fields) -> OutputOverride | None:
    fields = parent.nested("output")
    if fields is None:
        return None
    risk = fields.nested("accepted_risk")
    found = OutputOverride(
        kind=_optional_choice(fields, "kind", OutputKind),
        stopped_by=_optional_choice(fields, "stopped_by", StoppedBy),
        on_stop=_optional_choice(fields, "on_stop", OnStop),
        safe_value=fields.optional_number("safe_value"),
        run_time_point=fields.optional_text("run_time_point"),
        end_switches=fields.texts("end_switches"),
        end_switch_in_hardware=fields.flag("end_switch_in_hardware"),
        accepted_risk=None if risk is None else AcceptedRisk(by=risk.text("by"), reason=risk.text("reason")),
        travel_s=optional_positive(fields, "travel_s", highest=LONGEST_TRAVEL_S),
    )
    if risk is not None:
        risk.finish()
    fields.finish()
    return found


def optional_positive(fields: Fields, key: str, *, highest: float) -> float | None:
    """A number above 0, or None when the field is absent."""
    return fields.positive(key, default=highest, highest=highest) if key in fields else fields.optional_number(key)


def _optional_choice(fields: Fields, key: str, kind: type[Choice]) -> Choice | None:
    if key in fields:
        return fields.choice(key, kind)
    fields.optional_text(key)  # a key that is asked for is a near match of a misspelled one
    return None


def apply_overrides(
    profile: DeviceProfile,
    overrides: tuple[PointOverride, ...],
    *,
    timeout_s: float | None = None,
    retries: int | None = None,
) -> DeviceProfile:
    """The profile as it holds for one device: changed points, without the disabled ones and without nameless relays.

    Overrides that `override_faults` refuses give no meaningful result.

    Parameters
    ----------
    profile : DeviceProfile
        As its file says.
    overrides : tuple of PointOverride
        From `read_overrides`.
    timeout_s, retries : optional
        Instead of the profile's. [s], count
    """
    by_key = {override.key: override for override in overrides}
    points = (_apply(point, by_key.get(point.key)) for point in profile.points)
    kept = tuple(
        point
        for point in points
        if (point.key not in by_key or by_key[point.key].enabled) and not _is_nameless_relay(point)
    )
    return replace(
        profile,
        points=kept,
        timeout_s=profile.timeout_s if timeout_s is None else timeout_s,
        retries=profile.retries if retries is None else retries,
    )


def _apply(point: PointSpec, override: PointOverride | None) -> PointSpec:
    if override is None:
        return point
    return replace(
        point,
        label_zh=override.label_zh or point.label_zh,
        label_en=override.label_en or point.label_en,
        poll_s=point.poll_s if override.poll_s is None else override.poll_s,
        valid=point.valid if override.valid is None else override.valid,
        write=None if point.write is None else _apply_write(point.write, override),
        output=point.output if override.output is None else _apply_output(point.output, override.output),
        record=override.record or point.record,
        role=None if override.has_no_role else override.role or point.role,
    )


def _apply_write(write: WriteSpec, override: PointOverride) -> WriteSpec:
    return replace(
        write,
        limits=write.limits if override.limits is None else override.limits,
        needs_approval=write.needs_approval if override.needs_approval is None else override.needs_approval,
    )


def _apply_output(output: OutputSpec | None, override: OutputOverride) -> OutputSpec | None:
    if output is None:
        return None
    return OutputSpec(
        kind=override.kind or output.kind,
        stopped_by=override.stopped_by or output.stopped_by,
        on_stop=override.on_stop or output.on_stop,
        safe_value=output.safe_value if override.safe_value is None else override.safe_value,
        accepted_risk=override.accepted_risk or output.accepted_risk,
        run_time_point=override.run_time_point or output.run_time_point,
        end_switches=override.end_switches or output.end_switches,
        end_switch_in_hardware=override.end_switch_in_hardware or output.end_switch_in_hardware,
        motion=output.motion
        if output.motion is None or override.travel_s is None
        else replace(output.motion, travel_s=override.travel_s),
    )


def _is_nameless_relay(point: PointSpec) -> bool:
    return point.output is not None and point.output.kind is OutputKind.RELAY


def override_faults(profile: DeviceProfile, overrides: tuple[PointOverride, ...]) -> Iterator[str]:
    """Sentences on what is wrong with overrides of a profile, each beginning with ``points.<key>``.

    The safety rules of outputs are asked again for every point, because an override may name the load of a relay, sign
    a risk, or switch off the end switch that another point relies on.
    """
    points = {point.key: point for point in profile.points}
    for override in overrides:
        point = points.get(override.key)
        sentences = _unknown(profile, override) if point is None else _faults(point, override)
        yield from (f"points.{override.key}{sentence}" for sentence in sentences)
    effective = {point.key: point for point in apply_overrides(profile, overrides).points}
    touched = {override.key for override in overrides}
    for point in effective.values():
        yield from (
            f"points.{point.key}.{sentence}" if sentence.startswith("output.") else f"points.{point.key} {sentence}"
            for sentence in output_faults(point, points=effective, keep_alive=profile.keep_alive)
            if touched
        )
        if point.key in touched:
            yield from (f"points.{point.key}: {sentence}" for sentence in role_faults(point))
    yield from _still_needed(profile, effective)


def _unknown(profile: DeviceProfile, override: PointOverride) -> Iterator[str]:
    for unverified in profile.unverified:
        if unverified.key == override.key:
            yield f": this register of {profile.key} is unverified and is never polled ({unverified.why})"
            return
    yield f": {profile.key} has no such point{near_matches(override.key, [point.key for point in profile.points])}"


def _faults(point: PointSpec, override: PointOverride) -> Iterator[str]:
    if override.limits is not None:
        yield from _limit_faults(point, override.limits)
    if override.needs_approval is not None and point.write is None:
        yield ".approval: the point cannot be written"
    if override.poll_s is not None and not point.access.can_read:
        yield ".poll_s: the point cannot be read"
    if override.record is not None and not point.access.can_read:
        yield ".record: the point cannot be read"
    if override.output is None:
        return
    if point.output is None:
        yield ".output: the profile has no output here"
        return
    kind = override.output.kind
    if override.output.travel_s is not None and point.output.motion is None:
        yield ".output.travel_s: the profile says of no motor that moves this"
    if point.output.kind is OutputKind.RELAY:
        if kind is None or kind is OutputKind.RELAY:
            yield ".output.kind must say what the relay drives (fan, valve, pump, ...)"
        missing = [name for name in ("stopped_by", "on_stop") if getattr(override.output, name) is None]
        yield from (f".output.{name} is missing: the profile of a bare relay cannot know it" for name in missing)
    elif kind is not None and kind is not point.output.kind:
        yield f'.output.kind "{kind}": the profile says {point.output.kind}, which a site cannot change'


def _limit_faults(point: PointSpec, limits: tuple[float, float]) -> Iterator[str]:
    if point.write is None:
        yield ".limits: the point cannot be written"
        return
    (low, high), (lowest, highest) = limits, point.write.limits
    if low < lowest or high > highest:
        yield f".limits {low:g} to {high:g} leaves the profile's {lowest:g} to {highest:g}"


def _still_needed(profile: DeviceProfile, effective: Mapping[str, PointSpec]) -> Iterator[str]:
    """Points that are switched off although something that is on relies on them (outputs are asked elsewhere)."""
    known = {point.key for point in profile.points}
    needs: list[tuple[str | None, str]] = [
        (point.write.readback, f"the read-back of {point.key}")
        for point in effective.values()
        if point.write is not None and point.write.readback is not None
    ]
    if profile.keep_alive is not None:
        needs += [(profile.keep_alive.heartbeat, "the heartbeat"), (profile.keep_alive.timeout, "the device time-out")]
    for key, purpose in needs:
        if key in known and key not in effective:
            yield f"points.{key}.enabled: cannot be switched off, it is {purpose}"
