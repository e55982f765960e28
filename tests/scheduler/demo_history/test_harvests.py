"""Two seasons of simulated harvests: what is planted, what is picked, stored once however often it is made."""

from __future__ import annotations

from datetime import UTC, date, datetime
from types import SimpleNamespace
from uuid import uuid4

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from greenhouse.access.roles import Role
from greenhouse.crops import cycles
from greenhouse.crops.catalog import crops, shipped_cultivars
from greenhouse.crops.cycles import NewCycle
from greenhouse.crops.models import CropCycle
from greenhouse.harvest import simulated
from greenhouse.harvest.grades import Grade
from greenhouse.harvest.models import Harvest
from greenhouse.ledger.models import Entry
from greenhouse.site.basefile.importer import import_base
from greenhouse.site.basefile.reader import load_base
from greenhouse.site.basefile.schema import BaseFile
from scheduler.demo_history import harvests
from scheduler.demo_history.crops import DemoPick, cycles_until, picked, plantings
from tests.bases import SMALL
from tests.harvest.conftest import someone

NOW = datetime(2026, 11, 26, 4, tzinfo=UTC)
TODAY = date(2026, 11, 26)


@pytest.fixture(scope="module")
def base_file() -> BaseFile:
    return load_base(settings.BASE_FILE)


def figures(day: date, first: float, second: float = 0.0, cull: float = 0.0):
    return SimpleNamespace(day=day, first_kg_m2=first, second_kg_m2=second, cull_kg_m2=cull)


def test_every_planting_is_of_a_crop_and_cultivar_that_are_known():
    for planting in plantings():
        assert planting.crop.value in crops()
        assert shipped_cultivars()[planting.cultivar].crop == planting.crop.value


def test_every_compartment_has_two_seasons_and_the_newer_one_stands(base_file):
    found = cycles_until(base_file, TODAY)
    assert {cycle.compartment for cycle in found} == {part.key for part in base_file.compartments}
    assert {cycle.planted_on.year for cycle in found} == {2025, 2026}
    assert {cycle.ended_on is None for cycle in found if cycle.planted_on.year == 2026} == {True}
    assert all(cycle.ended_on is not None for cycle in found if cycle.planted_on.year == 2025)
    areas = {part.key: part.area_m2 for part in base_file.compartments}
    for key, area_m2 in areas.items():
        assert sum(c.area_m2 for c in found if c.compartment == key and c.ended_on is None) <= area_m2


def test_a_season_that_has_nothing_to_show_yet_is_left_for_later(base_file):
    assert {cycle.planted_on.year for cycle in cycles_until(base_file, date(2026, 10, 1))} == {2024, 2025}


def test_what_ripens_is_picked_on_mondays_and_thursdays_to_the_tenth_of_a_kilogram(base_file):
    """480 m² × 1.0: 0.01 kg/m² a day are 4.8 kg. Monday 23 November 2026 has three days' worth, Thursday three more."""
    cycle = next(c for c in cycles_until(base_file, TODAY) if c.compartment == "h1" and c.ended_on is None)
    days = [figures(date(2026, 11, 21 + n), 0.01, 0.0001) for n in range(6)]
    assert picked(days, cycle) == [
        DemoPick(date(2026, 11, 23), Grade.FIRST, 14_400),
        DemoPick(date(2026, 11, 23), Grade.SECOND, 100),
        DemoPick(date(2026, 11, 26), Grade.FIRST, 14_400),
        DemoPick(date(2026, 11, 26), Grade.SECOND, 100),
    ]


@pytest.fixture
def seasons(monkeypatch) -> list[int]:
    """The plant model is asked elsewhere; here every cycle gives a little on two days. Counts how many were asked."""
    asked: list[int] = []

    def pickings(found, today, _seed, _make_house):
        for cycle in found:
            asked.append(1)
            days = [date(2025, 12, 1), date(2025, 12, 4)] if cycle.planted_on.year == 2025 else [date(2026, 11, 23)]
            yield cycle, [DemoPick(day, grade, 12_000) for day in days for grade in (Grade.FIRST, Grade.CULL)]

    monkeypatch.setattr(harvests, "pickings", pickings)
    return asked


def fill_in(base_file: BaseFile, now: datetime = NOW, *, lacking_only: bool = False) -> tuple[int, list[str]]:
    told: list[str] = []
    made = {"seed": 1, "now": now, "make_house": lambda *_a: None, "told": told.append, "lacking_only": lacking_only}
    return harvests.fill_in(base_file, **made), told


@pytest.mark.django_db
def test_it_is_stored_once_marked_as_simulated_and_recorded(base_file, seasons):
    import_base(base_file, now=NOW)
    first, _told = fill_in(base_file)
    again, _told = fill_in(base_file)
    assert (first, again) == (Harvest.objects.count(), 0)
    assert first > 0
    assert set(Harvest.objects.values_list("origin", flat=True)) == {"simulated"}
    assert set(CropCycle.objects.values_list("origin", flat=True)) == {"simulated"}
    assert not Harvest.objects.exclude(entered_by=None).exists()
    assert Entry.objects.filter(kind="harvest").count() == CropCycle.objects.count()


