"""Long lists in pages: each ends with a cursor, which begins the next one. What is added meanwhile shifts nothing."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import TypeVar
from uuid import UUID

from django.utils.translation import gettext as _

from greenhouse.api.problems import Problem, ProblemKind

LONGEST_CURSOR = 400
MOST_ITEMS = 500
USUAL_ITEMS = 100

Item = TypeVar("Item")


def encode(*parts: str) -> str:
    """The cursor after an item, from what orders the list."""
    return base64.urlsafe_b64encode(json.dumps(parts, separators=(",", ":")).encode()).decode().rstrip("=")


def decode(cursor: str, length: int) -> tuple[str, ...]:
    """The parts of a cursor.

    Raises
    ------
    Problem
        If it is none of ours.
    """
    try:
        parts = json.loads(base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True))
    except (binascii.Error, ValueError, RecursionError) as error:
        raise bad_cursor() from error
    if not (isinstance(parts, list) and len(parts) == length and all(isinstance(part, str) for part in parts)):
        raise bad_cursor()
    return tuple(parts)


def moment_and_id(cursor: str) -> tuple[datetime, UUID] | None:
    """The time and id after which a list of things that happened goes on; None: from its beginning.

    Raises
    ------
    Problem
        If the cursor is none of ours.
    """
    if not cursor:
        return None
    at, key = decode(cursor, 2)
    try:
        moment = datetime.fromisoformat(at)
        found = moment.astimezone(UTC), UUID(key)
    except (ValueError, OverflowError) as error:
        raise bad_cursor() from error
    if moment.tzinfo is None:
        raise bad_cursor()
    return found


def bad_cursor() -> Problem:
    """The cursor is none of ours."""
    return Problem(
        ProblemKind.BAD_CURSOR, _("Send “next” of the page before as it is, or leave it out and begin anew.")
    )


def split(items: Sequence[Item], limit: int, cursor_of: Callable[[Item], str]) -> tuple[Sequence[Item], str | None]:
    """A page, and the cursor of the next one; None: there is none. ``items`` holds one more than the page, if any."""
    if len(items) <= limit:
        return items, None
    page = items[:limit]
    return page, cursor_of(page[-1])
