"""Growth of a crop, step by step: buffer, organs, fruit set, ripening, picking, pruning.

The equations are Vanthoor's (2011, *A model-based greenhouse design method*, chapter 9), with fruits counted in
cohorts so that they ripen by their own temperature sum and can be graded. Three things differ from there:

* The buffer empties smoothly instead of by a switch, solved implicitly, so that no step length makes it negative.
* Fruits ask by number and age instead of by one rate for the whole crop.
* All organs together never ask for more than a real crop grows in a day.
"""

from __future__ import annotations

import math

from greenhouse.plant.crops.parameters import CropParameters, Fruiting, Limits
from greenhouse.plant.crops.picking import pick_fruits, pick_heads
from greenhouse.plant.crops.state import COHORTS, NO_HARVEST, Crop, CropInput, CropStep, Eight, Harvest

DAY_S = 86400.0
CARBOHYDRATE_G_UMOL = 30.03e-6
"""Molar mass of CH2O: a crop binds one for each carbon dioxide."""


def leaf_area_index(crop: Crop, parameters: CropParameters) -> float:
    """Leaf area per floor area. [m2 m-2] Vanthoor 2011, eq. 9.5."""
    return crop.leaf_g_m2 * parameters.foliage.specific_leaf_area_m2_g


def assimilation_share(crop: Crop, parameters: CropParameters) -> float:
    """Share of possible assimilation that leaves keep up while the buffer fills: 1 down to 0 when it is full.

    The climate multiplies by it before it hands assimilation over, so that carbon dioxide and carbohydrate agree.
    """
    growth = parameters.growth
    return min(1.0, max(0.0, (growth.buffer_most_g_m2 - crop.buffer_g_m2) / growth.buffer_taper_g_m2))


def inhibition(now_c: float, limits: Limits) -> float:
    """Share of growth that the canopy's temperature of the moment allows. Vanthoor 2011, h_Tcan."""
    low = 1.0 / (1.0 + math.exp(-limits.moment_low_slope_k * (now_c - limits.moment_low_c)))
    return low / (1.0 + math.exp(limits.moment_high_slope_k * (now_c - limits.moment_high_c)))


def day_inhibition(day_mean_c: float, limits: Limits) -> float:
    """Share of growth that the mean of 24 hours allows. Vanthoor 2011, h_Tcan24."""
    low = 1.0 / (1.0 + math.exp(-limits.day_low_slope_k * (day_mean_c - limits.day_low_c)))
    return low / (1.0 + math.exp(limits.day_high_slope_k * (day_mean_c - limits.day_high_c)))


def step_crop(crop: Crop, parameters: CropParameters, given: CropInput, dt_s: float) -> CropStep:
    """One step of a crop.

    Carbohydrate is balanced: assimilated = change of buffer and organs + respired + pruned + picked.
    """
    growth = parameters.growth
    day_mean_c = given.canopy_c + (crop.day_mean_c - given.canopy_c) * math.exp(-dt_s / DAY_S)
    warmth_c_d = max(0.0, day_mean_c - parameters.fruiting.base_c) * dt_s / DAY_S
    day_share = day_inhibition(day_mean_c, parameters.limits)
    response = max(0.0, growth.response_base + growth.response_per_k * day_mean_c) * day_share * dt_s / DAY_S
    moment_share = inhibition(given.canopy_c, parameters.limits)
    # What each organ could grow in this step. [g m-2]
    leaf_wish = growth.leaf_potential_g_m2_d * response
    stem_wish = growth.stem_potential_g_m2_d * response
    fruit_wishes = _fruit_wishes(crop, parameters.fruiting, warmth_c_d * day_share * moment_share)
    fruit_wish = sum_of(fruit_wishes)
    wish = leaf_wish + stem_wish + fruit_wish
    most = growth.highest_g_m2_d * dt_s / DAY_S
    allowed = most / wish if wish > most else 1.0
    cost = leaf_wish * growth.leaf_cost + stem_wish * growth.stem_cost + fruit_wish * growth.fruit_cost
    assimilated = max(0.0, given.assimilation_umol_m2_s) * CARBOHYDRATE_G_UMOL * dt_s
    met, buffer = _spend(crop.buffer_g_m2 + assimilated, (wish + cost) * allowed, parameters)
    share = met * allowed
    leaf_loss, stem_loss, fruit_loss = _maintenance_shares(crop, parameters, day_mean_c, dt_s)
    fruit = crop.fruit_g_m2
    leaf = crop.leaf_g_m2 * (1.0 - leaf_loss) + leaf_wish * share
    stem = crop.stem_g_m2 * (1.0 - stem_loss) + stem_wish * share
    respired = cost * share + crop.leaf_g_m2 * leaf_loss + crop.stem_g_m2 * stem_loss + sum_of(fruit) * fruit_loss
    pruned = max(0.0, leaf - parameters.foliage.lai_highest / parameters.foliage.specific_leaf_area_m2_g)
    grown = Crop(
        buffer,
        leaf - pruned,
        stem,
        _grown_fruits(fruit, 1.0 - fruit_loss, fruit_wishes, share),
        crop.fruits_m2,
        crop.cohort_progress,
        day_mean_c,
        crop.temperature_sum_c_d + warmth_c_d,
        share + (crop.supply_share - share) * math.exp(-dt_s / DAY_S),
        crop.assimilated_g_m2 + assimilated,
        crop.respired_g_m2 + respired,
        crop.pruned_g_m2 + pruned,
        crop.picked_g_m2,
    )
    ripened, harvest = _develop(grown, parameters, warmth_c_d, moment_share * day_share)
    return CropStep(ripened, harvest, respired / CARBOHYDRATE_G_UMOL / dt_s)


