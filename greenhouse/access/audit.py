"""What is recorded of signing in and out: the number of the user, never a name, an address or anything typed."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.contrib.auth.models import User

logger = logging.getLogger(__name__)


def signed_in(user: User, *, now: datetime) -> None:
    """Somebody signed in."""
    _record("signed_in", user.pk, now)


def signed_out(user: User, *, now: datetime, everywhere: bool = False) -> None:
    """Somebody signed out, on one device or on all."""
    _record("signed_out_everywhere" if everywhere else "signed_out", user.pk, now)


def password_changed(user: User, *, now: datetime) -> None:
    """Somebody has another password."""
    _record("password_changed", user.pk, now)


def role_given(user: User, role: str, *, now: datetime) -> None:
    """Somebody has another role."""
    _record("role_given", user.pk, now, role=role)


def failed(username: str, *, address: str, wait: timedelta, now: datetime) -> None:
    """An attempt failed; with a wait, it was the one too many."""
    logger.warning("a sign-in from %s failed%s", address or "an unknown address", f"; wait {wait}" if wait else "")
    # Looked up for every name alike, and after the password: the time it takes says nothing.
    user = User.objects.filter(username=username).values_list("pk", flat=True).first()
    _record("locked" if wait else "failed", user, now, wait_s=int(wait.total_seconds()))


def refused(address: str) -> None:
    """An attempt came while none is taken. Only logged: otherwise who is locked out could fill the ledger."""
    logger.warning("a sign-in from %s was not looked at: too many failures", address or "an unknown address")


def _record(event: str, user: int | None, now: datetime, **facts: int | str) -> None:
    logger.info("%s: user %s %s at %s", event, user, facts, now)
