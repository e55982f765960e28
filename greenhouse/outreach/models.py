"""What is published. These tables lie in a database of their own, and the process that visitors reach only reads it.

They are replaced as a whole at each publication. Nothing in them leads back into the base: no key of a device or point,
no name of a person.
"""

from __future__ import annotations

from django.db import models


class Publication(models.Model):
    """When the tables were last replaced, and for which base. At most one row."""

    base_name_zh = models.CharField(max_length=200)
    base_name_en = models.CharField(max_length=200)
    elevation_m = models.FloatField()
    time_zone = models.CharField(max_length=64)
    published_at = models.DateTimeField(help_text="Base time.")
    machine_at = models.DateTimeField(help_text="The same moment by the clock of the machine.")
    pace = models.FloatField(help_text="Seconds of base time in one of the machine; 1 but on a training base.")
    delay_s = models.PositiveIntegerField(help_text="So much older than the publication values are at least.")
    plants_per_m2 = models.FloatField()
    sunrise = models.DateTimeField(null=True)
    sunset = models.DateTimeField(null=True)

    class Meta:
        constraints = (models.CheckConstraint(condition=models.Q(id=1), name="outreach_one_publication"),)

    def __str__(self) -> str:
        return f"{self.base_name_en}, {self.published_at:%Y-%m-%d %H:%M:%S}"


class Place(models.Model):
    """A house, or a part of one, as visitors know it."""

    number = models.PositiveSmallIntegerField(primary_key=True)
    name_zh = models.CharField(max_length=200)
    name_en = models.CharField(max_length=200)
    kind = models.CharField(max_length=20)
    area_m2 = models.FloatField()
    is_featured = models.BooleanField(help_text="The house that the displays tell of.")

    class Meta:
        ordering = ("number",)

    def __str__(self) -> str:
        return self.name_en


class Fact(models.Model):
    """One published value."""

    name = models.CharField(max_length=64, help_text="As the published list calls it.")
    place = models.ForeignKey(Place, null=True, on_delete=models.CASCADE, help_text="None: the whole base.")
    value = models.FloatField(null=True, help_text="Rounded. None: there is none that may be believed.")
    unit = models.CharField(max_length=16)
    quality = models.CharField(max_length=16)
    origin = models.CharField(max_length=16)
    observed_at = models.DateTimeField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("name", "place"), name="outreach_one_fact_of_a_name_and_place"),
            models.UniqueConstraint(
                fields=("name",), condition=models.Q(place=None), name="outreach_one_fact_of_a_name_and_the_base"
            ),
        )

    def __str__(self) -> str:
        return f"{self.name} {self.value} {self.unit}"


class Course(models.Model):
    """The course of one published value over the last day, in equal steps."""

    name = models.CharField(max_length=64, primary_key=True)
    unit = models.CharField(max_length=16)
    origin = models.CharField(max_length=16)
    begins_at = models.DateTimeField()
    step_s = models.PositiveIntegerField()
    means = models.JSONField(help_text="One rounded mean a step; null where nothing is known.")

    def __str__(self) -> str:
        return f"{self.name} from {self.begins_at:%Y-%m-%d %H:%M}"
