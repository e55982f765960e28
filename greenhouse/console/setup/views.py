"""The structure of the base, and the profiles of its devices, for everybody who may look."""

from __future__ import annotations

from collections import Counter

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from devices.profiles.schema import DeviceProfile
from greenhouse.clock import utc_now
from greenhouse.configuration import versions
from greenhouse.console.page.base import with_base
from greenhouse.console.page.context import live_page
from greenhouse.console.page.topics import BASE_TOPIC
from greenhouse.console.setup.pages import frame, rights
from greenhouse.console.setup.profile_quality import quality_of
from greenhouse.console.setup.tree import Tree, tree
from greenhouse.console.values.payloads import Waiting
from greenhouse.console.values.states import count_points, is_simulated, point_states
from greenhouse.site import equipment
from greenhouse.site.structure import BaseStructure
from greenhouse.site.wiring import stored_profiles
from greenhouse.telemetry import sample_time, series


@require_safe
@with_base
def show_structure(request: HttpRequest, base: BaseStructure) -> HttpResponse:
    """Base, houses, compartments, lines, devices, with how each link stands."""
    now, states = sample_time.look(utc_now()), point_states(series.latest())
    newest = versions.newest()
    nothing = Waiting()
    context = {
        **live_page(base, BASE_TOPIC, is_simulated=is_simulated(states), now=now),
        **rights(request),
        "counts": count_points(base.points.values(), states, waiting=nothing, alarms="", now=now),
        "tree": _tree(base),
        "version": newest,
        "unfinished": newest is not None and versions.applied() != newest.number,
    }
    return render(request, "console/setup/structure.html", context)


@require_safe
@with_base
def show_tree(request: HttpRequest, base: BaseStructure) -> HttpResponse:
    """The structure again, for a live page."""
    return render(request, "console/setup/_tree.html", {"tree": _tree(base), "base": base})


def _tree(base: BaseStructure) -> Tree:
    now, states = sample_time.look(utc_now()), point_states(series.latest())
    return tree(base, equipment.lines(), equipment.equipment(), states, now=now)


@require_safe
@with_base
def show_profiles(request: HttpRequest, base: BaseStructure) -> HttpResponse:
    """Every device profile, those in use first."""
    used = Counter(device.profile for device in equipment.equipment())
    profiles = sorted(stored_profiles().values(), key=lambda profile: (-used[profile.key], profile.key))
    rows = [(profile, used[profile.key], quality_of(profile)) for profile in profiles]
    return render(request, "console/setup/profiles.html", {**frame(base), **rights(request), "rows": rows})


@require_safe
@with_base
def show_profile(request: HttpRequest, base: BaseStructure, key: str) -> HttpResponse:
    """The register map of one kind of device, with where each register is documented."""
    profile: DeviceProfile | None = stored_profiles().get(key)
    if profile is None:
        raise Http404(key)
    context = {
        **frame(base),
        "profile": profile,
        "quality": quality_of(profile),
        "devices": [device for device in equipment.equipment() if device.profile == key],
    }
    return render(request, "console/setup/profile.html", context)
