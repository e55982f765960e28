"""Who may change a program, and why they say they do: the same for climate and irrigation."""

from __future__ import annotations

from django.contrib.auth.models import AnonymousUser, User

from greenhouse.access.errors import NotAllowed
from greenhouse.access.roles import Action, may
from greenhouse.rules.errors import ReasonNeeded
from greenhouse.rules.models import LONGEST_REASON


def author_of(by: User | AnonymousUser) -> User:
    """The person, who may edit programs.

    Raises
    ------
    NotAllowed
        If they may not.
    """
    if not isinstance(by, User) or not may(by, Action.EDIT_PROGRAM):
        raise NotAllowed
    return by


def reason_of(text: str, *, is_needed: bool) -> str:
    """A reason as it is stored.

    Raises
    ------
    ReasonNeeded
        If it is too long, or missing where it is needed.
    """
    reason = text.replace("\0", "").strip()  # no keyboard has it, PostgreSQL refuses it
    if len(reason) > LONGEST_REASON or (is_needed and not reason):
        raise ReasonNeeded
    return reason
