"""What goes in and out of the interface, with the sentences that describe it. Part of the interface: only added to.

Descriptions are message ids: the description of the interface is translated as a whole (`greenhouse.api.description`).
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from django.utils.translation import gettext_noop as N_
from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from devices.profiles.outputs import OutputKind, StoppedBy
from devices.profiles.recording import RecordMode
from devices.profiles.schema import Access
from devices.samples import Freshness, Origin
from devices.units import Quantity, Unit
from greenhouse.alarms import lifecycle as alarm_life
from greenhouse.commands.lifecycle import State
from greenhouse.commands.policies import HOLD_LONGEST, REASON_LIMIT
from greenhouse.commands.sources import Source
from greenhouse.site.basefile.schema import HouseKind, LineKind
from greenhouse.site.keys import ANY_KEY, KEY_LENGTH, POINT_KEY, POINT_KEY_LENGTH

POINT_PATTERN = f"^{POINT_KEY}$"
KEY_PATTERN = f"^{ANY_KEY}$"
_FIRST_YEAR, _LAST_YEAR = 1970, 2099


def _in_range(moment: datetime) -> datetime:
    """A time that both stores can hold, in any time zone."""
    if not _FIRST_YEAR <= moment.year <= _LAST_YEAR:
        raise PydanticCustomError("time_out_of_range", "must lie in the years 1970 to 2099")
    return moment


def _no_control_characters(text: str) -> str:
    """A text that both stores can hold: PostgreSQL refuses NUL."""
    if any(ord(sign) < 32 and sign not in "\t\n\r" for sign in text):
        raise PydanticCustomError("no_control_characters", "must not contain control characters")
    return text


PointKey = Annotated[
    str, Field(pattern=POINT_PATTERN, max_length=POINT_KEY_LENGTH, description=N_("Key of the point: device.point."))
]
Key = Annotated[str, Field(pattern=KEY_PATTERN, max_length=KEY_LENGTH)]
Moment = Annotated[AwareDatetime, AfterValidator(_in_range)]
Text = Annotated[str, AfterValidator(_no_control_characters)]
AlarmState = Annotated[
    alarm_life.State, WithJsonSchema({"type": "string", "enum": [state.value for state in alarm_life.State]})
]
"""Without a name of its own: that of commands is called State as well, and a description has one list of names."""
Number = Annotated[float, Field(allow_inf_nan=False)]


class _In(BaseModel):
    """What a caller sends. A misspelled name is a fault, not silence."""

    model_config = ConfigDict(extra="forbid")


class Names(BaseModel):
    """A name in both languages."""

    zh: str
    en: str


class Range(BaseModel):
    """Lowest and highest value, both included."""

    low: float
    high: float


# --- structure --------------------------------------------------------------------------------------------------------


class CompartmentOut(BaseModel):
    """A part of a house with a climate of its own."""

    key: str
    name: Names
    area_m2: float


class HouseOut(BaseModel):
    """A house and its compartments."""

    key: str
    name: Names
    kind: HouseKind
    area_m2: float
    compartments: list[CompartmentOut]


class LineOut(BaseModel):
    """A field-bus line. Where it leads is not told."""

    key: str
    name: Names
    kind: LineKind


class DeviceOut(BaseModel):
    """A device on a line."""

    key: str
    name: Names
    line: str
    unit_id: int = Field(description=N_("Its Modbus unit on the line."))
    profile: str = Field(description=N_("Key of its register map."))
    compartment: str | None = Field(description=N_("null: it serves the whole base."))
    origin: Origin = Field(description=N_("Where its values come from."))


class BaseOut(BaseModel):
    """What stands where."""

    revision: UUID = Field(description=N_("Another one whenever the structure has changed."))
    key: str
    name: Names
    latitude_deg: float
    longitude_deg: float
    elevation_m: float
    time_zone: str
    houses: list[HouseOut]
    lines: list[LineOut]
    devices: list[DeviceOut]


class RecordOut(BaseModel):
    """Which polls become history."""

    mode: RecordMode
    dead_band: float = Field(description=N_("With mode change: the difference that is still none."))
    interval_s: float = Field(description=N_("With mode interval: time between two samples."))


class StateOut(BaseModel):
    """Name of a number of a mode or state."""

    number: int
    name: Names


class PointOut(BaseModel):
    """What a point is. Ranges, limits and tolerance are in its unit."""

    key: str
    device: str | None = Field(description=N_("null: the control process itself."))
    compartment: str | None
    label: Names
    quantity: Quantity
    unit: Unit = Field(description=N_("Canonical unit of the quantity; every value comes in it."))
    unit_sign: str = Field(description=N_("The unit as people write it."))
    access: Access
    poll_s: float = Field(description=N_("Time between two polls."))
    record: RecordOut
    valid: Range | None = Field(description=N_("A value outside is bad; it is kept all the same."))
    limits: Range | None = Field(description=N_("What may be commanded."))
    tolerance: float | None = Field(description=N_("A read-back may differ by so much and is the same."))
    confirm_within_s: float | None
    readback: str | None = Field(description=N_("Key of the point that shows whether a command took."))
    needs_approval: bool = Field(description=N_("A second person has to agree to a command."))
    output_kind: OutputKind | None
    stopped_by: StoppedBy | None = Field(description=N_("What stops the output if this system fails."))
    states: list[StateOut]
    is_virtual: bool = Field(description=N_("It stands in no register: a link, or the control process."))


class PointsOut(BaseModel):
    """A page of points, in the order of their keys."""

    items: list[PointOut]
    next: str | None = Field(description=N_("Send it as cursor for the next page. null: this was the last one."))


# --- values -----------------------------------------------------------------------------------------------------------


class LatestOut(BaseModel):
    """The newest value of a point, and how far it may be believed."""

    point: str
    value: int | float | None = Field(description=N_("In the point's unit. null: there is no value."))
    unit: Unit
    quality: str | None = Field(description=N_("good, uncertain or bad; a bad value is shown, not used."))
    reason: str | None = Field(description=N_("Why it is not good."))
    origin: Origin | None
    observed_at: datetime | None = Field(description=N_("When the device's reply arrived."))
    age_s: float | None
    freshness: Freshness = Field(description=N_("live, late, stale or dead: its age against how often it should come."))


class LatestListOut(BaseModel):
    """The newest values of many points at one moment."""

    at: datetime = Field(description=N_("The time by which ages are told."))
    items: list[LatestOut]


class UnreadableOut(BaseModel):
    """A span whose stored samples are damaged."""

    point: str
    start: datetime
    end: datetime
    reason: str


class PointSeriesOut(BaseModel):
    """The buckets of one point. Where no value was known there is no bucket: gaps stay gaps."""

    point: str
    unit: Unit
    quantity: Quantity
    start: list[str] = Field(description=N_("Beginning of each bucket, UTC."))
    minimum: list[float | None]
    mean: list[float | None] = Field(description=N_("Weighed by how long each value held."))
    maximum: list[float | None]
    count: list[int] = Field(description=N_("Usable samples."))
    unusable: list[int] = Field(description=N_("Samples that were bad or had no value."))
    coverage: list[float] = Field(description=N_("Share of the bucket's time with a usable value, 0 to 1."))


class SeriesOut(BaseModel):
    """Samples of a span of time in buckets."""

    start: datetime
    end: datetime
    resolution_s: int
    series: list[PointSeriesOut]
    unreadable: list[UnreadableOut] = Field(description=N_("Spans whose samples are damaged, and therefore missing."))


# --- commands ---------------------------------------------------------------------------------------------------------


class CommandIn(_In):
    """A point is to have a value."""

    point: PointKey
    value: Number = Field(description=N_("In the point's unit, within its limits."))
    seen_value: Number | None = Field(
        description=N_(
            "The value in force that you saw before deciding; null: none was known. If another one is in force by now, "
            "nothing is stored (409)."
        )
    )
    seen_at: Moment | None = Field(default=None, description=N_("When that value was observed."))
    reason: Text = Field(
        default="",
        max_length=REASON_LIMIT,
        description=N_("Why. A large change (more than 2 °C, a tenth of any other quantity, or a mode) needs one."),
    )
    hold_for_s: int | None = Field(
        default=None,
        ge=1,
        le=round(HOLD_LONGEST.total_seconds()),
        description=N_("Hold the point by hand for so long, then return to the value in force before."),
    )


class VerdictOut(BaseModel):
    """Why a command is where it is."""

    code: str
    text: str = Field(description=N_("In the reader's language."))


class CommandEventOut(BaseModel):
    """One step of a command."""

    at: datetime
    state: State
    by: str
    role: str
    device_label: str = Field(description=N_("Phone, computer or API token that it came from."))
    reason: str
    readback_value: float | None
    verdict: VerdictOut | None


class HoldOut(BaseModel):
    """The manual hold that a command asked for."""

    state: str
    ends_at: datetime
    return_value: float | None


class CommandOut(BaseModel):
    """A command and how far it has come. Only confirmed means: read back from the controller, and equal."""

    id: UUID
    point: str
    value: float
    unit: str
    state: State
    state_name: str = Field(description=N_("In the reader's language."))
    is_open: bool = Field(description=N_("It may still do something."))
    verdict: VerdictOut | None
    readback_value: float | None
    previous_value: float | None = Field(description=N_("The value in force that was seen when asking."))
    source: Source
    by: str
    role: str
    device_label: str
    reason: str
    created_at: datetime
    expires_at: datetime = Field(description=N_("Not sent after this moment."))
    ended_at: datetime | None
    hold: HoldOut | None
    events: list[CommandEventOut]


class CommandsOut(BaseModel):
    """A page of commands, the newest first."""

    items: list[CommandOut]
    next: str | None


# --- programs ---------------------------------------------------------------------------------------------------------

TimeOfDay = Annotated[
    str, Field(description=N_("A time of day: 07:30, sunrise+45, sunset-30."), examples=["sunrise+45"])
]


class PeriodOut(BaseModel):
    """A part of the day with temperatures of its own."""

    start: TimeOfDay
    heating_c: float = Field(description=N_("Below it the house is heated."))
    ventilation_c: float = Field(description=N_("Above it the vents open."))


class VentRuleOut(BaseModel):
    """How far vents open above the ventilation temperature."""

    band_k: float = Field(description=N_("From shut to fully open, at 15 °C outside and above."))
    wider_k_per_k: float = Field(description=N_("The band grows by so much for each kelvin that it is colder outside."))
    step_pct: float = Field(description=N_("Smaller moves are not made."))
    rest_min: float = Field(description=N_("Least time between two moves."))
    bottom_above_outside_c: float = Field(description=N_("Bottom vents stay shut at this temperature outside."))


class BlanketRuleOut(BaseModel):
    """When the blanket is rolled up."""

    up: TimeOfDay
    down: TimeOfDay
    least_radiation_w_m2: float = Field(description=N_("It waits for so much sun."))
    wait_min: float = Field(description=N_("It waits at most so long."))


class ScreenRuleOut(BaseModel):
    """When the thermal screen is drawn."""

    drawn_from: TimeOfDay
    open_from: TimeOfDay
    only_below_outside_c: float = Field(description=N_("It stays open where it is warmer outside."))
    least_radiation_w_m2: float = Field(description=N_("In the morning a drawn one waits for so much sun."))
    wait_min: float = Field(description=N_("It waits at most so long."))


class ShadeRuleOut(BaseModel):
    """When the shading net above the roof is drawn."""

    drawn_above_w_m2: float = Field(description=N_("From so much sun on it is drawn."))
    back_below_w_m2: float = Field(description=N_("Below so much sun it is pulled back."))
    above_ventilation_k: float = Field(
        description=N_("It is drawn only where the air is so far above the ventilation temperature.")
    )
    rest_min: float = Field(description=N_("Least time between two moves."))


class ProgramOut(BaseModel):
    """The climate program of a compartment."""

    compartment: str
    version: int = Field(description=N_("0: the standard program, which nobody has changed."))
    is_on: bool = Field(description=N_("Whether it drives the compartment."))
    periods: list[PeriodOut] = Field(
        description=N_("Of all whose start has come today, the one that stands last is in force.")
    )
    vents: VentRuleOut
    blanket: BlanketRuleOut | None = Field(description=N_("null: the program leaves it alone."))
    screen: ScreenRuleOut | None = Field(description=N_("null: the program leaves it alone."))
    shade: ShadeRuleOut | None = Field(description=N_("null: the program leaves it alone."))
    changed_at: datetime | None = Field(description=N_("When this version was stored. null: never changed."))
    changed_by: str | None


class ProgramsOut(BaseModel):
    """The programs of all compartments, in the order of the base."""

    items: list[ProgramOut]


# --- alarms and ledger ------------------------------------------------------------------------------------------------


class AlarmOut(BaseModel):
    """One alarm on one object."""

    id: UUID
    definition: str
    name: Names | None = Field(description=N_("null: this version no longer knows the alarm."))
    action: Names | None = Field(description=N_("What to do by hand."))
    object: str = Field(description=N_("Key of a point, or line:key."))
    object_name: Names
    place: Names
    compartment: str | None
    device: str | None
    line: str | None
    priority: int = Field(description=N_("1 urgent, 2 high, 3 medium, 4 notice."))
    state: AlarmState
    is_active: bool = Field(description=N_("The process is not normal."))
    value: float | None = Field(description=N_("When it was raised."))
    limit: float | None
    unit: str
    first_raised_at: datetime
    raised_at: datetime
    raise_count: int
    acknowledged_at: datetime | None
    acknowledged_by: str | None
    cleared_at: datetime | None
    suppressed_by: UUID | None = Field(description=N_("The alarm that explains this one."))


class AlarmsOut(BaseModel):
    """A page of alarms, the newest first."""

    items: list[AlarmOut]
    next: str | None


class LedgerHeadOut(BaseModel):
    """The last entry of the ledger. Noted elsewhere, it shows later whether anything before it was altered."""

    number: int = Field(description=N_("0: nothing has been recorded yet."))
    hash: str
