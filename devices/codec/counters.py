"""Counters that roll over: an exact total from readings that start again at zero."""

from __future__ import annotations

from dataclasses import dataclass

from devices.codec.scaling import point_scaling, rational
from devices.profiles.schema import PointSpec
from devices.samples import Reason

_LARGEST_ROLL_OVER_PART = 64


@dataclass(frozen=True, slots=True)
class CounterState:
    """What must be known to count on, also across a restart.

    Attributes
    ----------
    total : int
        Steps of the register since it was first read, and what it showed then.
    raw : int
        The last reading.
    """

    total: int
    raw: int


def advance_counter(
    state: CounterState | None, raw: int, *, rolls_over_at: int, max_step: int | None = None
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
        Most steps between two readings that a roll-over is believed to be; default 1/64 of ``rolls_over_at``.

    Returns
    -------
    state : CounterState
        To keep for the next reading; its ``total`` is the value.
    reason : Reason
        ``COUNTER_RESET`` if the reading fell further back than a roll-over explains: the device was reset or replaced.
        The total then stays, and goes on from the new reading.
    """
    if state is None:
        return CounterState(total=raw, raw=raw), Reason.NONE
    step = raw - state.raw
    if step < 0:
        step += rolls_over_at
        if not 0 <= step <= (rolls_over_at // _LARGEST_ROLL_OVER_PART if max_step is None else max_step):
            return CounterState(total=state.total, raw=raw), Reason.COUNTER_RESET
    return CounterState(total=state.total + step, raw=raw), Reason.NONE


def resume_counter(point: PointSpec, value: float) -> CounterState:
    """State that goes on from a stored canonical total, such as after a restart of this system.

    What the device itself showed then is not stored; it is what the total leaves after all roll-overs, unless the
    device was ever reset or replaced. Then a device that shows less than that counts as reset once more, and nothing is
    invented; but one that shows more (a used meter was put in) adds its lead to the total once.
    """
    total = round(point_scaling(point).undo(rational(value)))
    return CounterState(total=total, raw=total % point.rolls_over_at if point.rolls_over_at else total)


def counter_value(point: PointSpec, total: int) -> float | int:
    """Canonical value of a counter's total: an exact integer where the scale gives one, else rounded once."""
    value = point_scaling(point).apply(total)
    return value.numerator if value.denominator == 1 else float(value)
