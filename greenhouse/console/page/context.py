"""What every page of the console knows: from its request alone, and what its script needs to go on live."""

from __future__ import annotations

from datetime import datetime

from django.http import HttpRequest

from greenhouse.console.values.words import words_of_the_page
from greenhouse.site.structure import BaseStructure
from greenhouse.telemetry.codes import to_ms

THEME_COOKIE = "console_theme"
GLOVES_COOKIE = "console_gloves"
THEMES = ("light", "sun", "night")


def preferences(request: HttpRequest) -> dict[str, object]:
    """What this device was set to: its theme, and whether it is used with gloves; no base, for pages without one.

    Looking for a name that no context has, Django writes all of the context to its debug log, the form's token too.
    """
    wanted = request.COOKIES.get(THEME_COOKIE, THEMES[0])
    return {
        "theme": wanted if wanted in THEMES else THEMES[0],
        "gloves": request.COOKIES.get(GLOVES_COOKIE) == "on",
        "base": None,
    }


def live_page(base: BaseStructure, topic: str, *, is_simulated: bool, now: datetime) -> dict[str, object]:
    """What a page needs so that its script can go on live."""
    return {
        "base": base,
        "topic": topic,
        "server_time": now,
        "server_time_ms": to_ms(now),
        "is_simulated": is_simulated,
        "words": words_of_the_page(),
    }
