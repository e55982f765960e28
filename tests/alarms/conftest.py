from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from devices.samples import Origin, Quality, Reading, Reason
from greenhouse.access.roles import Role
from greenhouse.alarms import site_file
from greenhouse.alarms.duty import AlarmDuty
from greenhouse.alarms.models import Occurrence
from greenhouse.site import structure
from greenhouse.site.point_index import point_index
from greenhouse.telemetry import ingest
from tests.bases import load
from tests.commands.conftest import person

START = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)
AIR, HUMIDITY, HEATING = "h1-climate.air_temperature", "h1-climate.relative_humidity", "h1-climate.heating_setpoint"
VENTILATION, CLIMATE_LINK = "h1-climate.ventilation_setpoint", "h1-climate.link"
LINKS = (CLIMATE_LINK, "meter.link", "weather.link")
"""Of the three devices of one line."""
USUAL = {AIR: 18.0, HUMIDITY: 70.0, HEATING: 16.0, VENTILATION: 24.0, "h1-climate.co2_concentration": 600.0}
WRITER = "control"


def after(seconds: float) -> datetime:
    """A moment after the start of the test."""
    return START + timedelta(seconds=seconds)


def reading(
    values: dict[str, float | None], at_s: float, *, quality: Quality = Quality.GOOD, reason: Reason = Reason.NONE
) -> Reading:
    """What a line read, so many seconds after the start."""
    count = len(values)
    return Reading(
        points=tuple(values),
        values=np.array([np.nan if value is None else value for value in values.values()], dtype=np.float64),
        quality=np.full(count, quality, dtype=np.uint8),
        reason=np.full(count, reason, dtype=np.uint8),
        observed_at=after(at_s),
        origin=Origin.SIMULATED,
    )


@dataclass
class Watcher:
    """The alarms' side of a control process, with its clock in the test's hands."""

    ids: dict[str, int] = field(default_factory=dict)
    at_s: float = 0.0
    duty: AlarmDuty | None = None
    monotonic: Callable[[], float] = lambda: 0.0  # a round writes for as long as it takes

    def __post_init__(self) -> None:
        base = structure.base()
        assert base is not None
        self.points = [k for k, p in base.points.items() if p.device is not None and p.access.can_read]

    def start(self) -> None:
        """A control process starts, or starts again."""
        at = after(self.at_s)
        self.duty = AlarmDuty(writer=WRITER, now=at, wall=at, monotonic=self.monotonic)

    def tick(self, *readings: Reading) -> None:
        """Store what was read and look at it, as one tick does."""
        if self.duty is None:
            self.start()
        ingest.record(readings, ids=self.ids, writer=WRITER, tick=ingest.last_tick(WRITER) + 1, now=after(self.at_s))
        self.duty.see(readings)
        self.duty.keep_up(after(self.at_s), self.at_s, wall=after(self.at_s))

    def go_on(
        self, seconds: float, values: dict[str, float | None], *, silent: tuple[str, ...] = (), **how: object
    ) -> None:
        """Let these values come every 10 s for so long, and whatever else the base has to say.

        A device whose link is 0 says nothing, nor does a point that is silent.
        """
        links = {key: values.get(key, 2.0) for key in self.points if key.endswith(".link")}
        dead = {key.removesuffix("link") for key, state in links.items() if state == 0.0}
        alive = [key for key in self.points if not key.startswith((*dead, *silent)) and key not in links]
        said = {key: USUAL.get(key, 0.0) for key in alive} | {k: v for k, v in values.items() if k in alive}
        told = {key: said.pop(key) for key in values if key in said}
        end_s = self.at_s + seconds
        while self.at_s < end_s:
            self.at_s += 10.0
            lines = [reading(links, self.at_s), reading(said, self.at_s)]
            self.tick(*lines, *([reading(told, self.at_s, **how)] if told else []))


@pytest.fixture
def watcher(db) -> Watcher:
    """A watcher of the small base, as shipped."""
    load()
    return Watcher(dict(point_index().ids))


@pytest.fixture
def overrides(watcher) -> Callable[[str], None]:
    """Stores a site's alarm file."""

    def store(text: str) -> None:
        from greenhouse.alarms.loader import parse_overrides

        parse_overrides(text, file="site.alarms.toml", compartments=["h1"])
        site_file.store(text, now=START)

    return store


@pytest.fixture
def technician(db):
    return person("zhang", Role.TECHNICIAN)


@pytest.fixture
def viewer(db):
    return person("wang", Role.VIEWER)


def states() -> dict[tuple[str, str], str]:
    """Every alarm that is not history, by alarm and object, with its state."""
    rows = Occurrence.objects.exclude(state="normal")
    return {(row.definition_key, row.object_key): row.state for row in rows}
