"""Schedules and their runs as a person reads them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from greenhouse.access.roles import name_of, role_name
from greenhouse.console.values.words import duration_in_words
from greenhouse.schedules.due_times import Daily, When
from greenhouse.schedules.history import Plan
from greenhouse.schedules.models import Cause, DueRun, Schedule, State
from greenhouse.schedules.policy import Beyond, Outcome, Policy, Rule
from greenhouse.schedules.runs import policy_of
from greenhouse.site.virtual_points import Clock

_STATES: Mapping[State, Promise] = {
    State.DUE: _("about to run"),
    State.ASKED: _("waits for a decision"),
    State.STARTED: _("running"),
    State.DONE: _("done"),
    State.FAILED: _("failed"),
    State.INTERRUPTED: _("interrupted"),
    State.SKIPPED: _("skipped"),
}
_SIGNS: Mapping[State, str] = {
    State.ASKED: "question",
    State.DONE: "tick",
    State.FAILED: "bad",
    State.INTERRUPTED: "broken-ring",
    State.SKIPPED: "cross",
}
_RULES: Mapping[Rule, Promise] = {
    Rule.ON_TIME: _("It was on time."),
    Rule.WITHIN_GRACE: _("Late, but no more than %(grace)s."),
    Rule.ALWAYS: _("It is of use however late."),
    Rule.TOO_LATE: _("More than %(grace)s late."),
    Rule.INPUTS_FIRST: _("It waited until its inputs were live."),
    Rule.NEWER_STANDS_FOR_IT: _("A newer due time stands for it."),
    Rule.SCHEDULE_REMOVED: _("The schedule was removed."),
    Rule.NOT_REPEATED: _("Its process ended in the middle of it; nobody knows how far it came, so it is not repeated."),
    Rule.PERSON: _("A person decided."),
}
_CAUSES: Mapping[Cause, Promise] = {
    Cause.WAS_DOWN: _("The process was not running."),
    Cause.CLOCK: _("The server's clock was set or was not believed."),
    Cause.BUSY: _("The run before it had not ended."),
    Cause.LATE: _("The server was too busy."),
}
_CLOCKS: Mapping[Clock, Promise] = {
    Clock.CATCHING_UP: _(
        "The server's clock was set back. Until it has caught up, values carry a time of their own and are marked as"
        " in doubt."
    ),
    Clock.BEHIND: _(
        "The server's clock is behind the values that are stored already, so it is not believed: schedules stand still,"
        " values are marked as in doubt. You can still change setpoints."
    ),
    Clock.AHEAD: _(
        "The server's clock jumped ahead and nothing confirms it, so it is not believed: schedules stand still, values"
        " are marked as in doubt. You can still change setpoints."
    ),
}
HOW_TO_TRUST = _("Set the clock right; if it is right, an engineer confirms it on the server:")


def schedule_name(schedule: Schedule) -> str:
    """Name of a schedule in the reader's language."""
    return gettext(schedule.title) if schedule.title else schedule.key


def when_in_words(when: When) -> str:
    """How often a schedule is due."""
    if isinstance(when, Daily):
        return gettext("daily at %(time)s") % {"time": f"{when.at:%H:%M}"}
    return gettext("every %(interval)s") % {"interval": duration_in_words(timedelta(seconds=when.seconds))}


def policy_in_words(policy: Policy) -> list[str]:
    """What becomes of a late run, in sentences."""
    if policy.grace_s is None:
        said = [gettext("Made up for, however late.")]
    elif policy.beyond is Beyond.ASK:
        said = [gettext("Made up for up to %(grace)s late; after that a person decides.")]
    else:
        said = [gettext("Made up for up to %(grace)s late; after that skipped.")]
    if policy.coalesce:
        said.append(gettext("Several missed ones become one run."))
    if policy.needs_fresh_inputs:
        said.append(gettext("Waits until its inputs are live."))
    if not policy.needs_clock:
        said.append(gettext("Runs also while the clock is in doubt."))
    return [sentence % {"grace": duration_in_words(timedelta(seconds=policy.grace_s or 0.0))} for sentence in said]


def clock_in_words(clock: Clock) -> str:
    """What is the matter with the server's clock; empty if nothing is."""
    return str(_CLOCKS.get(clock, ""))


@dataclass(frozen=True, slots=True)
class RunRow:
    """A run with the words that a page needs."""

    run: DueRun

    @property
    def name(self) -> str:
        """Name of its schedule."""
        return schedule_name(self.run.schedule)

    @property
    def state(self) -> str:
        """What became of it."""
        if self.run.state == State.DUE and self.run.decision == Outcome.WAIT:
            return gettext("waits for its inputs")
        if self.run.state == State.DONE and (self.run.rule != Rule.ON_TIME or self.run.count > 1):
            return gettext("done late")
        return str(_STATES[State(self.run.state)])

    @property
    def sign(self) -> str:
        """Sign of what became of it."""
        return _SIGNS.get(State(self.run.state), "hourglass")

    @property
    def rule(self) -> str:
        """Why that was decided."""
        if self.run.decided_by is not None:
            who = {"name": name_of(self.run.decided_by), "role": role_name(self.run.role)}
            if self.run.decision == Outcome.SKIP:
                return gettext("%(name)s (%(role)s) decided to skip it.") % who
            return gettext("%(name)s (%(role)s) decided to run it.") % who
        if self.run.state == State.DUE and self.run.decision == Outcome.WAIT:
            return gettext("Its inputs must be live first.")
        if self.run.count > 1 and self.run.rule == Rule.ON_TIME:
            return gettext("Several missed ones become one run.")
        grace = duration_in_words(timedelta(seconds=policy_of(self.run.schedule).grace_s or 0.0))
        return str(_RULES[Rule(self.run.rule)]) % {"grace": grace}

    @property
    def cause(self) -> str:
        """Why it was not on time; empty if that is not known."""
        return str(_CAUSES.get(Cause(self.run.cause), ""))


@dataclass(frozen=True, slots=True)
class PlanRow:
    """A schedule with the words that a page needs."""

    plan: Plan

    @property
    def name(self) -> str:
        """Name of the schedule."""
        return schedule_name(self.plan.schedule)

    @property
    def when(self) -> str:
        """How often it is due."""
        return when_in_words(self.plan.when)

    @property
    def policy(self) -> list[str]:
        """What becomes of a late run, in sentences."""
        return policy_in_words(self.plan.policy)

    @property
    def why(self) -> str:
        """The reason of the policy."""
        return gettext(self.plan.schedule.why) if self.plan.schedule.why else ""

    @property
    def last(self) -> RunRow | None:
        """Its last run."""
        return None if self.plan.last is None else RunRow(self.plan.last)
