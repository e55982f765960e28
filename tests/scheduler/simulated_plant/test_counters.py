"""What simulated meters counted survives a restart, and never falls back."""

from __future__ import annotations

import pytest

from scheduler.simulated_plant.counters import COUNTERS_FILE, keep_counters, kept_counters


def test_what_was_kept_is_found_again(tmp_path):
    assert kept_counters(tmp_path) == {}
    keep_counters(tmp_path, {"water-east.volume": 1240.25})
    keep_counters(tmp_path, {"water-east.volume": 1240.5, "energy-solar.energy": 8600.0})
    assert kept_counters(tmp_path) == {"water-east.volume": 1240.5, "energy-solar.energy": 8600.0}
    assert [path.name for path in tmp_path.iterdir()] == [COUNTERS_FILE]


@pytest.mark.parametrize("content", ["", "{", "[1]", '{"a": "x", "b": null, "c": true, "d": NaN, "e": Infinity}'])
def test_a_damaged_file_counts_as_none(tmp_path, content):
    (tmp_path / COUNTERS_FILE).write_text(content, encoding="utf-8")
    assert kept_counters(tmp_path) == {}
