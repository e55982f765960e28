"""The stored irrigation programs: which are on, and the one way to another version."""

from __future__ import annotations

import hashlib
import logging
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count, groupby
from operator import attrgetter
from typing import TypeAlias

from django.contrib.auth.models import AnonymousUser, User
from django.db import IntegrityError
from django.db.models import OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from greenhouse.access.roles import role_of
from greenhouse.commands.irrigation_runs import stop_planned
from greenhouse.commands.recording import note, recorded
from greenhouse.deadlines import Moment
from greenhouse.ledger import chain as ledger
from greenhouse.ledger.canonical import canonical_json
from greenhouse.rules.authorship import author_of, reason_of
from greenhouse.rules.errors import (
    FaultyIrrigation,
    NothingToChange,
    ProgramConflict,
    ProgramDocumentError,
    UnknownProgram,
)
from greenhouse.rules.evaluate.documents import Document
from greenhouse.rules.evaluate.irrigation_documents import as_document, from_document
from greenhouse.rules.evaluate.irrigation_program import (
    ClockStarts,
    Fault,
    FaultCode,
    IrrigationProgram,
    ValveGroup,
    faults_between,
    faults_of,
)
from greenhouse.rules.irrigation_calendar import YEAR_DAYS, days_without_start
from greenhouse.rules.irrigation_due import IrrigationInForce
from greenhouse.rules.irrigation_models import IrrigationProgramVersion
from greenhouse.site.current import NoBase, current_base
from greenhouse.site.keys import ENTRY_KEY, KEY_LENGTH
from greenhouse.site.valve_groups import ValveGroupStructure, valve_groups

logger = logging.getLogger(__name__)

_ANY_YEAR = datetime(2026, 1, 1, tzinfo=UTC)
"""The sun goes its way in every year."""


@dataclass(frozen=True, slots=True)
class SwitchedOn:
    """A program that is on. ``faults``: what keeps it from watering, by the base and the other programs of now."""

    one: IrrigationInForce
    faults: tuple[Fault, ...]


def in_force() -> list[IrrigationInForce]:
    """The programs that water: on, readable, without a fault, and none that opens a valve of one that was on before."""
    found = switched_on()
    _log_news(_meetings_of(found), _told_meetings)
    return [row.one for row in found if not row.faults]


def switched_on() -> list[SwitchedOn]:
    """Every program that is on and can be read, in the order in which they were switched on.

    Two that open one valve cannot both be switched on, but two people at the same moment can do it, and a base file can
    give a group another valve. Then the earlier one waters, and the later one has a fault.
    """
    found: list[SwitchedOn] = []
    watering: dict[str, IrrigationProgram] = {}
    for one in sorted(_readable(), key=lambda one: (one.on_since, one.key)):
        faults = faults_of(one.program) or faults_between({**watering, one.key: one.program}).get(one.key, [])
        if not faults:
            watering[one.key] = one.program
        found.append(SwitchedOn(one, tuple(faults)))
    return found


Version: TypeAlias = tuple[str, int]
"""Key of a program, and number of one of its versions."""

_told_meetings: set[Version] = set()
"""Versions of which this process has logged that another program has their valve."""
_told_unreadable: set[Version] = set()
"""Versions of which this process has logged that they cannot be read."""


def _meetings_of(found: Iterable[SwitchedOn]) -> dict[Version, str]:
    return {
        (row.one.key, row.one.version): f"{fault.facts['program']} opens {fault.facts['valve']} too"
        for row in found
        for fault in row.faults
        if fault.code is FaultCode.VALVE_OF_ANOTHER
    }


def _log_news(found: Mapping[Version, object], told: set[Version]) -> None:
    """Log why versions water nothing, of each once: programs are asked every few seconds."""
    for version in sorted(found.keys() - told):
        logger.error("the irrigation program %s (version %s) waters nothing: %s", *version, found[version])
    told.intersection_update(found)
    told.update(found)


def _readable() -> list[IrrigationInForce]:
    """The programs that are on; one that cannot be read waters nothing."""
    groups = group_values()
    found, unreadable = [], {}
    for versions in _on_stretches():
        row = versions[0]
        try:
            program = from_document(row.document, groups)
        except ProgramDocumentError as error:
            unreadable[row.program_key, row.number] = error
            continue
        on_since = versions[-1].created_at
        found.append(IrrigationInForce(row.program_key, row.number, program, _has_starts_since(versions), on_since))
    _log_news(unreadable, _told_unreadable)
    return found


