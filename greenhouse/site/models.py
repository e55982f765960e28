"""What stands where, as rows. The base file is the way in (`greenhouse.site.basefile`); pages and wiring read
`greenhouse.site.structure`. Words of a closed set (kind, quantity, unit, ...) are the values of the enumerations in
``devices`` and in the base file's schema.

Rows are switched off (``enabled``), never deleted: samples and commands keep pointing at them.
"""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from devices.profiles.recording import RecordMode
from greenhouse.site.basefile.schema import LineKind
from greenhouse.site.keys import KEY_LENGTH, POINT_KEY_LENGTH

NAME_LENGTH = 200


class Named(models.Model):
    """Something of the base with a key that never changes and a name in both languages."""

    key = models.CharField(max_length=KEY_LENGTH, unique=True)
    name_zh = models.CharField(max_length=NAME_LENGTH)
    name_en = models.CharField(max_length=NAME_LENGTH)
    enabled = models.BooleanField(default=True)
    position = models.PositiveIntegerField(default=0, help_text="Order in the base file, which is the order on pages.")

    class Meta:
        abstract = True
        ordering = ("position", "key")

    def __str__(self) -> str:
        return self.key


class Base(models.Model):
    """The base. There is one row."""

    key = models.CharField(max_length=KEY_LENGTH, unique=True)
    name_zh = models.CharField(max_length=NAME_LENGTH)
    name_en = models.CharField(max_length=NAME_LENGTH)
    latitude_deg = models.FloatField()
    longitude_deg = models.FloatField()
    elevation_m = models.FloatField()
    time_zone = models.CharField(max_length=50)
    revision = models.UUIDField(help_text="Another one after each import that changed anything.")
    is_being_loaded = models.BooleanField(
        default=False, help_text="An import has begun to change something and has not told its new revision yet."
    )

    def __str__(self) -> str:
        return self.key


class House(Named):
    """A house of the base."""

    kind = models.CharField(max_length=20)
    area_m2 = models.FloatField()

    class Meta(Named.Meta):
        constraints = [models.CheckConstraint(condition=Q(area_m2__gt=0), name="house_area_above_zero")]


class Compartment(Named):
    """A part of a house with a climate of its own."""

    house = models.ForeignKey(House, on_delete=models.PROTECT, related_name="compartments")
    area_m2 = models.FloatField()

    class Meta(Named.Meta):
        constraints = [models.CheckConstraint(condition=Q(area_m2__gt=0), name="compartment_area_above_zero")]


class Line(Named):
    """A field-bus line. NULL in ``gap`` and ``inter_frame_gap_s``: the default of its kind."""

    kind = models.CharField(max_length=20)
    host = models.CharField(max_length=255, null=True)
    port = models.PositiveIntegerField(null=True)
    serial_port = models.CharField(max_length=255, null=True)
    baudrate = models.PositiveIntegerField()
    parity = models.CharField(max_length=1)
    stopbits = models.PositiveSmallIntegerField()
    connections = models.PositiveSmallIntegerField()
    gap = models.PositiveSmallIntegerField(null=True)
    connect_timeout_s = models.FloatField()
    inter_frame_gap_s = models.FloatField(null=True)

    class Meta(Named.Meta):
        constraints = [
            models.CheckConstraint(
                condition=Q(kind=LineKind.SERIAL.value, serial_port__isnull=False)
                | (~Q(kind=LineKind.SERIAL.value) & Q(host__isnull=False, port__range=(1, 65535))),
                name="line_has_an_address_of_its_kind",
            )
        ]


class SiteProfile(models.Model):
    """A device profile that the site brought along, as the text that was checked at import."""

    key = models.CharField(max_length=KEY_LENGTH, unique=True)
    text = models.TextField()

    def __str__(self) -> str:
        return self.key


class Device(Named):
    """A device on a line.

    ``overrides`` is its ``points`` table of the base file, word for word: wiring applies it to the profile again, so
    limits and ranges keep the profile's own units there. ``Point`` rows carry them in canonical units.
    """

    profile = models.CharField(max_length=KEY_LENGTH)
    line = models.ForeignKey(Line, on_delete=models.PROTECT, related_name="devices")
    unit_id = models.PositiveSmallIntegerField()
    compartment = models.ForeignKey(Compartment, on_delete=models.PROTECT, null=True, related_name="devices")
    origin = models.CharField(max_length=20)
    timeout_s = models.FloatField(null=True)
    retries = models.PositiveSmallIntegerField(null=True)
    overrides = models.JSONField(default=dict)

    class Meta(Named.Meta):
        constraints = [
            models.CheckConstraint(condition=Q(unit_id__range=(1, 255)), name="device_unit_id_1_to_255"),
            models.UniqueConstraint(
                fields=("line", "unit_id"), condition=Q(enabled=True), name="device_unit_id_once_per_line"
            ),
        ]


