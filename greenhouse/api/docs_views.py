"""The description of the interface, as JSON and as a page; and what is at no address."""

from __future__ import annotations

from functools import cache
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import translation
from django.views.decorators.http import require_safe

from greenhouse.api import callers, docs_page, export
from greenhouse.api.description import describe, operations
from greenhouse.api.edge import to_json, unknown_address
from greenhouse.api.problems import KINDS
from greenhouse.api.v1 import api
from greenhouse.clock import machine_moment_now


@cache
def _description(_language: str) -> dict[str, Any]:
    """The description in the language that is active: it takes a tenth of a second to write."""
    return describe(api)


@require_safe
def openapi(request: HttpRequest) -> HttpResponse:
    """The description as OpenAPI 3.1."""
    callers.take_as_stranger(request, machine_moment_now())
    return HttpResponse(to_json(_description(translation.get_language() or "")), content_type="application/json")


@require_safe
def docs(request: HttpRequest) -> HttpResponse:
    """The description as a page that needs no script and no other server."""
    callers.take_as_stranger(request, machine_moment_now())
    description, server = _description(translation.get_language() or ""), request.build_absolute_uri("/").rstrip("/")
    context = {
        "description": description,
        "operations": [docs_page.operation(*found, server=server) for found in operations(description)],
        "schemas": [docs_page.schema(*found) for found in sorted(description["components"]["schemas"].items())],
        "problems": [(kind.value, status, title) for kind, (status, title) in KINDS.items()],
        "most_rows": export.MOST_ROWS,
        "most_read": export.MOST_READ,
        "server": server,
    }
    return render(request, "api/docs.html", context)


@require_safe
def begin(_request: HttpRequest) -> HttpResponse:
    """Whoever types the address of the interface gets to its page."""
    return HttpResponseRedirect(reverse("api:docs"))


def nothing(request: HttpRequest) -> HttpResponse:
    """There is no such address."""
    callers.take_as_stranger(request, machine_moment_now())
    raise unknown_address()
