"""Decisions of climate programs, stored when they change and read again after a restart."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Max

from greenhouse import nudges
from greenhouse.commands.recording import note, recorded
from greenhouse.deadlines import Moment
from greenhouse.fencing import UNFENCED, Fence
from greenhouse.ledger.canonical import Json, decisions_digest
from greenhouse.ledger.chain import Kind
from greenhouse.nudges import Subject
from greenhouse.rules.decision_models import OFF, ClimateDecision
from greenhouse.rules.evaluate.decisions import Actuator, Decision, Why


@dataclass(frozen=True, slots=True)
class Decided:
    """A decision with where it belongs.

    Attributes
    ----------
    point : str
        Key of the output that it moves.
    at : datetime
        Since when it stands as it is, on the clock of the samples.
    version : int
        Of the program.
    """

    compartment: str
    point: str
    decision: Decision
    at: datetime
    version: int

    def is_other_than(self, before: Decided | None) -> bool:
        """Whether this is to be stored after that one. Facts alone change with every sample and tell nothing new."""
        return before is None or _identity(self) != _identity(before)


def _identity(found: Decided) -> tuple[object, ...]:
    decision = found.decision
    return decision.target, decision.why, decision.is_safe_state, found.version, found.point


def newest(compartments: Iterable[str] | None = None) -> dict[tuple[str, Actuator], Decided]:
    """The decisions that stand, by compartment and actuator; none of a program that was switched off.

    Parameters
    ----------
    compartments : iterable of str, optional
        Keys. None: all.
    """
    rows = ClimateDecision.objects.all()
    if compartments is not None:
        rows = rows.filter(compartment_key__in=list(compartments))
    last = rows.order_by().values("compartment_key", "actuator").annotate(last=Max("id")).values("last")
    found = ClimateDecision.objects.filter(pk__in=last).exclude(why=OFF).order_by("compartment_key", "id")
    return {(row.compartment_key, Actuator(row.actuator)): _decided(row) for row in found}


def store(
    changed: Sequence[Decided],
    switched_off: Sequence[Decided],
    *,
    tick: int,
    now: Moment,
    at: datetime,
    fence: Fence = UNFENCED,
) -> None:
    """Add rows for decisions that changed, and for those of programs that were switched off.

    Parameters
    ----------
    switched_off : sequence of Decided
        The decisions that stood until now.
    tick : int
        Number of the control tick, for the ledger.
    at : datetime
        Now, on the clock of the samples.
    """
    rows = [_row(found) for found in changed] + [_row_of_end(found, at) for found in switched_off]
    if not rows:
        return
    with recorded(now, fence=fence):
        ClimateDecision.objects.bulk_create(rows)
        digest = decisions_digest([_entry(row) for row in rows])
        note(Kind.DECISIONS, {"tick": tick, "count": len(rows), "digest": digest})
        nudges.send(Subject.CHANGES)


def _row(found: Decided) -> ClimateDecision:
    decision = found.decision
    return ClimateDecision(
        compartment_key=found.compartment,
        actuator=decision.actuator.value,
        point_key=found.point,
        target=decision.target,
        why=decision.why.value,
        facts=dict(decision.facts),
        is_safe_state=decision.is_safe_state,
        since=decision.since,
        at=found.at,
        program_version=found.version,
    )


def _row_of_end(found: Decided, at: datetime) -> ClimateDecision:
    return ClimateDecision(
        compartment_key=found.compartment,
        actuator=found.decision.actuator.value,
        point_key=found.point,
        why=OFF,
        since=at,
        at=at,
        program_version=found.version,
    )


def _decided(row: ClimateDecision) -> Decided:
    decision = Decision(
        actuator=Actuator(row.actuator),
        target=row.target,
        why=Why(row.why),
        since=row.since,
        facts=row.facts,
        is_safe_state=row.is_safe_state,
    )
    return Decided(row.compartment_key, row.point_key, decision, row.at, row.program_version)


def _entry(row: ClimateDecision) -> Mapping[str, Json]:
    """A decision as the ledger's digest takes it."""
    return {
        "compartment": row.compartment_key,
        "actuator": row.actuator,
        "point": row.point_key,
        "target": row.target,
        "why": row.why,
        "facts": row.facts,
        "is_safe_state": row.is_safe_state,
        "since": row.since.isoformat(),
        "at": row.at.isoformat(),
        "program_version": row.program_version,
    }
