"""What the configuration pages share: who may come, what stands in the bar, the version that is changed."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from greenhouse.access.roles import Action, may
from greenhouse.clock import utc_now
from greenhouse.configuration import versions
from greenhouse.configuration.models import Version
from greenhouse.console.page.base import with_base
from greenhouse.site.structure import BaseStructure
from greenhouse.telemetry import sample_time

_P = ParamSpec("_P")


def frame(base: BaseStructure | None) -> dict[str, object]:
    """What every page of the configuration shows around its content; none of them is live but the first."""
    return {"base": base, "server_time": sample_time.look(utc_now()), "topic": "", "is_simulated": False}


def rights(request: HttpRequest) -> dict[str, bool]:
    """What the reader may change, for templates: what a person may not do is not offered."""
    return {
        "may_configure": may(request.user, Action.CONFIGURE),
        "may_change_alarms": may(request.user, Action.CHANGE_ALARMS),
        "may_manage_people": may(request.user, Action.MANAGE_PEOPLE),
        "may_administer": may(request.user, Action.ADMINISTER),
    }


def require(request: HttpRequest, action: Action) -> User:
    """Who asks, if they may.

    Raises
    ------
    PermissionDenied
        If not.
    """
    if not isinstance(request.user, User) or not may(request.user, action):
        raise PermissionDenied
    return request.user


def with_version(
    view: Callable[Concatenate[HttpRequest, BaseStructure, Version, _P], HttpResponse],
) -> Callable[Concatenate[HttpRequest, _P], HttpResponse]:
    """Give a view the base and its newest version; while none is stored, say how one comes."""

    @wraps(view)
    def shown(request: HttpRequest, base: BaseStructure, /, *args: _P.args, **kwargs: _P.kwargs) -> HttpResponse:
        version = versions.newest()
        if version is None:
            return render(request, "console/setup/no_version.html", frame(base), status=503)
        return view(request, base, version, *args, **kwargs)

    return with_base(shown)
