"""The simulated base of a base file: its simulated devices on their lines, with a plant behind them."""

from __future__ import annotations

import json
import os
from datetime import datetime
from ipaddress import ip_address
from pathlib import Path

from devices.samples import Origin
from devices.simulator.base import LineDevice, LineKind, SimulatedLine, SimulatorFailed
from devices.simulator.compartment import Enclosure
from devices.simulator.plant import PlantDevice
from greenhouse.site.basefile.schema import BaseFile, DeviceEntry, HouseKind, LineEntry
from scheduler.simulated_plant.base_plant import BasePlant, Room

ADDRESS_FILE = "simulator.json"

ENCLOSURE = {HouseKind.SOLAR: Enclosure.SOLAR_GREENHOUSE, HouseKind.GLASSHOUSE: Enclosure.GLASSHOUSE}


def simulated_lines(base_file: BaseFile) -> tuple[SimulatedLine, ...]:
    """Lines of the base whose devices are simulated.

    Raises
    ------
    SimulatorFailed
        If a line carries measured devices as well, or leads away from this machine: nothing may answer in their place.
    """
    lines = []
    for line in base_file.lines:
        devices = [device for device in base_file.devices if device.line == line.key]
        measured = [device.key for device in devices if device.origin is not Origin.SIMULATED]
        if len(measured) == len(devices):
            continue
        if measured:
            raise SimulatorFailed(f"line {line.key}: {measured[0]} is not simulated, but others on the line are")
        lines.append(_simulated_line(line, devices))
    return tuple(lines)


def simulated_plant(base_file: BaseFile, *, start: datetime, seed: int) -> BasePlant:
    """The plant behind the simulated devices of a base.

    Parameters
    ----------
    start : datetime
        The plant's first moment, aware.
    seed : int
        Another seed gives other weather and other noise.
    """
    kind_of_house = {house.key: house.kind for house in base_file.houses}
    return BasePlant(
        [PlantDevice(device.key, device.profile, device.compartment) for device in _simulated(base_file)],
        {part.key: Room(ENCLOSURE[kind_of_house[part.house]], part.area_m2) for part in base_file.compartments},
        start=start,
        seed=seed,
    )


def write_address(folder: Path, port: int) -> None:
    """Leave the port of the control socket where ``simfault`` looks for it."""
    path = folder / ADDRESS_FILE
    unfinished = path.with_suffix(".new")
    unfinished.write_text(json.dumps({"port": port, "pid": os.getpid()}), encoding="utf-8")
    unfinished.replace(path)


def remove_address(folder: Path) -> None:
    """Take the address away again."""
    (folder / ADDRESS_FILE).unlink(missing_ok=True)


def read_address(folder: Path) -> int:
    """Port of the control socket of the running simulator.

    Raises
    ------
    SimulatorFailed
        If no simulator left its address there.
    """
    path = folder / ADDRESS_FILE
    try:
        return int(json.loads(path.read_text(encoding="utf-8"))["port"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise SimulatorFailed(
            f"no simulator runs here ({path.name} is missing or unreadable); start one with `manage.py runsimulator`"
        ) from error


def _simulated(base_file: BaseFile) -> list[DeviceEntry]:
    return [device for device in base_file.devices if device.origin is Origin.SIMULATED]


def _simulated_line(line: LineEntry, devices: list[DeviceEntry]) -> SimulatedLine:
    units = tuple(LineDevice(device.key, device.unit_id, device.profile) for device in devices)
    kind = LineKind(line.kind.value)
    if line.serial_port is not None:
        return SimulatedLine(line.key, kind, units, serial_port=Path(line.serial_port))
    if line.host is None or line.port is None or not _is_loopback(line.host):
        raise SimulatorFailed(f"line {line.key}: a simulated line must end on this machine, not at {line.host}")
    return SimulatedLine(line.key, kind, units, host=line.host, port=line.port)


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
