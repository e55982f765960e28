"""The very SQL of docs/outreach.md, on a real server: visitors' role can read what is published, and nothing more."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from urllib.parse import urlsplit

import psycopg
import pytest

from tests.outreach.public_server import PROJECT

pytestmark = pytest.mark.postgresql


def own_names(sql: str) -> str:
    """The same statements about roles and databases of this test."""
    return re.sub(r"\bgreenhouse(_\w+)?\b", lambda found: f"{found[0]}_{os.getpid()}", sql)


def address(database: str, user: str = "") -> str:
    parts = urlsplit(os.environ["DATABASE_URL"])
    server = parts.netloc if not user else f"{user}:one@{parts.hostname}:{parts.port or 5432}"
    return f"postgresql://{server}/{database}"


@pytest.fixture(scope="module")
def outreach() -> Iterator[str]:
    """A published, empty database made as the document says. Its name."""
    text = (PROJECT / "docs" / "outreach.md").read_text(encoding="utf-8")
    once, inside = re.findall(r"```sql\n(.*?)```", text, re.DOTALL)
    database, main = own_names("greenhouse_outreach"), own_names("greenhouse")
    with psycopg.connect(address("postgres"), autocommit=True) as server:
        server.execute(f"CREATE DATABASE {main}")
        for statement in filter(str.strip, own_names(once).split(";")):
            server.execute(statement)
    with psycopg.connect(address(database), autocommit=True) as server:
        server.execute(own_names(inside))
    publisher = {"GREENHOUSE_OUTREACH_URL": address(database, own_names("greenhouse_publisher"))}
    migrate = [sys.executable, "manage.py", "migrate", "--database", "outreach", "--verbosity", "0"]
    kept = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    subprocess.run(
        migrate, cwd=PROJECT, env=kept | publisher | {"DJANGO_SETTINGS_MODULE": "config.settings.console"}, check=True
    )
    yield database
    with psycopg.connect(address("postgres"), autocommit=True) as server:
        for name in (database, main):
            server.execute(f"DROP DATABASE {name} WITH (FORCE)")
        for name in ("greenhouse_publisher", "greenhouse_visitor"):
            server.execute(f"DROP ROLE {own_names(name)}")


@pytest.fixture
def visitor(outreach) -> Iterator[psycopg.Connection]:
    with psycopg.connect(address(outreach, own_names("greenhouse_visitor")), autocommit=True) as connection:
        yield connection


def test_the_visitors_role_reads_what_is_published(visitor):
    assert visitor.execute("SELECT count(*) FROM outreach_fact").fetchone() == (0,)


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM outreach_fact",
        "INSERT INTO outreach_place VALUES (1, 'a', 'b', 'solar', 1, true)",
        "UPDATE outreach_publication SET pace = 2",
        "TRUNCATE outreach_course",
        "CREATE TABLE mine (a int)",
        "CREATE TEMPORARY TABLE mine (a int)",
        "DROP TABLE outreach_fact",
    ],
)
def test_the_visitors_role_changes_nothing_even_if_it_lifts_its_own_read_only_mode(visitor, statement):
    visitor.execute("SET default_transaction_read_only = off")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        visitor.execute(statement)


def test_the_visitors_role_cannot_even_enter_the_database_of_the_base(outreach):
    with pytest.raises(psycopg.OperationalError, match="permission denied"):
        psycopg.connect(address(own_names("greenhouse"), own_names("greenhouse_visitor")))
