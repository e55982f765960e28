"""What becomes history: against an oracle that goes sample by sample."""

from __future__ import annotations

import math
from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devices.profiles.recording import EVERY_POLL, HEARTBEAT_S, RecordMode, RecordPolicy, default_policy
from devices.samples import Origin, Quality, Reason
from devices.units import Quantity
from greenhouse.telemetry import ingest, series
from greenhouse.telemetry.recorder import Recorder
from tests.telemetry.conftest import START, after, reading

AIR, MODE, DIRECTION = "a.air", "a.mode", "a.direction"
QUANTITIES = {AIR: Quantity.TEMPERATURE, MODE: Quantity.MODE, DIRECTION: Quantity.WIND_DIRECTION}
ON_CHANGE = RecordPolicy(RecordMode.CHANGE, dead_band=0.2)
POLICIES = st.sampled_from(
    [EVERY_POLL, ON_CHANGE, RecordPolicy(RecordMode.CHANGE), RecordPolicy(RecordMode.INTERVAL, interval_s=30.0)]
)
_POLLS = st.lists(
    st.tuples(
        st.sampled_from([0.1, 2.0, 5.0, 31.0, 61.0, -3.0]),  # the clock may be set back
        st.integers(-5, 5).map(lambda steps: 20 + steps / 10) | st.just(math.nan) | st.just(math.inf),
        st.sampled_from([Quality.GOOD, Quality.GOOD, Quality.BAD]),
        st.sampled_from([Origin.MEASURED, Origin.MEASURED, Origin.SIMULATED]),
    ),
    min_size=1,
    max_size=30,
)


def polls_of(drawn, point=AIR):
    at_s, readings = 0.0, []
    for step_s, value, quality, origin in drawn:
        at_s += step_s
        readings.append(reading({point: value}, after(at_s), quality=quality, origin=origin))
    return readings


def is_due(last, now, policy, *, circular=False) -> bool:
    """The rule in words: first, another attribute, a value that came or went, too different, too long ago, back."""
    if last is None or policy.mode is RecordMode.EVERY:
        return True
    (old, new), (old_at, new_at) = (last.values[0], now.values[0]), (last.observed_at, now.observed_at)
    if (last.quality[0], last.origin) != (now.quality[0], now.origin) or np.isfinite(old) != np.isfinite(new):
        return True
    if new_at < old_at or new_at - old_at >= timedelta(seconds=policy.due_after_s):
        return True
    if policy.mode is RecordMode.INTERVAL or not np.isfinite(new):
        return False
    difference = abs(new - old)
    return (min(difference, 360 - difference) if circular else difference) > policy.dead_band + 1e-6


@settings(deadline=None)
@given(_POLLS, POLICIES, st.integers(1, 7))
def test_what_is_recorded_is_what_the_rule_says(drawn, policy, per_tick):
    recorder, readings, last = Recorder({AIR: policy}, QUANTITIES), polls_of(drawn), None
    for first in range(0, len(readings), per_tick):
        some = readings[first : first + per_tick]
        choice = recorder.choose(some)
        for now, mask in zip(some, choice.masks, strict=True):
            assert mask.tolist() == [is_due(last, now, policy)]
            last = now if mask[0] else last
        recorder.accept(choice)


@settings(deadline=None)
@given(_POLLS)
def test_no_poll_is_further_from_the_recorded_value_than_the_dead_band(drawn):
    """What rules and alarms saw can be told from the history, but for the dead band."""
    recorder, recorded = Recorder({AIR: ON_CHANGE}, QUANTITIES), None
    for now in polls_of(drawn):
        choice = recorder.choose([now])
        recorder.accept(choice)
        recorded = now if choice.masks[0][0] else recorded
        assert recorded.quality[0] == now.quality[0]
        if np.isfinite(now.values[0]):
            assert abs(recorded.values[0] - now.values[0]) <= 0.2 + 1e-6
        else:
            assert not np.isfinite(recorded.values[0])


def test_a_choice_that_was_not_stored_is_made_again():
    """The transaction failed: the same readings come again and are chosen again."""
    recorder = Recorder({AIR: ON_CHANGE}, QUANTITIES)
    polls = [reading({AIR: 20.0})]
    assert [recorder.choose(polls).masks[0][0] for _ in range(2)] == [True, True]
    recorder.accept(recorder.choose(polls))
    assert not recorder.choose(polls).masks[0][0]


