"""Charts of a season as one SVG: drawn here, because a plotting library would be the largest part of a small PC."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from itertools import accumulate
from typing import NamedTuple
from xml.sax.saxutils import escape

from django.utils.translation import gettext as _

from greenhouse.forecast.report import heading
from greenhouse.forecast.season import Season

_WIDTH, _PANEL, _LEFT, _RIGHT, _TOP, _GAP = 900, 150, 64, 16, 48, 42
_COLORS = ("#0b6e4f", "#b3541e")
"""Of the season and of the one beside it; apart also for color-blind eyes, and the second is dashed."""

_FONT = "font-family='Noto Sans CJK SC, Noto Sans, sans-serif'"


class Curve(NamedTuple):
    """A line in a panel: a value for each day, of the first season (0) or the second (1)."""

    values: tuple[float, ...]
    season: int
    is_faint: bool = False


class Panel(NamedTuple):
    """A part of the picture with an axis of its own."""

    title: str
    curves: tuple[Curve, ...]


def svg(season: Season, against: Season | None = None) -> str:
    """The picture: air, light, water, energy and yield, day by day."""
    seasons = [season] if against is None else [season, against]
    panels = _panels(seasons)
    height = _TOP + len(panels) * (_PANEL + _GAP)
    size = f"viewBox='0 0 {_WIDTH} {height}' width='{_WIDTH}' height='{height}'"
    parts = [
        f"<svg xmlns='http://www.w3.org/2000/svg' {size} {_FONT} font-size='12'>",
        f"<rect width='{_WIDTH}' height='{height}' fill='white'/>",
    ]
    simulated = _("SIMULATED. Nothing here was measured.")
    for number, one in enumerate(seasons):
        words = escape(f"{simulated} {heading(one)}")
        parts.append(f"<text x='{_LEFT}' y='{18 + 16 * number}' fill='{_COLORS[number]}'>{words}</text>")
    days = [day.day for day in max(seasons, key=lambda one: len(one.days)).days]
    for number, panel in enumerate(panels):
        parts += _drawn(panel, days, _TOP + number * (_PANEL + _GAP))
    parts.append("</svg>")
    return "\n".join(parts)


def _panels(seasons: Sequence[Season]) -> list[Panel]:
    air = [
        Curve(_values(season, name), number, name != "air_mean_c")
        for number, season in enumerate(seasons)
        for name in ("air_low_c", "air_mean_c", "air_high_c")
    ]
    return [
        Panel(_("Air: lowest, mean and highest of the day, °C"), tuple(air)),
        Panel(_("Vapor pressure deficit, mean of the day, kPa"), _each(seasons, "vpd_mean_kpa")),
        Panel(_("Light above the crop, mol/m² a day"), _each(seasons, "light_mol_m2")),
        Panel(_("Irrigation so far, L/m²"), _each(seasons, "irrigation_l_m2", is_sum=True)),
        Panel(_("Heat so far, MJ/m²"), _each(seasons, "heat_mj_m2", is_sum=True)),
        Panel(_("Sold so far, kg/m²"), _sold(seasons)),
    ]


def _values(season: Season, name: str) -> tuple[float, ...]:
    return tuple(float(getattr(day, name)) for day in season.days)


def _each(seasons: Sequence[Season], name: str, *, is_sum: bool = False) -> tuple[Curve, ...]:
    drawn = [_values(season, name) for season in seasons]
    return tuple(Curve(tuple(accumulate(one)) if is_sum else one, number) for number, one in enumerate(drawn))


def _sold(seasons: Sequence[Season]) -> tuple[Curve, ...]:
    return tuple(
        Curve(tuple(accumulate(day.first_kg_m2 + day.second_kg_m2 for day in season.days)), number)
        for number, season in enumerate(seasons)
    )


def _drawn(panel: Panel, days: Sequence[date], top: int) -> list[str]:
    values = [value for curve in panel.curves for value in curve.values]
    low, high = min([0.0, *values]), max([*values, 1e-9])
    high = high if high - low > 1e-6 else low + 1.0
    bottom, right = top + _PANEL, _WIDTH - _RIGHT

    def x(position: int) -> float:
        return _LEFT + (right - _LEFT) * (position / max(1, len(days) - 1))

    def y(value: float) -> float:
        return bottom - (bottom - top) * (value - low) / (high - low)

    parts = [f"<text x='{_LEFT}' y='{top - 6}' font-weight='bold'>{escape(panel.title)}</text>"]
    for share in (0.0, 0.5, 1.0):
        value = low + share * (high - low)
        parts.append(f"<line x1='{_LEFT}' x2='{right}' y1='{y(value):.1f}' y2='{y(value):.1f}' stroke='#d0d0d0'/>")
        parts.append(f"<text x='{_LEFT - 6}' y='{y(value) + 4:.1f}' text-anchor='end'>{value:.4g}</text>")
    parts += [
        f"<text x='{x(position):.1f}' y='{bottom + 16}' text-anchor='{anchor}'>{days[position].isoformat()}</text>"
        for position, anchor in ((0, "start"), (len(days) - 1, "end"))
    ]
    for curve in panel.curves:
        points = " ".join(f"{x(position):.1f},{y(value):.1f}" for position, value in enumerate(curve.values))
        dashed = " stroke-dasharray='6 3'" if curve.season else ""
        width = 0.8 if curve.is_faint else 1.8
        color = _COLORS[curve.season]
        parts.append(f"<polyline points='{points}' fill='none' stroke='{color}' stroke-width='{width}'{dashed}/>")
    return parts
