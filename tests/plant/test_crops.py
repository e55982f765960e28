"""Crops grow as much as real ones, keep every gram of their balance, and ripen by warmth."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from greenhouse.plant.crops.growth import (
    assimilation_share,
    day_inhibition,
    inhibition,
    leaf_area_index,
    mean_age,
    set_share,
    step_crop,
    sum_of,
)
from greenhouse.plant.crops.parameters import CropKind, crop_file, crop_parameters
from greenhouse.plant.crops.picking import graded, share_above
from greenhouse.plant.crops.planting import check_crop_input, crop_of_age, plant_crop, standard_input
from greenhouse.plant.crops.state import NO_CROP, NO_HARVEST, Crop, CropInput
from greenhouse.plant.errors import PlantInputError

TOMATO = crop_parameters(CropKind.TOMATO)
NOW = datetime(2026, 3, 1, tzinfo=UTC)


def organs_g_m2(crop: Crop) -> float:
    return crop.leaf_g_m2 + crop.stem_g_m2 + sum_of(crop.fruit_g_m2)


def grown_g_m2(crop: Crop) -> float:
    return organs_g_m2(crop) + crop.pruned_g_m2 + crop.picked_g_m2


def unaccounted_g_m2(crop: Crop) -> float:
    out = crop.respired_g_m2 + crop.pruned_g_m2 + crop.picked_g_m2
    return crop.assimilated_g_m2 - out - crop.buffer_g_m2 - organs_g_m2(crop)


@cache
def season(kind: CropKind, days: int):
    """The crop of each midnight and the harvests of a season of usual days."""
    parameters = crop_parameters(kind)
    crop = plant_crop(parameters)
    midnights, harvests = [crop], []
    for number in range(days * 288):
        step = step_crop(crop, parameters, standard_input(crop, parameters, number % 288 / 12), 300.0)
        crop = step.crop
        if step.harvest.pieces_m2 > 0.0:
            harvests.append((number / 288, step.harvest))
        if number % 288 == 287:
            midnights.append(crop)
    return midnights, harvests


def picked(kind: CropKind, days: int) -> tuple[float, float, float]:
    """Fresh kg/m² of first and second grade together, pieces, and mean fresh weight of a piece in g."""
    harvests = [harvest for _, harvest in season(kind, days)[1]]
    pieces = sum(harvest.pieces_m2 for harvest in harvests)
    sold = sum(harvest.first_kg_m2 + harvest.second_kg_m2 for harvest in harvests)
    whole = sold + sum(harvest.cull_kg_m2 for harvest in harvests)
    return sold, pieces, whole / pieces * 1000.0


# --- yields of usual seasons, orders of magnitude ---------------------------------------------------------------------


@pytest.mark.slow
def test_a_glasshouse_year_of_tomatoes():
    """Dutch glasshouses pick over 70 kg/m² a year with CO2, Chinese multi-spans 20 to 40 (horticulture.cn)."""
    sold, pieces, piece_g = picked(CropKind.TOMATO, 330)
    assert 25 < sold < 60
    assert 70 < piece_g < 140
    assert 1.0 < pieces / (330 - 60) < 2.5  # 2.5 stems, 5 to 6 fruits a week


@pytest.mark.slow
def test_a_glasshouse_year_of_cucumbers():
    """Chinese 20 to 40, Dutch over 90 kg/m² a year (horticulture.cn)."""
    sold, _, piece_g = picked(CropKind.CUCUMBER, 330)
    assert 40 < sold < 95
    assert 180 < piece_g < 450


@pytest.mark.slow
def test_a_year_of_sweet_peppers():
    """Dutch 25 to 30 kg/m² a year, unheated houses about 10."""
    sold, _, piece_g = picked(CropKind.SWEET_PEPPER, 330)
    assert 15 < sold < 32
    assert 120 < piece_g < 220


@pytest.mark.slow
def test_a_winter_of_strawberries_by_grade():
    """3 to 8 kg/m² a season."""
    sold, _, piece_g = picked(CropKind.STRAWBERRY, 210)
    assert 3 < sold < 8
    assert 12 < piece_g < 28
    harvest = season(CropKind.STRAWBERRY, 210)[1][-1][1]
    assert harvest.first_kg_m2 > harvest.second_kg_m2 > harvest.cull_kg_m2 > 0


@pytest.mark.slow
def test_a_year_of_roses_in_stems():
    """Growers cut 200 to 350 stems/m² a year."""
    _, stems, stem_g = picked(CropKind.ROSE, 360)
    assert 200 < stems < 350
    assert 30 < stem_g < 60


def test_lettuce_is_cut_at_250_g_within_25_to_50_days_and_planted_anew():
    midnights, harvests = season(CropKind.LETTUCE, 90)
    days = [day for day, _ in harvests]
    assert 25 < days[0] < 50
    assert days[1] - days[0] == pytest.approx(days[0], abs=2)
    first = harvests[0][1]
    assert first.pieces_m2 == 18
    assert first.first_kg_m2 + first.second_kg_m2 + first.cull_kg_m2 == pytest.approx(18 * 0.25, rel=0.01)
    assert midnights[math.ceil(days[0])].leaf_g_m2 < 10


@pytest.mark.parametrize("kind", CropKind)
def test_no_day_grows_more_than_20_g_of_dry_matter(kind):
    """Agronomy notes 1.6: 16 to 20 g m⁻² d⁻¹ is a real crop's ceiling."""
    midnights, _ = season(kind, 90)
    grown = [grown_g_m2(after) - grown_g_m2(before) for before, after in pairwise(midnights)]
    assert 4 < max(grown) < 20


