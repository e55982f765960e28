"""Deadlines as columns. Each takes three: the wall time carries the name, ``_boot_id`` and ``_boot_s`` the other clock.

A request that is asked for and answered by queries needs the rule of `greenhouse.deadlines` twice: there as a function,
here as a condition. Both say: the clock on which it is over first counts.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import Model, Q

from greenhouse.deadlines import Deadline, Moment


def columns(name: str, deadline: Deadline | None) -> dict[str, datetime | str | float | None]:
    """The three columns of a deadline."""
    if deadline is None:
        return {name: None, f"{name}_boot_id": "", f"{name}_boot_s": None}
    return {name: deadline.wall, f"{name}_boot_id": deadline.boot_id, f"{name}_boot_s": deadline.boot_s}


def ahead(name: str, now: Moment) -> Q:
    """Rows whose deadline has not passed on either clock."""
    return Q(**{f"{name}__gt": now.wall}) & ~_over_otherwise(name, now)


def over(name: str, now: Moment) -> Q:
    """Rows whose deadline has passed on one of the clocks."""
    return Q(**{f"{name}__lte": now.wall}) | _over_otherwise(name, now)


def _over_otherwise(name: str, now: Moment) -> Q:
    """Passed although the wall clock reads less: by the boot clock; for another boot by the time that was reached."""
    of_this_boot = Q(**{f"{name}_boot_id": now.boot_id})
    passed = of_this_boot & Q(**{f"{name}_boot_s__lte": now.boot_s})
    if now.reached is None:
        return passed
    return passed | ~of_this_boot & Q(**{f"{name}__lte": now.wall_of_others})


def stored(row: Model, name: str) -> Deadline | None:
    """The deadline of a row; None if it has none."""
    wall: Any = getattr(row, name)
    if wall is None:
        return None
    boot_s = getattr(row, f"{name}_boot_s")
    return Deadline(wall, getattr(row, f"{name}_boot_id"), 0.0 if boot_s is None else boot_s)
