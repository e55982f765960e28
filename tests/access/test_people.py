"""Making logins and giving roles: who may, what is refused, what is recorded."""

from __future__ import annotations

import json
from datetime import timedelta
from threading import Barrier, Thread

import pytest
from django.contrib.auth import authenticate
from django.contrib.auth.models import Group, Permission, User
from django.contrib.sessions.models import Session
from django.db import connections, transaction
from django.test import Client
from django.utils import timezone

from greenhouse.access import people, throttle, tokens
from greenhouse.access.errors import LastEngineer, NameRefused, NameTaken, NotAllowed, OwnAccount
from greenhouse.access.models import OneTimePassword, Seen, SignInFailures
from greenhouse.access.roles import Action, Role, role_of
from greenhouse.clock import moment_now
from greenhouse.ledger.models import Entry
from tests.commands.conftest import person

pytestmark = pytest.mark.django_db(databases=["default", "telemetry"])
NOW = timezone.now()
OTHERS = [Role.VIEWER, Role.EDUCATOR, Role.COMMISSIONER, Role.TECHNICIAN]


def ledger() -> list[dict]:
    return [json.loads(text) for text in Entry.objects.order_by("number").values_list("payload", flat=True)]


@pytest.fixture
def engineer() -> User:
    return person("engineer", Role.ENGINEER)


@pytest.fixture
def supervisor() -> User:
    return person("supervisor", Role.SUPERVISOR)


def test_a_new_login_has_a_password_that_opens_only_the_own_account(engineer):
    made = people.make_login("li", full_name="李", role=Role.TECHNICIAN, by=engineer, now=NOW)
    client = Client()
    answer = client.post("/login", {"username": "li", "password": made.password})
    assert answer["Location"] == "/account"
    assert client.get("/")["Location"] == "/account"
    form = {"old_password": made.password, "new_password1": made.password, "new_password2": made.password}
    assert client.post("/account/password", form).status_code == 422
    form |= {"new_password1": "Blanket up at 7 7", "new_password2": "Blanket up at 7 7"}
    assert client.post("/account/password", form).status_code == 302
    assert client.get("/points").status_code == 503  # no base yet; but it opens
    assert not OneTimePassword.objects.exists()


def test_a_one_time_password_runs_out(engineer):
    made = people.make_login("li", full_name="", role=Role.VIEWER, by=engineer, now=NOW - timedelta(days=4))
    assert authenticate(username="li", password=made.password)
    assert Client().post("/login", {"username": "li", "password": made.password}).status_code == 200


def test_what_is_recorded_names_nobody(engineer):
    made = people.make_login("li", full_name="李建国", role=Role.VIEWER, by=engineer, now=NOW)
    people.give_role(made.user, Role.TECHNICIAN, by=engineer, now=NOW)
    people.close_login(made.user, by=engineer, now=NOW)
    assert [entry["event"] for entry in ledger()] == ["login_made", "role_given", "login_closed"]
    assert {(entry["user"], entry["by"]) for entry in ledger()} == {(made.user.pk, engineer.pk)}
    assert "li" not in {value for entry in ledger() for value in entry.values()}


@pytest.mark.parametrize("name", ["", "a b", "<script>", "x" * 151, "a/b", "\0"])
def test_a_name_that_is_none_is_refused(engineer, name):
    with pytest.raises(NameRefused):
        people.make_login(name, full_name="", role=Role.VIEWER, by=engineer, now=NOW)


def test_a_name_is_given_once(engineer):
    with pytest.raises(NameTaken):
        people.make_login("engineer", full_name="", role=Role.VIEWER, by=engineer, now=NOW)


@pytest.mark.parametrize("role", OTHERS)
def test_whoever_only_looks_or_operates_manages_nobody(role):
    somebody = person("somebody", Role.VIEWER)
    with pytest.raises(NotAllowed):
        people.give_role(somebody, Role.TECHNICIAN, by=person("x", role), now=NOW)
    with pytest.raises(NotAllowed):
        people.make_login("y", full_name="", role=Role.VIEWER, by=User.objects.get(username="x"), now=NOW)


def test_a_supervisor_looks_after_those_below(supervisor, engineer):
    made = people.make_login("li", full_name="", role=Role.TECHNICIAN, by=supervisor, now=NOW)
    for refused in (
        lambda: people.give_role(made.user, Role.SUPERVISOR, by=supervisor, now=NOW),
        lambda: people.make_login("z", full_name="", role=Role.ENGINEER, by=supervisor, now=NOW),
        lambda: people.give_password(engineer, by=supervisor, now=NOW),
        lambda: people.close_login(engineer, by=supervisor, now=NOW),
    ):
        with pytest.raises(NotAllowed):
            refused()
    assert role_of(made.user) is Role.TECHNICIAN
    assert not User.objects.filter(username="z").exists()


@pytest.mark.parametrize("is_active", [True, False])
@pytest.mark.parametrize("role", [None, Role.TECHNICIAN])
def test_a_supervisor_looks_after_nobody_with_more_rights_whatever_gives_them(supervisor, engineer, role, is_active):
    installer = User.objects.create_user("installer", is_active=is_active)
    if role is not None:
        installer.groups.add(Group.objects.get(name=role))
    own = Group.objects.create(name="installers of the site")
    own.permissions.add(Permission.objects.get(content_type__app_label="access", codename=Action.CONFIGURE))
    installer.groups.add(own)
    for refused in (people.give_password, people.open_login, people.close_login, people.sign_out, people.end_wait):
        with pytest.raises(NotAllowed):
            refused(installer, by=supervisor, now=NOW)
    with pytest.raises(NotAllowed):
        people.give_role(installer, Role.VIEWER, by=supervisor, now=NOW)
    assert people.give_password(installer, by=engineer, now=NOW)
    client = Client()
    client.force_login(supervisor)
    assert "one-time" not in client.get(f"/setup/people/{installer.pk}").content.decode()
    assert client.post(f"/setup/people/{installer.pk}", {"action": "password"}).status_code == 403


