"""Entries of the stored base file as forms begin with them, and what a form says of them."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from typing import Any

from django.http import Http404
from django.utils.translation import gettext as _

from devices.profiles.schema import DeviceProfile, PointSpec
from greenhouse.configuration.source import Source
from greenhouse.console.setup.forms import (
    BaseForm,
    CompartmentForm,
    EntryForm,
    HouseForm,
    NetworkLineForm,
    SerialLineForm,
)
from greenhouse.site.basefile.schema import LineKind
from greenhouse.site.display import unit_sign

Entry = Mapping[str, Any]


def entry_of(source: Source, kind: str, key: str) -> Entry:
    """One entry as the file has it.

    Raises
    ------
    Http404
        If there is none.
    """
    content = tomllib.loads(source.base).get(kind)
    rows = [content] if isinstance(content, dict) else content if isinstance(content, list) else []
    for row in rows:
        if isinstance(row, dict) and str(row.get("key")) == key:
            return row
    raise Http404(key)


def keys_of(source: Source, kind: str) -> list[str]:
    """Keys of all entries of a kind, in the order of the file."""
    return [str(row["key"]) for row in tomllib.loads(source.base).get(kind, [])]


def form_of(kind: str, entry: Entry) -> type[EntryForm]:
    """The form for an entry."""
    if kind == "line":
        return SerialLineForm if entry.get("kind") == LineKind.SERIAL else NetworkLineForm
    return {"base": BaseForm, "house": HouseForm, "compartment": CompartmentForm}[kind]


def point_initial(entry: Entry, point: str) -> dict[str, Any]:
    """A point's table of a device entry as the form of a point begins."""
    table = entry.get("points", {}).get(point, {})
    valid, limits, record = table.get("valid", ["", ""]), table.get("limits", ["", ""]), table.get("record", {})
    return {
        "label_zh": table.get("label_zh", ""),
        "label_en": table.get("label_en", ""),
        "enabled": table.get("enabled", True),
        "poll_s": table.get("poll_s"),
        "valid_low": valid[0],
        "valid_high": valid[1],
        "limits_low": limits[0],
        "limits_high": limits[1],
        "approval": {True: "yes", False: "no"}.get(table.get("approval"), ""),
        "record": record.get("mode", ""),
        "record_dead_band": record.get("dead_band"),
        "record_interval_s": record.get("interval_s"),
    }


def point_notes(point: PointSpec) -> dict[str, str]:
    """What the profile says, beside each field that may say otherwise."""
    unit = unit_sign(point.unit)
    says = _("profile: %(value)s")
    notes = {
        "label_zh": says % {"value": point.label_zh},
        "label_en": says % {"value": point.label_en},
        "poll_s": says % {"value": f"{point.poll_s:g} s"},
        "valid_low": unit,
        "valid_high": unit,
        "limits_low": unit,
        "limits_high": unit,
        "record_dead_band": unit,
        "record_interval_s": "s",
    }
    ranges = {"valid": point.valid, "limits": None if point.write is None else point.write.limits}
    for name, both in ranges.items():
        if both is not None:
            low, high = both
            notes[f"{name}_low"] = says % {"value": f"{low:g} {unit}".strip()}
            notes[f"{name}_high"] = says % {"value": f"{high:g} {unit}".strip()}
    if point.write is not None:
        approval = _("needed") if point.write.needs_approval else _("not needed")
        notes["approval"] = says % {"value": approval}
    return notes


def device_notes(profile: DeviceProfile | None) -> dict[str, str]:
    """What the profile says beside the fields of a device."""
    if profile is None:
        return {}
    says = _("profile: %(value)s")
    return {
        "timeout_s": says % {"value": f"{profile.timeout_s:g} s"},
        "retries": says % {"value": profile.retries},
    }
