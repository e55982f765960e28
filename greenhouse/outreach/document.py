"""The one document that all displays and phones read: values with their ages, courses, sentences in both languages."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TypedDict
from zoneinfo import ZoneInfo

from greenhouse.outreach import sentences
from greenhouse.outreach.lookout import lookout
from greenhouse.outreach.published import DayCourse, House, Published, Value
from greenhouse.outreach.sentences import Both, both
from greenhouse.outreach.thirst import drinking, liters_per_plant
from greenhouse.outreach.warmth import Warmth, why_warm

BOTTLE_L = 0.5
"""A child's bottle. [L]"""
_MILLISECOND = timedelta(milliseconds=1)
_EPOCH = datetime.fromisoformat("1970-01-01T00:00:00+00:00")


class ShownValue(TypedDict):
    """A value as scripts read it: value, unit, quality, origin, time in milliseconds since 1970 UTC."""

    v: float | None
    u: str
    q: str
    o: str
    at: int


class ShownHouse(TypedDict):
    """A house and its air temperature."""

    number: int
    kind: str
    air: ShownValue | None


class ShownCourse(TypedDict):
    """The course of a value."""

    begins: int
    step_s: int
    o: str
    means: list[float | None]


class LiveSentence(Both):
    """A sentence, and the names of the values that it was made from: when these are old, it is no longer true."""

    needs: list[str]


class Document(TypedDict):
    """What is sent. ``at`` and ``machine_at`` are the same moment in base time and on the machine's clock."""

    build: str
    at: int
    machine_at: int
    pace: float
    time_zone: str
    rise: int | None
    set: int | None
    values: dict[str, ShownValue]
    houses: list[ShownHouse]
    courses: dict[str, ShownCourse]
    sentences: dict[str, LiveSentence]


def document(published: Published, *, build: str) -> Document:
    """Everything the displays show of a publication."""
    values = published.shown()
    house = published.featured
    values |= _derived(published, house, values)
    return Document(
        build=build,
        at=_ms(published.published_at),
        machine_at=_ms(published.machine_at),
        pace=published.pace,
        time_zone=published.time_zone,
        rise=None if published.sunrise is None else _ms(published.sunrise),
        set=None if published.sunset is None else _ms(published.sunset),
        values={name: _shown(value) for name, value in values.items()},
        houses=[_house(published, each) for each in published.houses],
        courses={name: _course(course) for name, course in published.courses.items()},
        sentences=_sentences(published, values),
    )


def _derived(published: Published, house: House | None, values: dict[str, Value]) -> dict[str, Value]:
    """Values that are made of published ones; each as old as the oldest of these, and no better."""
    found = {}
    inside, outside = values.get("air_temperature"), values.get("outside_temperature")
    if inside is not None and outside is not None:
        is_known = inside.value is not None and outside.value is not None
        difference = round((inside.value or 0.0) - (outside.value or 0.0), 1) if is_known else None
        found["warmer_by"] = _joined(difference, "K", inside, outside)
    water = values.get("water_today")
    if water is not None and house is not None:
        liters = liters_per_plant(water.value, area_m2=house.area_m2, plants_per_m2=published.plants_per_m2)
        found["drunk"] = _joined(None if liters is None else round(liters, 2), "L", water)
    course = published.courses.get("air_temperature")
    warmest = None if course is None or inside is None else _warmest_today(published, course, inside)
    if course is not None and inside is not None and warmest is not None:
        degrees, known_until = warmest
        found["warmest_today"] = Value(degrees, course.unit, "good", course.origin, known_until)
    return found


def _joined(value: float | None, unit: str, *parts: Value) -> Value:
    quality = "bad" if value is None else "uncertain" if any(part.quality != "good" for part in parts) else "good"
    origins = {part.origin for part in parts}
    origin = "simulated" if "simulated" in origins else "estimated" if len(origins) > 1 else origins.pop()
    return Value(value, unit, quality, origin, min(part.observed_at for part in parts))


