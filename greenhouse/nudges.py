"""Nudges between processes: look now, something was stored. They shorten the wait for the next look, nothing else.

A nudge carries nothing and may be lost: whoever is nudged looks at the store as at any other time, and looks regularly
without it. PostgreSQL sends it with the commit (NOTIFY). Beside SQLite a Redis server carries it, if there is one.
Without both, who shows what changed is nudged all the same: SQLite counts the commits of others, and asking for that
number is far cheaper than a look.
"""

from __future__ import annotations

import logging
import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import ExitStack, closing
from enum import StrEnum
from functools import cache
from pathlib import Path

import psycopg
import redis
from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connections, transaction

logger = logging.getLogger(__name__)

_LISTEN_FOR_S = 0.25
"""A listener that is told to stop ends within this. [s]"""
_ASK_AFTER_SILENCE_S = 10.0
"""A connection that is cut says nothing; asking it something shows that it is dead. [s]"""
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.5, 30.0
_COUNT_EVERY_S = 0.02
"""How often SQLite is asked whether anybody has committed. [s]"""
_REDIS_PATIENCE_S = 0.2
"""A Redis that hangs must not hold up who has just committed. [s]"""
_REDIS_PAUSE_S = 5.0


class Subject(StrEnum):
    """What happened."""

    REQUESTS = "greenhouse_requests"
    """A request was stored: the control process should look."""
    CHANGES = "greenhouse_changes"
    """Samples or steps of requests were stored: what shows them should look."""


def send(subject: Subject, *, using: str = DEFAULT_DB_ALIAS) -> None:
    """Nudge those who listen, when the transaction under way in the database ``using`` is committed.

    A lost nudge is no error. On PostgreSQL it is part of the transaction, so it fails only with that.
    """
    connection = connections[using]
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_notify(%s, '')", (subject.value,))
    elif settings.REDIS_URL:
        transaction.on_commit(lambda: _redis().publish(subject), using=using)


class _RedisSender:
    """Publishes, and leaves a Redis that does not answer alone for a while."""

    def __init__(self, url: str) -> None:
        self._client = redis.Redis.from_url(
            url, socket_timeout=_REDIS_PATIENCE_S, socket_connect_timeout=_REDIS_PATIENCE_S
        )
        self._not_before_s = float("-inf")
        self._is_lost = False

    def publish(self, subject: Subject) -> None:
        if time.monotonic() < self._not_before_s:
            return
        try:
            self._client.publish(subject.value, b"")
        except redis.RedisError as error:
            self._not_before_s = time.monotonic() + _REDIS_PAUSE_S
            if not self._is_lost:
                logger.warning("Redis takes no nudge, others look by themselves: %s", error)
            self._is_lost = True
        else:
            self._is_lost = False


@cache
def _redis() -> _RedisSender:
    return _RedisSender(settings.REDIS_URL)


class Listener:
    """Hears nudges in a thread of its own, and calls the same function at each.

    A lost connection is made again with growing pauses. It also calls when the connection is back: something may have
    been missed.

    Parameters
    ----------
    subjects : iterable of Subject
        What to listen to.
    on_nudge : callable
        Called in the listener's thread; it must neither block nor fail.
    """

    def __init__(self, subjects: Iterable[Subject], on_nudge: Callable[[], None]) -> None:
        self._subjects, self._on_nudge = tuple(subjects), on_nudge
        self._stop = threading.Event()
        self._is_lost = False

    def start(self) -> None:
        """Begin to listen, if this installation has anything that nudges."""
        if connections[DEFAULT_DB_ALIAS].vendor == "postgresql":
            listen = self._listen_to_postgresql
        elif settings.REDIS_URL:
            listen = self._listen_to_redis
        elif Subject.CHANGES in self._subjects:
            listen = self._count_commits
        else:
            return  # the control process, which looks ten times a second
        threading.Thread(target=self._keep_on, args=(listen,), name="nudges", daemon=True).start()

    def stop(self) -> None:
        """Listen no more. The thread ends soon afterwards."""
        self._stop.set()

    def _keep_on(self, listen: Callable[[], None]) -> None:
        pause_s = _FIRST_PAUSE_S
        while not self._stop.is_set():
            began_s = time.monotonic()
            try:
                listen()
            except (psycopg.Error, redis.RedisError, sqlite3.Error, OSError) as error:
                if not self._is_lost:
                    logger.warning("no nudges are heard, looks go on at their own pace: %s", error)
                self._is_lost = True
            if time.monotonic() - began_s > _LONGEST_PAUSE_S:  # it worked for a while
                pause_s = _FIRST_PAUSE_S
            self._stop.wait(pause_s)
            pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)

    def _begin(self) -> None:
        if self._is_lost:
            logger.info("nudges are heard again")
        self._is_lost = False
        self._on_nudge()

    def _listen_to_postgresql(self) -> None:
        parameters = connections[DEFAULT_DB_ALIAS].get_connection_params()
        heard_s = time.monotonic()
        with psycopg.connect(**parameters, autocommit=True) as connection:
            for subject in self._subjects:
                connection.execute(f'LISTEN "{subject.value}"')
            self._begin()
            while not self._stop.is_set():
                for _nudge in connection.notifies(timeout=_LISTEN_FOR_S, stop_after=1):
                    heard_s = time.monotonic()
                    self._on_nudge()
                if time.monotonic() - heard_s > _ASK_AFTER_SILENCE_S:
                    connection.execute("SELECT 1")
                    heard_s = time.monotonic()

    def _listen_to_redis(self) -> None:
        client = redis.Redis.from_url(
            settings.REDIS_URL,
            health_check_interval=int(_ASK_AFTER_SILENCE_S),
            client_name=f"greenhouse-{os.getpid()}",
        )
        with client, client.pubsub(ignore_subscribe_messages=True) as subscription:  # type: ignore[no-untyped-call]
            subscription.subscribe(*(subject.value for subject in self._subjects))
            self._begin()
            while not self._stop.is_set():
                if subscription.get_message(timeout=_LISTEN_FOR_S) is not None:
                    self._on_nudge()

    def _count_commits(self) -> None:
        with ExitStack() as opened:
            files = [opened.enter_context(closing(_open_for_counting(file))) for file in sorted(_sqlite_files())]
            before = _counts(files)
            self._begin()
            while not self._stop.wait(_COUNT_EVERY_S):
                now = _counts(files)
                if now != before:
                    self._on_nudge()
                before = now


def _sqlite_files() -> set[str]:
    return {str(connections[alias].settings_dict["NAME"]) for alias in connections}


def _counts(files: Iterable[sqlite3.Connection]) -> list[int]:
    return [file.execute("PRAGMA data_version").fetchone()[0] for file in files]


def _open_for_counting(file: str) -> sqlite3.Connection:
    """A connection that neither makes a file nor writes into one."""
    connection = sqlite3.connect(f"{Path(file).resolve().as_uri()}?mode=rw", uri=True, isolation_level=None)
    connection.execute("PRAGMA query_only = 1")
    return connection