def _has_starts_since(versions: Sequence[IrrigationProgramVersion]) -> datetime:
    """Since when a program has had the starts of the first of these versions, which stand from the newest on."""
    starts, since = versions[0].document["starts"], versions[0].created_at
    for row in versions:
        if row.document.get("starts") != starts:
            break
        since = row.created_at
    return since


def _on_stretches() -> list[list[IrrigationProgramVersion]]:
    """Of every program that is on, its versions since it was switched on, the newest first. One query."""
    off = IrrigationProgramVersion.objects.filter(program_key=OuterRef("program_key"), is_on=False).order_by("-number")
    rows = IrrigationProgramVersion.objects.filter(number__gt=Coalesce(Subquery(off.values("number")[:1]), 0))
    by_program = groupby(rows.order_by("program_key", "-number"), key=attrgetter("program_key"))
    return [list(versions) for _key, versions in by_program]


def newest() -> QuerySet[IrrigationProgramVersion]:
    """The version that counts of every program."""
    last = IrrigationProgramVersion.objects.filter(program_key=OuterRef("program_key")).order_by("-number")
    return IrrigationProgramVersion.objects.filter(pk=Subquery(last.values("pk")[:1])).select_related("author")


def history(key: str) -> QuerySet[IrrigationProgramVersion]:
    """Every version of a program, the newest first."""
    return IrrigationProgramVersion.objects.filter(program_key=key).select_related("author").order_by("-number")


def program_of(version: IrrigationProgramVersion) -> IrrigationProgram:
    """The program of a version, with the valve groups of the base as it is now.

    Raises
    ------
    ProgramDocumentError
        If this program cannot read what an older one stored.
    """
    return from_document(version.document, group_values())


def readable_programs(versions: Iterable[IrrigationProgramVersion]) -> list[IrrigationProgram | None]:
    """The programs of versions, with one look at the base; None for one that cannot be read."""
    groups = group_values()
    found: list[IrrigationProgram | None] = []
    for version in versions:
        try:
            found.append(from_document(version.document, groups))
        except ProgramDocumentError:
            found.append(None)
    return found


def name_of_program(
    key: str, program: IrrigationProgram, groups: Mapping[str, ValveGroupStructure] | None = None
) -> str:
    """As people call it; without a name, the groups that it waters. ``groups``: those of the base, if known already."""
    if program.name:
        return program.name
    groups = valve_groups() if groups is None else groups
    return " · ".join(groups[one.key].name if one.key in groups else one.key for one in program.groups) or key


def names_of_programs(keys: Collection[str]) -> dict[str, str]:
    """Names of programs by key, as their newest versions have them; of one that cannot be read, its key."""
    rows = list(newest().filter(program_key__in=keys)) if keys else []
    groups = valve_groups() if rows else {}
    read = zip(rows, readable_programs(rows), strict=True)
    named = {row.program_key: name_of_program(row.program_key, one, groups) for row, one in read if one is not None}
    return {key: key for key in keys} | named


def new_key(program: IrrigationProgram) -> str:
    """A key that no program has yet, after the first group that it waters."""
    stem = program.groups[0].key[: KEY_LENGTH - 6] if program.groups else "program"
    taken = set(IrrigationProgramVersion.objects.values_list("program_key", flat=True).distinct())
    return next(key for key in (f"{stem}-{number}" for number in count(1)) if key not in taken)


def group_values() -> dict[str, ValveGroup]:
    """The valve groups of the base as programs have them."""
    return {
        key: ValveGroup(key, tuple(valve.key for valve in group.valves), group.area_m2)
        for key, group in valve_groups().items()
    }


def faults_in(key: str, program: IrrigationProgram) -> list[Fault]:
    """What is wrong with a program by itself, by the groups it waters, and beside the others that are on.

    Those that do not water for now count too: they will once the base file is mended.
    """
    others = {row.one.key: row.one.program for row in switched_on() if row.one.key != key}
    found = faults_of(program) + faults_between({**others, key: program}).get(key, [])
    groups = valve_groups()
    if never_starts(program):
        found.append(Fault("starts.last", FaultCode.LAST_BEFORE_FIRST))
    if program.dose.kind.is_volume:
        found += [
            Fault(f"groups.{number}", FaultCode.NO_METER)
            for number, group in enumerate(program.groups)
            if group.key in groups and groups[group.key].meter is None
        ]
    return found


