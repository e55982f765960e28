"""Copying and putting back a database of PostgreSQL, with the client programs that are installed.

A restore fills a new database and then exchanges the names of the two: nothing of the present one is touched.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

import psycopg
from django.conf import settings
from django.db import DEFAULT_DB_ALIAS as MAIN
from django.db import connection
from django.utils.translation import gettext as _
from psycopg import sql
from psycopg.conninfo import make_conninfo

from greenhouse.telemetry.codes import ALIAS as TELEMETRY
from scheduler.backup.errors import BackupError, NotMade, NotRestored, NotSound
from scheduler.backup.manifest import Facts

NAME = "postgresql"
FILES: Mapping[str, str] = {MAIN: "database.dump"}
_SERVER_DATABASE = "postgres"
"""From here databases are made and renamed."""
_NAME_LIMIT = 63
"""Longest name of a database that PostgreSQL keeps."""
_FACTS = {"django_migrations": ("app", "name"), "site_base": ("key",), "ledger_head": ("number", "hash")}
_COPY = re.compile(r"^COPY \S*?(\w+) \(([^)]*)\) FROM stdin;\n(.*?)^\\\.$", re.MULTILINE | re.DOTALL)


def version() -> str:
    """Version of the server."""
    connection.ensure_connection()
    return ".".join(map(str, connection.get_database_version()))


def size_bytes() -> int:
    """Room that a copy needs at most: it is compressed. [bytes]"""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_database_size(current_database())")
        return int(cursor.fetchone()[0])


def copy_into(folder: Path) -> Facts:
    """Dump the database, while others write it, and say what is in the dump.

    Raises
    ------
    NotMade
        If the client is missing, older than the server, or fails.
    """
    _require_client("pg_dump", NotMade)
    dump = folder / FILES[MAIN]
    # Whoever reads a backup must not be able to go on with somebody's session.
    options = ("--format=custom", "--no-owner", "--no-privileges", "--exclude-table-data=django_session")
    _run(["pg_dump", *options, f"--file={dump}", f"--dbname={_conninfo(_name())}"], NotMade)
    dump.chmod(0o600)
    return facts_of(folder)


def facts_of(folder: Path) -> Facts:
    """What a dump holds.

    Raises
    ------
    NotSound
        If it cannot be read.
    """
    dump = str(folder / FILES[MAIN])
    _run(["pg_restore", f"--file={os.devnull}", dump], NotSound)  # unpacks all of it
    tables = [f"--table={table}" for table in _FACTS]
    text = _run(["pg_restore", "--data-only", *tables, "--file=-", dump], NotSound)
    rows = {table: list(_copied_rows(text, table, columns)) for table, columns in _FACTS.items()}
    head = next(iter(rows["ledger_head"]), None)
    return Facts(
        base=rows["site_base"][0][0] if rows["site_base"] else None,
        migrations=tuple(sorted(f"{app}.{step}" for app, step in rows["django_migrations"])),
        ledger_number=None if head is None else int(head[0]),
        ledger_hash=None if head is None else head[1],
    )


def present_base() -> str | None:
    """Key of the base in the database that is in place; None if there is none."""
    with connection.cursor() as cursor:
        if "site_base" not in connection.introspection.table_names(cursor):
            return None
        cursor.execute("SELECT key FROM site_base")
        row = cursor.fetchone()
    return row[0] if row else None


def sessions() -> int:
    """Other sessions on the database: programs that use it."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() "
            "AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
        )
        return int(cursor.fetchone()[0])


@contextmanager
def staged(folder: Path, *, now: datetime) -> Iterator[Mapping[str, str]]:
    """A database of its own made of the backup, gone at the end of the block unless it took its place.

    Raises
    ------
    NotRestored
        If it cannot be made or filled.
    """
    _require_client("pg_restore", NotRestored)
    stage = _beside(_name(), f"restoring_{now:%Y%m%dT%H%M%S}")
    try:
        with _server() as server:
            _drop_left_over(server)
            server.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(stage)))
        options = ("--no-owner", "--no-privileges", "--exit-on-error", "--single-transaction")
        _run(["pg_restore", *options, f"--dbname={_conninfo(stage)}", str(folder / FILES[MAIN])], NotRestored)
        yield {MAIN: stage, TELEMETRY: stage}
    except psycopg.Error as error:
        raise NotRestored(_("PostgreSQL refused: %(error)s") % {"error": error}) from error
    finally:
        with suppress(psycopg.Error), _server() as server:
            server.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(stage)))


