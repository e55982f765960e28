"""Where the sun stands, against NREL's algorithm and published figures."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from greenhouse.agronomy.sun import sun_position, sun_positions, sun_times

KANGBASHI = {"latitude_deg": 39.6, "longitude_deg": 109.8}

# UTC, elevation and azimuth, computed with pvlib 0.16.1 (NREL SPA, without refraction).
SPA = [
    ("2026-01-15T04:40:00", 29.2272, 177.3049),
    ("2026-01-15T01:30:00", 13.4033, 132.7298),
    ("2026-04-10T07:00:00", 45.8523, 233.5813),
    ("2026-06-21T04:40:00", 73.8282, 177.8990),
    ("2026-06-21T22:30:00", 12.3740, 69.6992),
    ("2026-10-05T09:20:00", 10.0799, 255.0771),
    ("2026-12-21T06:00:00", 24.1685, 200.4352),
]


@pytest.mark.parametrize(("time", "elevation_deg", "azimuth_deg"), SPA)
def test_the_sun_stands_where_the_solar_position_algorithm_says(time, elevation_deg, azimuth_deg):
    sun = sun_position(datetime.fromisoformat(time).replace(tzinfo=UTC), **KANGBASHI)
    assert sun.elevation_deg == pytest.approx(elevation_deg, abs=0.01)
    assert sun.azimuth_deg == pytest.approx(azimuth_deg, abs=0.03)


def test_the_sun_stands_where_the_published_example_says():
    """17 Oct 2003 12:30:30 at UTC-7, 39.742476° N, 105.1786° W: zenith 50.11162°, with 0.0199° of refraction for the
    elevation, azimuth 194.34024° (NREL/TP-560-34302, appendix A.5)."""
    moment = datetime(2003, 10, 17, 12, 30, 30, tzinfo=timezone(timedelta(hours=-7)))
    sun = sun_position(moment, latitude_deg=39.742476, longitude_deg=-105.1786)
    assert sun.elevation_deg == pytest.approx(90 - 50.11162 - 0.0199, abs=0.01)
    assert sun.azimuth_deg == pytest.approx(194.34024, abs=0.01)


@given(
    moment=st.integers(-631_152_000, 4_102_358_400),
    latitude_deg=st.floats(-65, 65),
    longitude_deg=st.floats(-180, 180),
)
def test_many_moments_and_one_agree(moment, latitude_deg, longitude_deg):
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=moment)
    one = sun_position(moment, latitude_deg=latitude_deg, longitude_deg=longitude_deg)
    many = sun_positions(
        np.array([moment.timestamp(), moment.timestamp() + 5000]),
        latitude_deg=latitude_deg,
        longitude_deg=longitude_deg,
    )
    assert many.elevation_deg[0] == pytest.approx(one.elevation_deg, abs=1e-4)
    if abs(one.elevation_deg) < 85:
        turn = (many.azimuth_deg[0] - one.azimuth_deg + 180) % 360 - 180
        assert turn == pytest.approx(0, abs=2e-3)


def test_it_is_at_the_horizon_when_it_rises():
    times = sun_times(datetime(2026, 3, 20, tzinfo=UTC).date(), **KANGBASHI)
    assert sun_position(times.sunrise, **KANGBASHI).elevation_deg == pytest.approx(-0.833, abs=0.01)


def test_in_true_solar_time_it_is_highest_at_twelve():
    unix_s = datetime(2026, 2, 11, tzinfo=UTC).timestamp() + 60.0 * np.arange(1440)
    sun = sun_positions(unix_s, **KANGBASHI)
    assert sun.solar_hour[np.argmax(sun.elevation_deg)] == pytest.approx(12, abs=0.02)


def test_no_moments_have_no_positions():
    assert len(sun_positions(np.empty(0), **KANGBASHI).elevation_deg) == 0


def test_a_place_off_the_globe_and_a_time_without_zone_are_refused():
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    with pytest.raises(ValueError, match="not a place"):
        sun_position(moment, latitude_deg=109.8, longitude_deg=39.6)
    with pytest.raises(ValueError, match="not a place"):
        sun_positions(np.array([0.0]), latitude_deg=0, longitude_deg=181)
    with pytest.raises(ValueError, match="no time zone"):
        sun_position(moment.replace(tzinfo=None), **KANGBASHI)
