"""From a raw number to the canonical unit: scale, offset, unit, and scales that the device keeps in a register.

Scales are decimal in the manuals and binary in the machine. They are kept as rational numbers, so that a value is
rounded once: 3 at scale 0.1 is 0.3 and not 0.30000000000000004, and 18.5 is written as 185 and never as 184.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

from devices.profiles.schema import ConditionalScale, PointSpec, ScaleRegister
from devices.units import Conversion, conversion

MAX_EXPONENT = 9
"""A scale register that asks for more decimals than this holds something else than a scale."""

_EXACT_FLOAT = 2**53
_SMALL_DENOMINATOR = 10_000


@dataclass(frozen=True, slots=True)
class Scaling:
    """A linear change of unit: ``canonical = (raw * multiplier + addend) / divisor``."""

    multiplier: float
    addend: float
    divisor: float

    @property
    def is_identity(self) -> bool:
        """Whether the canonical value is the raw number itself."""
        return self.multiplier == self.divisor and self.addend == 0

    def apply(self, raw: int) -> Fraction:
        """Canonical value of an exact raw number."""
        return (raw * Fraction(self.multiplier) + Fraction(self.addend)) / Fraction(self.divisor)

    def undo(self, canonical: Fraction) -> Fraction:
        """Raw number of a canonical value, before it is rounded to the step of the register."""
        return (canonical * Fraction(self.divisor) - Fraction(self.addend)) / Fraction(self.multiplier)

    def times(self, factor: Fraction) -> Scaling:
        """This scaling with a further factor on the raw number: the offset is not scaled."""
        return Scaling(
            self.multiplier * factor.numerator, self.addend * factor.denominator, self.divisor * factor.denominator
        )


@lru_cache(maxsize=4096)
def rational(number: float) -> Fraction:
    """The number that was meant: 1/10 for 0.1, 5/9 for 5 / 9, and else the shortest decimal."""
    if isinstance(number, int):
        return Fraction(number)
    simple = Fraction(number).limit_denominator(_SMALL_DENOMINATOR)
    return simple if float(simple) == number else Fraction(repr(float(number)))


def point_scaling(point: PointSpec) -> Scaling:
    """What makes the canonical value of a raw number, without scales that stand in a register.

    Raises
    ------
    ValueError
        If the unit is not legal for the quantity, or the scale is zero or not finite.
    """
    if not (math.isfinite(point.scale) and math.isfinite(point.offset) and point.scale != 0):
        raise ValueError(f"{point.key}: scale {point.scale} or offset {point.offset} is no scaling")
    return _linear_scaling(point.scale, point.offset, conversion(point.quantity, point.unit))


@lru_cache(maxsize=4096)
def _linear_scaling(scale: float, offset: float, unit: Conversion) -> Scaling:
    slope = rational(scale) * rational(unit.factor)
    intercept = rational(offset) * rational(unit.factor) + rational(unit.offset)
    divisor = math.lcm(slope.denominator, intercept.denominator)
    parts = (slope * divisor, intercept * divisor, Fraction(divisor))
    if max(map(abs, parts)) > _EXACT_FLOAT:
        return Scaling(float(slope), float(intercept), 1.0)
    return Scaling(*map(float, parts))


def to_canonical(point: PointSpec, declared: float) -> float:
    """A value in the point's declared unit (a limit, a range) in the canonical unit, rounded once."""
    if not math.isfinite(declared):
        return declared
    unit = conversion(point.quantity, point.unit)
    return float(rational(declared) * rational(unit.factor) + rational(unit.offset))


def register_factor(spec: ScaleRegister, number: float) -> Fraction | None:
    """The factor that a scale register holds; None if its number is absurd.

    Notes
    -----
    Absurd are exponents beyond ±9 or with a fraction, and multipliers that are not between 1e-9 and 1e9: zero,
    negative, not finite.
    """
    if spec.exponent_base is None:
        return rational(number) if 10**-MAX_EXPONENT <= number <= 10**MAX_EXPONENT else None
    if not (abs(number) <= MAX_EXPONENT and float(number).is_integer()):
        return None
    return Fraction(spec.exponent_base) ** (spec.exponent_sign * int(number))


def conditional_factor(spec: ConditionalScale, *, is_set: bool) -> Fraction:
    """The factor that one bit of another register chooses."""
    return rational(spec.when_set if is_set else spec.when_clear)
