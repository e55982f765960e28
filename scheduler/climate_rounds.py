"""Climate programs at work: what each compartment's program decides, stored, and asked for where it is not in force.

The rules are pure (`greenhouse.rules.evaluate`); here stand only their inputs, their memory and their requests.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from datetime import datetime

from greenhouse.deadlines import Moment
from greenhouse.fencing import Fence
from greenhouse.rules import asking, decided
from greenhouse.rules.decided import Decided
from greenhouse.rules.errors import ProgramDocumentError
from greenhouse.rules.evaluate.climate import evaluate
from greenhouse.rules.evaluate.decisions import Actuator
from greenhouse.rules.in_force import ProgramInForce
from greenhouse.rules.snapshots import ROLE_OF, local_day, snapshot_of
from greenhouse.site.current import NoBase, current_base
from greenhouse.site.point_index import index_of
from greenhouse.site.roles import base_roles
from greenhouse.telemetry import sample_time, series

logger = logging.getLogger(__name__)

ProgramsOf = Callable[[], Mapping[str, ProgramInForce | ProgramDocumentError]]
"""The programs of compartments by key; for one that cannot be read, why not."""

EVERY_S = 10.0
"""How often programs are evaluated, by the clock of the base; more often than once a second never. [s]"""


class ClimateRounds:
    """The programs of all compartments.

    Parameters
    ----------
    programs_of : callable
        What to run; asked at every round, so that an edit or a switch takes effect with the next.
    fence : Fence
        Of the control lease.
    """

    def __init__(self, programs_of: ProgramsOf, *, fence: Fence) -> None:
        self._programs_of, self._fence = programs_of, fence
        self._last: dict[tuple[str, Actuator], Decided] | None = None
        self._unreadable: set[tuple[str, str]] = set()

    def run(self, now: Moment, *, tick: int) -> None:
        """Evaluate every program that is switched on.

        Parameters
        ----------
        tick : int
            Number of the control tick.
        """
        try:
            base = current_base()
        except NoBase:
            return
        if self._last is None:
            self._last = decided.newest()
        at = sample_time.look(now.wall)
        roles = base_roles()
        samples = series.latest(roles.points.keys(), index=index_of(roles.points.values()))
        day = local_day(base, at)
        running = self._running()
        found: dict[tuple[str, Actuator], Decided] = {}
        for key, program in running.items():
            last = {actuator: one.decision for (of, actuator), one in self._last.items() if of == key}
            snapshot = snapshot_of(key, program.program, roles, samples, day=day, last=last, at=at)
            for decision in evaluate(snapshot, at):
                point = roles.of(key).points[ROLE_OF[decision.actuator]]
                found[key, decision.actuator] = Decided(key, point.key, decision, at, program.version)
        self._keep(found, tick=tick, now=now, at=at)
        asking.ask(list(found.values()), roles, samples, now=now, at=at, fence=self._fence)

    def _running(self) -> dict[str, ProgramInForce]:
        """The programs that are on. One that cannot be read stops no other compartment's."""
        programs = self._programs_of()
        unreadable = {(key, str(why)) for key, why in programs.items() if isinstance(why, ProgramDocumentError)}
        for told in sorted(unreadable - self._unreadable):
            logger.error("the climate program of %s cannot be read and moves nothing: %s", *told)
        self._unreadable = unreadable
        return {key: one for key, one in programs.items() if isinstance(one, ProgramInForce) and one.is_on}

    def _keep(self, found: dict[tuple[str, Actuator], Decided], *, tick: int, now: Moment, at: datetime) -> None:
        """Store what changed, and what is decided by nobody any more."""
        assert self._last is not None
        changed = [one for key, one in found.items() if one.is_other_than(self._last.get(key))]
        over = [one for key, one in self._last.items() if key not in found]
        decided.store(changed, over, tick=tick, now=now, at=at, fence=self._fence)
        self._last = found
