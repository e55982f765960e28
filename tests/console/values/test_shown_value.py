from __future__ import annotations

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from devices.units import Quantity
from greenhouse.commands.risk import is_large
from greenhouse.console.values.shown_value import format_number
from greenhouse.console.values.words import age_in_words
from greenhouse.site.display import display


@pytest.mark.parametrize(
    ("value", "quantity", "text"),
    [
        (-20.5, Quantity.TEMPERATURE, "−20.5"),
        (-0.04, Quantity.TEMPERATURE, "0.0"),
        (18.26, Quantity.TEMPERATURE, "18.3"),
        (71.6, Quantity.RELATIVE_HUMIDITY, "72"),
        (0.587, Quantity.VAPOR_PRESSURE_DEFICIT, "0.59"),
        (643.0, Quantity.CO2_CONCENTRATION, "640"),
        (1.234, Quantity.CONDUCTIVITY, "1.23"),
        (3.24, Quantity.WIND_SPEED, "3.2"),
    ],
)
def test_a_number_has_the_decimals_of_its_quantity_and_a_true_minus_sign(value, quantity, text):
    shown = display(quantity)
    assert format_number(value, resolution=shown.resolution, decimals=shown.decimals) == text


@given(value=st.floats(-1e6, 1e6), quantity=st.sampled_from(list(Quantity)))
def test_a_written_number_is_never_further_off_than_its_resolution(value, quantity):
    shown = display(quantity)
    text = format_number(value, resolution=shown.resolution, decimals=shown.decimals)
    assert abs(float(text.replace("−", "-")) - value) <= shown.resolution / 2 * 1.0001 + 1e-9
    assert not (float(text.replace("−", "-")) == 0 and text.startswith("−"))


@pytest.mark.parametrize(
    ("age_s", "zh", "en"),
    [
        (3, "3 秒前", "3 s ago"),
        (89, "89 秒前", "89 s ago"),
        (360, "6 分钟前", "6 min ago"),
        (7200, "2 小时前", "2 h ago"),
        (3 * 86400, "3 天前", "3 d ago"),
        (-5, "0 秒前", "0 s ago"),
    ],
)
def test_an_age_is_said_as_people_say_it(age_s, zh, en):
    with translation.override("zh-hans"):
        assert age_in_words(age_s) == zh
    with translation.override("en"):
        assert age_in_words(age_s) == en


@pytest.mark.parametrize(
    ("quantity", "old", "new", "large"),
    [
        (Quantity.TEMPERATURE, 16.0, 18.0, False),
        (Quantity.TEMPERATURE, 16.0, 18.1, True),
        (Quantity.TEMPERATURE, 16.0, 13.9, True),
        (Quantity.TEMPERATURE, -1.0, 1.0, False),
        (Quantity.RELATIVE_HUMIDITY, 80.0, 88.0, False),
        (Quantity.RELATIVE_HUMIDITY, 80.0, 89.0, True),
        (Quantity.CO2_CONCENTRATION, 700.0, 630.0, False),
        (Quantity.CO2_CONCENTRATION, 700.0, 620.0, True),
        (Quantity.CONDUCTIVITY, 0.0, 0.1, True),
        (Quantity.MODE, 1.0, 2.0, True),
        (Quantity.TEMPERATURE, None, 16.0, True),
    ],
)
def test_a_change_is_large_beyond_two_degrees_or_a_tenth(quantity, old, new, large):
    assert is_large(quantity, old, new) is large
