"""The clear sky, the split of global radiation, the sky's temperature and moist air, against published figures."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest

from greenhouse.plant.weather.sky import (
    clear_sky,
    extraterrestrial_normal_w_m2,
    relative_air_mass,
    sky_temperature_c,
    split_global,
)

# UTC, elevation, Linke turbidity; beam and diffuse of pvlib 0.16.1 `clearsky.ineichen` at 1300 m, refraction left in.
INEICHEN = [
    ("2026-01-15T04:40:00", 29.2272, 1.74, 1042.1, 30.8),
    ("2026-01-15T04:40:00", 29.2272, 3.2, 852.8, 81.4),
    ("2026-01-15T01:30:00", 13.4033, 1.74, 865.1, 12.2),
    ("2026-04-10T07:00:00", 45.8523, 3.2, 916.6, 106.2),
    ("2026-06-21T04:40:00", 73.8282, 3.2, 944.7, 130.1),
    ("2026-12-21T06:00:00", 24.1685, 1.74, 1008.0, 25.0),
]


def moments(*times: str) -> np.ndarray:
    return np.array([datetime.fromisoformat(time).replace(tzinfo=UTC).timestamp() for time in times])


@pytest.mark.parametrize(("time", "elevation_deg", "turbidity", "beam", "diffuse"), INEICHEN)
def test_a_clear_sky_is_that_of_ineichen_and_perez(time, elevation_deg, turbidity, beam, diffuse):
    """Within 2 %: pvlib takes the sun's apparent elevation, and Spencer's distance."""
    light = clear_sky(np.array([elevation_deg]), unix_s=moments(time), turbidity=np.array([turbidity]), altitude_m=1300)
    assert light.beam_normal_w_m2[0] == pytest.approx(beam, rel=0.02)
    assert light.diffuse_w_m2[0] == pytest.approx(diffuse, rel=0.03)


def test_a_night_is_dark():
    light = clear_sky(
        np.array([-0.1, -40.0]), unix_s=np.array([0.0, 1.0]), turbidity=np.array([2.0, 2.0]), altitude_m=1300
    )
    assert light.beam_normal_w_m2.tolist() == light.diffuse_w_m2.tolist() == [0, 0]


def test_air_mass_is_that_of_kasten_and_young():
    """1.0 at the zenith, 1.9939 at 30°, 37.92 at the horizon (Kasten and Young 1989, table 2, and eq. 3)."""
    assert relative_air_mass(np.array([90.0, 30.0, 0.0])) == pytest.approx([0.9997, 1.9939, 37.92], rel=1e-3)


def test_the_sun_is_nearest_in_january():
    winter, summer = extraterrestrial_normal_w_m2(moments("2026-01-03T12:00:00", "2026-07-05T12:00:00"))
    assert winter == pytest.approx(1361 * 1.033, rel=1e-3)
    assert summer == pytest.approx(1361 * 0.967, rel=1e-3)


def test_global_radiation_is_split_by_erbs():
    """By hand: at 30°, half of the horizontal radiation outside is a clearness of 0.5; its diffuse fraction is
    0.9511 - 0.0802 + 1.0970 - 2.0798 + 0.7710 = 0.6591, and the beam is the rest over the sine, 0.5."""
    equinox = moments("2026-04-02T06:00:00")
    outside = extraterrestrial_normal_w_m2(equinox)[0]
    total = np.array([0.5 * outside * 0.5])
    light = split_global(total, elevation_deg=np.array([30.0]), unix_s=equinox)
    assert light.diffuse_w_m2[0] / total[0] == pytest.approx(0.6591, abs=5e-4)
    assert light.beam_normal_w_m2[0] == pytest.approx((1 - 0.6591) * total[0] / 0.5, rel=2e-3)


def test_no_split_makes_a_beam_stronger_than_the_sun():
    light = split_global(np.array([60.0, 5.0]), elevation_deg=np.array([0.5, -1.0]), unix_s=np.array([0.0, 1.0]))
    assert light.beam_normal_w_m2.tolist() == [0, 0]
    assert light.diffuse_w_m2.tolist() == [60, 0]


def test_a_clear_sky_is_colder_than_a_covered_one_as_berdahl_and_martin_say():
    """By hand at 20 °C, dew point 10 °C, 18 h, 1000 hPa: emissivity 0.711 + 0.056 + 0.0073 = 0.7743, so the sky is
    293.15 · 0.7743^0.25 - 273.15 = 1.84 °C; covered, with 0.78 of the gap closed, 0.9503 and 16.3 °C."""
    sky = sky_temperature_c(
        np.array([20.0, 20.0]),
        dew_c=np.array([10.0, 10.0]),
        cover=np.array([0.0, 1.0]),
        solar_hour=np.array([18.0, 18.0]),
        pressure_pa=100_000,
        cloud_emission=0.78,
    )
    assert sky == pytest.approx([1.84, 16.3], abs=0.1)
