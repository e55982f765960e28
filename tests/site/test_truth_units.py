"""Truth units stand only where everything is simulated, apart from the rest, and on none of the lists of the base."""

from __future__ import annotations

import pytest

from greenhouse.site import equipment, structure
from greenhouse.site.basefile.errors import BaseFileError
from greenhouse.site.point_index import point_index
from greenhouse.site.wiring import wired_lines
from tests.bases import TRAINING, TRUTH_LINE, TRUTH_UNIT, load, read

TRUTH = "truth-h1.air_temperature"


def faults_of(text: str) -> list[str]:
    with pytest.raises(BaseFileError) as caught:
        read(text)
    return list(caught.value.faults)


def test_a_base_that_is_all_simulated_may_have_one():
    assert [device.key for device in read(TRAINING).devices if device.profile_key == "plant-truth"] == ["truth-h1"]


def test_a_truth_unit_that_is_not_simulated_is_refused():
    text = TRAINING.replace(TRUTH_UNIT, TRUTH_UNIT.replace('origin = "simulated"\n', ""))
    assert faults_of(text) == [
        'device[4] "truth-h1": a truth unit can only be simulated; write origin = "simulated"',
    ]


def test_a_truth_unit_beside_a_real_device_is_refused():
    text = TRAINING.replace('profile = "pulse-water-meter"\norigin = "simulated"', 'profile = "pulse-water-meter"')
    assert faults_of(text) == [
        'device[4] "truth-h1": a truth unit stands only where all devices are simulated, and "meter" is not; remove it',
    ]


def test_a_real_device_that_is_switched_off_is_none_of_the_base():
    text = TRAINING.replace(
        'profile = "pulse-water-meter"\norigin = "simulated"', 'profile = "pulse-water-meter"\nenabled = false'
    )
    assert len(read(text).devices) == 3


def test_a_truth_unit_on_the_line_of_others_is_refused():
    text = TRAINING.replace('line = "truth"\nunit_id = 1', 'line = "climate"\nunit_id = 9')
    assert faults_of(text) == [
        'device[4] "truth-h1": truth units need a line of their own, but "weather" stands on "climate" too',
    ]


def test_a_truth_unit_needs_a_compartment_and_has_it_alone():
    second = TRUTH_UNIT.replace('key = "truth-h1"', 'key = "another"').replace("unit_id = 1", "unit_id = 2")
    assert faults_of(TRAINING + second) == [
        'device[5] "another": compartment has a truth unit already, device[4] "truth-h1"',
    ]
    nowhere = TRUTH_UNIT.replace('compartment = "h1"\n', "")
    assert faults_of(TRAINING.replace(TRUTH_UNIT, nowhere)) == [
        'device[4] "truth-h1": a truth unit needs the compartment whose truth it shows',
    ]


@pytest.mark.django_db
def test_no_list_of_the_base_has_a_truth():
    load(TRAINING)
    base = structure.base()
    everywhere = [
        *base.points,
        *base.common_points,
        *(key for house in base.houses for part in house.compartments for key in part.points),
    ]
    assert not [key for key in everywhere if key.startswith("truth")]
    assert not [point.key for point in structure.all_points() if point.key.startswith("truth")]
    assert structure.point(TRUTH) is None
    assert structure.points_of([TRUTH, "truth-h1.link"]) == {}
    assert "truth-h1" not in {device.key for device in (*structure.devices(), *equipment.equipment())}
    assert {line.key for line in equipment.lines()} == {"climate"}


@pytest.mark.django_db
def test_a_truth_is_wired_and_stored_like_every_other_point():
    load(TRAINING)
    base = structure.base()
    assert TRUTH in base.truths
    assert base.truths.keys() == point_index().truths
    assert point_index().truths <= point_index().ids.keys()
    assert {line.key: line.is_of_truths for line in wired_lines()} == {"climate": False, "truth": True}


@pytest.mark.django_db
def test_what_was_a_truth_stays_one_when_its_unit_is_gone():
    """Its history must not come to light with the next base file."""
    load(TRAINING)
    load(TRAINING.replace(TRUTH_LINE, "").replace(TRUTH_UNIT, ""))
    assert structure.base().truths == {}
    assert TRUTH in point_index().truths
