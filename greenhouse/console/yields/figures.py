"""The figures of the yield review, rounded once: the page, the files and the workbook write the same ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from greenhouse.console.yields.query import YieldQuery
from greenhouse.console.yields.words import (
    GRADES,
    UNITS,
    crop_name,
    cultivar_name,
    place_name,
    season_name,
)
from greenhouse.crops.catalog import Cultivar
from greenhouse.harvest.grades import Grade
from greenhouse.harvest.growing import ENOUGH, Growing, Known
from greenhouse.harvest.models import Harvest
from greenhouse.harvest.review import Group, Review
from greenhouse.harvest.sums import (
    Against,
    Axis,
    Series,
    Week,
    YieldUnit,
    against_target,
    in_unit,
    series_of,
    target_path_kg_m2,
    yield_of,
)
from greenhouse.site.structure import BaseStructure

Cell = str | int | Decimal | date | None
DECIMALS: Mapping[YieldUnit, int] = {YieldUnit.KG_M2: 3, YieldUnit.KG_MU: 1, YieldUnit.T_HA: 2}
_GDD_COVERAGE, _DLI_COVERAGE = 8, 10
"""Columns of the table of what cycles grew in."""


@dataclass(frozen=True, slots=True)
class Table:
    """A table as a file has it: one row of heads with their units, then rows."""

    key: str
    title: str
    heads: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]


@dataclass(frozen=True, slots=True)
class Line:
    """A group of the review with its weeks."""

    name: str
    group: Group
    series: Series
    target_path_kg_m2: tuple[float, ...] | None
    against: Against | None


@dataclass(frozen=True, slots=True)
class Setting:
    """What all tables of a page are made from."""

    base: BaseStructure
    review: Review
    query: YieldQuery
    lines: tuple[Line, ...]
    growing: Mapping[str, Growing]
    cultivars: Mapping[str, Cultivar]

    @property
    def least_coverage_pct(self) -> Decimal | None:
        """For which share of its time air and light of every cycle are known. None: there is no cycle."""
        coverages = [self.growing[str(cycle.pk)].coverage for cycle in self.review.cycles]
        return rounded(100.0 * min(coverages), 1) if coverages else None

    @property
    def has_weekly_target(self) -> bool:
        """Whether a group has a target that grows week by week."""
        return any(line.target_path_kg_m2 is not None for line in self.lines)


def rounded(value: float | None, decimals: int) -> Decimal | None:
    """A figure as it is shown. None stays None."""
    if value is None:
        return None
    return Decimal(repr(float(value))).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)


def yield_figure(mass_g: float, area_m2: float, unit: YieldUnit) -> Decimal | None:
    """A yield as it is shown."""
    return rounded(yield_of(mass_g, area_m2, unit), DECIMALS[unit])


def lines_of(review: Review, query: YieldQuery, known: Mapping[str, Cultivar]) -> tuple[Line, ...]:
    """The groups with their weeks. A season is named where there are several."""
    has_seasons = len({group.season for group in review.groups}) > 1
    lines = []
    for group in review.groups:
        name = cultivar_name(known, group.cultivar)
        if has_seasons:
            name = _("%(cultivar)s %(season)s") % {"cultivar": name, "season": season_name(group.season)}
        series = series_of(group.grown, query.axis, until=review.today)
        path = target_path_kg_m2(group.grown, series, query.axis)
        lines.append(Line(name, group, series, path, against_target(group.grown, until=review.today)))
    return tuple(lines)


def week_name(week: Week) -> str:
    """A week as rows and axes call it."""
    if week.first is None:
        return str(week.number)
    return f"{week.first.isocalendar().year}-W{week.number:02d}"


def tables_of(setting: Setting, entries: Sequence[Harvest]) -> tuple[Table, ...]:
    """All tables of a review: those of the page and the entries behind them."""
    return (summary(setting), weekly(setting), growing_table(setting), entries_table(setting, entries))


def summary(setting: Setting) -> Table:
    """A row for each group: area, yield, grades, target."""
    unit = setting.query.unit
    sign = str(UNITS[unit])
    heads = (
        _("cultivar"),
        _("season"),
        _("houses"),
        _("area (m²)"),
        _("first planted"),
        _("weight (kg)"),
        _("yield (%(unit)s)") % {"unit": sign},
        *(_("%(grade)s (%(unit)s)") % {"grade": name, "unit": sign} for name in GRADES.values()),
        _("marketable (%)"),
        _("target until now (%(unit)s)") % {"unit": sign},
        _("of the target (%)"),
    )
    return Table("summary", _("Yield by cultivar"), heads, tuple(_summary_row(setting, line) for line in setting.lines))


def _summary_row(setting: Setting, line: Line) -> tuple[Cell, ...]:
    unit, series, group = setting.query.unit, line.series, line.group
    share, against = series.marketable_share, line.against
    return (
        cultivar_name(setting.cultivars, group.cultivar),
        season_name(group.season),
        ", ".join(dict.fromkeys(place_name(setting.base, cycle.compartment_key) for cycle in group.cycles)),
        rounded(group.area_m2, 1),
        min(cycle.planted_on for cycle in group.cycles),
        rounded(series.total_g / 1000, 3),
        yield_figure(series.total_g, series.area_m2, unit),
        *(yield_figure(series.of_grade_g(grade), series.area_m2, unit) for grade in Grade),
        rounded(None if share is None else 100.0 * share, 1),
        None if against is None else rounded(in_unit(against.target_kg_m2, unit), DECIMALS[unit]),
        None if against is None else rounded(100.0 * against.share, 1),
    )


def weekly(setting: Setting) -> Table:
    """A row for each week of each group."""
    unit = setting.query.unit
    sign = str(UNITS[unit])
    week = _("week since planting") if setting.query.axis is Axis.PLANTING else _("calendar week")
    heads = (
        _("cultivar"),
        week,
        _("week begins"),
        *(_("%(grade)s (%(unit)s)") % {"grade": name, "unit": sign} for name in GRADES.values()),
        _("in the week (%(unit)s)") % {"unit": sign},
        _("cumulative (%(unit)s)") % {"unit": sign},
        _("target until then (%(unit)s)") % {"unit": sign},
    )
    rows = [row for line in setting.lines for row in _weekly_rows(line, unit)]
    return Table("weekly", _("Yield by week"), heads, tuple(rows))


def _weekly_rows(line: Line, unit: YieldUnit) -> list[tuple[Cell, ...]]:
    series, path = line.series, line.target_path_kg_m2
    weekly_g, cumulative_g = series.weekly_g, series.cumulative_g
    return [
        (
            line.name,
            week_name(week),
            week.first,
            *(yield_figure(series.mass_g[grade][place], series.area_m2, unit) for grade in Grade),
            yield_figure(weekly_g[place], series.area_m2, unit),
            yield_figure(cumulative_g[place], series.area_m2, unit),
            None if path is None else rounded(in_unit(path[place], unit), DECIMALS[unit]),
        )
        for place, week in enumerate(series.weeks)
    ]


def growing_table(setting: Setting) -> Table:
    """A row for each cycle: what it grew in, per kilogram where that is asked, each with its coverage."""
    heads = (
        _("cultivar"),
        _("house"),
        _("planted"),
        _("cleared"),
        _("area (m²)"),
        _("yield (kg/m²)"),
        _("base temperature (°C)"),
        _("GDD (°C d)"),
        _("GDD coverage (%)"),
        _("DLI sum (mol/m²)"),
        _("DLI coverage (%)"),
        _("water (L/m²)"),
        _("water (L/kg)"),
        _("water coverage (%)"),
        _("heat, estimated (MJ/m²)"),
        _("heat, estimated (MJ/kg)"),
        _("heat coverage (%)"),
    )
    rows = []
    for group in setting.review.groups:
        for cycle, grown in zip(group.cycles, group.grown, strict=True):
            found = setting.growing[str(cycle.pk)]
            kg_m2 = yield_of(sum(picked.mass_g for picked in grown.picked), grown.area_m2, YieldUnit.KG_M2)
            water, heat = found.water_l_m2, found.heat_mj_m2
            rows.append(
                (
                    cultivar_name(setting.cultivars, cycle.cultivar),
                    place_name(setting.base, cycle.compartment_key),
                    cycle.planted_on,
                    cycle.ended_on,
                    rounded(cycle.area_m2, 1),
                    rounded(kg_m2, 3),
                    rounded(found.base_c, 1),
                    *_with_coverage(found.thermal_time_c_d, 0),
                    *_with_coverage(found.light_mol_m2, 0),
                    rounded(water.value, 1),
                    rounded(_per_kg(water, kg_m2), 1),
                    _coverage_pct(water),
                    rounded(heat.value, 1),
                    rounded(_per_kg(heat, kg_m2), 2),
                    _coverage_pct(heat),
                )
            )
    return Table("growing", _("What it grew in"), heads, tuple(rows))


def _with_coverage(known: Known, decimals: int) -> tuple[Decimal | None, Decimal | None]:
    return rounded(known.value, decimals), _coverage_pct(known)


def _coverage_pct(known: Known) -> Decimal | None:
    """None where it is not measured at all, which is no coverage of 0."""
    return None if known.value is None and known.coverage == 0.0 else rounded(100.0 * known.coverage, 1)


def _per_kg(known: Known, kg_m2: float) -> float | None:
    return None if known.value is None or kg_m2 <= 0.0 else known.value / kg_m2


def entries_table(setting: Setting, entries: Sequence[Harvest]) -> Table:
    """A row for each entry that counts."""
    heads = (
        _("day"),
        _("house"),
        _("crop"),
        _("cultivar"),
        _("grade"),
        _("weight (kg)"),
        _("stems"),
        _("note"),
        _("correction"),
        _("origin"),
        _("id"),
    )
    rows = []
    for entry in entries:
        origin = pgettext("harvest", "demo data") if entry.origin == "simulated" else pgettext("harvest", "weighed")
        rows.append(
            (
                entry.day,
                place_name(setting.base, entry.cycle.compartment_key),
                crop_name(entry.cycle.crop),
                cultivar_name(setting.cultivars, entry.cycle.cultivar),
                str(GRADES[Grade(entry.grade)]),
                rounded((entry.mass_g or 0) / 1000, 3),
                entry.stems,
                entry.note,
                entry.reason,
                origin,
                str(entry.pk),
            )
        )
    return Table("entries", _("Entries"), heads, tuple(rows))


def falls_short(table: Table, row: Sequence[Cell]) -> bool:
    """Whether a row of what cycles grew in lacks too much of air or light."""
    if table.key != "growing":
        return False
    coverages = (row[_GDD_COVERAGE], row[_DLI_COVERAGE])
    return any(not isinstance(share, Decimal) or share < round(100 * ENOUGH) for share in coverages)
