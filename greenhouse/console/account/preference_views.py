"""What a device is set to: its theme, and whether it is used with gloves."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_POST

from greenhouse.console.page.context import GLOVES_COOKIE, THEME_COOKIE, THEMES
from greenhouse.console.page.going_on import safe_next

YEAR_S = 365 * 24 * 3600


@require_POST
def set_theme(request: HttpRequest) -> HttpResponse:
    """Remember the display theme of this device."""
    response = HttpResponseRedirect(_back(request))
    theme = request.POST.get("theme", "")
    if theme in THEMES:
        response.set_cookie(
            THEME_COOKIE, theme, max_age=YEAR_S, samesite="Lax", httponly=True, secure=request.is_secure()
        )
    return response


@require_POST
def set_gloves(request: HttpRequest) -> HttpResponse:
    """Remember whether whoever holds this device wears gloves."""
    response = HttpResponseRedirect(_back(request))
    if request.POST.get("gloves") == "on":
        response.set_cookie(
            GLOVES_COOKIE, "on", max_age=YEAR_S, samesite="Lax", httponly=True, secure=request.is_secure()
        )
    else:
        response.delete_cookie(GLOVES_COOKIE, samesite="Lax")
    return response


def _back(request: HttpRequest) -> str:
    return safe_next(request, request.POST.get("next", ""), otherwise="/")
