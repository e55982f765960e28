"""The stored base clock: made with its base, begun at each start, bent by a person, kept against a sudden end."""

from __future__ import annotations

from datetime import datetime
from uuid import uuid4

from django.contrib.auth.models import AnonymousUser, User
from django.db import transaction
from django.utils.translation import gettext as _

from greenhouse.access.errors import NotAllowed
from greenhouse.access.roles import Action, may
from greenhouse.base_clock import LEAST_PACE, BaseClock, ChangeUnderWay
from greenhouse.clock import boot_id, boot_s
from greenhouse.ledger import chain
from greenhouse.training.errors import ClockStands, NoTrainingBase
from greenhouse.training.models import StoredBaseClock

KEEP_EVERY_S = 2.0
_KEPT_AHEAD_S = 3 * KEEP_EVERY_S


def running() -> BaseClock:
    """The base clock, begun on this run of the machine.

    Raises
    ------
    NoTrainingBase
        If the database has none.
    ClockStands
        If it was begun on another run of the machine, or on another machine.
    """
    row = _row()
    if row.boot_id != boot_id():
        raise ClockStands(_("The base clock stands still since this computer was started. Start the base: make train"))
    return _clock(row)


def begin(*, machine_now: datetime, newest_stored: datetime | None) -> BaseClock:
    """Let the base clock go on where it had come to; the first time, make it.

    Called by the start of the whole base alone, while no process of it runs: for them time would go back.

    Parameters
    ----------
    machine_now : datetime
        Wall clock of the machine: where a new training base begins.
    newest_stored : datetime or None
        Newest time of any sample. After a sudden end it may be later than what was kept.
    """
    row = StoredBaseClock.objects.first()
    if row is None:
        new = BaseClock(uuid4().hex, machine_now, boot_id(), boot_s(), LEAST_PACE, LEAST_PACE)
        return _save(new, reached=machine_now)
    reached = row.reached if newest_stored is None else max(row.reached, newest_stored)
    return _save(_clock(row).begun_again(reached, boot_id=boot_id(), boot_s=boot_s()), reached=reached)


def set_pace(pace: float, *, by: User | AnonymousUser | None) -> BaseClock:
    """Let base time go at another pace, from a moment on that every process knows in time.

    Parameters
    ----------
    pace : float
        Base seconds per second of the machine.
    by : User or None
        Who; needs the right to configure the base. None: whoever has the command line.

    Raises
    ------
    NoTrainingBase, ClockStands
        A live base has no pace; a training base has to run.
    NotAllowed
        Only an engineer does that.
    PaceRefused, ChangeUnderWay
        See `greenhouse.base_clock`.
    """
    if by is not None and not may(by, Action.CONFIGURE):
        raise NotAllowed
    before = running()
    after = before.with_pace(pace, boot_s=boot_s())
    with transaction.atomic():
        changed = StoredBaseClock.objects.filter(version=before.version).update(**_columns(after))
        if not changed:
            raise ChangeUnderWay
        payload: chain.Payload = {
            "event": "pace_set",
            "before": before.pace,
            "pace": after.pace,
            "by": None if by is None else by.pk,
        }
        chain.append(chain.Kind.CLOCK, payload, now=before.at(boot_s()))
    return after


def keep(*, is_last: bool) -> None:
    """Keep how far base time has come: exactly at the end, and before that a time that no process can have passed."""
    clock = running()
    reached = clock.at(boot_s() + (0.0 if is_last else _KEPT_AHEAD_S))
    StoredBaseClock.objects.filter(version=clock.version).update(reached=reached)


def _row() -> StoredBaseClock:
    row = StoredBaseClock.objects.first()
    if row is None:
        raise NoTrainingBase(
            _("This is no training base. A live base goes at the pace of the clock, and nobody can speed it up.")
        )
    return row


def _clock(row: StoredBaseClock) -> BaseClock:
    return BaseClock(
        key=row.key,
        bend_at=row.bend_at,
        boot_id=row.boot_id,
        bend_boot_s=row.bend_boot_s,
        pace_before=row.pace_before,
        pace=row.pace,
        fastest=row.fastest,
        version=row.version,
    )


def _columns(clock: BaseClock) -> dict[str, object]:
    return {
        "key": clock.key,
        "bend_at": clock.bend_at,
        "boot_id": clock.boot_id,
        "bend_boot_s": clock.bend_boot_s,
        "pace_before": clock.pace_before,
        "pace": clock.pace,
        "fastest": clock.fastest,
        "version": clock.version,
    }


def _save(clock: BaseClock, *, reached: datetime) -> BaseClock:
    StoredBaseClock.objects.update_or_create(pk=StoredBaseClock.ONLY, defaults={**_columns(clock), "reached": reached})
    return clock