def test_more_light_than_a_crop_can_use_fills_its_buffer_and_stops_assimilation():
    crop = season(CropKind.TOMATO, 90)[0][-1]
    before = grown_g_m2(crop)
    for _ in range(288):
        given = CropInput(21.0, 60.0 * assimilation_share(crop, TOMATO))
        crop = step_crop(crop, TOMATO, given, 300.0).crop
    assert assimilation_share(crop, TOMATO) < 0.5
    assert crop.buffer_g_m2 <= TOMATO.growth.buffer_most_g_m2
    assert 15 < grown_g_m2(crop) - before <= 20.0


# --- balance ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", CropKind)
def test_what_is_assimilated_is_grown_respired_pruned_picked_or_in_the_buffer(kind):
    """Required within 0.1 %; kept within rounding."""
    crop = season(kind, 90)[0][-1]
    assert abs(unaccounted_g_m2(crop)) < 1e-9 * crop.assimilated_g_m2


def test_a_step_tells_the_carbon_dioxide_that_it_respired():
    crop = season(CropKind.TOMATO, 90)[0][-1]
    step = step_crop(crop, TOMATO, CropInput(20.0, 0.0), 300.0)
    respired_g_m2 = step.crop.respired_g_m2 - crop.respired_g_m2
    assert step.respiration_umol_m2_s == pytest.approx(respired_g_m2 / 30.03e-6 / 300.0, rel=1e-6)
    assert 1.0 < step.respiration_umol_m2_s < 5.0  # a tomato crop in the dark


@pytest.mark.parametrize("dt_s", [60.0, 300.0])
def test_the_time_step_hardly_matters(dt_s):
    def fortnight(step_s):
        crop = plant_crop(TOMATO)
        for number in range(int(14 * 86400 / step_s)):
            crop = step_crop(crop, TOMATO, standard_input(crop, TOMATO, number * step_s / 3600 % 24), step_s).crop
        return grown_g_m2(crop), crop.temperature_sum_c_d, sum_of(crop.fruits_m2)

    assert fortnight(dt_s) == pytest.approx(fortnight(150.0), rel=0.01)


steps = st.lists(
    st.tuples(st.floats(-40.0, 60.0), st.floats(0.0, 60.0), st.sampled_from([1.0, 60.0, 300.0])),
    min_size=1,
    max_size=60,
)


@settings(max_examples=40, deadline=None)
@given(steps=steps, kind=st.sampled_from(CropKind), age_d=st.sampled_from([0, 30, 90]))
def test_nothing_is_ever_negative_or_no_number(steps, kind, age_d):
    parameters = crop_parameters(kind)
    crop = season(kind, 90)[0][age_d]
    for canopy_c, assimilation, dt_s in steps:
        for _ in range(20):
            step = step_crop(crop, parameters, CropInput(canopy_c, assimilation), dt_s)
            crop = step.crop
        numbers = [*crop[:3], *crop.fruit_g_m2, *crop.fruits_m2, *crop[5:6], *crop[7:], *step.harvest]
        assert all(math.isfinite(number) and number >= 0.0 for number in numbers)
        assert -40.0 <= crop.day_mean_c <= 60.0
        assert 0.0 <= crop.supply_share <= 1.0
        assert 0.0 <= assimilation_share(crop, parameters) <= 1.0
        assert leaf_area_index(crop, parameters) <= parameters.foliage.lai_highest * (1 + 1e-9)
    assert abs(unaccounted_g_m2(crop)) < 1e-8 * max(1.0, crop.assimilated_g_m2)


@pytest.mark.parametrize("kind", [CropKind.TOMATO, CropKind.LETTUCE])
def test_the_buffer_never_gives_more_than_it_has(kind):
    parameters = crop_parameters(kind)
    crop = plant_crop(parameters)._replace(leaf_g_m2=20.0, buffer_g_m2=parameters.growth.buffer_least_g_m2 + 0.01)
    step = step_crop(crop, parameters, CropInput(20.0, 0.0), 300.0)
    assert parameters.growth.buffer_least_g_m2 <= step.crop.buffer_g_m2 < crop.buffer_g_m2
    assert grown_g_m2(step.crop) <= grown_g_m2(crop) + 0.01


