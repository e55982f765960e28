"""A parameter without its unit, its source or its words is no parameter."""

from __future__ import annotations

from typing import Annotated, NamedTuple

import pytest

from greenhouse.plant.errors import ParameterError, PlantError
from greenhouse.plant.parameters import ParameterFile, Unit, parse_parameters, units_of


class Film(NamedTuple):
    beam_transmission: Annotated[float, Unit("1", highest=1.0)]
    infrared_transmission: Annotated[float, Unit("1", highest=1.0)]


class Soil(NamedTuple):
    deep_c: Annotated[float, Unit("degC", lowest=-10.0, highest=30.0)]


WHOLE = """
[film.infrared_transmission]
value = 0.25
unit = "1"
zh = "长波透过率"
en = "Long-wave transmission"
reference = "Xu et al. 2024, Table 2"

[film.beam_transmission]
value = 0.72
unit = "1"
zh = "直射光透过率"
en = "Beam transmission"
reference = "Xu et al. 2024, Table 2"
tuned = "frame and dust"

[soil.deep_c]
value = 9
unit = "degC"
zh = "深层土温"
en = "Deep soil"
reference = "annual mean + 3 K"
"""


def parse(text: str) -> ParameterFile:
    return parse_parameters(text, file="house.toml", parts={"film": Film, "soil": Soil})


def faults(text: str) -> str:
    with pytest.raises(ParameterError) as caught:
        parse(text)
    assert isinstance(caught.value, PlantError)
    return "\n".join(caught.value.faults)


def test_values_come_in_the_order_of_the_part_whatever_the_file_says():
    read = parse(WHOLE)
    assert read.part("film", Film) == Film(beam_transmission=0.72, infrared_transmission=0.25)
    assert read.part("soil", Soil) == (9.0,)
    assert [one.tuned for one in read.stated if one.name == "beam_transmission"] == ["frame and dust"]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("value = 0.72", "value = 1.72", "beam_transmission.value 1.72 is outside 0 to 1"),
        ("value = 0.72", "value = nan", "must be a finite number"),
        ("value = 0.72", 'value = "a lot"', "must be a finite number"),
        ('unit = "degC"', 'unit = "K"', '"K" must be "degC"; convert the value'),
        ('reference = "annual mean + 3 K"', "", "deep_c.reference is missing"),
        ('reference = "annual mean + 3 K"', 'reference = " "', "must be a text that is not empty"),
        ('zh = "深层土温"', "", "deep_c.zh is missing"),
        ('en = "Deep soil"', "", "deep_c.en is missing"),
        ("[soil.deep_c]", "[soil.deap_c]", 'unknown key deap_c (did you mean "deep_c"?)'),
        ("[soil.deep_c]", "[earth.deep_c]", "soil is missing"),
        ("[soil.deep_c]", "[[soil]]", "must be a table"),
    ],
)
def test_a_fault_names_its_place_and_what_to_do(old, new, said):
    assert said in faults(WHOLE.replace(old, new))


def test_every_fault_is_told_at_once():
    told = faults(WHOLE.replace("value = 0.72", "value = -1").replace('unit = "degC"', 'unit = "K"'))
    assert "beam_transmission" in told
    assert "deep_c" in told


def test_what_is_no_toml_says_so():
    assert "is not TOML" in faults("[film")


def test_a_field_without_a_unit_is_a_fault_of_the_program():
    class Bare(NamedTuple):
        anything: float

    with pytest.raises(TypeError, match=r"Bare\.anything declares no unit"):
        units_of(Bare)
