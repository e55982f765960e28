"""Times on pages are those of the base, whatever zone the project or the server stands in."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from django.test import Client

from greenhouse.access.roles import Role
from greenhouse.commands.models import CommandRequest, ManualHold
from greenhouse.site.models import Base
from tests.console.changes.test_log import change
from tests.console.conftest import ONLINE, SETPOINT

pytestmark = pytest.mark.django_db(databases=["default", "telemetry"])
ELSEWHERE = ZoneInfo("America/New_York")
"""Neither the project's zone nor, on any day of the year, at the same hour."""


@pytest.fixture
def held(shelf, technician) -> CommandRequest:
    """A setpoint of a base far away that was changed, and is held for two hours."""
    shelf.put({**ONLINE, SETPOINT: 16.0})
    Base.objects.update(time_zone=str(ELSEWHERE), revision=uuid4())
    return change(technician, hold_for=timedelta(hours=2))


@pytest.fixture
def page(person) -> Client:
    client = Client()
    client.force_login(person(Role.SUPERVISOR))
    return client


@pytest.mark.parametrize(
    "address", ["/", "/changes", "/houses/h1", "/houses/h1/changes", "/changes/log", f"/points/{SETPOINT}/set"]
)
def test_a_change_is_dated_by_the_bases_clock(page, held, address):
    html = page.get(address).content.decode()
    assert f"{held.created_at.astimezone(ELSEWHERE):%H:%M}" in html


def test_a_page_tells_the_end_of_a_hold_by_the_bases_clock(page, held):
    ends_at = ManualHold.objects.get().ends_at.astimezone(ELSEWHERE)
    assert f"{ends_at:%H:%M}" in page.get("/decisions").content.decode()


def test_the_file_of_the_log_tells_the_end_of_a_hold_by_the_bases_clock(page, held):
    ends_at = ManualHold.objects.get().ends_at.astimezone(ELSEWHERE)
    assert f"{ends_at:%m-%d %H:%M}" in page.get("/changes/log.csv").content.decode()


def test_when_somebody_was_last_here_is_told_by_the_bases_clock(page, held, technician):
    technician.last_login = held.created_at
    technician.save()
    seen = f"{held.created_at.astimezone(ELSEWHERE):%Y-%m-%d %H:%M}"
    assert seen in page.get("/setup/people").content.decode()
    assert seen in page.get(f"/setup/people/{technician.pk}").content.decode()
