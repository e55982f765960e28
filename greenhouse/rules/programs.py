"""The stored climate programs: which one is in force, and the one way to another."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from django.contrib.auth.models import AnonymousUser, User
from django.db import IntegrityError, transaction
from django.db.models import OuterRef, QuerySet, Subquery

from greenhouse.access.roles import role_of
from greenhouse.ledger import chain as ledger
from greenhouse.ledger.canonical import canonical_json
from greenhouse.rules.authorship import author_of, reason_of
from greenhouse.rules.errors import (
    FaultyProgram,
    NothingToChange,
    ProgramConflict,
    ProgramDocumentError,
    UnknownCompartment,
)
from greenhouse.rules.evaluate.climate_program import ClimateProgram, Fault, FaultCode, faults_of
from greenhouse.rules.evaluate.differences import are_large, differences
from greenhouse.rules.evaluate.documents import Document, as_document, from_document
from greenhouse.rules.in_force import ProgramInForce
from greenhouse.rules.models import Origin, ProgramSwitch, ProgramVersion
from greenhouse.rules.standard import standard_programs
from greenhouse.site.basefile.schema import HouseKind
from greenhouse.site.current import NoBase, current_base
from greenhouse.site.structure import CompartmentStructure

STANDARD = 0
"""Number of the standard program, which stands before every version."""

_STANDARD_OF: Mapping[HouseKind, str] = {HouseKind.SOLAR: "solar_greenhouse", HouseKind.GLASSHOUSE: "glasshouse"}
_SETPOINTS = {"heating_c": "heating_setpoint", "ventilation_c": "ventilation_setpoint"}
"""Which setpoint of the controller a period's temperature is written to."""

Row = TypeVar("Row", ProgramVersion, ProgramSwitch)


@dataclass(frozen=True, slots=True)
class Standing:
    """A compartment's program with who made it what it is.

    Attributes
    ----------
    in_force : ProgramInForce
    version : ProgramVersion or None
        None: the standard program.
    switch : ProgramSwitch or None
        None: nobody has ever switched it.
    """

    in_force: ProgramInForce
    version: ProgramVersion | None
    switch: ProgramSwitch | None

    @property
    def number(self) -> int:
        """Number of the version."""
        return self.in_force.version

    @property
    def is_on(self) -> bool:
        """Whether it drives the compartment."""
        return self.in_force.is_on


@dataclass(frozen=True, slots=True)
class UnreadableStanding:
    """A compartment's program of which this software cannot read the newest version: it drives nothing.

    Attributes
    ----------
    why : ProgramDocumentError
        What cannot be read.
    """

    why: ProgramDocumentError
    version: ProgramVersion
    switch: ProgramSwitch | None

    @property
    def number(self) -> int:
        """Number of the version."""
        return self.version.number

    @property
    def is_on(self) -> bool:
        """Whether it would drive the compartment."""
        return self.switch is not None and self.switch.is_on


def in_force(compartment_key: str) -> ProgramInForce | None:
    """The program of a compartment. None: the base has no such compartment.

    Raises
    ------
    ProgramDocumentError
        If this program cannot read what an older one stored.
    """
    standing = all_standings([compartment_key]).get(compartment_key)
    if isinstance(standing, UnreadableStanding):
        raise standing.why
    return None if standing is None else standing.in_force


def all_in_force() -> dict[str, ProgramInForce | ProgramDocumentError]:
    """The programs of all compartments by key, in a fixed number of queries.

    For one that this program cannot read, why not: it keeps no other compartment's from running.
    """
    return {
        key: found.why if isinstance(found, UnreadableStanding) else found.in_force
        for key, found in all_standings().items()
    }


def standings(compartments: Collection[str] | None = None) -> dict[str, Standing]:
    """The programs of these compartments, or of all, by key; in the base's order, in a fixed number of queries.

    Those that cannot be read are not among them.
    """
    return {key: found for key, found in all_standings(compartments).items() if isinstance(found, Standing)}


