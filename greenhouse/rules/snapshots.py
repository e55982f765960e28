"""What a climate program decides by, from the newest samples of the points that have a role."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from devices.profiles.schema import Role
from greenhouse.agronomy.sun import sun_times
from greenhouse.commands.seen import MISSING, Seen
from greenhouse.commands.situations import Samples, seen_of, weather_seen
from greenhouse.rules.evaluate.climate_program import ClimateProgram
from greenhouse.rules.evaluate.day_periods import Day
from greenhouse.rules.evaluate.decisions import Actuator, Decision
from greenhouse.rules.evaluate.snapshot import ClimateSnapshot
from greenhouse.site.roles import BaseRoles
from greenhouse.site.structure import BaseStructure

ROLE_OF: Mapping[Actuator, Role] = {actuator: Role(actuator.value) for actuator in Actuator}
"""The role of the point that an actuator is moved by."""


def local_day(base: BaseStructure, at: datetime) -> Day:
    """The local day of a moment, with its sunrise and sunset."""
    midnight = at.astimezone(ZoneInfo(base.time_zone)).replace(hour=0, minute=0, second=0, microsecond=0)
    # Sun times are those of the place itself, whose solar day the calendar day of its zone comes near enough.
    sun = sun_times(
        (midnight + timedelta(hours=12)).date(), latitude_deg=base.latitude_deg, longitude_deg=base.longitude_deg
    )
    return Day(midnight, sun)


def snapshot_of(
    compartment: str,
    program: ClimateProgram,
    roles: BaseRoles,
    samples: Samples,
    *,
    day: Day,
    last: Mapping[Actuator, Decision],
    at: datetime,
) -> ClimateSnapshot:
    """A compartment as its program sees it.

    Parameters
    ----------
    last : mapping of Actuator to Decision
        What was decided before.
    at : datetime
        Now, on the clock of the samples.
    """
    here = roles.of(compartment)
    air = here.points.get(Role.AIR_TEMPERATURE)
    return ClimateSnapshot(
        program=program,
        day=day,
        equipment=tuple(actuator for actuator, role in ROLE_OF.items() if role in here.points),
        air_c=MISSING if air is None else seen_of(air, samples, at=at),
        outside_c=weather_seen(Role.OUTSIDE_TEMPERATURE, roles, samples, at=at),
        wind_m_s=weather_seen(Role.WIND_SPEED, roles, samples, at=at),
        is_raining=weather_seen(Role.RAIN, roles, samples, at=at),
        radiation_w_m2=weather_seen(Role.RADIATION, roles, samples, at=at),
        positions={
            actuator: _position(roles, compartment, role, samples, at)
            for actuator, role in ROLE_OF.items()
            if role in here.points
        },
        last=last,
    )


def _position(roles: BaseRoles, compartment: str, role: Role, samples: Samples, at: datetime) -> Seen:
    motion = roles.of(compartment).points[role].motion
    shown = None if motion is None else roles.points.get(motion.position)
    return MISSING if shown is None else seen_of(shown, samples, at=at)
