"""What stands where, as values: read by pages, by the store and by the wiring of the bus.

Each function makes a fixed number of queries, however large the base is. `revision` tells cheaply whether what was
read is still true.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import QuerySet

from devices.errors import ProfileError
from devices.profiles.catalog import load_shipped
from devices.profiles.fields import Fields
from devices.profiles.loader import parse_profile
from devices.profiles.recording import RecordMode, RecordPolicy
from devices.profiles.schema import AcceptedRisk, Access, DeviceProfile, OutputKind, StoppedBy
from devices.samples import Origin
from devices.units import Quantity, Unit
from greenhouse.site import models
from greenhouse.site.basefile.schema import HouseKind, LineKind, Parity
from greenhouse.site.naming import in_readers_language
from greenhouse.site.overrides import apply_overrides, read_overrides


@dataclass(frozen=True, slots=True)
class PointStructure:
    """One enabled point. Ranges, limits and tolerance are in ``unit``, which is canonical.

    Attributes
    ----------
    key : str
        ``device.point``.
    local_key : str
        Key of the point within its device.
    device : str or None
        Key of its device. None: the control process's own.
    compartment : str or None
        Key of the compartment of its device. None: the whole base.
    readback : str or None
        Key of the point that shows whether a write took. None: not writable, or not verifiable.
    is_absolute : bool
        Whether writing a value twice is writing it once; not so for a toggle or a pulse.
    needs_approval : bool
        Whether a second person has to agree to a change that a person asks for.
    states : tuple of (number, zh, en)
        Names of the numbers of a mode or state.
    """

    id: int
    key: str
    local_key: str
    device: str | None
    compartment: str | None
    label_zh: str
    label_en: str
    quantity: Quantity
    unit: Unit
    access: Access
    poll_s: float
    record: RecordPolicy
    valid: tuple[float, float] | None
    limits: tuple[float, float] | None
    tolerance: float | None
    confirm_within_s: float | None
    readback: str | None
    is_absolute: bool
    needs_approval: bool
    output_kind: OutputKind | None
    stopped_by: StoppedBy | None
    accepted_risk: AcceptedRisk | None
    states: tuple[tuple[int, str, str], ...]
    is_virtual: bool

    @property
    def label(self) -> str:
        """Label in the reader's language."""
        return in_readers_language(self.label_zh, self.label_en)

    @property
    def is_writable(self) -> bool:
        """Whether the point takes commands."""
        return self.access.can_write


@dataclass(frozen=True, slots=True)
class CompartmentStructure:
    """A compartment with the points of the devices that stand in it, by key, in the order of the base file."""

    key: str
    name_zh: str
    name_en: str
    area_m2: float
    points: Mapping[str, PointStructure]

    @property
    def name(self) -> str:
        """Name in the reader's language."""
        return in_readers_language(self.name_zh, self.name_en)


@dataclass(frozen=True, slots=True)
class HouseStructure:
    """A house and its compartments."""

    key: str
    name_zh: str
    name_en: str
    kind: HouseKind
    area_m2: float
    compartments: tuple[CompartmentStructure, ...]

    @property
    def name(self) -> str:
        """Name in the reader's language."""
        return in_readers_language(self.name_zh, self.name_en)


@dataclass(frozen=True)
class BaseStructure:
    """The whole base as pages see it: enabled things only, in the order of the base file.

    Attributes
    ----------
    common_points : mapping
        Points of devices that serve the whole base, and of the control process.
    is_being_loaded : bool
        When this was read, a load had begun and not ended: parts may be as before, parts as they will be.
    """

    key: str
    name_zh: str
    name_en: str
    latitude_deg: float
    longitude_deg: float
    elevation_m: float
    time_zone: str
    revision: UUID
    houses: tuple[HouseStructure, ...]
    common_points: Mapping[str, PointStructure]
    is_being_loaded: bool

    @property
    def name(self) -> str:
        """Name in the reader's language."""
        return in_readers_language(self.name_zh, self.name_en)

    @cached_property
    def points(self) -> Mapping[str, PointStructure]:
        """Every point by key."""
        found = dict(self.common_points)
        for house in self.houses:
            for compartment in house.compartments:
                found.update(compartment.points)
        return found


