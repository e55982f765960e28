"""Forms of single entries: a name, an address, a range. Each ends in a review, and nothing is changed before that."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from greenhouse.access.roles import Action, may
from greenhouse.configuration import edits, versions
from greenhouse.configuration.errors import ConfigurationError, Conflict, FaultySource
from greenhouse.configuration.faults import LocatedFault, located
from greenhouse.configuration.models import Version
from greenhouse.configuration.source import Source
from greenhouse.console.setup import entries, review
from greenhouse.console.setup.forms import WHERE_A_LINE_LEADS, DeviceForm, EntryForm, NewDeviceForm, PointForm
from greenhouse.console.setup.pages import frame, require, rights, with_version
from greenhouse.console.setup.words import kind_in_words, refusal_in_words
from greenhouse.plant.point_sources import TRUTH_PROFILE
from greenhouse.site.naming import in_readers_language
from greenhouse.site.structure import BaseStructure
from greenhouse.site.wiring import stored_profiles

_METHODS = require_http_methods(["GET", "HEAD", "POST"])


def seen_number(request: HttpRequest) -> int:
    """Number of the version that a form was made from; one that is none fits no version."""
    text = request.POST.get("seen", "")
    return int(text) if text.isdecimal() and len(text) < 10 else -1


def edited(
    request: HttpRequest,
    base: BaseStructure,
    version: Version,
    form: EntryForm,
    *,
    change: Callable[[EntryForm], Source],
    page: Callable[[list[LocatedFault], int], HttpResponse],
    kind: str,
    key: str,
    prefix: str = "",
    action: Action = Action.CONFIGURE,
) -> HttpResponse:
    """What becomes of a form that was sent: its review, its faults at their fields, or why it cannot be."""
    require(request, action)
    if not form.is_valid():
        return page([], 422)
    seen = seen_number(request)
    source = versions.source_of(version)
    try:
        source = change(form)
        return review.show(request, base, version, source, seen=seen, back=request.path, reason=_reason(form))
    except FaultySource as error:
        found = located(source, error.faults)
        own = [fault for fault in found if fault.is_of(kind, key)]
        rest = form.take_faults(own, prefix=prefix) + [fault for fault in found if fault not in own]
        return page(rest, 422)
    except Conflict as error:
        mine = review.rows(versions.source_of(version), source)
        return review.refused(request, base, error, back=request.path, mine=mine)
    except ConfigurationError as error:
        form.add_error(None, refusal_in_words(error))
        return page([], 409)


def _reason(form: EntryForm) -> str:
    return str(form.cleaned_data.get("reason", ""))


@_METHODS
@with_version
def edit_entry(request: HttpRequest, base: BaseStructure, version: Version, kind: str, key: str) -> HttpResponse:
    """The base, a house, a compartment or a line."""
    source = versions.source_of(version)
    entry = entries.entry_of(source, kind, key)
    form = entries.form_of(kind, entry)(request.POST or None, initial=dict(entry))
    if not may(request.user, Action.CONFIGURE):
        for name in WHERE_A_LINE_LEADS:
            form.fields.pop(name, None)
    shown = {"kind": kind_in_words(kind), "key": key, "name": _name(entry)}

    def changed(sent: EntryForm) -> Source:
        return edits.with_entry(source, kind, key, sent.values())

    return _served(request, base, version, form, change=changed, kind=kind, key=key, shown=shown)


@_METHODS
@with_version
def edit_device(request: HttpRequest, base: BaseStructure, version: Version, key: str) -> HttpResponse:
    """A device: its names, its line and unit id, its place; and its points."""
    source = versions.source_of(version)
    entry = _seen_device(request, source, key)
    profile = stored_profiles().get(str(entry.get("profile")))
    form = DeviceForm(
        request.POST or None,
        initial={**entry, "enabled": entry.get("enabled", True)},
        notes=entries.device_notes(profile),
    )
    _offer(form, source)
    tables = entry.get("points", {})
    shown = {
        "kind": kind_in_words("device"),
        "key": key,
        "name": _name(entry),
        "points": [] if profile is None else [(point, point.key in tables) for point in profile.points],
        "profile": profile,
        "disabled": {point for point, table in tables.items() if table.get("enabled") is False},
        "device": key,
    }

    def changed(sent: EntryForm) -> Source:
        return edits.with_entry(source, "device", key, sent.values())

    return _served(request, base, version, form, change=changed, kind="device", key=key, shown=shown)


@_METHODS
@with_version
def add_device(request: HttpRequest, base: BaseStructure, version: Version) -> HttpResponse:
    """One more device."""
    require(request, Action.CONFIGURE)
    source = versions.source_of(version)
    form = NewDeviceForm(request.POST or None, initial={"enabled": True})
    _offer(form, source)
    key, shown = request.POST.get("key", ""), {"kind": kind_in_words("device"), "key": "", "name": "", "is_new": True}

    def changed(sent: EntryForm) -> Source:
        return edits.with_device(source, sent.values())

    return _served(request, base, version, form, change=changed, kind="device", key=key, shown=shown)


@require_POST
@with_version
def remove_device(request: HttpRequest, base: BaseStructure, version: Version, key: str) -> HttpResponse:
    """Take a device out of the base; its history stays."""
    require(request, Action.CONFIGURE)
    back = reverse("console:setup_device", args=[key])
    source = versions.source_of(version)
    entries.entry_of(source, "device", key)
    try:
        without = edits.without_device(source, key)
        return review.show(request, base, version, without, seen=seen_number(request), back=back)
    except ConfigurationError as error:
        return review.refused(request, base, error, back=back)


@_METHODS
@with_version
def edit_point(request: HttpRequest, base: BaseStructure, version: Version, key: str) -> HttpResponse:
    """Where one point of a device differs from its profile."""
    device, _dot, local_key = key.partition(".")
    source = versions.source_of(version)
    entry = _seen_device(request, source, device)
    profile = stored_profiles().get(str(entry.get("profile")))
    point = next((found for found in profile.points if found.key == local_key), None) if profile else None
    if point is None:
        raise Http404(key)
    form = PointForm(
        request.POST or None,
        initial=entries.point_initial(entry, local_key),
        notes=entries.point_notes(point),
        is_readable=point.access.can_read,
        is_writable=point.access.can_write,
    )

    shown = {
        "kind": "",
        "key": key,
        "name": in_readers_language(point.label_zh, point.label_en),
        "point": point,
        "device": device,
        "device_name": _name(entry),
    }

    def changed(sent: EntryForm) -> Source:
        return edits.with_point(source, device, local_key, sent.values())

    prefix = f"points.{local_key}."
    return _served(request, base, version, form, change=changed, kind="device", key=device, prefix=prefix, shown=shown)


def _seen_device(request: HttpRequest, source: Source, key: str) -> entries.Entry:
    """A device as the file has it; to who may see no truths, a truth unit is none."""
    entry = entries.entry_of(source, "device", key)
    if entry.get("profile") == TRUTH_PROFILE and not may(request.user, Action.SEE_TRUTHS):
        raise Http404(key)
    return entry


def _offer(form: DeviceForm, source: Source) -> None:
    form.offer(
        lines=entries.keys_of(source, "line"),
        compartments=entries.keys_of(source, "compartment"),
        profiles=sorted(stored_profiles()),
    )


def _name(entry: entries.Entry) -> str:
    return in_readers_language(str(entry.get("name_zh", "")), str(entry.get("name_en", "")))


def _served(
    request: HttpRequest,
    base: BaseStructure,
    version: Version,
    form: EntryForm,
    *,
    change: Callable[[EntryForm], Source],
    kind: str,
    key: str,
    prefix: str = "",
    shown: Mapping[str, object],
) -> HttpResponse:
    """The page of an entry with its form, or what becomes of the form. Who may not change it reads the same as text."""
    absent: dict[str, object] = {
        "points": [],
        "profile": None,
        "disabled": (),
        "point": None,
        "device": "",
        "device_name": "",
    }

    def page(faults: list[LocatedFault], status: int) -> HttpResponse:
        context = {
            **frame(base),
            **rights(request),
            **absent,
            "is_new": False,
            "form": form,
            "faults": faults,
            "seen": seen_number(request) if request.method == "POST" else version.number,
            **shown,
        }
        return render(request, "console/setup/entry.html", context, status=status)

    if request.method != "POST":
        return page([], 200)
    return edited(request, base, version, form, change=change, page=page, kind=kind, key=key, prefix=prefix)
