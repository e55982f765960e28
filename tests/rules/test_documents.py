"""Programs as documents."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from greenhouse.plant.building import HouseKind
from greenhouse.rules.errors import ProgramDocumentError
from greenhouse.rules.evaluate.climate_program import faults_of
from greenhouse.rules.evaluate.day_periods import StartKind, TimeOfDay
from greenhouse.rules.evaluate.documents import as_document, as_text, from_document, from_text
from greenhouse.rules.standard import standard_programs
from tests.rules.programs import PROGRAM


@pytest.mark.parametrize(
    "program", [PROGRAM, replace(PROGRAM, blanket=None), replace(PROGRAM, screen=None), replace(PROGRAM, shade=None)]
)
def test_a_program_comes_back_from_the_store_as_it_was(program: Any) -> None:
    assert from_document(json.loads(json.dumps(as_document(program)))) == program


def test_a_document_from_before_a_part_learnt_something_means_what_it_meant() -> None:
    """Versions are never rewritten: a screen that was stored without its morning opens by the clock."""
    older = {
        **as_document(PROGRAM),
        "screen": {"drawn_from": "sunset", "open_from": "07:30", "only_below_outside_c": 8},
    }
    del older["shade"]
    read = from_document(older)
    assert read.shade is None
    assert read.screen is not None
    assert (read.screen.only_below_outside_c, read.screen.least_radiation_w_m2, read.screen.wait_min) == (8.0, 0.0, 0.0)


@given(
    st.one_of(
        st.builds(TimeOfDay, st.just(StartKind.CLOCK), st.integers(0, 1439)),
        st.builds(TimeOfDay, st.sampled_from([StartKind.SUNRISE, StartKind.SUNSET]), st.integers(-360, 360)),
    )
)
def test_a_time_comes_back_from_its_text(time: TimeOfDay) -> None:
    assert from_text("start", as_text(time)) == time


@pytest.mark.parametrize("text", ["", "24:00", "7:60", "dawn", "sunrise+", "sunset 30", 730, None, "07:30:00"])
def test_what_is_no_time_is_refused_at_its_field(text: object) -> None:
    with pytest.raises(ProgramDocumentError, match="up"):
        from_text("up", text)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"vents": None}, "vents"),
        ({"periods": "none"}, "periods"),
        ({"periods": [{"start": "06:00"}]}, "periods.0.heating_c"),
        ({"vents": {**as_document(PROGRAM)["vents"], "band_k": "4"}}, "vents.band_k"),
        ({"vents": {**as_document(PROGRAM)["vents"], "band": 4}}, "vents.band"),
        ({"shade": {"drawn_above_w_m2": 700.0}}, "shade.back_below_w_m2"),
        ({"fog": {}}, "program.fog"),
    ],
)
def test_a_document_is_refused_at_its_field(change: dict[str, Any], field: str) -> None:
    with pytest.raises(ProgramDocumentError) as refused:
        from_document({**as_document(PROGRAM), **change})
    assert refused.value.field == field


def test_every_kind_of_house_has_a_program_without_faults() -> None:
    programs = standard_programs()
    assert programs.keys() == {kind.value for kind in HouseKind}
    assert [faults_of(program) for program in programs.values()] == [[], []]
