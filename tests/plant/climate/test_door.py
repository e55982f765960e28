"""Bad input is refused with its name, its value and what to do."""

from __future__ import annotations

import re

import pytest

from greenhouse.plant.climate.checks import (
    check_canopy,
    check_equipment,
    check_house,
    check_state,
    check_weather,
)
from greenhouse.plant.climate.reading import DATA, PARTS, house_of, read_parameters
from greenhouse.plant.climate.starting import resting_state
from greenhouse.plant.errors import ParameterError, PlantInputError
from greenhouse.plant.parameters import parse_parameters
from scripts.validate_plant.skies import CROP, STILL, WINTER, weather_at

TEXT = (DATA / "solar_greenhouse.toml").read_text(encoding="utf-8")


def test_usual_input_passes(solar_greenhouse, glasshouse):
    check_equipment(STILL)
    check_weather(weather_at(WINTER, 12.0))
    check_canopy(CROP)
    check_state(resting_state(15.0, 9.0, 70.0, 420.0))
    check_house(solar_greenhouse)
    check_house(glasshouse)


@pytest.mark.parametrize(("name", "value"), [("roof_vent", 1.01), ("blanket", -0.1), ("lamp", float("nan"))])
def test_control_outside_0_to_1_is_refused(name, value):
    with pytest.raises(PlantInputError, match=f"equipment {name} is"):
        check_equipment(STILL._replace(**{name: value}))


def test_impossible_weather_and_canopy_are_refused():
    with pytest.raises(PlantInputError, match=r"weather air_c is 80; give -60 to 60"):
        check_weather(weather_at(WINTER, 12.0)._replace(air_c=80.0))
    with pytest.raises(PlantInputError, match="weather wind_m_s is nan"):
        check_weather(weather_at(WINTER, 12.0)._replace(wind_m_s=float("nan")))
    with pytest.raises(PlantInputError, match=r"canopy lai is -1; give 0 to 15"):
        check_canopy(CROP._replace(lai=-1.0))
    with pytest.raises(PlantInputError, match="state air_c is nan"):
        check_state(resting_state(float("nan"), 9.0, 70.0, 420.0))


def with_value(part: str, name: str, value: str) -> str:
    changed, count = re.subn(rf"(\[{part}\.{name}\]\nvalue = )\S+", rf"\g<1>{value}", TEXT)
    assert count == 1
    return changed


@pytest.mark.parametrize(("part", "name"), [("shape", "floor_area_m2"), ("shape", "span_m"), ("cover", "area_m2_m2")])
def test_house_of_zero_area_is_refused(part, name):
    file = parse_parameters(with_value(part, name, "0.0"), file="house.toml", parts=PARTS)
    with pytest.raises(PlantInputError, match=f"{name} is 0; give more than 0"):
        house_of(file)


def test_parameter_with_another_unit_is_refused():
    text = TEXT.replace('unit = "m2 K W-1"', 'unit = "W m-2 K-1"', 1)
    with pytest.raises(ParameterError, match="must be"):
        parse_parameters(text, file="house.toml", parts=PARTS)


@pytest.mark.parametrize("kind", ["solar_greenhouse", "glasshouse"])
def test_every_parameter_says_where_it_comes_from(kind):
    stated = read_parameters(DATA / f"{kind}.toml").stated
    assert len(stated) > 90
    assert all(one.reference and one.zh and one.en and one.unit for one in stated)


def test_what_was_tuned_says_why():
    tuned = {f"{one.part}.{one.name}" for one in read_parameters(DATA / "solar_greenhouse.toml").stated if one.tuned}
    assert {"vents.leak", "ground.respiration_umol_m2_s"} <= tuned
