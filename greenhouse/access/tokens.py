"""Tokens: a program acts for a person, never with more rights than the person has at the moment of the call."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Collection, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from enum import StrEnum

from django.contrib.auth.models import User
from django.db import OperationalError, transaction
from django.db.models import Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import pgettext_lazy

from greenhouse.access import sign_in_audit
from greenhouse.access.models import ApiToken
from greenhouse.access.roles import Action, may

PREFIX = "gh_"
"""Begins every token, so that a search for leaked secrets finds it."""
LIFETIMES_DAYS = (30, 90, 365, 1095)
MOST_LIVE = 20
"""Live tokens of one person: more than anybody can keep an eye on."""
LONGEST_NAME = 60
_USE_NOTED_EVERY = timedelta(minutes=1)
_SECRET_BYTES = 32
_HINT_LENGTH = len(PREFIX) + 6


class Scope(StrEnum):
    """What a token may be used for."""

    READ = "read"
    COMMAND = "command"
    ALARM = "alarm"


ACTION_OF: Mapping[Scope, Action] = {
    Scope.READ: Action.LOOK,
    Scope.COMMAND: Action.SUBMIT_SETPOINT,
    Scope.ALARM: Action.ACKNOWLEDGE_ALARM,
}
"""The right that its person must have as well."""

_NAMES: Mapping[Scope, Promise] = {
    Scope.READ: pgettext_lazy("token scope", "read"),
    Scope.COMMAND: pgettext_lazy("token scope", "change setpoints"),
    Scope.ALARM: pgettext_lazy("token scope", "acknowledge alarms"),
}


def scope_name(scope: Scope) -> str:
    """Name of the scope in the reader's language."""
    return str(_NAMES[scope])


class TokenRefused(Exception):
    """A token that opens nothing."""


class UnknownToken(TokenRefused):
    """Nobody made it, or it was mistyped."""


class TokenOver(TokenRefused):
    """It has expired."""


class TokenRevoked(TokenRefused):
    """Its person, or somebody who may, ended it."""


class TokenOfNobody(TokenRefused):
    """Its person is not active any more."""


class TooManyTokens(Exception):
    """This person has as many live tokens as are allowed."""


def offered_scopes(owner: User) -> tuple[Scope, ...]:
    """Scopes that a token of this person could use now."""
    return tuple(scope for scope, action in ACTION_OF.items() if may(owner, action))


@transaction.atomic
def make(owner: User, name: str, *, scopes: Collection[Scope], lasts: timedelta, now: datetime) -> tuple[ApiToken, str]:
    """A new token and its secret, which nobody can read again afterwards.

    Raises
    ------
    TooManyTokens
        If the person has ``MOST_LIVE`` already. Nothing was stored.
    """
    # The person's row is locked: of two forms that are sent together the second counts the first one's token.
    User.objects.select_for_update().get(pk=owner.pk)
    if live(owner, now=now).count() >= MOST_LIVE:
        raise TooManyTokens
    secret = PREFIX + secrets.token_urlsafe(_SECRET_BYTES)
    token = ApiToken.objects.create(
        owner=owner,
        name=name,
        digest=_digest(secret),
        hint=secret[:_HINT_LENGTH],
        scopes=sorted(scope.value for scope in scopes),
        created_at=now,
        expires_at=now + lasts,
    )
    sign_in_audit.token_made(owner, token=token.pk, scopes=" ".join(token.scopes), expires_at=token.expires_at, now=now)
    return token, secret


def live(owner: User, *, now: datetime) -> QuerySet[ApiToken]:
    """Tokens of a person that still open something, the newest first."""
    return ApiToken.objects.filter(owner=owner, revoked_at=None, expires_at__gt=now).order_by("-created_at", "-pk")


def revoke(token_id: int, *, by: User, now: datetime) -> bool:
    """End a token of this person; False if it is none of theirs, or over already."""
    with transaction.atomic():
        if not ApiToken.objects.filter(pk=token_id, owner=by, revoked_at=None).update(revoked_at=now):
            return False
        sign_in_audit.token_revoked(by, token=token_id, by=by.pk, now=now)
    return True


def revoke_all(owner: User, *, by: User | None, now: datetime) -> int:
    """End every token of a person. Returns how many there were."""
    with transaction.atomic():
        ended = [token.pk for token in ApiToken.objects.select_for_update().filter(owner=owner, revoked_at=None)]
        ApiToken.objects.filter(pk__in=ended).update(revoked_at=now)
        for token_id in ended:
            sign_in_audit.token_revoked(owner, token=token_id, by=None if by is None else by.pk, now=now)
    return len(ended)


def prove(secret: str, *, now: datetime) -> ApiToken:
    """The live token of a secret, with its person (``owner``).

    A person who was deactivated loses all tokens for good: they do not come back with the person.

    Raises
    ------
    UnknownToken, TokenRevoked, TokenOver, TokenOfNobody
        If it opens nothing.
    """
    token = ApiToken.objects.select_related("owner").filter(digest=_digest(secret)).first()
    if token is None:
        raise UnknownToken
    if token.revoked_at is not None:
        raise TokenRevoked
    if not token.owner.is_active:
        revoke_all(token.owner, by=None, now=now)
        raise TokenOfNobody
    if now >= token.expires_at:
        raise TokenOver
    return token


def note_use(token: ApiToken, *, now: datetime) -> None:
    """Remember when a token was used, to the minute."""
    before = now - _USE_NOTED_EVERY
    if token.last_used_at is None or token.last_used_at < before:
        rows = ApiToken.objects.filter(Q(last_used_at=None) | Q(last_used_at__lt=before), pk=token.pk)
        with suppress(OperationalError):  # a store that takes no writes can still be read
            rows.update(last_used_at=now)


def _digest(secret: str) -> str:
    """A plain digest: what is hashed has 256 random bits, so nothing can be gained by trying.

    Without the installation's key, so that tokens outlive a restore on another machine.
    """
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
