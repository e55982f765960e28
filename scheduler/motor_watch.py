"""How long each motor has been running without a stop, by what its controller shows."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import numpy as np

from devices.samples import Sample
from greenhouse.clock import pace
from greenhouse.commands.interlocks import TRAVEL_MARGIN
from greenhouse.commands.seen import FRESH
from greenhouse.commands.situations import seen_of
from greenhouse.site.roles import BaseRoles
from greenhouse.site.structure import PointStructure
from greenhouse.telemetry import series

STANDS = 0.0
POLLS_PER_TRAVEL = 10
"""With fewer, a motor may stop and start again between two of them."""
POLLS_OF_DOUBT = 2
"""A motor may have stopped and started again unseen, so long before and after its travel."""


class _Run(NamedTuple):
    state: float
    began_at: datetime


class MotorWatch:
    """Runs of motors. A start is seen at its first sample; one from before this process is looked up in the store."""

    def __init__(self) -> None:
        self._runs: dict[str, _Run] = {}

    def ran_s(
        self,
        output: PointStructure,
        roles: BaseRoles,
        samples: Mapping[str, Sample],
        *,
        told_at: datetime | None,
        at: datetime,
    ) -> float | None:
        """How long the motor of an output has been running; None: it stands, or nobody knows. [s]

        Parameters
        ----------
        told_at : datetime or None
            When the last command of the output took. It counts as another start only where polls lie too far apart to
            show a stop between (a fast training base): nothing travels further than its whole way at one go.
        at : datetime
            Now, on the clock of the samples.
        """
        motor = None if output.motion is None else roles.points.get(output.motion.motor)
        state = None if motor is None else seen_of(motor, samples, at=at, usable_while=FRESH).usable
        if motor is None or output.motion is None or state is None:
            return None
        if state == STANDS:
            self._runs.pop(output.key, None)
            return None
        seen_at, run = samples[motor.key].observed_at, self._runs.get(output.key)
        if run is None:
            back = timedelta(seconds=2 * longest_run_s(output, motor.poll_s))
            run = _Run(state, _began(motor.key, state, seen_at, back))
        elif run.state != state:
            run = _Run(state, seen_at)
        is_blind = motor.poll_s * pace() > output.motion.travel_s / POLLS_PER_TRAVEL
        if is_blind and told_at is not None and told_at > run.began_at:
            run = _Run(state, told_at)
        self._runs[output.key] = run
        return max(0.0, (seen_at - run.began_at).total_seconds())


def longest_run_s(output: PointStructure, poll_s: float) -> float:
    """How long the motor of an output may run. [s]"""
    assert output.motion is not None
    return TRAVEL_MARGIN * output.motion.travel_s + POLLS_OF_DOUBT * poll_s * pace()


def _began(motor_key: str, state: float, seen_at: datetime, back: timedelta) -> datetime:
    """When a run began that this process did not see begin."""
    stored = series.samples(motor_key, seen_at - back, seen_at).samples
    other = np.flatnonzero(stored.values != state)
    first = int(other[-1]) + 1 if len(other) else 0
    if first >= len(stored):
        return seen_at
    return datetime.fromtimestamp(int(stored.ts_ms[first]) / 1000.0, tz=UTC)
