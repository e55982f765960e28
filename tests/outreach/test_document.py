"""The document that all displays read."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from greenhouse.outreach import sentences
from greenhouse.outreach.document import document
from greenhouse.outreach.models import Fact
from greenhouse.outreach.reading import read_published
from tests.outreach.publication import publish

pytestmark = pytest.mark.django_db(databases=["default", "outreach"])
NOON = datetime(2026, 1, 15, 4, 0, tzinfo=UTC)


def told(**changes):
    publish(NOON, **changes)
    published = read_published()
    assert published is not None
    return json.loads(json.dumps(document(published, build="b")))


def test_nothing_published_is_none():
    assert read_published() is None


def test_values_of_the_featured_house_and_of_the_base_come_with_time_quality_and_origin(built):
    values = told()["values"]
    at = int((NOON - timedelta(minutes=1)).timestamp() * 1000)
    assert values["air_temperature"] == {"v": 18.4, "u": "degC", "q": "good", "o": "simulated", "at": at}
    assert values["outside_temperature"]["v"] == -17.2
    assert (values["warmer_by"]["v"], values["warmer_by"]["at"]) == (35.6, at)
    assert values["drunk"]["v"] == 0.8


def test_what_is_made_of_a_bad_value_is_bad(built):
    document_ = told(outside_temperature=None, water_today=None)
    for name in ("warmer_by", "drunk"):
        assert (document_["values"][name]["v"], document_["values"][name]["q"]) == (None, "bad")
    assert document_["sentences"]["drink"]["en"] == "Today's water is not known."
    assert document_["sentences"]["warm"]["en"] == "The thermometers are silent just now."


def test_sentences_are_said_in_both_languages_and_name_what_they_need(built):
    said = told()["sentences"]
    assert said["now"]["zh"] == "屋里比屋外暖36度！"
    assert said["now"]["en"] == "Inside it is 36 degrees warmer than outside."
    assert said["warm"]["zh"] == "太阳正晒热屋子，墙和土把热存起来。"
    assert said["drink"]["en"] == "Each plant got 1.6 bottles of water."
    assert "outside_temperature" in said["warm"]["needs"]
    assert told(water_today=0.0)["sentences"]["drink"]["en"] == "No water was given today so far."


def test_no_sentence_is_longer_than_a_child_can_read_on_a_wall(built):
    """50 characters on a display of 20 s: the band of 10 to 12 years."""
    spoken = (*sentences.WARMTH.values(), *sentences.DRINKING.values(), *sentences.LOOKOUT.values())
    assert max(len(sentences.both(text)["zh"]) for text in spoken) <= 24


def test_the_warmest_is_of_today_alone(built):
    """At ten past midnight there is yesterday's course, and one step of today's."""
    publish(datetime(2026, 1, 14, 16, 11, tzinfo=UTC))
    published = read_published()
    assert published is not None
    warmest = document(published, build="b")["values"].get("warmest_today")
    assert warmest is None or warmest["at"] >= datetime(2026, 1, 14, 16, 0, tzinfo=UTC).timestamp() * 1000


def test_a_warm_noon_is_not_old_in_the_evening(built):
    """What is known of the day reaches until now, however long ago it was warmest."""
    evening = datetime(2026, 1, 15, 14, 20, tzinfo=UTC)
    publish(evening)
    published = read_published()
    assert published is not None
    warmest = document(published, build="b")["values"]["warmest_today"]
    assert warmest["v"] > 20
    assert evening.timestamp() * 1000 - warmest["at"] < 20 * 60_000


def test_on_a_warming_morning_it_was_never_warmer_than_now(built):
    """The last mean of the course lags behind what the thermometer says."""
    values = told(air_temperature=31.5)["values"]
    assert values["warmest_today"]["v"] >= values["air_temperature"]["v"] == 31.5


def test_a_doubtful_thermometer_makes_no_maximum(built):
    publish(NOON, air_temperature=31.5)
    Fact.objects.filter(name="air_temperature").update(quality="uncertain")
    published = read_published()
    assert published is not None
    assert document(published, build="b")["values"]["warmest_today"]["v"] < 31.5


def test_the_document_holds_no_more_than_a_phone_should_load(built):
    assert len(json.dumps(told(), ensure_ascii=False).encode()) < 20_000
