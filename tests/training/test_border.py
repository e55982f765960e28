"""Training bases and live bases keep apart: by database, by devices, at the start."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection

from greenhouse.configuration.errors import FaultySource
from greenhouse.configuration.source import Source, check
from greenhouse.training import mark, stored
from greenhouse.training.errors import WrongBase
from tests.bases import SMALL
from tests.paced import START, paced


@pytest.fixture
def not_looked_yet(monkeypatch: pytest.MonkeyPatch, transactional_db: None) -> Iterator[None]:
    monkeypatch.setattr(mark, "_is_the_right_base", False)
    connection.close()
    yield
    mark._is_the_right_base = True  # or the database could not be emptied


@pytest.mark.usefixtures("not_looked_yet")
def test_a_live_process_refuses_the_database_of_a_training_base() -> None:
    stored.begin(machine_now=START, newest_stored=None)
    connection.close()
    mark._is_the_right_base = False
    for _ in range(2):  # and again, at each further try
        with pytest.raises(WrongBase, match="属于训练基地"):
            connection.ensure_connection()


@pytest.mark.usefixtures("not_looked_yet")
def test_a_training_process_refuses_the_database_of_a_live_base(settings) -> None:
    settings.TRAINING = True
    with pytest.raises(WrongBase, match="不是作为训练基地建立的"):
        mark.require_right_base()


@pytest.mark.usefixtures("not_looked_yet")
def test_each_takes_its_own(settings) -> None:
    connection.ensure_connection()
    stored.begin(machine_now=START, newest_stored=None)
    connection.close()
    mark._is_the_right_base = False
    settings.TRAINING = True
    connection.ensure_connection()
    assert mark._is_the_right_base


def test_a_base_with_real_devices_becomes_no_training_base() -> None:
    check(Source(SMALL))
    with paced(1.0), pytest.raises(FaultySource, match="训练基地的设备必须全部是模拟的") as refused:
        check(Source(SMALL))
    assert [fault.split(":")[0] for fault in refused.value.faults] == [
        'device[2] "meter"',
        'device[3] "weather"',
        'device[4] "relays"',
    ]


def test_nor_is_it_started_as_one(tmp_path: Path, settings) -> None:
    path = tmp_path / "base.toml"
    path.write_text(SMALL, encoding="utf-8")
    settings.TRAINING, settings.BASE_FILE, settings.VAR_DIR = True, path, tmp_path
    with pytest.raises(CommandError, match="必须全部是模拟的"):
        call_command("runbase", "--port", "0")


def test_nobody_vouches_for_a_clock_that_cannot_be_set() -> None:
    with paced(1.0), pytest.raises(CommandError, match="cannot be set"):
        call_command("trust_clock")


def test_a_live_base_is_the_default() -> None:
    assert settings.TRAINING is False
