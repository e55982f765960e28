"""What every page of the console knows without being told by its view."""

from __future__ import annotations

from django.http import HttpRequest

THEME_COOKIE = "console_theme"
THEMES = ("light", "sun", "night")


def theme(request: HttpRequest) -> dict[str, str]:
    """The display theme this device was set to."""
    wanted = request.COOKIES.get(THEME_COOKIE, THEMES[0])
    return {"theme": wanted if wanted in THEMES else THEMES[0]}