def all_standings(compartments: Collection[str] | None = None) -> dict[str, Standing | UnreadableStanding]:
    """The same, with those that cannot be read."""
    kinds = kinds_of_house()
    wanted = [key for key in kinds if compartments is None or key in compartments]
    versions, switches = _newest_of(wanted)
    return {key: _standing(kinds[key], versions.get(key), switches.get(key)) for key in wanted}


def kinds_of_house() -> dict[str, HouseKind]:
    """The kind of house of every compartment, in the base's order; of none while there is no base."""
    try:
        base = current_base()
    except NoBase:
        return {}
    return {part.key: house.kind for house in base.houses for part in house.compartments}


def standard_of(kind: HouseKind) -> ClimateProgram:
    """The program that compartments of such a house begin with."""
    return standard_programs()[_STANDARD_OF[kind]]


def history(compartment_key: str) -> QuerySet[ProgramVersion]:
    """Every version of a compartment's program, the newest first."""
    return ProgramVersion.objects.filter(compartment_key=compartment_key).select_related("author").order_by("-number")


def switchings(compartment_key: str) -> QuerySet[ProgramSwitch]:
    """Every time that somebody switched a compartment's program, the newest first."""
    return ProgramSwitch.objects.filter(compartment_key=compartment_key).select_related("author").order_by("-number")


def program_of(compartment_key: str, number: int) -> ClimateProgram | None:
    """The program of a version; 0 is the standard one. None: there is no such version."""
    if number == STANDARD:
        kind = kinds_of_house().get(compartment_key)
        return None if kind is None else standard_of(kind)
    row = ProgramVersion.objects.filter(compartment_key=compartment_key, number=number).first()
    return None if row is None else from_document(row.document)


def faults_in(compartment: CompartmentStructure, program: ClimateProgram) -> list[Fault]:
    """What is wrong with a program, and what the compartment's controller would not take."""
    found = faults_of(program)
    wrong = {fault.field for fault in found}
    for name, setpoint in _SETPOINTS.items():
        limits = next((p.limits for p in compartment.points.values() if p.local_key == setpoint and p.limits), None)
        for number, period in enumerate(program.periods):
            field, value = f"periods.{number}.{name}", getattr(period, name)
            if limits is not None and field not in wrong and not limits[0] <= value <= limits[1]:
                found.append(Fault(field, FaultCode.CONTROLLER_LIMITS, {"low": limits[0], "high": limits[1]}))
    return found


def save(
    compartment: str,
    document: Document,
    *,
    seen_version: int,
    by: User | AnonymousUser,
    reason: str,
    now: datetime,
    returned_to: int | None = None,
    copied_from: str = "",
) -> ProgramVersion:
    """Store a program as the next version of a compartment's.

    Parameters
    ----------
    compartment : str
        Its key.
    seen_version : int
        Number of the version that the person changed; 0: the standard program.
    by : User
        Needs the right to edit programs.
    reason : str
        May be empty for a change that is not large.
    returned_to : int, optional
        Number of the version that is put in force again.
    copied_from : str
        Key of the compartment whose program it is.

    Raises
    ------
    NotAllowed
        If the person lacks the right.
    ProgramDocumentError, UnknownCompartment, FaultyProgram, ProgramConflict, NothingToChange, ReasonNeeded
        Nothing was stored.
    """
    author = author_of(by)
    program = from_document(document)
    part = _compartment(compartment)
    if faults := faults_in(part, program):
        raise FaultyProgram(faults)
    before = all_standings([compartment])[compartment]
    if before.number != seen_version:
        raise ProgramConflict(seen=seen_version, newest=before.number)
    is_large = True  # what the whole program replaces nobody can read
    if isinstance(before, Standing):
        found = differences(before.in_force.program, program)
        if not found:
            raise NothingToChange
        is_large = are_large(found)
    reason = reason_of(reason, is_needed=is_large)
    version = ProgramVersion(
        compartment_key=compartment,
        number=seen_version + 1,
        document=as_document(program),
        origin=Origin.COPY if copied_from else Origin.EDIT if returned_to is None else Origin.RETURN,
        returned_to=returned_to,
        copied_from=copied_from,
        author=author,
        role=role_of(author) or "",
        reason=reason,
        reason_salt=ledger.new_salt(),
        created_at=now,
    )
    try:
        with transaction.atomic():
            version.save(force_insert=True)
            ledger.append_or_report([(ledger.Kind.PROGRAM, _saved(version))], now=now)
    except IntegrityError as error:  # two at the same moment: the number is given once
        raise ProgramConflict(seen=seen_version, newest=seen_version + 1) from error
    return version


