"""What is recorded of signing in and out, of logins and roles, and of the tokens of programs.

The number of the user, never a name, an address or anything typed. People sign in by the clock of the machine, ``now``;
entries of the ledger are dated in base time, which is the same but on a training base.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.db import transaction

from greenhouse.clock import base_time
from greenhouse.ledger import chain
from greenhouse.ledger.chain import Kind

logger = logging.getLogger(__name__)


def signed_in(user: User, *, now: datetime) -> None:
    """Somebody signed in."""
    _record(Kind.SIGN_IN, "signed_in", user.pk, now)


def signed_out(user: User, *, now: datetime, everywhere: bool = False) -> None:
    """Somebody signed out, here or everywhere."""
    _record(Kind.SIGN_IN, "signed_out_everywhere" if everywhere else "signed_out", user.pk, now)


def password_changed(user: User, *, now: datetime) -> None:
    """Somebody has another password."""
    _record(Kind.SIGN_IN, "password_changed", user.pk, now)


def failed(username: str, *, address: str, wait: timedelta, now: datetime) -> None:
    """An attempt failed; with a wait, it was the one too many. The address goes to the log alone."""
    logger.warning("a sign-in from %s failed%s", address or "an unknown address", f"; wait {wait}" if wait else "")
    _record(Kind.SIGN_IN, "locked" if wait else "failed", _number_of(username), now, wait_s=round(wait.total_seconds()))


def refused(address: str) -> None:
    """An attempt came while none is taken. Only logged: otherwise who is held back could fill the ledger."""
    logger.warning("a sign-in from %s was not looked at: too many failures", address or "an unknown address")


def reopened(username: str | None, *, now: datetime) -> None:
    """The engineer ended the wait of an account; None: of all accounts and addresses."""
    _record(Kind.SIGN_IN, "reopened" if username else "all_reopened", _number_of(username or ""), now)


def role_given(user: User, role: str, *, now: datetime) -> None:
    """Somebody has another role, or none."""
    _record(Kind.RIGHTS, "role_given", user.pk, now, role=role)


def token_made(user: User, *, token: int, scopes: str, expires_at: datetime, now: datetime) -> None:
    """Somebody let a program act for them."""
    _record(Kind.RIGHTS, "token_made", user.pk, now, token=token, scopes=scopes, expires_at=expires_at.isoformat())


def token_revoked(user: User, *, token: int, by: int | None, now: datetime) -> None:
    """A token opens nothing any more; by None: its person was deactivated."""
    _record(Kind.RIGHTS, "token_revoked", user.pk, now, token=token, by=by)


def of_a_person(event: str, user: User, *, by: User, now: datetime, **facts: str) -> None:
    """Somebody did something to another person's login."""
    _record(Kind.RIGHTS, event, user.pk, now, by=by.pk, **facts)


def _number_of(username: str) -> int | None:
    """Number of the user; None for a name that nobody has. One query either way."""
    return User.objects.filter(username=username).values_list("pk", flat=True).first()


def _record(kind: Kind, event: str, user: int | None, now: datetime, **facts: int | str | None) -> None:
    with transaction.atomic():
        chain.append_or_report([(kind, {"event": event, "user": user, **facts})], now=base_time(now))
