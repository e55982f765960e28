"""A believable state to start the simulated base with: what the weeks before would have left in soil and walls."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import cache

from devices.simulator.compartment import Enclosure
from greenhouse.plant.actuators import HeatingState
from greenhouse.plant.climate.reading import read_house
from greenhouse.plant.climate.starting import resting_state
from greenhouse.plant.crops.parameters import CropKind, CropParameters, crop_parameters
from greenhouse.plant.crops.planting import crop_of_age
from greenhouse.plant.crops.state import Crop
from greenhouse.plant.outfit import glass_outfit, solar_outfit
from greenhouse.plant.roots import Medium, root_zone_at_start, root_zone_parameters
from greenhouse.plant.surroundings import Equipment, Weather
from greenhouse.plant.time_step import LONGEST_STEP_S
from scheduler.simulated_plant.compartment import Fitting, Inside, inside_after
from scheduler.simulated_plant.devices import MILD_C, vent_share
from scheduler.simulated_plant.outdoors import BaseWeather

SETTLING_D = 10
"""The second layer of soil and the middle of a wall have forgotten how they began."""

CROP_AGE_D = 90
AID_SHARE = 0.6
"""Of the pipes of a glasshouse: the solar greenhouses of the base have that much against frost."""

_CROP = CropKind.TOMATO
_HEAT_TO_C, _KEPT_ABOVE_C, _VENT_FROM_C = 16.0, 10.0, 25.0
_RESTING_HUMIDITY_PCT, _RESTING_CO2_PPM = 80.0, 450.0
_WARMEST_START_C, _COLDEST_START_C, _LIFT_K = 24.0, 14.0, 8.0


def fitting_of(enclosure: Enclosure, floor_m2: float) -> Fitting:
    """What a compartment of a kind is built, fitted and planted with."""
    is_glass = enclosure is Enclosure.GLASSHOUSE
    house = glass = read_house("glasshouse")
    if not is_glass:
        aid = glass.pipes._replace(length_m_m2=AID_SHARE * glass.pipes.length_m_m2)
        house = read_house("solar_greenhouse")._replace(pipes=aid)
    medium = Medium.SUBSTRATE if is_glass else Medium.SOIL
    return Fitting(
        enclosure=enclosure,
        house=house,
        outfit=glass_outfit(floor_m2) if is_glass else solar_outfit(floor_m2),
        medium=medium,
        roots=root_zone_parameters(medium),
        crop=crop_parameters(_CROP),
    )


def settled(fitting: Fitting, weather: BaseWeather, now: datetime) -> Inside:
    """The state of a compartment after some days under a simple program, with a crop in production."""
    began = now - timedelta(days=SETTLING_D)
    first = weather.weather(began)
    air_c = min(_WARMEST_START_C, max(_COLDEST_START_C, first.air_c + _LIFT_K))
    inside = Inside(
        climate=resting_state(air_c, first.deep_soil_c, _RESTING_HUMIDITY_PCT, _RESTING_CO2_PPM),
        heating=HeatingState(air_c),
        zone=root_zone_at_start(fitting.roots),
        crop=_crop_in_production(fitting.crop),
        light_w_m2=0.0,
        crop_respiration_umol_m2_s=0.0,
    )
    zone = inside.zone
    for number in range(round(SETTLING_D * 86_400 / LONGEST_STEP_S)):
        outside = weather.weather(began + timedelta(seconds=number * LONGEST_STEP_S))
        inside = inside_after(inside, fitting, outside, _program(inside, fitting, outside), LONGEST_STEP_S)
        inside = inside._replace(zone=zone)
    return inside


def _program(inside: Inside, fitting: Fitting, outside: Weather) -> Equipment:
    """Cover by night, ventilate above, heat below."""
    air_c, is_dark = inside.climate.air_c, outside.sun_elevation_deg < 5.0
    is_covered = is_dark and outside.air_c < MILD_C
    is_glass = fitting.enclosure is Enclosure.GLASSHOUSE
    vent = vent_share(air_c, _VENT_FROM_C, outside.air_c)
    heat_to_c = _HEAT_TO_C if is_glass else _KEPT_ABOVE_C
    demand = min(1.0, max(0.0, 0.5 + (heat_to_c - air_c) / 3.0))
    supply_c = air_c + demand * max(0.0, fitting.outfit.heating.full_supply_c - air_c)
    return Equipment(
        roof_vent=vent,
        bottom_vent=vent if outside.air_c > MILD_C else 0.0,
        blanket=float(is_covered and not is_glass),
        screen=float(is_covered and is_glass),
        pipe_supply_c=supply_c,
        pipe_flow=1.0 if demand > 0.0 else 0.0,
        fog=0.0,
        fan=0.0,
        pad=0.0,
        lamp=0.0,
        circulation=0.0,
        co2_kg_ha_h=0.0,
        water_l_m2_h=0.0,
        water_ec_ms_cm=fitting.outfit.water.raw_ec_ms_cm,
        water_ph=fitting.outfit.water.raw_ph,
        water_c=fitting.outfit.water.water_c,
    )


@cache
def _crop_in_production(parameters: CropParameters) -> Crop:
    """A crop of some months; when it was planted does not matter to the climate, so its days are usual ones."""
    now = datetime.fromisoformat("2026-01-01T00:00:00+00:00")
    return crop_of_age(parameters, planted_at=now - timedelta(days=CROP_AGE_D), now=now)
