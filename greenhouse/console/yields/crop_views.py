"""Crops of the base over HTTP: what grows where, starting and ending a cycle, adding a cultivar."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID, uuid4

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from devices.samples import Origin
from greenhouse.access.errors import NotAllowed
from greenhouse.access.roles import Action, may
from greenhouse.clock import utc_now
from greenhouse.console.page.base import with_base
from greenhouse.console.page.context import live_page
from greenhouse.console.page.topics import BASE_TOPIC
from greenhouse.console.values.states import is_simulated, point_states
from greenhouse.console.yields import fields
from greenhouse.console.yields.words import crop_name, cultivar_name, place_name, why
from greenhouse.crops import cultivars, cycles
from greenhouse.crops.catalog import Cultivar, crops
from greenhouse.crops.errors import ChangedMeanwhile, CropError, UnknownCycle
from greenhouse.crops.models import CropCycle
from greenhouse.harvest.ending import end_cycle as end_it
from greenhouse.harvest.errors import HarvestError
from greenhouse.site.structure import BaseStructure
from greenhouse.telemetry import sample_time, series

_ENDED_SHOWN = 40


@dataclass(frozen=True, slots=True)
class CycleRow:
    """A cycle as the page shows it."""

    cycle: CropCycle
    place: str
    crop: str
    cultivar: str

    @property
    def is_simulated(self) -> bool:
        """Whether it is none of people."""
        return self.cycle.origin == Origin.SIMULATED.value


@require_safe
@with_base
def show_crops(request: HttpRequest, base: BaseStructure) -> HttpResponse:
    """What grows where and what grew there."""
    return _page(request, base)


@require_POST
@with_base
def start_cycle(request: HttpRequest, base: BaseStructure) -> HttpResponse:
    """Store a cycle that was planted."""
    try:
        new = fields.cycle_of(request.POST)
        cycles.start(new, submission=fields.submission_of(request.POST), by=request.user, now=utc_now())
    except (CropError, HarvestError, NotAllowed) as error:
        return _page(request, base, fault=why(error), status=status_of(error))
    return HttpResponseRedirect(reverse("console:crops"))


@require_POST
@with_base
def add_cultivar(request: HttpRequest, base: BaseStructure) -> HttpResponse:
    """Add a cultivar to a crop."""
    form = request.POST
    names = {"name_zh": form.get("name_zh", ""), "name_en": form.get("name_en", ""), "source": form.get("source", "")}
    try:
        cultivars.add(form.get("crop", ""), **names, by=request.user, now=utc_now())
    except (CropError, NotAllowed) as error:
        return _page(request, base, cultivar_fault=why(error), status=status_of(error))
    return HttpResponseRedirect(f"{reverse('console:crops')}#start")


@require_http_methods(["GET", "HEAD", "POST"])
@with_base
def end_cycle(request: HttpRequest, base: BaseStructure, cycle_id: UUID) -> HttpResponse:
    """A cycle, and the form that ends it."""
    try:
        row, fault, status = cycles.read(cycle_id), "", 200
    except UnknownCycle as error:
        raise Http404(str(cycle_id)) from error
    if request.method == "POST":
        seen = request.POST.get("seen", "")
        try:
            end_it(
                cycle_id,
                on=fields.day_of(request.POST.get("ended_on", "")),
                seen=int(seen) if seen.isascii() and seen.isdecimal() and len(seen) < 10 else 0,
                by=request.user,
                now=utc_now(),
            )
        except (CropError, HarvestError, NotAllowed) as error:
            row, fault, status = cycles.read(cycle_id), why(error), status_of(error)
        else:
            return HttpResponseRedirect(reverse("console:crops"))
    context = {
        **_frame(request, base),
        "row": row_of(base, cultivars.all_cultivars(), row),
        "fault": fault,
        "ended_on": request.POST.get("ended_on", ""),
    }
    return render(request, "console/yields/cycle.html", context, status=status)


def row_of(base: BaseStructure, known: Mapping[str, Cultivar], cycle: CropCycle) -> CycleRow:
    """A cycle with its names."""
    place = place_name(base, cycle.compartment_key)
    return CycleRow(cycle, place, crop_name(cycle.crop), cultivar_name(known, cycle.cultivar))


def status_of(error: Exception) -> int:
    """HTTP status of a refusal."""
    return 403 if isinstance(error, NotAllowed) else 409 if isinstance(error, ChangedMeanwhile) else 422


def _frame(request: HttpRequest, base: BaseStructure) -> dict[str, object]:
    now = sample_time.look(utc_now())
    return {
        **live_page(base, BASE_TOPIC, is_simulated=is_simulated(point_states(series.latest())), now=now),
        "may_plan": may(request.user, Action.PLAN_CROPS),
        "today": cycles.local_day(utc_now()),
    }


def _page(
    request: HttpRequest, base: BaseStructure, *, fault: str = "", cultivar_fault: str = "", status: int = 200
) -> HttpResponse:
    known = cultivars.all_cultivars()
    rows = [row_of(base, known, cycle) for cycle in cycles.all_cycles()]
    running = [row for row in rows if row.cycle.ended_on is None]
    order = {key: place for place, key in enumerate(base.compartments)}
    running.sort(key=lambda row: (order.get(row.cycle.compartment_key, len(order)), row.cycle.planted_on))
    context = {
        **_frame(request, base),
        "running": running,
        "ended": [row for row in rows if row.cycle.ended_on is not None][:_ENDED_SHOWN],
        "places": [(key, place.name, place.area_m2) for key, place in base.compartments.items()],
        "choices": [
            (crop_name(key), [(its.key, cultivar_name(known, its.key)) for its in known.values() if its.crop == key])
            for key in crops()
        ],
        "crops": [(key, crop_name(key)) for key in crops()],
        "entry": request.POST,
        "submission": fields.submission_of(request.POST) if fault else uuid4(),
        "fault": fault,
        "cultivar_fault": cultivar_fault,
    }
    return render(request, "console/yields/crops.html", context, status=status)
