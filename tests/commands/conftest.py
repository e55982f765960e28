from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from django.contrib.auth.models import Group, User

from devices.samples import Origin, Quality, Reading
from greenhouse.access.roles import Role, ensure_roles
from greenhouse.commands.models import CommandRequest
from greenhouse.commands.submit import submit_setpoint
from greenhouse.deadlines import Moment
from greenhouse.site.point_index import point_index
from greenhouse.telemetry import ingest
from tests.bases import load

START = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)
HEATING, HUMIDITY = "h1-climate.heating_setpoint", "h1-climate.humidity_setpoint"
LINK, LOCATION = "h1-climate.link", "h1-climate.control_location"

Store = Callable[..., None]
Submit = Callable[..., CommandRequest]


def after(seconds: float) -> datetime:
    """The wall clock some time after the start of the test."""
    return START + timedelta(seconds=seconds)


def moment(seconds: float, *, wall_set_by: timedelta = timedelta(0)) -> Moment:
    """Both clocks some time after the start of the test; somebody may have set the wall clock meanwhile."""
    return Moment(after(seconds) + wall_set_by, "this boot", 1000.0 + seconds)


@pytest.fixture
def store(db) -> Store:
    """Store samples of points, good and measured at a moment, as the control process does."""
    load()

    def record(values: dict[str, float], at: datetime = START, quality: Quality = Quality.GOOD) -> None:
        zeros = np.zeros(len(values), dtype=np.uint8)
        reading = Reading(tuple(values), np.array(list(values.values())), zeros + quality, zeros, at, Origin.SIMULATED)
        ingest.record([reading], ids=point_index().ids, writer="control", tick=ingest.last_tick("control") + 1, now=at)

    return record


@pytest.fixture
def online(store: Store) -> Store:
    """The small base with its controller online, remote, and heating to 16 °C."""
    store({LINK: 2, LOCATION: 1, HEATING: 16.0, HUMIDITY: 80.0})
    return store


def person(name: str, role: Role | None) -> User:
    """Somebody with the rights of a role."""
    ensure_roles()
    user = User.objects.create_user(name, first_name=name.capitalize())
    if role is not None:
        user.groups.add(Group.objects.get(name=role.value))
    return user


@pytest.fixture
def technician(db) -> User:
    """Somebody who may change setpoints."""
    return person("zhang", Role.TECHNICIAN)


@pytest.fixture
def submit(online: Store, technician: User) -> Submit:
    """Ask for 18 °C a second after the start, unless told otherwise."""

    def ask(point: str = HEATING, value: float = 18.0, **changes: object) -> CommandRequest:
        asked = {"by": technician, "seen_value": 16.0, "seen_at": START, "now": moment(1)}
        return submit_setpoint(point, value, **(asked | changes))

    return ask
