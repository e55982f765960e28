"""The stored base clock: it goes on where it had come to, and only an engineer of a training base bends it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import Group, User
from django.core.management import CommandError, call_command

from greenhouse.access.errors import NotAllowed
from greenhouse.access.roles import Role, ensure_roles
from greenhouse.base_clock import LEAD_S, ChangeUnderWay
from greenhouse.clock import boot_s
from greenhouse.ledger.models import Entry
from greenhouse.training import stored
from greenhouse.training.errors import ClockStands, NoTrainingBase
from greenhouse.training.models import StoredBaseClock
from tests.paced import START

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
SOON = timedelta(seconds=2)


def reached() -> datetime:
    return StoredBaseClock.objects.get().reached


def someone(role: Role) -> User:
    ensure_roles()
    user = User.objects.create_user(role.value)
    user.groups.add(Group.objects.get(name=role.value))
    return user


def test_the_first_start_begins_at_the_time_of_the_machine_and_at_its_pace() -> None:
    stored.begin(machine_now=START, newest_stored=None)
    running = stored.running()
    assert START <= running.at(boot_s()) < START + SOON
    assert running.pace == 1.0


def test_after_a_planned_end_it_goes_on_exactly_where_it_was() -> None:
    stored.begin(machine_now=START, newest_stored=None)
    stored.keep(is_last=True)
    ended = reached()
    again = stored.begin(machine_now=START + 24 * HOUR, newest_stored=ended - HOUR)
    assert again.bend_at == ended < START + SOON  # the day in which it was off has not passed


def test_after_a_sudden_end_it_goes_on_from_a_time_that_nobody_had_read() -> None:
    stored.begin(machine_now=START, newest_stored=None)
    StoredBaseClock.objects.update(pace=600.0, pace_before=600.0)
    stored.keep(is_last=False)
    read_last = stored.running().at(boot_s() + stored.KEEP_EVERY_S)
    assert stored.begin(machine_now=START, newest_stored=None).bend_at > read_last


def test_samples_that_are_younger_than_what_was_kept_count() -> None:
    stored.begin(machine_now=START, newest_stored=None)
    assert stored.begin(machine_now=START, newest_stored=START + HOUR).bend_at == START + HOUR


def test_on_another_run_of_the_machine_it_stands_until_the_base_is_started() -> None:
    stored.begin(machine_now=START, newest_stored=None)
    StoredBaseClock.objects.update(boot_id="the run before", bend_boot_s=1e9, reached=START + HOUR)
    with pytest.raises(ClockStands, match="make train"):
        stored.running()
    stored.begin(machine_now=START, newest_stored=None)
    assert START + HOUR <= stored.running().at(boot_s()) < START + HOUR + SOON


def test_an_engineer_changes_the_pace_and_the_ledger_knows() -> None:
    stored.begin(machine_now=START, newest_stored=None)
    engineer = someone(Role.ENGINEER)
    after = stored.set_pace(60.0, by=engineer)
    assert stored.running() == after
    assert after.pace_at(boot_s() + LEAD_S) == 60.0
    assert Entry.objects.filter(kind="clock", payload__contains='"pace":60').count() == 1
    with pytest.raises(ChangeUnderWay):
        stored.set_pace(10.0, by=engineer)


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.ENGINEER])
def test_nobody_else_does(role: Role) -> None:
    stored.begin(machine_now=START, newest_stored=None)
    with pytest.raises(NotAllowed):
        stored.set_pace(60.0, by=someone(role))
    assert stored.running().pace == 1.0


def test_a_live_base_refuses_and_says_why() -> None:
    with pytest.raises(NoTrainingBase, match="不是训练基地"):
        stored.set_pace(60.0, by=None)
    with pytest.raises(CommandError, match="谁也不能加快"):
        call_command("training", "pace", "60")


def test_the_command_line_changes_the_pace(capsys: pytest.CaptureFixture[str]) -> None:
    stored.begin(machine_now=datetime(2026, 12, 1, 2, tzinfo=UTC), newest_stored=None)
    call_command("training", "pace", "60")
    assert "加快 60 倍" in capsys.readouterr().out
    with pytest.raises(CommandError, match="1 到 720"):
        call_command("training", "pace", "10000")
