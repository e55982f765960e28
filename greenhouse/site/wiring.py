"""Lines and devices as the bus needs them: addresses, and profiles with the site's overrides applied."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from devices.errors import ProfileError
from devices.profiles.catalog import load_shipped
from devices.profiles.fields import Fields
from devices.profiles.loader import parse_profile
from devices.profiles.schema import DeviceProfile
from devices.samples import Origin
from greenhouse.plant.point_sources import TRUTH_PROFILE
from greenhouse.site import models
from greenhouse.site.basefile.schema import LineKind, Parity
from greenhouse.site.overrides import apply_overrides, read_overrides


@dataclass(frozen=True, slots=True)
class DeviceWiring:
    """A device as the bus needs it: the profile with this site's overrides applied."""

    key: str
    unit_id: int
    origin: Origin
    profile: DeviceProfile
    point_ids: Mapping[str, int]
    """Store ids by ``device.point`` key, its virtual points included."""


@dataclass(frozen=True, slots=True)
class LineWiring:
    """A line with its devices. None: the default of the line's kind."""

    key: str
    kind: LineKind
    host: str | None
    port: int | None
    serial_port: str | None
    baudrate: int
    parity: Parity
    stopbits: int
    gap: int | None
    connect_timeout_s: float
    inter_frame_gap_s: float | None
    devices: tuple[DeviceWiring, ...]

    @property
    def is_of_truths(self) -> bool:
        """Whether it carries truth units, which share a line with nothing else."""
        return any(device.profile.key == TRUTH_PROFILE for device in self.devices)


def wired_lines() -> tuple[LineWiring, ...]:
    """Every enabled line with its enabled devices.

    Raises
    ------
    ProfileError
        If a device's profile is gone: the program was changed without loading the base file again.
    """
    ids: defaultdict[int, dict[str, int]] = defaultdict(dict)
    points = models.Point.objects.filter(enabled=True, device__isnull=False).order_by()
    for device_id, key, point_id in points.values_list("device_id", "key", "id"):
        if device_id is not None:
            ids[device_id][key] = point_id
    profiles = stored_profiles()
    devices: defaultdict[int, list[DeviceWiring]] = defaultdict(list)
    for device in models.Device.objects.filter(enabled=True):
        devices[device.line_id].append(
            DeviceWiring(
                key=device.key,
                unit_id=device.unit_id,
                origin=Origin(device.origin),
                profile=_effective_profile(device, profiles),
                point_ids=ids[device.pk],
            )
        )
    return tuple(
        LineWiring(
            key=line.key,
            kind=LineKind(line.kind),
            host=line.host,
            port=line.port,
            serial_port=line.serial_port,
            baudrate=line.baudrate,
            parity=Parity(line.parity),
            stopbits=line.stopbits,
            gap=line.gap,
            connect_timeout_s=line.connect_timeout_s,
            inter_frame_gap_s=line.inter_frame_gap_s,
            devices=tuple(devices[line.pk]),
        )
        for line in models.Line.objects.filter(enabled=True)
    )


def stored_profiles() -> Mapping[str, DeviceProfile]:
    """Shipped profiles and those that the site brought along, by key."""
    own = models.SiteProfile.objects.values_list("key", "text")
    return {**load_shipped(), **{key: parse_profile(text, file=key) for key, text in own}}


def _effective_profile(device: models.Device, profiles: Mapping[str, DeviceProfile]) -> DeviceProfile:
    if device.profile not in profiles:
        raise ProfileError(device.profile, [f"device {device.key} needs this profile; load the base file again"])
    faults: list[str] = []
    fields = Fields({"points": device.overrides}, where=f'device "{device.key}"', faults=faults)
    profile = apply_overrides(
        profiles[device.profile], read_overrides(fields), timeout_s=device.timeout_s, retries=device.retries
    )
    if faults:
        raise ProfileError(device.profile, faults)
    return profile
