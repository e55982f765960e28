"""Bases staged for pictures, each in a process of its own, because a process has one store."""

from __future__ import annotations

import logging
import os
import shutil
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import exp, pi, sin
from pathlib import Path
from typing import TYPE_CHECKING

from tests.browser.pictures import stored
from tests.browser.pictures.stored import LOCAL, is_day, wait_until
from tests.browser.pictures.visiting import visitors

if TYPE_CHECKING:
    from tests.browser.line_cut import LineCut
    from tests.browser.stage import Stage
    from tests.outreach.public_server import PublicServer

PASSWORD = "for pictures only"
PEOPLE = {"li": "technician", "zhang": "supervisor", "wang": "engineer"}
"""A login of each role that the pictures need. Their names are what a base would call them: 王工 and so on."""
NAMES = {"li": "李师傅", "zhang": "张主管", "wang": "王工"}
AT_ONCE = "\n".join(
    f'[[alarm]]\nkey = "{key}"\non_delay_s = 0\noff_delay_s = 0\nreason = "a picture has no minutes"'
    for key in ("air-temperature-low-low", "link-lost", "tank-level-low", "relative-humidity-high")
)
"""Alarms that do not wait for their delays."""


@dataclass
class Scene:
    """A console to take pictures of, and what stands behind it; only the address of one that runs already."""

    address: str
    logins: dict[str, tuple[str, str]]
    """Name and password by role."""
    stage: Stage | None = None
    line: LineCut | None = None
    addresses: dict[str, str] = field(default_factory=dict)
    """Addresses that are known only once something has been stored."""
    visitors: PublicServer | None = None
    """The process that visitors reach."""


def running(address: str, name: str, password: str) -> Scene:
    """A base that runs already, seen by one person."""
    return Scene(address, dict.fromkeys(PEOPLE.values(), (name, password)))