def test_an_empty_house_stays_empty():
    crop = NO_CROP
    for _ in range(300):
        step = step_crop(crop, TOMATO, CropInput(20.0, 0.0), 300.0)
        crop = step.crop
    assert leaf_area_index(crop, TOMATO) == 0.0
    assert step.harvest == NO_HARVEST
    assert organs_g_m2(crop) == 0.0
    assert step.respiration_umol_m2_s == 0.0


# --- temperature, set, ripening ---------------------------------------------------------------------------------------


def days_to_first_fruit(canopy_c: float) -> float:
    crop, number = plant_crop(TOMATO)._replace(day_mean_c=canopy_c), 0
    first_set = None
    while True:
        given = CropInput(canopy_c, 12.0 if number % 288 > 144 else 0.0)
        step = step_crop(crop, TOMATO, given, 300.0)
        crop, number = step.crop, number + 1
        if first_set is None and crop.fruits_m2[0] > 0.0:
            first_set = number
        if step.harvest.pieces_m2 > 0.0:
            return (number - first_set) / 288


@pytest.mark.parametrize(("canopy_c", "days"), [(17.0, 61.1), (20.0, 51.6), (23.0, 44.7)])
def test_tomatoes_ripen_by_de_konings_rate(canopy_c, days):
    """1 / (1.16e-8 T - 7.64e-9) s: 61.1, 51.6 and 44.7 days; the first cohort holds fruits of a seventh of that."""
    assert days_to_first_fruit(canopy_c) == pytest.approx(days, rel=1 / 7.5)


def test_ripening_is_faster_by_exactly_the_warmth():
    slow, fast = days_to_first_fruit(17.0), days_to_first_fruit(23.0)
    assert slow / fast == pytest.approx((23.0 - 0.66) / (17.0 - 0.66), rel=0.08)


def test_ages_of_cohorts_run_from_0_to_1():
    ages = [mean_age(cohort, progress) for cohort in range(8) for progress in (0.0, 0.5, 1.0)]
    assert ages == sorted(ages)
    assert ages[0] == 0.0
    assert ages[-1] == 1.0


@pytest.mark.parametrize(
    ("canopy_c", "share"),
    [(10.0, 0.5), (34.0, 0.5), (22.0, 0.999), (5.0, 0.0128), (40.0, 0.0300)],
)
def test_inhibition_at_the_moment_has_vanthoors_form(canopy_c, share):
    """5 °C: 1 / (1 + exp(0.869 x 5)) = 0.0128; 40 °C: 1 / (1 + exp(0.5793 x 6)) = 0.0300."""
    assert inhibition(canopy_c, TOMATO.limits) == pytest.approx(share, rel=0.005)


@pytest.mark.parametrize(("mean_c", "share"), [(15.0, 0.5), (24.5, 0.5), (20.0, 0.995), (12.0, 0.0300)])
def test_inhibition_of_the_day_has_vanthoors_form(mean_c, share):
    """12 °C: 1 / (1 + exp(1.1587 x 3)) = 0.0300."""
    assert day_inhibition(mean_c, TOMATO.limits) == pytest.approx(share, rel=0.005)


def test_a_starving_crop_sets_no_fruit():
    fruiting = crop_parameters(CropKind.SWEET_PEPPER).fruiting
    assert set_share(0.2, fruiting) == 0.0
    assert set_share(1.0, fruiting) == 1.0
    assert 0.4 < set_share(0.6, fruiting) < 0.6


@pytest.mark.parametrize("canopy_c", [8.0, 29.0])
def test_what_heat_or_cold_keeps_from_growing_sets_no_fruit(canopy_c):
    """A crop that wishes for nothing has all it wishes for: that must not count as well fed."""
    crop = season(CropKind.TOMATO, 90)[0][-1]._replace(day_mean_c=canopy_c)
    set_m2 = flowers_m2 = 0.0
    for _ in range(288):
        step = step_crop(crop, TOMATO, CropInput(canopy_c, 10.0 * assimilation_share(crop, TOMATO)), 300.0)
        if step.crop.cohort_progress > crop.cohort_progress:  # else the youngest have moved on
            set_m2 += step.crop.fruits_m2[0] - crop.fruits_m2[0]
            flowers_m2 += TOMATO.fruiting.flowers_m2_c_d * (canopy_c - TOMATO.fruiting.base_c) / 288
        crop = step.crop
    assert flowers_m2 > 0.5
    assert set_m2 < 0.02 * flowers_m2


