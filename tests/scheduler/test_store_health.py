"""The sample store's own health becomes samples like any other."""

from __future__ import annotations

import math
from datetime import timedelta

import pytest
from django.db import connections

from greenhouse.database.metrics import record_transaction, record_wait
from greenhouse.site.point_index import point_index
from greenhouse.site.virtual_points import CONTROL_POINTS, control_key
from greenhouse.telemetry import ingest
from greenhouse.telemetry.upkeep import Upkeep
from scheduler.store_health import StoreHealth
from tests.bases import load
from tests.telemetry.conftest import START, after, reading

pytestmark = pytest.mark.django_db(databases=["default", "telemetry"])


@pytest.fixture
def upkeep(db) -> Upkeep:
    load()
    return Upkeep(point_index())


def test_every_value_belongs_to_a_point_of_the_base(upkeep):
    values = StoreHealth(upkeep).values(START)
    assert set(values) <= {control_key(point.local_key) for point in CONTROL_POINTS}
    assert "control.store_rows" not in values  # not counted yet: not known is not zero


@pytest.mark.parametrize(("name", "alias"), [("store", "telemetry"), ("main", "default")])
def test_the_longest_wait_between_two_values_is_told_once(upkeep, name, alias):
    health = StoreHealth(upkeep)
    health.values(START)
    for waited_s, held_s in ((0.002, 0.004), (1.5, 0.003)):
        record_wait(alias, waited_s, timed_out=False)
        record_transaction(alias, held_s, first_change="INSERT")
    first, then = health.values(START), health.values(START)
    assert (first[f"control.{name}_wait"], first[f"control.{name}_transaction"]) == (1500.0, 4.0)
    assert (then[f"control.{name}_wait"], then[f"control.{name}_transaction"]) == (0.0, 0.0)


def test_rows_are_counted_as_they_come_and_go(upkeep):
    index, health = point_index(), StoreHealth(upkeep)
    upkeep.run(now=START, monotonic_s=0.0, for_s=math.inf, is_now_sure=True)
    for number in range(3):
        polls = [reading({"h1-climate.air_temperature": 20.0 + number}, after(number))]
        health.note(ingest.record(polls, ids=index.ids, writer="control", tick=number + 1, now=after(number)))
    values = health.values(after(100))
    assert (values["control.store_rows"], values["control.packing_lag"]) == (3.0, 100.0)
    upkeep.run(now=START + timedelta(hours=1), monotonic_s=100.0, for_s=math.inf, is_now_sure=True)
    assert health.values(after(3600))["control.packing_lag"] == 0.0
    upkeep.run(now=START + timedelta(days=4), monotonic_s=200.0, for_s=math.inf, is_now_sure=True)
    assert health.values(START)["control.store_rows"] == 0.0


def test_the_size_of_the_log_is_known_where_there_is_one(upkeep):
    size_mb = StoreHealth(upkeep).values(START).get("control.store_log")
    assert (size_mb is not None) == (connections["telemetry"].vendor == "sqlite")
