"""What people and programs read about irrigation runs: how far one has come, and in a sentence why it ended."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy, pgettext_lazy

from greenhouse.commands.run_lifecycle import RunReason, RunState

STATES: Mapping[RunState, Promise] = {
    RunState.PLANNED: pgettext_lazy("irrigation run", "waits for its turn"),
    RunState.OPENING: pgettext_lazy("irrigation run", "opening the valves"),
    RunState.RUNNING: pgettext_lazy("irrigation run", "water flows"),
    RunState.CLOSING: pgettext_lazy("irrigation run", "closing the valves"),
    RunState.DONE: pgettext_lazy("irrigation run", "done"),
    RunState.STOPPED: pgettext_lazy("irrigation run", "stopped"),
    RunState.FAILED: pgettext_lazy("irrigation run", "failed"),
    RunState.MISSED: pgettext_lazy("irrigation run", "missed"),
}
REASONS: Mapping[RunReason, Promise] = {
    RunReason.DOSE_GIVEN: gettext_lazy("The dose was given."),
    RunReason.BY_PERSON: gettext_lazy("A person stopped it."),
    RunReason.INTERRUPTED: gettext_lazy(
        "Its control process ended in the middle of it. The valves were closed; what was left is not made up for."
    ),
    RunReason.TOO_LONG: gettext_lazy("The dose was not reached in the time that a run may last here."),
    RunReason.NOT_OPENED: gettext_lazy("The valves could not be opened."),
    RunReason.METER_STANDS: gettext_lazy("The valves were open, but the meter counted nothing: no water came."),
    RunReason.METER_UNKNOWN: gettext_lazy("The meter fell silent, so nobody knew how much was given."),
    RunReason.NO_METER: gettext_lazy("The dose is a volume, and there is no meter that counts it."),
    RunReason.CLOSED_BY_ITSELF: gettext_lazy("A valve closed, or the pump stopped, without a request from here."),
    RunReason.TOO_LATE: gettext_lazy(
        "It could not begin in time: the base stood still, or the valves were busy or not known to be shut."
    ),
    RunReason.DRAIN_REACHED: gettext_lazy("It was left out: enough of the water of that day had drained."),
    RunReason.RESTORED: gettext_lazy(
        "A backup was put back before its turn came. It may have been given since, so it is not given again."
    ),
    RunReason.GROUP_GONE: gettext_lazy("The base file has no such valve group any more."),
    RunReason.SWITCHED_OFF: gettext_lazy("Its program was switched off before its turn came."),
    RunReason.CHANGED: gettext_lazy("Its program was changed before its turn came: it has no such start any more."),
}
"""Why a run ended, each a sentence of its own."""
UNSAID = gettext_lazy("Why is not known.")


def state_in_words(state: RunState) -> str:
    """How far a run has come."""
    return str(STATES[state])


def reason_in_words(reason: RunReason) -> str:
    """Why a run ended, or is about to; empty while nothing ended it."""
    return "" if reason is RunReason.NONE else str(REASONS.get(reason, UNSAID))
