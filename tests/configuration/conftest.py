from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.contrib.auth.models import Group, User

from greenhouse.access.roles import Role
from greenhouse.configuration import versions
from greenhouse.configuration.source import Source
from greenhouse.configuration.versions import Author
from tests.bases import SMALL

NOW = datetime(2026, 11, 25, 8, tzinfo=UTC)


@pytest.fixture
def engineer(db) -> User:
    user = User.objects.create_user("engineer", password="for tests only")
    user.groups.add(Group.objects.get(name=Role.ENGINEER))
    return user


@pytest.fixture
def first(engineer) -> versions.Version:
    """The small base, put in force on a page."""
    return versions.apply(Source(SMALL), Author(engineer, "first set-up"), seen=0, now=NOW)
