"""Harvests over HTTP: the page for the phone, the last entries, and the correction of one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID, uuid4

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from devices.samples import Origin
from greenhouse.access.errors import NotAllowed
from greenhouse.access.roles import Action, may, name_of
from greenhouse.clock import utc_now
from greenhouse.console.page.base import with_base
from greenhouse.console.page.context import live_page
from greenhouse.console.page.topics import BASE_TOPIC
from greenhouse.console.values.states import is_simulated, point_states
from greenhouse.console.yields import fields
from greenhouse.console.yields.words import GRADES, cycle_name, why
from greenhouse.crops import cultivars, cycles
from greenhouse.crops.catalog import Counted, Cultivar, crops
from greenhouse.crops.errors import CropError
from greenhouse.crops.models import CropCycle
from greenhouse.harvest import entries
from greenhouse.harvest.errors import CorrectedMeanwhile, Doubtful, HarvestError, OtherContent, UnknownHarvest
from greenhouse.harvest.grades import Grade
from greenhouse.harvest.models import LONGEST_NOTE, Harvest
from greenhouse.harvest.weights import kilograms
from greenhouse.site.structure import BaseStructure
from greenhouse.telemetry import sample_time, series

_LAST = 12
_JSON = "application/json"
Refusal = HarvestError | CropError | NotAllowed
_STATUS: Mapping[type[Exception], int] = {
    NotAllowed: 403,
    Doubtful: 409,
    CorrectedMeanwhile: 409,
    OtherContent: 409,
    UnknownHarvest: 404,
}


@dataclass(frozen=True, slots=True)
class Choice:
    """A cycle that can be chosen."""

    key: str
    name: str
    counts_stems: bool


@dataclass(frozen=True, slots=True)
class EntryRow:
    """An entry as the page lists it."""

    harvest: Harvest
    name: str
    grade: str
    kg: str
    who: str

    @property
    def is_simulated(self) -> bool:
        """Whether nobody weighed it."""
        return self.harvest.origin == Origin.SIMULATED.value


@require_http_methods(["GET", "HEAD", "POST"])
@with_base
def harvest(request: HttpRequest, base: BaseStructure) -> HttpResponse:
    """The form, with the last entries; taking in what it says, for a page or for the page's script."""
    if request.method != "POST":
        return _page(request, base)
    wants_json = request.headers.get("Accept", "").startswith(_JSON)
    try:
        stored = entries.enter(
            fields.weighed_of(request.POST),
            submission=fields.submission_of(request.POST),
            by=request.user,
            now=utc_now(),
            insisted=request.POST.get("reason", ""),
        )
    except (HarvestError, CropError, NotAllowed) as error:
        if wants_json:
            state = "doubtful" if isinstance(error, Doubtful) else "refused"
            return JsonResponse({"state": state, "message": why(error)}, status=status_of(error))
        is_doubted = isinstance(error, Doubtful)
        return _page(request, base, fault=why(error), is_doubted=is_doubted, status=status_of(error))
    if wants_json:
        return JsonResponse({"state": "stored", "message": _told(base, stored)})
    return HttpResponseRedirect(f"{reverse('console:harvest')}?stored={stored.pk}")


@require_safe
@with_base
def last_harvests(request: HttpRequest, base: BaseStructure) -> HttpResponse:
    """The last entries, for a live page."""
    return render(request, "console/yields/_last.html", _last(request, base))


@require_http_methods(["GET", "HEAD", "POST"])
@with_base
def correct_harvest(request: HttpRequest, base: BaseStructure, harvest_id: UUID) -> HttpResponse:
    """An entry with all that it replaced, and the form that corrects or withdraws it."""
    try:
        old, fault, status = entries.read(harvest_id), "", 200
    except UnknownHarvest as error:
        raise Http404(str(harvest_id)) from error
    if request.method == "POST":
        try:
            _correct(request, harvest_id)
        except (HarvestError, CropError, NotAllowed) as error:
            fault, status = why(error), status_of(error)
        else:
            return HttpResponseRedirect(f"{reverse('console:harvest')}#last")
    known = cultivars.all_cultivars()
    newer = getattr(old, "replaced_by", None)
    context = {
        **_frame(request, base),
        "row": _row(base, known, old),
        "older": [_row(base, known, its) for its in entries.history(old)],
        "newer": newer,
        "choices": _choices(base, known, also=old.cycle),
        "grades": GRADES.items(),
        "entry": request.POST or _as_typed(old),
        "submission": fields.submission_of(request.POST) if fault else uuid4(),
        "fault": fault,
        "longest": LONGEST_NOTE,
    }
    return render(request, "console/yields/correction.html", context, status=status)