def test_a_steady_value_is_recorded_once_a_minute():
    recorder, recorded = Recorder({AIR: ON_CHANGE}, QUANTITIES), []
    for second in range(0, 301, 5):
        choice = recorder.choose([reading({AIR: 20.0}, after(second))])
        recorder.accept(choice)
        recorded += [second] * int(choice.masks[0][0])
    assert recorded == [0, 60, 120, 180, 240, 300]


@pytest.mark.parametrize(("directions", "recorded"), [((359.0, 1.0), 1), ((359.0, 8.0), 2), ((10.0, 350.0), 2)])
def test_a_direction_turns_the_short_way_round(directions, recorded):
    recorder = Recorder({DIRECTION: RecordPolicy(RecordMode.CHANGE, 5.0)}, QUANTITIES)
    choice = recorder.choose([reading({DIRECTION: degrees}, after(i)) for i, degrees in enumerate(directions)])
    assert sum(int(mask[0]) for mask in choice.masks) == recorded


def test_one_step_of_a_decimal_instrument_is_no_change():
    """21.3 - 21.2 is a hair above 0.1 in binary."""
    recorder = Recorder({AIR: RecordPolicy(RecordMode.CHANGE, 0.1)}, QUANTITIES)
    choice = recorder.choose([reading({AIR: value}, after(i)) for i, value in enumerate((21.2, 21.3, 21.4))])
    assert [bool(mask[0]) for mask in choice.masks] == [True, False, True]


def test_a_counter_moves_on_although_its_float_does_not():
    recorder = Recorder({AIR: RecordPolicy(RecordMode.CHANGE)}, QUANTITIES)
    choice = recorder.choose([reading({AIR: 2**60 + i // 2}, after(i)) for i in range(6)])
    assert [bool(mask[0]) for mask in choice.masks] == [True, False, True, False, True, False]


def test_a_change_of_reason_alone_is_recorded():
    recorder = Recorder({AIR: ON_CHANGE}, QUANTITIES)
    polls = [
        reading({AIR: 99.0}, after(i), quality=Quality.BAD, reason=reason)
        for i, reason in enumerate((Reason.OUT_OF_RANGE, Reason.OUT_OF_RANGE, Reason.DEVICE_FAULT))
    ]
    assert [bool(mask[0]) for mask in recorder.choose(polls).masks] == [True, False, True]


def test_a_point_without_a_policy_is_always_recorded():
    recorder = Recorder({AIR: ON_CHANGE}, QUANTITIES)
    choice = recorder.choose(
        [reading({"ghost.value": 1.0, AIR: 20.0}), reading({"ghost.value": 1.0, AIR: 20.0}, after(1))]
    )
    assert [mask.tolist() for mask in choice.masks] == [[True, True], [True, False]]


@pytest.mark.parametrize("quantity", Quantity)
def test_the_default_records_at_least_once_a_minute_and_setpoints_at_any_change(quantity):
    """A slow poll is recorded each time."""
    policy = default_policy(quantity, is_writable=False, poll_s=5.0)
    assert policy.longest_gap_s(5.0) <= HEARTBEAT_S + 5.0
    assert default_policy(quantity, is_writable=True, poll_s=5.0).dead_band == 0.0
    assert default_policy(quantity, is_writable=False, poll_s=3600.0) == EVERY_POLL


@pytest.mark.django_db(databases=["default", "telemetry"])
def test_the_newest_value_follows_every_poll_and_the_history_only_what_is_recorded(index):
    recorder = Recorder(index.records, index.quantities)
    key = "h1-climate.air_temperature"
    polls = [reading({key: 20.0 + i / 100}, after(i)) for i in range(8)]
    stored = ingest.record(polls, ids=index.ids, writer="control", tick=1, now=after(9), recorder=recorder)
    assert (stored.samples, stored.history) == (8, 1)
    assert series.latest()[key].value == 20.07
    assert series.samples(key, START, after(60)).samples.values.tolist() == [20.0]
