"""The description of the interface as a page shows it: what is sent, what comes back, an example to copy."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

Json = Mapping[str, Any]

_EXAMPLES: Mapping[str, object] = {
    "point": "h1-climate.air_temperature",
    "points": "h1-climate.air_temperature",
    "start": "2026-11-25T00:00:00Z",
    "end": "2026-11-26T00:00:00Z",
    "resolution_s": 900,
    "format": "csv",
    "program": "north-1",
    "command": "0b9c1a52-6f5e-4a3c-9d8e-1f2a3b4c5d6e",
    "alarm": "0b9c1a52-6f5e-4a3c-9d8e-1f2a3b4c5d6e",
}
_SHOWN_IN_EXAMPLES = frozenset({"points", "start", "end", "resolution_s", "format"})
_BODY = {"point": "h1-climate.heating_setpoint", "value": 16.5, "seen_value": 16.0, "reason": "…"}
_LEADS_TO = "#/components/schemas/"


@dataclass(frozen=True, slots=True)
class Field:
    """A parameter of a call, or a part of an object."""

    name: str
    kind: str
    schema: str
    """Name of the object that it is or holds; empty for a plain value."""
    description: str
    is_required: bool


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation with what a reader needs to call it."""

    key: str
    method: str
    path: str
    summary: str
    description: str
    parameters: tuple[Field, ...]
    body: str
    answer: str
    status: str
    example: str


@dataclass(frozen=True, slots=True)
class Schema:
    """An object that goes in or out."""

    name: str
    description: str
    fields: tuple[Field, ...]
    choices: tuple[str, ...]


def operation(method: str, path: str, described: Json, *, server: str) -> Operation:
    """An operation, as a page shows it."""
    status, answer = next((code, found) for code, found in described["responses"].items() if code.startswith("2"))
    return Operation(
        key=described["operationId"],
        method=method,
        path=path,
        summary=described["summary"],
        description=described.get("description", ""),
        parameters=tuple(
            _field(found["name"], found, found["schema"], is_required=found["required"])
            for found in described["parameters"]
        ),
        body=_schema_name(_content(described.get("requestBody", {}))),
        answer=_schema_name(_content(answer)),
        status=status,
        example=_example(method, path, described, server),
    )


def schema(name: str, described: Json) -> Schema:
    """An object, as a page shows it."""
    required = set(described.get("required", ()))
    return Schema(
        name=name,
        description=described.get("description", ""),
        fields=tuple(
            _field(key, part, part, is_required=key in required)
            for key, part in described.get("properties", {}).items()
        ),
        choices=tuple(map(str, described.get("enum", ()))),
    )


def _field(name: str, described: Json, schema: Json, *, is_required: bool) -> Field:
    return Field(
        name=name,
        kind=_kind(schema),
        schema=_schema_name(schema),
        description=described.get("description", ""),
        is_required=is_required,
    )


def _kind(described: Json) -> str:
    """What a value is, in words."""
    if "anyOf" in described:
        kinds = [_kind(part) for part in described["anyOf"]]
        return _(" or ").join(dict.fromkeys(kinds))
    if "$ref" in described:
        return _schema_name(described)
    if described.get("enum"):
        return " | ".join(map(str, described["enum"]))
    if described.get("type") == "array":
        return _("list of %(kind)s") % {"kind": _kind(described.get("items", {}))}
    words = {
        "string": _("text"),
        "integer": _("whole number"),
        "number": _("number"),
        "boolean": _("true or false"),
        "null": "null",
        "object": _("object"),
    }
    formats = {"date-time": _("time"), "uuid": _("id")}
    form = formats.get(str(described.get("format", "")))
    return form or words.get(str(described.get("type", "")), "")


def _schema_name(described: Json) -> str:
    if "$ref" in described:
        return str(described["$ref"]).removeprefix(_LEADS_TO)
    parts = [described.get("items", {}), *described.get("anyOf", ())]
    return next((name for part in parts if part and (name := _schema_name(part))), "")


def _content(described: Json) -> Json:
    found: Json = described.get("content", {}).get("application/json", {}).get("schema", {})
    return found


def _example(method: str, path: str, described: Json, server: str) -> str:
    """A command line that calls it."""
    address = server + path
    query = []
    for found in described["parameters"]:
        value = _EXAMPLES.get(found["name"])
        if found["in"] == "path":
            address = address.replace("{" + found["name"] + "}", str(value))
        elif found["name"] in _SHOWN_IN_EXAMPLES and described["operationId"] in {"series", "latest"}:
            query.append(f"{found['name']}={value}")
    if query:
        address += "?" + "&".join(query)
    lines = [f'curl -H "Authorization: Bearer $TOKEN" "{address}"']
    if method == "POST":
        lines[0] = lines[0].replace("curl ", "curl -X POST ", 1)
    if "requestBody" in described:
        lines.append(f"  -H 'Content-Type: application/json' -d '{json.dumps(_BODY, ensure_ascii=False)}'")
    return " \\\n".join(lines)
