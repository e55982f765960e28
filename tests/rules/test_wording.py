"""Every reason in one sentence, in both languages, with the numbers that it was decided by."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.utils.translation import override
from hypothesis import given, settings
from hypothesis import strategies as st

from greenhouse.commands.seen import MISSING, Seen, Standing, seen
from greenhouse.rules.evaluate.climate import evaluate
from greenhouse.rules.evaluate.decisions import Actuator, Decision, Why
from greenhouse.rules.evaluate.snapshot import ClimateSnapshot
from greenhouse.rules.wording import sentence
from tests.rules.programs import PROGRAM, noon

AT = datetime(2027, 1, 15, 4, tzinfo=UTC)
FACTS = ("period", "air", "from", "band", "outside", "limit", "wind", "position", "radiation", "wait", "rest")
EVERY_FACT = dict.fromkeys(FACTS, 1.0)


def said(actuator: Actuator, target: float | None, why: Why, **facts: float) -> str:
    return sentence(Decision(actuator, target, why, AT, facts))


@pytest.mark.parametrize(
    ("decision", "zh", "en"),
    [
        (
            (Actuator.ROOF_VENT, 30.0, Why.TOO_WARM, {"air": 27.44, "from": 26.0, "band": 4.0}),
            "上通风口开 30 %：气温 27.4 °C 高于通风温度 26 °C。",
            "Roof vent 30 %: the air at 27.4 °C is above the ventilation temperature of 26 °C.",
        ),
        (
            (Actuator.BLANKET, None, Why.WIND_UNKNOWN, {}),
            "保温被保持原位：风速不知道。",
            "Blanket stays as it is: the wind is not known.",
        ),
        (
            (Actuator.BOTTOM_VENT, 0.0, Why.COLD_OUTSIDE, {"outside": -4.25, "limit": 12.0}),
            "下通风口关闭：室外 −4.2 °C，太冷，高于 12 °C 才开。",
            "Bottom vent shut: at −4.2 °C it is too cold outside; it opens above 12 °C only.",
        ),
    ],
    ids=["too warm", "not known", "below zero"],
)
def test_a_decision_reads_as_a_person_would_say_it(decision, zh, en):
    actuator, target, why, facts = decision
    with override("zh-hans"):
        assert said(actuator, target, why, **facts) == zh
    with override("en"):
        assert said(actuator, target, why, **facts) == en


@pytest.mark.parametrize("language", ["zh-hans", "en"])
@pytest.mark.parametrize("why", Why)
def test_every_reason_has_a_sentence(why, language):
    with override(language):
        for actuator in Actuator:
            for target in (None, 0.0, 30.0, 100.0):
                text = said(actuator, target, why, **EVERY_FACT)
                assert text.endswith((".", "。"))
                assert not re.search(r"%\(|%[a-z]", text)


VALUES = st.one_of(
    st.just(MISSING),
    st.just(Seen(3.0, Standing.STALE)),
    st.just(Seen(None, Standing.BAD)),
    st.floats(-30, 110).map(seen),
)


@settings(max_examples=60)
@given(
    st.integers(0, 24 * 60),
    st.tuples(*[VALUES] * 4),
    st.sampled_from([MISSING, seen(0.0), seen(1.0), Seen(None, Standing.BAD)]),
    st.fixed_dictionaries(dict.fromkeys(Actuator, VALUES)),
)
def test_what_is_decided_can_be_said_whatever_was_seen(minutes, values, rain, positions):
    """No decision lacks a fact that its sentence needs."""
    air, outside, wind, radiation = values
    begin = noon()
    snapshot = ClimateSnapshot(
        program=PROGRAM,
        day=begin.day,
        equipment=tuple(Actuator),
        air_c=air,
        outside_c=outside,
        wind_m_s=wind,
        is_raining=rain,
        radiation_w_m2=radiation,
        positions=positions,
    )
    for decision in evaluate(snapshot, begin.day.midnight + timedelta(minutes=minutes)):
        with override("en"):
            assert sentence(decision)
