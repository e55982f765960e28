"""What was asked for and what became of it: steps are appended here, and read by pages."""

from __future__ import annotations

from datetime import datetime

from django.contrib.auth.models import User
from django.db.models import QuerySet

from greenhouse import nudges
from greenhouse.access.roles import role_name
from greenhouse.commands.checks import Code, Verdict
from greenhouse.commands.lifecycle import OPEN, State
from greenhouse.commands.models import CommandEvent, CommandRequest
from greenhouse.nudges import Subject

NO_VERDICT = Verdict(Code.NONE)


def append_event(
    request: CommandRequest,
    state: State,
    *,
    at: datetime,
    actor: str,
    verdict: Verdict = NO_VERDICT,
    readback_value: float | None = None,
) -> None:
    """Add a step to a request's history. Called in the transaction that changes its state."""
    nudges.send(Subject.CHANGES)
    if state is State.REQUESTED:
        nudges.send(Subject.REQUESTS)
    CommandEvent.objects.create(
        request=request,
        at=at,
        state=state,
        actor=actor,
        verdict=verdict.code,
        facts=dict(verdict.facts),
        readback_value=readback_value,
    )


def name_of(user: User) -> str:
    """Name of a person as others see it; a login called as a role has that role's name in the reader's language."""
    return user.get_full_name() or role_name(user.get_username())


def verdict_of(step: CommandRequest | CommandEvent) -> Verdict:
    """Why a request is where it is, for `greenhouse.commands.messages.sentence`."""
    return Verdict(Code(step.verdict), step.facts)


def last_requests(point_key: str, count: int = 5) -> list[CommandRequest]:
    """The newest requests of a point, newest first, each with its steps in order (``events``)."""
    return list(_with_steps().filter(point_key=point_key).order_by("-created_at")[:count])


def newest_requests(count: int) -> list[CommandRequest]:
    """The newest requests of all points, newest first, each with its steps."""
    return list(_with_steps().order_by("-created_at")[:count])


def open_requests() -> list[CommandRequest]:
    """Every request that may still do something, oldest first, each with its steps."""
    return list(_with_steps().filter(state__in=OPEN).order_by("created_at"))


def changed_since(moment: datetime) -> list[CommandRequest]:
    """Requests that reached a new state at or after a moment, in that order, each with its steps.

    A reader that looks again and again passes a moment well before its last look, and drops what it has seen already
    (``id`` and ``state``): a step is committed later than it is dated.
    """
    return list(_with_steps().filter(state_at__gte=moment).order_by("state_at"))


def _with_steps() -> QuerySet[CommandRequest]:
    return CommandRequest.objects.select_related("requested_by").prefetch_related("events")
