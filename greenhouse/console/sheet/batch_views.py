"""What became of one value for several compartments, compartment by compartment."""

from __future__ import annotations

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from greenhouse.clock import utc_now
from greenhouse.console.page.base import with_base
from greenhouse.console.page.context import live_page
from greenhouse.console.page.topics import BASE_TOPIC
from greenhouse.console.sheet.batch import BatchResult, batch_result
from greenhouse.console.sheet.views import FRAGMENT
from greenhouse.console.values.states import is_simulated, point_states
from greenhouse.site.structure import BaseStructure
from greenhouse.telemetry import sample_time, series


@vary_on_headers(FRAGMENT)
@require_safe
@with_base
def show_batch(request: HttpRequest, base: BaseStructure, batch_id: UUID) -> HttpResponse:
    """A batch with the state of each compartment; the sheet shows the same without the page around it."""
    result = _found(base, batch_id)
    states = point_states(series.latest([row.row.point_key for row in result.rows]))
    now = sample_time.look(utc_now())
    context = {**live_page(base, BASE_TOPIC, is_simulated=is_simulated(states), now=now), "result": result}
    template = "console/sheet/_batch.html" if request.headers.get(FRAGMENT) else "console/sheet/batch.html"
    return render(request, template, context)


@require_safe
@with_base
def show_batch_rows(request: HttpRequest, base: BaseStructure, batch_id: UUID) -> HttpResponse:
    """The state of each compartment, for a live page."""
    return render(request, "console/sheet/_batch_rows.html", {"result": _found(base, batch_id)})


def _found(base: BaseStructure, batch_id: UUID) -> BatchResult:
    result = batch_result(base, batch_id)
    if result is None:
        raise Http404(batch_id)
    return result
