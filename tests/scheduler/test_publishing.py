"""The publishing loop of the maintenance process."""

from __future__ import annotations

import itertools
import threading
from datetime import timedelta

import pytest
from django.conf import settings
from django.db import connections

from greenhouse.clock import utc_now
from greenhouse.outreach.models import Publication
from greenhouse.publishing.published_list import parse_published_list
from greenhouse.publishing.publisher import Clocks, Publisher
from greenhouse.site.point_index import point_index
from greenhouse.telemetry import ingest
from scheduler import publishing
from scheduler.runtime import Boundary
from tests.bases import load
from tests.telemetry.conftest import reading

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "telemetry", "outreach"])


def test_a_wrong_list_is_told_and_publishes_nothing(tmp_path, caplog):
    (tmp_path / "list.toml").write_text("delay_s = 1\n", encoding="utf-8")
    assert publishing.publishing_loop(tmp_path / "list.toml") is None
    assert "nothing is published: list.toml" in caplog.text
    assert "delay_s 1 is outside 30 to 3600" in caplog.text


def test_the_shipped_list_makes_a_loop_that_starts_and_stops():
    loop = publishing.publishing_loop(settings.PUBLISHED_FILE)
    assert loop is not None
    loop.start()
    assert loop.stop(within_s=60)
    assert not Publication.objects.exists()


def test_publishing_without_its_tables_ends_nothing(caplog):
    """A store that does not answer is told once; backups and the rest go on."""
    load()
    told = reading({"h1-climate.air_temperature": 18.0}, utc_now())
    ingest.record([told], ids=point_index().ids, writer="control", tick=1, now=utc_now())
    ended, began = threading.Event(), utc_now()
    publisher = Publisher(parse_published_list(settings.PUBLISHED_FILE.read_text(encoding="utf-8"), file="list"))
    boundary = Boundary("publishing", ended.set)
    name, connections["outreach"].settings_dict["NAME"] = connections["outreach"].settings_dict["NAME"], ":memory:"
    connections["outreach"].close()
    try:
        minutes = itertools.count(0, 2)

        def turn() -> None:
            at = began + timedelta(minutes=next(minutes))
            publisher.turn(Clocks(at, at, 1.0))

        turn()
        assert [boundary.run(turn) for _ in range(7)] == [False] * 7
    finally:
        connections["outreach"].close()
        connections["outreach"].settings_dict["NAME"] = name
    assert not ended.is_set()
    assert caplog.text.count("publishing: the store does not answer") == 1
