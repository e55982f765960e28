"""A whole house compiled for a season: the same bits every time, and the house that runs as plain Python."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest

from greenhouse.plant.building import HouseKind, whole_at_start, whole_house
from greenhouse.plant.compiled import CompiledHouse, flat, keep_machine_code, like
from greenhouse.plant.crops.parameters import CropKind
from greenhouse.plant.machinery import Orders
from greenhouse.plant.stretch import MOMENT_WIDTH, PlainHouse, weather_table
from greenhouse.plant.weather.climate import kangbashi
from greenhouse.plant.weather.generator import generate
from greenhouse.plant.weather.generator_parameters import shipped_generator

WEATHER = generate(kangbashi(), shipped_generator(), seed=3, first=date(2026, 5, 1), days=1)
TABLE = weather_table(WEATHER.sampled(WEATHER.start, count=1440, step_s=60.0))
ORDERS = Orders(0.3, 0.0, 0.0, 0.0, 0.0, 0.2, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.1, 2.6, 5.8)


def start(crop=CropKind.TOMATO):
    parameters = whole_house(HouseKind.GLASSHOUSE, crop, HouseKind.GLASSHOUSE.medium)
    planted = WEATHER.start - timedelta(days=30)
    state = whole_at_start(parameters, planted_at=planted, now=WEATHER.start, deep_c=8.0, co2_ppm=425.0)
    return state, parameters


def lived(make_house, crop, *, at_once):
    house = make_house(*start(crop), 60.0)
    house.meet(TABLE, np.zeros((1440, MOMENT_WIDTH)))
    if at_once:
        house.advance(ORDERS, 600, 240)
    else:
        for number in range(600, 840):
            house.advance(ORDERS, number, 1)
    return house


def test_a_row_of_numbers_becomes_the_same_state_again():
    state, parameters = start()
    assert like(state, flat(state)) == state
    assert like(parameters, flat(parameters)) == parameters


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_compiled_and_plain_houses_are_one(tmp_path, monkeypatch):
    monkeypatch.setattr("greenhouse.plant.compiled._CONFIG.CACHE_DIR", "")
    monkeypatch.setattr("greenhouse.plant.compiled._MACHINE_CODE", {})  # tests before may have compiled it already
    keep_machine_code(tmp_path)
    for crop in (CropKind.TOMATO, CropKind.LETTUCE):
        once, again = (lived(CompiledHouse, crop, at_once=True) for _ in range(2))
        assert flat(once.state).tobytes() == flat(again.state).tobytes()
        assert once.moments.tobytes() == again.moments.tobytes()
        minutely = lived(CompiledHouse, crop, at_once=False)
        assert flat(minutely.state).tobytes() == flat(once.state).tobytes()
        # The compiler's own exponential differs from Python's in the last bit.
        plain = lived(PlainHouse, crop, at_once=True)
        np.testing.assert_allclose(flat(once.state), flat(plain.state), rtol=1e-9, atol=1e-9)
    assert list(tmp_path.rglob("*.nbi")), "nothing was kept for the next process"
