"""Picking and grading: what leaves a crop as harvest.

Pieces of one cohort differ in weight; the share above a limit follows a logistic curve with the spread of their weights
(with a slope of 1.702 it stands within 0.01 of the normal distribution: Haley 1952). The same share is taken of number
and weight, although larger pieces carry a little more of the weight.
"""

from __future__ import annotations

import math

from greenhouse.plant.crops.parameters import CropParameters, Picking
from greenhouse.plant.crops.state import NO_HARVEST, Crop, Harvest

LOGISTIC_TO_NORMAL = 1.702


def share_above(limit_g: float, mean_g: float, spread_share: float) -> float:
    """Share of pieces heavier than a limit, when they weigh ``mean_g`` with a relative spread."""
    if mean_g <= 0.0:
        return 0.0
    far = LOGISTIC_TO_NORMAL * (limit_g - mean_g) / (spread_share * mean_g)
    return 1.0 / (1.0 + math.exp(min(far, 60.0)))


def graded(fresh_kg_m2: float, pieces_m2: float, picking: Picking) -> Harvest:
    """A harvest by grade."""
    if fresh_kg_m2 <= 0.0 or pieces_m2 <= 0.0:
        return NO_HARVEST
    mean_g = fresh_kg_m2 * 1000.0 / pieces_m2
    sound = 1.0 - picking.defect_share
    first = sound * share_above(picking.first_above_g, mean_g, picking.spread_share)
    marketable = sound * share_above(picking.second_above_g, mean_g, picking.spread_share)
    second = max(0.0, marketable - first)
    return Harvest(
        fresh_kg_m2 * first,
        fresh_kg_m2 * second,
        fresh_kg_m2 * (1.0 - first - second),
        pieces_m2,
        pieces_m2 * first,
    )


def pick_fruits(crop: Crop, parameters: CropParameters) -> tuple[Crop, Harvest]:
    """Pick the oldest cohort; all others move on by one."""
    fruit = crop.fruit_g_m2
    counts = crop.fruits_m2
    picked = Crop(
        crop.buffer_g_m2,
        crop.leaf_g_m2,
        crop.stem_g_m2,
        (0.0, fruit[0], fruit[1], fruit[2], fruit[3], fruit[4], fruit[5], fruit[6]),
        (0.0, counts[0], counts[1], counts[2], counts[3], counts[4], counts[5], counts[6]),
        crop.cohort_progress,
        crop.day_mean_c,
        crop.temperature_sum_c_d,
        crop.supply_share,
        crop.assimilated_g_m2,
        crop.respired_g_m2,
        crop.pruned_g_m2,
        crop.picked_g_m2 + fruit[7],
    )
    fresh_kg_m2 = fruit[7] / parameters.picking.dry_matter_share / 1000.0
    return picked, graded(fresh_kg_m2, counts[7], parameters.picking)


def pick_heads(crop: Crop, parameters: CropParameters) -> tuple[Crop, Harvest]:
    """Cut all heads once their mean weight is reached, and plant anew: a leaf crop stands in turns.

    Seedlings come from outside, so their mass counts as assimilated: the sums of the crop stay balanced.
    """
    picking = parameters.picking
    fresh_kg_m2 = crop.leaf_g_m2 / picking.dry_matter_share / 1000.0
    if fresh_kg_m2 * 1000.0 < picking.head_picked_g * picking.heads_m2:
        return crop, NO_HARVEST
    foliage = parameters.foliage
    seedlings = foliage.leaf_at_planting_g_m2 + foliage.stem_at_planting_g_m2
    planted = Crop(
        0.0,
        foliage.leaf_at_planting_g_m2,
        foliage.stem_at_planting_g_m2,
        crop.fruit_g_m2,
        crop.fruits_m2,
        crop.cohort_progress,
        crop.day_mean_c,
        0.0,
        0.0,
        crop.assimilated_g_m2 + seedlings,
        crop.respired_g_m2,
        crop.pruned_g_m2 + crop.stem_g_m2 + crop.buffer_g_m2,
        crop.picked_g_m2 + crop.leaf_g_m2,
    )
    return planted, graded(fresh_kg_m2, picking.heads_m2, picking)
