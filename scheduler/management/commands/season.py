"""``manage.py season``: a season in a model house in seconds, with a program and no devices.

Reads no database and starts nothing.
"""

from __future__ import annotations

import time
from argparse import ArgumentParser
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import translation

from greenhouse.forecast.chart import svg
from greenhouse.forecast.choosing import Choice, plan_of
from greenhouse.forecast.report import as_csv, as_json, text
from greenhouse.forecast.season import MakeHouse, Plan, Season, run_season
from greenhouse.plant.errors import PlantError
from greenhouse.plant.stretch import PlainHouse

_ASKED = {"house", "crop", "medium", "seed", "scenario", "epw", "first", "days", "planted"}


class Command(BaseCommand):
    help = (
        "Run a season: a model house with the frozen baseline program, days to years in seconds. "
        "The same choice gives the same season, bit for bit."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--house", default="solar_greenhouse", help="solar_greenhouse or glasshouse")
        parser.add_argument("--crop", default="tomato", help="a crop, or none for an empty house (default tomato)")
        parser.add_argument("--medium", default="", help="substrate or soil (default: usual for the house)")
        weather = parser.add_mutually_exclusive_group()
        weather.add_argument("--seed", type=int, default=1, help="weather of this seed (default 1)")
        weather.add_argument("--scenario", default="", help="weather of a named scenario; brings its own days")
        weather.add_argument("--epw", type=Path, help="weather of an EPW file")
        parser.add_argument("--without-rain-is-dry", action="store_true", help="take an EPW file without rain as dry")
        parser.add_argument("--first", default="2026-01-01", help="first day (default 2026-01-01); of others its year")
        parser.add_argument("--days", type=int, default=0, help="how many (default: 365, or all that there are)")
        parser.add_argument("--planted", default="", help="day of planting, up to the first day (default: that day)")
        parser.add_argument("--fault", action="append", default=[], help="a plant fault, as torn_film=0.02; repeatable")
        parser.add_argument("--step", type=float, default=60.0, help="seconds of a step of the model (default 60)")
        parser.add_argument("--decide", type=float, default=60.0, help="seconds between decisions (default 60)")
        parser.add_argument("--against", default="", help="another season beside it, as house=glasshouse,seed=2")
        parser.add_argument("--language", default=settings.LANGUAGE_CODE, help="zh-hans or en, of the report")
        parser.add_argument("--json", type=Path, help="write all figures and days to this file")
        parser.add_argument("--csv", type=Path, help="write a row for each day to this file")
        parser.add_argument("--svg", type=Path, help="draw the season into this file")
        parser.add_argument("--plain", action="store_true", help="do not compile: for a few days only")

    def handle(self, *_args: Any, **options: Any) -> None:
        choice = Choice(
            house=options["house"],
            crop=options["crop"],
            medium=options["medium"],
            seed=options["seed"],
            scenario=options["scenario"],
            epw=options["epw"],
            is_dry=options["without_rain_is_dry"],
            first=_day("first", options["first"]),
            days=options["days"],
            planted=_day("planted", options["planted"]) if options["planted"] else None,
            faults=tuple(options["fault"]),
            step_s=options["step"],
            decide_s=options["decide"],
        )
        other = _changed(choice, options["against"]) if options["against"] else None
        try:
            plans = [plan_of(one) for one in (choice, other) if one is not None]
            for plan in plans:
                plan.check()
            make_house = PlainHouse if options["plain"] else self._compiled()
            seasons = [self._run(plan, make_house) for plan in plans]
        except (PlantError, OSError) as error:
            raise CommandError(str(error)) from error
        self._write(seasons, options)

    def _compiled(self) -> MakeHouse:
        # Loading the compiler takes a second, and only a season needs it.
        from greenhouse.plant.compiled import CompiledHouse, keep_machine_code

        keep_machine_code(Path(settings.VAR_DIR) / "machine-code")
        self.stderr.write("Compiling the model: seconds, the first time about a minute.")
        return CompiledHouse

    def _run(self, plan: Plan, make_house: MakeHouse) -> Season:
        began_s = told_s = time.monotonic()

        def progress(done: int, days: int) -> None:
            nonlocal told_s
            if done == days or time.monotonic() - told_s >= 1.0:
                told_s = time.monotonic()
                self.stderr.write(f"day {done} of {days}, {told_s - began_s:.0f} s")

        return run_season(plan, make_house, progress)

    def _write(self, seasons: list[Season], options: dict[str, Any]) -> None:
        with translation.override(options["language"]):
            self.stdout.write(text(*seasons))
            written = {"svg": svg, "json": as_json, "csv": lambda *of: as_csv(of)}
            for name, make in written.items():
                if options[name] is not None:
                    try:
                        options[name].write_text(make(*seasons), encoding="utf-8")
                    except OSError as error:
                        raise CommandError(f"{options[name]}: {error.strerror}") from error


def _day(name: str, told: str) -> date:
    try:
        return date.fromisoformat(told)
    except ValueError as error:
        raise CommandError(f'--{name} "{told}" is no day; write it as 2026-01-31') from error


def _changed(choice: Choice, told: str) -> Choice:
    """The other season: what ``--against`` names, all else as of the first."""
    changes: dict[str, Any] = {}
    for part in told.split(","):
        name, is_given, value = part.strip().partition("=")
        if not is_given or name not in _ASKED:
            raise CommandError(f'--against "{part}": write name=value with a name of {", ".join(sorted(_ASKED))}')
        if name in {"first", "planted"}:
            changes[name] = _day(f"against {name}", value)
        elif name in {"seed", "days"}:
            if not value.isascii() or not value.isdigit():
                raise CommandError(f'--against {name}="{value}": must be a whole number')
            changes[name] = int(value)
        else:
            changes[name] = Path(value) if name == "epw" else value
    if changes.keys() & {"seed", "scenario", "epw"}:
        changes = {"scenario": "", "epw": None, **changes}
    return replace(choice, **changes)
