"""Irrigation runs as the page shows them: what runs now and how far it is, what waits, what ended, what was missed."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import OuterRef, Q, Subquery

from devices.samples import Sample
from greenhouse.access.roles import name_of
from greenhouse.clock import pacing
from greenhouse.commands.checks import Code, Verdict
from greenhouse.commands.irrigation_runs import live, metered_l
from greenhouse.commands.models import CommandRequest, IrrigationRun
from greenhouse.commands.run_lifecycle import BEGUN, RunReason, RunState
from greenhouse.commands.run_messages import reason_in_words, state_in_words
from greenhouse.commands.seen import seen_in
from greenhouse.console.irrigation import words
from greenhouse.rules.irrigation_programs import names_of_programs
from greenhouse.rules.snapshots import local_day
from greenhouse.site.structure import BaseStructure, PointStructure, points_of
from greenhouse.site.valve_groups import ValveGroupStructure, valve_groups
from greenhouse.telemetry import series

MISSED_FOR = timedelta(days=7)
MOST_ROWS = 60


@dataclass(frozen=True, slots=True)
class Progress:
    """How much of its dose a run has.

    Attributes
    ----------
    share_pct : int or None
        None: nobody knows. [%]
    given : str
        In words; empty: nobody knows.
    counted_at : datetime or None
        Of which moment that is, where a meter counted it.
    """

    share_pct: int | None
    given: str
    counted_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class RunRow:
    """A run with the words that a page needs.

    Attributes
    ----------
    program : str
        Name of the program that asked for it; empty: a person did.
    end : str
        Why it ended, with its facts; empty while it may still do something.
    """

    run: IrrigationRun
    group: str
    place: str
    program: str
    end: str
    progress: Progress | None = None

    @property
    def state(self) -> str:
        """How far it has come."""
        return state_in_words(RunState(self.run.state))

    @property
    def sign(self) -> str:
        """Sign of that."""
        return words.SIGNS[RunState(self.run.state)]

    @property
    def dose(self) -> str:
        """What it is to give."""
        return words.dose_in_words(self.run.dose_l, self.run.dose_s)

    @property
    def given(self) -> str:
        """What was counted in all; empty where nobody knows."""
        return "" if self.run.given_l is None else words.liters(self.run.given_l)

    @property
    def person(self) -> str:
        """Who started it; empty: a program did."""
        return "" if self.run.requested_by is None else name_of(self.run.requested_by)

    @property
    def may_stop(self) -> bool:
        """Whether there is anything left to stop."""
        return self.run.ended_at is None and self.run.state != RunState.CLOSING

    @property
    def closes_for(self) -> str:
        """Why it is closing; empty while it is not."""
        return reason_in_words(RunReason(self.run.reason)) if self.run.state == RunState.CLOSING else ""


@dataclass(frozen=True, slots=True)
class ShownRuns:
    """Everything that the page lists; ``more``: so many were missed besides."""

    running: list[RunRow]
    waiting: list[RunRow]
    ended: list[RunRow]
    missed: list[RunRow]
    more_ended: int
    more_missed: int


def shown_runs(base: BaseStructure, *, now: datetime, at: datetime) -> ShownRuns:
    """The runs of a base.

    Parameters
    ----------
    at : datetime
        Now, on the clock of the samples.
    """
    underway = list(live().select_related("requested_by"))
    midnight = local_day(base, now).midnight
    over = IrrigationRun.objects.exclude(ended_at=None).select_related("requested_by")
    ended = over.filter(ended_at__gte=midnight).exclude(state=RunState.MISSED).order_by("-ended_at")
    missed = over.filter(state=RunState.MISSED, due_at__gte=now - MISSED_FOR).order_by("-due_at", "position")
    newest_ended, newest_missed = list(ended[:MOST_ROWS]), list(missed[:MOST_ROWS])
    rows = {row.run.pk: row for row in rows_of(base, [*underway, *newest_ended, *newest_missed], at=at)}
    return ShownRuns(
        running=[rows[run.pk] for run in underway if run.state in BEGUN],
        waiting=[rows[run.pk] for run in underway if run.state not in BEGUN],
        ended=[rows[run.pk] for run in newest_ended],
        missed=[rows[run.pk] for run in newest_missed],
        more_ended=max(0, ended.count() - MOST_ROWS),
        more_missed=max(0, missed.count() - MOST_ROWS),
    )


def rows_of(base: BaseStructure, runs: Collection[IrrigationRun], *, at: datetime) -> list[RunRow]:
    """Runs with their words, in a fixed number of queries."""
    groups, programs = valve_groups(), names_of_programs({run.program_key for run in runs if run.program_key})
    begun = [run for run in runs if run.state in BEGUN]
    counted = series.latest([run.meter for run in begun if run.meter is not None])
    at_fault = {str(run.facts["point"]) for run in runs if run.ended_at is not None and "point" in run.facts}
    points, verdicts = points_of(at_fault), _verdicts(runs)
    return [
        RunRow(
            run=run,
            group=group_name(groups, run.group_key),
            place=_place(base, groups, run.group_key),
            program=programs.get(run.program_key, run.program_key),
            end=_end(run, points, verdicts),
            progress=_progress(run, groups, counted, at) if run.state in BEGUN else None,
        )
        for run in runs
    ]


def newest_of_groups(keys: Collection[str]) -> list[IrrigationRun]:
    """The newest run of each group that has watered, or may still."""
    runs = IrrigationRun.objects.filter(Q(ended_at=None) | Q(running_at__isnull=False))
    last = runs.filter(group_key=OuterRef("group_key")).order_by("-created_at").values("pk")[:1]
    return list(runs.filter(group_key__in=list(keys), pk=Subquery(last)).select_related("requested_by"))


def group_name(groups: Mapping[str, ValveGroupStructure], key: str) -> str:
    """Name of a group; of one that left the base file, its key."""
    return groups[key].name if key in groups else key


def _place(base: BaseStructure, groups: Mapping[str, ValveGroupStructure], key: str) -> str:
    part = base.compartments.get(groups[key].compartment) if key in groups else None
    return "" if part is None else part.name


def _progress(
    run: IrrigationRun, groups: Mapping[str, ValveGroupStructure], counted: Mapping[str, Sample], at: datetime
) -> Progress:
    given_l, counted_at = None, None
    group = groups.get(run.group_key)
    if group is not None and group.meter is not None and group.meter.key == run.meter:
        sample = counted.get(group.meter.key)
        given_l = metered_l(run, seen_in(sample, group.meter.poll_s, at=at, pacing=pacing()).usable)
        counted_at = None if sample is None else sample.observed_at
    given = "" if given_l is None else words.liters(given_l)
    if run.dose_l is not None:
        return Progress(None if given_l is None else _percent(given_l / run.dose_l), given, counted_at)
    passed_s = 0.0 if run.running_at is None else (at - run.running_at).total_seconds()
    return Progress(_percent(passed_s / run.limit_s), given, counted_at)


def _percent(share: float) -> int:
    """Whole percent; a meter that counts in its polls runs over a dose by up to one."""
    return min(100, max(0, int(share * 100)))


def _end(
    run: IrrigationRun, points: Mapping[str, PointStructure], verdicts: Mapping[tuple[object, str], Verdict]
) -> str:
    if run.ended_at is None:
        return ""
    key = str(run.facts.get("point", ""))
    label = points[key].label if key in points else key
    return words.end_in_words(
        RunReason(run.reason),
        given_l=run.given_l,
        has_opened=run.begun_at is not None,
        at_fault=label,
        verdict=verdicts.get((run.pk, key)),
    )


def _verdicts(runs: Iterable[IrrigationRun]) -> dict[tuple[object, str], Verdict]:
    """What became of the request that a run failed by."""
    wanted = {run.pk: run.facts.get("point") for run in runs if run.reason == RunReason.NOT_OPENED}
    requests = CommandRequest.objects.filter(run__in=list(wanted)).order_by("created_at") if wanted else []
    return {
        (request.run_id, request.point_key): Verdict(Code(request.verdict), request.facts)
        for request in requests
        if request.verdict and request.run_id is not None and wanted.get(request.run_id) == request.point_key
    }
