"""``manage.py demo_irrigation``: programs that water the simulated base by themselves, once, while there are none yet.

Doses follow the crop: 1.7 ml/m² for each J/cm² of sun and 1.3 times as much water as is taken up
(`greenhouse/forecast/data/baseline.toml`), about 2 L/m² on a day of winter.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError

from devices.samples import Origin
from greenhouse.access.roles import Role
from greenhouse.clock import moment_now
from greenhouse.rules import irrigation_programs
from greenhouse.rules.errors import FaultyIrrigation
from greenhouse.site.basefile.reader import load_base
from greenhouse.site.valve_groups import valve_groups
from scheduler.management.commands.demo_logins import DEMO_ADDRESS

REASON = "演示基地的灌溉程序"
_BY_AREA = {"kind": "volume_per_area"}
PROGRAMS: Mapping[str, Mapping[str, Any]] = {
    "demo-clock": {
        "name": "日光温室1至3号 · 定时",
        "groups": ["h1-north", "h1-south", "h2-north", "h2-south", "h3-north", "h3-south"],
        "dose": {**_BY_AREA, "amount": 0.7},
        "starts": {"kind": "clock", "minutes": [8 * 60 + 30, 11 * 60, 14 * 60]},
        "rest_min": 60,
    },
    "demo-interval": {
        "name": "日光温室4至6号 · 日出后间隔",
        "groups": ["h4-north", "h4-south", "h5-north", "h5-south", "h6-north", "h6-south"],
        "dose": {**_BY_AREA, "amount": 0.4},
        "starts": {"kind": "interval", "first": "sunrise+60", "interval_min": 90, "last": "sunset-90"},
        "rest_min": 30,
    },
    "demo-radiation": {
        "name": "连栋温室 · 光照累积",
        "groups": ["g1-a-north", "g1-a-south", "g1-b-north", "g1-b-south", "g1-c-north", "g1-c-south"],
        "dose": {**_BY_AREA, "amount": 0.45},
        "starts": {
            "kind": "radiation",
            "first": "sunrise+60",
            "last": "sunset-60",
            "sum_j_cm2": 200,
            "without_radiation_min": 180,
        },
        "rest_min": 20,
    },
}
"""Documents by key; each of the three kinds of start once. Groups that the base file has not are left out."""


class Command(BaseCommand):
    help = "Switch on programs that water a simulated base, unless it has irrigation programs already."

    def handle(self, *_args: Any, **_options: Any) -> None:
        if settings.PRODUCTION or settings.TRAINING:
            raise CommandError("Only a demonstration base waters by demonstration programs.")
        base = load_base(settings.BASE_FILE)
        if any(device.origin is not Origin.SIMULATED for device in base.devices):
            raise CommandError("The base file has real devices: nothing is watered that nobody asked for.")
        author = User.objects.filter(username=Role.TECHNICIAN.value, email__endswith=f"@{DEMO_ADDRESS}").first()
        if author is None or irrigation_programs.newest().exists():
            return
        for key, program in PROGRAMS.items():
            groups = [group for group in program["groups"] if group in valve_groups()]
            if not groups:
                continue
            document = {**program, "groups": groups}
            try:
                irrigation_programs.save(
                    key, document, is_on=True, seen_version=0, by=author, reason=REASON, now=moment_now()
                )
            except FaultyIrrigation as error:
                self.stderr.write(f"{key}: {error}")
