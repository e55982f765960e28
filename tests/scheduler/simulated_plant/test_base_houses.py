"""What the houses of the simulated base have beyond their kind: told with its source, and in force."""

from __future__ import annotations

from datetime import date

import pytest

from greenhouse.plant.climate.reading import read_house
from greenhouse.plant.errors import ParameterError
from greenhouse.plant.parameters import parse_parameters
from scheduler.simulated_plant.base_houses import (
    BASE_HOUSES_FILE,
    BASE_HOUSES_PARTS,
    base_houses,
    is_whitening_time,
    whitened,
    with_aid_pipes,
)


def test_every_figure_says_where_it_comes_from():
    stated = base_houses().stated
    assert all(one.reference and one.zh and one.en and one.unit for one in stated)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (('unit = "m m-2"', 'unit = "m"'), r'"m" must be "m m-2"; convert the value'),
        (("value = 0.55", "value = 55"), "55 is outside 0 to 0.95"),
        (('reference = "assumed: 20 May"', ""), "reference is missing"),
    ],
)
def test_a_wrong_unit_range_or_source_is_refused(change, sentence):
    text = BASE_HOUSES_FILE.read_text(encoding="utf-8")
    assert change[0] in text
    with pytest.raises(ParameterError, match=sentence):
        parse_parameters(text.replace(*change), file="base_houses.toml", parts=BASE_HOUSES_PARTS)


@pytest.mark.parametrize(
    ("day", "splashed"), [((5, 19), False), ((5, 20), True), ((8, 31), True), ((9, 1), False), ((1, 15), False)]
)
def test_films_are_splashed_from_may_20_to_the_end_of_august(day, splashed):
    assert is_whitening_time(date(2026, *day)) is splashed


def test_a_splashed_film_lets_45_percent_of_its_light_pass():
    house = read_house("solar_greenhouse")
    assert whitened(house).cover.beam_transmission == pytest.approx(0.45 * house.cover.beam_transmission)
    assert whitened(house).cover.diffuse_transmission == pytest.approx(0.45 * house.cover.diffuse_transmission)


def test_only_the_houses_of_the_base_have_pipes_against_frost():
    house = read_house("solar_greenhouse")
    assert house.pipes.length_m_m2 == 0.0
    assert with_aid_pipes(house).pipes.length_m_m2 > 0.0