def put_in_place(staged_databases: Mapping[str, str], *, now: datetime) -> str:
    """Let the staged database take the name of the present one, which stays under another. Returns which."""
    name = _name()
    aside = _beside(name, f"set_aside_{now:%Y%m%dT%H%M%S}")
    connection.close()
    rename = sql.SQL("ALTER DATABASE {} RENAME TO {}")
    with _server() as server, server.transaction():
        for old, new in ((name, aside), (staged_databases[MAIN], name)):
            server.execute(rename.format(sql.Identifier(old), sql.Identifier(new)))
    return aside


def require_whole_store() -> None:
    """Do nothing: names are exchanged in one transaction."""


def _drop_left_over(server: psycopg.Connection) -> None:
    """Of a restore that was killed. Nobody else restores now: the caller holds the control lease."""
    pattern = _beside(_name(), "restoring_") + "%"
    for (name,) in server.execute("SELECT datname FROM pg_database WHERE datname LIKE %s", (pattern,)).fetchall():
        server.execute(sql.SQL("DROP DATABASE {}").format(sql.Identifier(name)))


def _name() -> str:
    return str(settings.DATABASES[MAIN]["NAME"])


def _beside(name: str, ending: str) -> str:
    return f"{name[: _NAME_LIMIT - len(ending) - 1]}_{ending}"


def _conninfo(database: str) -> str:
    """How a client finds a database. The password goes by the environment, where other users cannot read it."""
    entry = settings.DATABASES[MAIN]
    found = {"host": entry["HOST"], "port": entry["PORT"], "user": entry["USER"], **entry["OPTIONS"]}
    return make_conninfo(dbname=database, **{name: value for name, value in found.items() if value})


def _server() -> psycopg.Connection:
    return psycopg.connect(
        _conninfo(_SERVER_DATABASE), autocommit=True, password=settings.DATABASES[MAIN]["PASSWORD"] or None
    )


def _require_client(program: str, error: type[BackupError]) -> None:
    answer = _run([program, "--version"], error)
    found = re.search(r"(\d+)(\.\d+)?", answer)
    connection.ensure_connection()
    server = connection.get_database_version()[0]
    if found is None or int(found[1]) < server:
        raise error(
            _("%(program)s is older (%(client)s) than the server (%(server)d). Install postgresql-client-%(server)d.")
            % {"program": program, "client": answer.strip(), "server": server}
        )


def _run(command: Sequence[str], error: type[BackupError]) -> str:
    password = settings.DATABASES[MAIN]["PASSWORD"]
    environment = {**os.environ, **({"PGPASSWORD": password} if password else {})}
    try:
        done = subprocess.run(  # noqa: S603
            command,
            env=environment,
            capture_output=True,
            encoding="utf-8",
            errors="backslashreplace",  # a damaged dump is quoted in the message
            check=False,
        )
    except FileNotFoundError as missing:
        raise error(
            _("%(program)s is not installed. Install the client of PostgreSQL: apt install postgresql-client")
            % {"program": command[0]}
        ) from missing
    if done.returncode != 0:
        raise error(_("%(program)s failed: %(error)s") % {"program": command[0], "error": done.stderr.strip()[-500:]})
    return done.stdout


def _copied_rows(text: str, table: str, columns: Sequence[str]) -> Iterator[list[str]]:
    """Rows of a table in what ``pg_restore`` writes: columns between tabs, a backslash and a dot at the end."""
    for found in _COPY.finditer(text):
        if found[1] == table:
            names = [name.strip().strip('"') for name in found[2].split(",")]
            for line in found[3].splitlines():
                row = dict(zip(names, line.split("\t"), strict=True))
                yield [row[column] for column in columns]
