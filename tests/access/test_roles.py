"""Roles and demonstration logins."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.auth import authenticate
from django.contrib.auth.models import Group, User
from django.core.management import call_command
from django.utils import translation

from greenhouse.access.roles import ACTIONS_OF, Action, Role, ensure_roles, may, name_of, role_of
from tests.commands.conftest import person

pytestmark = pytest.mark.django_db


@pytest.fixture
def logins() -> Path:
    ensure_roles()
    file = settings.VAR_DIR / "demo-logins.txt"
    file.unlink(missing_ok=True)
    return file


@pytest.mark.parametrize("role", Role)
def test_a_role_has_exactly_its_rights(role):
    user = person("somebody", role)
    assert {action for action in Action if may(user, action)} == ACTIONS_OF[role]
    assert len(user.get_all_permissions()) == len(ACTIONS_OF[role])


def test_who_was_switched_off_may_nothing():
    user = person("somebody", Role.ENGINEER)
    user.is_active = False
    assert not any(may(user, action) for action in Action)


def test_migrate_takes_back_a_right_that_was_added_to_a_role():
    """The table in the code is the law; another group is the place for exceptions."""
    viewers = person("somebody", Role.VIEWER).groups.get()
    viewers.permissions.set(Group.objects.get(name="engineer").permissions.all())
    ensure_roles()
    assert person("another", Role.VIEWER).get_all_permissions() == {"access.look"}


def test_the_highest_role_counts():
    user = person("somebody", Role.VIEWER)
    user.groups.add(Group.objects.get(name=Role.SUPERVISOR))
    assert role_of(user) is Role.SUPERVISOR
    assert role_of(person("nobody", None)) is None
    assert role_of(User.objects.create_superuser("root")) is Role.ENGINEER


def test_each_role_gets_a_demonstration_login_that_works(logins, capsys):
    call_command("demo_logins")
    shown = dict(line.split() for line in capsys.readouterr().out.splitlines())
    assert set(shown) == set(Role)
    for name, password in shown.items():
        assert role_of(authenticate(username=name, password=password)) == name


def test_the_passwords_are_kept_for_their_owner_only(logins):
    call_command("demo_logins")
    assert stat.S_IMODE(logins.stat().st_mode) == 0o600


def test_a_second_call_shows_the_same_passwords(logins, capsys):
    call_command("demo_logins")
    first = capsys.readouterr().out
    call_command("demo_logins")
    assert capsys.readouterr().out == first


def test_a_lost_file_gives_new_passwords_that_work(logins, capsys):
    call_command("demo_logins")
    first = capsys.readouterr().out
    logins.unlink()
    call_command("demo_logins")
    second = dict(line.split() for line in capsys.readouterr().out.splitlines())
    assert first.split()[1] != second["viewer"]
    assert authenticate(username="viewer", password=second["viewer"]) is not None


def test_a_persons_own_login_is_left_alone(logins, capsys):
    """Somebody called engineer keeps the password, and it is not printed."""
    User.objects.create_user("engineer", "e@example.com", "my own password")
    call_command("demo_logins")
    assert "engineer" not in capsys.readouterr().out
    assert authenticate(username="engineer", password="my own password") is not None


@pytest.mark.parametrize(("language", "name"), [("zh-hans", "技术员"), ("en", "technician")])
def test_a_login_that_is_called_as_its_role_is_named_in_the_readers_language(language, name):
    with translation.override(language):
        assert name_of(User(username="technician")) == name
        assert name_of(User(username="technician", first_name="Li")) == "Li"
        assert name_of(User(username="li")) == "li"