def switch(
    compartment: str, *, is_on: bool, seen_version: int, by: User | AnonymousUser, reason: str, now: datetime
) -> ProgramSwitch:
    """Let the program drive a compartment, or no longer.

    Switching on is a large change and is meant for the version that was seen. Switching off waits for neither a reason
    nor the newest version: whoever wants to stop it is not held up.

    Raises
    ------
    NotAllowed
        If the person may not edit programs.
    ProgramDocumentError, UnknownCompartment, ProgramConflict, NothingToChange, ReasonNeeded
        Nothing was stored.
    """
    author = author_of(by)
    _compartment(compartment)
    before = all_standings([compartment])[compartment]
    if is_on and before.number != seen_version:
        raise ProgramConflict(seen=seen_version, newest=before.number)
    if before.is_on is is_on:
        raise NothingToChange
    if is_on and isinstance(before, UnreadableStanding):
        raise before.why
    row = ProgramSwitch(
        compartment_key=compartment,
        number=1 if before.switch is None else before.switch.number + 1,
        is_on=is_on,
        program_version=before.number,
        author=author,
        role=role_of(author) or "",
        reason=reason_of(reason, is_needed=is_on),
        reason_salt=ledger.new_salt(),
        created_at=now,
    )
    try:
        with transaction.atomic():
            row.save(force_insert=True)
            ledger.append_or_report([(ledger.Kind.PROGRAM, _switched(row))], now=now)
    except IntegrityError as error:  # somebody did the same at the same moment
        raise NothingToChange from error
    return row


def _newest(table: type[Row], compartments: Collection[str]) -> QuerySet[Row]:
    rows: QuerySet[Row] = table._default_manager.all()  # noqa: SLF001  (the public name of what Django calls so)
    last = rows.filter(compartment_key=OuterRef("compartment_key")).order_by("-number").values("pk")[:1]
    return rows.filter(compartment_key__in=compartments, pk=Subquery(last)).select_related("author")


def _newest_of(compartments: Collection[str]) -> tuple[dict[str, ProgramVersion], dict[str, ProgramSwitch]]:
    versions = {row.compartment_key: row for row in _newest(ProgramVersion, compartments)}
    return versions, {row.compartment_key: row for row in _newest(ProgramSwitch, compartments)}


def _standing(
    kind: HouseKind, version: ProgramVersion | None, switch: ProgramSwitch | None
) -> Standing | UnreadableStanding:
    if version is None:
        program, number = standard_of(kind), STANDARD
    else:
        try:
            program, number = from_document(version.document), version.number
        except ProgramDocumentError as error:
            return UnreadableStanding(error, version, switch)
    return Standing(ProgramInForce(program, number, switch is not None and switch.is_on), version, switch)


def _compartment(key: str) -> CompartmentStructure:
    try:
        return current_base().compartments[key]
    except (NoBase, KeyError) as error:
        raise UnknownCompartment(key) from error


def _saved(version: ProgramVersion) -> ledger.Payload:
    return {
        "compartment": version.compartment_key,
        "version": version.number,
        "digest": hashlib.sha256(canonical_json(version.document).encode()).hexdigest(),
        "origin": version.origin,
        "returned_to": version.returned_to,
        "copied_from": version.copied_from,
        "user": version.author_id,
        "reason": ledger.text_digest(version.reason, salt=version.reason_salt),
    }


def _switched(row: ProgramSwitch) -> ledger.Payload:
    return {
        "compartment": row.compartment_key,
        "switch": row.number,
        "is_on": row.is_on,
        "version": row.program_version,
        "user": row.author_id,
        "reason": ledger.text_digest(row.reason, salt=row.reason_salt),
    }
