"""Which point is what: by its profile, by the base file where a profile cannot know, and never two for one role."""

from __future__ import annotations

from pathlib import Path

import pytest

from devices.profiles.schema import Role
from greenhouse.site.basefile.errors import BaseFileError
from greenhouse.site.basefile.importer import import_base
from greenhouse.site.basefile.reader import load_base
from greenhouse.site.roles import base_roles
from tests.bases import LOADED_AT, SMALL, load, read

KANGBASHI = Path(__file__).parents[2] / "bases" / "kangbashi.toml"
VENT = """
[[device]]
key = "h1-vent"
name_zh = "上通风口"
name_en = "Roof vent"
line = "climate"
unit_id = 7
profile = "vent-motor"
compartment = "h1"
"""
ROOF = """
  [device.points.target_position]
  role = "roof_vent"
  output = { travel_s = 150 }
"""


def faults(text: str) -> tuple[str, ...]:
    with pytest.raises(BaseFileError) as caught:
        read(text)
    return caught.value.faults


def test_the_demonstration_base_knows_what_every_program_needs(db):
    import_base(load_base(KANGBASHI), now=LOADED_AT)
    roles = base_roles()
    assert {role: point.key for role, point in roles.weather.items()} == {
        Role.OUTSIDE_TEMPERATURE: "weather.air_temperature",
        Role.WIND_SPEED: "weather.wind_speed",
        Role.RADIATION: "weather.irradiance",
        Role.RAIN: "weather.rain_state",
    }
    assert {role: point.key for role, point in roles.of("h3").points.items()} == {
        Role.AIR_TEMPERATURE: "h3-climate.air_temperature",
        Role.HEATING_SETPOINT: "h3-climate.heating_setpoint",
        Role.VENTILATION_SETPOINT: "h3-climate.ventilation_setpoint",
        Role.BLANKET: "h3-blanket.motor_command",
        Role.ROOF_VENT: "h3-vent-roof.target_position",
        Role.BOTTOM_VENT: "h3-vent-bottom.target_position",
    }
    assert {Role.LEE_VENT, Role.WINDWARD_VENT, Role.SCREEN, Role.SHADE} <= set(roles.of("g1-b").points)
    assert len(list(roles.moving())) == 6 * 3 + 3 * 4


def test_an_output_knows_how_it_moves(db):
    load(SMALL + VENT + ROOF)
    vent = base_roles().of("h1").points[Role.ROOF_VENT].motion
    assert (vent.position, vent.motor, vent.travel_s) == ("h1-vent.position", "h1-vent.motor_state", 150)
    assert not vent.takes_commands


def test_a_vent_that_nobody_named_has_no_role_and_is_guarded_all_the_same(db):
    load(SMALL + VENT)
    here = base_roles().of("h1")
    assert [point.key for point in here.vents] == ["h1-vent.target_position"]
    assert not list(here.moved())


def test_roles_are_read_again_after_a_load(db):
    load(SMALL + VENT)
    assert Role.ROOF_VENT not in base_roles().of("h1").points
    load(SMALL + VENT + ROOF)
    assert Role.ROOF_VENT in base_roles().of("h1").points


def test_two_points_that_claim_one_role_are_a_fault():
    other = VENT.replace("h1-vent", "h1-vent-2").replace("unit_id = 7", "unit_id = 8")
    told = (
        'device[6] "h1-vent-2": points.target_position claims the role "roof_vent" of compartment "h1", which '
        '"h1-vent.target_position" has; write role = "none" at one of both'
    )
    assert faults(SMALL + VENT + ROOF + other + ROOF) == (told,)


def test_a_second_weather_station_takes_its_roles_away():
    second = """
[[device]]
key = "weather-2"
name_zh = "二号气象站"
name_en = "Second weather station"
line = "climate"
unit_id = 31
profile = "weather-station"
"""
    told = faults(SMALL + second)
    assert len(told) == 4
    assert told[0].endswith('which "weather.air_temperature" has; write role = "none" at one of both')
    without = "".join(
        f'\n  [device.points.{key}]\n  role = "none"\n'
        for key in ("air_temperature", "wind_speed", "irradiance", "rain_state")
    )
    assert read(SMALL + second + without).devices[-1].profile.point("wind_speed").role is None


@pytest.mark.parametrize(
    ("override", "fault"),
    [
        (
            '[device.points.position]\n  role = "roof_vent"',
            'points.position: role "roof_vent" belongs to an output of kind "vent"',
        ),
        (
            '[device.points.target_position]\n  role = "blanket"',
            'points.target_position: role "blanket" belongs to an output of kind "winder"',
        ),
        (
            '[device.points.position]\n  role = "wind_speed"',
            'points.position: role "wind_speed" belongs to a wind_speed, not to a position',
        ),
        (
            '[device.points.target_position]\n  role = "rof_vent"',
            'points.target_position.role "rof_vent" is not known (did you mean "roof_vent" or',
        ),
        (
            "[device.points.communication_timeout]\n  output = { travel_s = 100 }",
            "points.communication_timeout.output.travel_s: the profile says of no motor that moves this",
        ),
        (
            "[device.points.motor_state]\n  enabled = false",
            'points.target_position.output.motion.motor "motor_state" is no point of this profile that is read',
        ),
    ],
    ids=["not the output", "another kind", "another quantity", "misspelled", "nothing that travels", "motor not read"],
)
def test_a_role_that_a_point_cannot_have_is_told(override, fault):
    told = faults(SMALL + VENT + "\n  " + override + "\n")
    assert [sentence for sentence in told if fault in sentence], told
