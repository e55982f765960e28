from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from django.utils import timezone

from greenhouse.access.roles import Role
from greenhouse.configuration import versions
from greenhouse.configuration.models import Version
from greenhouse.configuration.source import Source
from greenhouse.configuration.versions import Author
from tests.bases import SMALL


def force(text: str = SMALL, alarms: str = "") -> Version:
    """Put a base in force, whatever there was."""
    before = versions.newest()
    seen = 0 if before is None else before.number
    return versions.apply(Source(text, alarms), Author(None, "staged"), seen=seen, now=timezone.now())


@pytest.fixture
def version(db) -> Version:
    """The small base, stored."""
    return force()


@pytest.fixture
def as_role(person) -> Callable[[Role], Client]:
    """A browser of somebody, in English."""

    def signed_in(role: Role) -> Client:
        client = Client()
        client.cookies["console_language"] = "en"
        client.force_login(person(role))
        return client

    return signed_in


@pytest.fixture
def engineer(version, as_role) -> Client:
    return as_role(Role.ENGINEER)
