"""The yield review over HTTP: the page, its tables as files, the workbook."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from greenhouse.clock import utc_now
from greenhouse.console.page.base import with_base
from greenhouse.console.page.build import build_id
from greenhouse.console.page.context import live_page
from greenhouse.console.page.topics import BASE_TOPIC
from greenhouse.console.values.spreadsheet import csv_lines
from greenhouse.console.values.states import is_simulated, point_states
from greenhouse.console.yields.chart import SERIES, Curve, cumulative_chart, grades_chart
from greenhouse.console.yields.figures import (
    DECIMALS,
    Cell,
    Line,
    Setting,
    growing_table,
    lines_of,
    rounded,
    summary,
    tables_of,
    week_name,
    weekly,
)
from greenhouse.console.yields.finding import about_grades, comparison_of, finding
from greenhouse.console.yields.query import ALL_SEASONS, YieldQuery, read_query, settled
from greenhouse.console.yields.words import GRADES, UNITS, crop_name, place_name, season_name
from greenhouse.console.yields.workbook import workbook_bytes
from greenhouse.crops import cultivars
from greenhouse.harvest.grades import Grade
from greenhouse.harvest.growing import ENOUGH
from greenhouse.harvest.review import crops_grown, entries_of, growing_in, review_of
from greenhouse.harvest.sums import Axis, YieldUnit, in_unit, yield_of
from greenhouse.site.structure import BaseStructure
from greenhouse.telemetry import sample_time, series

TABLES = ("summary", "weekly", "growing", "entries")
"""Keys of the tables that are offered as files."""
_WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@dataclass(frozen=True, slots=True)
class GradePicture:
    """The chart of a group's grades, under what it shows."""

    title: str
    chart: SafeString
    id: str


@require_safe
@with_base
def show_yields(request: HttpRequest, base: BaseStructure) -> HttpResponse:
    """What the cultivars of a crop yielded, week by week, against their targets, and what they grew in."""
    now = utc_now()
    shown = sample_time.look(now)
    page = live_page(base, BASE_TOPIC, is_simulated=is_simulated(point_states(series.latest())), now=shown)
    crops = crops_grown()
    if not crops:
        return render(request, "console/yields/yields.html", {**page, "setting": None})
    setting = _setting(request, base, crops, now)
    comparison = comparison_of(setting)
    unit, footing = setting.query.unit, setting.review.footing
    context = {
        **page,
        "is_simulated": page["is_simulated"] or footing.is_simulated,
        "setting": setting,
        "query": setting.query,
        "crops": [(key, crop_name(key)) for key in crops],
        "crop": crop_name(setting.review.crop),
        "seasons": [(str(season), season_name(season)) for season in setting.review.seasons],
        "season": ALL_SEASONS if setting.query.season is None else str(setting.query.season),
        "units": [(one, UNITS[one], setting.query.with_unit(one).address()) for one in YieldUnit],
        "axes": _axes(setting.query),
        "unit": UNITS[unit],
        "finding": finding(setting, comparison),
        "comparison": comparison,
        "standings": []
        if comparison is None
        else [(one.name, rounded(in_unit(one.kg_m2, unit), DECIMALS[unit])) for one in comparison.standings],
        "cumulative": _cumulative(setting),
        "grades": _grades(setting),
        "grade_names": [(grade.value, GRADES[grade]) for grade in Grade],
        "summary": summary(setting),
        "weekly": weekly(setting),
        "growing": growing_table(setting),
        "incomplete": _incomplete(setting),
        "enough": round(100 * ENOUGH),
        "footing": footing,
        "facts": _about(setting, now),
    }
    return render(request, "console/yields/yields.html", context)


