"""Gaps in measured weather: short ones are drawn straight across and counted, long ones are refused.

A missing value is never zero.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from greenhouse.plant.sentences import N_, Sentence

Array = NDArray[np.float64]

LONGEST_GAP_H = 3
"""Longer than this, a straight line no longer tells what the weather did: a shower or a front fits in between."""

MOST_FILLED = 0.1
"""Share of a quantity's time that may be interpolated. Beyond, it is more guessed than measured."""


class Filled(NamedTuple):
    """Hourly values without gaps, and how it came about.

    Attributes
    ----------
    values : Array
        Complete, unless there are faults.
    filled_hours : int
        How many were interpolated.
    faults : tuple of str
        A sentence for each gap that is too long, and one if there are too many.
    """

    values: Array
    filled_hours: int
    faults: tuple[Sentence, ...]


def fill_hours(values: Array, *, name: str, said: Callable[[int], str]) -> Filled:
    """Fill gaps in the hours of a whole year, whose end leads on to its beginning.

    Parameters
    ----------
    values : array
        NaN where there is none.
    name : str
        Of the quantity, for faults.
    said : callable
        How a fault names an hour, by its position.
    """
    missing = np.isnan(values)
    count = int(missing.sum())
    if not count:
        return Filled(values, 0, ())
    if count == len(values):
        return Filled(values, count, (Sentence("%(name)s: has no value at all; take a file that has it", name=name),))
    faults = [
        Sentence(
            "%(name)s: no value for %(hours)s hours from %(begin)s; up to %(longest)s hours are interpolated, so fill "
            "this gap from another source",
            name=name,
            hours=length,
            begin=said(begin),
            longest=LONGEST_GAP_H,
        )
        for begin, length in runs(missing)
        if length > LONGEST_GAP_H
    ]
    if not faults and count > MOST_FILLED * len(values):
        faults.append(
            Sentence(
                "%(name)s: %(count)s of %(hours)s hours have no value, at most %(most)s are interpolated; take a more "
                "complete file",
                name=name,
                count=count,
                hours=len(values),
                most=f"{MOST_FILLED:.0%}",
            )
        )
    hours = np.arange(len(values))
    filled = np.interp(hours, hours[~missing], values[~missing], period=len(values))
    return Filled(filled, count, tuple(faults))


def runs(missing: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Where each run of true begins and how long it is. One over the end into the beginning counts as one."""
    edges = np.flatnonzero(np.diff(np.concatenate(([False], missing, [False])).astype(np.int8)))
    found = [(int(begin), int(end - begin)) for begin, end in zip(edges[::2], edges[1::2], strict=True)]
    if len(found) > 1 and missing[0] and missing[-1]:
        last_begin, last_length = found.pop()
        found = [(last_begin, last_length + found[0][1]), *found[1:]]
    return found


class Noun(NamedTuple):
    """What the lines of a source are called: the messages of a fault of one of them, and of several."""

    one: str
    several: str


LINES = Noun(N_("line %(places)s: %(fault)s"), N_("lines %(places)s: %(fault)s"))
SAMPLES = Noun(N_("sample %(places)s: %(fault)s"), N_("samples %(places)s: %(fault)s"))


class FaultyLines:
    """Faults that many lines share, so that a wrong column is one sentence and not 8760."""

    def __init__(self, noun: Noun) -> None:
        self._noun = noun
        self._found: dict[str, tuple[list[int], str]] = {}

    def add(self, line: int, sentence: str, *, example: str = "") -> None:
        """Note that a line has a fault. The first line's example is told."""
        self._found.setdefault(sentence, ([], example))[0].append(line)

    def sentences(self) -> list[Sentence]:
        """One for each fault, with its lines."""
        told = []
        for sentence, (lines, example) in self._found.items():
            fault = sentence
            if example:
                fault = Sentence("%(fault)s (the first has %(example)s)", fault=sentence, example=example)
            message = self._noun.several if len(lines) > 1 else self._noun.one
            told.append(Sentence(message, places=_spans(lines), fault=fault))
        return told


def _spans(lines: Sequence[int]) -> str:
    spans: list[tuple[int, int]] = []
    for line in lines:
        if spans and line == spans[-1][1] + 1:
            spans[-1] = (spans[-1][0], line)
        else:
            spans.append((line, line))
    told = ", ".join(str(first) if first == last else f"{first}–{last}" for first, last in spans[:4])
    rest = len(spans) - 4
    return Sentence("%(places)s and %(rest)s more places", places=told, rest=rest) if rest > 0 else told
