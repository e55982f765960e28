"""How much is asked for, of how many controllers."""

from __future__ import annotations

from datetime import timedelta

HOUSES = 8
ASKERS = 3
STEPS = {
    "heating_setpoint": (0.0, 0.1, 350),
    "ventilation_setpoint": (5.0, 0.1, 400),
}
"""First value, step and number of values that are asked for, by setpoint: no value comes again soon."""
HOLD_SHARE, HOLD_FOR = 0.2, timedelta(seconds=0.5)