@require_safe
@with_base
def yield_file(request: HttpRequest, base: BaseStructure, table: str) -> HttpResponse:
    """One table of the review, as a file for a spreadsheet. The same figures as on the page."""
    setting = _setting_or_none(request, base)
    if setting is None:
        return HttpResponseRedirect(reverse("console:yields"))
    entries = entries_of(setting.review) if table == "entries" else []
    chosen = next(one for one in tables_of(setting, entries) if one.key == table)
    mark = [_mark()] if setting.review.footing.is_simulated else []
    rows = [[*chosen.heads, *mark], *([*map(_written, row), *mark] for row in chosen.rows)]
    body = b"".join(line.encode() for line in csv_lines(rows))
    response = HttpResponse(body, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{_file_name(setting, table)}.csv"'
    return response


@require_safe
@with_base
def yield_workbook(request: HttpRequest, base: BaseStructure) -> HttpResponse:
    """All tables of the review as one workbook."""
    setting = _setting_or_none(request, base)
    if setting is None:
        return HttpResponseRedirect(reverse("console:yields"))
    tables = tables_of(setting, entries_of(setting.review))
    response = HttpResponse(workbook_bytes(_about(setting, utc_now()), tables), content_type=_WORKBOOK)
    response["Content-Disposition"] = f'attachment; filename="{_file_name(setting, "yields")}.xlsx"'
    return response


def _setting_or_none(request: HttpRequest, base: BaseStructure) -> Setting | None:
    crops = crops_grown()
    return _setting(request, base, crops, utc_now()) if crops else None


def _setting(request: HttpRequest, base: BaseStructure, crops: Sequence[str], now: datetime) -> Setting:
    asked = read_query(request.GET, crops=crops)
    review = review_of(asked.crop, season=asked.season, now=now)
    query = settled(asked, review.seasons)
    if query != asked:
        review = review_of(query.crop, season=query.season, now=now)
    known = cultivars.all_cultivars()
    return Setting(
        base=base,
        review=review,
        query=query,
        lines=lines_of(review, query, known),
        growing=growing_in(base, review, now=now),
        cultivars=known,
    )


def _axes(query: YieldQuery) -> list[tuple[Axis, str, str]]:
    names = {Axis.PLANTING: _("weeks since planting"), Axis.CALENDAR: _("calendar weeks")}
    return [(axis, name, query.with_axis(axis).address()) for axis, name in names.items()]


def _cumulative(setting: Setting) -> SafeString:
    """All lines over the same weeks: on the calendar each begins where it was planted."""
    unit = setting.query.unit
    names = _week_names(setting)
    curves = []
    for number, line in enumerate(setting.lines):
        color = number % SERIES + 1
        values = [yield_of(mass, line.series.area_m2, unit) for mass in line.series.cumulative_g]
        before = names.index(week_name(line.series.weeks[0]))
        curves.append(Curve(line.name, tuple([0.0] * before + values), color))
        if line.target_path_kg_m2 is not None:
            target = [in_unit(value, unit) for value in line.target_path_kg_m2]
            curves.append(Curve(line.name, tuple([0.0] * before + target), color, is_target=True))
    axis = _("weeks since planting") if setting.query.axis is Axis.PLANTING else _("calendar weeks")
    return cumulative_chart(curves, names, unit=str(UNITS[unit]), axis=axis, described_by="finding")


def _week_names(setting: Setting) -> list[str]:
    weeks = {week for line in setting.lines for week in line.series.weeks}
    return [week_name(week) for week in sorted(weeks, key=lambda week: (week.first or date.min, week.number))]


def _grades(setting: Setting) -> list[GradePicture]:
    weekly = [_weekly_grades(line, setting.query.unit) for line in setting.lines]
    highest = max((sum(week) for grades in weekly for week in zip(*grades, strict=True)), default=0.0)
    return [_grade_picture(setting, place, grades, highest) for place, grades in enumerate(weekly)]


def _weekly_grades(line: Line, unit: YieldUnit) -> list[list[float]]:
    found = line.series
    return [[yield_of(mass, found.area_m2, unit) for mass in found.mass_g[grade]] for grade in Grade]


def _grade_picture(setting: Setting, place: int, grades: list[list[float]], highest: float) -> GradePicture:
    line = setting.lines[place]
    axis = _("weeks since planting") if setting.query.axis is Axis.PLANTING else _("calendar weeks")
    names = [week_name(week) for week in line.series.weeks]
    key, unit = f"grades-{place}", str(UNITS[setting.query.unit])
    chart = grades_chart(grades, names, highest=highest, unit=unit, axis=axis, described_by=key)
    return GradePicture(about_grades(line), chart, key)


def _share(pct: Decimal | None) -> str:
    return "–" if pct is None else f"{pct} %"


def _incomplete(setting: Setting) -> list[str]:
    """Cycles whose air or light is known for too little of their time."""
    found = []
    for cycle in setting.review.cycles:
        coverage = setting.growing[str(cycle.pk)].coverage
        if coverage < ENOUGH:
            words = {"house": place_name(setting.base, cycle.compartment_key), "day": cycle.planted_on}
            words["share"] = f"{100 * coverage:.0f}"
            found.append(_("%(house)s, planted %(day)s: %(share)s %%") % words)
    return found


def _about(setting: Setting, now: datetime) -> list[tuple[str, str]]:
    """What the figures stand on, for the foot of the page and the first sheet of the workbook."""
    review, footing = setting.review, setting.review.footing
    seasons = _("all seasons") if review.season is None else season_name(review.season)
    facts = [
        (_("base"), setting.base.name),
        (_("crop"), crop_name(review.crop)),
        (_("season"), seasons),
        (_("unit"), str(UNITS[setting.query.unit])),
        (_("area basis"), _("net cultivated area, as the cycles say")),
        (_("weeks"), _("since planting") if setting.query.axis is Axis.PLANTING else _("calendar, from Monday")),
        (_("status"), _("draft, not signed")),
        (_("entries that count"), str(footing.entries)),
        (_("corrections"), str(footing.corrections)),
        (_("withdrawn entries"), str(footing.withdrawn)),
        (_("harvested until"), "–" if footing.last is None else footing.last.isoformat()),
        (_("last entry stored"), "–" if footing.entered_at is None else _stamp(footing.entered_at)),
        (_("least coverage of air and light"), _share(setting.least_coverage_pct)),
        (_("computed at"), _stamp(now)),
        (_("version of the program"), build_id()),
    ]
    if footing.is_simulated:
        facts.insert(0, (_("Demo data"), _("simulated: nobody weighed this")))
    return facts


def _stamp(moment: datetime) -> str:
    return f"{timezone.localtime(moment):%Y-%m-%d %H:%M (UTC%z)}"


def _written(cell: Cell) -> str:
    """A cell of a text file. A figure has the digits of the page."""
    match cell:
        case None:
            return ""
        case Decimal():
            return f"{cell:f}"
        case date():
            return cell.isoformat()
    return str(cell)


def _mark() -> str:
    return str(_("Demo data"))


def _file_name(setting: Setting, what: str) -> str:
    season = "all" if setting.query.season is None else str(setting.query.season)
    demo = "_demo" if setting.review.footing.is_simulated else ""
    return f"{setting.base.key}_{setting.query.crop}_{season}_{what}{demo}"