def test_nobody_changes_the_own_role_or_closes_the_own_login(supervisor, engineer):
    person("another", Role.ENGINEER)
    for by in (supervisor, engineer):
        for act in (
            lambda by=by: people.give_role(by, Role.ENGINEER, by=by, now=NOW),
            lambda by=by: people.close_login(by, by=by, now=NOW),
        ):
            with pytest.raises(OwnAccount):
                act()


def test_the_last_engineer_stays_one(engineer):
    root = User.objects.create_superuser("root")
    people.close_login(engineer, by=root, now=NOW)  # a superuser is one too
    people.open_login(User.objects.get(pk=engineer.pk), by=root, now=NOW)
    engineer.refresh_from_db()
    User.objects.filter(pk=root.pk).update(is_superuser=False)
    root = User.objects.get(pk=root.pk)
    root.groups.add(Group.objects.get(name=Role.ENGINEER))
    User.objects.filter(pk=root.pk).update(is_active=False)
    another = person("another", Role.SUPERVISOR)
    another.groups.add(Group.objects.get(name=Role.ENGINEER))
    people.give_role(another, Role.VIEWER, by=engineer, now=NOW)
    with pytest.raises(NotAllowed):
        people.close_login(engineer, by=another, now=NOW)


@pytest.mark.django_db(transaction=True, databases=["default", "telemetry"])
def test_two_engineers_cannot_demote_each_other_at_the_same_moment():
    pair = [person("one", Role.ENGINEER), person("two", Role.ENGINEER)]
    barrier, refused = Barrier(2), []

    def demote(by: User, user: User) -> None:
        try:
            barrier.wait(10)
            people.give_role(user, Role.VIEWER, by=by, now=NOW)
        except NotAllowed as error:
            refused.append(type(error))
        finally:
            connections.close_all()

    threads = [Thread(target=demote, args=(by, user)) for by, user in (pair, pair[::-1])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(refused) == 1
    assert User.objects.filter(groups__name=Role.ENGINEER).count() == 1


def test_the_only_engineer_is_refused_by_name_of_the_fault(engineer):
    other = person("other", Role.ENGINEER)
    people.give_role(other, Role.VIEWER, by=engineer, now=NOW)
    root = User.objects.create_superuser("root")
    User.objects.filter(pk=root.pk).update(is_active=True)
    with pytest.raises(LastEngineer):
        _as_if_not_counted(root, engineer)


def _as_if_not_counted(root: User, engineer: User) -> None:
    """The one who asks is an engineer by another way: a group of the site's own with the same rights."""
    group = Group.objects.create(name="site")
    group.permissions.set(Group.objects.get(name=Role.ENGINEER).permissions.all())
    User.objects.filter(pk=root.pk).update(is_superuser=False)
    root = User.objects.get(pk=root.pk)
    root.groups.add(group, Group.objects.get(name=Role.ENGINEER))
    root.groups.remove(Group.objects.get(name=Role.ENGINEER))
    people._require_another_engineer(engineer)


def test_a_closed_login_is_out_everywhere(engineer):
    user = person("li", Role.TECHNICIAN)
    client = Client()
    client.force_login(user)
    people.close_login(user, by=engineer, now=NOW)
    assert not Session.objects.exists()
    assert client.get("/account")["Location"].startswith("/login")


def test_a_login_that_is_opened_again_brings_no_token_back(engineer):
    """Also if no program called while it was closed."""
    user = person("li", Role.TECHNICIAN)
    with transaction.atomic():
        _token, secret = tokens.make(user, "van", scopes=[tokens.Scope.READ], lasts=timedelta(days=30), now=NOW)
    people.close_login(user, by=engineer, now=NOW)
    people.open_login(user, by=engineer, now=NOW)
    with pytest.raises(tokens.TokenRefused):
        tokens.prove(secret, now=NOW)
    assert [entry["event"] for entry in ledger()][-3:] == ["token_revoked", "login_closed", "login_opened"]


def test_another_password_signs_out_and_has_to_be_changed(engineer):
    user = person("li", Role.TECHNICIAN)
    client = Client()
    client.force_login(user)
    password = people.give_password(user, by=engineer, now=NOW)
    assert client.get("/account")["Location"].startswith("/login")
    assert authenticate(username="li", password=password)
    assert people.must_change_password(user)


def test_a_wait_can_be_ended(engineer):
    user = person("li", Role.TECHNICIAN)
    for _attempt in range(6):
        throttle.take_attempt(throttle.counts_for("li", address="10.0.0.1", known_browser=""), now=moment_now())
    assert SignInFailures.objects.filter(account=throttle.account_digest("li")).exists()
    people.end_wait(user, by=engineer, now=NOW)
    assert not SignInFailures.objects.filter(account=throttle.account_digest("li")).exists()


def test_being_here_is_noted_once_in_a_while(engineer):
    people._noted.clear()
    for minutes in (0, 1, 4, 6):
        people.note_seen(engineer, NOW + timedelta(minutes=minutes))
        assert Seen.objects.get().at == NOW + timedelta(minutes=6 if minutes == 6 else 0)
