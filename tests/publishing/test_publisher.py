"""What reaches the outreach database: chosen, delayed, rounded, with its age; and nothing else."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.core import serializers
from django.db import connections

from devices.samples import Origin, Quality, Reason
from greenhouse.outreach.models import Course, Fact, Place, Publication
from greenhouse.publishing.publisher import Clocks
from greenhouse.site import structure
from tests.publishing.conftest import NOON, PRIVATE, PUBLISHED, after, clocks, minutes_before_noon

pytestmark = pytest.mark.django_db(databases=["default", "telemetry", "outreach"])


def publish(publisher, at) -> None:
    """Let the newest values grow old enough, and publish them."""
    publisher.turn(clocks(at))
    assert publisher.turn(clocks(at + timedelta(seconds=60)))


def fact(name: str, place: int | None = 1) -> Fact:
    return Fact.objects.get(name=name, place=place)


def test_values_are_rounded_and_keep_unit_quality_origin_and_their_own_time(tell, publisher):
    tell(PUBLISHED, NOON)
    publish(publisher, after(5))
    air, sun = fact("air_temperature"), fact("sunlight", None)
    assert (air.value, air.unit, air.quality, air.origin) == (18.4, "degC", "good", "simulated")
    assert air.observed_at == NOON
    assert (sun.value, fact("wind_speed", None).value, fact("outside_temperature", None).value) == (430, 3.5, -17.2)
    assert fact("blanket_rolled_up").value == 100


def test_of_several_vents_the_widest_counts(tell, publisher):
    tell(PUBLISHED, NOON)
    publish(publisher, after(5))
    assert fact("vents_open").value == 30


def test_a_value_is_published_a_minute_late(tell, publisher):
    tell(PUBLISHED, NOON)
    assert not publisher.turn(clocks(after(1)))
    assert not Publication.objects.exists()
    tell({"h1-climate.air_temperature": 30.0}, after(30))
    publisher.turn(clocks(after(31)))
    publisher.turn(clocks(after(62)))
    assert fact("air_temperature").value == 18.4
    publisher.turn(clocks(after(92)))
    assert fact("air_temperature").value == 30.0


def test_a_clock_that_was_set_back_publishes_nothing_before_its_time(tell, publisher):
    tell(PUBLISHED, NOON)
    publisher.turn(clocks(after(1000)))
    assert not publisher.turn(clocks(after(10)))
    assert not publisher.turn(clocks(after(69)))
    assert publisher.turn(clocks(after(71)))


def test_a_bad_value_is_published_as_none_and_an_old_one_with_its_age(tell, publisher):
    tell(PUBLISHED, NOON)
    tell({"weather.wind_speed": 99.0}, after(1), quality=Quality.BAD, reason=Reason.OUT_OF_RANGE)
    publish(publisher, after(3000))
    wind = fact("wind_speed", None)
    assert (wind.value, wind.quality) == (None, "bad")
    assert fact("air_temperature").observed_at == NOON


def test_one_simulated_part_makes_the_whole_simulated(tell, publisher):
    tell({"h1-vent-roof.position": 12.0}, NOON, origin=Origin.MEASURED)
    tell({"h1-vent-bottom.position": 5.0}, NOON, origin=Origin.SIMULATED)
    tell({"weather.wind_speed": 5.0}, NOON, origin=Origin.MEASURED)
    publish(publisher, after(5))
    assert (fact("vents_open").origin, fact("wind_speed", None).origin) == ("simulated", "measured")


def test_water_is_counted_since_midnight(tell, publisher):
    """Noon on the base is twelve hours after."""
    tell(PUBLISHED, NOON)
    for total_m3, first, last in ((50.0, 722, 481), (50.12, 480, 241), (50.344, 240, 0)):
        tell({"h1-valves.total_volume": total_m3}, *minutes_before_noon(first, last))
    publish(publisher, after(5))
    assert (fact("water_today").value, fact("water_today").unit) == (0.34, "m3")


def test_a_count_that_fell_is_no_count(tell, publisher):
    tell({"h1-valves.total_volume": 50.0}, *minutes_before_noon(722, 301))
    tell({"h1-valves.total_volume": 40.0}, *minutes_before_noon(300, 1))
    tell(PUBLISHED | {"h1-valves.total_volume": 40.0}, NOON)
    publish(publisher, after(5))
    assert (fact("water_today").value, fact("water_today").quality) == (None, "bad")


def test_the_course_of_a_day_has_gaps_where_nothing_is_known(tell, publisher):
    for degrees, first, last in ((12.0, 180, 121), (11.0, 120, 91), (10.0, 60, 1)):
        tell({"h1-climate.air_temperature": degrees}, *minutes_before_noon(first, last))
    tell(PUBLISHED, NOON)
    publish(publisher, after(5))
    course = Course.objects.get(name="air_temperature")
    assert (course.begins_at, course.step_s, len(course.means)) == (NOON - timedelta(hours=24), 600, 144)
    assert course.means[:126] == [None] * 126
    assert course.means[-18:-9] == [12.0] * 6 + [11.0] * 3
    assert course.means[-9:-6] == [None] * 3
    assert course.means[-6:] == [10.0] * 6


def test_only_the_featured_house_has_a_course(tell, publisher):
    tell(PUBLISHED | {"h2-climate.air_temperature": 5.0}, NOON)
    publish(publisher, after(5))
    assert sorted(Course.objects.values_list("name", flat=True)) == [
        "air_temperature",
        "blanket_rolled_up",
        "outside_temperature",
        "sunlight",
    ]
    assert [place.number for place in Place.objects.filter(is_featured=True)] == [1]


def test_nothing_of_the_inside_leaks(tell, publisher):
    """No key of a device or point, nobody's name, no setpoint, mode, motor or truth, no position to the percent."""
    User.objects.create_user("li-shifu", first_name="李师傅")
    tell(PUBLISHED | PRIVATE, NOON)
    publish(publisher, after(5))
    everything = [row for model in (Publication, Place, Fact, Course) for row in model.objects.all()]
    text = json.dumps(serializers.serialize("python", everything), default=str, ensure_ascii=False)
    assert "18.4" in text
    keys = {device.key for device in structure.devices()} | {point.key for point in structure.all_points()}
    for secret in (*keys, "li-shifu", "李师傅", "16.5", "7.77", "13.7", "18.13", "0.0123", "97.0", "operating_mode"):
        assert secret not in text, secret
    assert set(Fact.objects.values_list("name", flat=True)) <= {value.name for value in publisher.published.values}