@dataclass(frozen=True, slots=True)
class DeviceStructure:
    """An enabled device and its line, as people call them."""

    key: str
    name_zh: str
    name_en: str
    compartment: str | None
    line: str
    line_name_zh: str
    line_name_en: str


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


@dataclass(frozen=True)
class PointIndex:
    """What the store needs to know of the points: ids, keys and units, disabled ones included (they have a history)."""

    revision: UUID | None
    ids: Mapping[str, int]
    units: Mapping[str, Unit]
    quantities: Mapping[str, Quantity]
    records: Mapping[str, RecordPolicy]
    """Which polls become history."""
    longest_gaps_s: Mapping[str, float]
    """Longest time between two recorded samples while all is well. [s]"""

    @cached_property
    def keys(self) -> Mapping[int, str]:
        """Keys by id."""
        return {point_id: key for key, point_id in self.ids.items()}


def index_of(points: Collection[PointStructure]) -> PointIndex:
    """The index of points that were read already."""
    return PointIndex(
        revision=None,
        ids={point.key: point.id for point in points},
        units={point.key: point.unit for point in points},
        quantities={point.key: point.quantity for point in points},
        records={point.key: point.record for point in points},
        longest_gaps_s={point.key: point.record.longest_gap_s(point.poll_s) for point in points},
    )


def revision() -> UUID | None:
    """Another value after every import that changed anything. None: no base is loaded."""
    return models.Base.objects.values_list("revision", flat=True).first()


def is_being_loaded() -> bool:
    """Whether a load of the base file has begun and not ended. If nothing loads it now, it was cut off."""
    return models.Base.objects.filter(is_being_loaded=True).exists()


def point_index() -> PointIndex:
    """Ids, units and quantities of all points. Kept, and read again when `revision` has changed."""
    found = revision()
    # Without a base there is no revision that would tell when points come.
    return _read_point_index(None) if found is None else _kept_point_index(found)


@lru_cache(maxsize=1)
def _kept_point_index(found: UUID) -> PointIndex:
    return _read_point_index(found)


def _read_point_index(found: UUID | None) -> PointIndex:
    rows = list(
        models.Point.objects.order_by().values_list("key", "id", "unit", "quantity", "poll_s", *_RECORD_COLUMNS)
    )
    records = {row[0]: _record_policy(*row[5:]) for row in rows}
    return PointIndex(
        revision=found,
        ids={key: point_id for key, point_id, *_rest in rows},
        units={key: Unit(unit) for key, _id, unit, *_rest in rows},
        quantities={key: Quantity(quantity) for key, _id, _unit, quantity, *_rest in rows},
        records=records,
        longest_gaps_s={row[0]: records[row[0]].longest_gap_s(row[4]) for row in rows},
    )


def time_zone() -> ZoneInfo:
    """Time zone of the base, whatever zone the server stands in. The project's, while no base file has been loaded."""
    name = models.Base.objects.values_list("time_zone", flat=True).first()
    return ZoneInfo(name or settings.TIME_ZONE)


_RECORD_COLUMNS = ("record", "record_dead_band", "record_interval_s")


def _record_policy(mode: str, dead_band: float, interval_s: float) -> RecordPolicy:
    return RecordPolicy(RecordMode(mode), dead_band=dead_band, interval_s=interval_s)


