"""What the pages of irrigation programs show: which program, its next starts, and why it waters now or does not."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.db.models import QuerySet
from django.http import Http404

from greenhouse.commands.irrigation_runs import live
from greenhouse.commands.models import IrrigationRun
from greenhouse.commands.run_lifecycle import RunState
from greenhouse.console.irrigation import program_words
from greenhouse.console.irrigation.shown_runs import RunRow, rows_of
from greenhouse.console.program_editing import LastChange, change_by
from greenhouse.ledger.chain import restored_at
from greenhouse.rules import irrigation_programs
from greenhouse.rules.errors import ProgramDocumentError
from greenhouse.rules.evaluate.irrigation import RadiationSpan, due
from greenhouse.rules.evaluate.irrigation_program import Fault, IrrigationProgram, RadiationStarts
from greenhouse.rules.irrigation_calendar import days_without_start, next_starts
from greenhouse.rules.irrigation_due import IrrigationInForce, radiation_until, snapshot_of
from greenhouse.rules.irrigation_models import IrrigationProgramVersion
from greenhouse.rules.irrigation_programs import SwitchedOn
from greenhouse.rules.irrigation_wording import sentence
from greenhouse.site.structure import BaseStructure
from greenhouse.telemetry import sample_time

STARTS_SHOWN = 4
RUNS_SHOWN = 12


@dataclass(frozen=True, slots=True)
class IrrigationPlace:
    """A program as its newest version has it."""

    version: IrrigationProgramVersion
    program: IrrigationProgram

    @property
    def key(self) -> str:
        """Key of the program."""
        return self.version.program_key

    @property
    def name(self) -> str:
        """As people call it."""
        return irrigation_programs.name_of_program(self.key, self.program)

    @property
    def number(self) -> int:
        """Number of the version."""
        return self.version.number

    @property
    def is_on(self) -> bool:
        """Whether it waters."""
        return self.version.is_on

    @property
    def dose(self) -> str:
        """What each group gets."""
        return program_words.dose_in_words(self.program.dose)

    @property
    def starts(self) -> str:
        """When runs begin."""
        return program_words.starts_in_words(self.program.starts)

    @property
    def groups(self) -> str:
        """What it waters."""
        return program_words.groups_in_words(self.program)


@dataclass(frozen=True, slots=True)
class ProgramLine:
    """A program in the list.

    Attributes
    ----------
    decision : str
        Why it waters now, or does not; empty while it is off or has a fault.
    faults : list of str
        What keeps a program that is on from watering.
    """

    place: IrrigationPlace
    coming: list[datetime]
    decision: str
    faults: list[str]
    last: LastChange


@dataclass(frozen=True, slots=True)
class UnreadableProgram:
    """A program whose newest version this software cannot read: it waters nothing, and can be switched off.

    Attributes
    ----------
    field : str
        What cannot be read.
    """

    version: IrrigationProgramVersion
    field: str

    @property
    def key(self) -> str:
        """Key of the program."""
        return self.version.program_key

    @property
    def name(self) -> str:
        """As people call it, if that can be read; else its key."""
        name = self.version.document.get("name")
        return name if isinstance(name, str) and name else self.key

    @property
    def number(self) -> int:
        """Number of the version."""
        return self.version.number

    @property
    def is_on(self) -> bool:
        """Whether it would water."""
        return self.version.is_on

    @property
    def last(self) -> LastChange:
        """Who changed it last."""
        return change_by(self.version)


def all_places() -> list[IrrigationPlace | UnreadableProgram]:
    """Every program."""
    return [_place(row) for row in irrigation_programs.newest().order_by("program_key")]


def program_lines(base: BaseStructure, places: Iterable[IrrigationPlace], *, now: datetime) -> list[ProgramLine]:
    """Programs with what they are about to do."""
    switched_on = {row.one.key: row for row in irrigation_programs.switched_on()}
    look = _look(switched_on.values(), now)
    return [_line(base, place, switched_on.get(place.key), look) for place in places]


def line_of(base: BaseStructure, place: IrrigationPlace, *, now: datetime) -> ProgramLine:
    """A program with what it is about to do."""
    on = next((row for row in irrigation_programs.switched_on() if row.one.key == place.key), None)
    return _line(base, place, on, _look([] if on is None else [on], now))


@dataclass(frozen=True, slots=True)
class _Look:
    """What all programs of a page decide by, read once. ``at``: now, on the clock of the samples."""

    now: datetime
    at: datetime
    restored_at: datetime | None
    radiation: tuple[RadiationSpan, ...]


def _look(switched_on: Iterable[SwitchedOn], now: datetime) -> _Look:
    at = sample_time.look(now)
    is_by_sun = any(isinstance(row.one.program.starts, RadiationStarts) for row in switched_on if not row.faults)
    return _Look(now, at, restored_at(), radiation_until(at) if is_by_sun else ())


def _line(base: BaseStructure, place: IrrigationPlace, on: SwitchedOn | None, look: _Look) -> ProgramLine:
    one = None if on is None or on.faults else on.one
    faults = [] if on is None else words_of(on.one.program, list(on.faults))
    return ProgramLine(
        place=place,
        coming=[] if one is None else next_starts(one.program.starts, base, look.now, most=STARTS_SHOWN),
        decision="" if one is None else _decision(base, one, look),
        faults=list(dict.fromkeys(faults)),
        last=change_by(place.version),
    )


def place_of(key: str) -> IrrigationPlace | UnreadableProgram:
    """A program as its newest version has it.

    Raises
    ------
    Http404
        If there is none.
    """
    row = irrigation_programs.history(key).first()
    if row is None:
        raise Http404(key)
    return _place(row)


def _place(row: IrrigationProgramVersion) -> IrrigationPlace | UnreadableProgram:
    try:
        return IrrigationPlace(row, irrigation_programs.program_of(row))
    except ProgramDocumentError as error:
        return UnreadableProgram(row, error.field)


def words_of(program: IrrigationProgram, faults: list[Fault]) -> list[str]:
    """Faults in sentences."""
    return [program_words.fault_in_words(fault, program.dose.kind) for fault in faults]


def warnings_of(base: BaseStructure, program: IrrigationProgram, now: datetime) -> list[str]:
    """What is no fault and ought to be known: days of the year without a start."""
    said = program_words.days_in_words(days_without_start(program.starts, base, now))
    return [said] if said else []


def runs_of(base: BaseStructure, key: str, *, now: datetime) -> list[RunRow]:
    """The newest runs of a program, given or not."""
    runs = IrrigationRun.objects.filter(program_key=key, due_at__gte=now - timedelta(days=30))
    newest = list(runs.select_related("requested_by").order_by("-due_at", "position")[:RUNS_SHOWN])
    return rows_of(base, newest, at=sample_time.look(now))


def waiting_of(key: str) -> QuerySet[IrrigationRun]:
    """The runs of a program that wait for their turn: their dose is that of the version that planned them."""
    return live().filter(program_key=key, state=RunState.PLANNED)


def _decision(base: BaseStructure, one: IrrigationInForce, look: _Look) -> str:
    restored = replace(one, restored_at=look.restored_at)
    return sentence(due(snapshot_of(restored, base, look.at, radiation=look.radiation), look.at))
