"""What a simulated base grew in its last two seasons, and what was picked of it: seasons of the plant model.

Pure but for the file that says what is planted. The same base, day and seed give the same pickings, and a later day
only adds to them.
"""

from __future__ import annotations

import tomllib
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from pathlib import Path

from greenhouse.forecast.days import DayFigures
from greenhouse.forecast.season import MakeHouse, Plan, run_season
from greenhouse.harvest.grades import Grade
from greenhouse.plant.building import HouseKind as ModelKind
from greenhouse.plant.crops.parameters import CropKind
from greenhouse.plant.weather.climate import kangbashi
from greenhouse.plant.weather.generator import generate
from greenhouse.plant.weather.generator_parameters import shipped_generator
from greenhouse.rules.standard import standard_programs
from greenhouse.site.basefile.schema import BaseFile, HouseKind

_FILE = Path(__file__).parent / "data" / "demo_crops.toml"
SEASONS = 2
SHOWN_FROM_D = 80
"""A season that began more recently has nothing to show yet. [d]"""
PICKED_ON = (0, 3)
"""Monday and Thursday."""
_DECIDE_S = 300.0
"""As often as the vents of the live base look."""
_STEP_G = 100
"""What the scales of the demonstration show."""
_KINDS: Mapping[HouseKind, ModelKind] = {
    HouseKind.SOLAR: ModelKind.SOLAR_GREENHOUSE,
    HouseKind.GLASSHOUSE: ModelKind.GLASSHOUSE,
}
_GRADES: Mapping[Grade, str] = {
    Grade.FIRST: "first_kg_m2",
    Grade.SECOND: "second_kg_m2",
    Grade.CULL: "cull_kg_m2",
}


@dataclass(frozen=True, slots=True)
class Planting:
    """A crop of the file.

    Attributes
    ----------
    share : float
        Of the compartment.
    with_the_one_before : bool
        Stands in the same compartment.
    yields : float
        Times what the model gives for the crop; assumed.
    """

    kind: HouseKind
    crop: CropKind
    cultivar: str
    month: int
    day: int
    days: int
    share: float
    target_kg_m2: float
    yields: float
    with_the_one_before: bool


@dataclass(frozen=True, slots=True)
class DemoCycle:
    """A crop cycle of the simulated past. ``ended_on`` None: it stands yet."""

    compartment: str
    planting: Planting
    area_m2: float
    planted_on: date
    ended_on: date | None


@dataclass(frozen=True, slots=True)
class DemoPick:
    """What was picked of a grade on a day."""

    day: date
    grade: Grade
    mass_g: int


@cache
def plantings() -> tuple[Planting, ...]:
    """Those of the file."""
    told = tomllib.loads(_FILE.read_text(encoding="utf-8"))["planting"]
    found = []
    for one in told:
        month, day = map(int, one["planted"].split("-"))
        found.append(
            Planting(
                kind=HouseKind(one["kind"]),
                crop=CropKind(one["crop"]),
                cultivar=one["cultivar"],
                month=month,
                day=day,
                days=one["days"],
                share=one["share"],
                target_kg_m2=one["target_kg_m2"],
                yields=one["yields"],
                with_the_one_before=one.get("with_the_one_before", False),
            )
        )
    return tuple(found)


def cycles_until(base_file: BaseFile, today: date) -> list[DemoCycle]:
    """The cycles of the last two seasons, the older ones first."""
    kinds = {house.key: house.kind for house in base_file.houses}
    turns = {kind: _turns(kind) for kind in HouseKind}
    taken: defaultdict[HouseKind, int] = defaultdict(int)
    here: list[tuple[str, float, Planting]] = []
    for part in base_file.compartments:
        kind = kinds[part.house]
        if turns[kind]:
            turn = turns[kind][taken[kind] % len(turns[kind])]
            taken[kind] += 1
            here += [(part.key, part.area_m2, planting) for planting in turn]
    found = [_cycle(key, area_m2, planting, year, today) for key, area_m2, planting in here for year in _years(today)]
    return sorted(found, key=lambda cycle: cycle.planted_on)


def pickings(
    cycles: Sequence[DemoCycle], today: date, seed: int, make_house: MakeHouse
) -> Iterator[tuple[DemoCycle, list[DemoPick]]]:
    """What was picked of each cycle up to yesterday. Cycles of one crop in one kind of house share a season."""
    alike: defaultdict[tuple[HouseKind, CropKind, date], list[DemoCycle]] = defaultdict(list)
    for cycle in cycles:
        alike[cycle.planting.kind, cycle.planting.crop, cycle.planted_on].append(cycle)
    for (kind, crop, planted), own in alike.items():
        last = max(min(today - timedelta(days=1), cycle.ended_on or today) for cycle in own)
        plan = _plan(_KINDS[kind], crop, planted, days=(last - planted).days + 1, seed=seed)
        days = run_season(plan, make_house).days
        for cycle in own:
            yield cycle, picked(days, cycle)


def picked(days: Sequence[DayFigures], cycle: DemoCycle) -> list[DemoPick]:
    """What ripened since the last picking, weighed to the tenth of a kilogram; what is less waits for the next one."""
    waiting_g = dict.fromkeys(_GRADES, 0.0)
    found = []
    for figures in days:
        if cycle.ended_on is not None and figures.day > cycle.ended_on:
            break
        for grade, name in _GRADES.items():
            waiting_g[grade] += 1000.0 * getattr(figures, name) * cycle.area_m2 * cycle.planting.yields
            mass_g = int(waiting_g[grade] / _STEP_G) * _STEP_G
            if figures.day.weekday() in PICKED_ON and mass_g > 0:
                found.append(DemoPick(figures.day, grade, mass_g))
                waiting_g[grade] -= mass_g
    return found


def _turns(kind: HouseKind) -> list[list[Planting]]:
    """What compartments of a kind take in turn: a planting, or several that share one compartment."""
    turns: list[list[Planting]] = []
    for planting in plantings():
        if planting.kind is not kind:
            continue
        if planting.with_the_one_before and turns:
            turns[-1].append(planting)
        else:
            turns.append([planting])
    return turns


def _years(today: date) -> list[int]:
    begun = max(date(today.year, planting.month, planting.day) for planting in plantings())
    newest = today.year if today >= begun + timedelta(days=SHOWN_FROM_D) else today.year - 1
    return [newest - back for back in reversed(range(SEASONS))]


def _cycle(compartment: str, area_m2: float, planting: Planting, year: int, today: date) -> DemoCycle:
    planted = date(year, planting.month, planting.day)
    ended = planted + timedelta(days=planting.days)
    return DemoCycle(compartment, planting, area_m2 * planting.share, planted, ended if ended < today else None)


def _plan(kind: ModelKind, crop: CropKind, planted: date, *, days: int, seed: int) -> Plan:
    """The house under the weather of the base and the program that it begins with."""
    return Plan(
        kind=kind,
        crop=crop,
        medium=kind.medium,
        weather=generate(kangbashi(), shipped_generator(), seed=seed, first=planted, days=days),
        first=planted,
        days=days,
        planted=planted,
        climate=standard_programs()[kind.value],
        decide_s=_DECIDE_S,
    )
