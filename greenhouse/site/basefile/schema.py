"""What a base file says, as checked values. `load_base` builds them; `import_base` carries them into the database."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from devices.profiles.outputs import AcceptedRisk, OnStop, OutputKind, StoppedBy
from devices.profiles.recording import RecordPolicy
from devices.profiles.schema import DeviceProfile, Role
from devices.samples import Origin


class HouseKind(StrEnum):
    """How a house is built."""

    SOLAR = "solar"
    """Chinese solar greenhouse: insulated north wall, south film, roll-up blanket."""
    GLASSHOUSE = "glasshouse"
    """Multi-span house of glass."""


class LineKind(StrEnum):
    """How a line carries Modbus."""

    TCP = "tcp"
    RTU_OVER_TCP = "rtu_over_tcp"
    SERIAL = "serial"


class Parity(StrEnum):
    """Parity bit of a serial line."""

    NONE = "N"
    EVEN = "E"
    ODD = "O"


@dataclass(frozen=True, slots=True)
class BaseEntry:
    """The base itself. Latitude and longitude in degrees, north and east positive."""

    key: str
    name_zh: str
    name_en: str
    latitude_deg: float
    longitude_deg: float
    elevation_m: float
    time_zone: str


@dataclass(frozen=True, slots=True)
class HouseEntry:
    """A house of the base."""

    key: str
    name_zh: str
    name_en: str
    kind: HouseKind
    area_m2: float


@dataclass(frozen=True, slots=True)
class CompartmentEntry:
    """A part of a house with a climate of its own."""

    key: str
    house: str
    name_zh: str
    name_en: str
    area_m2: float


@dataclass(frozen=True, slots=True)
class LineEntry:
    """A field-bus line. ``host`` and ``port`` for the TCP kinds, ``serial_port`` and what follows for a serial one.

    Attributes
    ----------
    connections : int
        How many connections the peer allows at a time.
    gap : int or None
        Registers that a block read may sweep up between two points. None: the line kind's default.
    inter_frame_gap_s : float or None
        Silence between two requests. None: the line kind's default. [s]
    """

    key: str
    name_zh: str
    name_en: str
    kind: LineKind
    connections: int = 1
    gap: int | None = None
    inter_frame_gap_s: float | None = None
    host: str | None = None
    port: int | None = None
    connect_timeout_s: float = 2.0
    serial_port: str | None = None
    baudrate: int = 9600
    parity: Parity = Parity.NONE
    stopbits: int = 1


@dataclass(frozen=True, slots=True)
class OutputOverride:
    """What a site says about an output beyond its profile. None: as the profile says."""

    kind: OutputKind | None = None
    stopped_by: StoppedBy | None = None
    on_stop: OnStop | None = None
    safe_value: float | None = None
    run_time_point: str | None = None
    end_switches: tuple[str, ...] = ()
    end_switch_in_hardware: bool = False
    accepted_risk: AcceptedRisk | None = None
    travel_s: float | None = None


@dataclass(frozen=True, slots=True)
class PointOverride:
    """What a site says about a point beyond its profile, in the profile's units. None: as the profile says.

    ``has_no_role``: whatever role the profile gives it, another point of the compartment has it.
    """

    key: str
    enabled: bool = True
    label_zh: str | None = None
    label_en: str | None = None
    poll_s: float | None = None
    valid: tuple[float, float] | None = None
    limits: tuple[float, float] | None = None
    needs_approval: bool | None = None
    output: OutputOverride | None = None
    record: RecordPolicy | None = None
    role: Role | None = None
    has_no_role: bool = False


@dataclass(frozen=True, slots=True)
class DeviceEntry:
    """A device on a line.

    Attributes
    ----------
    compartment : str or None
        Where it stands. None: it serves the whole base.
    timeout_s, retries
        For this one device, instead of its profile's. None: as the profile says.
    overrides : mapping
        The device's ``points`` table as it stands in the file; stored, so that wiring reads it again.
    profile : DeviceProfile
        The profile with the overrides applied: what is polled and written.
    enabled : bool
        False: it stands in the file and is checked, but the base does without it.
    """

    key: str
    name_zh: str
    name_en: str
    line: str
    unit_id: int
    profile_key: str
    compartment: str | None
    origin: Origin
    timeout_s: float | None
    retries: int | None
    overrides: Mapping[str, object]
    profile: DeviceProfile
    enabled: bool = True


@dataclass(frozen=True, slots=True)
class ValveGroupEntry:
    """Valves that open together.

    Attributes
    ----------
    valves : tuple of str
        ``device.point`` each.
    area_m2 : float
        What they water. [m²]
    longest_run_min : float
        No run lasts longer, however much water its dose still lacks. [min]
    pump, meter : str or None
        ``device.point`` of the pump that feeds them, and of the counter of their water. None: there is none.
    """

    key: str
    name_zh: str
    name_en: str
    compartment: str
    valves: tuple[str, ...]
    area_m2: float
    longest_run_min: float
    pump: str | None = None
    meter: str | None = None


@dataclass(frozen=True, slots=True)
class SiteProfile:
    """A device profile that the site brings along, as text and as it was read."""

    key: str
    text: str
    profile: DeviceProfile


@dataclass(frozen=True, slots=True)
class BaseFile:
    """A whole base file without faults. Of its devices, those that are enabled."""

    base: BaseEntry
    houses: tuple[HouseEntry, ...]
    compartments: tuple[CompartmentEntry, ...]
    lines: tuple[LineEntry, ...]
    devices: tuple[DeviceEntry, ...]
    profiles: tuple[SiteProfile, ...]
    valve_groups: tuple[ValveGroupEntry, ...] = ()
