"""Who asked, in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import pgettext_lazy

from greenhouse.access.roles import name_of
from greenhouse.commands.checks import Code, Verdict
from greenhouse.commands.interlocks import Cause
from greenhouse.commands.models import CommandRequest
from greenhouse.commands.sources import AUTOMATIC_RETURN, CLIMATE_PROGRAM, IRRIGATION_RUN, ON_SITE, VALVE_GUARD

NO_VERDICT = Verdict(Code.NONE)

_ACTORS: Mapping[str, Promise] = {
    AUTOMATIC_RETURN: pgettext_lazy("who", "automatic return"),
    CLIMATE_PROGRAM: pgettext_lazy("who", "climate program"),
    IRRIGATION_RUN: pgettext_lazy("who", "irrigation run"),
    VALVE_GUARD: pgettext_lazy("who", "valve guard"),
    ON_SITE: pgettext_lazy("who", "on site"),
    Cause.STORM.value: pgettext_lazy("who", "storm guard"),
    Cause.RAIN.value: pgettext_lazy("who", "rain guard"),
    Cause.WEATHER_UNKNOWN.value: pgettext_lazy("who", "unknown-weather guard"),
    Cause.OVER_TRAVEL.value: pgettext_lazy("who", "run-time guard"),
}


def asked_by(request: CommandRequest) -> str:
    """Name of the person, program, interlock or controller that a request comes from."""
    if request.requested_by is not None:
        return name_of(request.requested_by)
    return str(_ACTORS.get(request.actor, request.actor))
