"""Open sessions: whose they are, and ending them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any

from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.utils.crypto import constant_time_compare

from greenhouse.access.roles import Action

MUST_CHANGE_PASSWORD = "must_change_password"  # noqa: S105  (not a secret)
"""In a session that began with a one-time password: it shows nothing but the own account."""


def sessions_that_may_look(session_keys: Collection[str], *, now: datetime) -> frozenset[str]:
    """Which of these sessions still belong to somebody who may look, by the rules that pages go by.

    Two queries, however many are asked for.
    """
    contents = dict(_contents(Session.objects.filter(session_key__in=session_keys), now))
    ids = {user_id for content in contents.values() if (user_id := _user_id(content)) is not None}
    # Active people only. This asks the tables as `may` does, but for all at once.
    people = User.objects.with_perm(f"access.{Action.LOOK}", backend="django.contrib.auth.backends.ModelBackend")
    by_id = {user.pk: user for user in people.filter(pk__in=ids)}
    return frozenset(
        key
        for key, content in contents.items()
        if (user := by_id.get(_user_id(content) or 0)) is not None
        and _is_of_this_password(content, user)
        and not content.get(MUST_CHANGE_PASSWORD)
    )


def open_sessions(*, now: datetime) -> Mapping[int, int]:
    """How many sessions each person has that have not run out, by number of the user."""
    return Counter(found for _key, content in _contents(Session.objects.all(), now) if (found := _user_id(content)))


def end_sessions(user: User, *, now: datetime) -> int:
    """Sign a person out on every phone and computer. Returns how many sessions were ended."""
    ended = [key for key, content in _contents(Session.objects.all(), now) if _user_id(content) == user.pk]
    Session.objects.filter(session_key__in=ended).delete()
    return len(ended)


def _contents(sessions: Any, now: datetime) -> Iterable[tuple[str, dict[str, Any]]]:  # noqa: ANN401  (a queryset of sessions)
    return ((session.session_key, session.get_decoded()) for session in sessions.filter(expire_date__gt=now).iterator())


def _user_id(content: dict[str, Any]) -> int | None:
    found = str(content.get(SESSION_KEY, ""))
    return int(found) if found.isdecimal() else None


def _is_of_this_password(content: dict[str, Any], user: User) -> bool:
    return constant_time_compare(content.get(HASH_SESSION_KEY, ""), user.get_session_auth_hash())
