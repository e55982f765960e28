"""The interlocks that act by themselves: weather shuts vents and takes nets back, a motor that runs long is stopped.

Each demand is a stored request of its own, which passes a manual hold. It is asked for once; for as long as its cause
lasts and the request has not brought what it should it is asked for again, after pauses that grow.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from devices.profiles.schema import Role
from greenhouse.commands import over_travel
from greenhouse.commands.checks import Code
from greenhouse.commands.errors import RequestError
from greenhouse.commands.interlocks import OFF_PCT, Cause, Forced, Watched, forced
from greenhouse.commands.models import InForce
from greenhouse.commands.recording import recorded
from greenhouse.commands.seen import Seen
from greenhouse.commands.situations import Samples, position_seen, seen_of, weather_seen
from greenhouse.commands.sources import Automatic, Source
from greenhouse.commands.submit import submit_setpoint
from greenhouse.commands.weather_limits import WeatherLimits
from greenhouse.deadlines import Moment
from greenhouse.fencing import Fence
from greenhouse.site.point_index import index_of
from greenhouse.site.roles import BaseRoles, base_roles
from greenhouse.site.structure import PointStructure
from greenhouse.telemetry import sample_time, series
from scheduler.motor_watch import MotorWatch, longest_run_s

logger = logging.getLogger(__name__)

PAUSES_S = (20.0, 60.0, 300.0, 900.0)
"""Before a demand is asked for again that has not brought what it should; the last one from then on. [s]"""
UNKNOWN_FOR_S = 60.0
"""So long a demand because of unknown weather has to stand: one bad reading pulls no net back. A sensor that is silent
counts as unknown after minutes anyway. [s]"""


@dataclass(frozen=True, slots=True)
class _Raised:
    demand: Forced
    times: int
    again_at_s: float


@dataclass(frozen=True, slots=True)
class _Look:
    """What one look goes by; ``at``: now, on the clock of the samples."""

    roles: BaseRoles
    samples: Samples
    now: Moment
    at: datetime
    monotonic_s: float

    def position_of(self, point: PointStructure) -> Seen:
        return position_seen(point, self.roles, self.samples, at=self.at)


class InterlockRounds:
    """One look at everything that moves, once a second.

    Parameters
    ----------
    fence : Fence
        Of the control lease.
    """

    def __init__(self, *, fence: Fence) -> None:
        self._fence = fence
        self._motors = MotorWatch()
        self._raised: dict[str, _Raised] = {}
        self._spared_until_s: dict[str, float] = {}
        self._unknown_since_s: float | None = None

    def run(self, now: Moment, *, monotonic_s: float) -> None:
        """Ask for what has to be moved now."""
        roles = base_roles()
        outputs = {point.key: point for point in roles.moving()}
        if not outputs:
            return
        samples = series.latest(roles.points.keys(), index=index_of(roles.points.values()))
        look = _Look(roles, samples, now, sample_time.look(now.wall), monotonic_s)
        watched = self._watched(outputs, look)
        wind = weather_seen(Role.WIND_SPEED, roles, samples, at=look.at)
        rain = weather_seen(Role.RAIN, roles, samples, at=look.at)
        found = list(forced(watched.values(), wind, rain, WeatherLimits()))
        demands = {demand.point: demand for demand in self._lasting(found, monotonic_s)}
        self._raised = {key: raised for key, raised in self._raised.items() if key in demands}
        for key, demand in demands.items():
            if demand.cause is Cause.OVER_TRAVEL:
                self._lock(watched[key], look.position_of(outputs[key]).usable, now)
            self._raise(outputs[key], demand, look)

    def _lasting(self, found: Sequence[Forced], monotonic_s: float) -> Iterator[Forced]:
        """Without what nobody has missed for long yet."""
        if all(demand.cause is not Cause.WEATHER_UNKNOWN for demand in found):
            self._unknown_since_s = None
        elif self._unknown_since_s is None:
            self._unknown_since_s = monotonic_s
        since_s = self._unknown_since_s
        is_over = since_s is not None and monotonic_s - since_s >= UNKNOWN_FOR_S
        return (demand for demand in found if is_over or demand.cause is not Cause.WEATHER_UNKNOWN)

    def _watched(self, outputs: Mapping[str, PointStructure], look: _Look) -> dict[str, Watched]:
        told_at = dict(InForce.objects.filter(point_key__in=outputs).values_list("point_key", "at"))
        return {
            point.key: Watched(
                point=point.key,
                kind=point.output_kind,
                role=point.role,
                asked_pct=_asked_pct(point, look),
                ran_s=self._motors.ran_s(point, look.roles, look.samples, told_at=told_at.get(point.key), at=look.at),
                longest_run_s=longest_run_s(point, _motor_poll_s(point, look.roles)),
            )
            for point in outputs.values()
            if point.output_kind is not None
        }

    def _lock(self, watched: Watched, position_pct: float | None, now: Moment) -> None:
        assert watched.ran_s is not None
        if over_travel.lock(
            watched.point,
            ran_s=watched.ran_s,
            longest_run_s=watched.longest_run_s,
            position_pct=position_pct,
            now=now,
            fence=self._fence,
        ):
            logger.error("%s: its motor ran %.0f s and is stopped and locked", watched.point, watched.ran_s)

    def _raise(self, point: PointStructure, demand: Forced, look: _Look) -> None:
        before = self._raised.get(point.key)
        if before is not None and before.demand != demand:
            before = None
        if before is not None and look.monotonic_s < before.again_at_s:
            return
        value = _value_of(point, demand, look.position_of(point).value)
        if value is None or self._is_spared(point.key, demand, look.monotonic_s):
            return
        by = Automatic(Source.INTERLOCK, demand.cause.value)
        try:
            with recorded(look.now, fence=self._fence):
                submit_setpoint(point.key, value, by=by, seen_value=None, seen_at=None, now=look.now)
        except RequestError as error:
            if error.verdict.code is Code.UNDER_WAY:
                return  # the next look finds it ended
            if before is None:
                logger.warning(
                    "%s: the %s interlock cannot move it now: %s", point.key, demand.cause, error.verdict.code
                )
        times = 0 if before is None else before.times + 1
        pause_s = PAUSES_S[min(times, len(PAUSES_S) - 1)]
        self._raised[point.key] = _Raised(demand, times, look.monotonic_s + pause_s)

    def _is_spared(self, key: str, demand: Forced, monotonic_s: float) -> bool:
        """Whether a motor that ran too long rests before a storm lets it try once more: it would burn."""
        if demand.cause is Cause.OVER_TRAVEL or key not in over_travel.locked():
            return False
        if monotonic_s < self._spared_until_s.get(key, 0.0):
            return True
        self._spared_until_s[key] = monotonic_s + PAUSES_S[-1]
        return False


def _motor_poll_s(point: PointStructure, roles: BaseRoles) -> float:
    motor = None if point.motion is None else roles.points.get(point.motion.motor)
    return point.poll_s if motor is None else motor.poll_s


def _asked_pct(point: PointStructure, look: _Look) -> float | None:
    """How far an output was told to open, by what is read back of it, or else how far it stands open. [%]"""
    shown = look.roles.points.get(point.readback or point.key, point)
    told = seen_of(shown, look.samples, at=look.at).usable
    motion = point.motion
    if motion is not None and motion.takes_commands:
        told = OFF_PCT if told is not None and told == motion.shuts_with else None
    return look.position_of(point).usable if told is None else told


def _value_of(point: PointStructure, demand: Forced, position_pct: float | None) -> float | None:
    """What is written for a demand, canonical unit. A vent that takes positions is stopped where it stands."""
    motion = point.motion
    if motion is None:
        return None
    if demand.to_pct is None:
        return motion.stops_with if motion.takes_commands else position_pct
    return motion.shuts_with if motion.takes_commands else demand.to_pct