def base() -> BaseStructure | None:
    """The whole base. None: no base file has been loaded."""
    row = models.Base.objects.first()
    if row is None:
        return None
    by_compartment: defaultdict[str | None, dict[str, PointStructure]] = defaultdict(dict)
    for point in _points(models.Point.objects.all()):
        by_compartment[point.compartment][point.key] = point
    compartments: defaultdict[int, list[CompartmentStructure]] = defaultdict(list)
    for compartment in models.Compartment.objects.filter(enabled=True):
        compartments[compartment.house_id].append(
            CompartmentStructure(
                key=compartment.key,
                name_zh=compartment.name_zh,
                name_en=compartment.name_en,
                area_m2=compartment.area_m2,
                points=by_compartment[compartment.key],
            )
        )
    houses = tuple(
        HouseStructure(
            key=house.key,
            name_zh=house.name_zh,
            name_en=house.name_en,
            kind=HouseKind(house.kind),
            area_m2=house.area_m2,
            compartments=tuple(compartments[house.pk]),
        )
        for house in models.House.objects.filter(enabled=True)
    )
    return BaseStructure(
        key=row.key,
        name_zh=row.name_zh,
        name_en=row.name_en,
        latitude_deg=row.latitude_deg,
        longitude_deg=row.longitude_deg,
        elevation_m=row.elevation_m,
        time_zone=row.time_zone,
        revision=row.revision,
        houses=houses,
        common_points=by_compartment[None],
        is_being_loaded=row.is_being_loaded,
    )


def point(key: str) -> PointStructure | None:
    """One enabled point of an enabled device, or None."""
    return points_of([key]).get(key)


def all_points() -> list[PointStructure]:
    """Every enabled point of an enabled device."""
    return list(_points(models.Point.objects.all()))


def points_of(keys: Collection[str]) -> dict[str, PointStructure]:
    """Enabled points of enabled devices by key; others are left out."""
    return {point.key: point for point in _points(models.Point.objects.filter(key__in=keys))}


def _points(rows: QuerySet[models.Point]) -> Iterator[PointStructure]:
    """Enabled points of enabled devices, in the order of the base file."""
    enabled = rows.filter(enabled=True).exclude(device__enabled=False).order_by("device__position", "position", "key")
    for row in enabled.select_related("device__compartment"):
        device = row.device
        yield PointStructure(
            id=row.pk,
            key=row.key,
            local_key=row.local_key,
            device=None if device is None else device.key,
            compartment=None if device is None or device.compartment is None else device.compartment.key,
            label_zh=row.label_zh,
            label_en=row.label_en,
            quantity=Quantity(row.quantity),
            unit=Unit(row.unit),
            access=Access(row.access),
            poll_s=row.poll_s,
            record=_record_policy(row.record, row.record_dead_band, row.record_interval_s),
            valid=_interval(row.valid_low, row.valid_high),
            limits=_interval(row.limit_low, row.limit_high),
            tolerance=row.tolerance,
            confirm_within_s=row.confirm_within_s,
            readback=row.readback,
            is_absolute=row.is_absolute,
            needs_approval=row.needs_approval,
            output_kind=None if row.output_kind is None else OutputKind(row.output_kind),
            stopped_by=None if row.stopped_by is None else StoppedBy(row.stopped_by),
            accepted_risk=None
            if row.accepted_risk_by is None
            else AcceptedRisk(by=row.accepted_risk_by, reason=row.accepted_risk_reason or ""),
            states=tuple((number, zh, en) for number, zh, en in row.states),
            is_virtual=row.is_virtual,
        )


def _interval(low: float | None, high: float | None) -> tuple[float, float] | None:
    return None if low is None or high is None else (low, high)


def devices() -> tuple[DeviceStructure, ...]:
    """Every enabled device of an enabled line, in the order of the base file."""
    rows = models.Device.objects.filter(enabled=True, line__enabled=True)
    return tuple(
        DeviceStructure(
            key=row.key,
            name_zh=row.name_zh,
            name_en=row.name_en,
            compartment=None if row.compartment is None else row.compartment.key,
            line=row.line.key,
            line_name_zh=row.line.name_zh,
            line_name_en=row.line.name_en,
        )
        for row in rows.select_related("line", "compartment")
    )


def wiring() -> tuple[LineWiring, ...]:
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
