"""Schedules in a real store, with the time in the test's hands."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from django.contrib.auth.models import Group, User

from greenhouse.access.roles import Role
from greenhouse.schedules import runs
from greenhouse.schedules.due_times import Every, When
from greenhouse.schedules.models import Cause, DueRun, Schedule
from greenhouse.schedules.policy import Policy
from greenhouse.schedules.runs import Declared

ZONE = ZoneInfo("Asia/Shanghai")
NOON = datetime(2026, 11, 25, 4, tzinfo=UTC)
ALWAYS = Policy(grace_s=None)


FIVE_MINUTES = Every(300.0)


def declare(when: When = FIVE_MINUTES, policy: Policy = ALWAYS, key: str = "job") -> Declared:
    return Declared(key=key, when=when, policy=policy, title="Clear ended sessions")


def settle(
    now: datetime, *, key: str = "job", cause: Cause = Cause.WAS_DOWN, has_fresh_inputs: bool = True
) -> list[DueRun]:
    schedule = Schedule.objects.get(key=key)
    return runs.settle(schedule, now, zone=ZONE, cause=cause, has_fresh_inputs=has_fresh_inputs)


@pytest.fixture
def person(db):
    def make(role: Role) -> User:
        user = User.objects.create_user(role.value, password="a long password", first_name="王工")
        user.groups.add(Group.objects.get(name=role.value))
        return user

    return make
