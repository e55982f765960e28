"""Irrigation programs and runs as they go out. Part of the interface: only added to."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from django.utils.translation import gettext_noop as N_
from pydantic import BaseModel, Field

from greenhouse.api.shapes import Names, TimeOfDay
from greenhouse.commands.run_lifecycle import RunState
from greenhouse.rules.evaluate.irrigation_program import DoseKind


class StartsKind(StrEnum):
    """What starts go by."""

    CLOCK = "clock"
    INTERVAL = "interval"
    RADIATION = "radiation"


class DoseOut(BaseModel):
    """What each group gets in a run."""

    kind: DoseKind
    amount: float = Field(description=N_("In L/m², L or s, as the kind says."))


class StartsOut(BaseModel):
    """When runs begin. What belongs to another kind is null."""

    kind: StartsKind
    times: list[TimeOfDay] | None = Field(description=N_("Of clock."))
    first: TimeOfDay | None = Field(description=N_("Not before this time; of interval and radiation."))
    last: TimeOfDay | None = Field(description=N_("Not after this time; of interval and radiation."))
    interval_min: float | None = Field(description=N_("Time between two starts; of interval."))
    sum_j_cm2: float | None = Field(description=N_("Sum of radiation for each run; of radiation."))
    without_radiation_min: float | None = Field(
        description=N_("So long without known radiation, and a run comes all the same; of radiation. null: none comes.")
    )


class IrrigationWorkOut(BaseModel):
    """What an irrigation program does."""

    name: str | None = Field(description=N_("As people call it. null: it has no name of its own."))
    groups: list[str] = Field(description=N_("Keys of the valve groups, in the order of watering."))
    dose: DoseOut
    starts: StartsOut
    rest_min: float = Field(description=N_("Least time between two runs."))
    drain_limit_pct: float | None = Field(
        description=N_("Has no effect yet: nothing measures the drain. null: there is no limit.")
    )


class IrrigationProgramOut(BaseModel):
    """An irrigation program as its newest version has it."""

    key: str
    name: str | None = Field(description=N_("As people call it. null: it has no name of its own, or cannot be read."))
    version: int
    is_on: bool
    waters: bool = Field(description=N_("It is on, can be read, and no fault keeps it from watering."))
    work: IrrigationWorkOut | None = Field(description=N_("null: this version of the software cannot read it."))
    changed_at: datetime = Field(description=N_("When this version was stored."))
    changed_by: str


class IrrigationProgramsOut(BaseModel):
    """All irrigation programs, in the order of their keys."""

    items: list[IrrigationProgramOut]


class IrrigationVersionOut(BaseModel):
    """One version of an irrigation program."""

    version: int
    is_on: bool = Field(description=N_("Whether the program was on with it."))
    work: IrrigationWorkOut | None = Field(description=N_("null: this version of the software cannot read it."))
    changed_at: datetime
    changed_by: str
    role: str
    reason: str


class IrrigationVersionsOut(BaseModel):
    """A page of versions, the newest first."""

    items: list[IrrigationVersionOut]
    next: str | None


class IrrigationRunOut(BaseModel):
    """One dose for one valve group, given or not."""

    id: UUID
    program: str | None = Field(description=N_("Key of the program that asked for it. null: a person did."))
    program_version: int | None
    by: str | None = Field(description=N_("Who started it by hand. null: a program did."))
    group: str
    group_name: Names | None = Field(description=N_("null: the base has no such valve group any more."))
    valves: list[str] = Field(description=N_("Keys of the points that it opens."))
    pump: str | None
    due_at: datetime
    dose_l: float | None = Field(description=N_("What it is to give; null: it ends by time."))
    dose_s: float | None = Field(description=N_("How long it is to last; null: it ends by volume."))
    limit_s: float = Field(description=N_("How long it may last at most."))
    state: RunState
    state_name: str = Field(description=N_("In the reader's language."))
    is_open: bool = Field(description=N_("It may still do something."))
    reason: str | None = Field(description=N_("Why it ended, or is about to. null: nothing ended it."))
    reason_text: str = Field(description=N_("In the reader's language."))
    given_l: float | None = Field(description=N_("What a meter counted until everything was closed. null: not known."))
    created_at: datetime
    begun_at: datetime | None = Field(description=N_("When its first valve was asked to open."))
    open_at: datetime | None = Field(description=N_("When everything was read back open."))
    ended_at: datetime | None


class IrrigationRunsOut(BaseModel):
    """A page of irrigation runs, those stored last first."""

    items: list[IrrigationRunOut]
    next: str | None
