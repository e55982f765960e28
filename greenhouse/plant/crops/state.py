"""The state of a crop, what a step is given, and what it returns. All per m² floor; masses are dry unless said."""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

Eight: TypeAlias = tuple[float, float, float, float, float, float, float, float]

COHORTS = 8
"""Fruits of one age stand in one cohort. A truss of tomatoes flowers a week; eight weeks later it is ripe."""

NO_COHORTS: Eight = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)


class Crop(NamedTuple):
    """A crop.

    Attributes
    ----------
    buffer_g_m2 : float
        Assimilates that no organ has taken yet.
    leaf_g_m2, stem_g_m2 : float
        Stem stands for all that is neither leaf nor fruit, roots among it.
    fruit_g_m2, fruits_m2 : tuple of 8 floats
        Dry mass and number of each cohort, youngest first. Of a cut flower: its flower stems.
    cohort_progress : float
        Share of the time until the cohorts move on by one, 0 to 1.
    day_mean_c : float
        Mean canopy temperature of about the last 24 hours.
    temperature_sum_c_d : float
        Since planting, above the crop's base.
    supply_share : float
        Share of potential growth that was met over about the last 24 hours.
    assimilated_g_m2, respired_g_m2, pruned_g_m2, picked_g_m2 : float
        Sums since planting, for balances: what came in; what left as carbon dioxide, as pruned leaves, as harvest.
    """

    buffer_g_m2: float
    leaf_g_m2: float
    stem_g_m2: float
    fruit_g_m2: Eight
    fruits_m2: Eight
    cohort_progress: float
    day_mean_c: float
    temperature_sum_c_d: float
    supply_share: float
    assimilated_g_m2: float
    respired_g_m2: float
    pruned_g_m2: float
    picked_g_m2: float


NO_CROP = Crop(0.0, 0.0, 0.0, NO_COHORTS, NO_COHORTS, 0.0, 20.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
"""An empty house: takes no light, grows nothing."""


class CropInput(NamedTuple):
    """What a step is given.

    Attributes
    ----------
    canopy_c : float
    assimilation_umol_m2_s : float
        Gross assimilation of carbon dioxide, after ``assimilation_share`` and without any respiration.
    """

    canopy_c: float
    assimilation_umol_m2_s: float


class Harvest(NamedTuple):
    """What was picked in a step. Fresh.

    Attributes
    ----------
    first_kg_m2, second_kg_m2, cull_kg_m2 : float
        By grade; what is too small or has a defect is culled.
    pieces_m2 : float
        Fruits, flower stems or heads, of all grades.
    first_pieces_m2 : float
        Those of the first grade: cut flowers are sold by the stem.
    """

    first_kg_m2: float
    second_kg_m2: float
    cull_kg_m2: float
    pieces_m2: float
    first_pieces_m2: float


NO_HARVEST = Harvest(0.0, 0.0, 0.0, 0.0, 0.0)


class CropStep(NamedTuple):
    """What a step made.

    Attributes
    ----------
    crop : Crop
    harvest : Harvest
    respiration_umol_m2_s : float
        Carbon dioxide given back to the air, by growth and by maintenance.
    """

    crop: Crop
    harvest: Harvest
    respiration_umol_m2_s: float
