from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import numpy as np
import pytest
from django.contrib.auth.models import Group, User
from django.utils import timezone

from devices.samples import Origin, Quality, Reading, Reason
from greenhouse.access.roles import Role
from greenhouse.deadlines import Moment
from greenhouse.site.point_index import point_index
from greenhouse.telemetry import ingest
from tests.bases import load

SETPOINT = "h1-climate.heating_setpoint"
AIR = "h1-climate.air_temperature"
ONLINE = {"h1-climate.link": 2.0, "h1-climate.control_location": 1.0}


def moment(wall: datetime) -> Moment:
    """Both clocks at a time of the wall clock."""
    return Moment(wall, "", 0.0)


@dataclass
class Shelf:
    """Stores samples of the small base, as the control process does."""

    ids: dict[str, int] = field(default_factory=dict)

    def put(
        self,
        values: dict[str, float | None],
        *,
        age_s: float = 0.0,
        quality: Quality = Quality.GOOD,
        reason: Reason = Reason.NONE,
        origin: Origin = Origin.SIMULATED,
    ) -> datetime:
        """Store values that are so old by now. Returns when they were read."""
        at = timezone.now() - timedelta(seconds=age_s)
        reading = Reading(
            points=tuple(values),
            values=np.array([np.nan if value is None else value for value in values.values()], dtype=np.float64),
            quality=np.full(len(values), quality, dtype=np.uint8),
            reason=np.full(len(values), reason, dtype=np.uint8),
            observed_at=at,
            origin=origin,
        )
        tick = ingest.last_tick("shelf") + 1
        ingest.record([reading], ids=self.ids, writer="shelf", tick=tick, now=timezone.now())
        return at


@pytest.fixture
def shelf(db) -> Shelf:
    """The small base, empty of samples."""
    load()
    return Shelf(dict(point_index().ids))


@pytest.fixture
def person(db) -> Callable[[Role], User]:
    """Makes a person of a role."""

    def make(role: Role, name: str = "") -> User:
        user = User.objects.create_user(name or role.value, password="for tests only")
        user.groups.add(Group.objects.get(name=role.value))
        return user

    return make


@pytest.fixture
def technician(person) -> User:
    return person(Role.TECHNICIAN)
