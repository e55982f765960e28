"""Pictures of the console for people to look at: ``make screenshots`` writes them into ``screenshots/``.

Without arguments a base is staged for them. ``--address``, ``--user`` and ``--password`` show a base that runs already.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(PROJECT))

SETPOINT = "h2-climate.heating_setpoint"
SIZES = {"phone": (390, 844), "desk": (1440, 900), "wall": (1920, 1080)}
PAGES = {
    "overview": "/",
    "house": "/houses/h2",
    "equipment": "/equipment",
    "sheet": f"/?sheet={SETPOINT}",
    "points": "/points",
    "alarms": "/alarms",
    "schedules": "/schedules",
    "trends": "/trends?house=h2&preset=temperature&hours=1",
    "openings": "/trends?house=h1&preset=openings&hours=1",
    "change-log": "/changes/log",
    "decisions": "/decisions",
    "setup": "/setup",
}
LOOKS = (("light", "zh-hans"), ("sun", "zh-hans"), ("night", "zh-hans"), ("light", "en"))
PASSWORD = "for pictures only"
AT_ONCE = "\n".join(
    f'[[alarm]]\nkey = "{key}"\non_delay_s = 0\noff_delay_s = 0\nreason = "a picture has no minutes"'
    for key in ("air-temperature-low-low", "link-lost", "tank-level-low")
)
"""Alarms that do not wait for their delays."""


@dataclass(frozen=True)
class Console:
    """A console to take pictures of."""

    address: str
    user: str
    password: str


@contextmanager
def staged_console(*, with_alarms: bool) -> Iterator[Console]:
    """A console on a base of its own, which is gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="greenhouse-pictures-"))
    os.environ |= {"GREENHOUSE_VAR": str(folder), "DJANGO_SETTINGS_MODULE": "config.settings.console"}
    import django

    django.setup()
    import uvicorn
    from django.conf import settings
    from django.contrib.auth.models import Group, User
    from django.core.management import call_command
    from django.utils import timezone

    from devices.samples import Quality, Reason
    from greenhouse.alarms import site_file
    from greenhouse.site.basefile.importer import import_base
    from greenhouse.site.basefile.reader import load_base
    from tests.browser.missed_runs import store_missed_runs
    from tests.browser.stage import Stage

    for alias in ("default", "telemetry"):
        call_command("migrate", database=alias, interactive=False, verbosity=0)
    alarms = AT_ONCE if with_alarms else ""
    now = timezone.now()
    import_base(load_base(settings.BASE_FILE), now=now, also=lambda: site_file.store(alarms, now=now))
    call_command("collectstatic", interactive=False, verbosity=0)
    User.objects.create_user("li", password=PASSWORD).groups.add(Group.objects.get(name="technician"))
    wang = User.objects.create_user("wang", first_name="王工")
    wang.groups.add(Group.objects.get(name="engineer"))
    store_missed_runs(timezone.now(), decided_by=wang)
    stage = Stage(utc_now=timezone.now)
    stage.set("h3-climate.co2_concentration", None, Quality.BAD, Reason.INVALID_WORD)
    stage.set("h4-climate.control_location", 0.0)
    stage.set("h5-climate.operating_mode", 2.0)
    stage.set("h1-blanket.position", 42.0)
    stage.set("h1-blanket.motor_state", 1.0)
    if with_alarms:
        stage.set("h2-climate.air_temperature", 4.2)
        stage.set("h6-vent-roof.link", 0.0)
        stage.set("water-unit.tank_level", 9.0)
    stage.start()
    _change_something(User.objects.get(username="li"), wang)
    from config.asgi import application  # now: it lists the collected files when it is imported

    server = uvicorn.Server(uvicorn.Config(application, port=0, log_level="warning", lifespan="off"))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        thread.join(0.05)
    try:
        yield Console(f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}", "li", PASSWORD)
    finally:
        server.should_exit = True
        thread.join(timeout=20)
        stage.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _change_something(technician: object, engineer: object) -> None:
    """Changes for the lists of changes, one of them a manual hold."""
    from datetime import timedelta

    from greenhouse.clock import moment_now
    from greenhouse.commands.submit import submit_setpoint

    for point, old, new, person, hold_for in (
        ("h2-climate.ventilation_setpoint", 24.0, 25.0, technician, None),
        ("h2-climate.heating_setpoint", 16.0, 16.5, engineer, None),
        ("h2-climate.humidity_setpoint", 80.0, 84.0, technician, timedelta(hours=2)),
        ("g1-b-climate.co2_setpoint", 700.0, 750.0, technician, None),
    ):
        submit_setpoint(point, new, by=person, seen_value=old, seen_at=None, now=moment_now(), hold_for=hold_for)


def take_pictures(console: Console, into: Path) -> None:
    """Every page in every size and look."""
    from playwright.sync_api import sync_playwright

    into.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        for size, (width, height) in SIZES.items():
            for theme, language in LOOKS:
                context = browser.new_context(viewport={"width": width, "height": height}, base_url=console.address)
                looks = {"console_theme": theme, "console_language": language}
                context.add_cookies([{"name": k, "value": v, "url": console.address} for k, v in looks.items()])
                page = context.new_page()
                page.goto("/login")
                page.screenshot(path=into / f"login-{size}-{theme}-{language}.png")
                page.fill("#id_username", console.user)
                page.fill("#id_password", console.password)
                page.press("#id_password", "Enter")
                page.wait_for_selector("html[data-link=linked]")
                for name, path in PAGES.items():
                    page.goto(path)
                    page.wait_for_selector("html[data-link=linked]")
                    if name == "sheet":
                        page.wait_for_selector("#sheet [data-cmd-state]")
                    page.wait_for_timeout(1500)
                    page.screenshot(path=into / f"{name}-{size}-{theme}-{language}.png")
                context.close()
        browser.close()


def main() -> None:
    """Take the pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--address", help="of a console that runs already")
    parser.add_argument("--user", default="technician")
    parser.add_argument("--password", default="")
    parser.add_argument("--alarms", action="store_true", help="stage alarms: frost, a lost link, an empty tank")
    arguments = parser.parse_args()
    into = PROJECT / "screenshots"
    if arguments.address:
        take_pictures(Console(arguments.address, arguments.user, arguments.password), into)
    else:
        with staged_console(with_alarms=arguments.alarms) as console:
            take_pictures(console, into)
    sys.stdout.write(f"{len(list(into.glob('*.png')))} pictures in {into}\n")


if __name__ == "__main__":
    main()
