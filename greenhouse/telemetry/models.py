"""Tables of the sample store, as Django sees them.

They are written and read with plain SQL (`greenhouse.telemetry.ingest`, `series`): a tick of 1,000 samples takes 2 ms
that way and 18 ms through model objects. The classes here let migrations and test databases know the tables.
``point_id`` is the id of a row in the main database; no foreign key crosses the files.
"""

from __future__ import annotations

from django.db import models


class Sample(models.Model):
    """One value of one point at one moment. Time comes first in the key: samples arrive and leave in its order."""

    pk = models.CompositePrimaryKey("ts_ms", "point_id")
    ts_ms = models.BigIntegerField(help_text="When the reply arrived, milliseconds since 1970-01-01 UTC.")
    point_id = models.BigIntegerField()
    value = models.FloatField(null=True)
    exact = models.TextField(null=True, help_text="The integer, where a float cannot hold it.")
    quality = models.SmallIntegerField()
    reason = models.SmallIntegerField()
    origin = models.SmallIntegerField()

    class Meta:
        db_table = "telemetry_sample"

    def __str__(self) -> str:
        return f"{self.point_id}@{self.ts_ms}"


class Latest(models.Model):
    """The newest sample of each point, with the writer's tick that stored it."""

    point_id = models.BigIntegerField(primary_key=True)
    ts_ms = models.BigIntegerField()
    value = models.FloatField(null=True)
    exact = models.TextField(null=True)
    quality = models.SmallIntegerField()
    reason = models.SmallIntegerField()
    origin = models.SmallIntegerField()
    writer = models.CharField(max_length=50)
    tick = models.BigIntegerField()

    class Meta:
        db_table = "telemetry_latest"

    def __str__(self) -> str:
        return f"{self.point_id}@{self.ts_ms}"


class Tick(models.Model):
    """The last tick of each writer, committed together with its samples: what a reader's cursor is made of."""

    writer = models.CharField(max_length=50, primary_key=True)
    tick = models.BigIntegerField()
    committed_at_ms = models.BigIntegerField()

    class Meta:
        db_table = "telemetry_tick"

    def __str__(self) -> str:
        return f"{self.writer}: {self.tick}"
