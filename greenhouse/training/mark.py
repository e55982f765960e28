"""The border between training bases and live ones, looked at when a process first opens the main database.

A process of a training base never works on the database of a live base, nor the other way round: one would date what
really happened by a clock that somebody speeds up, the other would date a lesson by the wall clock.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, DatabaseError, connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.utils.translation import gettext as _

from greenhouse.training.errors import WrongBase
from greenhouse.training.models import StoredBaseClock

_is_the_right_base = False


def require_right_base() -> None:
    """Open the main database now, to be refused at the start and not in the middle.

    Raises
    ------
    WrongBase
        In words.
    """
    try:
        connection.ensure_connection()
    except DatabaseError:
        return  # it does not answer; the first connection that it takes is looked at


def look_at_database(*, connection: BaseDatabaseWrapper, **_signal: Any) -> None:  # noqa: ANN401  (Django's signal)
    """Refuse a database of the other kind. Looks until the answer is known: once in a process.

    Raises
    ------
    WrongBase
        In words. The connection is closed.
    """
    global _is_the_right_base  # noqa: PLW0603  (what is found holds for the process)
    if _is_the_right_base or connection.alias != DEFAULT_DB_ALIAS:
        return
    has_mark = _mark_in(connection)
    if has_mark is None:
        return  # it was not made yet
    if has_mark is not settings.TRAINING:
        connection.close()
        raise WrongBase(_of_training() if has_mark else _of_live())
    _is_the_right_base = True


def _mark_in(connection: BaseDatabaseWrapper) -> bool | None:
    """Whether the database is that of a training base; None while it has no tables."""
    table = StoredBaseClock._meta.db_table  # noqa: SLF001  (_meta is Django's documented model API)
    with connection.cursor() as cursor:
        tables = connection.introspection.table_names(cursor)
        if table not in tables:
            return False if "django_migrations" in tables else None
        cursor.execute(f"SELECT count(*) FROM {table}")  # noqa: S608  (constant)
        return bool(cursor.fetchone()[0])


def _of_training() -> str:
    return _(
        "This database belongs to a training base: its times are those of a clock that can be sped up. A live base "
        "does not work on it. Start it with: make train"
    )


def _of_live() -> str:
    return _(
        "This database was not made as a training base, so its time cannot be sped up. A training base makes a "
        "database of its own: name a new folder in GREENHOUSE_VAR (and another DATABASE_URL), or leave both out."
    )
