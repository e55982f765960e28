"""A PostgreSQL database for one run of a proof or a benchmark."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg import sql


def postgresql_server() -> str:
    """Address of the server, without a database: POSTGRES_SERVER, or the one of this machine."""
    return os.environ.get("POSTGRES_SERVER", "postgresql://postgres@127.0.0.1:5432")


@contextmanager
def own_database(server: str) -> Iterator[str]:
    """Address of a new, empty database that is dropped afterwards.

    Raises
    ------
    psycopg.OperationalError
        If there is no server.
    """
    name = f"greenhouse_run_{os.getpid()}"
    with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        try:
            yield f"{server}/{name}"
        finally:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))
