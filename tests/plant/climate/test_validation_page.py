"""What docs/validation.md is written with. What it says is tested by its neighbors."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree

import pytest

from scripts.validate_plant.charts import Axis, Line, line_chart, ticks
from scripts.validate_plant.document import document
from scripts.validate_plant.findings import Figure, Part


def test_ticks_are_round_and_inside():
    assert ticks(-19.3, 27.2) == [-10.0, 0.0, 10.0, 20.0]
    assert ticks(0.0, 24.0) == [0.0, 5.0, 10.0, 15.0, 20.0]
    assert ticks(0.12, 0.18) == pytest.approx([0.12, 0.13, 0.14, 0.15, 0.16, 0.17, 0.18])


def test_chart_is_well_formed_small_and_shows_every_line():
    lines = [Line("warm & <bright>", [float(minute % 60) for minute in range(1440)]), Line("flat", [5.0] * 1440)]
    text = line_chart("A day", "°C", Axis("hour", 0.0, 24.0), lines)
    root = ElementTree.fromstring(text)
    drawn = root.findall("{http://www.w3.org/2000/svg}polyline")
    assert len(drawn) == 2
    assert all(len(line.attrib["points"].split()) <= 400 for line in drawn)
    assert "warm & <bright>" in "".join(root.itertext())
    assert len(text) < 20_000


def test_page_says_what_misses_its_goal():
    figures = [Figure("air", "at most 1 K", "0.4 K", met=True), Figure("heat", "at most 15 %", "17 %", met=False)]
    page = document([Part("Part", "About.", figures, {"day.svg": "<svg/>"})])
    assert "1 of 2 goals met" in page
    assert "| heat | at most 15 % | 17 % | **no** |" in page
    assert "![day](pictures/validation/day.svg)" in page
