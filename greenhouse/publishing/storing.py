"""Writing a publication into the outreach database: the tables are replaced in one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db import transaction

from greenhouse.agronomy.sun import SunTimes
from greenhouse.outreach.models import Course, Fact, Place, Publication
from greenhouse.publishing.choosing import Choice
from greenhouse.publishing.contents import STEP, PublicCourse, PublicValue
from greenhouse.site.structure import BaseStructure

ALIAS: Final = "outreach"
"""Name of the database that visitors' pages are made from."""


@dataclass(frozen=True, slots=True)
class When:
    """The moment of a publication: base time, the machine's time, and how fast the one goes by the other.

    And what its list says of all of it.
    """

    at: datetime
    machine_at: datetime
    pace: float
    delay_s: int
    plants_per_m2: float


def publish_values(
    base: BaseStructure, choice: Choice, values: Sequence[PublicValue], sun: SunTimes, when: When
) -> None:
    """Replace places and values."""
    places = [
        Place(
            number=place.number,
            name_zh=place.compartment.name_zh,
            name_en=place.compartment.name_en,
            kind=place.kind.value,
            area_m2=place.compartment.area_m2,
            is_featured=place.is_featured,
        )
        for place in choice.places
    ]
    facts = [
        Fact(
            name=value.name,
            place_id=value.place,
            value=value.value,
            unit=value.unit,
            quality=value.quality,
            origin=value.origin,
            observed_at=value.observed_at,
        )
        for value in values
    ]
    with transaction.atomic(using=ALIAS):
        Fact.objects.all().delete()
        Place.objects.all().delete()
        Place.objects.bulk_create(places)
        Fact.objects.bulk_create(facts)
        Publication.objects.update_or_create(
            pk=1,
            defaults={
                "base_name_zh": base.name_zh,
                "base_name_en": base.name_en,
                "elevation_m": base.elevation_m,
                "time_zone": base.time_zone,
                "published_at": when.at,
                "machine_at": when.machine_at,
                "pace": when.pace,
                "delay_s": when.delay_s,
                "plants_per_m2": when.plants_per_m2,
                "sunrise": sun.sunrise,
                "sunset": sun.sunset,
            },
        )


def publish_courses(courses: Sequence[PublicCourse]) -> None:
    """Replace the courses of the day."""
    rows = [
        Course(
            name=course.name,
            unit=course.unit,
            origin=course.origin,
            begins_at=course.begins_at,
            step_s=round(STEP.total_seconds()),
            means=list(course.means),
        )
        for course in courses
    ]
    with transaction.atomic(using=ALIAS):
        Course.objects.all().delete()
        Course.objects.bulk_create(rows)
