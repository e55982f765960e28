"""The door of the crop model: planting, a crop's age, and what may be asked of a step."""

from __future__ import annotations

import math
from datetime import datetime

from greenhouse.plant.crops.growth import assimilation_share, leaf_area_index, step_crop
from greenhouse.plant.crops.parameters import CropParameters
from greenhouse.plant.crops.state import NO_COHORTS, Crop, CropInput
from greenhouse.plant.errors import PlantInputError
from greenhouse.plant.sentences import Sentence
from greenhouse.plant.time_step import LONGEST_STEP_S

DAY_S = 86400.0
OLDEST_D = 3 * 365
STANDARD_STEP_S = 300.0


def plant_crop(parameters: CropParameters) -> Crop:
    """A crop on the day it is planted."""
    foliage = parameters.foliage
    planted_g_m2 = foliage.leaf_at_planting_g_m2 + foliage.stem_at_planting_g_m2
    day = parameters.standard_day
    mean_c = (day.day_c * day.light_h + day.night_c * (24.0 - day.light_h)) / 24.0
    return Crop(
        buffer_g_m2=0.0,
        leaf_g_m2=foliage.leaf_at_planting_g_m2,
        stem_g_m2=foliage.stem_at_planting_g_m2,
        fruit_g_m2=NO_COHORTS,
        fruits_m2=NO_COHORTS,
        cohort_progress=0.0,
        day_mean_c=mean_c,
        temperature_sum_c_d=0.0,
        supply_share=0.0,
        assimilated_g_m2=planted_g_m2,
        respired_g_m2=0.0,
        pruned_g_m2=0.0,
        picked_g_m2=0.0,
    )


def crop_of_age(parameters: CropParameters, *, planted_at: datetime, now: datetime) -> Crop:
    """A crop that was planted some time ago, grown up to now through usual days of its kind.

    Raises
    ------
    PlantInputError
        If it is planted in the future or more than three years ago, or a time has no zone.
    """
    if planted_at.tzinfo is None or now.tzinfo is None:
        raise PlantInputError(f"planted_at {planted_at} and now {now} must both have a time zone; give them in UTC")
    age_d = (now - planted_at).total_seconds() / DAY_S
    if age_d < 0.0:
        raise PlantInputError(
            Sentence(
                "planted_at is %(planted)s, %(days)s days after %(now)s: a crop cannot be planted in the future; give "
                "the day it was planted, or leave the house empty until then",
                planted=f"{planted_at:%Y-%m-%d %H:%M %Z}",
                days=f"{-age_d:.1f}",
                now=f"{now:%Y-%m-%d %H:%M %Z}",
            )
        )
    if age_d > OLDEST_D:
        raise PlantInputError(
            Sentence(
                "planted_at is %(planted)s, %(days)s days ago: allowed is up to %(oldest)s days; give the planting "
                "that stands now",
                planted=f"{planted_at:%Y-%m-%d}",
                days=f"{age_d:.0f}",
                oldest=OLDEST_D,
            )
        )
    crop = plant_crop(parameters)
    for number in range(int(age_d * DAY_S / STANDARD_STEP_S)):
        given = standard_input(crop, parameters, number * STANDARD_STEP_S / 3600.0 % 24.0)
        crop = step_crop(crop, parameters, given, STANDARD_STEP_S).crop
    return crop


def standard_input(crop: Crop, parameters: CropParameters, hour: float) -> CropInput:
    """What a usual day of the crop gives at an hour after midnight."""
    day = parameters.standard_day
    if abs(hour - 12.0) > day.light_h / 2.0:
        return CropInput(day.night_c, 0.0)
    closure = 1.0 - math.exp(-day.extinction * leaf_area_index(crop, parameters))
    return CropInput(day.day_c, day.closed_canopy_umol_m2_s * closure * assimilation_share(crop, parameters))


def check_crop_input(given: CropInput, dt_s: float) -> CropInput:
    """Refuse what no house can give a crop.

    Raises
    ------
    PlantInputError
        Naming the input, its value and its range.
    """
    _within("dt_s", dt_s, 1e-3, LONGEST_STEP_S, "s")
    _within("canopy_c", given.canopy_c, -60.0, 80.0, "°C")
    _within("assimilation_umol_m2_s", given.assimilation_umol_m2_s, 0.0, 100.0, "µmol m⁻² s⁻¹")
    return given


def _within(name: str, value: float, lowest: float, highest: float, unit: str) -> None:
    if not lowest <= value <= highest:  # also refuses NaN
        raise PlantInputError(f"{name} is {value:g}: allowed is {lowest:g} to {highest:g} {unit}")
