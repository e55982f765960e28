"""Who asked, in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import pgettext_lazy

from greenhouse.access.roles import name_of
from greenhouse.commands.checks import Code, Verdict
from greenhouse.commands.models import CommandRequest
from greenhouse.commands.sources import AUTOMATIC_RETURN, ON_SITE

NO_VERDICT = Verdict(Code.NONE)

_ACTORS: Mapping[str, Promise] = {
    AUTOMATIC_RETURN: pgettext_lazy("who", "automatic return"),
    ON_SITE: pgettext_lazy("who", "on site"),
}


def asked_by(request: CommandRequest) -> str:
    """Name of the person, program, interlock or controller that a request comes from."""
    if request.requested_by is not None:
        return name_of(request.requested_by)
    return str(_ACTORS.get(request.actor, request.actor))
