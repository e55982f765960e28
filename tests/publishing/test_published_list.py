"""The list of what visitors may see refuses what they must not see, and tells every fault at once."""

from __future__ import annotations

import pytest
from django.conf import settings

from devices.units import Quantity
from greenhouse.publishing.choosing import choose
from greenhouse.publishing.errors import PublishedListError
from greenhouse.publishing.published_list import load_published_list, parse_published_list
from greenhouse.site import structure
from tests.publishing.conftest import base  # noqa: F401  (a fixture)

GOOD = """
delay_s = 60
[plants]
per_m2 = 2.5
source = "a count"
[[value]]
name = "air_temperature"
of = "compartment"
point = "air_temperature"
beside = "operating_mode"
step = 0.1
"""


def faults(text: str) -> str:
    with pytest.raises(PublishedListError) as caught:
        parse_published_list(text, file="published.toml")
    return str(caught.value)


def test_the_shipped_list_is_sound():
    shipped = load_published_list(settings.PUBLISHED_FILE)
    assert shipped.delay.total_seconds() == 60
    assert len({value.name for value in shipped.values}) == len(shipped.values) >= 12


def test_every_fault_is_told_at_once():
    told = faults(
        GOOD.replace("delay_s = 60", "delay_s = 1").replace('source = "a count"', "")
        + '[[value]]\nname = "air_temperature"\nof = "planet"\npoint = "x"\nstep = 0\nwho = "li"\n'
    )
    for sentence in (
        "delay_s 1 is outside 30 to 3600",
        "source is missing",
        "'planet' is not known",
        "needs either beside or moves",
        "step 0 must be above 0",
        "unknown key who",
        "the name stands twice",
    ):
        assert sentence in told


def test_a_position_is_published_in_coarse_steps_only():
    told = faults(GOOD.replace('beside = "operating_mode"\nstep = 0.1', 'moves = "vent"\nstep = 1'))
    assert "step of a position is at least 5" in told


def test_a_file_that_is_missing_or_no_toml_is_a_fault(tmp_path):
    with pytest.raises(PublishedListError, match="cannot be read"):
        load_published_list(tmp_path / "none.toml")
    assert "no TOML" in faults("delay_s = = 3")


@pytest.mark.parametrize(
    "point", ["heating_setpoint", "operating_mode", "status_bits", "control_location", "heating_demand", "link"]
)
@pytest.mark.django_db
def test_what_commands_or_tells_a_state_is_not_published_even_if_it_is_listed(base, point):  # noqa: F811
    listed = parse_published_list(GOOD.replace('point = "air_temperature"', f'point = "{point}"'), file="x")
    assert choose(structure.base(), listed).values == ()


@pytest.mark.django_db
def test_all_that_is_chosen_of_the_demonstration_base_can_be_read_and_is_no_control(base):  # noqa: F811
    choice = choose(structure.base(), load_published_list(settings.PUBLISHED_FILE))
    points = [point for value in choice.values for point in value.points]
    assert {point.quantity for point in points} <= {
        Quantity.TEMPERATURE,
        Quantity.RELATIVE_HUMIDITY,
        Quantity.CO2_CONCENTRATION,
        Quantity.IRRADIANCE,
        Quantity.POSITION,
        Quantity.VOLUME,
        Quantity.WIND_SPEED,
    }
    assert not any(point.is_writable or point.is_virtual for point in points)
    assert choice.featured.compartment.key == "h1"
    assert len(choice.places) == 9
