"""``manage.py training``: how the clock of a training base goes, and another pace for it."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from greenhouse.base_clock import LEAD_S, LEAST_PACE, MOST_PACE, ChangeUnderWay, PaceRefused
from greenhouse.clock import boot_s
from greenhouse.site import structure
from greenhouse.training import stored
from greenhouse.training.errors import TrainingError


class Command(BaseCommand):
    """For whoever leads a lesson, or lets a day of the base pass in minutes."""

    help = "Show the clock of the training base, or let it go at another pace: `training pace 60`."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("action", nargs="?", choices=("show", "pace"), default="show")
        parser.add_argument("pace", nargs="?", type=float, help="base seconds per second, 1 to 720")

    def handle(self, *_args: Any, action: str, pace: float | None, **_options: Any) -> None:
        if (action == "pace") != (pace is not None):
            raise CommandError(_("Say how fast: manage.py training pace 60"))
        try:
            clock = stored.running() if pace is None else stored.set_pace(pace, by=None)
        except TrainingError as error:
            raise CommandError(str(error)) from error
        except PaceRefused as error:
            limits = {"least": LEAST_PACE, "most": MOST_PACE}
            raise CommandError(_("The pace is a number from %(least)g to %(most)g.") % limits) from error
        except ChangeUnderWay as error:
            raise CommandError(_("The last change has not come yet. Try again in two seconds.")) from error
        at = clock.at(boot_s()).astimezone(structure.time_zone())
        facts = {"at": f"{at:%Y-%m-%d %H:%M:%S}", "pace": clock.pace}
        words = (
            _("%(at)s base time, time goes as usual")
            if clock.pace == 1
            else _("%(at)s base time, %(pace)g times as fast")
        )
        self.stdout.write(words % facts)
        if pace is not None:
            self.stdout.write(_("It comes in %(lead)g seconds, in all processes at once.") % {"lead": LEAD_S})
