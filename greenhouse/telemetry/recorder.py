"""Which samples of a reading become history. Pure: nothing is stored here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from devices.profiles.recording import RecordPolicy
from devices.samples import Reading
from devices.units import Quantity
from greenhouse.telemetry.codes import ORIGIN_CODES, to_ms
from greenhouse.telemetry.columns import Codes, Floats, Ints, Positions

Mask = npt.NDArray[np.bool_]

_NEVER_MS = np.iinfo(np.int64).min
_EXACT_FLOAT = 2.0**53
_FULL_TURN_DEG = 360.0
_ROUNDING = 1e-9
"""Decimals are not exact in binary: 21.3 - 21.2 is a hair above 0.1."""


@dataclass(frozen=True, slots=True)
class LastRecorded:
    """The last recorded sample of each point, by position. ``codes``: quality, reason and origin in one number."""

    ts_ms: Ints
    values: Floats
    codes: Ints
    exact: dict[int, int]

    def copy(self) -> LastRecorded:
        """A copy that may be changed."""
        return LastRecorded(self.ts_ms.copy(), self.values.copy(), self.codes.copy(), dict(self.exact))


@dataclass(frozen=True, slots=True)
class Choice:
    """Which samples to record: one mask per reading, and what will have been recorded when they are stored."""

    masks: tuple[Mask, ...]
    recorded: LastRecorded


class Recorder:
    """Chooses by the policy of each point.

    Nothing is remembered of the time before its making: the first poll of a point is recorded.

    Parameters
    ----------
    policies : mapping
        By ``device.point`` key. A sample of another point is always chosen.
    quantities : mapping
        By key; of a direction, 359° and 1° are 2° apart.
    """

    def __init__(self, policies: Mapping[str, RecordPolicy], quantities: Mapping[str, Quantity]) -> None:
        count = len(policies)
        self._positions = {key: i for i, key in enumerate(policies)}
        self._due_after_ms = np.array([1000.0 * policy.due_after_s for policy in policies.values()])
        self._dead_bands = np.array([policy.unrecorded_change for policy in policies.values()])
        self._is_direction = np.array([quantities[key] is Quantity.WIND_DIRECTION for key in policies], bool)
        self._recorded = LastRecorded(np.full(count, _NEVER_MS), np.full(count, np.nan), np.full(count, -1), {})
        self._blocks: dict[tuple[str, ...], tuple[Positions, Positions]] = {}

    def choose(self, readings: Sequence[Reading]) -> Choice:
        """Which samples of these readings, which follow one another, become history."""
        recorded = self._recorded.copy()
        return Choice(tuple(self._choose(reading, recorded) for reading in readings), recorded)

    def accept(self, choice: Choice) -> None:
        """Go on from a choice, now that its samples are stored. One that was not stored is forgotten."""
        self._recorded = choice.recorded

    def _choose(self, reading: Reading, last: LastRecorded) -> Mask:
        known, at = self._block(reading.points)
        ts_ms, values = to_ms(reading.observed_at), np.where(np.isfinite(reading.values), reading.values, np.nan)[known]
        codes = _codes(reading.quality, reading.reason, ORIGIN_CODES[reading.origin])[known]
        with np.errstate(invalid="ignore", over="ignore"):
            change = np.abs(values - last.values[at])
            change = np.where(self._is_direction[at], np.minimum(change, _FULL_TURN_DEG - change), change)
            band = self._dead_bands[at] + _ROUNDING * np.maximum(1.0, np.abs(values))
            is_due = ts_ms - last.ts_ms[at].astype(np.float64) >= self._due_after_ms[at]
        chosen = (
            (codes != last.codes[at])
            | (np.isnan(values) != np.isnan(last.values[at]))
            | (change > band)
            | is_due
            | (ts_ms < last.ts_ms[at])
        )
        self._choose_exact(reading, chosen, last)
        last.ts_ms[at[chosen]] = ts_ms
        last.values[at[chosen]] = values[chosen]
        last.codes[at[chosen]] = codes[chosen]
        mask = np.ones(len(reading.points), bool)
        mask[known] = chosen
        return mask

    def _choose_exact(self, reading: Reading, chosen: Mask, last: LastRecorded) -> None:
        """A counter beyond 2**53 moves on although its float does not."""
        known, at = self._block(reading.points)
        for i, number in reading.exact.items():
            if abs(reading.values[i]) < _EXACT_FLOAT or reading.points[i] not in self._positions:
                continue
            row = int(np.searchsorted(known, i))
            chosen[row] |= last.exact.get(int(at[row])) != number and self._dead_bands[at[row]] == 0.0
            if chosen[row]:
                last.exact[int(at[row])] = number

    def _block(self, points: tuple[str, ...]) -> tuple[Positions, Positions]:
        """Which points of a block have a policy, and where they stand here."""
        if points not in self._blocks:
            known = [i for i, key in enumerate(points) if key in self._positions]
            at = [self._positions[points[i]] for i in known]
            self._blocks[points] = np.array(known, np.intp), np.array(at, np.intp)
        return self._blocks[points]


def _codes(quality: Codes, reason: Codes, origin: int) -> Ints:
    return quality.astype(np.int64) | reason.astype(np.int64) << 8 | origin << 16