def test_a_poorly_fed_tomato_sets_fewer_flowers_and_a_well_fed_one_all():
    """In line with what is met, as growers thin trusses; not all of them as soon as a third is met."""
    assert set_share(0.1, TOMATO.fruiting) == 0.0
    assert set_share(0.45, TOMATO.fruiting) == pytest.approx(0.5)
    assert set_share(0.8, TOMATO.fruiting) == 1.0


def test_a_cold_week_stops_growth_and_the_buffer_feeds_back():
    crop = season(CropKind.TOMATO, 90)[0][-1]
    for _ in range(5 * 288):
        crop = step_crop(crop, TOMATO, CropInput(8.0, 5.0 * assimilation_share(crop, TOMATO)), 300.0).crop
    assert assimilation_share(crop, TOMATO) < 0.2
    before = grown_g_m2(crop)
    crop = step_crop(crop, TOMATO, CropInput(8.0, 5.0), 300.0).crop
    assert grown_g_m2(crop) - before <= 0.002  # under 0.6 g a day


def test_leaves_are_pruned_to_the_highest_leaf_area():
    crop = season(CropKind.TOMATO, 90)[0][-1]
    assert leaf_area_index(crop, TOMATO) == pytest.approx(3.0)
    assert crop.pruned_g_m2 > 50


# --- grades -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("limit_g", "share"), [(100.0, 0.5), (75.0, 0.841), (125.0, 0.159)])
def test_grades_follow_the_normal_distribution(limit_g, share):
    """One standard deviation to either side: 84.1 % and 15.9 %."""
    assert share_above(limit_g, 100.0, 0.25) == pytest.approx(share, abs=0.01)


def test_grades_add_up_to_what_was_picked():
    harvest = graded(10.0, 120.0, TOMATO.picking)
    assert harvest.first_kg_m2 + harvest.second_kg_m2 + harvest.cull_kg_m2 == pytest.approx(10.0)
    assert harvest.cull_kg_m2 > 0.03 * 10.0
    assert harvest.first_pieces_m2 < harvest.pieces_m2 == 120.0
    assert graded(0.0, 0.0, TOMATO.picking) == NO_HARVEST


# --- the door ---------------------------------------------------------------------------------------------------------


def test_a_crop_planted_in_the_future_is_refused():
    with pytest.raises(PlantInputError, match=r"planted_at is 2026-03-11 00:00 UTC, 10\.0 days after 2026-03-01"):
        crop_of_age(TOMATO, planted_at=NOW + timedelta(days=10), now=NOW)


def test_a_crop_older_than_three_years_is_refused():
    with pytest.raises(PlantInputError, match="allowed is up to 1095 days"):
        crop_of_age(TOMATO, planted_at=NOW - timedelta(days=1200), now=NOW)


def test_a_time_without_zone_is_refused():
    with pytest.raises(PlantInputError, match="must both have a time zone"):
        crop_of_age(TOMATO, planted_at=NOW.replace(tzinfo=None), now=NOW)


def test_a_crop_of_an_age_is_the_crop_that_was_grown_to_it():
    assert crop_of_age(TOMATO, planted_at=NOW - timedelta(days=60), now=NOW) == season(CropKind.TOMATO, 90)[0][60]
    assert crop_of_age(TOMATO, planted_at=NOW, now=NOW) == plant_crop(TOMATO)


@pytest.mark.parametrize(
    ("given_input", "dt_s", "said"),
    [
        (CropInput(20.0, 10.0), 0.0, "dt_s is 0: allowed is 0.001 to 300 s"),
        (CropInput(20.0, 10.0), 3600.0, "dt_s is 3600"),
        (CropInput(math.nan, 10.0), 60.0, "canopy_c is nan"),
        (CropInput(20.0, -1.0), 60.0, "assimilation_umol_m2_s is -1: allowed is 0 to 100"),
    ],
)
def test_what_no_house_can_give_is_refused(given_input, dt_s, said):
    with pytest.raises(PlantInputError, match=said):
        check_crop_input(given_input, dt_s)


def test_what_a_house_gives_passes_the_door():
    assert check_crop_input(CropInput(20.0, 10.0), 60.0) == CropInput(20.0, 10.0)


@pytest.mark.parametrize("kind", CropKind)
def test_a_generic_crop_says_what_it_took_over_from_tomato(kind):
    tomato = {(one.part, one.name): one for one in crop_file(CropKind.TOMATO).stated}
    for one in crop_file(kind).stated:
        taken_over = one.en.endswith("(taken over from tomato)")
        assert taken_over == one.zh.endswith("（沿用番茄参数）")
        if taken_over:
            assert kind is not CropKind.TOMATO
            assert one.value == tomato[one.part, one.name].value
            assert "tomato" in one.reference
