"""What people are wanted for: changes that wait for a second person, and manual holds, above all those about to end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.contrib.auth.models import AnonymousUser, User
from django.utils.translation import gettext as _

from greenhouse.access.roles import Action, may, name_of
from greenhouse.commands import approval, holds
from greenhouse.commands.models import CommandBatch, CommandRequest, ManualHold
from greenhouse.console.changes import changes
from greenhouse.console.changes.changes import Change
from greenhouse.console.values.payloads import Waiting
from greenhouse.console.values.words import duration_in_words
from greenhouse.deadlines import Moment
from greenhouse.site.structure import BaseStructure

SHOWN_ON_THE_OVERVIEW = 3


@dataclass(frozen=True, slots=True)
class Hold:
    """A manual hold with the words that a page needs.

    Attributes
    ----------
    change : Change
        The request that took the point into manual hold.
    ends_at : datetime
        By the clock on which it ends first.
    """

    hold: ManualHold
    change: Change
    ends_at: datetime
    remaining: str
    ends_soon: bool

    @property
    def extended_by(self) -> str:
        """Who last put its end off; empty: nobody."""
        return "" if self.hold.extended_by is None else name_of(self.hold.extended_by)

    @property
    def back(self) -> str:
        """The value that it returns to."""
        return self.change.written(self.hold.return_value)


@dataclass(frozen=True, slots=True)
class Approval:
    """A change that waits for a second person.

    Attributes
    ----------
    refusal : str
        Why this reader is not the second person, in their language; empty if they are.
    """

    change: Change
    refusal: str


@dataclass(frozen=True, slots=True)
class ApprovalGroup:
    """Changes that are decided together: those of one batch, or a single one (``batch`` None)."""

    batch: CommandBatch | None
    approvals: list[Approval]

    @property
    def first(self) -> Approval:
        """One for all: they were asked for together, and by one person."""
        return self.approvals[0]


def count_waiting(now: Moment) -> Waiting:
    """How much waits for people, for the strip."""
    held = list(holds.active(now))
    waits = CommandRequest.objects.filter(ended_at=None)
    approvals = waits.filter(state="awaiting_approval").count()
    return Waiting(
        pending=waits.count() - approvals,
        approvals=approvals,
        manual=len(held),
        ending=sum(holds.ends_soon(hold, now) for hold in held),
    )


def shown_holds(base: BaseStructure, now: Moment) -> list[Hold]:
    """Every manual hold, the one that ends first in front."""
    held = list(holds.active(now))
    return [_shown(hold, change, now) for hold, change in zip(held, _changes(base, held), strict=True)]


def hold_of(base: BaseStructure, point_key: str, now: Moment) -> Hold | None:
    """The manual hold of a point, or None."""
    found = holds.hold_on(point_key, now)
    return None if found is None else _shown(found, _changes(base, [found])[0], now)


def approvals(base: BaseStructure, user: User | AnonymousUser, now: Moment) -> list[Approval]:
    """Every change that waits for a second person, and whether the reader may be that one."""
    return [
        Approval(change, _refusal(change.request, user)) for change in changes.of_requests(base, approval.waiting(now))
    ]


def grouped(waiting: Sequence[Approval]) -> list[ApprovalGroup]:
    """The same by batch, in the order in which they were asked for."""
    groups: dict[UUID, ApprovalGroup] = {}
    for found in waiting:
        request = found.change.request
        group = groups.setdefault(request.batch_id or request.pk, ApprovalGroup(request.batch, []))
        group.approvals.append(found)
    return list(groups.values())


def duties(base: BaseStructure, user: User | AnonymousUser, now: Moment) -> dict[str, object]:
    """The first of everything that people are wanted for, for a template."""
    waiting = approvals(base, user, now)
    ending = [hold for hold in shown_holds(base, now) if hold.ends_soon]
    more = sum(max(0, len(found) - SHOWN_ON_THE_OVERVIEW) for found in (waiting, ending))
    return {"approvals": waiting[:SHOWN_ON_THE_OVERVIEW], "ending": ending[:SHOWN_ON_THE_OVERVIEW], "more": more}


def up_to_the_minute(duration: timedelta) -> timedelta:
    """A length of time rounded up to the minute: what is left of a minute is a minute. Nothing, if it is over."""
    minute = timedelta(minutes=1)
    return max(timedelta(0), -(-duration // minute) * minute)


def _shown(hold: ManualHold, change: Change, now: Moment) -> Hold:
    left = holds.remaining(hold, now)
    return Hold(hold, change, now.wall + left, duration_in_words(up_to_the_minute(left)), holds.ends_soon(hold, now))


def _changes(base: BaseStructure, held: Sequence[ManualHold]) -> list[Change]:
    return changes.of_requests(base, [hold.request for hold in held])


def _refusal(request: CommandRequest, user: User | AnonymousUser) -> str:
    if not may(user, Action.APPROVE):
        return _("A supervisor or an engineer decides.")
    return _("You asked for this yourself; somebody else decides.") if request.requested_by_id == user.pk else ""
