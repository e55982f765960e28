"""The structure of the base, read again only after an import has changed it."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from greenhouse.access.roles import Action, may
from greenhouse.site import structure
from greenhouse.site.structure import BaseStructure

_P = ParamSpec("_P")


class NoBase(Exception):
    """No base file has been loaded yet."""


_read: BaseStructure | None = None
"""What was read last. Replaced as a whole, so threads see either the old or the new structure."""


def current_base() -> BaseStructure:
    """The base as it is now.

    Raises
    ------
    NoBase
        If no base file has been loaded.
    """
    global _read  # noqa: PLW0603  (one structure per process)
    revision = structure.revision()
    if _read is None or _read.revision != revision:
        _read = structure.base()
    if _read is None:
        raise NoBase
    return _read


def with_base(
    view: Callable[Concatenate[HttpRequest, BaseStructure, _P], HttpResponse],
) -> Callable[Concatenate[HttpRequest, _P], HttpResponse]:
    """Give a view the base; while there is none, say instead how it is loaded."""

    @wraps(view)
    def shown(request: HttpRequest, /, *args: _P.args, **kwargs: _P.kwargs) -> HttpResponse:
        try:
            base = current_base()
        except NoBase:
            # Here, and not at the top of the page: only this page offers it.
            context = {"may_configure": may(request.user, Action.CONFIGURE)}
            return render(request, "console/no_base.html", context, status=503)
        return view(request, base, *args, **kwargs)

    return shown
