"""A believable state to start the simulated base with: what the weeks before would have left in soil and walls."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import cache

from devices.simulator.compartment import Enclosure
from greenhouse.plant.building import HouseKind, whole_house
from greenhouse.plant.climate.starting import resting_state
from greenhouse.plant.crops.parameters import CropKind, CropParameters
from greenhouse.plant.crops.planting import crop_of_age
from greenhouse.plant.crops.state import Crop
from greenhouse.plant.outfit import glass_outfit, solar_outfit
from greenhouse.plant.roots import root_zone_at_start
from greenhouse.plant.surroundings import Equipment, Weather
from greenhouse.plant.time_step import LONGEST_STEP_S
from greenhouse.plant.whole import Inside, step_inside
from scheduler.simulated_plant.base_houses import Settling, base_houses, with_aid_pipes
from scheduler.simulated_plant.compartment import Fitting
from scheduler.simulated_plant.outdoors import BaseWeather
from scheduler.simulated_plant.programs import MILD_C, vent_share

CROP_KIND = CropKind.TOMATO
_HEAT_BAND_K = 3.0
_RESTING_HUMIDITY_PCT, _RESTING_CO2_PPM = 80.0, 450.0
_WARMEST_START_C, _COLDEST_START_C, _LIFT_K = 24.0, 14.0, 8.0
"""Where a house begins to settle; forgotten at its end."""


def fitting_of(enclosure: Enclosure, floor_m2: float) -> Fitting:
    """What a compartment of a kind is built, fitted and planted with."""
    is_glass = enclosure is Enclosure.GLASSHOUSE
    kind = HouseKind.GLASSHOUSE if is_glass else HouseKind.SOLAR_GREENHOUSE
    sound = whole_house(kind, CROP_KIND, kind.medium)
    outfit = glass_outfit(floor_m2) if is_glass else solar_outfit(floor_m2)
    house = sound.house if is_glass else with_aid_pipes(sound.house)
    return Fitting(enclosure=enclosure, medium=kind.medium, sound=sound._replace(house=house, outfit=outfit))


def settled(fitting: Fitting, weather: BaseWeather, now: datetime) -> Inside:
    """The state of a compartment after some days under a simple program, with a crop in production."""
    program, sound = base_houses().part("settling", Settling), fitting.sound
    began = now - timedelta(days=program.days)
    first = weather.weather(began)
    air_c = min(_WARMEST_START_C, max(_COLDEST_START_C, first.air_c + _LIFT_K))
    zone = root_zone_at_start(sound.root_zone)
    inside = Inside(
        climate=resting_state(air_c, first.deep_soil_c, _RESTING_HUMIDITY_PCT, _RESTING_CO2_PPM),
        root_zone=zone,
        crop=_crop_in_production(sound.crop, program.crop_age_d),
        respiration_umol_m2_s=0.0,
    )
    for number in range(round(program.days * 86_400 / LONGEST_STEP_S)):
        outside = weather.weather(began + timedelta(seconds=number * LONGEST_STEP_S))
        stands = _equipment(inside, fitting, outside, program)
        inside, _flows = step_inside(inside, stands, outside, sound, LONGEST_STEP_S)
        inside = inside._replace(root_zone=zone)
    return inside


def _equipment(inside: Inside, fitting: Fitting, outside: Weather, program: Settling) -> Equipment:
    """Cover by night, ventilate above, heat below."""
    air_c, is_dark = inside.climate.air_c, outside.sun_elevation_deg < 5.0
    is_covered = is_dark and outside.air_c < MILD_C
    is_glass, outfit = fitting.enclosure is Enclosure.GLASSHOUSE, fitting.sound.outfit
    vent = vent_share(air_c, program.vent_from_c, outside.air_c)
    heat_to_c = program.glass_heat_c if is_glass else program.solar_heat_c
    demand = min(1.0, max(0.0, 0.5 + (heat_to_c - air_c) / _HEAT_BAND_K))
    supply_c = air_c + demand * max(0.0, outfit.heating.full_supply_c - air_c)
    return Equipment(
        roof_vent=vent,
        bottom_vent=vent if outside.air_c > MILD_C else 0.0,
        blanket=float(is_covered and not is_glass),
        screen=float(is_covered and is_glass),
        shade=0.0,
        pipe_supply_c=supply_c,
        pipe_flow=1.0 if demand > 0.0 else 0.0,
        fog=0.0,
        fan=0.0,
        pad=0.0,
        lamp=0.0,
        circulation=0.0,
        co2_kg_ha_h=0.0,
        water_l_m2_h=0.0,
        water_ec_ms_cm=outfit.water.raw_ec_ms_cm,
        water_ph=outfit.water.raw_ph,
        water_c=outfit.water.water_c,
    )


@cache
def _crop_in_production(parameters: CropParameters, age_d: float) -> Crop:
    """A crop of some months; when it was planted does not matter to the climate, so its days are usual ones."""
    now = datetime.fromisoformat("2026-01-01T00:00:00+00:00")
    return crop_of_age(parameters, planted_at=now - timedelta(days=age_d), now=now)
