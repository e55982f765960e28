"""How many points stand how, and how much waits for people: the strip above the overview and the page of points."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from greenhouse.console.values.payloads import Counts, PointState, Waiting
from greenhouse.console.values.states import count_points
from greenhouse.site.structure import BaseStructure


def counted(
    base: BaseStructure, states: Mapping[str, PointState], *, waiting: Waiting, now: datetime
) -> dict[str, object]:
    """The counts and the strip that shows them, for a template."""
    # The token of the alarms travels with the strip that it belongs to, and with frames.
    counts = count_points(base.points.values(), states, waiting=waiting, alarms="", now=now)
    return {"counts": counts, "strip": strip(counts)}


def strip(counts: Counts) -> dict[str, int | bool]:
    """The counts as the strip shows them."""
    no_value = counts["bad"] + counts["dead"]
    return {
        "live": counts["live"],
        "late": counts["late"],
        "stale": counts["stale"],
        "no_value": no_value,
        "pending": counts["pending"],
        "approvals": counts["approvals"],
        "manual": counts["manual"],
        "by_hand": counts["by_hand"],
        "local": counts["local"],
        "ending": counts["ending"],
        "is_calm": counts["late"] + counts["stale"] + no_value == 0,
    }
