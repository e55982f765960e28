"""What a valve block and a feed unit do by themselves, whatever plant stands behind them.

Run times end every flow, dosing needs a running pump, and what is drawn empties the tanks. How much flows is the
plant's: ``devices.simulator.equipment`` has fixed flows, the simulated base flows by pressure.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

_MIXING_S = 40.0
FEED_EC_MS_CM, FEED_PH = 2.0, 5.8
FULL_PCT, REFILL_PCT, LOW_PCT = 90.0, 20.0, 25.0
TANK_PCT_M3, ACID_PCT_M3 = 4.0, 0.5
TANK_PCT, ACID_PCT = 86.0, 74.0
"""What the tanks hold at first."""


class ValveTimers:
    """Irrigation valves; each shuts by itself when its run time is over.

    Attributes
    ----------
    settings : dict of str to float
        ``valve_1``, ``run_time_1`` and so on; the device's own, so what is written there is in force here. [s]
    remaining_s : dict of int to float
        By valve, from 1.
    """

    def __init__(self, valves: int) -> None:
        self.settings = {f"valve_{number}": 0.0 for number in range(1, valves + 1)}
        self.settings |= {f"run_time_{number}": 600.0 for number in range(1, valves + 1)}
        self.remaining_s = dict.fromkeys(range(1, valves + 1), 0.0)

    def command(self, point: str, value: float) -> bool:
        """Whether the block takes a command; opening starts the run time, and without one it refuses to open."""
        name, _, number = point.rpartition("_")
        if name != "valve":
            return True
        if point not in self.settings:
            return False
        run_time_s = self.settings[f"run_time_{number}"]
        if value == 1.0 and run_time_s <= 0.0:
            return False
        self.remaining_s[int(number)] = run_time_s if value == 1.0 else 0.0
        return True

    def run(self, dt_s: float) -> list[float]:
        """Let time pass and shut what is over. Returns for how long each valve was open. [s]"""
        flowing_s = [min(dt_s, left_s) for left_s in self.remaining_s.values()]
        for number, left_s in self.remaining_s.items():
            self.remaining_s[number] = max(0.0, left_s - dt_s)
            if self.remaining_s[number] <= 0.0:
                self.settings[f"valve_{number}"] = 0.0
        return flowing_s

    @property
    def readings(self) -> dict[str, float]:
        """What is left of each run time. [s]"""
        return {f"remaining_{number}": left_s for number, left_s in self.remaining_s.items()}


class FeedDoser:
    """Pump, mixing tank and stock tanks of a feed unit.

    Parameters
    ----------
    raw_ec_ms_cm, raw_ph : float
        Of the water before anything is mixed into it.

    Attributes
    ----------
    settings : dict of str to float
        The device's own.
    ec_ms_cm, ph : float
        Of the water that leaves it.
    tank_pct, acid_pct : float
        Stock that is left. Below a fifth somebody fills it up.
    total_m3 : float
        Water that went through it.
    is_pumping, is_dosing : bool
        In the last step.
    """

    def __init__(self, raw_ec_ms_cm: float, raw_ph: float) -> None:
        self.settings = {
            "conductivity_setpoint": FEED_EC_MS_CM,
            "acidity_setpoint": FEED_PH,
            "pump_command": 0.0,
            "dosing_command": 0.0,
            "run_time_limit": 900.0,
        }
        self.raw_ec_ms_cm, self.raw_ph = raw_ec_ms_cm, raw_ph
        self.ec_ms_cm, self.ph = raw_ec_ms_cm, raw_ph
        self.tank_pct, self.acid_pct = TANK_PCT, ACID_PCT
        self.total_m3 = 0.0
        self.is_pumping = self.is_dosing = False
        self._remaining_s = 0.0

    def command(self, point: str, value: float) -> bool:
        """Whether the unit takes a command: dosing needs a running pump, which runs no longer than its limit."""
        if point == "dosing_command" and value == 1.0 and self._remaining_s <= 0.0:
            return False
        if point == "pump_command":
            self._remaining_s = self.settings["run_time_limit"] if value == 1.0 else 0.0
            self.settings["dosing_command"] *= value
        return True

    def run(self, dt_s: float, ec_ms_cm: float) -> float:
        """Let time pass. Returns for how long it pumped. [s]

        Parameters
        ----------
        ec_ms_cm : float
            What it mixes to while it doses: its setpoint, or what a wrong probe makes of it.
        """
        pumping_s = min(dt_s, self._remaining_s)
        self._remaining_s -= pumping_s
        self.is_pumping = pumping_s > 0.0
        self.is_dosing = self.is_pumping and self.settings["dosing_command"] == 1.0
        if self._remaining_s <= 0.0:
            self.settings["pump_command"] = self.settings["dosing_command"] = 0.0
        wanted_ec = ec_ms_cm if self.is_dosing else self.raw_ec_ms_cm
        wanted_ph = self.settings["acidity_setpoint"] if self.is_dosing else self.raw_ph
        left = math.exp(-pumping_s / _MIXING_S)
        self.ec_ms_cm = wanted_ec + (self.ec_ms_cm - wanted_ec) * left
        self.ph = wanted_ph + (self.ph - wanted_ph) * left
        return pumping_s

    def draw(self, volume_m3: float) -> None:
        """Count what was pumped in the step, and take its share from the tanks. [m³]"""
        self.total_m3 += volume_m3
        dosed_m3 = volume_m3 if self.is_dosing else 0.0
        self.tank_pct = FULL_PCT if self.tank_pct < REFILL_PCT else self.tank_pct - TANK_PCT_M3 * dosed_m3
        self.acid_pct = FULL_PCT if self.acid_pct < REFILL_PCT else self.acid_pct - ACID_PCT_M3 * dosed_m3

    @property
    def readings(self) -> dict[str, float]:
        """Tanks, counter and status words."""
        return {
            "tank_level": self.tank_pct,
            "acid_tank_level": self.acid_pct,
            "total_volume": self.total_m3,
            "status_bits": as_bits((self.is_pumping, self.is_dosing, self.is_dosing)),
            "alarm_bits": as_bits((False, False, self.tank_pct < LOW_PCT, self.acid_pct < LOW_PCT)),
        }


def as_bits(states: Sequence[bool]) -> float:
    """A status word with the first state in bit 0."""
    return float(sum(state << bit for bit, state in enumerate(states)))
