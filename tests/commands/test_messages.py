"""Sentences for people."""

from __future__ import annotations

import re

import pytest
from django.utils import translation

from greenhouse.commands.checks import Code, Verdict
from greenhouse.commands.lifecycle import State
from greenhouse.commands.messages import sentence, state_name


@pytest.mark.parametrize("code", [code for code in Code if code is not Code.NONE])
def test_every_code_has_a_sentence_even_without_its_facts(code):
    """Rows of an older version may lack a fact; the page shows a dash, not an error."""
    with translation.override("en"):
        text = sentence(Verdict(code))
    assert text.endswith((".", "—"))
    assert not re.search(r"%[(\w]", text), "a percent sign may stand there, a placeholder may not"


def test_no_verdict_has_no_sentence():
    assert sentence(Verdict(Code.NONE)) == ""


@pytest.mark.parametrize("state", list(State))
def test_every_state_has_a_name(state):
    with translation.override("en"):
        assert state_name(state)


def test_numbers_and_units_are_written_for_people():
    verdict = Verdict(Code.READBACK_DIFFERS, {"readback": 17.0, "unit": "degC"})
    with translation.override("en"):
        assert sentence(verdict) == "Not confirmed: the controller still holds 17 °C."


@pytest.mark.parametrize(("unit", "written"), [("", ""), ("furlong", "furlong"), (None, "—")])
def test_an_odd_unit_is_no_error(unit, written):
    with translation.override("en"):
        text = sentence(Verdict(Code.READBACK_DIFFERS, {"readback": 17.0, "unit": unit}))
    assert text == f"Not confirmed: the controller still holds 17 {written}."


def test_a_percent_sign_in_a_name_is_no_format():
    with translation.override("en"):
        assert "100%s" in sentence(Verdict(Code.UNDER_WAY, {"by": "100%s"}))
