"""The client programs of PostgreSQL. Collected only where a server is named."""

from __future__ import annotations

import pytest

from scheduler.backup.errors import NotMade
from scheduler.backup.making import make_backup
from tests.scheduler.backup.conftest import NOW

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "telemetry"])


@pytest.mark.parametrize(
    ("client", "expected"), [(None, "postgresql-client"), ("pg_dump (PostgreSQL) 9.6.24", "9.6.24")]
)
def test_a_client_that_is_missing_or_too_old_is_named(folder, tmp_path, monkeypatch, client, expected):
    programs = tmp_path / "programs"
    programs.mkdir()
    if client:
        (programs / "pg_dump").write_text(f"#!/bin/sh\necho '{client}'\n")
        (programs / "pg_dump").chmod(0o755)
    monkeypatch.setenv("PATH", str(programs))
    with pytest.raises(NotMade, match=expected):
        make_backup(folder, now=NOW)
    assert list(folder.iterdir()) == []
