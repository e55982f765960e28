"""The benchmarks run from end to end; what they find is for people to read."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from benchmarks.__main__ import BENCHMARKS, main
from benchmarks.results import Row, Section, at_least, at_most, document, renewed

LONG = {"command-path", "demo-history", "first-page", "live-push", "nudges", "plant", "store", "trends", "visitors"}
"""More than half a minute each even when quick, mostly of starting bases; `make prove` runs these too."""


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", [name for name in BENCHMARKS if name not in LONG or os.environ.get("EVERY_BENCHMARK")])
def test_a_quick_run_writes_its_table_where_it_is_told(name: str, tmp_path: Path):
    """Not how fast anything is: that would fail on a busy machine and mean nothing on an idle one."""
    path = tmp_path / "benchmarks.md"
    main(["--quick", "--only", name, "--output", str(path)])
    text = path.read_text(encoding="utf-8")
    assert text.startswith("# Benchmarks\n")
    assert "**A quick run" in text
    assert text.count("\n## ") == 1
    assert "| measured | result | goal | |" in text


def test_a_missed_goal_is_called_missed():
    """Worse than the goal is not met, whichever direction is better; equal is met."""
    assert at_most("CPU", 2.1, 2.0, "{:.1f} ×") == Row("CPU", "2.1 ×", "≤ 2.0 ×", met=False)
    assert at_least("rate", 89.0, 90.0, "{:.0f} %") == Row("rate", "89 %", "≥ 90 %", met=False)
    assert at_most("CPU", 2.0, 2.0, "{:.1f} ×").met
    assert at_least("rate", 90.0, 90.0, "{:.0f} %").met
    rows = [at_most("CPU", 2.1, 2.0, "{:.1f}"), Row("plain", "3")]
    text = document([Section("A", "b", rows).table("*today*")], is_quick=False)
    assert "0 of 1 goals met" in text
    assert "| CPU | 2.1 | ≤ 2.0 | **not met** |" in text
    assert "| plain | 3 |  |  |" in text


def test_one_table_is_measured_anew_and_the_others_stay_as_they_were():
    slow, fast = at_least("rate", 1.0, 2.0, "{:.0f}"), at_least("rate", 3.0, 2.0, "{:.0f}")
    first = [Section(title, "b", [slow]).table("*in March*") for title in ("A", "B")]
    again = [Section(title, "b", [fast]).table("*in May*") for title in ("A", "C")]
    text = renewed(document(first, is_quick=False), again)
    assert text == document([again[0], first[1], again[1]], is_quick=False)
    assert "2 of 3 goals met" in text


def test_a_number_that_only_rounds_to_its_goal_has_missed_it():
    assert at_most("ratio", 1.304, 1.3, "{:.2f} ×").met is False