def _spend(stock_g_m2: float, wanted_g_m2: float, parameters: CropParameters) -> tuple[float, float]:
    """Share of what is wanted that the buffer gives, and what stays in it.

    The share is ``a = clip((B - B_least) / width, 0, 1)`` with the buffer *after* the step, which is why it can never
    become negative (Vanthoor 2011, h_CBuf_org, made smooth).
    """
    growth = parameters.growth
    free = stock_g_m2 - growth.buffer_least_g_m2
    if wanted_g_m2 <= 0.0 or free <= 0.0:
        return 0.0, stock_g_m2
    if free - wanted_g_m2 >= growth.buffer_width_g_m2:
        return 1.0, stock_g_m2 - wanted_g_m2
    met = free / (growth.buffer_width_g_m2 + wanted_g_m2)
    return met, stock_g_m2 - met * wanted_g_m2


def _maintenance_shares(
    crop: Crop, parameters: CropParameters, day_mean_c: float, dt_s: float
) -> tuple[float, float, float]:
    """Share of leaf, stem and fruit that is respired in a step.

    Vanthoor 2011, section 9.5.4: ``c_m Q10^(0.1 (T24 - 25)) (1 - exp(-c_RGR RGR))``; what no longer grows, old stem
    above all, respires little.
    """
    growth = parameters.growth
    warm = growth.maintenance_q10 ** (0.1 * (day_mean_c - 25.0)) * dt_s
    resting = 1.0 - growth.resting_share
    supply = crop.supply_share / DAY_S * growth.relative_growth_time_s
    leaf = 1.0 - resting * math.exp(-growth.leaf_potential_g_m2_d * supply / (crop.leaf_g_m2 + 1e-9))
    stem = 1.0 - resting * math.exp(-growth.stem_potential_g_m2_d * supply / (crop.stem_g_m2 + 1e-9))
    # Fruits grow until they are picked, so their factor is 1 within a few percent.
    return (
        min(1.0, growth.leaf_maintenance_s * warm * leaf),
        min(1.0, growth.stem_maintenance_s * warm * stem),
        min(1.0, growth.fruit_maintenance_s * warm),
    )


