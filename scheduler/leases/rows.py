"""The rows of leases in PostgreSQL. No time of day stands in them, so no clock of any machine can be wrong about them.

A row changes with each renewal (``renewals``) and with each new holder (``token``). Whoever wants the lease watches by
a clock of its own how long the row has stood still, and takes it by compare-and-set.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.db import connection, connections, transaction

from devices.errors import LeaseLost

LOCK_WAIT = "2s"
"""A commit under the old token that has begun just now ends within this, or is ended at the next attempt."""

_LOOK = "SELECT name, token, renewals, lasts_s, holder, place FROM leases_lease"
_TAKE = """
    UPDATE leases_lease SET token = nextval('leases_token'), renewals = 0, lasts_s = %s, holder = %s, place = %s
    WHERE name = %s AND token = %s AND renewals = %s RETURNING token"""
_MAKE = """
    INSERT INTO leases_lease (name, token, renewals, lasts_s, holder, place)
    VALUES (%s, nextval('leases_token'), 0, %s, %s, %s) ON CONFLICT (name) DO NOTHING RETURNING token"""
_RENEW = """
    UPDATE leases_lease AS lease SET renewals = lease.renewals + 1
    FROM unnest(%s::text[], %s::bigint[]) AS ours (name, token)
    WHERE lease.name = ours.name AND lease.token = ours.token RETURNING lease.name"""
_GIVE_BACK = """
    UPDATE leases_lease AS lease SET renewals = lease.renewals + 1, holder = NULL, place = NULL
    FROM unnest(%s::text[], %s::bigint[]) AS ours (name, token)
    WHERE lease.name = ours.name AND lease.token = ours.token"""
_SHOW = """
    SELECT set_config('application_name', %s, true)
    FROM leases_lease WHERE name = %s AND token = %s FOR KEY SHARE"""
_END_COMMITS = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND application_name = %s"""


@dataclass(frozen=True, slots=True)
class Row:
    """A lease as it stands. ``holder`` is None when it was given back; ``lasts_s`` is the term of its holder. [s]"""

    token: int
    renewals: int
    lasts_s: float
    holder: str | None
    place: str | None


def look() -> dict[str, Row]:
    """All rows as they stand, by name."""
    with connection.cursor() as cursor:
        cursor.execute(_LOOK)
        return {name: Row(*rest) for name, *rest in cursor.fetchall()}


def take(name: str, seen: Row | None, *, lasts_s: float, holder: str, place: str) -> int | None:
    """Become the holder if the row is still as it was seen. The new token; None if somebody else was quicker.

    A holder that was stopped or cut off in the middle of a commit would hold up everybody behind its locks for as long
    as it is away. So its connection is ended first.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT set_config('lock_timeout', %s, true)", (LOCK_WAIT,))
        if seen is None:
            cursor.execute(_MAKE, (name, lasts_s, holder, place))
        else:
            cursor.execute(_END_COMMITS, (_commit_name(name, seen.token),))
            cursor.execute(_TAKE, (lasts_s, holder, place, name, seen.token, seen.renewals))
        row = cursor.fetchone()
    return None if row is None else int(row[0])


def renew(tokens: Mapping[str, int]) -> frozenset[str]:
    """Show that the holder of these tokens lives. Names of the leases that are still its own."""
    with connection.cursor() as cursor:
        cursor.execute(_RENEW, (list(tokens), list(tokens.values())))
        return frozenset(name for (name,) in cursor.fetchall())


def give_back(tokens: Mapping[str, int]) -> None:
    """Free the leases of these tokens; those that others have taken are left alone."""
    with connection.cursor() as cursor:
        cursor.execute(_GIVE_BACK, (list(tokens), list(tokens.values())))


@dataclass(frozen=True, slots=True)
class RowFence:
    """The token of a row, shown at the beginning of each transaction."""

    name: str
    token: int

    def require(self, using: str) -> None:
        """Do nothing if the row has this token, and keep it until the transaction has ended."""
        with connections[using].cursor() as cursor:
            cursor.execute(_SHOW, (_commit_name(self.name, self.token), self.name, self.token))
            if cursor.fetchone() is None:
                raise LeaseLost(self.name)


def _commit_name(name: str, token: int) -> str:
    """What a connection is called during a commit under a token, so that who takes over finds it."""
    return f"greenhouse {name} {token}"