@pytest.mark.django_db
def test_what_was_cut_off_goes_on_where_it_was(base_file, seasons, monkeypatch):
    import_base(base_file, now=NOW)
    whole = harvests.simulated.store
    left = [3]

    def cut_off(*args, **kwargs):
        left[0] -= 1
        if left[0] < 0:
            raise KeyboardInterrupt
        return whole(*args, **kwargs)

    monkeypatch.setattr(harvests.simulated, "store", cut_off)
    with pytest.raises(KeyboardInterrupt):
        fill_in(base_file)
    before = Harvest.objects.count()
    monkeypatch.setattr(harvests.simulated, "store", whole)
    stored, _told = fill_in(base_file)
    assert before > 0
    assert before + stored == Harvest.objects.count()
    assert Harvest.objects.values("cycle", "day", "grade").distinct().count() == Harvest.objects.count()


@pytest.mark.django_db
def test_what_has_all_its_harvests_is_not_grown_again_by_itself(base_file, seasons, monkeypatch):
    """After a kill only what lacks something is grown; once all is there, nothing is, ever again."""
    import_base(base_file, now=NOW)
    whole, left = harvests.simulated.store, [3]

    def cut_off(*args, **kwargs):
        left[0] -= 1
        if left[0] < 0:
            raise KeyboardInterrupt
        return whole(*args, **kwargs)

    with monkeypatch.context() as patch:
        patch.setattr(harvests.simulated, "store", cut_off)
        with pytest.raises(KeyboardInterrupt):
            fill_in(base_file, lacking_only=True)
    assert (simulated.progress().done, simulated.progress().total) == (3, CropCycle.objects.count())
    seasons.clear()
    fill_in(base_file, lacking_only=True)
    assert len(seasons) == CropCycle.objects.count() - 3
    assert simulated.progress().done == simulated.progress().total
    seasons.clear()
    assert fill_in(base_file, datetime(2026, 12, 24, 4, tzinfo=UTC), lacking_only=True)[0] == 0
    assert not seasons


@pytest.mark.django_db
def test_one_that_does_not_know_of_complete_cycles_stores_nothing_twice(base_file, seasons, monkeypatch):
    """As one that was started before the other was done."""
    import_base(base_file, now=NOW)
    fill_in(base_file)
    before, recorded = Harvest.objects.count(), Entry.objects.filter(kind="harvest").count()
    monkeypatch.setattr(harvests.simulated, "complete_cycles", frozenset)
    stored, _told = fill_in(base_file, lacking_only=True)
    assert (stored, Harvest.objects.count()) == (0, before)
    assert Entry.objects.filter(kind="harvest").count() == recorded


@pytest.mark.django_db
def test_a_season_that_is_over_by_now_is_ended(base_file, seasons):
    import_base(base_file, now=NOW)
    fill_in(base_file)
    fill_in(base_file, datetime(2027, 11, 26, 4, tzinfo=UTC))
    assert not CropCycle.objects.filter(planted_on__year=2026, ended_on=None).exists()
    assert CropCycle.objects.filter(planted_on__year=2027, ended_on=None).exists()


@pytest.mark.django_db
def test_what_people_planted_is_left_to_them(base_file, seasons):
    import_base(base_file, now=NOW)
    new = NewCycle("h1", "provence", 480.0, date(2026, 7, 1))
    own = cycles.start(new, submission=uuid4(), by=someone(Role.TECHNICIAN), now=NOW)
    _stored, told = fill_in(base_file)
    assert "h1, 2026-08-10: left out (NoRoom)" in told
    assert not Harvest.objects.filter(cycle=own).exists()


@pytest.mark.django_db
def test_a_base_that_measures_anything_is_refused(tmp_path, settings):
    settings.BASE_FILE = tmp_path / "base.toml"
    settings.BASE_FILE.write_text(SMALL, encoding="utf-8")
    with pytest.raises(CommandError, match="Refused"):
        call_command("demoharvest")
    assert not CropCycle.objects.exists()


@pytest.mark.slow
@pytest.mark.timeout(600)  # the model is compiled first
@pytest.mark.django_db
def test_a_season_of_the_plant_gives_a_believable_yield(base_file):
    """Twelve weeks of tomato, compiled: first fruits ripen after some eight to ten weeks."""
    from greenhouse.plant.compiled import CompiledHouse
    from scheduler.demo_history.crops import pickings

    early = date(2026, 11, 26)
    (cycle,) = (c for c in cycles_until(base_file, early) if c.compartment == "h1" and c.ended_on is None)
    ((_cycle, picks),) = pickings([cycle], early, 1, CompiledHouse)
    kg_m2 = sum(pick.mass_g for pick in picks) / 1000 / cycle.area_m2
    assert 0.1 < kg_m2 < 12.0
    culls = sum(pick.mass_g for pick in picks if pick.grade is Grade.CULL)
    assert culls < 0.25 * sum(pick.mass_g for pick in picks)
    assert min(pick.day for pick in picks) > date(2026, 9, 20)
    assert max(pick.day for pick in picks) < early
