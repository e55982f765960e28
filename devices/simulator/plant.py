"""The seam between the simulated Modbus devices and whatever gives them their values."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from devices.profiles.schema import DeviceProfile
from devices.simulator.faults import FaultKind


@dataclass(frozen=True, slots=True)
class PlantDevice:
    """A device as the plant sees it. ``compartment`` is None for a device of the whole base."""

    key: str
    profile: DeviceProfile
    compartment: str | None


class Plant(Protocol):
    """The physical side of the simulated base: what the sensors would feel and the outputs would move.

    Values are in the canonical unit of the point's quantity. A plant knows no registers, no faults and no communication
    time-outs: those belong to the simulated devices in front of it.
    """

    def advance(self, elapsed_s: float) -> None:
        """Let time pass. Zero is allowed. [s]

        Raises
        ------
        ValueError
            If the time is negative or not finite: a plant never goes back.
        """

    def value(self, device: str, point: str) -> float | None:
        """What the device would show for the point now; None where there is nothing to show."""

    def command(self, device: str, point: str, value: float) -> bool:
        """Take a written value, already inside the point's limits. False: the device rejects it."""

    def set_clock_skew(self, skew_s: float) -> None:
        """Let the clocks of the devices run ahead of true time (negative: behind). The sun does not follow. [s]"""


@runtime_checkable
class BreakablePlant(Protocol):
    """A plant whose own equipment can break down: a film, a boiler, a pipe. What it shows stays true."""

    @property
    def fault_kinds(self) -> Mapping[str, FaultKind]:
        """What can break down, by name; the amount of a kind is how severe it is."""

    @property
    def breakable(self) -> Collection[str]:
        """The compartments in which it can."""

    def break_down(self, compartment: str, severities: Mapping[str, float]) -> None:
        """Let these faults of a compartment be on, and no others."""


@runtime_checkable
class WitnessedPlant(Protocol):
    """A plant of which some devices show the truth itself, and which faults are on: for people in training."""

    @property
    def witnesses(self) -> Collection[str]:
        """Keys of these devices. They may fall silent, but no fault lets one of their points lie."""

    def learn_faults(self, faults: Mapping[str, Collection[str]]) -> None:
        """Hear which faults are on, by device: its own, those of its points and of its line, and those of the base."""
