"""What most points of a frame have in common is said once, and nothing is lost by it."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from greenhouse.console.live.thinning import thin
from greenhouse.console.values.payloads import PointState


def state(value: float | None = 1.0, quality: str = "good", reason: str = "none", at: int = 7) -> PointState:
    return PointState(value=value, quality=quality, reason=reason, origin="measured", at=at)


STATES = st.builds(
    state,
    st.none() | st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from(["good", "uncertain", "bad"]),
    st.sampled_from(["none", "out_of_range"]),
    st.integers(0, 3),
)


@given(st.dictionaries(st.text(max_size=5), STATES))
def test_every_point_is_whole_again_with_what_is_usual(points):
    usual, thinned = thin(points)
    assert {key: {**usual, **point} for key, point in thinned.items()} == points


def test_who_differs_says_in_what():
    usual, thinned = thin({"a": state(18.4), "b": state(18.6), "c": state(None, "bad", "out_of_range", at=3)})
    assert usual == {"quality": "good", "reason": "none", "origin": "measured", "at": 7}
    assert thinned["a"] == {"value": 18.4}
    assert thinned["c"] == {"value": None, "quality": "bad", "reason": "out_of_range", "at": 3}


def test_without_points_nothing_is_usual():
    assert thin({}) == ({}, {})


def test_a_frame_of_a_busy_second_is_less_than_half_as_long():
    points = {f"h{number}-climate.air_temperature": state(18.1 + number, at=1795635807239) for number in range(200)}
    assert len(json.dumps(thin(points))) < 0.5 * len(json.dumps(points))
