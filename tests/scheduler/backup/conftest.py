"""Installations of their own: a folder (and on PostgreSQL a database) that real commands work on."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest

from scheduler.backup.manifest import MANIFEST, stored_file
from tests.bases import load

PROJECT = Path(__file__).resolve().parents[3]
SERVER = os.environ.get("DATABASE_URL", "")
is_postgresql = bool(SERVER)
# A skipped test would fail the whole run in continuous integration.
collect_ignore = ["test_sqlite.py" if is_postgresql else "test_postgresql.py"]
NOW = datetime(2026, 11, 25, 18, 0, tzinfo=UTC)
DATA = "database.dump" if is_postgresql else "main.sqlite3"
SMALL_BASE = """
[base]
key = "{key}"
name_zh = "小基地"
name_en = "Small base"
latitude_deg = 39.6
longitude_deg = 109.8
elevation_m = 1300
"""


@dataclass
class Installation:
    """One installation, worked on by ``manage.py`` in processes of their own."""

    var: Path
    database: str
    environment: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("DJANGO", "GREENHOUSE"))}
        self.environment = kept | {"GREENHOUSE_VAR": str(self.var), "DJANGO_SETTINGS_MODULE": "config.settings.console"}
        if SERVER:
            self.environment["DATABASE_URL"] = urlsplit(SERVER)._replace(path=f"/{self.database}").geturl()

    def start(self, *arguments: str | Path) -> subprocess.Popen[str]:
        """Run a program with Python, as ``manage.py``'s environment is."""
        return subprocess.Popen(
            [sys.executable, *map(str, arguments)],
            cwd=PROJECT,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def manage(self, *arguments: str | Path, fails: bool = False) -> str:
        """What a command says; its exit code is checked."""
        process = self.start("manage.py", *arguments)
        out, err = process.communicate(timeout=100)
        assert (process.returncode != 0) == fails, out + err
        return out + err

    def python(self, program: str) -> str:
        """Output of a program that uses Django."""
        process = self.start("-c", f"import django\ndjango.setup()\n{program}")
        out, err = process.communicate(timeout=60)
        assert process.returncode == 0, err
        return out.strip()

    def names(self) -> list[str]:
        """English names of the base, as its database has them."""
        return self.sql("SELECT name_en FROM site_base")

    def sql(self, query: str) -> list[str]:
        """First columns of the answer to a query, or nothing."""
        if SERVER:
            connection = psycopg.connect(self.environment["DATABASE_URL"])
        else:
            connection = sqlite3.connect(self.var / "main.sqlite3")
        with closing(connection), connection:
            cursor = connection.execute(query)
            return [row[0] for row in cursor.fetchall()] if cursor.description else []

    def load_base(self, key: str = "small") -> None:
        """Store a base without any house."""
        file = self.var / "base.toml"
        file.write_text(SMALL_BASE.format(key=key), encoding="utf-8")
        self.manage("load_base", file)


@pytest.fixture(scope="module")
def template(tmp_path_factory) -> Iterator[Installation]:
    """An installation with the present schema and a base; others are copied from it."""
    made = Installation(tmp_path_factory.mktemp("template"), f"greenhouse_template_{os.getpid()}")
    create(made)
    for alias in ("default", "telemetry"):
        made.manage("migrate", "--database", alias, "-v", "0")
    made.load_base()
    yield made
    drop(made)


@pytest.fixture
def installation(template: Installation, tmp_path) -> Iterator[Installation]:
    """An installation with the present schema and a base called Small base."""
    made = Installation(tmp_path / "v", f"greenhouse_installation_{os.getpid()}")
    shutil.copytree(template.var, made.var)
    create(made, template=template.database)
    yield made
    drop(made)


@pytest.fixture
def empty(tmp_path) -> Iterator[Installation]:
    """An installation without any table."""
    made = Installation(tmp_path / "empty", f"greenhouse_empty_{os.getpid()}")
    made.var.mkdir()
    create(made)
    yield made
    drop(made)


def create(made: Installation, *, template: str = "template0") -> None:
    """Make its database, on PostgreSQL."""
    if SERVER:
        with server() as there:
            there.execute(f'CREATE DATABASE "{made.database}" TEMPLATE "{template}"')


def drop(made: Installation) -> None:
    """Delete its database, and those that were made beside it."""
    if SERVER:
        with server() as there:
            names = there.execute("SELECT datname FROM pg_database WHERE datname LIKE %s", (f"{made.database}%",))
            for (name,) in names.fetchall():
                there.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def server() -> psycopg.Connection:
    """The server's own database."""
    return psycopg.connect(urlsplit(SERVER)._replace(path="/postgres").geturl(), autocommit=True)


def only(folder: Path, pattern: str) -> Path:
    """The one path of a folder that is called so."""
    (found,) = folder.glob(pattern)
    return found


def rewrite_manifest(backup: Path, change: Callable[[dict], None]) -> None:
    """Let a manifest say something else, with sums that fit the files."""
    content = json.loads((backup / MANIFEST).read_text())
    for name in content["files"]:
        file = stored_file(backup / name)
        content["files"][name] = {"size": file.size, "sha256": file.sha256}
    change(content)
    (backup / MANIFEST).write_text(json.dumps(content))


@pytest.fixture
def folder(tmp_path, settings) -> Path:
    """Folder of the backups; the installation is one of this test alone, with a base in it."""
    settings.VAR_DIR = tmp_path / "var"
    load()
    return tmp_path / "backups"
