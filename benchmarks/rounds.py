"""Fair turns: contestants run one after the other, round by round, and are compared within each round."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Cost:
    """What something took.

    Attributes
    ----------
    wall_s, cpu_s : float
        Time by the clock, and CPU time of this process with all its threads. [s]
    """

    wall_s: float
    cpu_s: float


class Meter:
    """Measures from its making to ``cost()``."""

    def __init__(self) -> None:
        self._wall_s, self._cpu_s = time.perf_counter(), time.process_time()

    def cost(self) -> Cost:
        """What the time since the start took."""
        return Cost(time.perf_counter() - self._wall_s, time.process_time() - self._cpu_s)


def take_turns(contestants: Mapping[str, Callable[[], T]], rounds: int) -> dict[str, list[T]]:
    """Results of each contestant, one per round. Every other round runs in reverse order."""
    results: dict[str, list[T]] = {name: [] for name in contestants}
    for number in range(rounds):
        for name in contestants if number % 2 == 0 else reversed(list(contestants)):
            results[name].append(contestants[name]())
    return results


def median_ratio(ours: list[float], theirs: list[float]) -> float:
    """Median of the ratios of the rounds."""
    return statistics.median(mine / other for mine, other in zip(ours, theirs, strict=True))
