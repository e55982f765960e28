"""Tables of the sample store, as Django sees them.

They are written and read with plain SQL (`greenhouse.telemetry.ingest`, `series`): a tick of 1,000 samples takes 2 ms
that way and 18 ms through model objects. The classes here let migrations and test databases know the tables.
``point_id`` is the id of a row in the main database; no foreign key crosses the files.
"""

from __future__ import annotations

from django.db import models


class Sample(models.Model):
    """One value of one point at one moment. Time comes first in the key: samples arrive and leave in its order.

    In the table the key has ``nth`` as well: two values in one millisecond are two samples.
    """

    pk = models.CompositePrimaryKey("ts_ms", "point_id")
    ts_ms = models.BigIntegerField(help_text="When the reply arrived, milliseconds since 1970-01-01 UTC.")
    point_id = models.BigIntegerField()
    nth = models.SmallIntegerField(default=0)
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


class Counter(models.Model):
    """Where a counter stands, so that a meter that was changed while the system was down is found at the start."""

    point_id = models.BigIntegerField(primary_key=True)
    ts_ms = models.BigIntegerField(help_text="When it was last read well.")
    total = models.TextField(help_text="Steps of the register, an integer of any size.")
    raw = models.TextField(help_text="What the register showed.")

    class Meta:
        db_table = "telemetry_counter"

    def __str__(self) -> str:
        return f"{self.point_id}: {self.total}"


class Tick(models.Model):
    """The last tick of each writer, committed together with its samples: what a reader's cursor is made of."""

    writer = models.CharField(max_length=50, primary_key=True)
    tick = models.BigIntegerField()
    committed_at_ms = models.BigIntegerField()

    class Meta:
        db_table = "telemetry_tick"

    def __str__(self) -> str:
        return f"{self.writer}: {self.tick}"


class LateSample(models.Model):
    """A sample of a time that is packed already. It is merged into its chunk within minutes."""

    pk = models.CompositePrimaryKey("point_id", "ts_ms", "nth")
    ts_ms = models.BigIntegerField()
    point_id = models.BigIntegerField()
    nth = models.SmallIntegerField(default=0)
    value = models.FloatField(null=True)
    exact = models.TextField(null=True)
    quality = models.SmallIntegerField()
    reason = models.SmallIntegerField()
    origin = models.SmallIntegerField()

    class Meta:
        db_table = "telemetry_late"

    def __str__(self) -> str:
        return f"{self.point_id}@{self.ts_ms}"


class Chunk(models.Model):
    """All samples of one point and UTC day, packed (`greenhouse.telemetry.chunk`)."""

    pk = models.CompositePrimaryKey("point_id", "day")
    point_id = models.BigIntegerField()
    day = models.IntegerField(help_text="Days since 1970-01-01 UTC.")
    n = models.IntegerField()
    first_ms = models.BigIntegerField()
    last_ms = models.BigIntegerField()
    minimum = models.FloatField(null=True)
    mean = models.FloatField(null=True)
    maximum = models.FloatField(null=True)
    covered_ms = models.BigIntegerField(help_text="How long a usable value was known.")
    data = models.BinaryField()

    class Meta:
        db_table = "telemetry_chunk"

    def __str__(self) -> str:
        return f"{self.point_id} day {self.day}"


class Rollup(models.Model):
    """Buckets of one point and level over a day, month or year, packed."""

    pk = models.CompositePrimaryKey("point_id", "level_s", "first_day")
    point_id = models.BigIntegerField()
    level_s = models.IntegerField(help_text="Length of a bucket.")
    first_day = models.IntegerField(help_text="Of the day, month or year; days since 1970-01-01 UTC.")
    n = models.IntegerField(help_text="Buckets.")
    first_ms = models.BigIntegerField()
    last_ms = models.BigIntegerField()
    data = models.BinaryField()

    class Meta:
        db_table = "telemetry_rollup"

    def __str__(self) -> str:
        return f"{self.point_id} {self.level_s} s, day {self.first_day}"


class RollupDue(models.Model):
    """A point and UTC day whose roll-ups do not hold all of its samples yet: readers take the samples themselves."""

    pk = models.CompositePrimaryKey("point_id", "day")
    point_id = models.BigIntegerField()
    day = models.IntegerField()

    class Meta:
        db_table = "telemetry_rollup_due"

    def __str__(self) -> str:
        return f"{self.point_id} day {self.day}"


class Packed(models.Model):
    """How far samples are packed. One row."""

    id = models.SmallIntegerField(primary_key=True)
    frozen_until_ms = models.BigIntegerField(help_text="Samples before this are late.")
    packed_until_ms = models.BigIntegerField(help_text="Rows before this stand in chunks too.")

    class Meta:
        db_table = "telemetry_packed"

    def __str__(self) -> str:
        return f"packed until {self.packed_until_ms}"


class Backfill(models.Model):
    """A point of a simulated base that has been given its past, in the transaction that stored it."""

    point_id = models.BigIntegerField(primary_key=True)
    until_ms = models.BigIntegerField(help_text="Where its own samples begin; all of its past is before.")
    stored_at_ms = models.BigIntegerField()

    class Meta:
        db_table = "telemetry_backfill"

    def __str__(self) -> str:
        return f"{self.point_id} until {self.until_ms}"
