"""People of the base: making a login, giving a role, letting somebody in or keeping them out. Every way is recorded.

Engineers look after everybody, supervisors after those below who have no right that they lack themselves. Nobody
changes the own role or closes the own login, and the last engineer stays one: somebody must be able to let the others
in.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.auth.models import Group, User
from django.contrib.auth.validators import UnicodeUsernameValidator
from django.core.exceptions import ValidationError
from django.db import DatabaseError, IntegrityError, transaction
from django.db.models import Q

from greenhouse.access import sign_in_audit, throttle, tokens
from greenhouse.access.errors import LastEngineer, NameRefused, NameTaken, NotAllowed, OwnAccount
from greenhouse.access.models import OneTimePassword, Seen
from greenhouse.access.passwords import new_password
from greenhouse.access.roles import Action, Role, may, rights_of, role_of
from greenhouse.access.sessions import end_sessions

ONE_TIME_PASSWORD_LASTS = timedelta(days=3)
SEEN_EVERY = timedelta(minutes=5)
LONGEST_NAME = 150
_OF_A_SUPERVISOR = frozenset({None, Role.VIEWER, Role.EDUCATOR, Role.COMMISSIONER, Role.TECHNICIAN})


@dataclass(frozen=True, slots=True)
class NewLogin:
    """A login that was made, and the password that is shown this once."""

    user: User
    password: str


def may_give(by: User, role: Role | None) -> bool:
    """Whether a person may make logins of this role, and give it."""
    if not may(by, Action.MANAGE_PEOPLE):
        return False
    return role_of(by) is Role.ENGINEER or role in _OF_A_SUPERVISOR


def may_look_after(by: User, user: User) -> bool:
    """Whether a person may change another's login: a password that they gave would open all that it opens.

    A site may have groups of its own beside the roles, so the role alone does not tell.
    """
    if not may_give(by, role_of(user)):
        return False
    return role_of(by) is Role.ENGINEER or rights_of(user) <= rights_of(by)


def make_login(name: str, *, full_name: str, role: Role, by: User, now: datetime) -> NewLogin:
    """Make a login with a password that has to be changed at the first sign-in.

    Raises
    ------
    NotAllowed, NameRefused, NameTaken
        Nothing was made.
    """
    _require(by, role)
    try:
        UnicodeUsernameValidator()(name)
    except ValidationError as error:
        raise NameRefused from error
    if not name or len(name) > LONGEST_NAME or len(full_name) > LONGEST_NAME:
        raise NameRefused
    password = new_password()
    try:
        with transaction.atomic():
            user = User.objects.create_user(name, password=password, first_name=full_name)
            user.groups.add(Group.objects.get(name=role))
            OneTimePassword.objects.create(user=user, made_at=now)
            sign_in_audit.of_a_person("login_made", user, by=by, now=now, role=role)
    except IntegrityError as error:
        raise NameTaken from error
    return NewLogin(user, password)


def give_role(user: User, role: Role | None, *, by: User, now: datetime) -> None:
    """Give a person one role in place of any other, or none.

    Raises
    ------
    NotAllowed, OwnAccount, LastEngineer
        Nothing was changed.
    """
    with _changing(user, by):
        _require(by, role)
        if role is not Role.ENGINEER:
            _require_another_engineer(user)
            User.objects.filter(pk=user.pk).update(is_superuser=False)
        user.groups.remove(*Group.objects.filter(name__in=list(Role)))
        if role is not None:
            user.groups.add(Group.objects.get(name=role))
        sign_in_audit.of_a_person("role_given", user, by=by, now=now, role=role or "none")


def close_login(user: User, *, by: User, now: datetime) -> None:
    """Keep a person out from now on. The login stays, for everything that was done with it.

    Raises
    ------
    NotAllowed, OwnAccount, LastEngineer
        Nothing was changed.
    """
    with _changing(user, by):
        _require_another_engineer(user)
        User.objects.filter(pk=user.pk).update(is_active=False)
        end_sessions(user, now=now)
        tokens.revoke_all(user, by=by, now=now)  # or they would come back with a login that is opened again
        sign_in_audit.of_a_person("login_closed", user, by=by, now=now)


def open_login(user: User, *, by: User, now: datetime) -> None:
    """Let a person in again, with the role they had.

    Raises
    ------
    NotAllowed, OwnAccount
        Nothing was changed.
    """
    with _changing(user, by):
        User.objects.filter(pk=user.pk).update(is_active=True)
        sign_in_audit.of_a_person("login_opened", user, by=by, now=now)


def give_password(user: User, *, by: User, now: datetime) -> str:
    """Another password for somebody who forgot theirs: shown once, to be changed at the next sign-in.

    Raises
    ------
    NotAllowed, OwnAccount
        Nothing was changed.
    """
    password = new_password()
    with _changing(user, by):
        user.set_password(password)
        user.save(update_fields=["password"])
        OneTimePassword.objects.update_or_create(user=user, defaults={"made_at": now})
        end_sessions(user, now=now)
        sign_in_audit.of_a_person("password_given", user, by=by, now=now)
    return password


def end_wait(user: User, *, by: User, now: datetime) -> None:
    """Take sign-ins of a person again before their wait is over.

    Raises
    ------
    NotAllowed, OwnAccount
        Nothing was changed.
    """
    with _changing(user, by):
        throttle.reopen(user.get_username())
        sign_in_audit.of_a_person("reopened", user, by=by, now=now)


def sign_out(user: User, *, by: User, now: datetime) -> None:
    """End every session of a person.

    Raises
    ------
    NotAllowed, OwnAccount
        Nothing was changed.
    """
    with _changing(user, by):
        end_sessions(user, now=now)
        sign_in_audit.of_a_person("signed_out_everywhere", user, by=by, now=now)


def must_change_password(user: User) -> bool:
    """Whether the password of a person is one that somebody else has seen."""
    return OneTimePassword.objects.filter(user=user).exists()


def has_expired(user: User, now: datetime) -> bool:
    """Whether a person's one-time password was not used in time."""
    return OneTimePassword.objects.filter(user=user, made_at__lt=now - ONE_TIME_PASSWORD_LASTS).exists()


