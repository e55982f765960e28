"""Outputs whose motor ran too long: locked when it is found, released by a person who has looked."""

from __future__ import annotations

from django.contrib.auth.models import AnonymousUser, User

from greenhouse import nudges
from greenhouse.access.roles import Action, may
from greenhouse.commands.checks import Code, Verdict
from greenhouse.commands.errors import error_for
from greenhouse.commands.models import OverTravel
from greenhouse.commands.recording import note, number, recorded
from greenhouse.deadlines import Moment
from greenhouse.fencing import UNFENCED, Fence
from greenhouse.ledger.chain import Kind
from greenhouse.nudges import Subject


def lock_on(point_key: str) -> OverTravel | None:
    """The lock of an output that nobody has released yet."""
    return OverTravel.objects.filter(point_key=point_key, released_at=None).first()


def locked() -> frozenset[str]:
    """Keys of all outputs that are locked."""
    return frozenset(OverTravel.objects.filter(released_at=None).values_list("point_key", flat=True))


def lock(
    point_key: str,
    *,
    ran_s: float,
    longest_run_s: float,
    position_pct: float | None,
    now: Moment,
    fence: Fence = UNFENCED,
) -> bool:
    """Lock an output; False if it is locked already."""
    with recorded(now, fence=fence):
        if lock_on(point_key) is not None:
            return False
        found = OverTravel.objects.create(
            point_key=point_key, at=now.wall, ran_s=ran_s, longest_run_s=longest_run_s, position_pct=position_pct
        )
        _note(found)
    return True


def release(point_key: str, *, by: User | AnonymousUser, now: Moment) -> OverTravel:
    """A person has looked at the motor: the output takes requests again.

    Raises
    ------
    NotAllowed, Conflict
        If this person may not, or the output is not locked.
    """
    if not isinstance(by, User) or not may(by, Action.SUBMIT_SETPOINT):
        raise error_for(Verdict(Code.NOT_ALLOWED))
    with recorded(now):
        found = lock_on(point_key)
        open_locks = OverTravel.objects.filter(point_key=point_key, released_at=None)
        if found is None or not open_locks.update(released_by=by, released_at=now.wall):
            raise error_for(Verdict(Code.NOT_LOCKED))
        found.refresh_from_db()
        _note(found)
    return found


def _note(found: OverTravel) -> None:
    nudges.send(Subject.CHANGES)
    note(
        Kind.OVER_TRAVEL,
        {
            "point": found.point_key,
            "ran_s": number(found.ran_s),
            "longest_run_s": number(found.longest_run_s),
            "released_by": found.released_by_id,
        },
    )
