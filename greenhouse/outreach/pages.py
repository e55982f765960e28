"""What the templates of visitors' pages are given."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from greenhouse.outreach import front_end
from greenhouse.outreach.feed import Current
from greenhouse.outreach.qr import qr_svg
from greenhouse.outreach.sentences import INVITATIONS, LANGUAGES, TITLES, WORDS, both

DISPLAYS: Final = tuple(TITLES)
TAGS: Final = {"zh": "zh-Hans", "en": "en"}
"""How a page names its languages."""


@dataclass(frozen=True, slots=True)
class _Plan:
    """What a display shows.

    Attributes
    ----------
    dwell_s : int
        How long the wall shows it. [s]
    needs : str
        The values that its source line tells of.
    label : str
        What its large number is.
    more : str
        What a phone tells beyond the wall.
    """

    dwell_s: int
    needs: str
    label: Promise
    more: Promise


_PLANS: Final[Mapping[str, _Plan]] = {
    "now": _Plan(
        20,
        "houses outside_temperature",
        _("Warmer than outside"),
        _("Plants like tomatoes grow between 12 and 30 °C. Without the house they would freeze here in winter."),
    ),
    "warm": _Plan(
        20,
        "air_temperature outside_temperature sunlight blanket_rolled_up",
        _("Air in the house"),
        _(
            "Sunlight passes the film and warms the thick wall and the soil. In the evening the blanket rolls down "
            "over the film, and wall and soil give their heat back to the air all night."
        ),
    ),
    "drink": _Plan(
        20,
        "water_today",
        _("Water for one plant today"),
        _(
            "The dripper gives water to the roots drop by drop. Most of it leaves the plant again through its leaves: "
            "so it stays cool, and lifts nutrients from the soil. The number is the water of the house divided by its "
            "plants."
        ),
    ),
    "today": _Plan(
        20,
        "air_temperature outside_temperature",
        _("Warmest so far today"),
        _("Yellow is the air in the house, blue is the air outside. The dark band shows when the blanket lay on it."),
    ),
}
_TEXTS: Final = {
    "outside": _("Outside"),
    "inside": _("Inside"),
    "wall": _("Wall"),
    "soil": _("Soil"),
    "blanket": _("Blanket"),
    "covered": _("Dark: the blanket lies on the house"),
    "bottle": _("A bottle holds half a liter"),
}
_KEPT_PLACES: Final = {name: {"n": "{n}"} for name in ("minutes", "hours", "days")} | {
    name: {"time": "{time}"} for name in ("stale", "offline")
}
"""Figures that scripts put in."""


def context(current: Current | None, languages: tuple[str, ...], *, name: str = "") -> dict[str, object]:
    """What every template is given.

    Parameters
    ----------
    current : Current or None
        The publication, for what rarely changes: the base and its houses.
    languages : tuple of str
        Both on a wall, the larger one first; one on a phone.
    name : str
        The display of a phone page.
    """
    displays = [_display(each) for each in DISPLAYS]
    other = "zh" if languages[0] == "en" else "en"
    page = f"go/{name}" if name else "base"
    return {
        "current": current,
        "build": "" if current is None else current.build,
        "name": name,
        "languages": [(short, LANGUAGES[short], TAGS[short]) for short in languages],
        "language": languages[0],
        "tag": TAGS[languages[0]],
        "prefix": _prefix(languages[0]),
        "other_address": f"{_prefix(other)}/{page}",
        "files": front_end.files(),
        "displays": displays,
        "display": next((each for each in displays if each["name"] == name), None),
        "texts": _TEXTS,
        "mark": WORDS["simulated"],
        "plants": (345, 465, 600, 730, 850),
        "bottles": (590, 730, 870, 1010),
        "words": {each: both(text, **_KEPT_PLACES.get(each, {})) for each, text in WORDS.items()},
        "not_found": _("There is no such page."),
        "about": _("About this base"),
        **_of_base(current, languages[0]),
    }


def _display(name: str) -> dict[str, object]:
    public: str = settings.PUBLIC_ADDRESS  # type: ignore[misc]  # only the public settings have it
    plan, address = _PLANS[name], f"{public.rstrip('/')}/go/{name}"
    return {
        "name": name,
        "title": TITLES[name],
        "invitation": INVITATIONS[name],
        "dwell_s": plan.dwell_s,
        "needs": plan.needs,
        "label": plan.label,
        "more": plan.more,
        "template": f"outreach/displays/{name}.html",
        "scene": f"outreach/scenes/{name}.html",
        "qr": qr_svg(address),
        "full_address": address,
        "address": address.partition("://")[2],
    }


def _of_base(current: Current | None, language: str) -> dict[str, object]:
    if current is None:
        return {}
    published = current.published
    houses = published.houses
    return {
        "base_name": published.base_name_en if language == "en" else published.base_name_zh,
        "houses": houses,
        "total_area_m2": f"{sum(house.area_m2 for house in houses):.0f}",
        "has_solar": any(house.kind == "solar" for house in houses),
        "has_glass": any(house.kind == "glasshouse" for house in houses),
    }


def _prefix(language: str) -> str:
    return "/en" if language == "en" else ""
