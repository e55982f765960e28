"""What weather does on purpose: cold waves, dust storms, wet snow, overcast spells, hail.

Events are what control fails on. Each is planned by the seed with its month's frequency, or told by a scenario, and is
laid over the ordinary days.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from greenhouse.plant.weather.draws import Stream, uniforms
from greenhouse.plant.weather.generator_parameters import GeneratorParameters

Array = NDArray[np.float64]

GALE_FROM_DEG = 310.0
"""Cold waves and dust storms come to Ordos from the north-west, out of the Gobi."""


class EventKind(StrEnum):
    """What happens."""

    COLD_WAVE = "cold_wave"
    DUST_STORM = "dust_storm"
    WET_SNOW = "wet_snow"
    OVERCAST = "overcast"
    HAIL = "hail"


@dataclass(frozen=True, slots=True)
class Event:
    """One of them.

    Attributes
    ----------
    kind : EventKind
        What happens.
    start : datetime
        Aware UTC.
    duration_s : float
        Of the event itself; a cold wave's cold lasts longer.
    strength : float
        Of a cold wave its fall [K], of a dust storm its dust fall [0 to 1], of wet snow and of hail the water in it
        [mm]; of an overcast spell its cover, 1.
    """

    kind: EventKind
    start: datetime
    duration_s: float
    strength: float

    @property
    def start_unix_s(self) -> float:
        """Seconds since 1970-01-01 UTC."""
        return self.start.timestamp()


class Overlay(NamedTuple):
    """What the events do at each moment. All zero where nothing happens."""

    air_k: Array
    air_pull: Array
    humidity_pct: Array
    cover: Array
    overcast: Array
    rain_mm_h: Array
    hail_mm_h: Array
    wind_m_s: Array
    gale: Array
    dust: Array


class Plan(NamedTuple):
    """How one kind is planned: its draws, its frequency per month, its usual size, and when of the day it begins."""

    kind: EventKind
    stream: Stream
    per_month: tuple[float, ...]
    hours: float
    strength: float
    earliest_h: float
    latest_h: float


def plans(monthly: MonthlyEvents, parameters: GeneratorParameters) -> tuple[Plan, ...]:
    """How each kind is planned in a climate. Hours of the day are local."""
    wave, dust, snow = parameters.cold_wave, parameters.dust_storm, parameters.wet_snow
    grey, hail = parameters.overcast, parameters.hail
    return (
        Plan(EventKind.COLD_WAVE, Stream.EVENT_COLD_WAVE, monthly.cold_waves, wave.onset_h, wave.strength_k, 0, 24),
        Plan(EventKind.DUST_STORM, Stream.EVENT_DUST_STORM, monthly.dust_storms, dust.hours, dust.strength, 8, 14),
        Plan(EventKind.WET_SNOW, Stream.EVENT_WET_SNOW, monthly.wet_snows, snow.hours, snow.strength_mm, 0, 24),
        Plan(EventKind.OVERCAST, Stream.EVENT_OVERCAST, monthly.overcast_spells, grey.days * 24, 1.0, 0, 0),
        Plan(EventKind.HAIL, Stream.EVENT_HAIL, monthly.hail_storms, hail.minutes / 60, hail.strength_mm, 14, 19),
    )


class MonthlyEvents(NamedTuple):
    """How many of each kind a month has."""

    cold_waves: tuple[float, ...]
    dust_storms: tuple[float, ...]
    wet_snows: tuple[float, ...]
    overcast_spells: tuple[float, ...]
    hail_storms: tuple[float, ...]


def planned(plan: Plan, *, seed: int, first: date, days: int, utc_offset_h: float) -> list[Event]:
    """Events of one kind that begin on these local days. None begins while another of its kind lasts."""
    drawn = uniforms(seed, plan.stream, first=first, days=days, per_day=4).reshape(days, 4)
    events: list[Event] = []
    for number in range(days):
        day = first + timedelta(days=number)
        chance, hour, length, strength = (float(value) for value in drawn[number])
        if chance >= plan.per_month[day.month - 1] / _days_of_month(day):
            continue
        hour_of_day = plan.earliest_h + hour * (plan.latest_h - plan.earliest_h)
        start = datetime.combine(day, time(), UTC) + timedelta(hours=hour_of_day - utc_offset_h)
        if events and start < events[-1].start + timedelta(seconds=events[-1].duration_s):
            continue
        hours = plan.hours if plan.kind is EventKind.COLD_WAVE else plan.hours * (0.7 + 0.6 * length)
        if plan.kind is EventKind.OVERCAST:
            hours = round(hours / 24) * 24
        size = plan.strength if plan.kind is EventKind.OVERCAST else plan.strength * (0.75 + 0.5 * strength)
        size = min(size, 1.0) if plan.kind is EventKind.DUST_STORM else size
        # Five minutes are the step of the series: what is shorter would fall between two samples.
        events.append(Event(plan.kind, start, max(round(hours * 12), 1) * 300.0, size))
    return events


def overlay(events: Sequence[Event], *, unix_s: Array, parameters: GeneratorParameters) -> Overlay:
    """What a list of events does at each moment."""
    over = Overlay(*(np.zeros(len(unix_s)) for _ in Overlay._fields))
    for event in events:
        after_h = (unix_s - event.start_unix_s) / 3600
        _LAY[event.kind](over, event, after_h, parameters)
    return over


def _lay_cold_wave(over: Overlay, event: Event, after_h: Array, parameters: GeneratorParameters) -> None:
    wave = parameters.cold_wave
    onset_h = event.duration_s / 3600
    recovery = np.exp(-np.maximum(after_h - onset_h, 0) / wave.recovery_h)
    over.air_k[:] -= event.strength * np.clip(after_h / onset_h, 0, 1) * recovery
    front = _window(after_h, onset_h, edge_h=4)
    np.maximum(over.wind_m_s, wave.wind_m_s * front, out=over.wind_m_s)
    np.maximum(over.gale, front, out=over.gale)


def _lay_dust_storm(over: Overlay, event: Event, after_h: Array, parameters: GeneratorParameters) -> None:
    storm = parameters.dust_storm
    window = _window(after_h, event.duration_s / 3600, edge_h=1)
    np.maximum(over.dust, event.strength * window, out=over.dust)
    np.maximum(over.wind_m_s, storm.wind_m_s * window, out=over.wind_m_s)
    np.maximum(over.gale, window, out=over.gale)
    over.air_k[:] -= storm.cooling_k * window
    over.humidity_pct[:] -= storm.drying_pct * window


def _lay_wet_snow(over: Overlay, event: Event, after_h: Array, parameters: GeneratorParameters) -> None:
    del parameters
    hours = event.duration_s / 3600
    window = _window(after_h, hours, edge_h=1)
    over.rain_mm_h[:] += event.strength / (hours - 1) * window
    np.maximum(over.cover, _window(after_h + 3, hours + 6, edge_h=3), out=over.cover)
    np.maximum(over.air_pull, _window(after_h + 8, hours + 16, edge_h=8), out=over.air_pull)


def _lay_overcast(over: Overlay, event: Event, after_h: Array, parameters: GeneratorParameters) -> None:
    window = _window(after_h, event.duration_s / 3600, edge_h=1)
    np.maximum(over.cover, window, out=over.cover)
    np.maximum(over.overcast, window, out=over.overcast)
    over.humidity_pct[:] += parameters.overcast.humid_pct * window


def _lay_hail(over: Overlay, event: Event, after_h: Array, parameters: GeneratorParameters) -> None:
    hail = parameters.hail
    hours = event.duration_s / 3600
    falls = (after_h >= -1e-9) & (after_h < hours - 1e-9)
    over.hail_mm_h[:] += np.where(falls, event.strength / hours, 0.0)
    over.rain_mm_h[:] += hail.rain_mm_h * _window(after_h + 0.25, 1.0, edge_h=0.25)
    np.maximum(over.cover, _window(after_h + 1, 3, edge_h=0.5), out=over.cover)
    np.maximum(over.wind_m_s, hail.wind_m_s * _window(after_h + 0.25, 1.0, edge_h=0.25), out=over.wind_m_s)
    over.air_k[:] -= hail.cooling_k * np.clip(after_h + 0.5, 0, 0.5) * 2 * np.exp(-np.maximum(after_h, 0) / 2.5)


_LAY = {
    EventKind.COLD_WAVE: _lay_cold_wave,
    EventKind.DUST_STORM: _lay_dust_storm,
    EventKind.WET_SNOW: _lay_wet_snow,
    EventKind.OVERCAST: _lay_overcast,
    EventKind.HAIL: _lay_hail,
}


def _window(after_h: Array, hours: float, *, edge_h: float) -> Array:
    """1 from 0 to ``hours``, rising and falling within ``edge_h`` at either end."""
    return np.clip(np.minimum(after_h, hours - after_h) / edge_h, 0, 1)


def _days_of_month(day: date) -> int:
    following = date(day.year + day.month // 12, day.month % 12 + 1, 1)
    return (following - date(day.year, day.month, 1)).days