def _fruit_wishes(crop: Crop, fruiting: Fruiting, warmth_c_d: float) -> Eight:
    """What each cohort could grow in a step. [g m-2]"""
    of_one = fruiting.potential_dry_g * warmth_c_d / fruiting.ripening_c_d
    counts = crop.fruits_m2
    progress = crop.cohort_progress
    return (
        of_one * counts[0] * _sink_strength(0, progress, fruiting.strongest_at),
        of_one * counts[1] * _sink_strength(1, progress, fruiting.strongest_at),
        of_one * counts[2] * _sink_strength(2, progress, fruiting.strongest_at),
        of_one * counts[3] * _sink_strength(3, progress, fruiting.strongest_at),
        of_one * counts[4] * _sink_strength(4, progress, fruiting.strongest_at),
        of_one * counts[5] * _sink_strength(5, progress, fruiting.strongest_at),
        of_one * counts[6] * _sink_strength(6, progress, fruiting.strongest_at),
        of_one * counts[7] * _sink_strength(7, progress, fruiting.strongest_at),
    )


def _sink_strength(cohort: int, progress: float, strongest_at: float) -> float:
    """How strongly a fruit of a cohort draws, against its mean over its life: a triangle over its age."""
    age = mean_age(cohort, progress)
    if age < strongest_at:
        return 2.0 * age / strongest_at
    return 2.0 * max(0.0, 1.0 - age) / (1.0 - strongest_at)


def mean_age(cohort: int, progress: float) -> float:
    """Mean age of a cohort's fruits, as share of their time to ripen. 1 when the oldest is about to be picked."""
    if cohort == 0:
        return 0.5 * progress / (COHORTS - 0.5)
    return (cohort + progress - 0.5) / (COHORTS - 0.5)


def _grown_fruits(fruit: Eight, kept: float, wishes: Eight, share: float) -> Eight:
    return (
        fruit[0] * kept + wishes[0] * share,
        fruit[1] * kept + wishes[1] * share,
        fruit[2] * kept + wishes[2] * share,
        fruit[3] * kept + wishes[3] * share,
        fruit[4] * kept + wishes[4] * share,
        fruit[5] * kept + wishes[5] * share,
        fruit[6] * kept + wishes[6] * share,
        fruit[7] * kept + wishes[7] * share,
    )


def _develop(crop: Crop, parameters: CropParameters, warmth_c_d: float, growing_share: float) -> tuple[Crop, Harvest]:
    """Fruits set and grow older; the oldest cohort is picked when it is ripe, heads when they are heavy enough.

    What heat or cold keeps from growing sets no fruit. Without that a crop that wishes for nothing would count as well
    fed and set every flower, and all those fruits would ripen small.
    """
    if parameters.picking.heads_m2 > 0.0:
        return pick_heads(crop, parameters)
    fruiting = parameters.fruiting
    set_m2 = 0.0
    if crop.temperature_sum_c_d >= fruiting.first_set_c_d:
        set_m2 = fruiting.flowers_m2_c_d * warmth_c_d * growing_share * set_share(crop.supply_share, fruiting)
    progress = crop.cohort_progress + warmth_c_d * (COHORTS - 0.5) / fruiting.ripening_c_d
    if progress < 1.0:
        return _with_young(crop, set_m2, progress), NO_HARVEST
    picked, harvest = pick_fruits(crop, parameters)
    return _with_young(picked, set_m2, progress - 1.0), harvest


def set_share(supply_share: float, fruiting: Fruiting) -> float:
    """Share of flowers that set: none while the crop starves, all when it is well fed."""
    span = max(1e-9, fruiting.set_above_share - fruiting.abort_below_share)
    return min(1.0, max(0.0, (supply_share - fruiting.abort_below_share) / span))


def _with_young(crop: Crop, set_m2: float, progress: float) -> Crop:
    counts = crop.fruits_m2
    return Crop(
        crop.buffer_g_m2,
        crop.leaf_g_m2,
        crop.stem_g_m2,
        crop.fruit_g_m2,
        (counts[0] + set_m2, counts[1], counts[2], counts[3], counts[4], counts[5], counts[6], counts[7]),
        progress,
        crop.day_mean_c,
        crop.temperature_sum_c_d,
        crop.supply_share,
        crop.assimilated_g_m2,
        crop.respired_g_m2,
        crop.pruned_g_m2,
        crop.picked_g_m2,
    )


def sum_of(cohorts: Eight) -> float:
    """Sum over the cohorts."""
    return cohorts[0] + cohorts[1] + cohorts[2] + cohorts[3] + cohorts[4] + cohorts[5] + cohorts[6] + cohorts[7]
