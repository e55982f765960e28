"""The description of the interface, OpenAPI 3.1, in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_noop as N_
from ninja import NinjaAPI

from greenhouse.api.callers import SessionAuth, TokenAuth
from greenhouse.api.problems import KINDS, MEDIA_TYPE

ROOT = "/api/v1"
TITLE = N_("Greenhouse base")
SUMMARY = N_(
    "Reads the structure, the values and the history of a greenhouse base, asks for changes of setpoints and "
    "acknowledges alarms. Times have a time zone, values come in the canonical unit of their quantity, and no value is "
    "made up: what is missing is missing, and what is old says so."
)
_SCHEMES = {
    TokenAuth.__name__: (
        "token",
        N_("An API token: Authorization: Bearer gh_…. Made on the account page, shown once."),
    ),
    SessionAuth.__name__: (
        "session",
        N_("The session of a person who is signed in. What changes something needs the CSRF token as X-CSRFToken."),
    ),
}
_TAGS = {
    "base": N_("Structure"),
    "values": N_("Values"),
    "commands": N_("Commands"),
    "alarms": N_("Alarms"),
    "ledger": N_("Ledger"),
}
_TRANSLATED = frozenset({"title", "summary", "description"})
_METHODS = frozenset({"get", "post"})

Json = dict[str, Any]


def describe(api: NinjaAPI) -> Json:
    """The whole description, in the language that is active."""
    found: Json = {**api.get_openapi_schema()}
    found["info"] = {"title": TITLE, "version": api.version, "description": SUMMARY}
    found["servers"] = [{"url": "/"}]
    found["tags"] = [{"name": name, "description": description} for name, description in _TAGS.items()]
    components = {**found["components"]}
    components["securitySchemes"] = {
        name: {**components["securitySchemes"][ours], "description": description}
        for ours, (name, description) in _SCHEMES.items()
    }
    components["schemas"] = {**components["schemas"], "Problem": _PROBLEM}
    components["responses"] = {"Problem": {"description": N_("Not served; the body says why."), "content": _CONTENT}}
    found["components"] = components
    found["paths"] = {path: _path(methods) for path, methods in found["paths"].items()}
    translated: Json = _translated(found)
    return translated


def operations(description: Mapping[str, Any]) -> list[tuple[str, str, Json]]:
    """Method, path and description of every operation, in the order of the tags."""
    order = list(_TAGS)
    found = [
        (method.upper(), path, operation)
        for path, methods in description["paths"].items()
        for method, operation in methods.items()
        if method in _METHODS
    ]
    return sorted(found, key=lambda one: order.index(one[2]["tags"][0]))


_PROBLEM: Json = {
    "type": "object",
    "description": N_("Why a call is not served (RFC 9457)."),
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string", "description": N_("Kind of the problem; leads to its explanation.")},
        "title": {"type": "string", "description": N_("The same in words.")},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": N_("Names the thing, and says what to do.")},
        "code": {"type": "string", "description": N_("Finer than the kind, for programs.")},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["where", "message"],
                "properties": {"where": {"type": "string"}, "message": {"type": "string"}},
            },
        },
    },
}
_CONTENT: Json = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
_STATUSES = sorted({status for status, _title in KINDS.values()})


def _path(methods: Json) -> Json:
    return {method: _operation(operation, method) for method, operation in methods.items()}


def _operation(operation: Json, method: str) -> Json:
    problems = {str(status): {"$ref": "#/components/responses/Problem"} for status in _STATUSES}
    served = {str(status): response for status, response in operation["responses"].items()}
    if method == "get":
        served["304"] = {"description": N_("Not changed (with If-None-Match).")}
    return {
        **operation,
        "security": [{name: []} for name, _description in _SCHEMES.values()],
        "responses": {**served, **problems},
    }


def _translated(found: Any, name: str = "") -> Any:  # noqa: ANN401  (JSON of any kind)
    if isinstance(found, Mapping):
        return {key: _translated(part, key) for key, part in found.items()}
    if isinstance(found, list | tuple):
        return [_translated(part) for part in found]
    if isinstance(found, str) and found and name in _TRANSLATED:
        return gettext(found)
    return found
