"""Visitors' pages staged at moments of a winter day."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from tests.browser.pictures.scenes import Scene

LOCAL = ZoneInfo("Asia/Shanghai")
MOMENTS: dict[str, tuple[float, dict[str, float]]] = {
    "morning": (
        8.8,
        {"air_temperature": 8.4, "outside_temperature": -19.6, "sunlight": 95, "blanket_rolled_up": 40}
        | {"vents_open": 0, "water_today": 0.0, "pipe_temperature": 9, "relative_humidity": 94},
    ),
    "noon": (
        12.6,
        {"air_temperature": 26.3, "outside_temperature": -9.8, "sunlight": 610, "vents_open": 25}
        | {"water_today": 1.38, "relative_humidity": 61},
    ),
    "sunset": (
        17.7,
        {"air_temperature": 16.9, "outside_temperature": -12.1, "sunlight": 25, "blanket_rolled_up": 0}
        | {"vents_open": 0, "water_today": 2.74, "relative_humidity": 88},
    ),
    "night": (
        22.3,
        {"air_temperature": 12.2, "outside_temperature": -20.4, "sunlight": 0, "blanket_rolled_up": 0}
        | {"vents_open": 0, "water_today": 2.74, "pipe_temperature": 41, "relative_humidity": 92},
    ),
}
"""Hours of a winter day at the base, and what is so then on visitors' pages."""


def visitors(moment: str, *, age: timedelta = timedelta(minutes=1)) -> Callable[[Scene], None]:
    """Visitors' pages at a moment of a winter day, on values that are so old; no values at all if it has no name."""

    def tell(scene: Scene) -> None:
        from django.conf import settings
        from django.core.management import call_command

        from tests.outreach.public_server import PublicServer
        from tests.outreach.publication import just_now, publish

        call_command("migrate", database="outreach", interactive=False, verbosity=0)
        if moment:
            hour, values = MOMENTS[moment]
            day = just_now().astimezone(LOCAL).replace(hour=0, minute=0, second=0, microsecond=0)
            sun = day + timedelta(hours=7.9), day + timedelta(hours=18.1)
            publish(day + timedelta(hours=hour), age=age, machine_at=just_now(), daylight=sun, **values)
        folder = settings.VAR_DIR / "visitors"
        folder.mkdir()
        server = PublicServer(folder)
        server.start()
        scene.visitors, scene.addresses["visit"] = server, server.address

    return tell
