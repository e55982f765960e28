"""The two houses that the tests of the climate live in."""

from __future__ import annotations

import pytest

from greenhouse.plant.climate.house import House
from greenhouse.plant.climate.reading import read_house


@pytest.fixture(scope="session")
def solar_greenhouse() -> House:
    return read_house("solar_greenhouse")


@pytest.fixture(scope="session")
def glasshouse() -> House:
    return read_house("glasshouse")
