"""The description of the interface, OpenAPI 3.1, in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_noop as N_
from ninja import NinjaAPI

from greenhouse.api.callers import SessionAuth, TokenAuth
from greenhouse.api.problems import KINDS, MEDIA_TYPE

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
    "programs": N_("Programs"),
    "commands": N_("Commands"),
    "alarms": N_("Alarms"),
    "ledger": N_("Ledger"),
}
_OBJECTS = {
    "BaseOut": N_("What stands where."),
    "HouseOut": N_("A house and its compartments."),
    "CompartmentOut": N_("A part of a house with a climate of its own."),
    "LineOut": N_("A field-bus line. Where it leads is not told."),
    "DeviceOut": N_("A device on a line."),
    "PointOut": N_("What a point is. Ranges, limits and tolerance are in its unit."),
    "PointsOut": N_("A page of points, in the order of their keys."),
    "RecordOut": N_("Which polls become history."),
    "StateOut": N_("Name of a number of a mode or state."),
    "Names": N_("A name in both languages."),
    "Range": N_("Lowest and highest value, both included."),
    "LatestOut": N_("The newest value of a point, and how far it may be believed."),
    "LatestListOut": N_("The newest values of many points at one moment."),
    "SeriesOut": N_("Samples of a span of time in buckets."),
    "PointSeriesOut": N_("The buckets of one point. Where no value was known there is no bucket: gaps stay gaps."),
    "UnreadableOut": N_("A span whose stored samples are damaged."),
    "PeriodOut": N_("A part of the day with temperatures of its own."),
    "VentRuleOut": N_("How far vents open above the ventilation temperature."),
    "BlanketRuleOut": N_("When the blanket is rolled up."),
    "ScreenRuleOut": N_("When the thermal screen is drawn."),
    "ShadeRuleOut": N_("When the shading net above the roof is drawn."),
    "ProgramOut": N_("The climate program of a compartment."),
    "ProgramsOut": N_("The programs of all compartments, in the order of the base."),
    "IrrigationProgramOut": N_("An irrigation program as its newest version has it."),
    "IrrigationProgramsOut": N_("All irrigation programs, in the order of their keys."),
    "IrrigationWorkOut": N_("What an irrigation program does."),
    "DoseOut": N_("What each group gets in a run."),
    "StartsOut": N_("When runs begin. What belongs to another kind is null."),
    "IrrigationVersionOut": N_("One version of an irrigation program."),
    "IrrigationVersionsOut": N_("A page of versions, the newest first."),
    "IrrigationRunOut": N_("One dose for one valve group, given or not."),
    "IrrigationRunsOut": N_("A page of irrigation runs, those stored last first."),
    "CommandIn": N_("A point is to have a value."),
    "CommandOut": N_(
        "A command and how far it has come. Only confirmed means: read back from the controller, and equal."
    ),
    "CommandsOut": N_("A page of commands, the newest first."),
    "CommandEventOut": N_("One step of a command."),
    "VerdictOut": N_("Why a command is where it is."),
    "HoldOut": N_("The manual hold that a command asked for."),
    "AlarmOut": N_("One alarm on one object."),
    "AlarmsOut": N_("A page of alarms, the newest first."),
    "LedgerHeadOut": N_(
        "The last entry of the ledger. Noted elsewhere, it shows later whether anything before it was altered."
    ),
    "Problem": N_("Why a call is not served (RFC 9457)."),
}
"""What each object is. The others, closed lists of words, speak for themselves."""
_PARAMETERS = {
    "point": N_("Key of the point: device.point."),
    "points": N_("Keys of points, separated by commas."),
    "cursor": N_("“next” of the page before."),
    "limit": N_("Items on a page, at most."),
    "format": N_("json, csv or parquet."),
    "which": N_("current: not history yet."),
}
"""Of parameters whose kind is declared once for several operations, which ninja describes by the kind alone."""
_TRANSLATED = frozenset({"summary", "description"})
_METHODS = frozenset({"get", "post"})

Json = dict[str, Any]


def describe(api: NinjaAPI) -> Json:
    """The whole description, in the language that is active."""
    found: Json = {**api.get_openapi_schema()}
    found["servers"] = [{"url": "/"}]
    found["tags"] = [{"name": name, "description": description} for name, description in _TAGS.items()]
    components = {**found["components"]}
    components["securitySchemes"] = {
        name: {**components["securitySchemes"][ours], "description": description}
        for ours, (name, description) in _SCHEMES.items()
    }
    schemas = {**components["schemas"], "Problem": _PROBLEM}
    components["schemas"] = {name: _schema(name, schema) for name, schema in sorted(schemas.items())}
    components["responses"] = {"Problem": {"description": N_("Not served; the body says why."), "content": _CONTENT}}
    found["components"] = components
    found["paths"] = {path: _path(methods) for path, methods in found["paths"].items()}
    described: Json = _translated(found)
    described["info"] = {"title": gettext(TITLE), "version": api.version, "description": gettext(SUMMARY)}
    return described


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


def _schema(name: str, schema: Json) -> Json:
    kept = {key: part for key, part in schema.items() if key != "description"}
    return {**kept, "description": _OBJECTS[name]} if name in _OBJECTS else kept


def _path(methods: Json) -> Json:
    return {method: _operation(operation, method) for method, operation in methods.items()}


def _operation(operation: Json, method: str) -> Json:
    problems = {str(status): {"$ref": "#/components/responses/Problem"} for status in _STATUSES}
    served = {
        str(status): {**response, "description": N_("Served.")} for status, response in operation["responses"].items()
    }
    if method == "get":
        served["304"] = {"description": N_("Not changed (with If-None-Match).")}
    return {
        **operation,
        "parameters": [_parameter(parameter) for parameter in operation["parameters"]],
        "security": [{name: []} for name, _description in _SCHEMES.values()],
        "responses": {**served, **problems},
    }


def _parameter(parameter: Json) -> Json:
    """A parameter with its description once, beside its schema."""
    schema = parameter["schema"]
    schema = {**schema, **schema["allOf"][0]} if len(schema.get("allOf", ())) == 1 else schema
    # A parameter that may be left out is never null: an address has no word for that.
    kinds = [part for part in schema.get("anyOf", ()) if part.get("type") != "null"]
    schema = {**schema, **kinds[0]} if len(kinds) == 1 else schema
    kept = {key: part for key, part in schema.items() if key not in {"allOf", "anyOf", "description"}}
    return {
        **parameter,
        "schema": kept,
        "description": _PARAMETERS.get(parameter["name"], parameter.get("description", "")),
    }


def _translated(found: Any, name: str = "") -> Any:  # noqa: ANN401  (JSON of any kind)
    if isinstance(found, Mapping):
        # The titles that pydantic makes of names ("Latitude Deg") say nothing more than these.
        parts = ((key, part) for key, part in found.items() if key != "title" or not isinstance(part, str))
        return {key: _translated(part, key) for key, part in parts}
    if isinstance(found, list | tuple):
        return [_translated(part) for part in found]
    if isinstance(found, str) and found and name in _TRANSLATED:
        return gettext(found)
    return found
