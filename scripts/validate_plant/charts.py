"""A line chart as a small SVG: what docs/validation.md shows, without a plotting library."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple
from xml.sax.saxutils import escape

WIDTH, HEIGHT = 720, 300
LEFT, RIGHT, TOP, BOTTOM = 52, 12, 44, 40
#: Told apart without color too: the second and third line are dashed (Okabe and Ito's colors).
STYLES = (("#0072b2", ""), ("#d55e00", "6 3"), ("#009e73", "2 3"), ("#444444", "8 3 2 3"))
MOST_POINTS = 300


class Line(NamedTuple):
    """A named line of y over evenly spaced x."""

    name: str
    values: Sequence[float]


class Axis(NamedTuple):
    """What x counts: its name, and the value at the first and last point."""

    name: str
    first: float
    last: float


def ticks(low: float, high: float) -> list[float]:
    """Round numbers from ``low`` to ``high``, about six."""
    rough = (high - low) / 6.0
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(factor * power for factor in (1.0, 2.0, 5.0, 10.0) if factor * power >= rough)
    first = math.ceil(low / step - 1e-9)
    return [number * step for number in range(first, math.floor(high / step + 1e-9) + 1)]


def line_chart(title: str, unit: str, axis: Axis, lines: Sequence[Line]) -> str:
    """The chart. The unit stands beside the title, the names of the lines under it."""
    values = [value for line in lines for value in line.values]
    low, high = min(values), max(values)
    margin = max(0.05 * (high - low), 1e-6)
    low, high = low - margin, high + margin

    def across(value: float) -> float:
        return LEFT + (value - axis.first) / (axis.last - axis.first) * (WIDTH - LEFT - RIGHT)

    def down(value: float) -> float:
        return TOP + (high - value) / (high - low) * (HEIGHT - TOP - BOTTOM)

    box = f'viewBox="0 0 {WIDTH} {HEIGHT}"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {box} font-family="sans-serif" font-size="12" fill="#222222">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>',
        f'<text x="{LEFT}" y="16" font-size="14">{escape(title)} [{escape(unit)}]</text>',
    ]
    for value in ticks(low, high):
        y = down(value)
        parts.append(f'<path d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}" stroke="#dddddd"/>')
        parts.append(f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{value:g}</text>')
    parts += [
        f'<text x="{across(value):.1f}" y="{HEIGHT - 22}" text-anchor="middle">{value:g}</text>'
        for value in ticks(axis.first, axis.last)
    ]
    middle = (LEFT + WIDTH - RIGHT) / 2
    parts.append(f'<text x="{middle:.0f}" y="{HEIGHT - 6}" text-anchor="middle">{escape(axis.name)}</text>')
    for number, line in enumerate(lines):
        color, dash = STYLES[number]
        parts.append(f'<polyline points="{_points(line.values, axis, across, down)}" {_stroke(color, dash)}/>')
        x = LEFT + number * 165
        parts.append(f'<path d="M{x} 31h24" {_stroke(color, dash)}/>')
        parts.append(f'<text x="{x + 30}" y="35">{escape(line.name)}</text>')
    return "\n".join([*parts, "</svg>", ""])


def _stroke(color: str, dash: str) -> str:
    dashed = f' stroke-dasharray="{dash}"' if dash else ""
    return f'fill="none" stroke="{color}" stroke-width="1.6"{dashed}'


def _points(
    values: Sequence[float], axis: Axis, across: Callable[[float], float], down: Callable[[float], float]
) -> str:
    every = max(1, len(values) // MOST_POINTS)
    step = (axis.last - axis.first) / (len(values) - 1)
    return " ".join(
        f"{across(axis.first + index * step):.1f},{down(values[index]):.1f}" for index in range(0, len(values), every)
    )
