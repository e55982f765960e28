"""The list of what visitors may see, from TOML: all of it, or every fault at once.

What is not on the list is not published. And not everything may stand on it: neither what takes commands nor what says
in which state a control is.
"""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from pathlib import Path

from devices.profiles.fields import Fields
from devices.profiles.outputs import OutputKind
from devices.units import Quantity
from greenhouse.publishing.errors import PublishedListError

PUBLIC_QUANTITIES = frozenset(
    {
        Quantity.TEMPERATURE,
        Quantity.RELATIVE_HUMIDITY,
        Quantity.CO2_CONCENTRATION,
        Quantity.IRRADIANCE,
        Quantity.PHOTON_FLUX_DENSITY,
        Quantity.WIND_SPEED,
        Quantity.RAIN_DEPTH,
        Quantity.POSITION,
        Quantity.VOLUME,
    }
)
"""What a visitor could also measure or see. Never modes, states, setpoints, links, or the health of the control."""
SHORTEST_DELAY_S, LONGEST_DELAY_S = 30, 3600
COARSE_POSITION_PCT = 5.0
"""A position is published no finer than that. [%]"""
_NAME, _NAME_FORM = r"[a-z][a-z0-9_]{0,62}", "lower-case letters, digits and underscores"


class Of(StrEnum):
    """What an entry is published of."""

    COMPARTMENT = "compartment"
    BASE = "base"


class Combine(StrEnum):
    """What becomes of several points that one entry finds in a compartment."""

    FIRST = "first"
    HIGHEST = "highest"


class Since(StrEnum):
    """Of a counter: from when on its increase is published."""

    MIDNIGHT = "midnight"


class _Moves(StrEnum):
    WINDER = OutputKind.WINDER.value
    VENT = OutputKind.VENT.value


@dataclass(frozen=True, slots=True)
class PublishedValue:
    """One entry of the list.

    Attributes
    ----------
    point : str
        Key of the point within its device.
    beside : str or None
        The device is the one that also has this point.
    moves : OutputKind or None
        The device is one that moves this.
    step : float
        Values are rounded to multiples of it. [unit of the point]
    has_course : bool
        The last day of it is published too.
    """

    name: str
    of: Of
    point: str
    beside: str | None
    moves: OutputKind | None
    combine: Combine
    since: Since | None
    step: float
    has_course: bool


@dataclass(frozen=True, slots=True)
class PublishedList:
    """Everything that is published, and how late."""

    values: tuple[PublishedValue, ...]
    delay: timedelta
    featured: str | None
    plants_per_m2: float


def load_published_list(path: Path) -> PublishedList:
    """Read and check the list.

    Raises
    ------
    PublishedListError
        With every fault.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise PublishedListError(path.name, [f"the file cannot be read: {error}"]) from error
    return parse_published_list(text, file=path.name)


def parse_published_list(text: str, *, file: str) -> PublishedList:
    """Check the text of a list.

    Raises
    ------
    PublishedListError
        With every fault.
    """
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise PublishedListError(file, [f"no TOML: {error}"]) from error
    faults: list[str] = []
    fields = Fields(document, where="list", faults=faults)
    delay_s = fields.integer("delay_s", lowest=SHORTEST_DELAY_S, highest=LONGEST_DELAY_S)
    featured = fields.optional_text("featured")
    plants_per_m2 = 0.0
    if (plants := fields.section("plants", required=True)) is not None:
        plants_per_m2 = plants.positive("per_m2", default=1.0, highest=500.0)
        plants.text("source")
        plants.finish()
    values = tuple(_value(entry) for entry in fields.sections("value"))
    fields.finish()
    faults += _doubles(values)
    if faults:
        raise PublishedListError(file, faults)
    return PublishedList(values, timedelta(seconds=delay_s), featured, plants_per_m2)


def _value(entry: Fields) -> PublishedValue:
    name = entry.text("name", pattern=_NAME, form=_NAME_FORM)
    moves = entry.choice("moves", _Moves) if "moves" in entry else None
    beside = entry.optional_text("beside")
    if (moves is None) == (beside is None):
        entry.fault("point", "needs either beside or moves, to find its device")
    since = entry.choice("since", Since) if "since" in entry else None
    value = PublishedValue(
        name=name,
        of=entry.choice("of", Of),
        point=entry.text("point"),
        beside=beside,
        moves=None if moves is None else OutputKind(moves.value),
        combine=entry.choice("combine", Combine, default=Combine.FIRST),
        since=since,
        step=entry.positive("step", default=1.0, highest=1000.0),
        has_course=entry.flag("course"),
    )
    if since is not None and value.has_course:
        entry.fault("course", "is not drawn of what is counted since midnight")
    if moves is not None and value.step < COARSE_POSITION_PCT:
        entry.fault("step", f"of a position is at least {COARSE_POSITION_PCT:g}")
    entry.finish()
    return value


def _doubles(values: Sequence[PublishedValue]) -> list[str]:
    names = [value.name for value in values]
    return [f'value "{name}": the name stands twice' for name in sorted({n for n in names if names.count(n) > 1})]
