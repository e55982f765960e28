"""Publications for tests, put straight into the outreach database."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from math import pi, sin
from zoneinfo import ZoneInfo

from django.db import transaction

from greenhouse.outreach.models import Course, Fact, Place, Publication

LOCAL = ZoneInfo("Asia/Shanghai")
USUAL: Mapping[str, tuple[float | None, str]] = {
    "air_temperature": (18.4, "degC"),
    "relative_humidity": (72, "%"),
    "pipe_temperature": (18, "degC"),
    "blanket_rolled_up": (100, "%"),
    "vents_open": (20, "%"),
    "water_today": (0.96, "m3"),
    "outside_temperature": (-17.2, "degC"),
    "wind_speed": (3.5, "m/s"),
    "sunlight": (430, "W/m2"),
}
OF_BASE = {"outside_temperature", "wind_speed", "sunlight"}


def publish(
    now: datetime,
    *,
    age: timedelta = timedelta(minutes=1),
    machine_at: datetime | None = None,
    origin: str = "simulated",
    daylight: tuple[datetime, datetime] | None = None,
    pace: float = 1.0,
    **changes: float | None,
) -> None:
    """Publish a winter forenoon, with some values changed. ``None``: a value that cannot be believed.

    ``now`` is base time, ``machine_at`` the same moment on the machine's clock where that is another.
    """
    values = USUAL | {name: (value, USUAL[name][1]) for name, value in changes.items()}
    sunrise, sunset = daylight or (now - timedelta(hours=3), now + timedelta(hours=6))
    names = [f"{number}号日光温室" for number in range(1, 7)] + [f"连栋温室{part}区" for part in "ABC"]
    english = [f"Solar greenhouse {number}" for number in range(1, 7)]
    english += [f"Glasshouse compartment {part}" for part in "ABC"]
    with transaction.atomic(using="outreach"):
        for model in (Fact, Place, Course, Publication):
            model.objects.all().delete()
        Publication.objects.create(
            id=1,
            base_name_zh="康巴什设施农业科技示范基地",
            base_name_en="Kangbashi facility-agriculture demonstration base",
            elevation_m=1300,
            time_zone="Asia/Shanghai",
            published_at=now,
            machine_at=machine_at or now,
            pace=pace,
            delay_s=60,
            plants_per_m2=2.5,
            sunrise=sunrise,
            sunset=sunset,
        )
        for number, (zh, en) in enumerate(zip(names, english, strict=True), start=1):
            kind, area_m2 = ("solar", 480) if number <= 6 else ("glasshouse", 512)
            Place.objects.create(
                number=number, name_zh=zh, name_en=en, kind=kind, area_m2=area_m2, is_featured=number == 1
            )
        for name, (value, unit) in values.items():
            for number in [None] if name in OF_BASE else range(1, 10):
                shown = value if number in (None, 1) or value is None else round(value + 0.1 * (number - 5), 1)
                Fact.objects.create(
                    name=name,
                    place_id=number,
                    value=shown,
                    unit=unit,
                    quality="bad" if value is None else "good",
                    origin=origin,
                    observed_at=now - age,
                )
        inside_c, outside_c = (values[name][0] for name in ("air_temperature", "outside_temperature"))
        _courses(now - age, inside_c or 18.0, outside_c or -17.2, origin)


def _courses(end: datetime, inside_c: float, outside_c: float, origin: str) -> None:
    begins_at = (end - timedelta(hours=24)).replace(minute=end.minute // 10 * 10, second=0, microsecond=0)
    local_end = end.astimezone(LOCAL)
    end_hour = local_end.hour + local_end.minute / 60

    def swung(now_c: float, *, by_k: float, from_hour: float) -> Callable[[float], float]:
        """The way of a temperature over the day that comes to where it is now."""
        return lambda hour: now_c + by_k * (sin(pi * (hour - from_hour) / 12) - sin(pi * (end_hour - from_hour) / 12))

    for name, unit, of_hour in (
        ("air_temperature", "degC", swung(inside_c, by_k=7.0, from_hour=8.0)),
        ("outside_temperature", "degC", swung(outside_c, by_k=5.0, from_hour=9.0)),
        ("sunlight", "W/m2", lambda hour: max(0.0, 500 * sin(pi * (hour - 7) / 10))),
        ("blanket_rolled_up", "%", lambda hour: 100.0 if 8.5 <= hour < 17 else 0.0),
    ):
        means = []
        for step in range(144):
            local = (begins_at + timedelta(minutes=10 * step + 5)).astimezone(LOCAL)
            means.append(round(of_hour(local.hour + local.minute / 60), 1))
        Course.objects.create(name=name, unit=unit, origin=origin, begins_at=begins_at, step_s=600, means=means)


def just_now() -> datetime:
    """The time of the machine."""
    return datetime.now(UTC)
