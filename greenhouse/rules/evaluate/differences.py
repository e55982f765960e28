"""What differs between two climate programs, and whether that is a large change. Pure.

References
----------
Design rule SP3: a large change wants a reason. A temperature or another number is judged as a setpoint is
(`greenhouse.commands.risk`); a start that moves by more than an hour, or is counted from something else, is large; so
is a part that comes or goes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum
from typing import Any

from devices.units import Quantity
from greenhouse.commands import risk
from greenhouse.rules.evaluate.climate_program import BlanketRule, ClimateProgram, ScreenRule, ShadeRule, VentRule
from greenhouse.rules.evaluate.day_periods import Period, TimeOfDay

LARGE_SHIFT_MIN = 60

Value = float | TimeOfDay
Rule = VentRule | BlanketRule | ScreenRule | ShadeRule
Part = Period | BlanketRule | ScreenRule | ShadeRule


class Kind(StrEnum):
    """What became of a place in the program."""

    CHANGED = "changed"
    CAME = "came"
    WENT = "went"


@dataclass(frozen=True, slots=True)
class Difference:
    """One place in which two programs differ.

    Attributes
    ----------
    kind : Kind
    field : str
        ``periods.0.heating_c``, ``vents.band_k``; ``periods.2``, ``blanket`` for a part that came or went. A period
        that went has the number that it had.
    old, new : number, time of day, or part
        None: it is not there.
    """

    kind: Kind
    field: str
    old: Value | Part | None
    new: Value | Part | None

    @property
    def is_large(self) -> bool:
        """Whether it wants a reason."""
        if isinstance(self.old, TimeOfDay) and isinstance(self.new, TimeOfDay):
            return self.old.kind is not self.new.kind or abs(self.new.minutes - self.old.minutes) > LARGE_SHIFT_MIN
        if isinstance(self.old, int | float) and isinstance(self.new, int | float):
            quantity = Quantity.TEMPERATURE if self.field.endswith("_c") else Quantity.RATIO
            return risk.is_large(quantity, self.old, self.new)
        return True


def differences(old: ClimateProgram, new: ClimateProgram) -> list[Difference]:
    """Every place in which they differ, in the program's order."""
    return [
        *_of_periods(old.periods, new.periods),
        *_of_parts("vents", old.vents, new.vents),
        *_of_parts("blanket", old.blanket, new.blanket),
        *_of_parts("screen", old.screen, new.screen),
        *_of_parts("shade", old.shade, new.shade),
    ]


def are_large(found: Iterable[Difference]) -> bool:
    """Whether one of them wants a reason."""
    return any(difference.is_large for difference in found)


def _of_periods(old: Sequence[Period], new: Sequence[Period]) -> Iterator[Difference]:
    """Periods with the same start are the same; so are as many as stand between two such."""
    starts = SequenceMatcher(None, [period.start for period in old], [period.start for period in new], autojunk=False)
    for _tag, old_from, old_to, new_from, new_to in starts.get_opcodes():
        common = min(old_to - old_from, new_to - new_from)
        for step in range(common):
            yield from _of_fields(f"periods.{new_from + step}", old[old_from + step], new[new_from + step])
        for number in range(old_from + common, old_to):
            yield Difference(Kind.WENT, f"periods.{number}", old[number], None)
        for number in range(new_from + common, new_to):
            yield Difference(Kind.CAME, f"periods.{number}", None, new[number])


def _of_parts(name: str, old: Rule | None, new: Rule | None) -> Iterator[Difference]:
    if old is not None and new is not None:
        yield from _of_fields(name, old, new)
    elif isinstance(new, BlanketRule | ScreenRule | ShadeRule):
        yield Difference(Kind.CAME, name, None, new)
    elif isinstance(old, BlanketRule | ScreenRule | ShadeRule):
        yield Difference(Kind.WENT, name, old, None)


def _of_fields(place: str, old: Period | Rule, new: Period | Rule) -> Iterator[Difference]:
    before: Any  # a field of either part: a number or a time of day
    after: Any
    for name, before, after in zip(old._fields, old, new, strict=True):
        if before != after:
            yield Difference(Kind.CHANGED, f"{place}.{name}", before, after)
