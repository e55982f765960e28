"""Alarms as this base wants them: limits, delays and priorities, each change with its reason and who made it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods, require_safe

from devices.units import Quantity, canonical_unit
from greenhouse.access.roles import Action, name_of
from greenhouse.alarms.binding import never_raised
from greenhouse.alarms.definitions import Definition, Override
from greenhouse.alarms.duty import bindings_of_the_base
from greenhouse.alarms.errors import DefinitionsError
from greenhouse.alarms.loader import load_shipped, parse_overrides
from greenhouse.configuration import edits, versions
from greenhouse.configuration.errors import ConfigurationError
from greenhouse.configuration.faults import LocatedFault
from greenhouse.configuration.models import Version
from greenhouse.configuration.source import ALARMS_NAME, Source
from greenhouse.console.page.base import with_base
from greenhouse.console.setup import review
from greenhouse.console.setup.edit_views import edited, seen_number
from greenhouse.console.setup.forms import AlarmForm
from greenhouse.console.setup.pages import frame, require, rights, with_version
from greenhouse.console.setup.words import never_raised_in_words
from greenhouse.site.display import unit_sign
from greenhouse.site.structure import BaseStructure

HISTORY_OF = 200
"""Versions that are looked through for the changes of one alarm."""


@dataclass(frozen=True, slots=True)
class AlarmRow:
    """An alarm with what this base wants otherwise, each entry with its position in the alarm file."""

    definition: Definition
    overrides: list[tuple[int, Override]]

    @property
    def unit(self) -> str:
        """Sign of the unit of its limit."""
        return unit_of(self.definition)

    @property
    def limit(self) -> str:
        """The shipped limit as people read it."""
        return f"{self.definition.limit:g}".replace("-", "−")


@dataclass(frozen=True, slots=True)
class PastChange:
    """One change of one alarm."""

    row: review.Row
    at: datetime
    who: str
    reason: str
    version: int


def unit_of(definition: Definition) -> str:
    """Sign of the unit in which limit and dead band are written: from another point on, a difference is meant."""
    quantity = definition.selection.quantity
    if quantity is None or not definition.kind.has_limit:
        return ""
    if quantity is Quantity.TEMPERATURE and definition.reference is not None:
        quantity = Quantity.TEMPERATURE_DELTA
    return unit_sign(canonical_unit(quantity))


@require_safe
@with_base
def show_alarms(request: HttpRequest, base: BaseStructure) -> HttpResponse:
    """Every alarm, and where this base wants it otherwise than shipped."""
    overrides = _overrides(versions.source_of(versions.newest()), base)
    rows = [
        AlarmRow(definition, [found for found in overrides if found[1].key == definition.key])
        for definition in load_shipped().values()
    ]
    warnings = [never_raised_in_words(found) for found in never_raised(bindings_of_the_base())]
    context = {**frame(base), **rights(request), "rows": rows, "warnings": warnings}
    return render(request, "console/setup/alarms.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@with_version
def edit_alarm(request: HttpRequest, base: BaseStructure, version: Version, key: str) -> HttpResponse:
    """One alarm: as shipped, as this base wants it, and every change there was."""
    definition = load_shipped().get(key)
    if definition is None:
        raise Http404(key)
    source = versions.source_of(version)
    own = [found for found in _overrides(source, base) if found[1].key == key]
    position = _position(request, own)
    form = _form(request, definition, base, dict(own).get(position) if position is not None else None)

    def page(faults: list[LocatedFault], status: int) -> HttpResponse:
        context = {
            **frame(base),
            **rights(request),
            "row": AlarmRow(definition, own),
            "form": form,
            "position": position,
            "faults": faults,
            "seen": seen_number(request) if request.method == "POST" else version.number,
            "past": _past(key),
        }
        return render(request, "console/setup/alarm.html", context, status=status)

    if request.method != "POST":
        return page([], 200)
    if request.POST.get("action") == "remove" and position is not None:
        return _remove(request, base, version, source, position)
    return edited(
        request,
        base,
        version,
        form,
        change=lambda sent: edits.with_alarm(source, position, {**sent.values(), "key": key}),
        page=page,
        kind="alarm",
        key=key,
        action=Action.CHANGE_ALARMS,
    )


def _remove(request: HttpRequest, base: BaseStructure, version: Version, source: Source, position: int) -> HttpResponse:
    require(request, Action.CHANGE_ALARMS)
    try:
        without = edits.without_alarm(source, position)
        return review.show(request, base, version, without, seen=seen_number(request), back=request.path)
    except ConfigurationError as error:
        return review.refused(request, base, error, back=request.path)


def _position(request: HttpRequest, own: list[tuple[int, Override]]) -> int | None:
    """Which entry of the alarm file the form changes; None: it makes a new one."""
    text = request.POST.get("entry", "") if request.method == "POST" else request.GET.get("entry", "")
    known = {str(number): number for number, _override in own}
    return known.get(text)


def _form(request: HttpRequest, definition: Definition, base: BaseStructure, override: Override | None) -> AlarmForm:
    initial: dict[str, object] = {"enabled": True}
    if override is not None:
        initial = {
            "compartments": list(override.compartments),
            "enabled": override.enabled,
            "limit": override.limit,
            "deadband": override.deadband,
            "on_delay_s": override.on_delay_s,
            "off_delay_s": override.off_delay_s,
            "priority": "" if override.priority is None else override.priority.name,
        }
    unit = unit_of(definition)
    return AlarmForm(
        request.POST if request.method == "POST" else None,
        initial=initial,
        definition=definition,
        compartments=[(part.key, f"{part.name} ({part.key})") for part in base.compartments.values()],
        notes={"limit": unit, "deadband": unit, "on_delay_s": "s", "off_delay_s": "s"},
    )


def _overrides(source: Source, base: BaseStructure) -> list[tuple[int, Override]]:
    """What the stored alarm file says, with positions; nothing of a file that the program refuses by now."""
    try:
        return list(enumerate(parse_overrides(source.alarms, file=ALARMS_NAME, compartments=base.compartments)))
    except DefinitionsError:
        return []


def _past(key: str) -> list[PastChange]:
    found: list[PastChange] = []
    # What an alarm file says does not depend on the base file, which is a hundred times as long.
    recent = list(Version.objects.select_related("author").defer("base_text", "profile_texts")[:HISTORY_OF])
    for after, before in pairwise(recent):
        if after.alarms_text == before.alarms_text:
            continue
        who = "" if after.author is None else name_of(after.author)
        found += [
            PastChange(row, after.at, who, after.reason, after.number)
            for row in review.rows(Source("", before.alarms_text), Source("", after.alarms_text))
            if row.difference.kind == "alarm" and row.difference.key.split(" ")[0] == key
        ]
    return found
