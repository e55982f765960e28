"""Which backups are kept. Pure, but for `prune`."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from pathlib import Path

from scheduler.backup.making import backups_in

_REMOVED = ".removed-"


@dataclass(frozen=True, slots=True)
class Keep:
    """How many backups are kept: the last one of so many days, weeks (from Monday) and months that have one."""

    daily: int = 7
    weekly: int = 4
    monthly: int = 12


def kept(made: Iterable[datetime], keep: Keep, *, zone: tzinfo) -> set[datetime]:
    """Those of the backups that are kept; the newest one always is.

    Parameters
    ----------
    made : iterable of datetime
        When they were made; aware.
    keep : Keep
        How many.
    zone : tzinfo
        The base's: where its days begin.
    """
    newest_first = sorted(made, reverse=True)
    found = set(newest_first[:1])
    rules: list[tuple[Callable[[date], Hashable], int]] = [
        (lambda day: day, keep.daily),
        (lambda day: day.isocalendar()[:2], keep.weekly),
        (lambda day: (day.year, day.month), keep.monthly),
    ]
    for period_of, count in rules:
        last_of: dict[Hashable, datetime] = {}
        for moment in newest_first:
            last_of.setdefault(period_of(moment.astimezone(zone).date()), moment)
        found |= set(list(last_of.values())[:count])
    return found


def prune(folder: Path, keep: Keep, *, zone: tzinfo) -> list[Path]:
    """Delete the backups that are not kept. Returns which.

    Each is renamed first, so that one that is deleted halfway does not look like a backup.
    """
    for left_over in folder.glob(f"{_REMOVED}*"):
        shutil.rmtree(left_over)
    there = backups_in(folder)
    gone = [path for moment, path in there.items() if moment not in kept(there, keep, zone=zone)]
    for path in gone:
        shutil.rmtree(path.rename(path.with_name(f"{_REMOVED}{path.name}")))
    return gone
