"""Lettuce is Van Henten's: held to an independent implementation of his equations."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest

from greenhouse.plant.crops.growth import step_crop
from greenhouse.plant.crops.lettuce import lettuce_assimilation_umol_m2_s, lettuce_photosynthesis
from greenhouse.plant.crops.parameters import CropKind, crop_parameters
from greenhouse.plant.crops.planting import plant_crop
from greenhouse.plant.crops.state import CropInput

GOLDEN = json.loads((Path(__file__).parent / "data" / "lettuce_van_henten.json").read_text("utf-8"))
GROWTH = crop_parameters(CropKind.LETTUCE)
NEVER_CUT = GROWTH._replace(picking=GROWTH.picking._replace(head_picked_g=5000.0))
LIGHT = lettuce_photosynthesis()


def climate(time_s: float) -> tuple[float, float, float]:
    """Sun, air and carbon dioxide of the golden season: the formulas stand in its file."""
    hour, day = time_s / 3600 % 24, time_s / 86400
    sun = max(0.0, math.sin(math.pi * (hour - 6) / 12)) if 6 <= hour <= 18 else 0.0
    air_c = 16 + 6 * math.sin(math.pi * (hour - 9) / 12) + 2 * math.sin(2 * math.pi * day / 13)
    return (250 + 150 * math.sin(2 * math.pi * day / 9)) * sun, air_c, 1.0e-3 - 0.3e-3 * sun


@pytest.mark.parametrize(("sun_w_m2", "air_c", "co2_kg_m3", "dry_kg_m2", "rate_kg_m2_s"), GOLDEN["rates"])
def test_the_rate_of_growth_equals_the_oracles(sun_w_m2, air_c, co2_kg_m3, dry_kg_m2, rate_kg_m2_s):
    crop = plant_crop(GROWTH)._replace(leaf_g_m2=dry_kg_m2 * 1000, day_mean_c=air_c)
    assimilation = lettuce_assimilation_umol_m2_s(crop.leaf_g_m2, LIGHT, sun_w_m2, co2_kg_m3, air_c)
    step = step_crop(crop, NEVER_CUT, CropInput(air_c, assimilation), 1.0)
    grown_kg_m2 = (step.crop.leaf_g_m2 + step.crop.buffer_g_m2 / 1.2543 - crop.leaf_g_m2) / 1000
    assert grown_kg_m2 == pytest.approx(rate_kg_m2_s, rel=1e-3, abs=1e-12)


def test_a_season_of_dry_weight_equals_the_oracles_within_a_thousandth():
    crop = plant_crop(NEVER_CUT)
    weights = [crop.leaf_g_m2 / 1000]
    for minute in range(40 * 1440):
        sun_w_m2, air_c, co2_kg_m3 = climate(minute * 60.0 + 30.0)
        assimilation = lettuce_assimilation_umol_m2_s(crop.leaf_g_m2, LIGHT, sun_w_m2, co2_kg_m3, air_c)
        # Van Henten respires by the temperature of the moment, so that is what the mean of the day is set to.
        crop = step_crop(crop._replace(day_mean_c=air_c), NEVER_CUT, CropInput(air_c, assimilation), 60.0).crop
        if minute % 1440 == 1439:
            weights.append(crop.leaf_g_m2 / 1000)
    assert weights == pytest.approx(GOLDEN["dry_weight_kg_m2"], rel=1e-3)


def test_respiration_by_the_mean_of_the_day_differs_by_less_than_two_percent():
    """What the model really does; the curve of Q10 makes the difference."""
    crop = plant_crop(NEVER_CUT)
    for step in range(40 * 288):
        sun_w_m2, air_c, co2_kg_m3 = climate(step * 300.0 + 150.0)
        assimilation = lettuce_assimilation_umol_m2_s(crop.leaf_g_m2, LIGHT, sun_w_m2, co2_kg_m3, air_c)
        crop = step_crop(crop, NEVER_CUT, CropInput(air_c, assimilation), 300.0).crop
    assert crop.leaf_g_m2 / 1000 == pytest.approx(GOLDEN["dry_weight_kg_m2"][-1], rel=0.02)


@pytest.mark.parametrize(
    ("sun_w_m2", "co2_kg_m3", "air_c"), [(0.0, 1e-3, 20.0), (300.0, 4e-5, 20.0), (300.0, 1e-3, 1.0)]
)
def test_there_is_no_assimilation_without_light_carbon_dioxide_or_warmth(sun_w_m2, co2_kg_m3, air_c):
    assert lettuce_assimilation_umol_m2_s(100.0, LIGHT, sun_w_m2, co2_kg_m3, air_c) == 0.0
