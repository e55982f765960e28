"""The benchmarks run from end to end; what they find is for people to read."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.__main__ import BENCHMARKS, main
from benchmarks.results import Row, Section, at_least, at_most, document


@pytest.mark.slow
@pytest.mark.parametrize("name", BENCHMARKS)
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
    text = document("", [Section("A", "b", [at_most("CPU", 2.1, 2.0, "{:.1f}"), Row("plain", "3")])], is_quick=False)
    assert "0 of 1 goals met" in text
    assert "| CPU | 2.1 | ≤ 2.0 | **not met** |" in text
    assert "| plain | 3 |  |  |" in text


def test_a_number_that_only_rounds_to_its_goal_has_missed_it():
    assert at_most("ratio", 1.304, 1.3, "{:.2f} ×").met is False
