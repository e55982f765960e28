from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from django.test import Client

from devices.samples import Origin, Quality, Reading, Reason
from greenhouse.site.point_index import point_index
from greenhouse.telemetry import ingest
from tests.bases import COMPARTMENT, CONTROLLER, HOUSE, SMALL, load

AIR = "h1-climate.air_temperature"
NIGHT = datetime(2026, 11, 24, 16, 0, tzinfo=UTC)
"""Midnight at the base."""


def second_house() -> str:
    """Another house with a controller of the same kind."""
    return (
        SMALL
        + "".join(text.replace("h1", "h2").replace("1号", "2号") for text in (HOUSE, COMPARTMENT))
        + (CONTROLLER.replace("h1", "h2").replace("unit_id = 1", "unit_id = 9"))
    )


@pytest.fixture
def two_houses(db) -> None:
    """The small base with a second house."""
    load(second_house())


Put = Callable[..., None]


@pytest.fixture
def put(two_houses) -> Put:
    """Stores samples of one point at minutes after midnight."""
    index = point_index()

    def store(
        point: str,
        values: Mapping[float, float | None],
        *,
        quality: Quality = Quality.GOOD,
        reason: Reason = Reason.NONE,
    ) -> None:
        readings = [
            Reading(
                points=(point,),
                values=np.array([np.nan if value is None else value]),
                quality=np.array([quality], np.uint8),
                reason=np.array([reason], np.uint8),
                observed_at=NIGHT + timedelta(minutes=minute),
                origin=Origin.SIMULATED,
            )
            for minute, value in values.items()
        ]
        tick = ingest.last_tick("test") + 1
        ingest.record(readings, ids=index.ids, writer="test", tick=tick, now=NIGHT + timedelta(days=1))

    return store


@pytest.fixture
def page(two_houses, technician) -> Client:
    """A technician's browser."""
    client = Client()
    client.force_login(technician)
    return client


@pytest.fixture
def chart(page) -> Callable[[str], dict]:
    """The data of a chart."""

    def ask(address: str, status: int = 200) -> dict:
        response = page.get(f"/trends/data?{address}")
        assert response.status_code == status, response.content
        return json.loads(response.content)

    return ask
