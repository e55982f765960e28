"""``manage.py season``: a season in a model house in seconds, with a program and no devices.

Starts nothing, and reads the base's store only where the weather of its own station is asked for.
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
from django.db import DatabaseError
from django.utils import translation
from django.utils.translation import gettext as _

from greenhouse.forecast.chart import svg
from greenhouse.forecast.choosing import BASELINE, Choice, plan_of
from greenhouse.forecast.report import as_csv, as_json, text
from greenhouse.forecast.season import MakeHouse, Plan, Season, run_season
from greenhouse.forecast.wording import said_error
from greenhouse.plant.errors import PlantError
from greenhouse.plant.stretch import PlainHouse

_ASKED = {"house", "crop", "medium", "seed", "scenario", "epw", "station", "first", "days", "planted", "program"}


class Command(BaseCommand):
    help = (
        "Run a season: a model house with a program, days to years in seconds. "
        "The same choice gives the same season, bit for bit."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--house", default="solar_greenhouse", help="solar_greenhouse or glasshouse")
        parser.add_argument("--crop", default="tomato", help="a crop, or none for an empty house (default tomato)")
        parser.add_argument("--medium", default="", help="substrate or soil (default: usual for the house)")
        parser.add_argument(
            "--program",
            default=BASELINE,
            help="baseline, which is frozen, or standard: the climate program that a house begins with",
        )
        weather = parser.add_mutually_exclusive_group()
        weather.add_argument("--seed", type=int, default=1, help="weather of this seed (default 1)")
        weather.add_argument("--scenario", default="", help="weather of a named scenario; brings its own days")
        weather.add_argument("--epw", type=Path, help="weather of an EPW file")
        weather.add_argument("--station", default="", help="weather that this station of the base measured")
        parser.add_argument("--without-rain-is-dry", action="store_true", help="take weather without rain as dry")
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
        with translation.override(options["language"]):
            self._handle(options)

    def _handle(self, options: dict[str, Any]) -> None:
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
            program=options["program"],
            station=options["station"],
        )
        for name in ("json", "csv", "svg"):
            if options[name] is not None and not options[name].parent.is_dir():
                raise CommandError(_("there is no folder %(folder)s") % {"folder": options[name].parent})
        other = _changed(choice, options["against"]) if options["against"] else None
        try:
            plans = [plan_of(one) for one in (choice, other) if one is not None]
            for plan in plans:
                plan.check()
            make_house = PlainHouse if options["plain"] else self._compiled()
            seasons = [self._run(plan, make_house) for plan in plans]
        except PlantError as error:
            raise CommandError(said_error(error)) from error
        except FileNotFoundError as error:
            raise CommandError(_("there is no file %(file)s") % {"file": error.filename}) from error
        except OSError as error:
            raise CommandError(_unreadable(error)) from error
        except DatabaseError as error:
            told = _("the store of this base cannot be read (%(why)s); start the base once, or choose other weather")
            raise CommandError(told % {"why": error}) from error
        self._write(seasons, options)

    def _compiled(self) -> MakeHouse:
        # Loading the compiler takes a second, and only a season needs it.
        from greenhouse.plant.compiled import CompiledHouse, keep_machine_code

        keep_machine_code(Path(settings.VAR_DIR) / "machine-code")
        self.stderr.write(_("Compiling the model: seconds, the first time about a minute."))
        return CompiledHouse

    def _run(self, plan: Plan, make_house: MakeHouse) -> Season:
        began_s = told_s = time.monotonic()

        def progress(done: int, days: int) -> None:
            nonlocal told_s
            if done == days or time.monotonic() - told_s >= 1.0:
                told_s = time.monotonic()
                figures = {"done": done, "days": days, "seconds": f"{told_s - began_s:.0f}"}
                self.stderr.write(_("day %(done)s of %(days)s, %(seconds)s s") % figures)

        return run_season(plan, make_house, progress)

    def _write(self, seasons: list[Season], options: dict[str, Any]) -> None:
        self.stdout.write(text(*seasons))
        written = {"svg": svg, "json": as_json, "csv": lambda *of: as_csv(of)}
        for name, make in written.items():
            if options[name] is not None:
                try:
                    options[name].write_text(make(*seasons), encoding="utf-8")
                except OSError as error:
                    raise CommandError(_unreadable(error)) from error


def _unreadable(error: OSError) -> str:
    return _("%(file)s: the system refuses it (%(why)s)") % {"file": error.filename, "why": error.strerror}


def _day(name: str, told: str) -> date:
    try:
        return date.fromisoformat(told)
    except ValueError as error:
        figures = {"option": f"--{name}", "told": told}
        raise CommandError(_('%(option)s "%(told)s" is no day; write it as 2026-01-31') % figures) from error


def _changed(choice: Choice, told: str) -> Choice:
    """The other season: what ``--against`` names, all else as of the first."""
    changes: dict[str, Any] = {}
    for part in told.split(","):
        name, is_given, value = part.strip().partition("=")
        if not is_given or name not in _ASKED:
            figures = {"part": part, "names": ", ".join(sorted(_ASKED))}
            raise CommandError(_('--against "%(part)s": write name=value with a name of %(names)s') % figures)
        if name in {"first", "planted"}:
            changes[name] = _day(f"against {name}", value)
        elif name in {"seed", "days"}:
            if not value.isascii() or not value.isdigit():
                figures = {"name": name, "value": value}
                raise CommandError(_('--against %(name)s="%(value)s": must be a whole number') % figures)
            changes[name] = int(value)
        else:
            changes[name] = Path(value) if name == "epw" else value
    if changes.keys() & {"seed", "scenario", "epw", "station"}:
        changes = {"scenario": "", "epw": None, "station": "", **changes}
    return replace(choice, **changes)
