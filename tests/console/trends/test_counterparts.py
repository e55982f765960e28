"""What a curve is compared with in another house."""

from __future__ import annotations

import pytest

from greenhouse.console.trends.counterparts import counterpart
from greenhouse.site.current import current_base
from tests.bases import CONTROLLER, load
from tests.console.trends.conftest import AIR, second_house

pytestmark = pytest.mark.django_db


def like_in_h2(text: str, key: str = AIR) -> str | None:
    """Key of the point of the second house that stands for one of the first."""
    load(text)
    base = current_base()
    found = counterpart(base.points[key], base.compartments["h2"])
    return None if found is None else found.key


def test_a_device_named_after_its_house_has_its_like():
    assert like_in_h2(second_house()) == "h2-climate.air_temperature"


def test_a_device_of_another_name_is_taken_where_only_one_can_be_meant():
    assert like_in_h2(second_house().replace("h2-climate", "north")) == "north.air_temperature"


def test_nothing_is_compared_where_two_could_be_meant():
    another = CONTROLLER.replace("h1-climate", "south").replace('"h1"', '"h2"').replace("unit_id = 1", "unit_id = 8")
    names = ("air_temperature", "heating_setpoint", "ventilation_setpoint")
    another += "[device.points]\n" + "".join(f'{name} = {{ role = "none" }}\n' for name in names)
    assert like_in_h2(second_house().replace("h2-climate", "north") + another) is None


def test_what_serves_the_whole_base_has_no_like():
    assert like_in_h2(second_house(), "weather.air_temperature") is None
