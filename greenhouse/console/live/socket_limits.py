"""How much one person and one page may ask of this web process."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

PER_PERSON = 50
"""Sockets of one person: every open page of every phone and computer has one."""
IN_ALL = 3000
"""Sockets of this process; 1,000 are measured (docs/benchmarks.md)."""
MESSAGES_AT_ONCE = 20
MESSAGES_PER_S = 1.0
"""A page speaks once when it missed a frame, and then waits for its snapshot."""


@dataclass(slots=True)
class Places:
    """Counts open sockets."""

    per_person: int = PER_PERSON
    in_all: int = IN_ALL
    _taken: Counter[int] = field(default_factory=Counter)

    def take(self, person: int) -> bool:
        """Take a place for a socket of this person; False if there is none left."""
        if self._taken[person] >= self.per_person or self._taken.total() >= self.in_all:
            return False
        self._taken[person] += 1
        return True

    def give_back(self, person: int) -> None:
        """Free a place that was taken."""
        self._taken[person] -= 1
        if self._taken[person] <= 0:
            del self._taken[person]

    @property
    def taken(self) -> int:
        """How many sockets have a place."""
        return self._taken.total()


@dataclass(slots=True)
class Allowance:
    """What one socket may say: some messages at once, and then a few in a while.

    Times are those of the monotonic clock. [s]
    """

    at_once: float = MESSAGES_AT_ONCE
    per_s: float = MESSAGES_PER_S
    _left: float = field(init=False)
    _spent_at_s: float = field(init=False, default=float("-inf"))

    def __post_init__(self) -> None:
        self._left = self.at_once

    def spend(self, now_s: float) -> bool:
        """Use up one message; False if there was none left."""
        self._left = min(self.at_once, self._left + (now_s - self._spent_at_s) * self.per_s)
        self._spent_at_s = now_s
        if self._left < 1:
            return False
        self._left -= 1
        return True
