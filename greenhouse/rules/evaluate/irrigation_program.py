"""An irrigation program as values, and what is wrong with one or with several together. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from dataclasses import field as with_default
from enum import StrEnum
from typing import NamedTuple

from greenhouse.rules.evaluate.climate_program import FURTHEST_FROM_SUN_MIN, MINUTES_OF_A_DAY
from greenhouse.rules.evaluate.day_periods import StartKind, TimeOfDay

MOST_STARTS, MOST_GROUPS = 48, 32
LONGEST_NAME = 60


class DoseKind(StrEnum):
    """How a dose is measured."""

    VOLUME_PER_AREA = "volume_per_area"
    """[L/m²]"""
    VOLUME = "volume"
    """[L]"""
    TIME = "time"
    """[s]"""

    @property
    def is_volume(self) -> bool:
        """Whether it needs a meter."""
        return self is not DoseKind.TIME


class Dose(NamedTuple):
    """What each group gets in a run, in the unit of its kind."""

    kind: DoseKind
    amount: float


class ValveGroup(NamedTuple):
    """Valves that open together.

    Attributes
    ----------
    key : str
    valves : tuple of str
        Keys of their points.
    area_m2 : float
        What they water. [m²]
    """

    key: str
    valves: tuple[str, ...]
    area_m2: float


class ClockStarts(NamedTuple):
    """Runs at clock times, in the order of the day. [min after local midnight]"""

    minutes: tuple[int, ...]


class IntervalStarts(NamedTuple):
    """Runs from a time on, again after each interval, the last one not after another time."""

    first: TimeOfDay
    interval_min: float
    last: TimeOfDay


class RadiationStarts(NamedTuple):
    """A run whenever so much sun has come in since the last one, between two times.

    Attributes
    ----------
    sum_j_cm2 : float
        Global radiation outside. [J/cm²]
    without_radiation_min : float or None
        While the sum is not known, a run comes after so long. None: no run then. [min]
    """

    first: TimeOfDay
    last: TimeOfDay
    sum_j_cm2: float
    without_radiation_min: float | None


Starts = ClockStarts | IntervalStarts | RadiationStarts


@dataclass(frozen=True, slots=True)
class IrrigationProgram:
    """An irrigation program.

    Attributes
    ----------
    groups : tuple of ValveGroup
        Watered in this order, one at a time.
    rest_min : float
        Least time from the begin of a run to that of the next. [min]
    drain_limit_pct : float or None
        With so much of the day's water drained, the day's other runs are left out. None: drain is not looked at. [%]
    name : str
        As people call it; may be empty.
    """

    groups: tuple[ValveGroup, ...]
    dose: Dose
    starts: Starts
    rest_min: float
    drain_limit_pct: float | None = None
    name: str = ""


class FaultCode(StrEnum):
    """What may be wrong with a program."""

    NUMBER_OF_GROUPS = "number_of_groups"
    NO_VALVE = "no_valve"
    VALVE_TWICE = "valve_twice"
    VALVE_OF_ANOTHER = "valve_of_another"
    """Another program opens it too."""
    NO_DOSE = "no_dose"
    NO_METER = "no_meter"
    """Nothing counts the water of this group, and the dose is a volume."""
    NOT_A_NUMBER = "not_a_number"
    OUT_OF_RANGE = "out_of_range"
    NUMBER_OF_STARTS = "number_of_starts"
    CLOCK_ORDER = "clock_order"
    NO_TIME_OF_DAY = "no_time_of_day"
    LAST_BEFORE_FIRST = "last_before_first"
    SHORTER_THAN_REST = "shorter_than_rest"
    SHORTER_THAN_RUN = "shorter_than_run"


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault at a field, with the facts that its sentence needs.

    Attributes
    ----------
    field : str
        ``dose.amount``, ``groups.0.area_m2``.
    """

    field: str
    code: FaultCode
    facts: Mapping[str, float | str] = with_default(default_factory=dict)


_MOST_OF: Mapping[DoseKind, float] = {
    DoseKind.VOLUME_PER_AREA: 20.0,
    DoseKind.VOLUME: 20_000.0,
    DoseKind.TIME: 7200.0,
}


def faults_of(program: IrrigationProgram) -> list[Fault]:
    """Everything that is wrong with a program by itself; empty: it can run."""
    return [
        *_of_groups(program.groups),
        *_of_dose(program.dose),
        *_in_range("rest_min", program.rest_min, 0.0, MINUTES_OF_A_DAY),
        *_in_range("drain_limit_pct", program.drain_limit_pct, 1.0, 100.0),
        *_of_starts(program),
    ]


