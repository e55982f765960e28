"""Settings from the environment: a bad value stops the start, with a sentence."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from config import environment


@pytest.mark.parametrize(
    ("value", "meaning"),
    [("1", True), ("yes", True), (" On ", True), ("TRUE", True), ("0", False), ("no", False), ("off", False)],
)
def test_yes_and_no_have_several_words(monkeypatch, value, meaning):
    monkeypatch.setenv("FLAG", value)
    assert environment.flag("FLAG", default=not meaning) is meaning


@pytest.mark.parametrize("value", ["", "  "])
def test_an_empty_variable_is_as_good_as_none(monkeypatch, value):
    monkeypatch.setenv("NAME", value)
    assert environment.text("NAME", "default") == "default"
    assert environment.flag("NAME", default=True) is True
    assert environment.names("NAME", "a, b,") == ["a", "b"]


@pytest.mark.parametrize("value", ["2", "maybe", "ja", "None"])
def test_a_word_that_is_neither_is_refused(monkeypatch, value):
    monkeypatch.setenv("FLAG", value)
    with pytest.raises(ImproperlyConfigured, match="neither yes nor no"):
        environment.flag("FLAG", default=False)


def test_a_word_outside_a_closed_set_is_refused(monkeypatch):
    monkeypatch.setenv("LEVEL", "loud")
    with pytest.raises(ImproperlyConfigured, match="LEVEL='LOUD' is none of INFO, WARNING"):
        environment.choice("LEVEL", "INFO", frozenset({"INFO", "WARNING"}))


def test_a_relative_folder_is_refused(monkeypatch):
    """Processes are started from different places."""
    monkeypatch.setenv("FOLDER", "var")
    with pytest.raises(ImproperlyConfigured, match="must be an absolute path"):
        environment.folder("FOLDER", Path("/tmp"))


def test_an_address_of_postgresql_is_taken_apart():
    found = environment.postgresql("postgresql://green:p%40ss@db.base:5433/green%20house?sslmode=require")
    assert (found["USER"], found["PASSWORD"], found["HOST"], found["PORT"]) == ("green", "p@ss", "db.base", "5433")
    assert found["NAME"] == "green house"
    assert found["OPTIONS"]["sslmode"] == "require"


def test_waits_on_postgresql_are_limited_unless_the_address_says_otherwise():
    assert environment.postgresql("postgresql://h/db")["OPTIONS"]["options"] == (
        "-c lock_timeout=3s -c idle_in_transaction_session_timeout=5s"
    )
    own = environment.postgresql("postgresql://h/db?options=-c%20lock_timeout%3D9s")["OPTIONS"]["options"]
    assert own.startswith("-c lock_timeout=3s ")
    assert own.endswith(" -c lock_timeout=9s")  # the last one counts


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("mysql://u:secret@h/db", "must start with postgresql://, not mysql://"),
        ("db", "must start with postgresql://, not nothing://"),
        ("postgresql://u:secret@h", "names no database"),
        ("postgresql://u:secret@h/", "names no database"),
        ("postgresql://u:secret@h/a/b", "names no database"),
        ("postgresql://u:secret@h:port/db", "the port is no number"),
        ("postgresql://u:secret@h:99999/db", "the port is no number"),
    ],
)
def test_a_wrong_address_is_refused_without_repeating_the_password(url, sentence):
    with pytest.raises(ImproperlyConfigured, match=sentence) as caught:
        environment.postgresql(url)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(("value", "found"), [("", 10.0), ("2.5", 2.5), ("60", 60.0)])
def test_a_duration_is_a_number_within_its_limits(monkeypatch, value, found):
    monkeypatch.setenv("LEASE", value)
    assert environment.seconds("LEASE", 10.0, at_least=2.0, at_most=60.0) == found


@pytest.mark.parametrize("value", ["1.9", "61", "nan", "ten", "-5", "inf"])
def test_a_duration_that_is_none_is_refused(monkeypatch, value):
    monkeypatch.setenv("LEASE", value)
    with pytest.raises(ImproperlyConfigured, match="LEASE="):
        environment.seconds("LEASE", 10.0, at_least=2.0, at_most=60.0)


def test_an_address_of_redis_is_told_from_others_without_its_password():
    assert environment.redis("") == ""
    assert environment.redis("rediss://:secret@cache.base:6380/1") == "rediss://:secret@cache.base:6380/1"
    with pytest.raises(ImproperlyConfigured, match="must start with redis://") as refused:
        environment.redis("http://:secret@cache.base")
    assert "secret" not in str(refused.value)