def never_starts(program: IrrigationProgram) -> bool:
    """Whether no day of a year has time for a start: one end goes by the clock, the other by the sun, and they crossed.

    What is plain from the program alone is a fault of its own already.
    """
    starts = program.starts
    if isinstance(starts, ClockStarts) or starts.first.kind is starts.last.kind:
        return False
    try:
        base = current_base()
    except NoBase:
        return False
    return len(days_without_start(starts, base, _ANY_YEAR)) == YEAR_DAYS


def save(
    key: str,
    document: Document,
    *,
    is_on: bool,
    seen_version: int,
    by: User | AnonymousUser,
    reason: str,
    now: Moment,
) -> IrrigationProgramVersion:
    """Store a program as its next version, on or off.

    Parameters
    ----------
    seen_version : int
        Number of the version that the person changed; 0: there was none.

    Raises
    ------
    NotAllowed
        If the person may not edit programs.
    ProgramDocumentError, FaultyIrrigation, ProgramConflict, NothingToChange, ReasonNeeded
        Nothing was stored.
    """
    author = author_of(by)
    if not re.fullmatch(ENTRY_KEY, key) or len(key) > KEY_LENGTH:
        raise ProgramDocumentError("key", key)
    program = from_document(document, group_values())
    if is_on and (faults := faults_in(key, program)):  # what does not water need not be right
        raise FaultyIrrigation(faults)
    reason = reason_of(reason, is_needed=True)
    last = history(key).first()
    number = 0 if last is None else last.number
    if number != seen_version:
        raise ProgramConflict(seen=seen_version, newest=number)
    if last is not None and last.is_on is is_on and last.document == as_document(program):
        raise NothingToChange
    return _store(key, as_document(program), is_on=is_on, number=number + 1, author=author, reason=reason, now=now)


def switch(
    key: str, *, is_on: bool, seen_version: int, by: User | AnonymousUser, reason: str, now: Moment
) -> IrrigationProgramVersion:
    """Let a program water, or no longer.

    Switching on is meant for the version that was seen and wants a reason. Switching off waits for neither: whoever
    wants to stop it is not held up. Its runs that wait for their turn end with it; one that has begun goes on.

    Raises
    ------
    NotAllowed
        If the person may not edit programs.
    UnknownProgram, FaultyIrrigation, ProgramConflict, NothingToChange, ReasonNeeded
        Nothing was stored.
    """
    author = author_of(by)
    last = history(key).first()
    if last is None:
        raise UnknownProgram(key)
    if is_on and last.number != seen_version:
        raise ProgramConflict(seen=seen_version, newest=last.number)
    if last.is_on is is_on:
        raise NothingToChange
    if is_on and (faults := faults_in(key, program_of(last))):
        raise FaultyIrrigation(faults)
    reason, number = reason_of(reason, is_needed=is_on), last.number + 1
    return _store(key, last.document, is_on=is_on, number=number, author=author, reason=reason, now=now)


def _store(
    key: str, document: Document, *, is_on: bool, number: int, author: User, reason: str, now: Moment
) -> IrrigationProgramVersion:
    version = IrrigationProgramVersion(
        program_key=key,
        number=number,
        document=document,
        is_on=is_on,
        author=author,
        role=role_of(author) or "",
        reason=reason,
        reason_salt=ledger.new_salt(),
        created_at=now.wall,
    )
    try:
        with recorded(now):
            version.save(force_insert=True)
            note(ledger.Kind.PROGRAM, _entry(version))
            if not is_on:
                stop_planned(key, by=author, now=now)
    except IntegrityError as error:  # two at the same moment: the number is given once
        raise ProgramConflict(seen=number - 1, newest=number) from error
    return version


def _entry(version: IrrigationProgramVersion) -> ledger.Payload:
    return {
        "irrigation": version.program_key,
        "version": version.number,
        "digest": hashlib.sha256(canonical_json(version.document).encode()).hexdigest(),
        "is_on": version.is_on,
        "user": version.author_id,
        "reason": ledger.text_digest(version.reason, salt=version.reason_salt),
    }
