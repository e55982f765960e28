"""The base for a view and its time of day, or what to do while there is none."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from greenhouse.access.roles import Action, may
from greenhouse.site.current import NoBase, current_base
from greenhouse.site.structure import BaseStructure

_P = ParamSpec("_P")


def with_base(
    view: Callable[Concatenate[HttpRequest, BaseStructure, _P], HttpResponse],
) -> Callable[Concatenate[HttpRequest, _P], HttpResponse]:
    """Give a view the base, by whose clock its page tells times; while there is none, say instead how it is loaded."""

    @wraps(view)
    def shown(request: HttpRequest, /, *args: _P.args, **kwargs: _P.kwargs) -> HttpResponse:
        try:
            base = current_base()
        except NoBase:
            # Here, and not at the top of the page: only this page offers it.
            context = {"may_configure": may(request.user, Action.CONFIGURE)}
            return render(request, "console/no_base.html", context, status=503)
        with timezone.override(ZoneInfo(base.time_zone)):
            return view(request, base, *args, **kwargs)

    return shown
