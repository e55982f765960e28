from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.conf import settings

from greenhouse.publishing.publisher import Clocks, Publisher
from greenhouse.site.basefile.importer import import_base
from greenhouse.site.basefile.reader import load_base
from greenhouse.site.point_index import point_index
from greenhouse.telemetry import ingest
from tests.telemetry.conftest import reading

NOON = datetime(2026, 1, 15, 4, 0, tzinfo=UTC)
"""12:00 on the base."""
PUBLISHED = {
    "h1-climate.air_temperature": 18.43,
    "h1-climate.relative_humidity": 71.6,
    "h1-climate.heating_pipe_temperature": 18.0,
    "h1-blanket.position": 97.0,
    "h1-vent-roof.position": 12.0,
    "h1-vent-bottom.position": 31.0,
    "weather.air_temperature": -17.24,
    "weather.wind_speed": 3.3,
    "weather.irradiance": 433.0,
}
PRIVATE = {
    "h1-climate.heating_setpoint": 16.5,
    "h1-climate.operating_mode": 1.0,
    "h1-climate.control_location": 1.0,
    "h1-blanket.motor_command": 1.0,
    "h1-blanket.motor_current": 7.77,
    "h1-vent-roof.target_position": 13.7,
    "truth-h1.air_temperature": 18.13,
    "control.cycle_time": 0.0123,
}


@pytest.fixture
def base(db) -> None:
    """The demonstration base."""
    import_base(load_base(settings.BASE_FILE), now=NOON)


@pytest.fixture
def tell(base) -> Callable[..., None]:
    """Stores values of points as the control process would."""
    tick = [0]

    def store(values: dict[str, float], *times: datetime, **how: object) -> None:
        tick[0] += 1
        readings = [reading(values, at, **how) for at in times]
        ingest.record(readings, writer="control", tick=tick[0], now=times[-1], ids=point_index().ids)

    return store


@pytest.fixture
def publisher() -> Publisher:
    """One with the shipped list."""
    return Publisher.of_file(settings.PUBLISHED_FILE)


def clocks(at: datetime) -> Clocks:
    """The clocks of a live base."""
    return Clocks(at=at, machine_at=at, pace=1.0)


def minutes_before_noon(first: int, last: int) -> list[datetime]:
    """Every minute from one to another, as a point is recorded at least while all is well."""
    return [NOON - timedelta(minutes=minutes) for minutes in range(first, last - 1, -1)]


def after(seconds: float) -> datetime:
    """A moment after noon."""
    return NOON + timedelta(seconds=seconds)
