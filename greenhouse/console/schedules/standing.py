"""What is the matter with the server's clock, and what schedules missed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from greenhouse.console.schedules.words import HOW_TO_TRUST, clock_in_words, schedule_name
from greenhouse.console.values.payloads import PointState
from greenhouse.schedules import history
from greenhouse.site.structure import BaseStructure
from greenhouse.site.virtual_points import CLOCK, Clock, control_key

COMING_ON_THE_OVERVIEW = 3
LOOK_BACK_ON_THE_OVERVIEW = timedelta(days=1)
CLOCK_POINT = control_key(CLOCK)


def clock_standing(states: Mapping[str, PointState]) -> dict[str, object]:
    """What is the matter with the server's clock, for a template."""
    state = states.get(CLOCK_POINT)
    clock = Clock.RIGHT if state is None or state["value"] is None else Clock(int(state["value"]))
    return {
        "clock_trouble": clock_in_words(clock),
        "how_to_trust": "" if clock.is_plausible else HOW_TO_TRUST,
    }


def schedules_standing(base: BaseStructure, now: datetime) -> dict[str, object]:
    """What the overview says of schedules, for a template."""
    coming = history.coming(now, ZoneInfo(base.time_zone), most=COMING_ON_THE_OVERVIEW)
    return {
        "coming": [(schedule_name(schedule), due_at) for schedule, due_at in coming],
        "questions_count": len(history.questions()),
        "missed_count": history.count_missed(now - LOOK_BACK_ON_THE_OVERVIEW),
    }
