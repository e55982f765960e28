"""What a climate program wants, and why."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from greenhouse.commands.seen import MISSING, Seen, Standing, seen
from greenhouse.rules.evaluate.climate import evaluate
from greenhouse.rules.evaluate.decisions import VENTS, Actuator, Decision, Why
from greenhouse.rules.evaluate.snapshot import ClimateSnapshot
from greenhouse.rules.evaluate.vents import band_k
from tests.rules.programs import GLASS, JANUARY, PROGRAM, at, noon

STALE = Seen(24.0, Standing.STALE)
UP = {Actuator.BLANKET: seen(100.0)}
DOWN = {Actuator.BLANKET: seen(0.0)}


def decided(snapshot: ClimateSnapshot, hour: float = 13.0) -> dict[Actuator, Decision]:
    return {decision.actuator: decision for decision in evaluate(snapshot, at(hour))}


def wanted(snapshot: ClimateSnapshot, hour: float = 13.0) -> dict[Actuator, tuple[float | None, Why]]:
    return {actuator: (found.target, found.why) for actuator, found in decided(snapshot, hour).items()}


class TestSetpoints:
    def test_follow_the_period(self) -> None:
        assert wanted(noon())[Actuator.HEATING_SETPOINT] == (12.0, Why.PERIOD)
        assert wanted(noon(), 20)[Actuator.HEATING_SETPOINT] == (10.0, Why.PERIOD)
        assert decided(noon(), 20)[Actuator.VENTILATION_SETPOINT].facts == {"period": 2.0}


class TestVents:
    """The figures of the band are those of the design: 4 K at 15 °C outside, about 10 K at -5 °C."""

    @pytest.mark.parametrize(
        ("outside_c", "wind_m_s", "expected_k"), [(15, 2, 4.0), (25, 4, 4.0), (-5, 0, 10.0), (15, 9, 6.0)]
    )
    def test_the_band_grows_with_cold_and_wind(self, outside_c: float, wind_m_s: float, expected_k: float) -> None:
        assert band_k(PROGRAM.vents, outside_c=outside_c, wind_m_s=wind_m_s) == pytest.approx(expected_k)

    @pytest.mark.parametrize(("air_c", "pct"), [(27.9, 0), (28.0, 0), (29.0, 25), (30.0, 50), (32.0, 100), (40.0, 100)])
    def test_a_roof_vent_opens_in_the_band(self, air_c: float, pct: float) -> None:
        assert wanted(noon(air_c=seen(air_c)))[Actuator.ROOF_VENT][0] == pytest.approx(pct)

    def test_the_bottom_vent_follows_when_the_roof_is_open(self) -> None:
        assert wanted(noon(air_c=seen(31.0)))[Actuator.BOTTOM_VENT] == (0.0, Why.ROOF_FIRST)
        assert wanted(noon(air_c=seen(34.0)))[Actuator.BOTTOM_VENT] == (50.0, Why.TOO_WARM)

    def test_the_bottom_vent_stays_shut_in_the_cold(self) -> None:
        assert wanted(noon(air_c=seen(60.0), outside_c=seen(-10.0)))[Actuator.BOTTOM_VENT] == (0.0, Why.COLD_OUTSIDE)
        unknown = decided(noon(air_c=seen(60.0), outside_c=MISSING))
        assert unknown[Actuator.BOTTOM_VENT].why is Why.OUTSIDE_UNKNOWN
        assert unknown[Actuator.ROOF_VENT].target == 100.0

    @pytest.mark.parametrize(
        ("wind_m_s", "lee_pct", "windward_pct"),
        [(7.9, 100, 100), (8.0, 50, 50), (11.9, 50, 50), (12.0, 15, 0), (14.9, 15, 0), (15.0, 0, 0)],
    )
    def test_wind_shuts_them_by_steps(self, wind_m_s: float, lee_pct: float, windward_pct: float) -> None:
        found = wanted(noon(air_c=seen(60.0), wind_m_s=seen(wind_m_s), equipment=GLASS))
        assert found[Actuator.LEE_VENT][0] == lee_pct
        assert found[Actuator.WINDWARD_VENT][0] == windward_pct

    def test_rain_leaves_a_tenth(self) -> None:
        assert wanted(noon(air_c=seen(60.0), is_raining=seen(1.0)))[Actuator.ROOF_VENT] == (10.0, Why.RAIN)

    def test_a_dead_wind_sensor_cooks_no_crop(self) -> None:
        found = decided(noon(air_c=seen(60.0), wind_m_s=Seen(3.0, Standing.STALE)))[Actuator.ROOF_VENT]
        assert (found.target, found.why, found.is_safe_state) == (30.0, Why.WIND_UNKNOWN, True)

    @pytest.mark.parametrize(("outside_c", "pct"), [(-20, 0), (5, 0), (15, 25), (25, 50), (38, 50)])
    def test_without_the_air_they_follow_the_outside(self, outside_c: float, pct: float) -> None:
        found = decided(noon(air_c=STALE, outside_c=seen(outside_c)))[Actuator.ROOF_VENT]
        assert (found.target, found.why, found.is_safe_state) == (pytest.approx(pct), Why.AIR_UNKNOWN, True)

    def test_without_any_temperature_they_stay(self) -> None:
        found = decided(noon(air_c=STALE, outside_c=MISSING))[Actuator.ROOF_VENT]
        assert (found.target, found.why, found.is_safe_state) == (None, Why.NOTHING_KNOWN, True)

    def test_are_shut_until_the_blanket_is_up(self) -> None:
        halfway = noon(air_c=seen(60.0), positions={Actuator.BLANKET: seen(80.0)})
        assert wanted(halfway)[Actuator.ROOF_VENT] == (0.0, Why.BLANKET_NOT_UP)
        unknown = noon(air_c=seen(60.0), positions={})
        assert wanted(unknown)[Actuator.ROOF_VENT] == (None, Why.BLANKET_UNKNOWN)

    def test_small_differences_are_not_driven(self) -> None:
        first = decided(noon(air_c=seen(29.0)))
        later = wanted(noon(air_c=seen(29.1), last=first), 14)
        assert later[Actuator.ROOF_VENT][0] == 25.0
        assert wanted(noon(air_c=seen(29.3), last=first), 14)[Actuator.ROOF_VENT][0] == pytest.approx(32.5)

    def test_a_vent_rests_between_moves_but_not_in_a_storm(self) -> None:
        first = decided(noon(air_c=seen(29.0)))
        soon = 13 + 1 / 60
        assert wanted(noon(air_c=seen(31.0), last=first), soon)[Actuator.ROOF_VENT][0] == 25.0
        storm = noon(air_c=seen(31.0), last=first, wind_m_s=seen(20.0))
        assert wanted(storm, soon)[Actuator.ROOF_VENT] == (0.0, Why.WIND)

    def test_the_same_target_keeps_its_moment(self) -> None:
        first = decided(noon(air_c=seen(29.0)))
        again = decided(noon(air_c=seen(29.0), last=first), 14)
        assert again[Actuator.ROOF_VENT].since == at(13)


class TestBlanket:
    """On 15 January the sun rises at 8:11 and sets at 17:51 here."""

    def test_waits_for_the_sun_but_not_for_ever(self) -> None:
        dull = noon(positions=DOWN, radiation_w_m2=seen(20.0))
        assert wanted(dull, 8.5)[Actuator.BLANKET] == (0.0, Why.NIGHT)
        assert wanted(dull, 9.5)[Actuator.BLANKET] == (0.0, Why.WAITS_FOR_SUN)
        assert wanted(dull, 10.0)[Actuator.BLANKET] == (100.0, Why.WAITED_LONG_ENOUGH)
        assert wanted(noon(positions=DOWN), 9.5)[Actuator.BLANKET] == (100.0, Why.DAY)

    def test_an_unknown_sun_is_waited_for_as_long(self) -> None:
        blind = noon(positions=DOWN, radiation_w_m2=MISSING)
        assert wanted(blind, 9.5)[Actuator.BLANKET][0] == 0.0
        assert wanted(blind, 10.0)[Actuator.BLANKET][0] == 100.0

    def test_a_cloud_does_not_bring_it_down_again(self) -> None:
        rolling = decided(noon(positions=DOWN), 9.2)
        cloudy = noon(positions={Actuator.BLANKET: seen(40.0)}, radiation_w_m2=seen(10.0), last=rolling)
        assert wanted(cloudy, 9.3)[Actuator.BLANKET][0] == 100.0
        after_a_restart = noon(positions=UP, radiation_w_m2=seen(10.0))
        assert wanted(after_a_restart, 9.3)[Actuator.BLANKET][0] == 100.0

    def test_comes_down_once_the_vents_are_shut(self) -> None:
        open_roof = noon(positions=UP | {Actuator.ROOF_VENT: seen(40.0)}, air_c=seen(35.0))
        evening = wanted(open_roof, 17.4)
        assert evening[Actuator.BLANKET] == (None, Why.WAITS_FOR_VENTS)
        assert evening[Actuator.ROOF_VENT] == (0.0, Why.BLANKET_COMES_DOWN)
        shut = noon(positions=UP | {Actuator.ROOF_VENT: seen(2.0)}, air_c=seen(35.0))
        assert wanted(shut, 17.4)[Actuator.BLANKET] == (0.0, Why.NIGHT)
        assert wanted(open_roof, 17.7)[Actuator.BLANKET] == (0.0, Why.NIGHT)

    def test_is_not_moved_in_high_wind(self) -> None:
        by_day, by_night = (None, Why.WIND_HOLDS_BLANKET), (None, Why.WIND_KEEPS_BLANKET_UP)
        for hour, position, found in ((13, 0.0, by_day), (13, 50.0, by_day), (20, 100.0, by_night)):
            windy = noon(positions={Actuator.BLANKET: seen(position)}, wind_m_s=seen(10.0))
            assert wanted(windy, hour)[Actuator.BLANKET] == found

    def test_where_it_stands_right_wind_says_nothing(self) -> None:
        assert wanted(noon(wind_m_s=seen(20.0)))[Actuator.BLANKET] == (100.0, Why.DAY)

    def test_without_wind_it_covers_and_does_not_uncover(self) -> None:
        assert wanted(noon(positions=DOWN, wind_m_s=MISSING))[Actuator.BLANKET] == (None, Why.WIND_UNKNOWN)
        assert wanted(noon(positions=UP, wind_m_s=MISSING), 20)[Actuator.BLANKET] == (0.0, Why.NIGHT)


class TestScreen:
    def test_is_drawn_on_cold_nights(self) -> None:
        glass = noon(equipment=GLASS, outside_c=seen(-5.0))
        assert wanted(glass)[Actuator.SCREEN] == (0.0, Why.DAY)
        assert wanted(glass, 20)[Actuator.SCREEN] == (100.0, Why.NIGHT)
        assert wanted(noon(equipment=GLASS, outside_c=seen(18.0)), 20)[Actuator.SCREEN] == (0.0, Why.WARM_OUTSIDE)
        assert decided(noon(equipment=GLASS, outside_c=MISSING), 20)[Actuator.SCREEN].target == 100.0

    def test_does_not_flutter_at_the_limit(self) -> None:
        drawn = decided(noon(equipment=GLASS, outside_c=seen(11.9)), 20)
        later = noon(equipment=GLASS, outside_c=seen(12.5), last=drawn)
        assert wanted(later, 20.1)[Actuator.SCREEN][0] == 100.0

    def test_rests_between_moves_that_the_temperature_decides(self) -> None:
        drawn = decided(noon(equipment=GLASS, outside_c=seen(11.9)), 20)
        warm = noon(equipment=GLASS, outside_c=seen(14.0), last=drawn)
        assert wanted(warm, 20.2)[Actuator.SCREEN] == (100.0, Why.RESTS)
        assert wanted(warm, 20.3)[Actuator.SCREEN] == (0.0, Why.WARM_OUTSIDE)

    @pytest.mark.parametrize(("first_c", "then_c", "kept_pct"), [(11.9, 14.0, 100.0), (18.0, 5.0, 0.0)])
    def test_its_rest_lasts_over_many_looks_in_both_directions(
        self, first_c: float, then_c: float, kept_pct: float
    ) -> None:
        last = decided(noon(equipment=GLASS, outside_c=seen(first_c)), 20)
        for minute in range(1, 15):
            last = decided(noon(equipment=GLASS, outside_c=seen(then_c), last=last), 20 + minute / 60)
            assert (last[Actuator.SCREEN].target, last[Actuator.SCREEN].why) == (kept_pct, Why.RESTS), minute
        moved = wanted(noon(equipment=GLASS, outside_c=seen(then_c), last=last), 20.3)
        assert moved[Actuator.SCREEN][0] == 100.0 - kept_pct

    def test_waits_in_the_morning_for_the_sun_but_not_for_ever(self) -> None:
        """Sunrise of this day is at 8:12."""
        drawn = decided(noon(equipment=GLASS, outside_c=seen(-15.0)), 7)
        dull = noon(equipment=GLASS, outside_c=seen(-15.0), radiation_w_m2=seen(20.0), last=drawn)
        assert wanted(dull, 8.5)[Actuator.SCREEN] == (100.0, Why.WAITS_FOR_SUN)
        assert wanted(replace(dull, radiation_w_m2=MISSING), 8.5)[Actuator.SCREEN] == (100.0, Why.WAITS_FOR_SUN)
        assert wanted(replace(dull, radiation_w_m2=seen(60.0)), 8.5)[Actuator.SCREEN] == (0.0, Why.DAY)
        assert wanted(dull, 9.3)[Actuator.SCREEN] == (0.0, Why.DAY)
        opened = replace(dull, last=decided(replace(dull, radiation_w_m2=seen(60.0)), 8.5))
        assert wanted(opened, 8.6)[Actuator.SCREEN] == (0.0, Why.DAY), "a cloud does not draw it again"


def sunny(radiation_w_m2: float = 750.0, air_c: float = 31.0, **changes: object) -> ClimateSnapshot:
    """Noon in a glasshouse that vents above 28 °C."""
    return noon(equipment=GLASS, radiation_w_m2=seen(radiation_w_m2), air_c=seen(air_c), **changes)


class TestShadingNet:
    def test_is_drawn_in_strong_sun_where_the_house_is_warm(self) -> None:
        assert wanted(sunny())[Actuator.SHADE] == (100.0, Why.STRONG_SUN)
        assert wanted(sunny(radiation_w_m2=650.0))[Actuator.SHADE] == (0.0, Why.LITTLE_SUN)
        assert wanted(sunny(air_c=28.9))[Actuator.SHADE] == (0.0, Why.NEEDS_NO_SHADE)

    def test_stays_until_there_is_clearly_less_sun_or_warmth(self) -> None:
        drawn = decided(sunny())
        later = 13.5
        assert wanted(sunny(radiation_w_m2=600.0, last=drawn), later)[Actuator.SHADE] == (100.0, Why.STRONG_SUN)
        assert wanted(sunny(radiation_w_m2=500.0, last=drawn), later)[Actuator.SHADE] == (0.0, Why.LITTLE_SUN)
        assert wanted(sunny(air_c=26.5, last=drawn), later)[Actuator.SHADE] == (100.0, Why.STRONG_SUN)
        assert wanted(sunny(air_c=25.9, last=drawn), later)[Actuator.SHADE] == (0.0, Why.NEEDS_NO_SHADE)

    def test_no_cloud_moves_it_before_it_has_rested(self) -> None:
        drawn = decided(sunny())
        assert wanted(sunny(radiation_w_m2=100.0, last=drawn), 13.2)[Actuator.SHADE] == (100.0, Why.RESTS)
        assert wanted(sunny(radiation_w_m2=100.0, last=drawn), 13.26)[Actuator.SHADE] == (0.0, Why.LITTLE_SUN)

    @pytest.mark.parametrize(
        ("weather", "why"),
        [
            ({"wind_m_s": seen(10.0)}, Why.WIND_TAKES_NET),
            ({"wind_m_s": MISSING}, Why.WIND_UNKNOWN),
            ({"is_raining": seen(1.0)}, Why.RAIN_TAKES_NET),
            ({"is_raining": STALE}, Why.RAIN_UNKNOWN),
        ],
    )
    def test_wind_and_rain_take_it_back_at_once(self, weather: dict[str, Seen], why: Why) -> None:
        drawn = decided(sunny())
        assert wanted(sunny(last=drawn, **weather), 13.1)[Actuator.SHADE] == (0.0, why)

    def test_it_is_drawn_again_only_when_the_wind_is_clearly_weaker(self) -> None:
        assert wanted(sunny(wind_m_s=seen(9.0)))[Actuator.SHADE] == (0.0, Why.WIND_TAKES_NET)
        assert wanted(sunny(wind_m_s=seen(9.0), last=decided(sunny())), 14)[Actuator.SHADE][0] == 100.0

    def test_without_its_inputs_it_is_back_or_follows_the_sun(self) -> None:
        blind = decided(replace(sunny(), radiation_w_m2=MISSING))[Actuator.SHADE]
        assert (blind.target, blind.why, blind.is_safe_state) == (0.0, Why.SUN_UNKNOWN, True)
        airless = decided(replace(sunny(), air_c=MISSING))[Actuator.SHADE]
        assert (airless.target, airless.why, airless.is_safe_state) == (100.0, Why.STRONG_SUN, True)


@given(st.lists(st.tuples(st.floats(0, 1200), st.floats(10, 45)), min_size=5, max_size=90))
@settings(deadline=None)
def test_a_net_moves_no_more_often_than_it_may(course: list[tuple[float, float]]) -> None:
    """Minute by minute, however sun and air jump: in calm dry weather two moves lie fifteen minutes apart."""
    last: dict[Actuator, Decision] = {}
    for minute, (radiation, air_c) in enumerate(course):
        now = at(12) + timedelta(minutes=minute)
        found = {one.actuator: one for one in evaluate(sunny(radiation, air_c, last=last), now)}
        before, after = last.get(Actuator.SHADE), found[Actuator.SHADE]
        if before is not None and before.target != after.target:
            assert now - before.since >= timedelta(minutes=15)
        last = found


inputs = st.one_of(
    st.just(MISSING),
    st.builds(Seen, st.floats(-60, 60), st.sampled_from(list(Standing))),
)


@given(
    air=inputs,
    outside=inputs,
    wind=st.one_of(st.just(MISSING), st.builds(seen, st.floats(0, 40))),
    rain=st.one_of(st.just(MISSING), st.builds(seen, st.sampled_from([0.0, 1.0]))),
    sun=st.one_of(st.just(MISSING), st.builds(seen, st.floats(0, 1200))),
    blanket=st.one_of(st.just(MISSING), st.builds(seen, st.floats(0, 100))),
    hour=st.floats(0, 23.99),
)
def test_whatever_is_seen_no_protection_is_outranked(
    air: Seen, outside: Seen, wind: Seen, rain: Seen, sun: Seen, blanket: Seen, hour: float
) -> None:
    snapshot = noon(
        equipment=(*Actuator,),
        air_c=air,
        outside_c=outside,
        wind_m_s=wind,
        is_raining=rain,
        radiation_w_m2=sun,
        positions={Actuator.BLANKET: blanket},
    )
    found = decided(snapshot, hour)
    assert found.keys() == set(Actuator)
    for vent in VENTS:
        target = found[vent].target
        assert target is None or 0.0 <= target <= 100.0
        if target:
            assert (blanket.usable or 0.0) >= 95.0
            assert wind.usable is None or wind.usable < 15.0
            assert not rain.usable or target <= 10.0
            assert wind.usable is not None or target <= 30.0
    if found[Actuator.SHADE].target:
        assert wind.usable is not None
        assert wind.usable < 10.0
        assert not rain.usable
    stands_up = blanket.usable is not None and blanket.usable >= 95.0
    if wind.usable is not None and wind.usable >= 10.0 and blanket.usable is not None:
        target = found[Actuator.BLANKET].target
        assert target is None or (target == 100.0) == stands_up


@given(st.lists(st.tuples(st.floats(0, 45), st.floats(0, 20)), min_size=5, max_size=60))
def test_a_vent_moves_no_more_often_than_it_may(course: list[tuple[float, float]]) -> None:
    """Minute by minute: two openings of a vent lie three minutes apart, however the air and the wind jump."""
    last: dict[Actuator, Decision] = {}
    opened_at = None
    for minute, (air_c, wind_m_s) in enumerate(course):
        now = at(11) + timedelta(minutes=minute)
        snapshot = noon(air_c=seen(air_c), wind_m_s=seen(wind_m_s), last=last)
        found = {decision.actuator: decision for decision in evaluate(snapshot, now)}
        before, after = last.get(Actuator.ROOF_VENT), found[Actuator.ROOF_VENT]
        if before is not None and (after.target or 0.0) > (before.target or 0.0):
            assert now - before.since >= timedelta(minutes=3)
            opened_at = now
        last = found
    assert opened_at is None or opened_at >= JANUARY.midnight
