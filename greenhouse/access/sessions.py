"""Open sessions: whose they are, and ending them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from typing import Any

from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.models import User
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.utils.crypto import constant_time_compare

from greenhouse.access.roles import Action

MUST_CHANGE_PASSWORD = "must_change_password"  # noqa: S105  (not a secret)
"""In a session that began with a one-time password: it shows nothing but the own account."""


class Standing(StrEnum):
    """What a session is good for now."""

    MAY_LOOK = "may look"
    NO_RIGHT = "no right"
    """Its person is signed in, but may not see any more what was asked for."""
    ENDED = "ended"


def standing_of_sessions(
    session_keys: Collection[str], *, now: datetime, action: Action = Action.LOOK
) -> dict[str, Standing]:
    """How these sessions stand for an action, by the rules of pages. A few queries, however many are asked for."""
    contents = dict(_contents(Session.objects.filter(session_key__in=session_keys), now))
    ids = {user_id for content in contents.values() if (user_id := _user_id(content)) is not None}
    by_id = {user.pk: user for user in User.objects.filter(pk__in=ids, is_active=True)}
    # This asks the tables as `may` does, but for all at once.
    for needed in {Action.LOOK, action}:
        may = User.objects.with_perm(f"access.{needed}", backend="django.contrib.auth.backends.ModelBackend")
        ids &= set(may.filter(pk__in=ids).values_list("pk", flat=True))
    return {key: _standing(contents.get(key), by_id, ids) for key in session_keys}


def _standing(content: Mapping[str, Any] | None, by_id: Mapping[int, User], allowed_ids: Collection[int]) -> Standing:
    user = None if content is None else by_id.get(_user_id(content) or 0)
    if content is None or user is None or not _is_of_this_password(content, user):
        return Standing.ENDED
    may_look = user.pk in allowed_ids and not content.get(MUST_CHANGE_PASSWORD)
    return Standing.MAY_LOOK if may_look else Standing.NO_RIGHT


def open_sessions(*, now: datetime) -> Mapping[int, int]:
    """How many sessions each person has that have not run out, by number of the user."""
    return Counter(found for _key, content in _contents(Session.objects.all(), now) if (found := _user_id(content)))


def end_sessions(user: User, *, now: datetime) -> int:
    """Sign a person out on every phone and computer. Returns how many sessions were ended."""
    ended = [key for key, content in _contents(Session.objects.all(), now) if _user_id(content) == user.pk]
    Session.objects.filter(session_key__in=ended).delete()
    return len(ended)


def ends_at(session_key: str) -> datetime | None:
    """When a login ends by itself. None: there is no such login."""
    return Session.objects.filter(session_key=session_key).values_list("expire_date", flat=True).first()


def _contents(sessions: Any, now: datetime) -> Iterable[tuple[str, Mapping[str, Any]]]:  # noqa: ANN401  (a queryset of sessions)
    stored = sessions.filter(expire_date__gt=now).values_list("session_key", "session_data")
    return ((key, _decoded(data)) for key, data in stored.iterator())


@lru_cache(maxsize=4096)
def _decoded(session_data: str) -> Mapping[str, Any]:
    """Content of a session. Kept, because every open socket's session is asked for again and again."""
    return dict(SessionStore().decode(session_data))


def _user_id(content: Mapping[str, Any]) -> int | None:
    found = str(content.get(SESSION_KEY, ""))
    return int(found) if found.isdecimal() else None


def _is_of_this_password(content: Mapping[str, Any], user: User) -> bool:
    return constant_time_compare(content.get(HASH_SESSION_KEY, ""), user.get_session_auth_hash())
