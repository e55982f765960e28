"""History cannot be rewritten, not even by SQL."""

from __future__ import annotations

from importlib import import_module

import pytest
from django.db import DatabaseError, connection, transaction

from greenhouse.commands.models import CommandEvent

pytestmark = pytest.mark.django_db(databases=["default", "telemetry"])


@pytest.fixture
def as_installed(submit) -> None:
    """A stored step, in a database as ``migrate`` makes it (see ``tests/conftest.py``)."""
    submit()
    if connection.vendor == "sqlite":
        statements = import_module("greenhouse.commands.migrations.0002_events_are_append_only")._FORWARD["sqlite"]
        with connection.cursor() as cursor:
            cursor.execute(next(statement for statement in statements if "no_DELETE" in statement))


def test_a_stored_step_cannot_be_changed(as_installed):
    with pytest.raises(DatabaseError, match="neither changed nor deleted"), transaction.atomic():
        CommandEvent.objects.update(actor="somebody else")
    assert CommandEvent.objects.get().actor == "zhang"


def test_a_stored_step_cannot_be_deleted(as_installed):
    with pytest.raises(DatabaseError, match="neither changed nor deleted"), transaction.atomic():
        CommandEvent.objects.all().delete()
    assert CommandEvent.objects.count() == 1
