from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from greenhouse.agronomy.sun import sun_times

KANGBASHI = {"latitude_deg": 39.6, "longitude_deg": 109.8}

# Local day, sunrise and sunset in UTC, computed with pvlib 0.16.1 (NREL SPA, Reda & Andreas 2004) for the UTC days on
# which the events fall. NOAA claims a minute; the two agree within 3 s here.
SPA = [
    (date(2026, 3, 20), "2026-03-19T22:44:56", "2026-03-20T10:52:21"),
    (date(2026, 6, 21), "2026-06-20T21:13:21", "2026-06-21T12:11:45"),
    (date(2026, 11, 23), "2026-11-22T23:33:27", "2026-11-23T09:20:24"),
    (date(2026, 12, 21), "2026-12-20T23:57:38", "2026-12-21T09:19:46"),
]


@pytest.mark.parametrize(("day", "sunrise", "sunset"), SPA)
def test_sun_times_match_the_solar_position_algorithm(day, sunrise, sunset):
    times = sun_times(day, **KANGBASHI)
    assert abs(times.sunrise - datetime.fromisoformat(sunrise).replace(tzinfo=UTC)) < timedelta(seconds=20)
    assert abs(times.sunset - datetime.fromisoformat(sunset).replace(tzinfo=UTC)) < timedelta(seconds=20)


def test_sunrise_matches_the_published_example_of_the_solar_position_algorithm():
    """17 Oct 2003, 39.742476° N, 105.1786° W: sunrise 06:12:43 at UTC-7 (NREL/TP-560-34302, appendix A.5)."""
    times = sun_times(date(2003, 10, 17), latitude_deg=39.742476, longitude_deg=-105.1786)
    assert abs(times.sunrise - datetime(2003, 10, 17, 13, 12, 43, tzinfo=UTC)) < timedelta(seconds=20)


def test_both_events_belong_to_the_local_day():
    """Kangbashi's sunrise falls on the day before in UTC; the pair must still be one day's."""
    times = sun_times(date(2026, 11, 23), **KANGBASHI)
    assert timedelta(hours=9) < times.sunset - times.sunrise < timedelta(hours=10)


@pytest.mark.parametrize("day", [date(2026, 6, 21), date(2026, 12, 21)])
def test_there_is_no_sunrise_where_the_sun_stays_up_or_down(day):
    times = sun_times(day, latitude_deg=78.2, longitude_deg=15.6)
    assert times.sunrise is None
    assert times.sunset is None


@given(
    day=st.dates(date(1950, 1, 1), date(2100, 1, 1)),
    latitude_deg=st.floats(-60, 60),
    longitude_deg=st.floats(-180, 180),
)
def test_the_sun_rises_before_it_sets_within_one_solar_day(day, latitude_deg, longitude_deg):
    times = sun_times(day, latitude_deg=latitude_deg, longitude_deg=longitude_deg)
    assert timedelta(hours=4) < times.sunset - times.sunrise < timedelta(hours=20)


def test_a_place_off_the_globe_is_refused():
    with pytest.raises(ValueError, match="not a place"):
        sun_times(date(2026, 1, 1), latitude_deg=109.8, longitude_deg=39.6)
