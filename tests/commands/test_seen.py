"""What the newest sample of a point lets one decide by."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from devices.samples import Origin, Quality, Reason, Sample
from devices.units import Unit
from greenhouse.base_clock import LIVE, Pacing
from greenhouse.commands.seen import FRESH, NOT_STALE, Standing, seen_in

NOW = datetime(2026, 12, 1, 2, tzinfo=UTC)


def sample(age_s: float, value: float | None = 1.0, quality: Quality = Quality.GOOD) -> Sample:
    observed_at = NOW - timedelta(seconds=age_s)
    return Sample("h1.position", value, Unit.PERCENT, quality, Reason.NONE, Origin.SIMULATED, observed_at)


@pytest.mark.parametrize(
    ("found", "usable_while", "standing"),
    [
        (sample(1.0), FRESH, Standing.USABLE),
        (sample(100.0), FRESH, Standing.STALE),
        (sample(100.0), NOT_STALE, Standing.USABLE),
        (sample(301.0), NOT_STALE, Standing.STALE),
        (sample(1.0, None), NOT_STALE, Standing.BAD),
        (sample(1.0, 1.0, Quality.BAD), NOT_STALE, Standing.BAD),
        (sample(1.0, float("nan")), NOT_STALE, Standing.BAD),
        (None, NOT_STALE, Standing.STALE),
    ],
)
def test_only_a_good_value_that_is_young_enough_is_decided_by(found, usable_while, standing):
    assert seen_in(found, 1.0, at=NOW, pacing=LIVE, usable_while=usable_while).standing is standing


@pytest.mark.parametrize("usable_while", [FRESH, NOT_STALE])
def test_a_training_base_that_was_slowed_down_still_knows_what_it_had_just_read(usable_while):
    """Half a second on the wire of a base that went 600 times as fast, and half a second since."""
    slowed = Pacing(60.0, 600.0, NOW - timedelta(seconds=30))
    for pacing, standing in ((slowed, Standing.USABLE), (Pacing(60.0), Standing.STALE)):
        assert seen_in(sample(330.0), 1.0, at=NOW, pacing=pacing, usable_while=usable_while).standing is standing
