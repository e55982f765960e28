"""Against greenlight 2.0.5, a validated glasshouse model of others: see tests/plant/data/README.md for its limits."""

from __future__ import annotations

import pytest

from scripts.validate_plant.foreign_model import (
    air_error_k,
    autumn,
    heat_ratio,
    root_mean_square,
    run,
    their_house,
    vapor_error_pa,
    warm,
    with_recorded_pipe,
    with_their_setpoints,
)


@pytest.fixture(scope="module")
def house():
    return their_house()


@pytest.fixture(scope="module")
def replayed_autumn(house):
    return list(run(autumn(), house, with_recorded_pipe))


@pytest.fixture(scope="module")
def replayed_warm(house):
    return list(run(warm(), house, with_recorded_pipe))


def test_replay_of_their_controls_and_pipe_gives_their_air(replayed_autumn):
    """0.34 K and 27 Pa when written; asked are 1.5 K (goal 1.0) and 200 Pa (goal 150)."""
    samples = replayed_autumn[::15]
    assert air_error_k(samples) <= 0.5
    assert vapor_error_pa(samples) <= 60.0


def test_replay_of_a_grown_crop_under_open_vents_gives_their_air(replayed_warm):
    """0.47 K and 87 Pa when written; asked are 1.5 K (goal 1.0) and 200 Pa (goal 150)."""
    samples = replayed_warm[::15]
    assert max(one.theirs["uRoof"] for one in samples) > 0.99
    assert min(one.theirs["lai"] for one in samples) > 2.5
    assert air_error_k(samples) <= 0.6
    assert vapor_error_pa(samples) <= 110.0


def test_open_vents_exchange_what_theirs_exchange(replayed_warm):
    """Hour by hour within a tenth while they are open, so no error by day hides one by night."""
    opened = [one for one in replayed_warm if one.theirs["uRoof"] > 0.1]
    assert len(opened) > 1000
    errors = [one.ventilation_m3_m2_s / one.theirs["fVentRoof"] - 1.0 for one in opened]
    assert root_mean_square(errors) <= 0.1


def test_grown_crop_gives_as_much_water_as_theirs(replayed_warm):
    """Within 5 % over three days, and within a tenth of the noon's rate at any time."""
    theirs = sum(one.theirs["mvCanAir"] for one in replayed_warm)
    assert sum(one.transpiration_kg_m2_s for one in replayed_warm) == pytest.approx(theirs, rel=0.05)
    errors = [one.transpiration_kg_m2_s - one.theirs["mvCanAir"] for one in replayed_warm[60:]]
    assert root_mean_square(errors) <= 0.1 * 120e-6


@pytest.mark.parametrize(
    ("name", "canopy_k", "floor_k", "cover_k"), [("autumn", 0.6, 0.5, 0.5), ("warm", 0.9, 1.2, 0.9)]
)
def test_replay_gives_their_surfaces(name, canopy_k, floor_k, cover_k, request):
    """Canopy, floor and cover follow too, so the air is not right by errors that cancel."""
    samples = request.getfixturevalue(f"replayed_{name}")[::15]
    canopy = [one.ours.canopy_c - one.theirs["tCan"] for one in samples]
    floor = [one.ours.floor_c - one.theirs["tFlr"] for one in samples]
    cover = [
        (1.0 - one.theirs["uThScr"]) * one.ours.cover_c
        + one.theirs["uThScr"] * one.ours.screened_c
        - one.theirs["tCovIn"]
        for one in samples
    ]
    assert root_mean_square(canopy) <= canopy_k
    assert root_mean_square(floor) <= floor_k
    assert root_mean_square(cover) <= cover_k


@pytest.mark.parametrize(("name", "within"), [("autumn", 0.05), ("warm", 0.15)])
def test_replayed_pipes_give_as_much_heat_as_their_boiler(name, within, request):
    """The exchange of the pipes is right by itself. The first hour starts from a cold pipe.

    In the warm file they hardly heat, 18 W m-2 in the mean, so half a kelvin of air is a tenth of it.
    """
    assert heat_ratio(request.getfixturevalue(f"replayed_{name}")) == pytest.approx(1.0, abs=within)


def test_closed_loop_with_their_setpoints_takes_their_heating_energy(house):
    """14.6 % above theirs when written, without the first hour: asked are 20 %, the goal is 15 %."""
    assert heat_ratio(list(run(autumn(), house, with_their_setpoints))) == pytest.approx(1.0, abs=0.15)
