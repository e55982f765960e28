from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.test import Client

from greenhouse.access.roles import Role
from greenhouse.crops import cycles
from greenhouse.crops.cycles import NewCycle
from greenhouse.crops.models import CropCycle, TargetPer
from greenhouse.harvest import entries
from greenhouse.harvest.entries import Weighed
from greenhouse.harvest.grades import Grade
from greenhouse.harvest.models import Harvest

TODAY = date(2026, 9, 20)
PLANTED = date(2026, 8, 20)
NOW = datetime(2026, 9, 20, 4, tzinfo=UTC)
"""A Sunday noon of the base."""


@pytest.fixture(autouse=True)
def _at_noon(monkeypatch) -> None:
    """Pages ask what time it is; here it is always the same."""
    for room in ("crop_views", "harvest_views", "review_views"):
        monkeypatch.setattr(f"greenhouse.console.yields.{room}.utc_now", lambda: NOW)


@pytest.fixture
def li(person) -> User:
    return person(Role.TECHNICIAN, "li")


@pytest.fixture
def page(client, shelf, li) -> Client:
    """A browser in which a technician is signed in, in English."""
    client.force_login(li)
    client.cookies["console_language"] = "en"
    return client


@pytest.fixture
def tomatoes(li, shelf) -> CropCycle:
    """Provence on 200 m², with a weekly target."""
    new = NewCycle("h1", "provence", 200.0, PLANTED, None, 0.1, TargetPer.WEEK)
    return cycles.start(new, submission=uuid4(), by=li, now=NOW)


@pytest.fixture
def others(li, shelf) -> CropCycle:
    """Jingcai 8 on 100 m², planted a week later."""
    new = NewCycle("h1", "jingcai-8", 100.0, PLANTED + timedelta(days=7))
    return cycles.start(new, submission=uuid4(), by=li, now=NOW)


def pick(cycle: CropCycle, day: int, grade: Grade, mass_g: int, by: User, note: str = "") -> Harvest:
    """Store a harvest so many days after the first planting."""
    weighed = Weighed(cycle.pk, PLANTED + timedelta(days=day), grade, mass_g, note=note)
    return entries.enter(weighed, submission=uuid4(), by=by, now=NOW)


@pytest.fixture
def harvested(tomatoes, others, li) -> list[Harvest]:
    """As in tests/harvest/test_sums.py, worked out by hand."""
    return [
        pick(tomatoes, 6, Grade.FIRST, 10_000, li),
        pick(tomatoes, 7, Grade.FIRST, 20_000, li, note="=1+1"),
        pick(tomatoes, 7, Grade.CULL, 5_000, li),
        pick(tomatoes, 25, Grade.EXTRA, 40_000, li),
        pick(others, 10, Grade.SECOND, 8_000, li),
        pick(others, 24, Grade.FIRST, 25_000, li),
    ]
