"""The log of all changes: a page to read it on, and the same as a file. The newest changes, for live pages."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from greenhouse.clock import utc_now
from greenhouse.console.changes import changes
from greenhouse.console.changes import log as change_log
from greenhouse.console.changes.log import SOURCE_NAMES, read_filters, read_position, show
from greenhouse.console.page.base import with_base
from greenhouse.console.page.context import live_page
from greenhouse.console.page.topics import BASE_TOPIC
from greenhouse.console.values.spreadsheet import csv_lines
from greenhouse.console.values.states import is_simulated, point_states
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
    return render(request, "console/changes/change_log.html", context)


@require_safe
@with_base
def log_file(request: HttpRequest, base: BaseStructure) -> HttpResponse:
    """Everything that the reader chose, as a file for a spreadsheet."""
    lines = csv_lines(change_log.csv_rows(base, read_filters(request.GET)))
    response = HttpResponse(lines, content_type="text/csv; charset=utf-8")
    name = f"changes-{base.key}-{timezone.localtime():%Y%m%d-%H%M}.csv"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


@require_safe
@with_base
def recent_changes(request: HttpRequest, base: BaseStructure) -> HttpResponse:
    """The last changes of the base, for a live page."""
    return render(request, "console/changes/_changes.html", {"changes": changes.newest(base), "with_place": True})
