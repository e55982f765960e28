"""The log of all changes: a page to read it on, and the same as a file."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from greenhouse.clock import utc_now
from greenhouse.console import change_log
from greenhouse.console.base import with_base
from greenhouse.console.change_log import SOURCE_NAMES, read_filters, read_position, show
from greenhouse.console.context import live_page
from greenhouse.console.states import is_simulated, point_states
from greenhouse.console.stored import BASE_TOPIC
from greenhouse.site.structure import BaseStructure
from greenhouse.telemetry import sample_time, series


@require_safe
@with_base
def show_log(request: HttpRequest, base: BaseStructure) -> HttpResponse:
    """A page of the log, by what the reader chose."""
    filters = read_filters(request.GET)
    now = sample_time.look(utc_now())
    context = {
        **live_page(base, BASE_TOPIC, is_simulated=is_simulated(point_states(series.latest())), now=now),
        "filters": filters,
        "log": show(base, filters, read_position(request.GET.get("after", ""))),
        "points": change_log.point_choices(base),
        "people": change_log.people_choices(),
        "sources": [(source.value, name) for source, name in SOURCE_NAMES.items()],
    }
    return render(request, "console/change_log.html", context)


@require_safe
@with_base
def log_file(request: HttpRequest, base: BaseStructure) -> HttpResponse:
    """Everything that the reader chose, as a file for a spreadsheet."""
    lines = change_log.csv_lines(base, read_filters(request.GET))
    response = HttpResponse(lines, content_type="text/csv; charset=utf-8")
    name = f"changes-{base.key}-{timezone.localtime():%Y%m%d-%H%M}.csv"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
