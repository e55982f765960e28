"""What the displays say, by pure rules from the numbers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from greenhouse.outreach.lookout import Lookout, lookout
from greenhouse.outreach.thirst import Drinking, drinking, liters_per_plant
from greenhouse.outreach.warmth import Warmth, why_warm

NOON = datetime(2026, 1, 15, 4, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("inside", "outside", "sun", "blanket", "pipe", "reason"),
    [
        (24.0, -12.0, 480.0, 100.0, 24.5, Warmth.SUN),
        (24.0, -12.0, 480.0, None, 24.5, Warmth.SUN),
        (20.0, -12.0, 480.0, 100.0, 45.0, Warmth.SUN_AND_PIPES),
        (14.0, -20.0, 0.0, 0.0, 45.0, Warmth.PIPES),
        (14.0, -20.0, 0.0, 0.0, 14.0, Warmth.BLANKET),
        (14.0, -20.0, 0.0, 0.0, None, Warmth.BLANKET),
        (14.0, -20.0, 480.0, 0.0, 14.0, Warmth.BLANKET),
        (14.0, -20.0, 0.0, 100.0, 14.0, Warmth.STORED),
        (14.0, -20.0, None, None, None, Warmth.STORED),
        (25.0, 24.0, 600.0, 100.0, 25.0, Warmth.NOT_WARMER),
        (20.0, 30.0, 600.0, 100.0, 20.0, Warmth.NOT_WARMER),
        (None, -20.0, 480.0, 100.0, 45.0, Warmth.UNKNOWN),
        (14.0, None, 480.0, 100.0, 45.0, Warmth.UNKNOWN),
    ],
)
def test_the_reason_why_the_house_is_warm(inside, outside, sun, blanket, pipe, reason):
    found = why_warm(inside_c=inside, outside_c=outside, sunlight_w_m2=sun, blanket_rolled_up_pct=blanket, pipe_c=pipe)
    assert found is reason


def test_water_of_a_house_is_shared_by_its_plants():
    assert liters_per_plant(0.96, area_m2=480, plants_per_m2=2.5) == pytest.approx(0.8)
    assert liters_per_plant(0.0, area_m2=480, plants_per_m2=2.5) == 0
    assert liters_per_plant(None, area_m2=480, plants_per_m2=2.5) is None


@pytest.mark.parametrize(
    ("sun", "speed"),
    [(None, Drinking.UNKNOWN), (0, Drinking.HARDLY), (50, Drinking.SLOW), (200, Drinking.FAST)],
)
def test_a_plant_drinks_with_the_light(sun, speed):
    assert drinking(sun) is speed


@pytest.mark.parametrize(
    ("hours", "changes", "seen"),
    [
        (0, {}, Lookout.LEAVES),
        (0, {"sunlight_w_m2": 400.0}, Lookout.WALL),
        (0, {"sunlight_w_m2": 400.0, "vents_open_pct": 30.0}, Lookout.VENTS),
        (0, {"relative_humidity_pct": 95.0, "vents_open_pct": 30.0}, Lookout.DROPS),
        (9, {"relative_humidity_pct": 95.0}, Lookout.NIGHT),
        (9, {"blanket_rolled_up_pct": 50.0}, Lookout.BLANKET_MOVING),
        (0, {"blanket_rolled_up_pct": 100.0}, Lookout.LEAVES),
    ],
)
def test_what_there_is_to_see(hours, changes, seen):
    nothing = dict.fromkeys(("blanket_rolled_up_pct", "vents_open_pct", "relative_humidity_pct", "sunlight_w_m2"), None)
    sun = {"sunrise": NOON - timedelta(hours=4), "sunset": NOON + timedelta(hours=5)}
    assert lookout(NOON + timedelta(hours=hours), **sun, **(nothing | changes)) is seen
