"""History cannot be rewritten, not even by SQL."""

from __future__ import annotations

import pytest
from django.db import DatabaseError, transaction

from greenhouse.commands.models import CommandEvent
from tests.append_only import refuse_deletes

pytestmark = pytest.mark.django_db(databases=["default", "telemetry"])


@pytest.fixture
def as_installed(submit) -> None:
    """A stored step, in a database as ``migrate`` makes it (see ``tests/append_only.py``)."""
    submit()
    refuse_deletes()


def test_a_stored_step_cannot_be_changed(as_installed):
    with pytest.raises(DatabaseError, match="neither changed nor deleted"), transaction.atomic():
        CommandEvent.objects.update(actor="somebody else")
    assert CommandEvent.objects.get().actor == "zhang"


def test_a_stored_step_cannot_be_deleted(as_installed):
    with pytest.raises(DatabaseError, match="neither changed nor deleted"), transaction.atomic():
        CommandEvent.objects.all().delete()
    assert CommandEvent.objects.count() == 1