class Point(models.Model):
    """A value of the base: of a device, of the link to a device, or of the control process itself.

    Everything here is in the canonical unit of the quantity. A virtual point is on no bus.
    """

    key = models.CharField(max_length=POINT_KEY_LENGTH, unique=True, help_text="device.point")
    device = models.ForeignKey(Device, on_delete=models.PROTECT, null=True, related_name="points")
    local_key = models.CharField(max_length=100, help_text="Key of the point within its device.")
    position = models.PositiveIntegerField(default=0)
    label_zh = models.CharField(max_length=NAME_LENGTH)
    label_en = models.CharField(max_length=NAME_LENGTH)
    quantity = models.CharField(max_length=40)
    unit = models.CharField(max_length=20)
    access = models.CharField(max_length=12)
    poll_s = models.FloatField()
    record = models.CharField(max_length=10, default=RecordMode.EVERY.value, help_text="Which polls become history.")
    record_dead_band = models.FloatField(default=0.0, help_text="With change: a difference that is still none.")
    record_interval_s = models.FloatField(default=0.0, help_text="With interval: time between two samples.")
    valid_low = models.FloatField(null=True)
    valid_high = models.FloatField(null=True)
    limit_low = models.FloatField(null=True)
    limit_high = models.FloatField(null=True)
    tolerance = models.FloatField(null=True, help_text="Read-back may differ by so much and is the same.")
    confirm_within_s = models.FloatField(null=True)
    readback = models.CharField(
        max_length=POINT_KEY_LENGTH, null=True, help_text="Key of the point that shows whether a write took."
    )
    is_absolute = models.BooleanField(default=True, help_text="Writing a value twice is writing it once.")
    needs_approval = models.BooleanField(default=False, help_text="A second person has to agree to a change.")
    output_kind = models.CharField(max_length=20, null=True)
    stopped_by = models.CharField(max_length=20, null=True)
    run_time_point = models.CharField(
        max_length=POINT_KEY_LENGTH, null=True, help_text="Key of the register that ends it by itself."
    )
    accepted_risk_by = models.CharField(max_length=NAME_LENGTH, null=True)
    accepted_risk_reason = models.TextField(null=True)
    states = models.JSONField(default=list, help_text="[[number, zh, en], ...]")
    role = models.CharField(max_length=30, null=True, help_text="What it is to whoever controls a climate.")
    motion = models.JSONField(null=True, help_text="How an output moves what it moves: see `structure.Motion`.")
    is_virtual = models.BooleanField(default=False)
    enabled = models.BooleanField(default=True)

    class Meta:
        ordering = ("position", "key")
        constraints = [
            models.CheckConstraint(condition=Q(poll_s__gt=0), name="point_poll_above_zero"),
            models.CheckConstraint(
                condition=Q(record_dead_band__gte=0, record_interval_s__gte=0), name="point_record_not_negative"
            ),
            models.CheckConstraint(
                condition=Q(limit_low__isnull=True, limit_high__isnull=True) | Q(limit_low__lt=F("limit_high")),
                name="point_limits_in_order",
            ),
            models.CheckConstraint(
                condition=Q(accepted_risk_by__isnull=True) | ~Q(accepted_risk_reason=""),
                name="point_accepted_risk_has_a_reason",
            ),
        ]

    def __str__(self) -> str:
        return self.key


class ValveGroup(Named):
    """Valves that open together, one group at a time per water source. Points are named by their keys.

    ``longest_run_s``: no run lasts longer. NULL in ``pump`` and ``meter``: there is none.
    """

    compartment = models.ForeignKey(Compartment, on_delete=models.PROTECT, related_name="valve_groups")
    valves = models.JSONField(default=list)
    area_m2 = models.FloatField()
    longest_run_s = models.FloatField()
    pump = models.CharField(max_length=POINT_KEY_LENGTH, null=True)
    meter = models.CharField(max_length=POINT_KEY_LENGTH, null=True)

    class Meta(Named.Meta):
        constraints = [
            models.CheckConstraint(
                condition=Q(area_m2__gt=0, longest_run_s__gt=0), name="valve_group_area_and_run_above_zero"
            )
        ]


class LearnedHole(models.Model):
    """Addresses of a device that answered exception 2 within a block; never swept up again."""

    device = models.ForeignKey(Device, on_delete=models.CASCADE, related_name="holes")
    table = models.CharField(max_length=10)
    first = models.PositiveIntegerField()
    end = models.PositiveIntegerField(help_text="One past the last address.")
    learned_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=("device", "table", "first", "end"), name="learned_hole_once"),
            models.CheckConstraint(condition=Q(first__lt=F("end"), end__lte=65536), name="learned_hole_in_order"),
        ]

    def __str__(self) -> str:
        return f"{self.device_id} {self.table} {self.first}..{self.end - 1}"
