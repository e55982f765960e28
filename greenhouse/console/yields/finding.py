"""What a review shows, in a sentence: the title of its chart."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from greenhouse.console.yields.figures import DECIMALS, Line, Setting, rounded
from greenhouse.console.yields.words import GRADES, UNITS
from greenhouse.harvest.grades import Grade
from greenhouse.harvest.sums import Comparison, compared, in_unit


def comparison_of(setting: Setting) -> Comparison | None:
    """The groups after the weeks that all of them have behind them."""
    return compared({line.name: line.group.grown for line in setting.lines}, until=setting.review.today)


def finding(setting: Setting, comparison: Comparison | None) -> str:
    """Who leads and by how much; of a single cultivar, what it has yielded."""
    unit = setting.query.unit
    if comparison is None or len(setting.lines) == 1:
        return _of_one(setting)
    first, second = comparison.standings[:2]
    lead = rounded(in_unit(comparison.lead_kg_m2, unit), _digits(setting))
    words = {"first": first.name, "second": second.name, "lead": lead, "unit": UNITS[unit], "weeks": comparison.weeks}
    if not lead:
        text = ngettext(
            "%(first)s and %(second)s are level after %(weeks)s week",
            "%(first)s and %(second)s are level after %(weeks)s weeks",
            comparison.weeks,
        )
        return text % words
    text = ngettext(
        "%(first)s leads %(second)s by %(lead)s %(unit)s after %(weeks)s week",
        "%(first)s leads %(second)s by %(lead)s %(unit)s after %(weeks)s weeks",
        comparison.weeks,
    )
    return text % words


def _of_one(setting: Setting) -> str:
    line, unit = setting.lines[0], setting.query.unit
    if line.series.total_g == 0:
        return _("%(name)s was not harvested yet") % {"name": line.name}
    per_m2 = line.series.total_g / (1000 * line.series.area_m2)
    words = {
        "name": line.name,
        "yield": rounded(in_unit(per_m2, unit), _digits(setting)),
        "unit": UNITS[unit],
        "weeks": len(line.series.weeks),
    }
    text = ngettext(
        "%(name)s has yielded %(yield)s %(unit)s in %(weeks)s week",
        "%(name)s has yielded %(yield)s %(unit)s in %(weeks)s weeks",
        len(line.series.weeks),
    )
    return text % words


def about_grades(line: Line) -> str:
    """What the chart of a group's grades shows."""
    share = line.series.marketable_share
    if share is None:
        return _("%(name)s was not harvested yet") % {"name": line.name}
    best = max(Grade, key=line.series.of_grade_g)
    words = {
        "name": line.name,
        "share": rounded(100.0 * share, 0),
        "best": rounded(100.0 * line.series.of_grade_g(best) / line.series.total_g, 0),
        "grade": GRADES[best],
    }
    return _("%(name)s: %(share)s %% marketable, most of it %(grade)s (%(best)s %%)") % words


def _digits(setting: Setting) -> int:
    """One digit fewer than in tables: a sentence is no account."""
    return max(0, DECIMALS[setting.query.unit] - 1)
