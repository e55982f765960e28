"""Version 1 is only added to: what a program relies on stays, and each change of it is seen in review."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from greenhouse.api.description import describe, operations
from greenhouse.api.problems import ProblemKind
from greenhouse.api.v1 import api

KEPT = Path(__file__).with_name("interface.json")


def outline() -> dict[str, Any]:
    """What a program relies on: addresses, parameters, parts of objects, closed lists of words. No sentences."""
    found = describe(api)
    return {
        "operations": {
            f"{method} {path}": {
                "parameters": {one["name"]: "needed" if one["required"] else "" for one in operation["parameters"]},
                "answers": [status for status in operation["responses"] if status < "4"],
            }
            for method, path, operation in operations(found)
        },
        "objects": {
            name: schema.get("enum") or {part: kind(details) for part, details in schema["properties"].items()}
            for name, schema in found["components"]["schemas"].items()
        },
        "problems": sorted(kind.value for kind in ProblemKind),
    }


def kind(details: dict[str, Any]) -> str:
    """The kind of a part, in a word or two."""
    if "anyOf" in details:
        return " | ".join(map(kind, details["anyOf"]))
    if "enum" in details:
        return "/".join(details["enum"])
    items = f" of {kind(details['items'])}" if "items" in details else ""
    return details.get("$ref", "").rpartition("/")[2] or details.get("format") or details["type"] + items


def test_the_interface_is_the_one_that_was_agreed(tmp_path):
    found = outline()
    now = tmp_path / "interface.json"
    now.write_text(json.dumps(found, indent=1, ensure_ascii=False, sort_keys=True) + "\n", encoding="utf-8")
    kept = json.loads(KEPT.read_text(encoding="utf-8"))
    assert found == kept, f"if only something was added: cp {now} {KEPT}"
