"""What stands where, as values, as pages and decisions see it.

What the store needs of the points is `greenhouse.site.point_index`, what the bus needs is `greenhouse.site.wiring`.
Each function makes a fixed number of queries, however large the base is. `revision` tells cheaply whether what was
read is still true.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import QuerySet

from devices.profiles.outputs import AcceptedRisk, OutputKind, StoppedBy
from devices.profiles.recording import RecordMode, RecordPolicy
from devices.profiles.schema import Access, Role
from devices.units import Quantity, Unit
from greenhouse.plant.point_sources import TRUTH_PROFILE
from greenhouse.site import models
from greenhouse.site.basefile.schema import HouseKind
from greenhouse.site.naming import in_readers_language


@dataclass(frozen=True, slots=True)
class Motion:
    """How an output that moves something shows and does it. 0 % is shut, covered or open; 100 % the other end.

    Attributes
    ----------
    position, motor : str
        Keys of the points that show where it stands, and whether its motor runs (0: it stands).
    travel_s : float
        From end to end. [s]
    opens_with, shuts_with, stops_with : float or None
        Motor commands, canonical unit. None: the output takes the position itself.
    """

    position: str
    motor: str
    travel_s: float
    opens_with: float | None = None
    shuts_with: float | None = None
    stops_with: float | None = None

    @property
    def takes_commands(self) -> bool:
        """Whether it is told a direction, not a position. A direction is no state that could be returned to."""
        return self.opens_with is not None


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
    role : Role or None
        What it is to whoever controls a climate.
    motion : Motion or None
        Of an output that moves something.
    run_time : str or None
        Key of the register from which the device ends the output by itself.
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
    role: Role | None = None
    motion: Motion | None = None
    run_time: str | None = None

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
    truths : mapping
        Points of the truth units of a simulated base, by key. They are none of ``points``: whoever goes through those
        shows, compares, alarms and counts no truth.
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
    truths: Mapping[str, PointStructure]
    is_being_loaded: bool

    @property
    def name(self) -> str:
        """Name in the reader's language."""
        return in_readers_language(self.name_zh, self.name_en)

    @cached_property
    def points(self) -> Mapping[str, PointStructure]:
        """Every point by key, without truths."""
        found = dict(self.common_points)
        for compartment in self.compartments.values():
            found.update(compartment.points)
        return found

    @cached_property
    def compartments(self) -> Mapping[str, CompartmentStructure]:
        """Every compartment by key, house by house."""
        return {part.key: part for house in self.houses for part in house.compartments}


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


def revision() -> UUID | None:
    """Another value after every import that changed anything. None: no base is loaded."""
    return models.Base.objects.values_list("revision", flat=True).first()


def is_being_loaded() -> bool:
    """Whether a load of the base file has begun and not ended. If nothing loads it now, it was cut off."""
    return models.Base.objects.filter(is_being_loaded=True).exists()


def time_zone() -> ZoneInfo:
    """Time zone of the base, whatever zone the server stands in. The project's, while no base file has been loaded."""
    name = models.Base.objects.values_list("time_zone", flat=True).first()
    return ZoneInfo(name or settings.TIME_ZONE)


def record_policy(mode: str, dead_band: float, interval_s: float) -> RecordPolicy:
    """Which polls of a point become history, from its columns."""
    return RecordPolicy(RecordMode(mode), dead_band=dead_band, interval_s=interval_s)


def base() -> BaseStructure | None:
    """The whole base. None: no base file has been loaded."""
    row = models.Base.objects.first()
    if row is None:
        return None
    by_compartment: defaultdict[str | None, dict[str, PointStructure]] = defaultdict(dict)
    for point in _points(_without_truths()):
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
        truths={point.key: point for point in _points(models.Point.objects.filter(device__profile=TRUTH_PROFILE))},
        is_being_loaded=row.is_being_loaded,
    )


def point(key: str) -> PointStructure | None:
    """One enabled point of an enabled device that is no truth unit, or None."""
    return points_of([key]).get(key)


def all_points() -> list[PointStructure]:
    """Every enabled point of an enabled device, without truths."""
    return list(_points(_without_truths()))


def points_of(keys: Collection[str]) -> dict[str, PointStructure]:
    """Enabled points of enabled devices by key; others are left out, truths too."""
    return {point.key: point for point in _points(_without_truths().filter(key__in=keys))}


def _without_truths() -> QuerySet[models.Point]:
    return models.Point.objects.exclude(device__profile=TRUTH_PROFILE)


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
            record=record_policy(row.record, row.record_dead_band, row.record_interval_s),
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
            role=None if row.role is None else Role(row.role),
            motion=None if row.motion is None else Motion(**row.motion),
            run_time=row.run_time_point,
        )


def _interval(low: float | None, high: float | None) -> tuple[float, float] | None:
    return None if low is None or high is None else (low, high)


def devices() -> tuple[DeviceStructure, ...]:
    """Every enabled device of an enabled line, in the order of the base file, without truth units."""
    rows = models.Device.objects.filter(enabled=True, line__enabled=True).exclude(profile=TRUTH_PROFILE)
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
