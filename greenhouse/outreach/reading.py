"""Reading the publication from the outreach database."""

from __future__ import annotations

from django.db import transaction

from greenhouse.outreach import models
from greenhouse.outreach.published import DayCourse, House, Published, Value


def read_published() -> Published | None:
    """What is published now, all of one publication. None: nothing yet.

    Raises
    ------
    DatabaseError
        If the database does not answer, or was never made.
    """
    with transaction.atomic(using=models.Publication.objects.db):
        head = models.Publication.objects.first()
        if head is None:
            return None
        houses = tuple(
            House(row.number, row.name_zh, row.name_en, row.kind, row.area_m2, row.is_featured)
            for row in models.Place.objects.all()
        )
        values = {
            (row.name, row.place_id): Value(row.value, row.unit, row.quality, row.origin, row.observed_at)
            for row in models.Fact.objects.all()
        }
        courses = {
            row.name: DayCourse(row.unit, row.origin, row.begins_at, row.step_s, tuple(row.means))
            for row in models.Course.objects.all()
        }
    return Published(
        base_name_zh=head.base_name_zh,
        base_name_en=head.base_name_en,
        elevation_m=head.elevation_m,
        time_zone=head.time_zone,
        published_at=head.published_at,
        machine_at=head.machine_at,
        pace=head.pace,
        delay_s=head.delay_s,
        plants_per_m2=head.plants_per_m2,
        sunrise=head.sunrise,
        sunset=head.sunset,
        houses=houses,
        values=values,
        courses=courses,
    )
