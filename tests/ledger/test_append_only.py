"""The ledger cannot be rewritten by mistake, nor by a query of ours."""

from __future__ import annotations

import pytest
from django.db import DatabaseError, connection, transaction

from greenhouse.ledger.models import Entry
from tests.ledger.conftest import STATEMENTS, fill

pytestmark = pytest.mark.django_db


@pytest.fixture
def as_installed(db) -> None:
    """An entry, in a database as ``migrate`` makes it (see ``tests/conftest.py``)."""
    fill(1)
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute(next(text for text in STATEMENTS._FORWARD["sqlite"] if "no_DELETE" in text))


def test_an_entry_cannot_be_changed(as_installed):
    with pytest.raises(DatabaseError, match="neither changed nor deleted"), transaction.atomic():
        Entry.objects.update(payload="{}")


def test_an_entry_cannot_be_deleted(as_installed):
    with pytest.raises(DatabaseError, match="neither changed nor deleted"), transaction.atomic():
        Entry.objects.all().delete()
    assert Entry.objects.count() == 1