def test_the_tables_hold_nothing_but_the_last_publication(tell, publisher):
    tell(PUBLISHED, NOON)
    publish(publisher, after(5))
    before = Fact.objects.count()
    publish(publisher, after(600))
    assert (Fact.objects.count(), Publication.objects.count()) == (before, 1)


def test_a_publication_says_how_base_time_and_the_machine_stand(tell, publisher):
    tell(PUBLISHED, NOON)
    publisher.turn(Clocks(after(5), NOON, pace=60.0))
    publisher.turn(Clocks(after(65), after(1), pace=60.0))
    last = Publication.objects.get()
    assert (last.published_at, last.machine_at, last.pace, last.delay_s) == (after(65), after(1), 60.0, 60)


def test_a_base_that_was_never_loaded_publishes_nothing(db, publisher):
    assert not publisher.turn(clocks(NOON))


def test_before_the_first_poll_nothing_is_published(tell, publisher):
    """An empty publication would say that all thermometers are silent."""
    publisher.turn(clocks(NOON))
    tell(PUBLISHED, after(50))
    assert not publisher.turn(clocks(after(61)))
    assert publisher.turn(clocks(after(121)))


def test_the_tables_lie_in_a_database_of_their_own(base):
    for alias in ("default", "telemetry"):
        assert not {name for name in connections[alias].introspection.table_names() if name.startswith("outreach_")}
    tables = set(connections["outreach"].introspection.table_names())
    assert tables == {"django_migrations", "outreach_publication", "outreach_place", "outreach_fact", "outreach_course"}
