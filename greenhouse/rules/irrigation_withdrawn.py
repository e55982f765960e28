"""Whether a program still wants a run that waits for its turn: it may have been switched off or changed meanwhile."""

from __future__ import annotations

from datetime import timedelta

from greenhouse.commands.run_lifecycle import RunReason
from greenhouse.commands.run_models import IrrigationRun
from greenhouse.rules.errors import ProgramDocumentError
from greenhouse.rules.evaluate.irrigation import moments
from greenhouse.rules.irrigation_models import IrrigationProgramVersion
from greenhouse.rules.irrigation_programs import history, program_of
from greenhouse.rules.snapshots import local_day
from greenhouse.site.current import current_base

_SAME = timedelta(seconds=1)
"""Runs are due at whole seconds; the sun is not."""


def why_withdrawn(run: IrrigationRun) -> RunReason:
    """Why a planned run is not to begin any more; `RunReason.NONE`: it is, as everything that a person started.

    Switched off counts even if it was switched on again since. Of a change it counts whether the newest version waters
    this group at this start; another dose or rest does not.
    """
    since = list(history(run.program_key).filter(number__gte=run.program_version or 0)) if run.program_key else []
    if not all(version.is_on for version in since):
        return RunReason.SWITCHED_OFF
    if len(since) > 1 and not _has_start(since[0], planned_by=since[-1], run=run):
        return RunReason.CHANGED
    return RunReason.NONE


def _has_start(newest: IrrigationProgramVersion, *, planned_by: IrrigationProgramVersion, run: IrrigationRun) -> bool:
    try:
        program = program_of(newest)
    except ProgramDocumentError:
        return False
    if run.group_key not in {group.key for group in program.groups}:
        return False
    if newest.document["starts"] == planned_by.document.get("starts"):
        return True
    day = local_day(current_base(), run.due_at)
    return any(abs(moment - run.due_at) < _SAME for moment in moments(program.starts, [day]))
