"""docs/alarms.md says what is shipped."""

from __future__ import annotations

from pathlib import Path

import pytest

from greenhouse.alarms.definitions import Definition, Kind
from greenhouse.alarms.loader import load_shipped

DOCUMENT = Path(__file__).parents[2] / "docs" / "alarms.md"


def limit_of(alarm: Definition) -> str:
    """The limit as the table writes it."""
    if not alarm.kind.has_limit:
        return {Kind.BITS: f"bit {', '.join(map(str, alarm.bits))}"}.get(alarm.kind, "–")
    sign = {Kind.HIGH: "> ", Kind.LOW: "< ", Kind.AWAY: "± "}[alarm.kind]
    if alarm.reference is None:
        return f"{sign}{alarm.limit:g}"
    if alarm.kind is Kind.AWAY:
        return f"{sign}{alarm.limit:g} of `{alarm.reference}`"
    return f"{sign}`{alarm.reference}` {'+' if alarm.limit > 0 else '−'} {abs(alarm.limit):g}"


def row_of(alarm: Definition) -> str:
    deadband = f"{alarm.deadband:g}" if alarm.kind.has_limit else "–"
    delays = f"{alarm.on_delay_s:g} / {alarm.off_delay_s:g}"
    why = f"{alarm.severity}, {alarm.respond_within_min:g} min"
    names = f"`{alarm.key}` | {alarm.name.zh}"
    return f"| {names} | {limit_of(alarm)} | {deadband} | {delays} | {why} | {alarm.priority.name} |"


@pytest.mark.parametrize("key", load_shipped())
def test_the_table_has_every_alarm_as_it_is_shipped(key):
    assert row_of(load_shipped()[key]) in DOCUMENT.read_text(encoding="utf-8")
