"""On SQLite without Redis, who shows what changed is nudged by the commits of others."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connection, connections, transaction

from greenhouse import nudges
from greenhouse.nudges import Listener, Subject
from tests.test_nudges import Bell

pytestmark = [
    pytest.mark.django_db(transaction=True, databases=["default", "telemetry"]),
    pytest.mark.skipif("connection.vendor != 'sqlite'"),
]


@pytest.fixture
def bell(settings) -> Iterator[Bell]:
    settings.REDIS_URL = ""
    bell = Bell()
    listener = Listener([Subject.CHANGES], bell.ring)
    listener.start()
    bell.wait()  # it calls once when it begins to hear
    yield bell
    listener.stop()


@pytest.mark.parametrize("alias", ["default", "telemetry"])
def test_a_commit_in_either_database_is_heard_and_not_before(bell, alias):
    heard = bell.count
    with transaction.atomic(using=alias), connections[alias].cursor() as cursor:
        cursor.execute("CREATE TABLE something (number INTEGER)")
        assert bell.count == heard
    bell.wait()
    with connections[alias].cursor() as cursor:
        cursor.execute("DROP TABLE something")
    bell.wait()


def test_the_control_process_is_left_in_peace(settings):
    """It looks ten times a second anyway, and its own ticks would wake it."""
    settings.REDIS_URL = ""
    before = threading.active_count()
    listener = Listener([Subject.REQUESTS], lambda: None)
    listener.start()
    assert threading.active_count() == before
    listener.stop()


def test_counting_makes_no_file_and_writes_none(tmp_path, settings):
    with pytest.raises(sqlite3.OperationalError):
        nudges._open_for_counting(str(tmp_path / "missing.sqlite3"))
    assert list(tmp_path.iterdir()) == []
    opened = nudges._open_for_counting(str(Path(connection.settings_dict["NAME"])))
    with pytest.raises(sqlite3.OperationalError):
        opened.execute("CREATE TABLE something (number INTEGER)")
    opened.close()
