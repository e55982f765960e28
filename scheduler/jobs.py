"""The table of calendar jobs: what runs when, and what happens to a run that is late.

The loops that control (looking for requests, storing readings) are not here: they follow the monotonic clock in
``runtime``, because APScheduler follows the wall clock and would stand still for an hour when it is set back by one.

A run that nobody did is an accident for control, so every job states its policy here. Each becomes a schedule in the
store (`greenhouse.schedules`), each of its due times a row; `scheduler.calendar` runs them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import time
from zoneinfo import ZoneInfo

from django.utils.translation import gettext_noop as _

from greenhouse.schedules.due_times import Daily, Every, When
from greenhouse.schedules.policy import Beyond, Policy
from greenhouse.schedules.runs import Declared


@dataclass(frozen=True, slots=True, kw_only=True)
class JobPolicy:
    """When a job runs and what a late run means. Either ``every_s`` or ``daily_at`` is given.

    Attributes
    ----------
    title : str
        Its name on pages: an English message id.
    every_s : float, optional
        Interval. [s]
    daily_at : time, optional
        Time of day of the base.
    misfire_grace_s : float or None
        So late a run is still of use. None: it always runs, however late. [s]
    coalesce : bool
        Several overdue runs become one.
    beyond : Beyond
        What becomes of a run that is later than its grace: skipped, or a person is asked.
    needs_fresh_inputs : bool
        It waits until the samples it decides by are live.
    needs_clock : bool
        It does not run while the wall clock is not believed.
    why : str
        The reason of the policy: an English message id.
    """

    title: str
    every_s: float | None = None
    daily_at: time | None = None
    misfire_grace_s: float | None
    coalesce: bool
    beyond: Beyond = Beyond.SKIP
    needs_fresh_inputs: bool = False
    needs_clock: bool = True
    why: str

    def __post_init__(self) -> None:
        if (self.every_s is None) == (self.daily_at is None):
            raise ValueError(f"{self.title}: due at an interval or at a time of day, one of them")

    def declared(self, key: str, zone: ZoneInfo) -> Declared:
        """The schedule of this job, on a base in that time zone."""
        policy = Policy(
            grace_s=self.misfire_grace_s,
            beyond=self.beyond,
            coalesce=self.coalesce,
            needs_fresh_inputs=self.needs_fresh_inputs,
            needs_clock=self.needs_clock,
        )
        return Declared(key=key, when=self._when(zone), policy=policy, title=self.title, why=self.why)

    def _when(self, zone: ZoneInfo) -> When:
        if self.daily_at is not None:
            return Daily(self.daily_at, zone)
        assert self.every_s is not None
        return Every(self.every_s)


CLEAR_SESSIONS = JobPolicy(
    title=_("Clear ended sessions"),
    every_s=3600.0,
    misfire_grace_s=None,
    coalesce=True,
    why=_("Ended sessions can wait, but must go some time."),
)
CLEAR_DIAGNOSTICS = JobPolicy(
    title=_("Clear old diagnostic reads"),
    every_s=3600.0,
    misfire_grace_s=None,
    coalesce=True,
    why=_("Old diagnostic reads can wait, but must go some time."),
)
CLEAR_DUE_RUNS = JobPolicy(
    title=_("Clear old runs of schedules"),
    every_s=86_400.0,
    misfire_grace_s=None,
    coalesce=True,
    why=_("Old runs can wait, but must go some time."),
)
CHECKPOINT = JobPolicy(
    title=_("Shorten the write-ahead log"),
    every_s=300.0,
    misfire_grace_s=60,
    coalesce=True,
    needs_clock=False,
    why=_("Keeps the write-ahead log short; a missed run is repeated by the next."),
)
BACKUP = JobPolicy(
    title=_("Make the daily backup"),
    every_s=600.0,
    misfire_grace_s=None,
    coalesce=True,
    why=_(
        "Each run looks whether today's backup is due and missing: one that was missed while the machine was off, or "
        "that found no room, is made at the next look, and a restart at noon makes no second one."
    ),
)
LEDGER_HEAD = JobPolicy(
    title=_("Write down the head of the ledger"),
    every_s=600.0,
    misfire_grace_s=None,
    coalesce=True,
    why=_("Each run writes today's head of the ledger unless it is written: never none a day, never two."),
)
