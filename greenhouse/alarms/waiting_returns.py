"""Manual holds that are over and whose value does not return, because the controller is not read back: one alarm each.

It goes on when the return has waited for the alarm's on-delay. It is over when the return has found its way, when a
person or somebody on site has put another value in force, or when a read-back shows that the held value is gone.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta

from django.db.models import Q

from greenhouse.alarms.binding import Binding
from greenhouse.alarms.conditions import Change
from greenhouse.alarms.evaluation import Transition
from greenhouse.commands import returns
from greenhouse.commands.models import HoldEnd, HoldState, ManualHold


class WaitingReturns:
    """Follows the manual holds of the base.

    Parameters
    ----------
    bindings : iterable of Binding
        Of kind ``RETURN_WAITING``.
    active : collection of str
        Keys of the points whose alarm is on.
    """

    def __init__(self, bindings: Iterable[Binding], *, active: Collection[str]) -> None:
        self._bindings = {binding.object_key: binding for binding in bindings}
        self._active = set(active)

    def look(self, now: datetime) -> list[Transition]:
        """What went on or off since the last look. ``now`` is on the clock of the samples."""
        waiting = Q(state=HoldState.ACTIVE, return_waits_since__isnull=False)
        given_up = Q(state=HoldState.ENDED, end=HoldEnd.NOT_READ_BACK, point_key__in=self._active)
        found = ManualHold.objects.filter(waiting | given_up).select_related("request").order_by("ends_at")
        by_point = {hold.point_key: hold for hold in found}  # of several, the one that ends last
        over = [
            point
            for point in self._active
            if (hold := by_point.get(point)) is None
            or (hold.state == HoldState.ENDED and not returns.may_still_stand(hold, at=now))
        ]
        # Nothing below asks the store: what is remembered and what is handed over stay together.
        transitions = [Transition(self._bindings[point], Change.CLEARED, now.timestamp()) for point in over]
        self._active.difference_update(over)
        for point, hold in by_point.items():
            binding = self._bindings.get(point)
            if binding is not None and point not in self._active and self._is_due(binding, hold, now):
                transitions.append(_raised(binding, hold, now))
                self._active.add(point)
        return transitions

    def _is_due(self, binding: Binding, hold: ManualHold, now: datetime) -> bool:
        if hold.state != HoldState.ACTIVE or hold.return_waits_since is None:
            return False
        return now - hold.return_waits_since >= timedelta(seconds=binding.definition.on_delay_s)


def _raised(binding: Binding, hold: ManualHold, now: datetime) -> Transition:
    return Transition(
        binding,
        Change.RAISED,
        now.timestamp(),
        value=hold.request.value,
        reference=hold.return_value,
        facts={"hold": str(hold.pk)},
    )
