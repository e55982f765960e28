"""Only parameters that an operation knows: a misspelled one would be ignored, and the answer not the one meant."""

from __future__ import annotations

from functools import cache, wraps
from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.utils.translation import gettext as _

from greenhouse.api.description import operations
from greenhouse.api.edge import View
from greenhouse.api.input_faults import faults_problem, printable
from greenhouse.api.problems import InputFault
from greenhouse.api.v1 import api


def only_known(view: View) -> View:
    """Refuse a call with a parameter in its address that its operation does not know."""

    @wraps(view)
    def asked(request: HttpRequest, *args: Any, **parts: Any) -> HttpResponseBase:  # noqa: ANN401  (Django's own)
        assert request.resolver_match is not None
        path = "/" + request.resolver_match.route.replace("<", "{").replace(">", "}")
        known = _known_parameters().get((request.method or "", path))
        unknown = [name for name in request.GET if known is not None and name not in known]
        if unknown:
            sentence = _("is not known here; leave it out")
            raise faults_problem([InputFault(printable(name), sentence) for name in unknown])
        return view(request, *args, **parts)

    return asked


@cache
def _known_parameters() -> dict[tuple[str, str], frozenset[str]]:
    """By method and path."""
    return {
        (method, path): frozenset(one["name"] for one in operation["parameters"] if one["in"] == "query")
        for method, path, operation in operations(api.get_openapi_schema())
    }
