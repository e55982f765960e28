"""How many calls of an interface somebody may make in a minute, however many processes serve them.

The count stands in the database. So that not every call is a write, a process takes a minute's calls out of it in
blocks and counts these down in memory: all processes together never give out more than the limit, and one that ends
with a part of a block unused gives out a little less. While the database takes no writes, each process counts alone.
"""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from dataclasses import dataclass
from datetime import timedelta

import django.db
from django.db import transaction
from django.utils.crypto import salted_hmac

from greenhouse.access.models import CallAllowance
from greenhouse.access.throttle import network_of
from greenhouse.deadlines import Deadline, Moment, deadline_after

logger = logging.getLogger(__name__)

WINDOW = timedelta(minutes=1)
BLOCKS = 20
"""A minute's calls are taken from the database in so many parts, at most."""
_KEYS_KEPT = 10_000
_FORGOTTEN_AFTER = timedelta(days=1)
_FORGOTTEN_AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class Rate:
    """Who calls, as a digest, and how many calls a minute they have."""

    key: str
    calls: int


def rate_of_token(token_id: int, calls: int) -> Rate:
    """Of a token."""
    return Rate(_digest("token", str(token_id)), calls)


def rate_of_person(user_id: int, calls: int) -> Rate:
    """Of a person who is signed in."""
    return Rate(_digest("person", str(user_id)), calls)


def rate_of_address(address: str, calls: int) -> Rate:
    """Of a client that has not said who it is."""
    return Rate(_digest("address", network_of(address)), calls)


@dataclass(slots=True)
class _Kept:
    """What this process may still give out under a key, and until when; whether the database has no more either."""

    left: int
    until: Deadline
    is_all: bool


class Allowances:
    """Calls that this process may give out. Any thread may ask."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, _Kept] = OrderedDict()
        self._lock = threading.Lock()
        self._is_alone = False

    def take(self, rate: Rate, *, now: Moment) -> timedelta:
        """Count a call. Returns the time to wait; zero if it may be served.

        A call that has to wait is not counted, and asks no database.
        """
        if (wait := self._take_kept(rate, now)) is not None:
            return wait
        given, until = self._given(rate, now)
        with self._lock:
            kept = self._kept.get(rate.key)
            if kept is None or kept.until.has_passed(now):
                kept = self._kept[rate.key] = _Kept(0, until, is_all=False)
            # Added to what is left: another thread may have taken a block at the same moment.
            kept.left += given
            kept.is_all = given == 0
            is_served = kept.left > 0
            kept.left -= is_served
            self._kept.move_to_end(rate.key)
            while len(self._kept) > _KEYS_KEPT:
                self._kept.popitem(last=False)
        return timedelta(0) if is_served else _at_least_a_second(until.remaining(now))

    def forget(self) -> None:
        """Know nothing any more of what was taken."""
        with self._lock:
            self._kept.clear()

    def _take_kept(self, rate: Rate, now: Moment) -> timedelta | None:
        """As `take`, from what this process has. None: it has to ask."""
        with self._lock:
            kept = self._kept.get(rate.key)
            if kept is None or kept.until.has_passed(now):
                return None
            if kept.left > 0:
                kept.left -= 1
                return timedelta(0)
            return _at_least_a_second(kept.until.remaining(now)) if kept.is_all else None

    def _given(self, rate: Rate, now: Moment) -> tuple[int, Deadline]:
        try:
            given = _reserve(rate, now)
        except django.db.OperationalError as error:
            if not self._is_alone:
                logger.warning("calls are counted by each process alone, the database takes no count: %s", error)
            self._is_alone = True
            return _block(rate), deadline_after(now, WINDOW)
        self._is_alone = False
        return given


@transaction.atomic
def _reserve(rate: Rate, now: Moment) -> tuple[int, Deadline]:
    """Take a block of calls; 0: there are none left. With the end of the running minute."""
    row = CallAllowance.objects.select_for_update().filter(key=rate.key).first()
    if row is None:
        _forget(now)
        CallAllowance.objects.bulk_create([_fresh(rate, now)], ignore_conflicts=True)
        row = CallAllowance.objects.select_for_update().get(key=rate.key)
    if row.deadline.has_passed(now):
        row.given = 0
        row.end_at(deadline_after(now, WINDOW))
    given = max(0, min(_block(rate), rate.calls - row.given))
    if given:
        row.given += given
        row.save()
    return given, row.deadline


def _block(rate: Rate) -> int:
    return max(1, rate.calls // BLOCKS)


def _fresh(rate: Rate, now: Moment) -> CallAllowance:
    row = CallAllowance(key=rate.key, given=0)
    row.end_at(deadline_after(now, WINDOW))
    return row


def _forget(now: Moment) -> None:
    old = CallAllowance.objects.filter(ends_at__lt=now.wall - _FORGOTTEN_AFTER).values_list("key", flat=True)
    CallAllowance.objects.filter(key__in=list(old[:_FORGOTTEN_AT_ONCE])).delete()


def _at_least_a_second(wait: timedelta) -> timedelta:
    return max(wait, timedelta(seconds=1))


def _digest(kind: str, text: str) -> str:
    return salted_hmac(f"greenhouse.access.rates.{kind}", text, algorithm="sha256").hexdigest()


allowances = Allowances()
