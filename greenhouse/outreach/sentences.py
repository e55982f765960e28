"""The sentences of the displays, in both languages at once: a wall speaks both."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, TypedDict

from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from greenhouse.outreach.lookout import Lookout
from greenhouse.outreach.thirst import Drinking
from greenhouse.outreach.warmth import Warmth

LANGUAGES: Final = {"zh": "zh-hans", "en": "en"}


class Both(TypedDict):
    """One text in both languages."""

    zh: str
    en: str


def both(text: str | Promise, **figures: object) -> Both:
    """A lazy text, said in both languages."""
    said = {}
    for short, code in LANGUAGES.items():
        with translation.override(code):
            said[short] = str(text) % figures if figures else str(text)
    return Both(zh=said["zh"], en=said["en"])


WARMTH: Mapping[Warmth, Promise] = {
    Warmth.UNKNOWN: _("The thermometers are silent just now."),
    Warmth.NOT_WARMER: _("Inside it is about as warm as outside."),
    Warmth.SUN: _("The sun warms the house, and wall and soil store its heat."),
    Warmth.SUN_AND_PIPES: _("Sun and hot-water pipes warm the house together."),
    Warmth.PIPES: _("Hot-water pipes heat the house now."),
    Warmth.BLANKET: _("Wall and soil give back the sun's heat; the blanket keeps it in."),
    Warmth.STORED: _("Wall and soil give back the heat that the sun left."),
}
DRINKING: Mapping[Drinking, Promise] = {
    Drinking.UNKNOWN: _("Plants drink with the light."),
    Drinking.FAST: _("The sun shines: now it drinks fast."),
    Drinking.SLOW: _("Little light: now it drinks slowly."),
    Drinking.HARDLY: _("It is dark: now it hardly drinks."),
}
LOOKOUT: Mapping[Lookout, Promise] = {
    Lookout.BLANKET_MOVING: _("Look up: the blanket is on its way."),
    Lookout.NIGHT: _("The house sleeps under its blanket. It rolls up after sunrise."),
    Lookout.DROPS: _("Look for drops of water on the film."),
    Lookout.VENTS: _("The vents are open: can you feel the draft?"),
    Lookout.WALL: _("Touch the wall in the north: the sun warms it."),
    Lookout.LEAVES: _("Look under a leaf: there it breathes."),
}
WARMER = _("Inside it is %(degrees)s degrees warmer than outside.")
COLDER = _("Inside it is %(degrees)s degrees cooler than outside.")
EVEN = _("Inside and outside it is equally warm.")
DRANK = _("Each plant got %(bottles)s bottles of water.")
NOT_YET = _("No water was given today so far.")
NO_COUNT = _("Today's water is not known.")

TITLES: Mapping[str, Promise] = {
    "now": _("How is the greenhouse now?"),
    "warm": _("Why is it warm in winter?"),
    "drink": _("How much did one plant drink today?"),
    "today": _("What is there to see today?"),
}
INVITATIONS: Mapping[str, Promise] = {
    "now": _("Scan: every house on your phone"),
    "warm": _("Scan: take this picture along"),
    "drink": _("Scan: compare with your own bottle"),
    "today": _("Scan: take the day along"),
}
WORDS: Mapping[str, Promise] = {
    "now": _("just now"),
    "minutes": _("%(n)s min ago"),
    "hours": _("%(n)s h ago"),
    "days": _("%(n)s days ago"),
    "simulated": _("Demonstration data"),
    "estimated": _("estimated"),
    "stale": _("Older than half an hour: last value of %(time)s"),
    "none": _("no value that can be trusted"),
    "waiting": _("Waiting for the first values"),
    "offline": _("No connection. Shown: data of %(time)s"),
    "paused": _("Paused: space bar goes on"),
}