@contextmanager
def staged(name: str) -> Iterator[Scene]:
    """A console on a base of its own, which is gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="greenhouse-pictures-"))
    os.environ |= {"GREENHOUSE_VAR": str(folder), "DJANGO_SETTINGS_MODULE": "config.settings.console"}
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"  # the browser's event loop runs in the thread that stages
    import django

    django.setup()
    logging.disable(logging.ERROR)  # outages are staged, and a busy machine is no fault of a picture
    from django.contrib.auth.models import Group, User
    from django.core.management import call_command
    from django.utils import timezone

    for alias in ("default", "telemetry"):
        call_command("migrate", database=alias, interactive=False, verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    for login, role in PEOPLE.items():
        user = User.objects.create_user(login, password=PASSWORD, first_name=NAMES[login])
        user.groups.add(Group.objects.get(name=role))
    import_it, tell = SCENES[name]
    import_it(timezone.now())
    scene = Scene("", {role: (login, PASSWORD) for login, role in PEOPLE.items()})
    try:
        with _console(scene):
            tell(scene)
            yield scene
    finally:
        if scene.stage is not None:
            scene.stage.stop()
        if scene.visitors is not None:
            scene.visitors.kill()
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _console(scene: Scene) -> Iterator[None]:
    """The console in a thread, behind a line that can be cut."""
    import uvicorn

    from config.asgi import application  # now: it lists the collected files when it is imported
    from tests.browser.line_cut import LineCut

    server = uvicorn.Server(uvicorn.Config(application, port=0, log_level="error", lifespan="off"))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        thread.join(0.05)
    line = LineCut(server.servers[0].sockets[0].getsockname()[1])
    line.start()
    scene.line, scene.address = line, line.address
    try:
        yield
    finally:
        line.stop()
        server.should_exit = True
        thread.join(timeout=20)


def _demonstration(now: datetime, alarms: str = "") -> None:
    """The demonstration base with its stored file, changed once: a heating limit."""
    from dataclasses import replace

    from django.conf import settings
    from django.contrib.auth.models import User

    from greenhouse.configuration import versions
    from greenhouse.configuration.source import read_disk
    from greenhouse.configuration.versions import Author

    source = replace(read_disk(settings.BASE_FILE), alarms=alarms)
    versions.apply(source, Author(None, "第一版"), seen=0, now=now - timedelta(days=3))
    changed = replace(source, base=source.base.replace("area_m2 = 480", "area_m2 = 486", 1))
    engineer = User.objects.get(username="wang")
    versions.apply(changed, Author(engineer, "重新测量了面积"), seen=1, now=now - timedelta(days=1))


def _with_alarms(now: datetime) -> None:
    _demonstration(now, AT_ONCE)


def _forty(now: datetime) -> None:
    """Forty solar greenhouses, each with a controller, and a weather station."""
    from greenhouse.site.basefile.importer import import_base
    from tests.bases import BASE, COMPARTMENT, CONTROLLER, HOUSE, LINE, WEATHER, read

    houses = [
        (HOUSE + COMPARTMENT + CONTROLLER)
        .replace('"h1', f'"h{number}')
        .replace("1号", f"{number}号")
        .replace("greenhouse 1", f"greenhouse {number}")
        .replace("unit_id = 1", f"unit_id = {number + 10}")
        for number in range(1, 41)
    ]
    base = BASE.replace("小基地", "四十栋温室基地").replace("Small base", "Base of forty houses")
    import_base(read(base + LINE + WEATHER + "".join(houses)), now=now)


def _nothing(_: object) -> None:
    """Nothing at all."""


def _calm(scene: Scene) -> None:
    """A base on which nothing is wrong and nothing was done."""
    from django.utils import timezone

    from tests.browser.stage import Stage

    scene.stage = Stage(utc_now=timezone.now)
    _as_light_as_it_is(scene.stage)
    _remember_days(scene.stage)
    scene.stage.start()


def _busy(scene: Scene) -> None:
    """A base on an ordinary day: a sensor broken, a house switched to local, changes, a hold, notes, missed runs."""
    from django.contrib.auth.models import User
    from django.utils import timezone

    from devices.samples import Quality, Reason
    from greenhouse.access import tokens
    from tests.browser.harvested import store_harvests
    from tests.browser.missed_runs import store_missed_runs
    from tests.browser.stage import Stage

    li, wang = User.objects.get(username="li"), User.objects.get(username="wang")
    store_missed_runs(timezone.now() - timedelta(hours=1), decided_by=wang)
    stage = scene.stage = Stage(utc_now=timezone.now)
    _as_light_as_it_is(stage)
    _remember_days(stage, drifting=DRIFTING)
    stage.set(DRIFTING, 21.6)
    stage.set("truth-h1.device_faults", 32.0)
    for key, value in TRUE_TO_LIFE.items():
        stage.set(key, value)
    stage.set("h3-climate.co2_concentration", None, Quality.BAD, Reason.INVALID_WORD)
    stage.set("h4-climate.control_location", 0.0)
    stage.set("h5-climate.operating_mode", 2.0)
    stage.set("h1-blanket.position", 42.0)
    stage.set("h2-valves.total_volume", 10.066)
    stage.set("h1-blanket.motor_state", 1.0)
    stage.start()
    scene.addresses |= store_harvests(timezone.now(), by=li)
    scene.addresses["batch"] = stored.change_something(li, wang)
    scene.addresses["note"] = stored.note_something(li)
    stored.decide_something()
    stored.change_programs(li)
    stored.water(li)
    lasts = timedelta(days=90)
    tokens.make(li, "气象站网桥", scopes=[tokens.Scope.READ], lasts=lasts, now=timezone.now())
    tokens.make(li, "周报脚本", scopes=list(tokens.offered_scopes(li)), lasts=lasts, now=timezone.now())
    scene.addresses["person"] = f"/setup/people/{li.pk}"


def _troubled(scene: Scene) -> None:
    """Frost, a lost link, an empty tank, air too damp that has become dry again, and programs that cannot be read."""
    from django.contrib.auth.models import User
    from django.utils import timezone

    from greenhouse.site import structure
    from tests.browser.stage import Stage

    stage = scene.stage = Stage(utc_now=timezone.now)
    _as_light_as_it_is(stage)
    stage.set("h2-climate.air_temperature", 4.2)
    stage.set("h3-climate.relative_humidity", 95.0)
    stage.set("h6-vent-roof.link", 0.0)
    stage.set("water-unit.tank_level", 9.0)
    stage.start()
    stored.leave_unreadable(User.objects.get(username="li"))
    wait_until(lambda: _alarms() >= 4)
    stage.set("h3-climate.relative_humidity", 70.0)
    base = structure.base()
    assert base is not None
    lost = "h6-vent-roof."
    stage.silence(*(key for key in base.points if key.startswith(lost) and key != f"{lost}link"))


def _alarms() -> int:
    from greenhouse.alarms.models import Occurrence

    return Occurrence.objects.count()


def _many(scene: Scene) -> None:
    from django.utils import timezone

    from tests.browser.stage import Stage

    scene.stage = Stage(utc_now=timezone.now)
    _as_light_as_it_is(scene.stage)
    scene.stage.start()


def _as_light_as_it_is(stage: Stage) -> None:
    """A picture taken before sunrise must not show a bright day."""
    from greenhouse.site import structure

    if is_day():
        return
    base = structure.base()
    assert base is not None
    for key in base.points | base.truths:
        if key.endswith((".irradiance", ".irradiance_inside", ".photon_flux_density")):
            stage.set(key, 0.0)
        if ("blanket" in key or "vent" in key) and key.endswith(("position", "target_position")):
            stage.set(key, 0.0)


TRUE_TO_LIFE = {
    "h1-climate.floor_temperature": 15.4,
    "h1-climate.heating_pipe_temperature": 33.8,
    "h1-climate.vent_position": 12.0,
    "h1-valves.line_pressure": 3.2,
    "h1-vent-roof.position": 24.0,
    "truth-h1.roof_vent_position": 20.0,
    "truth-h1.blanket_position": 39.0,
}
"""What else the training page of a house compares."""
DRIFTING = "h1-air-check.air_temperature"
DRIFT_K, DRIFT_MINUTES = 3.2, 240
"""A sensor that came to be so far off in the last hours, for the training page."""


def _remember_days(stage: Stage, *, drifting: str = "") -> None:
    """Two days of two houses and of the weather, one sample a minute, ending where the stage begins.

    ``drifting``: key of a point that came to be wrong.
    """
    import numpy as np
    from django.utils import timezone

    from devices.samples import Origin, Reading
    from greenhouse.site import structure
    from greenhouse.site.point_index import point_index
    from greenhouse.telemetry.ingest import record
    from tests.browser.stage import usual_value

    base = structure.base()
    assert base is not None
    drawn = (".air_temperature", ".relative_humidity", ".co2_concentration", ".position", "_setpoint", "irradiance")
    drawn += (".co2", "_vent_position", "blanket_position")
    points = base.points | base.truths
    keys = [key for key in points if key.endswith(drawn) and key.startswith(("h1", "h2", "weather", "truth-h1"))]
    usual = {key: float(usual_value(points[key]) or 0.0) for key in keys}
    now, ids = timezone.now(), dict(point_index().ids)
    for tick, minutes in enumerate(range(49 * 60, 61, -1), start=1):
        at = now - timedelta(minutes=minutes)
        reading = Reading(
            points=tuple(keys),
            values=np.array([_then(key, usual[key], at, minutes) + _drift(key, drifting, minutes) for key in keys]),
            quality=np.zeros(len(keys), dtype=np.uint8),
            reason=np.zeros(len(keys), dtype=np.uint8),
            observed_at=at,
            origin=Origin.SIMULATED,
        )
        record([reading], ids=ids, writer="history", tick=tick, now=at)


def _then(key: str, usual: float, at: datetime, minutes: int) -> float:
    """What a point said then: the sun moves it, and it comes to where the stage begins."""
    local = at.astimezone(LOCAL)
    sun = max(0.0, sin(pi * (local.hour + local.minute / 60 - 7.5) / 10))
    if key.endswith(("irradiance", "irradiance_inside")):
        return 620.0 * sun
    if "blanket" in key:
        return 100.0 if sun > 0.15 else 0.0
    swing = _swing_of(key)
    noise = (0.02 * sin(minutes / 9.0) + 0.015 * sin(minutes / 3.7)) * usual if swing else 0.0
    value = usual + (swing * (sun - 0.4) + noise) * (1 - exp(-(minutes - 60) / 90))
    return max(0.0, value) if key.endswith("position") else value


def _drift(key: str, drifting: str, minutes: int) -> float:
    return DRIFT_K * max(0.0, 1.0 - (minutes - 60) / DRIFT_MINUTES) if key == drifting else 0.0


def _swing_of(key: str) -> float:
    """By how much the sun moves a value."""
    for end, swing in (
        (".air_temperature", 9.0),
        (".relative_humidity", -18.0),
        (".co2_concentration", -260.0),
        (".co2", -260.0),
    ):
        if key.endswith(end):
            return swing
    return 24.0 if key.endswith(("vent-roof.position", "roof_vent_position")) else 0.0


SCENES: dict[str, tuple[Callable[[datetime], None], Callable[[Scene], None]]] = {
    "calm": (_demonstration, _calm),
    "busy": (_demonstration, _busy),
    "troubled": (_with_alarms, _troubled),
    "many": (_forty, _many),
    "empty": (_nothing, _nothing),
    "visitors": (_nothing, visitors("noon")),
    "visitors-morning": (_nothing, visitors("morning")),
    "visitors-sunset": (_nothing, visitors("sunset")),
    "visitors-night": (_nothing, visitors("night")),
    "visitors-late": (_nothing, visitors("noon", age=timedelta(minutes=50))),
    "visitors-first": (_nothing, visitors("")),
}
