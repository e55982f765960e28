"""A whole house: what one part loses another gains, and nothing gets lost between them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest

from greenhouse.plant.building import HouseKind, broken, torn, whole_at_start, whole_house
from greenhouse.plant.climate.reading import read_house
from greenhouse.plant.crops.growth import CARBOHYDRATE_G_UMOL
from greenhouse.plant.crops.lettuce import lettuce_assimilation_umol_m2_s
from greenhouse.plant.crops.parameters import CropKind
from greenhouse.plant.errors import PlantInputError
from greenhouse.plant.faults import NO_FAULTS, plant_faults
from greenhouse.plant.machinery import Orders
from greenhouse.plant.roots import Medium
from greenhouse.plant.stretch import MOMENT_WIDTH, Moment, PlainHouse, advance, weather_of, weather_table
from greenhouse.plant.weather.climate import kangbashi
from greenhouse.plant.weather.generator import generate
from greenhouse.plant.weather.generator_parameters import shipped_generator
from greenhouse.plant.whole import step_whole

NOW = datetime(2026, 4, 30, 16, tzinfo=UTC)
WEATHER = generate(kangbashi(), shipped_generator(), seed=3, first=date(2026, 5, 1), days=1)
TABLE = weather_table(WEATHER.sampled(WEATHER.start, count=1440, step_s=60.0))
NOON = 750
WATERING = Orders(0.3, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.1, 2.6, 5.8)


def grown(kind=HouseKind.GLASSHOUSE, crop=CropKind.TOMATO, medium=Medium.SUBSTRATE, age_d=30):
    parameters = whole_house(kind, crop, medium)
    planted = NOW - timedelta(days=age_d)
    return parameters, whole_at_start(parameters, planted_at=planted, now=NOW, deep_c=8.0, co2_ppm=425.0)


def with_inside(state, **changes):
    return state._replace(inside=state.inside._replace(**changes))


def through(parameters, state, first, count, orders=WATERING):
    flows = []
    for number in range(first, first + count):
        state, flowed = step_whole(state, orders, weather_of(TABLE, number), parameters, 60.0)
        flows.append(flowed)
    return state, flows


@pytest.mark.parametrize("crop", CropKind)
def test_the_crop_gains_the_carbon_that_the_air_loses(crop):
    parameters, start = grown(crop=crop)
    end, flows = through(parameters, start, NOON, 60)
    taken = sum(flow.climate.assimilation_umol_m2_s for flow in flows) * 60.0 * CARBOHYDRATE_G_UMOL
    assert taken > 0.1
    assert end.inside.crop.assimilated_g_m2 - start.inside.crop.assimilated_g_m2 == pytest.approx(taken, rel=1e-9)


def test_the_air_gets_the_carbon_that_the_crop_breathes_one_step_later():
    parameters, start = grown()
    after, _ = step_whole(start, WATERING, weather_of(TABLE, 0), parameters, 60.0)
    _, flows = step_whole(after, WATERING, weather_of(TABLE, 1), parameters, 60.0)
    breathed = (after.inside.crop.respired_g_m2 - start.inside.crop.respired_g_m2) / CARBOHYDRATE_G_UMOL / 60.0
    assert breathed > 0.0
    assert flows.climate.co2_respiration_umol_m2_s == pytest.approx(breathed, rel=1e-9)


@pytest.mark.parametrize("medium", Medium)
def test_the_roots_give_the_water_that_the_leaves_transpire(medium):
    parameters, start = grown(medium=medium)
    end, flows = through(parameters, start, NOON, 120)
    given = sum(flow.irrigation_l_m2 for flow in flows)
    drained = sum(flow.drain_l_m2 for flow in flows)
    transpired = sum(flow.climate.transpiration_kg_m2_s for flow in flows) * 60.0
    assert transpired > 0.2
    assert end.inside.root_zone.water_l_m2 - start.inside.root_zone.water_l_m2 == pytest.approx(
        given - drained - transpired
    )


def test_a_dry_root_zone_shuts_the_leaves():
    parameters, start = grown()
    dry = with_inside(start, root_zone=start.inside.root_zone._replace(water_l_m2=2.2, salt_ms_l_cm_m2=6.0))
    _, moist_flows = through(parameters, start, NOON, 30)
    _, dry_flows = through(parameters, dry, NOON, 30)
    assert dry_flows[0].canopy.water_factor < 0.2
    assert dry_flows[-1].climate.transpiration_kg_m2_s < 0.6 * moist_flows[-1].climate.transpiration_kg_m2_s


def test_a_full_buffer_stops_assimilation():
    parameters, start = grown()
    most = parameters.crop.growth.buffer_most_g_m2
    full = with_inside(start, crop=start.inside.crop._replace(buffer_g_m2=most))
    _, flows = through(parameters, full, NOON, 1)
    assert flows[0].climate.assimilation_umol_m2_s == 0.0


def test_lettuce_assimilates_as_van_henten_says():
    parameters, start = grown(crop=CropKind.LETTUCE, age_d=20)
    _, flows = through(parameters, start, NOON, 1)
    flowed, crop, climate = flows[0].climate, start.inside.crop, start.inside.climate
    # 425 ppm of 86,700 Pa at the reference temperature of 20 °C: 8.314 J/(mol K) x 293.15 K, 44.01 g/mol.
    co2_kg_m3 = climate.co2_ppm * 1e-6 * 86700.0 / (8.314 * 293.15) * 0.04401
    outside_w_m2 = flowed.light_w_m2 / 0.65
    by_hand = lettuce_assimilation_umol_m2_s(
        crop.buffer_g_m2 + crop.leaf_g_m2 + crop.stem_g_m2, parameters.lettuce, outside_w_m2, co2_kg_m3, climate.air_c
    )
    assert by_hand > 1.0
    assert flowed.assimilation_umol_m2_s == pytest.approx(by_hand, rel=1e-3)


def test_an_empty_house_grows_nothing():
    parameters = whole_house(HouseKind.SOLAR_GREENHOUSE, CropKind.TOMATO, Medium.SOIL)
    start = whole_at_start(parameters, planted_at=None, now=NOW, deep_c=8.0, co2_ppm=425.0)
    end, flows = through(parameters, start, NOON, 60)
    assert end.inside.crop.assimilated_g_m2 == 0.0
    assert end.inside.crop.leaf_g_m2 == 0.0
    assert all(flow.climate.transpiration_kg_m2_s == 0.0 for flow in flows)


def test_a_crop_planted_in_the_future_is_refused():
    parameters = whole_house(HouseKind.GLASSHOUSE, CropKind.TOMATO, Medium.SUBSTRATE)
    with pytest.raises(PlantInputError, match="cannot be planted in the future"):
        whole_at_start(parameters, planted_at=NOW + timedelta(days=1), now=NOW, deep_c=8.0, co2_ppm=425.0)


def test_a_tear_leaks_and_lets_long_waves_pass():
    house = read_house("solar_greenhouse")
    hole = torn(house, plant_faults({"torn_film": 0.05}))
    # 5 % of 1.22 m2 of film per m2, half of C_d 0.65 and the root of C_w 0.09 (Vanthoor 2011, eq. 8.65).
    by_hand = house.vents.leak + 0.5 * 0.65 * 0.05 * house.cover.area_m2_m2 * 0.3
    assert hole.vents.leak == pytest.approx(by_hand)
    assert hole.cover.infrared_transmission == pytest.approx(0.95 * house.cover.infrared_transmission + 0.05)
    assert torn(house, NO_FAULTS) == house


def test_a_torn_house_is_colder_at_night():
    parameters, start = grown(HouseKind.SOLAR_GREENHOUSE, medium=Medium.SOIL)
    hurt = broken(parameters, plant_faults({"torn_film": 0.1}), 0.0)
    shut = WATERING._replace(roof_vent=0.0, blanket=1.0, water=0.0)
    sound_end, _ = through(parameters, start, 0, 120, shut)
    torn_end, _ = through(hurt, start, 0, 120, shut)
    assert torn_end.inside.climate.air_c < sound_end.inside.climate.air_c - 0.3


def test_a_stretch_is_its_steps():
    parameters, start = grown()
    moments = np.zeros((40, MOMENT_WIDTH))
    stretched = advance(start, WATERING, TABLE, parameters, moments, 0, 40, 60.0)
    stepped, flows = through(parameters, start, 0, 40)
    assert stretched == stepped
    kept = Moment._make(moments[39])
    assert kept.air_c == stepped.inside.climate.air_c
    assert kept.irrigation_l_m2 == flows[39].irrigation_l_m2


def test_every_number_of_a_plain_house_stays_a_plain_float():
    """NumPy's own floats would make every step of a live base several times as slow."""
    parameters, start = grown()
    house = PlainHouse(start, parameters, 60.0)
    house.meet(TABLE, np.zeros((1440, MOMENT_WIDTH)))
    house.advance(WATERING, NOON, 2)
    assert {type(value) for part in house.state.inside.climate for value in [part]} == {float}
    assert type(house.state.machinery.heating.supply_c) is float
