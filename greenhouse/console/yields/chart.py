"""Charts of the yield review as SVG, drawn here and colored by the page's style sheet. The tables hold the same."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from math import floor, log10

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from greenhouse.harvest.grades import Grade

_WIDTH, _HEIGHT, _LEFT, _TOP, _BOTTOM = 480, 306, 54, 30, 54
_NAMES, _NO_NAMES = _WIDTH - 104, _WIDTH - 12
"""Where the axis ends: before the names of lines, or before nothing."""
_MOST_TICKS = 6
_TOPS = (1.0, 1.2, 1.6, 2.0, 2.4, 3.2, 4.0, 6.0, 8.0, 10.0, 12.0)
_LEAST_LABEL_GAP = 20.0
_WIDEST_DIGIT = 13
"""As large as the style sheet makes it: on a phone."""
SERIES = 7
"""Colors and dashes that the style sheet has."""


@dataclass(frozen=True, slots=True)
class Curve:
    """A line: a value for each week, up to where it has come. ``number`` chooses color and dash, from 1."""

    name: str
    values: tuple[float, ...]
    number: int
    is_target: bool = False


@dataclass(frozen=True, slots=True)
class Frame:
    """Where values and weeks lie in the picture."""

    highest: float
    count: int
    right: int

    def x(self, place: float) -> float:
        """Of a week's place."""
        return _LEFT + (self.right - _LEFT) * place / max(1, self.count)

    def y(self, value: float) -> float:
        """Of a value."""
        return _HEIGHT - _BOTTOM - (_HEIGHT - _BOTTOM - _TOP) * value / self.highest


def cumulative_chart(
    curves: Sequence[Curve], weeks: Sequence[str], *, unit: str, axis: str, described_by: str
) -> SafeString:
    """Yields summed up week by week, each line named at its end; from the week before the first harvest on."""
    begin = _first_week([curve.values for curve in curves])
    weeks, curves = weeks[begin:], [replace(curve, values=curve.values[begin:]) for curve in curves]
    highest = nice_top(max((value for curve in curves for value in curve.values), default=0.0))
    frame = Frame(highest, len(weeks), _NAMES)
    ends = _apart([(frame.y(curve.values[-1]), curve) for curve in curves if curve.values and not curve.is_target])
    parts = [*_frame(frame, weeks, unit, axis), *(_line(frame, curve) for curve in curves)]
    parts += [
        format_html(
            '<text class="curve-name series-ink-{}" x="{}" y="{}">{}</text>',
            curve.number,
            _n(frame.x(len(curve.values)) + 6),
            _n(y + 5),
            curve.name,
        )
        for y, curve in ends
    ]
    return _svg(parts, described_by)


def grades_chart(
    weekly: Sequence[Sequence[float]], weeks: Sequence[str], *, highest: float, unit: str, axis: str, described_by: str
) -> SafeString:
    """What was picked in each week from the first harvest on, the grades upon one another, the best at the bottom.

    ``highest``: of all charts that stand side by side, which are compared by their heights.
    """
    begin = _first_week(weekly)
    weeks, weekly = weeks[begin:], [values[begin:] for values in weekly]
    frame = Frame(nice_top(highest), len(weeks), _NO_NAMES)
    width = max(1.0, 0.72 * (frame.x(1) - frame.x(0)))
    parts = _frame(frame, weeks, unit, axis)
    for place in range(len(weeks)):
        below = 0.0
        for grade, values in zip(Grade, weekly, strict=True):
            if values[place] <= 0.0:
                continue
            top = frame.y(below + values[place])
            parts.append(
                format_html(
                    '<rect class="grade-{}" x="{}" y="{}" width="{}" height="{}"/>',
                    grade.value,
                    _n(frame.x(place + 0.5) - width / 2),
                    _n(top),
                    _n(width),
                    _n(frame.y(below) - top),
                )
            )
            below += values[place]
    return _svg(parts, described_by)


def _first_week(rows: Iterable[Sequence[float]]) -> int:
    """Place of the week before the first one with anything in it: for weeks after planting there is nothing to see."""
    firsts = [next((place for place, value in enumerate(row) if value > 0.0), None) for row in rows]
    return max(0, min((first for first in firsts if first is not None), default=0) - 1)


def nice_top(highest: float) -> float:
    """The first round number that a value does not exceed and whose quarters are round too; 1 where there is none."""
    if highest <= 0.0:
        return 1.0
    power = 10.0 ** floor(log10(highest))
    return next(step * power for step in _TOPS if step * power >= highest)


def _svg(parts: Iterable[SafeString], described_by: str) -> SafeString:
    return format_html(
        '<svg class="yield-chart" viewBox="0 0 {} {}" role="img" aria-labelledby="{}">{}</svg>',
        _WIDTH,
        _HEIGHT,
        described_by,
        format_html_join("", "{}", ((part,) for part in parts)),
    )


def _frame(frame: Frame, weeks: Sequence[str], unit: str, axis: str) -> list[SafeString]:
    parts = [format_html('<text class="axis-name" x="4" y="{}">{}</text>', 14, unit)]
    for quarter in range(5):
        value = frame.highest * quarter / 4
        y = _n(frame.y(value))
        parts.append(format_html('<line class="grid" x1="{}" x2="{}" y1="{}" y2="{}"/>', _LEFT, frame.right, y, y))
        parts.append(format_html('<text class="tick tick-y" x="{}" y="{}">{}</text>', _LEFT - 8, y, f"{value:.4g}"))
    longest = max(map(len, weeks), default=1)
    most = min(_MOST_TICKS, (frame.right - _LEFT) // (_WIDEST_DIGIT * longest))
    every = -(-len(weeks) // most) or 1
    for place in range(0, len(weeks), every):
        x = _n(frame.x(place + 0.5))
        parts.append(format_html('<text class="tick" x="{}" y="{}">{}</text>', x, _HEIGHT - 30, weeks[place]))
    middle = _n((_LEFT + frame.right) / 2)
    parts.append(format_html('<text class="tick axis-name" x="{}" y="{}">{}</text>', middle, _HEIGHT - 6, axis))
    return parts


def _line(frame: Frame, curve: Curve) -> SafeString:
    """From nothing at its beginning to each week's end."""
    points = " ".join(f"{_n(frame.x(place))},{_n(frame.y(value))}" for place, value in enumerate([0.0, *curve.values]))
    kind = "target" if curve.is_target else "curve"
    return format_html('<polyline class="{} series-{}" points="{}"/>', kind, curve.number, points)


def _apart(ends: Sequence[tuple[float, Curve]]) -> list[tuple[float, Curve]]:
    """Names at the ends of lines, moved down so that none covers another one."""
    placed: list[tuple[float, Curve]] = []
    for y, curve in sorted(ends, key=lambda end: end[0]):
        placed.append((max(y, placed[-1][0] + _LEAST_LABEL_GAP) if placed else y, curve))
    over = placed[-1][0] - (_HEIGHT - _BOTTOM) if placed else 0.0
    return [(y - max(0.0, over), curve) for y, curve in placed]


def _n(number: float) -> str:
    """A coordinate: a point as decimal sign in every language."""
    return f"{number:.1f}"
