"""The frozen baseline program: what a house does by clocks and thermostats alone. Pure.

It exists to be compared with, so it is never tuned: a change here would change every comparison ever made. Its figures
stand in ``data/baseline.toml``. The programs that people set are ``greenhouse.rules``'; this one is not among them,
because nobody may choose it for a house, and only seasons run it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Annotated, NamedTuple

from greenhouse.agronomy.sun import SunTimes
from greenhouse.plant.building import HouseKind
from greenhouse.plant.machinery import Orders
from greenhouse.plant.parameters import ParameterFile, Parameters, Unit, parse_parameters

DATA = Path(__file__).parent / "data"

Celsius = Annotated[float, Unit("degC", lowest=-40.0, highest=60.0)]
Kelvin = Annotated[float, Unit("K", lowest=0.1, highest=30.0)]
Minutes = Annotated[float, Unit("min", highest=600.0)]
LocalHour = Annotated[float, Unit("h", highest=24.0)]
Daily = Annotated[float, Unit("L m-2 d-1", highest=20.0)]


class SolarProgram(NamedTuple):
    """Of a solar greenhouse."""

    blanket_up_after_sunrise_min: Minutes
    blanket_down_before_sunset_min: Minutes
    vent_opens_c: Celsius
    vent_shuts_c: Celsius
    bottom_above_outside_c: Celsius


class GlassProgram(NamedTuple):
    """Of a glasshouse."""

    heat_day_c: Celsius
    heat_night_c: Celsius
    heat_band_k: Kelvin
    vent_above_heat_k: Kelvin
    vent_band_k: Kelvin


class WaterProgram(NamedTuple):
    """Irrigation and feed of both."""

    doses: Annotated[float, Unit("1", lowest=1.0, highest=100.0)]
    first_h: LocalHour
    last_h: LocalHour
    factor: Annotated[float, Unit("1", highest=5.0)]
    feed_ec_ms_cm: Annotated[float, Unit("mS cm-1", highest=10.0)]
    feed_ph: Annotated[float, Unit("pH", lowest=4.0, highest=9.0)]


class MonthlyUptake(NamedTuple):
    """Mean uptake of a day of each month."""

    january_l_m2_d: Daily
    february_l_m2_d: Daily
    march_l_m2_d: Daily
    april_l_m2_d: Daily
    may_l_m2_d: Daily
    june_l_m2_d: Daily
    july_l_m2_d: Daily
    august_l_m2_d: Daily
    september_l_m2_d: Daily
    october_l_m2_d: Daily
    november_l_m2_d: Daily
    december_l_m2_d: Daily


class Baseline(NamedTuple):
    """All of it."""

    solar: SolarProgram
    glass: GlassProgram
    water: WaterProgram
    uptake: MonthlyUptake


class Snapshot(NamedTuple):
    """What the program sees at a moment.

    Attributes
    ----------
    kind : HouseKind
    program : Baseline
    sun : SunTimes
        Of the local day.
    midnight : datetime
        At which the local day began, aware.
    air_c, outside_c : float
    watered_l_m2 : float
        What the water meter counted since midnight.
    last : Orders
        What the program asked for before: a thermostat with two temperatures needs to know.
    """

    kind: HouseKind
    program: Baseline
    sun: SunTimes
    midnight: datetime
    air_c: float
    outside_c: float
    watered_l_m2: float
    last: Orders


def evaluate(snapshot: Snapshot, now: datetime) -> Orders:
    """What the program asks for.

    Parameters
    ----------
    snapshot : Snapshot
    now : datetime
        Aware.
    """
    water = _water(snapshot, now)
    if snapshot.kind is HouseKind.SOLAR_GREENHOUSE:
        return _solar(snapshot, now, water)
    return _glass(snapshot, now, water)


def idle(program: Baseline) -> Orders:
    """Everything shut and off: what was asked for before the program's first moment."""
    water = program.water
    nothing = dict.fromkeys(Orders._fields, 0.0)
    return Orders(**nothing | {"feed_ec_ms_cm": water.feed_ec_ms_cm, "feed_ph": water.feed_ph})


def _solar(snapshot: Snapshot, now: datetime, water: float) -> Orders:
    program = snapshot.program.solar
    after = timedelta(minutes=program.blanket_up_after_sunrise_min)
    before = timedelta(minutes=program.blanket_down_before_sunset_min)
    is_up = _is_day(snapshot.sun, now, after=after, before=before)
    roof = snapshot.last.roof_vent
    if snapshot.air_c >= program.vent_opens_c:
        roof = 1.0
    elif snapshot.air_c <= program.vent_shuts_c:
        roof = 0.0
    bottom = roof if snapshot.outside_c > program.bottom_above_outside_c else 0.0
    return idle(snapshot.program)._replace(
        roof_vent=roof, bottom_vent=bottom, blanket=0.0 if is_up else 1.0, water=water
    )


def _glass(snapshot: Snapshot, now: datetime, water: float) -> Orders:
    program = snapshot.program.glass
    is_day = _is_day(snapshot.sun, now, after=timedelta(), before=timedelta())
    heat_c = program.heat_day_c if is_day else program.heat_night_c
    vent_c = heat_c + program.vent_above_heat_k
    return idle(snapshot.program)._replace(
        roof_vent=_share((snapshot.air_c - vent_c) / program.vent_band_k),
        screen=0.0 if is_day else 1.0,
        heat=_share((heat_c - snapshot.air_c) / program.heat_band_k),
        water=water,
    )


def _water(snapshot: Snapshot, now: datetime) -> float:
    """1 while less was given than the doses that are due.

    Doses are counted by the water meter, not by the clock: with little pressure a dose takes longer.
    """
    program = snapshot.program.water
    hour = (now - snapshot.midnight).total_seconds() / 3600.0
    if hour < program.first_h:
        return 0.0
    apart_h = (program.last_h - program.first_h) / program.doses
    due = min(program.doses, 1.0 + (hour - program.first_h) // apart_h)
    noon = snapshot.midnight + timedelta(hours=12)
    day_l_m2 = program.factor * snapshot.program.uptake[noon.month - 1]
    return 1.0 if snapshot.watered_l_m2 < day_l_m2 * due / program.doses else 0.0


def _is_day(sun: SunTimes, now: datetime, *, after: timedelta, before: timedelta) -> bool:
    if sun.sunrise is None or sun.sunset is None:
        return False
    return sun.sunrise + after <= now < sun.sunset - before


def _share(value: float) -> float:
    return min(1.0, max(0.0, value))


@cache
def baseline_file() -> ParameterFile:
    """The program's figures, with their words and sources."""
    file = DATA / "baseline.toml"
    parts: Mapping[str, type[Parameters]] = {
        "solar": SolarProgram,
        "glass": GlassProgram,
        "water": WaterProgram,
        "uptake": MonthlyUptake,
    }
    return parse_parameters(file.read_text("utf-8"), file=file.name, parts=parts)


def baseline() -> Baseline:
    """The program's figures."""
    read = baseline_file()
    return Baseline(
        solar=read.part("solar", SolarProgram),
        glass=read.part("glass", GlassProgram),
        water=read.part("water", WaterProgram),
        uptake=read.part("uptake", MonthlyUptake),
    )
