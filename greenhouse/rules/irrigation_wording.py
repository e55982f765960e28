"""Decisions of irrigation programs in the reader's language, each in one sentence."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from greenhouse.rules.evaluate.irrigation import IrrigationDecision, Why
from greenhouse.rules.wording import number_in_a_sentence

_SENTENCES: Mapping[Why, Promise] = {
    Why.CLOCK: _("It is time: a start by the clock."),
    Why.INTERVAL: _("It is time: a start by the interval."),
    Why.RADIATION_SUM: _("%(sum)s J/cm² of sun have come in, which is the %(wanted)s J/cm² of a run."),
    Why.RADIATION_MISSING: _(
        "How much sun came in is known for only %(coverage)s %% of the time that counts; the time to wait for it is"
        " over, so a run is due all the same."
    ),
    Why.NOT_YET: _("No start has come since the last one that was decided."),
    Why.OUTSIDE_HOURS: _("It is not within the hours of the program."),
    Why.RADIATION_UNKNOWN: _(
        "How much sun came in is known for only %(coverage)s %% of the time that counts, so no run is due by it."
    ),
    Why.RUNNING: _("A run on the same water has not ended; a start waits for it up to 15 minutes."),
    Why.RESTING: _("It rests for another %(left_min)s min after the last run."),
    Why.DRAIN_REACHED: _(
        "%(drain)s %% of the water of the day has drained, so starts are left out from %(limit)s %% on."
    ),
    Why.CLOCK_BACK: _("The clock was set back; what was decided then is not decided again."),
}
_SUM_NOT_REACHED = _(
    "%(sum)s of %(wanted)s J/cm² of sun have come in since the last run, or since the program was switched on."
)


def sentence(decision: IrrigationDecision) -> str:
    """Why a program waters now, or does not, in the reader's language."""
    facts = dict(decision.facts)
    if "coverage" in facts:
        facts["coverage"] = float(int(facts["coverage"] * 100))
    if "left_min" in facts:
        facts["left_min"] = float(max(1, round(facts["left_min"])))
    if "sum" in facts:
        facts["sum"] = float(round(facts["sum"]))
    told = _SUM_NOT_REACHED if decision.why is Why.NOT_YET and "sum" in facts else _SENTENCES[decision.why]
    return str(told) % {name: number_in_a_sentence(fact) for name, fact in facts.items()}
