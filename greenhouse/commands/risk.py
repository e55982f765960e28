"""How careful a change of a setpoint has to be made.

References
----------
Design rule SP3: a change of more than 2 °C, or of more than a tenth where it is no temperature, wants a reason and a
held button. A mode is always such a change. Dosing more CO2 wants a second person, less of it does not: nothing may
delay a move to safe.
"""

from __future__ import annotations

import math

from devices.units import Quantity

LARGE_TEMPERATURE_DELTA_C = 2.0
LARGE_SHARE = 0.1
_TOLERANCE = 1e-9


def is_large(quantity: Quantity, old: float | None, new: float) -> bool:
    """Whether the change from the value in force (None: not known) to the new one is a large one.

    What cannot be compared is large: NaN is further from nothing than any limit.
    """
    if old is None or not math.isfinite(old) or not math.isfinite(new) or quantity in {Quantity.MODE, Quantity.STATE}:
        return True
    if quantity is Quantity.TEMPERATURE:
        return abs(new - old) > LARGE_TEMPERATURE_DELTA_C + _TOLERANCE
    return abs(new - old) > LARGE_SHARE * abs(old) + _TOLERANCE


def doses_more_co2(quantity: Quantity | None, old: float | None, new: float) -> bool:
    """Whether a change asks for more CO2 than is in force (None: not known)."""
    if quantity is not Quantity.CO2_CONCENTRATION:
        return False
    return old is None or not math.isfinite(old) or new > old + _TOLERANCE
