"""An irrigation program as a plain document, as stored, and back. Pure.

Groups are named by their keys; valves and area are the base file's. Times of day are written as in climate programs.
A document without a name is one of the time before programs had names.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from greenhouse.rules.errors import ProgramDocumentError
from greenhouse.rules.evaluate.documents import Document, as_text, from_text
from greenhouse.rules.evaluate.irrigation_program import (
    LONGEST_NAME,
    ClockStarts,
    Dose,
    DoseKind,
    IntervalStarts,
    IrrigationProgram,
    RadiationStarts,
    Starts,
    ValveGroup,
)

_FIELDS = frozenset({"groups", "dose", "starts", "rest_min", "drain_limit_pct", "name"})


def as_document(program: IrrigationProgram) -> dict[str, Any]:
    """The document of a program; the same program gives the same document."""
    return {
        "name": program.name,
        "groups": [group.key for group in program.groups],
        "dose": {"kind": program.dose.kind.value, "amount": program.dose.amount},
        "starts": _starts_as_document(program.starts),
        "rest_min": program.rest_min,
        "drain_limit_pct": program.drain_limit_pct,
    }


def from_document(document: Document, groups: Mapping[str, ValveGroup]) -> IrrigationProgram:
    """The program of a document. What is wrong with the program itself, `irrigation_program.faults_of` tells.

    Parameters
    ----------
    groups : mapping
        The valve groups of the base by key. One that is not among them has no valve, which is a fault of the program.

    Raises
    ------
    ProgramDocumentError
        At the first field that is missing, unknown or cannot be read.
    """
    if unknown := sorted(set(document) - _FIELDS):
        raise ProgramDocumentError(unknown[0], document[unknown[0]])
    keys, dose = document.get("groups"), document.get("dose")
    if not isinstance(keys, list) or not all(isinstance(key, str) for key in keys):
        raise ProgramDocumentError("groups", keys)
    if not isinstance(dose, Mapping):
        raise ProgramDocumentError("dose", dose)
    limit, name = document.get("drain_limit_pct"), document.get("name", "")
    if not isinstance(name, str) or len(name) > LONGEST_NAME:
        raise ProgramDocumentError("name", name)
    return IrrigationProgram(
        groups=tuple(groups.get(key, ValveGroup(key, (), 1.0)) for key in keys),
        dose=Dose(_kind(dose.get("kind")), _number("dose.amount", dose.get("amount"))),
        starts=_starts(document.get("starts")),
        rest_min=_number("rest_min", document.get("rest_min")),
        drain_limit_pct=None if limit is None else _number("drain_limit_pct", limit),
        name=name,
    )


def _kind(told: object) -> DoseKind:
    try:
        return DoseKind(str(told))
    except ValueError as error:
        raise ProgramDocumentError("dose.kind", told) from error


def _starts_as_document(starts: Starts) -> dict[str, Any]:
    match starts:
        case ClockStarts(minutes):
            return {"kind": "clock", "minutes": list(minutes)}
        case IntervalStarts(first, interval_min, last):
            return {"kind": "interval", "first": as_text(first), "interval_min": interval_min, "last": as_text(last)}
        case RadiationStarts(first, last, sum_j_cm2, without_radiation_min):
            return {
                "kind": "radiation",
                "first": as_text(first),
                "last": as_text(last),
                "sum_j_cm2": sum_j_cm2,
                "without_radiation_min": without_radiation_min,
            }


def _starts(told: object) -> Starts:
    if not isinstance(told, Mapping):
        raise ProgramDocumentError("starts", told)
    kind = told.get("kind")
    if kind == "clock":
        minutes = told.get("minutes")
        if not isinstance(minutes, list) or not all(type(one) is int for one in minutes):
            raise ProgramDocumentError("starts.minutes", minutes)
        return ClockStarts(tuple(minutes))
    first, last = from_text("starts.first", told.get("first")), from_text("starts.last", told.get("last"))
    if kind == "interval":
        return IntervalStarts(first, _number("starts.interval_min", told.get("interval_min")), last)
    if kind == "radiation":
        without = told.get("without_radiation_min")
        return RadiationStarts(
            first,
            last,
            _number("starts.sum_j_cm2", told.get("sum_j_cm2")),
            None if without is None else _number("starts.without_radiation_min", without),
        )
    raise ProgramDocumentError("starts.kind", kind)


def _number(field: str, told: object) -> float:
    if isinstance(told, bool) or not isinstance(told, (int, float)):
        raise ProgramDocumentError(field, told)
    return float(told)
