"""What people read about irrigation runs: signs, doses, amounts, and why a run ended with its facts."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from django.utils.translation import gettext as _

from greenhouse.commands.checks import Verdict
from greenhouse.commands.messages import sentence
from greenhouse.commands.run_lifecycle import RunReason, RunState
from greenhouse.commands.run_messages import reason_in_words
from greenhouse.console.programs.words import number_in_words
from greenhouse.console.values.words import duration_in_words

SIGNS: Mapping[RunState, str] = {
    RunState.PLANNED: "hourglass",
    RunState.OPENING: "hourglass",
    RunState.RUNNING: "ahead",
    RunState.CLOSING: "hourglass",
    RunState.DONE: "tick",
    RunState.STOPPED: "mode-off",
    RunState.FAILED: "bad",
    RunState.MISSED: "broken-ring",
}


def end_in_words(
    reason: RunReason, *, given_l: float | None, has_opened: bool, at_fault: str = "", verdict: Verdict | None = None
) -> str:
    """Why a run ended, with its facts, in at most three sentences.

    Parameters
    ----------
    given_l : float or None
        What was metered. None: nobody knows. [L]
    has_opened : bool
        Whether water may have flowed at all.
    at_fault : str
        Name of the valve or pump that did not do its part.
    verdict : Verdict or None
        Why that one did not.
    """
    said = [reason_in_words(reason)]
    if at_fault:
        why = "" if verdict is None else sentence(verdict)
        said.append((_("%(what)s: %(why)s") if why else _("It was %(what)s.")) % {"what": at_fault, "why": why})
    if has_opened:
        said.append(given_in_words(given_l))
    return " ".join(text for text in said if text)


def given_in_words(given_l: float | None) -> str:
    """How much water was counted."""
    if given_l is None:
        return _("How much was given is not known.")
    return _("%(given)s were given.") % {"given": liters(given_l)}


def dose_in_words(dose_l: float | None, dose_s: float | None) -> str:
    """What a run is to give."""
    if dose_l is not None:
        return liters(dose_l)
    return duration_in_words(timedelta(seconds=round(dose_s or 0.0)))


def liters(volume_l: float) -> str:
    """A volume as people read it: whole liters from ten on."""
    return _("%(n)s L") % {"n": number_in_words(round(volume_l, 1) if abs(volume_l) < 10 else round(volume_l))}
