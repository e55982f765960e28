"""The page of a house and of what serves the whole base, through the test client and a real store."""

from __future__ import annotations

import pytest
from django.test import Client

pytestmark = pytest.mark.django_db(databases=["default", "telemetry"])


@pytest.fixture
def page(shelf, technician) -> Client:
    client = Client()
    client.force_login(technician)
    return client


def test_x(page):
    r = page.get("/houses/h1")
    assert r.status_code == 200
    r = page.get("/equipment")
    assert r.status_code == 200
