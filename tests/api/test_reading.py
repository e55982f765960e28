"""What stands where, the points, the newest values, alarms, the ledger: as stored, tagged, and in pages."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from devices.samples import Origin, Quality, Reason
from greenhouse.alarms.conditions import Change
from greenhouse.alarms.duty import bindings_of_the_base
from greenhouse.alarms.evaluation import Transition
from greenhouse.alarms.models import Occurrence
from greenhouse.alarms.occurrences import record
from greenhouse.ledger import heads
from greenhouse.site import structure
from tests.api.conftest import Program, problem
from tests.bases import SMALL, load
from tests.console.conftest import AIR, SETPOINT

pytestmark = pytest.mark.django_db(databases=["default", "telemetry"])


@pytest.fixture
def engineer(shelf, program) -> Program:
    return program()


def test_the_base_is_told_with_both_names_and_without_where_lines_lead(engineer):
    answer = engineer.get("/base")
    base = answer.json()
    (house,) = base["houses"]
    assert house["name"] == {"zh": "1号日光温室", "en": "Solar greenhouse 1"}
    assert [device["line"] for device in base["devices"]] == ["climate", "climate", "climate", "field"]
    assert base["devices"][0]["compartment"] == "h1"
    assert base["devices"][1]["compartment"] is None
    for secret in ("127.0.0.1", "15020", "ttyUSB0"):
        assert secret not in answer.content.decode()


@pytest.mark.parametrize("address", ["/base", "/points", f"/points/{AIR}", "/latest"])
def test_what_has_not_changed_is_not_sent_again(engineer, shelf, address):
    shelf.put({AIR: 21.5})
    tag = engineer.get(address)["ETag"]
    again = engineer.get(address, If_None_Match=f'"other", {tag}')
    assert (again.status_code, again.content, again["ETag"]) == (304, b"", tag)
    assert engineer.get(address, If_None_Match='"other"').status_code == 200
    assert engineer.get(address, Accept_Language="zh")["ETag"] == tag


@pytest.mark.parametrize("address", ["/base", "/points", f"/points/{AIR}"])
def test_a_base_that_was_loaded_anew_has_another_tag(engineer, address):
    tag = engineer.get(address)["ETag"]
    slower = 'origin = "simulated"\n[device.points.air_temperature]\npoll_s = 7.0'
    load(SMALL.replace("小基地", "大基地").replace('origin = "simulated"', slower))
    assert engineer.get(address, If_None_Match=tag).status_code == 200


def test_newest_values_have_another_tag_when_something_of_them_changed(engineer, shelf):
    address = f"/latest?points={AIR}"
    shelf.put({AIR: 21.5})
    tags = [engineer.get(address)["ETag"]]
    shelf.put({AIR: 21.6})
    tags.append(engineer.get(address)["ETag"])
    shelf.put({AIR: 21.6}, quality=Quality.BAD, reason=Reason.OUT_OF_RANGE)
    tags.append(engineer.get(address)["ETag"])
    assert len(set(tags)) == 3


def test_a_value_that_grows_old_has_another_tag_although_nothing_was_stored(engineer, shelf):
    shelf.put({AIR: 21.5})
    tag = engineer.get("/latest")["ETag"]
    with time_machine.travel(timezone.now() + timedelta(hours=1)):
        answer = engineer.get("/latest", If_None_Match=tag)
    assert answer.status_code == 200
    assert {item["freshness"] for item in answer.json()["items"]} == {"dead"}


def test_a_value_is_told_with_everything_that_says_whether_to_believe_it(engineer, shelf):
    at = shelf.put({AIR: 21.5}, age_s=3.0)
    shelf.put({SETPOINT: 99.0}, quality=Quality.BAD, reason=Reason.OUT_OF_RANGE, origin=Origin.MEASURED)
    air, setpoint, missing = engineer.get(f"/latest?points={AIR},{SETPOINT},weather.wind_speed").json()["items"]
    assert (air["value"], air["unit"], air["quality"], air["freshness"], air["origin"]) == (
        (21.5, "degC", "good", "live", "simulated")
    )
    assert 3.0 <= air["age_s"] < 60.0
    assert abs(datetime.fromisoformat(air["observed_at"]) - at) < timedelta(milliseconds=1)
    assert (setpoint["value"], setpoint["quality"], setpoint["reason"]) == (99.0, "bad", "out_of_range")
    assert (missing["value"], missing["quality"], missing["freshness"]) == (None, None, "dead")


def test_points_come_in_pages_that_together_are_all(engineer):
    keys, cursor = [], ""
    while cursor is not None:
        page = engineer.get(f"/points?limit=7&cursor={cursor}").json()
        keys += [item["key"] for item in page["items"]]
        cursor = page["next"]
    assert keys == sorted(structure.base().points)


def test_points_are_chosen_by_what_they_are(engineer):
    of_house = engineer.get("/points?compartment=h1&quantity=temperature").json()["items"]
    assert {item["quantity"] for item in of_house} == {"temperature"}
    assert {item["device"] for item in of_house} == {"h1-climate"}
    assert {item["device"] for item in engineer.get("/points?device=weather").json()["items"]} == {"weather"}


def test_a_point_is_told_with_its_limits_and_record_policy(engineer):
    point = engineer.get(f"/points/{SETPOINT}").json()
    assert point["limits"] == {"low": 0.0, "high": 35.0}
    assert point["record"]["mode"] == "change"
    assert (point["unit"], point["unit_sign"], point["access"]) == ("degC", "°C", "read_write")


def test_newest_values_take_a_fixed_number_of_queries(engineer, shelf):
    shelf.put({AIR: 21.5})
    engineer.get("/latest")
    with CaptureQueriesContext(connection) as few:
        engineer.get(f"/latest?points={AIR}")
    with CaptureQueriesContext(connection) as many:
        engineer.get("/latest")
    assert len(many) <= len(few)


# --- alarms and ledger ------------------------------------------------------------------------------------------------


@pytest.fixture
def raised(shelf) -> list[Occurrence]:
    """Three alarms, the last two over and acknowledged or not."""
    now = timezone.now()
    bindings = [found for found in bindings_of_the_base() if found.definition.key == "link-lost"][:3]
    for age, binding in enumerate(bindings):
        at = now - timedelta(hours=age)
        record([Transition(binding, Change.RAISED, at.timestamp())], {}, now=now)
    return list(Occurrence.objects.order_by("-raised_at"))


def test_alarms_come_newest_first_in_pages(engineer, raised):
    first = engineer.get("/alarms?limit=2").json()
    second = engineer.get(f"/alarms?limit=2&cursor={first['next']}").json()
    assert [item["id"] for item in first["items"] + second["items"]] == [str(one.pk) for one in raised]
    assert second["next"] is None
    assert first["items"][0]["name"]["en"] == "device does not answer"


def test_an_alarm_that_comes_back_meanwhile_is_in_the_list_once(engineer, raised):
    """The page that it stood on has not been read yet, and the one that it would move to has."""
    page = engineer.get("/alarms?limit=1").json()
    found, oldest, now = [item["id"] for item in page["items"]], raised[-1], timezone.now()
    binding = next(found for found in bindings_of_the_base() if found.object_key == oldest.object_key)
    for change in (Change.CLEARED, Change.RAISED):
        record([Transition(binding, change, now.timestamp())], {}, now=now)
    while page["next"] is not None:
        page = engineer.get(f"/alarms?limit=1&cursor={page['next']}").json()
        found += [item["id"] for item in page["items"]]
    oldest.refresh_from_db()
    assert (oldest.raise_count, oldest.raised_at) == (2, now)
    assert found == [str(one.pk) for one in raised]


def test_alarms_are_chosen_by_state_and_time(engineer, raised):
    Occurrence.objects.filter(pk=raised[0].pk).update(state="normal", cleared_at=timezone.now())
    current = engineer.get("/alarms").json()["items"]
    assert [item["id"] for item in current] == [str(one.pk) for one in raised[1:]]
    since = raised[1].raised_at.isoformat().replace("+00:00", "Z")
    recent = engineer.get(f"/alarms?which=all&since={since}").json()["items"]
    assert [item["id"] for item in recent] == [str(one.pk) for one in raised[:2]]


def test_an_alarm_is_acknowledged_once_by_a_person_through_a_token(engineer, raised):
    address = f"/alarms/{raised[0].pk}/acknowledge"
    answer = engineer.post(address)
    assert (answer.status_code, answer.json()["state"]) == (200, "acknowledged")
    event = raised[0].events.get(kind="acknowledged")
    assert event.facts["device"].startswith("API · bridge (gh_")
    assert "engineer" in problem(engineer.post(address), 409, "conflict")["detail"]


def test_the_head_of_the_ledger_is_the_stored_one(engineer, raised):
    number, digest = heads.current_head()
    assert engineer.get("/ledger/head").json() == {"number": number, "hash": digest}
    assert number > 0
