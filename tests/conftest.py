"""What every test may use."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connection, connections
from hypothesis import settings

from tests.append_only import allow_deletes

# A busy machine is slow, and slowness is no failure: speed is measured by benchmarks, never by tests.
settings.register_profile("without-deadline", deadline=None)
settings.load_profile("without-deadline")


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker) -> Iterator[None]:
    """Let transactional tests empty the tables, also those that are append-only (see ``tests/append_only.py``).

    At the end every connection is closed: on PostgreSQL both names lead to one database, which cannot be dropped while
    one is open, and the threads of event loops keep theirs.
    """
    with django_db_blocker.unblock():
        allow_deletes()
        connections.close_all()  # what a test does not ask for it would never close
    yield
    with django_db_blocker.unblock():
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                    "WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )
        connections.close_all()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what only PostgreSQL can do on SQLite, and days unless they are asked for. Put in order."""
    if not os.environ.get("DATABASE_URL"):
        left_out = [item for item in items if item.get_closest_marker("postgresql")]
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]
    if not os.environ.get("WHOLE_DAY"):
        left_out = [item for item in items if item.get_closest_marker("whole_day")]
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]
    items[:] = _longest_files_first(items)


def _longest_files_first(items: list[pytest.Item]) -> list[pytest.Item]:
    """Files with slow tests first, then those with the most tests, so that none is left with a long one at last."""
    files: dict[Path, list[pytest.Item]] = {}
    for item in items:
        files.setdefault(item.path, []).append(item)

    def rank(path: Path) -> tuple[bool, int]:
        return all(item.get_closest_marker("slow") is None for item in files[path]), -len(files[path])

    return [item for path in sorted(files, key=rank) for item in files[path]]


def pytest_sessionfinish(session: pytest.Session) -> None:
    """With REQUIRE_ALL=1, as in continuous integration, a skipped test fails the run."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if os.environ.get("REQUIRE_ALL") == "1" and reporter is not None and reporter.stats.get("skipped"):
        reporter.write_line("\nREQUIRE_ALL=1: the skipped tests fail this run", red=True)
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