def password_is_own(user: User) -> None:
    """The person has chosen a password."""
    OneTimePassword.objects.filter(user=user).delete()


_noted: dict[int, datetime] = {}
"""When this process last stored that somebody was here, by user."""


def note_seen(user: User, now: datetime) -> None:
    """Remember that a person was here, at most every few minutes. A store that refuses keeps nobody from a page."""
    last = _noted.get(user.pk)
    if last is not None and timedelta(0) <= now - last < SEEN_EVERY:
        return
    _noted[user.pk] = now
    try:
        with transaction.atomic():
            Seen.objects.update_or_create(user=user, defaults={"at": now})
    except DatabaseError:
        _noted.pop(user.pk, None)


@contextmanager
def _changing(user: User, by: User) -> Iterator[None]:
    """A transaction in which one person changes another's login; such changes wait for each other."""
    if user.pk == by.pk:
        raise OwnAccount
    with transaction.atomic():
        Group.objects.select_for_update().get(name=Role.ENGINEER)
        # Both as they are now, not as they were when the page was asked for.
        if not may_look_after(User.objects.get(pk=by.pk), User.objects.get(pk=user.pk)):
            raise NotAllowed
        yield


def _require(by: User, role: Role | None) -> None:
    if not may_give(by, role):
        raise NotAllowed


def _require_another_engineer(user: User) -> None:
    if role_of(user) is not Role.ENGINEER or not user.is_active:
        return
    engineers = Q(groups__name=Role.ENGINEER) | Q(is_superuser=True)
    others = User.objects.filter(engineers, is_active=True).exclude(pk=user.pk)
    if not others.exists():
        raise LastEngineer
