"""What interlocks forbid and what they demand. Nothing they say delays a move to safe."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.profiles.outputs import OutputKind
from devices.profiles.schema import Role
from greenhouse.commands.checks import Code
from greenhouse.commands.interlocks import BlanketSeen, Cause, Forced, Move, Situation, VentSeen, Watched, check, forced
from greenhouse.commands.seen import MISSING, Seen, Standing, seen
from greenhouse.commands.weather_limits import WeatherLimits

NOW = datetime(2027, 1, 15, 4, tzinfo=UTC)
LIMITS = WeatherLimits()
BREEZE, DRY = seen(2.0), seen(0.0)
STALE, BAD = Seen(2.0, Standing.STALE), Seen(None, Standing.BAD)
UP, DOWN = BlanketSeen(seen(100.0)), BlanketSeen(seen(0.0))
CALM = Situation(position=seen(20.0), blankets=(UP,), wind_m_s=seen(2.0), is_raining=seen(0.0))
"""Noon of a quiet day: the blanket is up and the vent stands at 20 %."""
EVENING = Situation(
    position=seen(100.0), blankets=(UP,), vents=(VentSeen(seen(0.0)),), wind_m_s=seen(2.0), is_raining=seen(0.0)
)


def vent(to_pct: float | None, role: Role | None = Role.ROOF_VENT) -> Move:
    return Move(OutputKind.VENT, role, to_pct)


def blanket(to_pct: float | None) -> Move:
    return Move(OutputKind.WINDER, Role.BLANKET, to_pct)


def net(to_pct: float | None) -> Move:
    return Move(OutputKind.SHADING_NET, Role.SHADE, to_pct)


def code_of(move: Move, situation: Situation) -> Code | None:
    verdict = check(move, situation, NOW)
    return None if verdict is None else verdict.code


def test_a_quiet_day_forbids_nothing():
    assert code_of(vent(100.0), CALM) is None
    assert code_of(blanket(0.0), EVENING) is None
    assert code_of(blanket(100.0), replace(EVENING, position=seen(0.0))) is None


@pytest.mark.parametrize(
    ("change", "to_pct", "code"),
    [
        ({"blankets": (DOWN,)}, 30.0, Code.BLANKET_NOT_UP),
        ({"blankets": (BlanketSeen(seen(94.0)),)}, 30.0, Code.BLANKET_NOT_UP),
        ({"blankets": (BlanketSeen(seen(100.0), is_coming_down=True),)}, 30.0, Code.BLANKET_NOT_UP),
        ({"blankets": (UP, BlanketSeen(STALE))}, 30.0, Code.BLANKET_UNKNOWN),
        ({"blankets": (BlanketSeen(BAD),)}, 30.0, Code.BLANKET_UNKNOWN),
        ({"wind_m_s": seen(8.0)}, 51.0, Code.WIND_LIMITS_VENT),
        ({"wind_m_s": seen(12.0)}, 21.0, Code.WIND_LIMITS_VENT),
        ({"wind_m_s": seen(15.0), "position": seen(0.0)}, 5.0, Code.WIND_LIMITS_VENT),
        ({"wind_m_s": STALE}, 31.0, Code.WIND_UNKNOWN),
        ({"wind_m_s": MISSING}, 31.0, Code.WIND_UNKNOWN),
        ({"is_raining": seen(1.0)}, 21.0, Code.RAIN_LIMITS_VENT),
        ({"is_raining": STALE}, 31.0, Code.RAIN_UNKNOWN),
        ({"is_locked": True}, 30.0, Code.OVER_TRAVEL),
        ({"position": STALE, "blankets": (DOWN,)}, 10.0, Code.BLANKET_NOT_UP),
    ],
)
def test_a_vent_does_not_open(change, to_pct, code):
    assert code_of(vent(to_pct), replace(CALM, **change)) is code


@pytest.mark.parametrize(
    ("change", "to_pct"),
    [
        ({"wind_m_s": seen(8.0)}, 50.0),
        ({"wind_m_s": STALE}, 30.0),
        ({"is_raining": MISSING}, 100.0),
        ({"is_raining": STALE}, 30.0),
        ({"blankets": ()}, 100.0),
    ],
    ids=["half in wind", "a dead anemometer cooks no crop", "no rain sensor", "a dead one", "no blanket"],
)
def test_a_vent_opens_as_far_as_is_safe(change, to_pct):
    assert code_of(vent(to_pct), replace(CALM, **change)) is None


@pytest.mark.parametrize("role", [Role.WINDWARD_VENT, None])
def test_to_windward_nothing_opens_in_strong_wind_nor_does_what_nobody_named(role):
    windy = replace(CALM, wind_m_s=seen(12.0), position=seen(0.0))
    assert code_of(vent(15.0, Role.LEE_VENT), windy) is None
    assert code_of(vent(15.0, role), windy) is Code.WIND_LIMITS_VENT


@pytest.mark.parametrize(
    ("to_pct", "change", "code"),
    [
        (100.0, {"wind_m_s": seen(10.0)}, Code.WIND_HOLDS_BLANKET),
        (0.0, {"wind_m_s": seen(10.0)}, Code.WIND_HOLDS_BLANKET),
        (100.0, {"wind_m_s": STALE}, Code.WIND_UNKNOWN_BLANKET),
        (0.0, {"wind_m_s": STALE}, None),
        (0.0, {"vents": (VentSeen(seen(0.0)), VentSeen(seen(4.0)))}, Code.VENTS_OPEN),
        (0.0, {"vents": (VentSeen(STALE),)}, Code.VENT_UNKNOWN),
        (100.0, {"vents": (VentSeen(seen(40.0)),)}, None),
        (0.0, {"is_locked": True}, Code.OVER_TRAVEL),
        (100.0, {"is_locked": True}, Code.OVER_TRAVEL),
    ],
)
def test_a_blanket_does_not_move(to_pct, change, code):
    assert code_of(blanket(to_pct), replace(EVENING, **change)) is code


@pytest.mark.parametrize(("waited_min", "code"), [(14.9, Code.VENTS_OPEN), (15.0, None)])
def test_a_vent_that_was_told_to_shut_and_does_not_lets_no_crop_freeze(waited_min, code):
    stuck = VentSeen(seen(40.0), told_to_shut_at=NOW - timedelta(minutes=waited_min))
    assert code_of(blanket(0.0), replace(EVENING, vents=(stuck,))) is code


def test_a_pump_starts_only_on_an_open_valve():
    on, off = Move(OutputKind.PUMP, None, 100.0), Move(OutputKind.PUMP, None, 0.0)
    for valves in ((), (seen(0.0), seen(0.0)), (Seen(1.0, Standing.STALE),)):
        assert code_of(on, Situation(valves=valves)) is Code.NO_OPEN_VALVE
        assert code_of(off, Situation(valves=valves)) is None
    assert code_of(on, Situation(valves=(seen(0.0), seen(1.0)))) is None


VALUES = st.one_of(st.just(MISSING), st.just(STALE), st.just(BAD), st.floats(0.0, 100.0).map(seen))
SITUATIONS = st.builds(
    Situation,
    position=VALUES,
    is_locked=st.booleans(),
    blankets=st.lists(st.builds(BlanketSeen, VALUES, st.booleans()), max_size=2).map(tuple),
    vents=st.lists(st.builds(VentSeen, VALUES), max_size=2).map(tuple),
    wind_m_s=VALUES,
    is_raining=st.sampled_from([MISSING, STALE, BAD, seen(0.0), seen(1.0)]),
)
SAFE = st.one_of(
    st.builds(Move, st.sampled_from(OutputKind), st.sampled_from([None, *Role]), st.none()),
    st.builds(
        Move,
        st.sampled_from(
            [
                OutputKind.VENT,
                OutputKind.SHADING_NET,
                OutputKind.VALVE,
                OutputKind.PUMP,
                OutputKind.DOSING,
                OutputKind.HEATER,
            ]
        ),
        st.sampled_from([None, *Role]),
        st.just(0.0),
    ),
)


@given(SAFE, SITUATIONS)
def test_nothing_delays_a_move_to_safe(move, situation):
    """Stopping and closing go through in storm, rain, with dead sensors and with a locked output."""
    assert check(move, situation, NOW) is None


@given(SITUATIONS, st.floats(0.0, 100.0))
def test_no_vent_opens_further_than_wind_and_rain_allow(situation, to_pct):
    if check(vent(to_pct), situation, NOW) is not None:
        return
    position = situation.position.usable
    if to_pct == 0.0 or (position is not None and to_pct <= position):
        return
    wind = situation.wind_m_s.usable
    assert not situation.is_locked
    assert all(found.position.usable is not None and found.position.usable >= 95.0 for found in situation.blankets)
    assert to_pct <= LIMITS.vent_unknown_pct if wind is None else wind < LIMITS.vent_shut_m_s
    assert not situation.is_raining.usable or to_pct <= LIMITS.vent_rain_pct


def watched(**changes: object) -> Watched:
    asked: dict[str, object] = {
        "point": "h1-vent.target_position",
        "kind": OutputKind.VENT,
        "role": Role.ROOF_VENT,
        "asked_pct": 60.0,
        "ran_s": None,
        "longest_run_s": 234.0,
    }
    return Watched(**(asked | changes))  # type: ignore[arg-type]


def demands(output: Watched, wind: Seen = BREEZE, rain: Seen = DRY) -> list[tuple[float | None, Cause]]:
    return [(found.to_pct, found.cause) for found in forced([output], wind, rain, LIMITS)]


def test_storm_and_rain_shut_vents_as_far_as_they_must():
    assert demands(watched()) == []
    assert demands(watched(), seen(8.0)) == [(50.0, Cause.STORM)]
    assert demands(watched(), seen(13.0)) == [(15.0, Cause.STORM)]
    assert demands(watched(role=None), seen(13.0)) == [(0.0, Cause.STORM)]
    assert demands(watched(), seen(20.0), seen(1.0)) == [(0.0, Cause.STORM)]
    assert demands(watched(), seen(8.0), seen(1.0)) == [(10.0, Cause.RAIN)]
    assert demands(watched(asked_pct=None), seen(20.0)) == [(0.0, Cause.STORM)]
    # In less than a storm too: to send it to what this wind allows would open one that is shut.
    assert demands(watched(asked_pct=None), seen(8.0)) == [(0.0, Cause.STORM)]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({}, None),
        ({"wind_m_s": seen(9.9)}, None),
        ({"wind_m_s": seen(10.0)}, Code.WIND_HOLDS_NET),
        ({"wind_m_s": STALE}, Code.WIND_UNKNOWN_NET),
        ({"wind_m_s": MISSING}, Code.WIND_UNKNOWN_NET),
        ({"is_raining": seen(1.0)}, Code.RAIN_HOLDS_NET),
        ({"is_raining": BAD}, Code.RAIN_UNKNOWN_NET),
        ({"is_locked": True}, Code.OVER_TRAVEL),
    ],
)
def test_a_shading_net_is_drawn_in_calm_dry_weather_alone(change, code):
    assert code_of(net(100.0), replace(CALM, **change)) is code
    assert code_of(net(10.0), replace(CALM, **change)) is None, "further back than it stands is always safe"


def test_storm_and_rain_pull_a_shading_net_back():
    drawn = watched(point="g1-shade.target_position", kind=OutputKind.SHADING_NET, role=Role.SHADE, asked_pct=100.0)
    assert demands(drawn, seen(9.9)) == []
    assert demands(drawn, seen(10.0)) == [(0.0, Cause.STORM)]
    assert demands(drawn, seen(2.0), seen(1.0)) == [(0.0, Cause.RAIN)]
    assert demands(replace(drawn, asked_pct=0.0), seen(20.0)) == []


@pytest.mark.parametrize(
    ("wind", "rain", "cause"),
    [
        (STALE, DRY, Cause.WEATHER_UNKNOWN),
        (BAD, DRY, Cause.WEATHER_UNKNOWN),
        (BREEZE, STALE, Cause.WEATHER_UNKNOWN),
        (BREEZE, BAD, Cause.WEATHER_UNKNOWN),
        (STALE, seen(1.0), Cause.RAIN),
        (seen(10.0), STALE, Cause.STORM),
        (BREEZE, MISSING, None),
        (MISSING, DRY, None),
    ],
)
def test_weather_that_is_not_known_pulls_a_shading_net_back(wind, rain, cause):
    """No sensor at all is another matter: such a base draws its nets knowing that."""
    drawn = watched(point="g1-shade.target_position", kind=OutputKind.SHADING_NET, role=Role.SHADE, asked_pct=100.0)
    assert demands(drawn, wind, rain) == ([] if cause is None else [(0.0, cause)])
    assert demands(replace(drawn, asked_pct=0.0), wind, rain) == []


def test_no_weather_moves_a_thermal_screen():
    screen = watched(point="g1-screen.target_position", kind=OutputKind.THERMAL_SCREEN, role=Role.SCREEN)
    assert demands(screen, seen(25.0), seen(1.0)) == []
    assert code_of(Move(OutputKind.THERMAL_SCREEN, Role.SCREEN, 100.0), replace(CALM, wind_m_s=seen(25.0))) is None


def test_what_stands_as_it_must_is_left_alone():
    assert demands(watched(asked_pct=50.0), seen(8.0)) == []
    assert demands(watched(asked_pct=0.0), seen(30.0)) == []


def test_unknown_weather_moves_no_vent_by_itself():
    """A dead station would shut every vent of the base on a hot noon; how far they may open is another rule's."""
    assert demands(watched(), STALE, STALE) == []


def test_a_motor_that_runs_too_long_is_stopped_before_all_else():
    assert demands(watched(ran_s=234.0)) == []
    assert demands(watched(ran_s=235.0), seen(20.0)) == [(None, Cause.OVER_TRAVEL)]
    winder = watched(point="h1-blanket.motor_command", kind=OutputKind.WINDER, role=Role.BLANKET, ran_s=500.0)
    assert list(forced([winder], seen(2.0), MISSING, LIMITS)) == [
        Forced("h1-blanket.motor_command", None, Cause.OVER_TRAVEL)
    ]
