"""Whether a value may be sent to a point now. Pure: what is known of the point is passed in, and so is the time.

`submit` asks early, for a friendly message; `dispatch` asks again with fresh samples just before the write, and that
answer counts. Stale or bad input is a refusal, not a pass.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from devices.profiles.outputs import OutputKind
from devices.samples import Freshness, Quality, Sample
from devices.units import Quantity
from greenhouse.base_clock import LIVE, Pacing
from greenhouse.site.virtual_points import Link


class Code(StrEnum):
    """Why a request was refused, or how it ended when it was not confirmed."""

    NONE = ""
    NOT_ALLOWED = "not_allowed"
    UNKNOWN_POINT = "unknown_point"
    NOT_WRITABLE = "not_writable"
    DIRECT_OUTPUT = "direct_output"
    NOT_FINITE = "not_finite"
    OUT_OF_LIMITS = "out_of_limits"
    NOT_A_STATE = "not_a_state"
    NO_READBACK_POINT = "no_readback_point"
    LINK_UNKNOWN = "link_unknown"
    LINK_DOWN = "link_down"
    LOCATION_UNKNOWN = "location_unknown"
    LOCAL_CONTROL = "local_control"
    VALUE_CHANGED = "value_changed"
    UNDER_WAY = "under_way"
    REPLACED = "replaced"
    NOT_TAKEN = "not_taken"
    NOT_SENT = "not_sent"
    LINE_DOWN = "line_down"
    LINE_BUSY = "line_busy"
    NOT_PROTECTED = "not_protected"
    TOO_LATE = "too_late"
    LEASE_LOST = "lease_lost"
    DEVICE_REFUSED = "device_refused"
    NO_ANSWER = "no_answer"
    READBACK_DIFFERS = "readback_differs"
    NOTHING_TO_READ_BACK = "nothing_to_read_back"
    ACKNOWLEDGEMENT_LOST = "acknowledgement_lost"
    INTERRUPTED = "interrupted"
    CONTROL_FAULT = "control_fault"
    HELD = "held"
    REASON_TOO_LONG = "reason_too_long"
    REASON_MISSING = "reason_missing"
    MAY_NOT_HOLD = "may_not_hold"
    HOLD_LENGTH = "hold_length"
    HOLD_OVER = "hold_over"
    NOT_HELD = "not_held"
    MAY_NOT_APPROVE = "may_not_approve"
    OWN_REQUEST = "own_request"
    DECIDED = "decided"
    DECLINED = "declined"
    NOT_APPROVED = "not_approved"
    CHANGED_ON_SITE = "changed_on_site"
    RESTORED = "restored"
    STOP_UNCONFIRMED = "stop_unconfirmed"
    SET_ON_SITE = "set_on_site"
    NOT_READ_BACK = "not_read_back"
    IN_FORCE_ALREADY = "in_force_already"
    UNDO_OVER = "undo_over"
    HOLD_NOT_LONGER = "hold_not_longer"
    BROKEN_OFF = "broken_off"
    TOO_FEW_PLACES = "too_few_places"
    BLANKET_NOT_UP = "blanket_not_up"
    BLANKET_UNKNOWN = "blanket_unknown"
    VENTS_OPEN = "vents_open"
    VENT_UNKNOWN = "vent_unknown"
    WIND_LIMITS_VENT = "wind_limits_vent"
    RAIN_LIMITS_VENT = "rain_limits_vent"
    WIND_UNKNOWN = "wind_unknown"
    WIND_UNKNOWN_BLANKET = "wind_unknown_blanket"
    RAIN_UNKNOWN = "rain_unknown"
    WIND_HOLDS_BLANKET = "wind_holds_blanket"
    WIND_HOLDS_NET = "wind_holds_net"
    WIND_UNKNOWN_NET = "wind_unknown_net"
    RAIN_HOLDS_NET = "rain_holds_net"
    RAIN_UNKNOWN_NET = "rain_unknown_net"
    OVER_TRAVEL = "over_travel"
    NO_OPEN_VALVE = "no_open_valve"
    NOT_LOCKED = "not_locked"
    NEEDS_RUN = "needs_run"
    RUN_TIME_NOT_SET = "run_time_not_set"
    RUN_TIME_UNKNOWN = "run_time_unknown"
    RUN_OVER = "run_over"


@dataclass(frozen=True, slots=True)
class Verdict:
    """A code with the facts that its sentence needs. Stored with the request; survives JSON."""

    code: Code
    facts: Mapping[str, str | float | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Target:
    """A point and what is known of it now. Values in the point's canonical unit.

    Attributes
    ----------
    link, link_interval_s
        Newest sample of the link to the point's device, and how often it should come. [s]
    location, location_interval_s
        Newest sample of the device's local/remote switch, and how often it should come; interval None: it has none. [s]
    confirmed : Sample or None
        Newest sample of the point that is read back.
    needs_approval : bool
        Whether the base file or the profile asks for a second person.
    pacing : Pacing
        How the clock of the samples passes.
    """

    point: str
    unit: str
    is_writable: bool
    output_kind: OutputKind | None
    limits: tuple[float, float] | None
    state_numbers: frozenset[int]
    readback: str | None
    tolerance: float
    link: Sample | None
    link_interval_s: float
    location: Sample | None
    location_interval_s: float | None
    confirmed: Sample | None
    needs_approval: bool = False
    quantity: Quantity | None = None
    pacing: Pacing = LIVE


LOCATION_LOCAL = 0
SET = frozenset({OutputKind.SETPOINT, OutputKind.MODE})
"""Kinds that a controller follows by its own judgment."""
MOVED = frozenset({OutputKind.VENT, OutputKind.WINDER, OutputKind.THERMAL_SCREEN, OutputKind.SHADING_NET})
"""Kinds that interlocks stand before (`greenhouse.commands.interlocks`)."""
WATER = frozenset({OutputKind.VALVE, OutputKind.PUMP})
"""Kinds that only an irrigation run opens, and that anybody may close (`greenhouse.commands.water`)."""
BY_REQUEST = SET | MOVED | WATER
"""Kinds of outputs that a request may change."""
BY_RUN = BY_REQUEST | {OutputKind.DEVICE_SETTING}
"""Kinds that a step of an irrigation run may change: it sets the register from which a valve closes by itself."""


def check(target: Target, value: float, *, now: datetime, is_of_run: bool = False) -> Verdict | None:
    """Why the value may not be sent, or None if it may.

    Parameters
    ----------
    target : Target
        With the newest samples.
    value : float
        Canonical unit of the point.
    now : datetime
        Aware.
    is_of_run : bool
        Whether it is a step of an irrigation run.
    """
    kinds = BY_RUN if is_of_run else BY_REQUEST
    return _check_value(target, value, kinds) or _check_link(target, now) or _check_location(target, now)


def obstacles(target: Target, *, now: datetime) -> list[Verdict]:
    """Everything about the controller that blocks any value now, not the first of it alone."""
    return [verdict for verdict in (_check_link(target, now), _check_location(target, now)) if verdict is not None]


def _check_value(target: Target, value: float, kinds: frozenset[OutputKind]) -> Verdict | None:
    if not target.is_writable or target.limits is None:
        return Verdict(Code.NOT_WRITABLE)
    if target.readback is None and target.output_kind is not None and target.output_kind.is_safety_relevant:
        return Verdict(Code.NO_READBACK_POINT)
    if target.output_kind not in kinds:
        return Verdict(Code.DIRECT_OUTPUT)
    if not math.isfinite(value):
        return Verdict(Code.NOT_FINITE)
    low, high = target.limits
    if not low <= value <= high:
        return Verdict(Code.OUT_OF_LIMITS, {"value": value, "low": low, "high": high, "unit": target.unit})
    if target.state_numbers and value not in target.state_numbers:
        return Verdict(Code.NOT_A_STATE, {"value": value})
    return None


def _check_link(target: Target, now: datetime) -> Verdict | None:
    link = target.link
    if link is None or link.value is None or link.quality is Quality.BAD:
        return Verdict(Code.LINK_UNKNOWN)
    fresh = target.pacing.freshness(link.observed_at, interval_s=target.link_interval_s, at=now)
    if fresh is not Freshness.LIVE:
        return Verdict(Code.LINK_UNKNOWN)
    return Verdict(Code.LINK_DOWN) if link.value == Link.OFFLINE else None


def _check_location(target: Target, now: datetime) -> Verdict | None:
    if target.location_interval_s is None:
        return None
    location = target.location
    if location is None or location.value is None or location.quality is Quality.BAD:
        return Verdict(Code.LOCATION_UNKNOWN)
    fresh = target.pacing.freshness(location.observed_at, interval_s=target.location_interval_s, at=now)
    if fresh not in (Freshness.LIVE, Freshness.LATE):
        return Verdict(Code.LOCATION_UNKNOWN)
    return Verdict(Code.LOCAL_CONTROL) if location.value == LOCATION_LOCAL else None


def confirmed_value(target: Target) -> float | None:
    """The value in force as it was last read back; None if it is not known."""
    sample = target.confirmed
    if sample is None or sample.value is None or sample.quality is Quality.BAD:
        return None
    return float(sample.value)


def has_changed(target: Target, seen_value: float | None) -> bool:
    """Whether the value in force is another one than the person saw before asking for a new one.

    A value that cannot be compared (NaN, infinity) was never seen on a page: it counts as another one.
    """
    current = confirmed_value(target)
    if current is None or seen_value is None:
        return current is not seen_value
    if not math.isfinite(seen_value) or not math.isfinite(current):
        return True
    return not agree(current, seen_value, tolerance=target.tolerance)


def agree(one: float | None, other: float | None, *, tolerance: float | None) -> bool:
    """Whether two values of a point are the same within its tolerance. What is not known agrees with no value.

    Parameters
    ----------
    tolerance : float or None
        Of the point, canonical unit; None: it has none, and only equal values are the same.
    """
    return one is not None and other is not None and abs(one - other) <= (tolerance or 0.0)
