"""What acts on a house from outside the model: the weather, and where its equipment truly stands.

Both are ``NamedTuple``s of floats, like every state of the model, so that the same functions run plainly and compiled.
"""

from __future__ import annotations

from typing import NamedTuple


class Weather(NamedTuple):
    """The air, the sky and the sun at one moment, at the place of the house.

    Attributes
    ----------
    air_c, vapor_pressure_pa : float
        Outside air at 2 m.
    wind_m_s, wind_from_deg : float
        At 10 m; 0° is north, 90° east.
    beam_normal_w_m2, diffuse_w_m2 : float
        Beam on a plane facing the sun; diffuse on the horizontal.
    sky_c : float
        Temperature of a black sky that sends the same long-wave radiation.
    sun_elevation_deg, sun_azimuth_deg : float
        Azimuth from north over east. The elevation is below 0 at night.
    rain_mm_h, snow_mm_h, hail_mm_h : float
        All as depth of water. Hail is apart, because it breaks film and glass where the same water as rain does not.
    dust : float
        Dust fall, 0 on a clear day to 1 in a dust storm.
    co2_ppm : float
        Outside.
    deep_soil_c : float
        Two meters below ground.
    """

    air_c: float
    vapor_pressure_pa: float
    wind_m_s: float
    wind_from_deg: float
    beam_normal_w_m2: float
    diffuse_w_m2: float
    sky_c: float
    sun_elevation_deg: float
    sun_azimuth_deg: float
    rain_mm_h: float
    snow_mm_h: float
    hail_mm_h: float
    dust: float
    co2_ppm: float
    deep_soil_c: float


class Equipment(NamedTuple):
    """Where the equipment of a compartment truly stands, whatever its controller believes.

    Attributes
    ----------
    roof_vent, bottom_vent, blanket, screen, shade : float
        Opened, or for blanket, thermal screen and shading net covered, share of the full travel, 0 to 1.
    pipe_supply_c : float
        Water that goes into the heating pipes; the pipe's own temperature when the pump stands.
    pipe_flow : float
        Share of the pump's full flow, 0 to 1.
    fog, fan, pad, lamp, circulation : float
        Share of what is installed that runs, 0 to 1. ``pad`` is the share of its surface that is wet.
    co2_kg_ha_h : float
        Dosed.
    water_l_m2_h, water_ec_ms_cm, water_ph, water_c : float
        What the drippers give.
    """

    roof_vent: float
    bottom_vent: float
    blanket: float
    screen: float
    shade: float
    pipe_supply_c: float
    pipe_flow: float
    fog: float
    fan: float
    pad: float
    lamp: float
    circulation: float
    co2_kg_ha_h: float
    water_l_m2_h: float
    water_ec_ms_cm: float
    water_ph: float
    water_c: float
