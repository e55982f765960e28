from __future__ import annotations

from datetime import UTC, date, datetime
from uuid import uuid4

import pytest
from django.contrib.auth.models import Group, User

from greenhouse.access.roles import Role
from greenhouse.crops import cycles
from greenhouse.crops.cycles import NewCycle
from greenhouse.crops.models import CropCycle
from tests.bases import load

NOW = datetime(2026, 11, 24, 8, tzinfo=UTC)
PLANTED = date(2026, 8, 20)


def someone(role: Role) -> User:
    user, is_new = User.objects.get_or_create(username=role.value)
    if is_new:
        user.groups.add(Group.objects.get(name=role.value))
    return user


@pytest.fixture
def technician(db) -> User:
    load()
    return someone(Role.TECHNICIAN)


@pytest.fixture
def cycle(technician) -> CropCycle:
    """Tomatoes on half of the house."""
    new = NewCycle("h1", "provence", 240.0, PLANTED)
    return cycles.start(new, submission=uuid4(), by=technician, now=NOW)
