"""What is published, as values. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Value:
    """One published value. ``value`` is None where none may be believed."""

    value: float | None
    unit: str
    quality: str
    origin: str
    observed_at: datetime


@dataclass(frozen=True, slots=True)
class House:
    """A house, or a part of one."""

    number: int
    name_zh: str
    name_en: str
    kind: str
    area_m2: float
    is_featured: bool


@dataclass(frozen=True, slots=True)
class DayCourse:
    """Means of a value over the last day; None where nothing is known."""

    unit: str
    origin: str
    begins_at: datetime
    step_s: int
    means: tuple[float | None, ...]


@dataclass(frozen=True)
class Published:
    """The whole publication.

    Attributes
    ----------
    published_at, machine_at : datetime
        The same moment in base time and by the clock of the machine.
    values : mapping of (name, number of the house) to Value
        The number is None for the whole base.
    """

    base_name_zh: str
    base_name_en: str
    elevation_m: float
    time_zone: str
    published_at: datetime
    machine_at: datetime
    pace: float
    delay_s: int
    plants_per_m2: float
    sunrise: datetime | None
    sunset: datetime | None
    houses: tuple[House, ...]
    values: Mapping[tuple[str, int | None], Value]
    courses: Mapping[str, DayCourse]

    @property
    def featured(self) -> House | None:
        """The house that the displays tell of."""
        return next((house for house in self.houses if house.is_featured), None)

    def shown(self) -> dict[str, Value]:
        """Values of the whole base and of the featured house, by name."""
        number = None if self.featured is None else self.featured.number
        return {name: value for (name, place), value in self.values.items() if place is None or place == number}

    def base_now(self, machine_now: datetime) -> datetime:
        """Base time at a moment of the machine's clock."""
        return self.published_at + (machine_now - self.machine_at) * self.pace
