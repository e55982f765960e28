"""Whether a value may be sent: every reason not to, and the borders of each."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.profiles.outputs import OutputKind
from devices.samples import Origin, Quality, Reason, Sample
from devices.units import Unit
from greenhouse.commands.checks import Code, Target, agree, check, confirmed_value, has_changed

NOW = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)


def sample(value: float | None, age_s: float = 0.0, quality: Quality = Quality.GOOD) -> Sample:
    at = NOW - timedelta(seconds=age_s)
    return Sample("p", value, Unit.NONE, quality, Reason.NONE, Origin.MEASURED, at)


TARGET = Target(
    point="h1-climate.heating_setpoint",
    unit="degC",
    is_writable=True,
    output_kind=OutputKind.SETPOINT,
    limits=(5.0, 30.0),
    state_numbers=frozenset(),
    readback="h1-climate.heating_setpoint",
    tolerance=0.05,
    link=sample(2),
    link_interval_s=5.0,
    location=sample(1),
    location_interval_s=5.0,
    confirmed=sample(16.0),
)


def verdict_of(value: float = 18.0, **changes: object) -> Code:
    verdict = check(replace(TARGET, **changes), value, now=NOW)
    return Code.NONE if verdict is None else verdict.code


@pytest.mark.parametrize("value", [5.0, 18.0, 30.0])
def test_a_value_within_the_limits_may_be_sent(value):
    assert verdict_of(value) is Code.NONE


@pytest.mark.parametrize("value", [4.999, 30.001, -20.5, 1e30])
def test_a_value_beyond_the_limits_may_not(value):
    assert verdict_of(value) is Code.OUT_OF_LIMITS


def test_the_verdict_names_the_limits():
    assert check(TARGET, 99.0, now=NOW).facts == {"value": 99.0, "low": 5.0, "high": 30.0, "unit": "degC"}


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_what_is_no_number_may_not_be_sent(value):
    assert verdict_of(value) is Code.NOT_FINITE


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"is_writable": False}, Code.NOT_WRITABLE),
        ({"limits": None}, Code.NOT_WRITABLE),
        ({"readback": None}, Code.NONE),
        ({"readback": None, "output_kind": OutputKind.VALVE}, Code.NO_READBACK_POINT),
        ({"output_kind": None}, Code.DIRECT_OUTPUT),
        ({"output_kind": OutputKind.CO2}, Code.DIRECT_OUTPUT),
        ({"output_kind": OutputKind.HEARTBEAT}, Code.DIRECT_OUTPUT),
        ({"output_kind": OutputKind.DEVICE_SETTING}, Code.DIRECT_OUTPUT),
        ({"output_kind": OutputKind.MODE}, Code.NONE),
    ],
)
def test_only_setpoints_and_modes_are_sent_on_request(changes, code):
    assert verdict_of(**changes) is code


@pytest.mark.parametrize(("value", "code"), [(1.0, Code.NONE), (3.0, Code.NOT_A_STATE), (0.5, Code.NOT_A_STATE)])
def test_a_mode_takes_its_numbers_only(value, code):
    assert verdict_of(value, state_numbers=frozenset({0, 1, 2}), limits=(0.0, 9.0)) is code


@pytest.mark.parametrize(
    ("link", "code"),
    [
        (sample(2), Code.NONE),
        (sample(1), Code.NONE),
        (sample(0), Code.LINK_DOWN),
        (None, Code.LINK_UNKNOWN),
        (sample(None), Code.LINK_UNKNOWN),
        (sample(2, quality=Quality.BAD), Code.LINK_UNKNOWN),
        (sample(2, age_s=10.0), Code.NONE),
        (sample(2, age_s=10.1), Code.LINK_UNKNOWN),
        (sample(2, age_s=-3600.0), Code.LINK_UNKNOWN),
    ],
)
def test_an_unknown_link_is_a_refusal_and_not_a_pass(link, code):
    """The control process tells the link at least every 5 s; after 10 s it is not known any more."""
    assert verdict_of(link=link) is code


@pytest.mark.parametrize(
    ("location", "interval_s", "code"),
    [
        (None, None, Code.NONE),
        (sample(1), 5.0, Code.NONE),
        (sample(0), 5.0, Code.LOCAL_CONTROL),
        (None, 5.0, Code.LOCATION_UNKNOWN),
        (sample(None), 5.0, Code.LOCATION_UNKNOWN),
        (sample(1, quality=Quality.BAD), 5.0, Code.LOCATION_UNKNOWN),
        (sample(1, age_s=299.0), 5.0, Code.NONE),
        (sample(1, age_s=301.0), 5.0, Code.LOCATION_UNKNOWN),
    ],
)
def test_a_device_switched_to_local_takes_nothing(location, interval_s, code):
    assert verdict_of(location=location, location_interval_s=interval_s) is code


@pytest.mark.parametrize(
    ("confirmed", "seen", "changed"),
    [
        (sample(16.0), 16.0, False),
        (sample(16.04), 16.0, False),
        (sample(16.06), 16.0, True),
        (sample(16.0), None, True),
        (None, 16.0, True),
        (sample(16.0, quality=Quality.BAD), 16.0, True),
        (None, None, False),
        (sample(0.0), None, True),
    ],
)
def test_a_change_since_the_person_looked_is_noticed(confirmed, seen, changed):
    """Within the tolerance of the read-back it is the same value; not known is not the same as 0."""
    assert has_changed(replace(TARGET, confirmed=confirmed), seen) is changed


@pytest.mark.parametrize("seen", [math.nan, math.inf, -math.inf])
def test_a_value_that_nobody_can_have_seen_counts_as_changed(seen):
    assert has_changed(TARGET, seen)


def test_a_bad_value_is_not_a_value_in_force():
    assert confirmed_value(replace(TARGET, confirmed=sample(16.0, quality=Quality.BAD))) is None


@given(st.floats(allow_nan=True, allow_infinity=True))
def test_what_passes_is_always_within_the_limits(value):
    if check(TARGET, value, now=NOW) is None:
        assert 5.0 <= value <= 30.0


@pytest.mark.parametrize(
    ("one", "other", "tolerance", "is_same"),
    [
        (18.0, 18.0, None, True),
        (18.0, 18.25, 0.25, True),
        (18.25, 18.0, 0.25, True),
        (18.0, 18.26, 0.25, False),
        (18.0, 18.01, None, False),
        (-0.25, 0.0, 0.25, True),
        (None, 18.0, 0.25, False),
        (18.0, None, 0.25, False),
        (None, None, 0.25, False),
        (math.nan, math.nan, 0.25, False),
        (math.inf, math.inf, 0.25, False),
    ],
)
def test_two_values_are_the_same_up_to_the_tolerance_and_never_what_is_not_known(one, other, tolerance, is_same):
    assert agree(one, other, tolerance=tolerance) is is_same
