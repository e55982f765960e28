"""Outputs that are locked because their motor ran too long: one alarm each, until a person has released it."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime

from greenhouse.alarms.binding import Binding
from greenhouse.alarms.conditions import Change
from greenhouse.alarms.evaluation import Transition
from greenhouse.commands.models import OverTravel


class LockedOutputs:
    """Follows the locks of the base.

    Parameters
    ----------
    bindings : iterable of Binding
        Of kind ``OUTPUT_LOCKED``.
    active : collection of str
        Keys of the points whose alarm is on.
    """

    def __init__(self, bindings: Iterable[Binding], *, active: Collection[str]) -> None:
        self._bindings = {binding.object_key: binding for binding in bindings}
        self._active = set(active)

    def look(self, now: datetime) -> list[Transition]:
        """What went on or off since the last look. ``now`` is on the clock of the samples."""
        locks = {lock.point_key: lock for lock in OverTravel.objects.filter(released_at=None)}
        over = [point for point in self._active if point not in locks]
        new = [point for point in locks if point in self._bindings and point not in self._active]
        self._active = self._active.difference(over).union(new)
        cleared = [Transition(self._bindings[point], Change.CLEARED, now.timestamp()) for point in over]
        return cleared + [
            Transition(
                self._bindings[point],
                Change.RAISED,
                now.timestamp(),
                value=locks[point].position_pct,
                facts={"ran_s": locks[point].ran_s, "longest_run_s": locks[point].longest_run_s},
            )
            for point in new
        ]
