"""What every test may use."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator

import pytest
from django.conf import settings


@pytest.fixture(scope="session", autouse=True)
def _folder_of_this_run() -> Iterator[None]:
    """Databases, secrets and beats of a test run live in a folder of their own."""
    settings.VAR_DIR.mkdir(parents=True, exist_ok=True)
    yield
    shutil.rmtree(settings.VAR_DIR, ignore_errors=True)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """With REQUIRE_ALL=1, as in continuous integration, a skipped test fails the run."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if os.environ.get("REQUIRE_ALL") == "1" and reporter is not None and reporter.stats.get("skipped"):
        reporter.write_line("\nREQUIRE_ALL=1: the skipped tests fail this run", red=True)
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
