"""What becomes of a due time: on time, late, skipped, or for a person to decide. Pure: ``now`` is passed in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from greenhouse.schedules.due_times import Every, When, due_times

ON_TIME = timedelta(seconds=5)
"""A run so little late is on time: that is how long a busy machine may take."""
MOST_SEPARATE_RUNS = 24
"""A schedule that makes up for each missed run on its own may owe no more than this many."""
_DAY_S = 86_400.0


class Beyond(StrEnum):
    """What becomes of a run that is later than its grace."""

    SKIP = "skip"
    ASK = "ask"


class Outcome(StrEnum):
    """What is done about a due time."""

    RUN = "run"
    SKIP = "skip"
    ASK = "ask"
    WAIT = "wait"


class Rule(StrEnum):
    """Why that is done."""

    ON_TIME = "on_time"
    WITHIN_GRACE = "within_grace"
    ALWAYS = "always"
    TOO_LATE = "too_late"
    INPUTS_FIRST = "inputs_first"
    NEWER_STANDS_FOR_IT = "newer_stands_for_it"
    SCHEDULE_REMOVED = "schedule_removed"
    NOT_REPEATED = "not_repeated"
    PERSON = "person"


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What a late run means.

    Attributes
    ----------
    grace_s : float or None
        So late a run is still of use. None: always, however late. [s]
    beyond : Beyond
        What becomes of a run that is later.
    coalesce : bool
        Several missed due times become one run.
    needs_fresh_inputs : bool
        A run waits until what it decides by is live.
    needs_clock : bool
        Not while the wall clock is not believed.
    """

    grace_s: float | None
    beyond: Beyond = Beyond.SKIP
    coalesce: bool = True
    needs_fresh_inputs: bool = False
    needs_clock: bool = True


@dataclass(frozen=True, slots=True)
class Decision:
    """What is done about a due time, and by which rule."""

    outcome: Outcome
    rule: Rule


@dataclass(frozen=True, slots=True)
class Decided:
    """One row to write: a due time, and the older ones that it stands for.

    Attributes
    ----------
    count : int
        Due times that it stands for, itself included.
    """

    due_at: datetime
    first_due_at: datetime
    count: int
    decision: Decision


def check_policy(when: When, policy: Policy) -> None:
    """Refuse a policy that could owe runs without end.

    Raises
    ------
    ValueError
        If runs are made up for one by one, without a grace or with one that holds too many of them.
    """
    if policy.grace_s is not None and policy.grace_s < 0:
        raise ValueError(f"a grace of {policy.grace_s} s")
    if policy.coalesce:
        return
    interval_s = when.seconds if isinstance(when, Every) else _DAY_S
    if policy.grace_s is None or policy.grace_s / interval_s > MOST_SEPARATE_RUNS:
        raise ValueError(f"more than {MOST_SEPARATE_RUNS} separate runs could be owed: coalesce them or shorten grace")


def decide(
    due_at: datetime, now: datetime, policy: Policy, *, has_fresh_inputs: bool, on_time: timedelta = ON_TIME
) -> Decision:
    """What is done about one due time.

    Parameters
    ----------
    on_time : timedelta
        So late is on time still: what a busy machine may take, in the time that due times are told in.

    Raises
    ------
    ValueError
        If it is not due yet.
    """
    late = now - due_at
    if late < timedelta(0):
        raise ValueError(f"due at {due_at}, not at {now}")
    if policy.grace_s is not None and late > max(timedelta(seconds=policy.grace_s), on_time):
        return Decision(Outcome(policy.beyond.value), Rule.TOO_LATE)
    if policy.needs_fresh_inputs and not has_fresh_inputs:
        return Decision(Outcome.WAIT, Rule.INPUTS_FIRST)
    if late <= on_time:
        return Decision(Outcome.RUN, Rule.ON_TIME)
    return Decision(Outcome.RUN, Rule.ALWAYS if policy.grace_s is None else Rule.WITHIN_GRACE)


def decide_all(
    when: When,
    last: datetime,
    now: datetime,
    policy: Policy,
    *,
    has_fresh_inputs: bool,
    on_time: timedelta = ON_TIME,
) -> tuple[Decided, ...]:
    """What is done about every due time after ``last``, in few rows however many they are.

    Each due time belongs to exactly one row. Where runs are made up for one by one, those that are too late share one.
    """
    most = 1 if policy.coalesce else MOST_SEPARATE_RUNS + 1
    due = due_times(when, last, until=now, most=most)
    if due is None:
        return ()
    decided = [
        (due_at, decide(due_at, now, policy, has_fresh_inputs=has_fresh_inputs, on_time=on_time))
        for due_at in due.newest
    ]
    # All that are too late become one row, and so do those that were not even named.
    old = max((n for n, (_at, decision) in enumerate(decided) if decision.rule is Rule.TOO_LATE), default=-1)
    old = max(old, 0 if due.count > len(decided) else -1)
    rows = []
    for number, (due_at, decision) in enumerate(decided):
        if number < old:
            continue
        stands_for = due.count - len(decided) + number + 1 if number == old else 1
        rows.append(Decided(due_at, due.first if number == old else due_at, stands_for, decision))
    return tuple(rows)
