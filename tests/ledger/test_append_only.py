"""The ledger cannot be rewritten by mistake, nor by a query of ours."""

from __future__ import annotations

import pytest
from django.db import DatabaseError, transaction

from greenhouse.ledger.models import Entry
from tests.append_only import refuse_deletes
from tests.ledger.conftest import fill

pytestmark = pytest.mark.django_db


@pytest.fixture
def as_installed(db) -> None:
    """An entry, in a database as ``migrate`` makes it (see ``tests/append_only.py``)."""
    fill(1)
    refuse_deletes()


def test_an_entry_cannot_be_changed(as_installed):
    with pytest.raises(DatabaseError, match="neither changed nor deleted"), transaction.atomic():
        Entry.objects.update(payload="{}")


def test_an_entry_cannot_be_deleted(as_installed):
    with pytest.raises(DatabaseError, match="neither changed nor deleted"), transaction.atomic():
        Entry.objects.all().delete()
    assert Entry.objects.count() == 1