def faults_between(programs: Mapping[str, IrrigationProgram]) -> dict[str, list[Fault]]:
    """Valves that more than one program opens, by program.

    Two that meet on a valve would double its dose, or one would shut it under the other.

    Parameters
    ----------
    programs : mapping
        By their keys, all that are on.
    """
    owner: dict[str, str] = {}
    found: dict[str, list[Fault]] = {}
    for key, program in programs.items():
        for number, group in enumerate(program.groups):
            for valve in group.valves:
                first = owner.setdefault(valve, key)
                if first != key:
                    facts = {"valve": valve, "program": first}
                    found.setdefault(key, []).append(
                        Fault(f"groups.{number}.valves", FaultCode.VALVE_OF_ANOTHER, facts)
                    )
    return found


def _of_groups(groups: tuple[ValveGroup, ...]) -> Iterator[Fault]:
    if not 1 <= len(groups) <= MOST_GROUPS:
        yield Fault("groups", FaultCode.NUMBER_OF_GROUPS, {"fewest": 1, "most": MOST_GROUPS, "groups": len(groups)})
    seen: set[str] = set()
    for number, group in enumerate(groups):
        if not group.valves:
            yield Fault(f"groups.{number}.valves", FaultCode.NO_VALVE)
        for valve in group.valves:
            if valve in seen:
                yield Fault(f"groups.{number}.valves", FaultCode.VALVE_TWICE, {"valve": valve})
            seen.add(valve)
        yield from _in_range(f"groups.{number}.area_m2", group.area_m2, 0.1, 100_000.0)


def _of_dose(dose: Dose) -> Iterator[Fault]:
    if math.isfinite(dose.amount) and dose.amount <= 0:
        yield Fault("dose.amount", FaultCode.NO_DOSE)
    else:
        yield from _in_range("dose.amount", dose.amount, 0.0, _MOST_OF[dose.kind])


def _of_starts(program: IrrigationProgram) -> Iterator[Fault]:
    starts = program.starts
    if isinstance(starts, ClockStarts):
        yield from _of_clock(starts, program)
        return
    yield from _of_time("starts.first", starts.first)
    yield from _of_time("starts.last", starts.last)
    if starts.first.kind is starts.last.kind and starts.last.minutes < starts.first.minutes:
        yield Fault("starts.last", FaultCode.LAST_BEFORE_FIRST)
    if isinstance(starts, IntervalStarts):
        outside = list(_in_range("starts.interval_min", starts.interval_min, 1.0, MINUTES_OF_A_DAY))
        yield from outside or _too_short("starts.interval_min", starts.interval_min, program)
    else:
        yield from _in_range("starts.sum_j_cm2", starts.sum_j_cm2, 10.0, 3000.0)
        yield from _in_range("starts.without_radiation_min", starts.without_radiation_min, 10.0, MINUTES_OF_A_DAY)


def _of_clock(starts: ClockStarts, program: IrrigationProgram) -> Iterator[Fault]:
    if not 1 <= len(starts.minutes) <= MOST_STARTS:
        facts = {"fewest": 1, "most": MOST_STARTS, "starts": len(starts.minutes)}
        yield Fault("starts.minutes", FaultCode.NUMBER_OF_STARTS, facts)
    for number, minutes in enumerate(starts.minutes):
        field = f"starts.minutes.{number}"
        yield from _of_time(field, TimeOfDay(StartKind.CLOCK, minutes))
        if number and minutes <= starts.minutes[number - 1]:
            yield Fault(field, FaultCode.CLOCK_ORDER)
        elif number:
            yield from _too_short(field, minutes - starts.minutes[number - 1], program)


def _too_short(field: str, gap_min: float, program: IrrigationProgram) -> Iterator[Fault]:
    """A gap that the rest or the run itself does not leave."""
    if gap_min < program.rest_min:
        yield Fault(field, FaultCode.SHORTER_THAN_REST, {"rest": program.rest_min})
    elif program.dose.kind is DoseKind.TIME and gap_min * 60 < program.dose.amount * len(program.groups):
        yield Fault(field, FaultCode.SHORTER_THAN_RUN, {"run": program.dose.amount * len(program.groups) / 60})


def _of_time(field: str, time: TimeOfDay) -> Iterator[Fault]:
    by_clock = time.kind is StartKind.CLOCK
    low, high = (0, MINUTES_OF_A_DAY - 1) if by_clock else (-FURTHEST_FROM_SUN_MIN, FURTHEST_FROM_SUN_MIN)
    if not low <= time.minutes <= high:
        yield Fault(field, FaultCode.NO_TIME_OF_DAY, {"low": low, "high": high})


def _in_range(field: str, value: float | None, low: float, high: float) -> Iterator[Fault]:
    if value is None:
        return
    if not math.isfinite(value):
        yield Fault(field, FaultCode.NOT_A_NUMBER)
    elif not low <= value <= high:
        yield Fault(field, FaultCode.OUT_OF_RANGE, {"low": low, "high": high})
