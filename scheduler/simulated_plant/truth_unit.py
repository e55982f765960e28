"""The truth unit of a compartment: a device that nobody could build, for the training page (ADR 23)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from devices.simulator.dosing import as_bits
from devices.simulator.faults import Fault
from greenhouse.plant.faults import PlantFaults
from greenhouse.plant.point_sources import rolled_up_pct
from scheduler.simulated_plant.compartment import Compartment
from scheduler.simulated_plant.devices import Device, Scene
from scheduler.simulated_plant.probes import Probes


class TruthUnit(Device):
    """Shows truths without an instrument, positions that no controller counts, and which faults are on.

    Parameters
    ----------
    drives : mapping of position to device keys
        Which devices of the compartment move what a point of the unit shows the position of. Where there are two, the
        point has no one position and shows none.
    """

    def __init__(
        self, key: str, compartment: Compartment | None, probes: Probes, drives: Mapping[str, Sequence[str]]
    ) -> None:
        super().__init__(key, compartment, probes)
        self._drives = drives
        self.plant_faults: PlantFaults | None = None
        self.device_faults: frozenset[str] = frozenset()
        self.shared_device_faults: frozenset[str] = frozenset()

    def advance(self, dt_s: float, scene: Scene) -> None:
        """Nothing moves."""

    def value(self, point: str) -> float | None:
        """What is true of the point now; asked seldom, so it is put together when it is asked."""
        if self.compartment is None:
            return None
        if point in self._drives:
            return self._position_pct(point, self.compartment)
        if point == "plant_faults":
            return as_bits(tuple(severity != 0.0 for severity in self.plant_faults or self.compartment.faults))
        if point == "device_faults":
            return _bits_of(self.device_faults)
        if point == "shared_device_faults":
            return _bits_of(self.shared_device_faults)
        return super().value(point)

    def _position_pct(self, point: str, compartment: Compartment) -> float | None:
        """Where the one drive truly stands, as its own device would show it. [%]"""
        orders, devices = compartment.orders, self._drives[point]
        if len(devices) != 1:
            return None
        if point in {"screen_position", "shade_position"}:
            drawn = (orders.screens if point == "screen_position" else orders.nets).get(devices[0])
            return None if drawn is None else 100.0 * drawn
        if point == "blanket_position":
            covered = orders.blankets.get(devices[0])
            return None if covered is None else rolled_up_pct(covered)
        opening = orders.openings.get(devices[0])
        return None if opening is None else 100.0 * opening[1]


def _bits_of(faults: frozenset[str]) -> float:
    """A bit for each kind, in the order of the kinds."""
    return as_bits(tuple(fault.value in faults for fault in Fault))
