"""Each truth beside what claims to show it: rows, differences, faults, curves."""

from __future__ import annotations

import re

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone, translation

from devices.samples import Quality, Reason
from greenhouse.access.roles import Role
from greenhouse.console.live.stored import topics_of
from greenhouse.console.page.topics import training_topic
from greenhouse.console.training.causes import cause_in_words
from greenhouse.console.training.comparison import compared_places
from greenhouse.site.basefile.importer import import_base
from greenhouse.site.basefile.reader import load_base
from greenhouse.site.current import current_base
from greenhouse.site.point_index import point_index
from tests.bases import TRAINING, load
from tests.console.conftest import AIR, Shelf
from tests.console.training.conftest import TRUE_C, TRUTH

pytestmark = pytest.mark.django_db(databases=["default", "telemetry"])


@pytest.fixture
def engineer(person) -> Client:
    client = Client()
    client.force_login(person(Role.ENGINEER))
    return client


def difference(client: Client, reading: str = AIR) -> str:
    """What stands as the difference of a reading."""
    html = client.get("/training").content.decode()
    (found,) = re.findall(rf'data-difference data-reading="{reading}"[^>]*><b>([^<]*)</b>', html)
    return found


def test_a_truth_stands_beside_its_reading_with_the_difference(training_shelf, engineer):
    assert difference(engineer) == "+2.3"
    html = engineer.get("/training?lang=en").content.decode()
    assert f'data-point="{TRUTH}" data-value="{TRUE_C}"' in html
    assert "It lags by about 90 s" in html


def test_a_reading_below_the_truth_differs_by_less_than_nothing(training_shelf, engineer):
    training_shelf.put({AIR: 33.31})
    assert difference(engineer) == "−0.5"


@pytest.mark.parametrize("silent", [TRUTH, AIR])
def test_values_of_two_times_have_no_difference(db, engineer, silent):
    """The one or the other fell silent: it is told by its age, and compared with nothing."""
    load(TRAINING)
    shelf = Shelf(dict(point_index().ids))
    shelf.put({silent: 20.0}, age_s=60.0)
    shelf.put({({TRUTH, AIR} - {silent}).pop(): 20.0})
    assert difference(engineer) == "—"


def test_a_value_that_is_not_valid_has_no_difference(training_shelf, engineer):
    training_shelf.put({AIR: None}, quality=Quality.BAD, reason=Reason.INVALID_WORD)
    assert difference(engineer) == "—"


def test_faults_that_are_on_are_told_by_name(training_shelf, engineer):
    training_shelf.put(
        {"truth-h1.plant_faults": 1.0, "truth-h1.device_faults": 32.0, "truth-h1.shared_device_faults": 0}
    )
    html = engineer.get("/training?lang=en").content.decode()
    names = re.findall(r'data-point="truth-h1\.\w+_faults".*?reading-number">([^<]*)<', html, re.DOTALL)
    assert names == ["torn film", "reading drifting", "none"]


def test_a_base_without_truth_units_has_no_such_page(shelf, engineer):
    assert engineer.get("/training").status_code == 404
    assert engineer.get("/training/data").status_code == 404
    assert "/training" not in engineer.get("/").content.decode()


def test_the_menu_leads_there_where_there_are(training_shelf, engineer):
    assert 'href="/training"' in engineer.get("/").content.decode()


def test_a_place_without_a_truth_unit_is_none(training_shelf, engineer):
    assert engineer.get("/training?place=h9").status_code == 404


def test_the_chart_has_the_truth_beside_the_reading(training_shelf, engineer):
    data = engineer.get(f"/training/data?points={TRUTH},{AIR}&hours=1").json()
    assert [curve["key"] for curve in data["series"]] == [TRUTH, AIR]
    assert data["unknown"] == []
    assert engineer.get("/training/data?hours=none").status_code == 400


@pytest.fixture
def demonstration(db) -> None:
    import_base(load_base(settings.BASE_FILE), now=timezone.now())


def test_the_demonstration_base_compares_every_compartment(demonstration):
    places = compared_places(current_base())
    assert list(places) == ["h1", "h2", "h3", "h4", "h5", "h6", "g1-a", "g1-b", "g1-c"]
    claims = {
        row.truth.local_key: {claim.reading.key for claim in row.claims} for row in places["h1"].rows if row.claims
    }
    assert claims["air_temperature"] == {AIR, "h1-air-check.air_temperature"}
    assert claims["roof_vent_position"] == {"h1-vent-roof.position"}
    assert claims["feed_conductivity"] == {"water-unit.conductivity"}
    assert claims["blanket_position"] == {"h1-blanket.position"}
    unseen = {row.truth.local_key for row in places["h1"].rows if not row.claims}
    assert unseen == {"canopy_temperature", "crop_water_flow"}


def test_every_reading_has_a_cause_in_both_languages(demonstration):
    places = compared_places(current_base())
    claims = [claim for place in places.values() for row in place.rows for claim in row.claims]
    for language in ("en", "zh-hans"):
        with translation.override(language):
            said = {claim.reading.key: cause_in_words(claim.source, claim.reading) for claim in claims}
        assert all(said.values())
        assert len(set(said.values())) > 5
    assert "%" not in said["h1-climate.air_temperature"]


def test_a_topic_carries_what_its_page_shows(demonstration):
    base = current_base()
    topics = topics_of(base, timezone.now())
    for key, place in compared_places(base).items():
        assert place.points <= topics[training_topic(key)]
    assert not [
        key for topic, keys in topics.items() if not topic.startswith("training/") for key in keys & base.truths.keys()
    ]
