"""How long a person stays signed in, for the page that warns before the end."""

from __future__ import annotations

from datetime import timedelta

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from greenhouse.access.sessions import ends_at
from greenhouse.clock import machine_utc_now
from greenhouse.console.page.middleware import open_without_role


@open_without_role
@never_cache
@require_safe
def show_session(request: HttpRequest) -> HttpResponse:
    """Who is signed in and for how long; looking extends nothing."""
    return _session(request)


@open_without_role
@never_cache
@require_POST
def extend_session(request: HttpRequest) -> HttpResponse:
    """Stay signed in as long as after a new sign-in."""
    request.session.modified = True
    request.session.save()
    return _session(request)


def session_left(request: HttpRequest) -> timedelta:
    """How long the session of this request still lasts."""
    key = request.session.session_key
    end = None if key is None else ends_at(key)
    return timedelta(0) if end is None else max(timedelta(0), end - machine_utc_now())


def _session(request: HttpRequest) -> JsonResponse:
    """The token for forms comes along: after a new sign-in the one in the page's forms is no good any more."""
    left = session_left(request)
    return JsonResponse(
        {"person": request.user.get_username(), "left_s": round(left.total_seconds()), "csrf": get_token(request)}
    )
