"""When an alarm is on. Pure and incremental: samples come in one at a time, in their own time.

Times are seconds on the clock of the samples; how far apart two of them are is all that counts. Two rules hold
throughout. An input that is missing or bad is no evidence: it neither raises a value alarm nor clears any. And a gap in
the samples breaks a delay that runs: nobody knows what was in between.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


class Change(StrEnum):
    """What a sample, or the passing of time, did to an alarm."""

    RAISED = "raised"
    CLEARED = "cleared"


class Side(StrEnum):
    """On which side of its limit a value is wrong."""

    HIGH = "high"
    LOW = "low"
    AWAY = "away"
    """Too far from zero on either side: for a difference from where the value should be."""


class Judgement(Protocol):
    """Whether a value is wrong."""

    def is_so(self, value: float, *, before: bool) -> bool:
        """Whether it is wrong now; ``before``: whether it was at the last sample."""


@dataclass(frozen=True, slots=True)
class Crossing:
    """A value beyond its limit. Once it is, it stays so until it is back by more than the deadband."""

    side: Side
    limit: float
    deadband: float

    def is_so(self, value: float, *, before: bool) -> bool:
        """Beyond the limit, or, once it was, not yet back by more than the deadband."""
        if self.side is Side.LOW:
            return value < self.limit or (before and value <= self.limit + self.deadband)
        if self.side is Side.AWAY:
            value = abs(value)
        return value > self.limit or (before and value >= self.limit - self.deadband)


@dataclass(frozen=True, slots=True)
class InState:
    """A state that is one of those that are wrong."""

    states: Collection[float]

    def is_so(self, value: float, *, before: bool) -> bool:  # noqa: ARG002  (a state has no deadband)
        """One of the wrong states."""
        return value in self.states


@dataclass(frozen=True, slots=True)
class BitSet:
    """A word in which one of the wrong bits is set."""

    mask: int

    def is_so(self, value: float, *, before: bool) -> bool:  # noqa: ARG002  (a bit has no deadband)
        """Any of the bits."""
        return bool(int(value) & self.mask)


class ValueCondition:
    """An alarm on what a value is: wrong for its on-delay, then right for its off-delay.

    Parameters
    ----------
    judgement : Judgement
        What is wrong.
    on_delay_s, off_delay_s : float
        How long it must be wrong, and how long right, without a break. 0: at the first sample. [s]
    gap_s : float
        Two samples further apart than this do not belong together. [s]
    """

    __slots__ = ("_gap_s", "_judgement", "_last_s", "_off_delay_s", "_on_delay_s", "_since_s", "_was_so", "is_active")

    def __init__(self, judgement: Judgement, *, on_delay_s: float, off_delay_s: float, gap_s: float) -> None:
        self._judgement = judgement
        self._on_delay_s, self._off_delay_s, self._gap_s = on_delay_s, off_delay_s, gap_s
        self.is_active = False
        self._was_so = False
        self._since_s = 0.0
        self._last_s: float | None = None

    @property
    def is_suspected(self) -> bool:
        """Whether the last usable sample was wrong, whatever the delays say."""
        return self._was_so

    @property
    def running_since_s(self) -> float | None:
        """Since when a delay runs; None: none does. [s]"""
        return self._since_s if self._was_so is not self.is_active else None

    def see(self, value: float | None, at_s: float) -> Change | None:
        """Take a sample in; None is one that cannot be used."""
        if value is None:
            return None
        is_so = self._judgement.is_so(value, before=self._was_so)
        belongs = self._last_s is not None and 0 <= at_s - self._last_s <= self._gap_s
        if is_so is not self._was_so or not belongs:
            self._was_so, self._since_s = is_so, at_s
        self._last_s = at_s
        if is_so is self.is_active or at_s - self._since_s < (self._on_delay_s if is_so else self._off_delay_s):
            return None
        self.is_active = is_so
        return Change.RAISED if is_so else Change.CLEARED

    def start_anew(self, at_s: float) -> None:  # noqa: ARG002  (only what waits for silence needs the time)
        """Begin again with the next sample: what came before does not count towards a delay."""
        self._last_s = None

    def resume(self, *, is_active: bool, running_since_s: float | None, last_s: float | None) -> None:
        """Go on where an earlier process stopped."""
        self.is_active = is_active
        self._was_so = is_active if running_since_s is None else not is_active
        self._since_s = running_since_s or 0.0
        self._last_s = last_s


class Unusable:
    """An alarm on the lack of a usable value: bad ones and none at all are the same to whoever needs one.

    Parameters
    ----------
    on_delay_s : float
        How long there must be no usable value. [s]
    off_delay_s : float
        How long usable values must have come again without a break. [s]
    from_s : float
        When somebody began to listen; before that, silence says nothing. [s]
    """

    __slots__ = ("_good_since_s", "_is_bad", "_last_good_s", "_off_delay_s", "_on_delay_s", "is_active")

    def __init__(self, *, on_delay_s: float, off_delay_s: float, from_s: float) -> None:
        self._on_delay_s, self._off_delay_s = on_delay_s, off_delay_s
        self.is_active = False
        self._last_good_s = from_s
        self._good_since_s: float | None = None
        self._is_bad = False

    @property
    def running_since_s(self) -> float | None:
        """Since when a delay runs that the newest sample alone would not tell; None: none does. [s]"""
        if self.is_active:
            return self._good_since_s
        return self._last_good_s if self._is_bad else None

    def see(self, *, is_usable: bool, at_s: float) -> Change | None:
        """Take a sample in."""
        self._is_bad = not is_usable
        if not is_usable:
            self._good_since_s = None
            return self._raise_if_due(at_s)
        silent_s, self._last_good_s = at_s - self._last_good_s, at_s
        if not self.is_active:
            return None
        if self._good_since_s is None or not 0 <= silent_s < self._on_delay_s:
            self._good_since_s = at_s
        if at_s - self._good_since_s < self._off_delay_s:
            return None
        self.is_active, self._good_since_s = False, None
        return Change.CLEARED

    def pass_time(self, now_s: float) -> Change | None:
        """No further sample has come by now."""
        return self._raise_if_due(now_s)

    def shift(self, by_s: float) -> None:
        """The clock was set by so much: what was so many seconds ago still is. [s]"""
        self._last_good_s += by_s
        if self._good_since_s is not None:
            self._good_since_s += by_s

    def start_anew(self, at_s: float) -> None:
        """Begin to listen again from now on."""
        self._last_good_s, self._good_since_s, self._is_bad = at_s, None, False

    def resume(self, *, is_active: bool, running_since_s: float | None, last_good_s: float) -> None:
        """Go on where an earlier process stopped."""
        self.is_active = is_active
        self._last_good_s = last_good_s
        if is_active:
            self._good_since_s = running_since_s
        elif running_since_s is not None:
            self._is_bad, self._last_good_s = True, running_since_s

    def _raise_if_due(self, at_s: float) -> Change | None:
        if self.is_active or at_s - self._last_good_s < self._on_delay_s:
            return None
        self.is_active = True
        return Change.RAISED