def status_of(error: Exception) -> int:
    """HTTP status of a refusal."""
    return _STATUS.get(type(error), 422)


def _correct(request: HttpRequest, harvest_id: UUID) -> None:
    form = request.POST
    reason, submission, now = form.get("reason", ""), fields.submission_of(form), utc_now()
    if form.get("action") == "withdraw":
        entries.withdraw(harvest_id, reason=reason, submission=submission, by=request.user, now=now)
        return
    weighed = fields.weighed_of(form)
    entries.correct(harvest_id, weighed, reason=reason, submission=submission, by=request.user, now=now)


def _page(
    request: HttpRequest, base: BaseStructure, *, fault: str = "", is_doubted: bool = False, status: int = 200
) -> HttpResponse:
    known = cultivars.all_cultivars()
    entry = {"grade": Grade.FIRST.value, "cycle": request.GET.get("cycle", ""), **request.POST.dict()}
    context = {
        **_frame(request, base),
        **_last(request, base),
        "choices": _choices(base, known),
        "grades": GRADES.items(),
        "entry": entry,
        "submission": fields.submission_of(request.POST) if fault else uuid4(),
        "fault": fault,
        "is_doubted": is_doubted,
        "stored": _stored(request, base),
        "longest": LONGEST_NOTE,
    }
    return render(request, "console/yields/harvest.html", context, status=status)


def _stored(request: HttpRequest, base: BaseStructure) -> str:
    """What the page says of the entry that it was led back with."""
    try:
        return _told(base, entries.read(UUID(request.GET.get("stored", ""))))
    except (ValueError, UnknownHarvest):
        return ""


def _told(base: BaseStructure, row: Harvest) -> str:
    name = cycle_name(base, cultivars.all_cultivars(), row.cycle)
    figures = {"kg": kilograms(row.mass_g or 0), "grade": GRADES[Grade(row.grade)], "name": name, "day": row.day}
    return _("Stored: %(kg)s kg, %(grade)s, %(name)s, %(day)s") % figures


def _last(request: HttpRequest, base: BaseStructure) -> dict[str, object]:
    known = cultivars.all_cultivars()
    return {
        "last": [_row(base, known, row) for row in entries.newest(_LAST)],
        "may_record": may(request.user, Action.RECORD_HARVEST),
    }


def _row(base: BaseStructure, known: Mapping[str, Cultivar], row: Harvest) -> EntryRow:
    return EntryRow(
        harvest=row,
        name=cycle_name(base, known, row.cycle),
        grade=str(GRADES[Grade(row.grade)]),
        kg="" if row.mass_g is None else kilograms(row.mass_g),
        who="" if row.entered_by is None else name_of(row.entered_by),
    )


def _choices(base: BaseStructure, known: Mapping[str, Cultivar], also: CropCycle | None = None) -> list[Choice]:
    """Running cycles in the order of the base file, and the one that an entry is of."""
    found = cycles.running()
    if also is not None and also not in found:
        found.append(also)
    order = {key: place for place, key in enumerate(base.compartments)}
    found.sort(key=lambda cycle: (order.get(cycle.compartment_key, len(order)), cycle.cultivar))
    return [
        Choice(
            key=str(cycle.pk),
            name=cycle_name(base, known, cycle),
            counts_stems=cycle.crop in crops() and crops()[cycle.crop].counted is Counted.STEMS,
        )
        for cycle in found
    ]


def _as_typed(row: Harvest) -> dict[str, str]:
    return {
        "cycle": str(row.cycle_id),
        "day": row.day.isoformat(),
        "grade": row.grade,
        "kg": "" if row.mass_g is None else kilograms(row.mass_g),
        "stems": "" if row.stems is None else str(row.stems),
        "note": row.note,
    }


def _frame(request: HttpRequest, base: BaseStructure) -> dict[str, object]:
    now = sample_time.look(utc_now())
    return {
        **live_page(base, BASE_TOPIC, is_simulated=is_simulated(point_states(series.latest())), now=now),
        "may_record": may(request.user, Action.RECORD_HARVEST),
        "may_plan": may(request.user, Action.PLAN_CROPS),
        "today": cycles.local_day(utc_now()),
    }
