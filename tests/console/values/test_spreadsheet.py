"""Files for spreadsheets: what a cell may say."""

from __future__ import annotations

import pytest

from greenhouse.console.values.spreadsheet import csv_lines, safe_cell


@pytest.mark.parametrize("text", ["=1+1", "+x", "-1+1", "-inf", "+1_0", "@x", "\tx", "\r=1"])
def test_no_text_becomes_a_formula(text):
    assert safe_cell(text) == f"'{text}"
    assert safe_cell(f"a{text}") == f"a{text}"


@pytest.mark.parametrize("text", ["18.00", "-3.5", "+1", "-1e-07", ""])
def test_a_number_stays_one(text):
    assert safe_cell(text) == text


def test_the_mark_stands_once_in_front():
    assert "".join(csv_lines([["a", "b"], ["1", 'x"y']])) == '\ufeffa,b\r\n1,"x""y"\r\n'