def _warmest_today(published: Published, course: DayCourse, inside: Value) -> tuple[float, datetime] | None:
    """Highest of the day so far, and until when the day is known: a warm noon is not old in the evening.

    Means of a step lag behind: on a warming morning it is warmer now than any of them says.
    """
    zone = ZoneInfo(published.time_zone)
    today = published.published_at.astimezone(zone).date()
    known = [
        (mean, at)
        for position, mean in enumerate(course.means)
        if mean is not None
        and (at := course.begins_at + timedelta(seconds=(position + 0.5) * course.step_s)).astimezone(zone).date()
        == today
    ]
    is_today = inside.observed_at.astimezone(zone).date() == today
    if is_today and inside.quality == "good" and inside.value is not None:
        known.append((inside.value, inside.observed_at))
    return (max(known)[0], max(at for _, at in known)) if known else None


def _sentences(published: Published, values: dict[str, Value]) -> dict[str, LiveSentence]:
    number = {name: value.value for name, value in values.items()}
    house = published.featured
    reason = why_warm(
        inside_c=number.get("air_temperature"),
        outside_c=number.get("outside_temperature"),
        sunlight_w_m2=number.get("sunlight"),
        blanket_rolled_up_pct=number.get("blanket_rolled_up"),
        pipe_c=number.get("pipe_temperature"),
    )
    seen = lookout(
        published.published_at,
        sunrise=published.sunrise,
        sunset=published.sunset,
        blanket_rolled_up_pct=number.get("blanket_rolled_up"),
        vents_open_pct=number.get("vents_open"),
        relative_humidity_pct=number.get("relative_humidity"),
        sunlight_w_m2=number.get("sunlight"),
    )
    heat = ["air_temperature", "outside_temperature"]
    said = {
        "now": _said(_how_warm(number.get("warmer_by")), heat),
        "warm": _said(both(sentences.WARMTH[reason]), [*heat, "sunlight", "blanket_rolled_up", "pipe_temperature"]),
        "drink": _said(_how_much(number.get("drunk")), ["water_today"]),
        "drinking": _said(both(sentences.DRINKING[drinking(number.get("sunlight"))]), ["sunlight"]),
        "today": _said(both(sentences.LOOKOUT[seen]), ["blanket_rolled_up", "vents_open", "relative_humidity"]),
    }
    if house is not None:
        said["house"] = _said(Both(zh=house.name_zh, en=house.name_en), [])
    return said


def _said(text: Both, needs: list[str]) -> LiveSentence:
    return LiveSentence(zh=text["zh"], en=text["en"], needs=needs)


def _how_warm(difference: float | None) -> Both:
    if difference is None:
        return both(sentences.WARMTH[Warmth.UNKNOWN])
    degrees = round(abs(difference))
    if degrees == 0:
        return both(sentences.EVEN)
    return both(sentences.WARMER if difference > 0 else sentences.COLDER, degrees=degrees)


def _how_much(liters: float | None) -> Both:
    if liters is None:
        return both(sentences.NO_COUNT)
    if liters < BOTTLE_L / 10:
        return both(sentences.NOT_YET)
    return both(sentences.DRANK, bottles=f"{liters / BOTTLE_L:.1f}".removesuffix(".0"))


def _shown(value: Value) -> ShownValue:
    return ShownValue(v=value.value, u=value.unit, q=value.quality, o=value.origin, at=_ms(value.observed_at))


def _house(published: Published, house: House) -> ShownHouse:
    air = published.values.get(("air_temperature", house.number))
    return ShownHouse(number=house.number, kind=house.kind, air=None if air is None else _shown(air))


def _course(course: DayCourse) -> ShownCourse:
    return ShownCourse(begins=_ms(course.begins_at), step_s=course.step_s, o=course.origin, means=list(course.means))


def _ms(at: datetime) -> int:
    return (at - _EPOCH) // _MILLISECOND
