from __future__ import annotations

from collections.abc import Iterator

import pytest

from greenhouse.console import catalogs, frontend_build
from tests.outreach.public_server import PublicServer


@pytest.fixture(scope="session")
def built() -> None:
    """Scripts, styles and texts of the pages."""
    frontend_build.build_outreach()
    catalogs.compile_catalog()


@pytest.fixture(scope="module")
def running_server(built, django_db_setup, tmp_path_factory) -> Iterator[PublicServer]:
    """One public process for the tests of a module."""
    server = PublicServer(tmp_path_factory.mktemp("public"))
    server.start()
    yield server
    server.kill()


@pytest.fixture
def public_server(running_server, transactional_db) -> PublicServer:
    """The public process, running; it may know what an earlier test has published."""
    return running_server


@pytest.fixture
def fresh_server(built, transactional_db, tmp_path) -> Iterator[PublicServer]:
    """One that has never read anything."""
    server = PublicServer(tmp_path)
    server.start()
    yield server
    server.kill()
