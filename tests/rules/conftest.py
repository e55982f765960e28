from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.contrib.auth.models import Group, User

from greenhouse.access.roles import Role
from tests.bases import load

NOW = datetime(2026, 11, 25, 8, tzinfo=UTC)


def somebody(role: Role, name: str = "") -> User:
    """A person of a role."""
    user = User.objects.create_user(name or role.value, password="for tests only")
    user.groups.add(Group.objects.get(name=role.value))
    return user


@pytest.fixture
def technician(db) -> User:
    """A technician of the small base."""
    load()
    return somebody(Role.TECHNICIAN)
