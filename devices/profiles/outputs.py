"""What an output moves or feeds, what stops it when this system dies, and what a planned stop does with it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class OutputKind(StrEnum):
    """What an output moves or feeds. Decides what happens at a planned stop and what must stop it on its own."""

    SETPOINT = "setpoint"
    MODE = "mode"
    HEARTBEAT = "heartbeat"
    DEVICE_SETTING = "device_setting"
    WINDER = "winder"
    VENT = "vent"
    THERMAL_SCREEN = "thermal_screen"
    SHADING_NET = "shading_net"
    """Above the roof: wind and snow take hold of it."""
    VALVE = "valve"
    PUMP = "pump"
    DOSING = "dosing"
    CO2 = "co2"
    HEATER = "heater"
    FAN = "fan"
    FOG = "fog"
    LAMP = "lamp"
    RELAY = "relay"
    """A bare output (relay contact, drive, actuator) whose load only the base file knows, and must name."""

    @property
    def is_direct(self) -> bool:
        """Whether it moves or feeds something itself, with no controller behind it that goes on alone."""
        return self not in _COMMANDS

    @property
    def is_safety_relevant(self) -> bool:
        """Whether it may be left running only if something else stops it, and may be written only with a read-back."""
        return self in _SAFETY_RELEVANT

    @property
    def doses(self) -> bool:
        """Whether a planned stop closes it: it feeds water, nutrients, gas or heat for as long as it is on."""
        return self in _DOSING


_COMMANDS = frozenset({OutputKind.SETPOINT, OutputKind.MODE, OutputKind.HEARTBEAT, OutputKind.DEVICE_SETTING})
_DOSING = frozenset(
    {OutputKind.VALVE, OutputKind.PUMP, OutputKind.DOSING, OutputKind.CO2, OutputKind.HEATER, OutputKind.FOG}
)
_SAFETY_RELEVANT = _DOSING | {
    OutputKind.WINDER,
    OutputKind.VENT,
    OutputKind.THERMAL_SCREEN,
    OutputKind.SHADING_NET,
}


class StoppedBy(StrEnum):
    """What stops an output when this system dies."""

    DEVICE_TIMEOUT = "device_timeout"
    RUN_TIME_REGISTER = "run_time_register"
    END_SWITCH = "end_switch"
    SUPERVISED = "supervised"
    """The controller behind it goes on by itself: a setpoint or a mode, not a direct output."""
    NONE = "none"


class OnStop(StrEnum):
    """What a planned stop does with an output."""

    CLOSE = "close"
    """Write the safe value and confirm it."""
    STOP_MOTOR = "stop_motor"
    """Write the safe value of the motor command: it stands still where it is."""
    HOLD = "hold"
    """Write nothing: the position stays."""
    KEEP = "keep"
    """Write nothing: the controller runs on."""


@dataclass(frozen=True, slots=True)
class AcceptedRisk:
    """An engineer's signature under an output that nothing stops."""

    by: str
    reason: str


@dataclass(frozen=True, slots=True)
class MotionSpec:
    """How an output that moves something shows and does it. 0 % is shut, covered or open; 100 % the other end.

    Attributes
    ----------
    position : str
        Key of the point that shows where it stands. [%]
    motor : str
        Key of the point that shows whether the motor runs; 0: it stands.
    travel_s : float
        From end to end. A motor that runs much longer has jammed. [s]
    opens_with, shuts_with : float or None
        What is written to move toward 100 % and toward 0 %, for an output that takes a motor command. None: it takes
        the position itself.
    """

    position: str
    motor: str
    travel_s: float
    opens_with: float | None = None
    shuts_with: float | None = None


@dataclass(frozen=True, slots=True)
class OutputSpec:
    """How an output behaves when nobody commands it any more.

    Attributes
    ----------
    safe_value : float or None
        What ``on_stop`` close and stop_motor write, in the point's declared unit.
    run_time_point : str or None
        With ``run_time_register``: key of the point that holds how long the device lets it run.
    end_switches : tuple of str
        With ``end_switch``: keys of the points that show the end switches.
    end_switch_in_hardware : bool
        With ``end_switch``: the switches cut the motor themselves and cannot be read.
    motion : MotionSpec or None
        Of an output that moves something. Without it no program and no watch on its run time knows it.
    """

    kind: OutputKind
    stopped_by: StoppedBy
    on_stop: OnStop
    safe_value: float | None = None
    accepted_risk: AcceptedRisk | None = None
    run_time_point: str | None = None
    end_switches: tuple[str, ...] = ()
    end_switch_in_hardware: bool = False
    motion: MotionSpec | None = None
