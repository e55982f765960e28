"""Counters that roll over: an exact total from readings that start again at zero."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from devices.codec.scaling import point_scaling, rational
from devices.profiles.schema import PointSpec
from devices.samples import CounterState, Reason

_LARGEST_ROLL_OVER_PART = 64
_SLACK = timedelta(minutes=10)
"""So much more time at the highest rate is allowed: devices count in batches, and times are not exact."""


def advance_counter(
    state: CounterState | None,
    raw: int,
    *,
    rolls_over_at: int,
    max_step: int | None = None,
    read_at: datetime | None = None,
) -> tuple[CounterState, Reason]:
    """Count on to a new reading. The total never falls.

    Parameters
    ----------
    state : CounterState or None
        None at the first reading: the total then is what the device shows.
    raw : int
        The reading.
    rolls_over_at : int
        The raw number after the highest one is 0 again.
    max_step : int, optional
        Most steps that can have been counted between the two readings (`most_steps`). None: nobody knows; then every
        advance is believed, and a roll-over of up to 1/64 of ``rolls_over_at``.
    read_at : datetime, optional
        When the reading was taken.

    Returns
    -------
    state : CounterState
        To keep for the next reading; its ``total`` is the value.
    reason : Reason
        ``COUNTER_RESET`` if the reading fell further back than a roll-over explains, ``COUNTER_LEAP`` if it is further
        ahead than can have been counted: the device was reset or replaced. The total then stays, and goes on from the
        new reading.
    """
    if state is None:
        return CounterState(total=raw, raw=raw, read_at=read_at), Reason.NONE
    step, reason = raw - state.raw, Reason.NONE
    if step < 0:
        step += rolls_over_at
        if not 0 <= step <= (rolls_over_at // _LARGEST_ROLL_OVER_PART if max_step is None else max_step):
            step, reason = 0, Reason.COUNTER_RESET
    elif max_step is not None and step > max_step:
        step, reason = 0, Reason.COUNTER_LEAP
    return CounterState(total=state.total + step, raw=raw, read_at=read_at), reason


def most_steps(point: PointSpec, state: CounterState | None, read_at: datetime) -> int | None:
    """Most steps that a counter can have made since its last reading. None: its profile or the clock does not tell."""
    if point.most_per_h is None or state is None or state.read_at is None:
        return None
    elapsed = max(timedelta(0), read_at - state.read_at) + _SLACK
    steps_per_h = rational(point.most_per_h) / rational(point.scale)
    return int(steps_per_h * rational(elapsed / timedelta(hours=1))) + 1


def resume_counter(point: PointSpec, value: float) -> CounterState:
    """State that goes on from a canonical total alone, as an older version stored it.

    What the device itself showed then is taken to be what the total leaves after all roll-overs, which is wrong if the
    device was ever reset or replaced. Then a device that shows less than that counts as reset once more, and nothing is
    invented; but one that shows more adds its lead to the total once.
    """
    total = round(point_scaling(point).undo(rational(value)))
    return CounterState(total=total, raw=total % point.rolls_over_at if point.rolls_over_at else total)


def in_present_scale(point: PointSpec, state: CounterState, value: float) -> CounterState:
    """A stored state whose total is still ``value`` after the scale of the point was changed in its profile."""
    if counter_value(point, state.total) == value:
        return state
    return replace(state, total=resume_counter(point, value).total)


def counter_value(point: PointSpec, total: int) -> float | int:
    """Canonical value of a counter's total: an exact integer where the scale gives one, else rounded once."""
    value = point_scaling(point).apply(total)
    return value.numerator if value.denominator == 1 else float(value)
