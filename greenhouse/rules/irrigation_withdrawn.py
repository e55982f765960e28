"""Whether a program still wants a run that waits for its turn: it may have been switched off or changed meanwhile."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import timedelta
from itertools import groupby
from uuid import UUID

from django.db.models import Q

from greenhouse.commands.run_lifecycle import RunReason
from greenhouse.commands.run_models import IrrigationRun
from greenhouse.rules.evaluate.irrigation import moments
from greenhouse.rules.evaluate.irrigation_program import IrrigationProgram, RadiationStarts
from greenhouse.rules.irrigation_models import IrrigationProgramVersion
from greenhouse.rules.irrigation_programs import readable_programs
from greenhouse.rules.snapshots import local_day
from greenhouse.site.current import current_base
from greenhouse.site.structure import BaseStructure

_SAME = timedelta(seconds=1)
"""Runs are due at whole seconds; the sun is not."""


@dataclass(frozen=True, slots=True)
class _Version:
    """A version with its program; None: it cannot be read."""

    row: IrrigationProgramVersion
    program: IrrigationProgram | None


def why_withdrawn(run: IrrigationRun) -> RunReason:
    """Why a planned run is not to begin any more; `RunReason.NONE`: it is."""
    return withdrawn([run]).get(run.pk, RunReason.NONE)


def withdrawn(runs: Collection[IrrigationRun]) -> dict[UUID, RunReason]:
    """Which planned runs are not to begin any more, and why; in a fixed number of queries, since each look asks.

    Switched off counts even if it was switched on again since. Of a change it counts whether the newest version waters
    this group at this start; another dose or rest does not. What a person started always is to begin.
    """
    versions = _versions_since(runs)
    if not versions:
        return {}
    base = current_base()
    found = {run.pk: _why(run, versions.get(run.program_key, []), base) for run in runs}
    return {key: reason for key, reason in found.items() if reason is not RunReason.NONE}


def _versions_since(runs: Iterable[IrrigationRun]) -> dict[str, list[_Version]]:
    """By program, its versions from the first on that planned one of the runs, the newest first."""
    asked = Q()
    for key, number in {(run.program_key, run.program_version or 0) for run in runs if run.program_key}:
        asked |= Q(program_key=key, number__gte=number)
    if not asked:
        return {}
    rows = list(IrrigationProgramVersion.objects.filter(asked).order_by("program_key", "-number"))
    versions = map(_Version, rows, readable_programs(rows))
    return {key: list(found) for key, found in groupby(versions, key=lambda one: one.row.program_key)}


def _why(run: IrrigationRun, versions: Iterable[_Version], base: BaseStructure) -> RunReason:
    since = [one for one in versions if one.row.number >= (run.program_version or 0)]
    if not all(one.row.is_on for one in since):
        return RunReason.SWITCHED_OFF
    if len(since) > 1 and not _has_start(since[0], planned_by=since[-1], run=run, base=base):
        return RunReason.CHANGED
    return RunReason.NONE


def _has_start(newest: _Version, *, planned_by: _Version, run: IrrigationRun, base: BaseStructure) -> bool:
    program = newest.program
    if program is None or run.group_key not in {group.key for group in program.groups}:
        return False
    if newest.row.document["starts"] == planned_by.row.document.get("starts"):
        return True
    if isinstance(program.starts, RadiationStarts):  # its sum was reached when the run was planned
        return planned_by.program is not None and isinstance(planned_by.program.starts, RadiationStarts)
    day = local_day(base, run.due_at)
    return any(abs(moment - run.due_at) < _SAME for moment in moments(program.starts, [day]))
