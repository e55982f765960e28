"""Before every page: who may see it, and its language, which is Chinese until the person at this device chooses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.contrib.auth.models import User
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render, resolve_url
from django.urls import reverse
from django.utils import translation
from django.utils.deprecation import MiddlewareMixin
from django.utils.http import url_has_allowed_host_and_scheme

from greenhouse.access.people import note_seen
from greenhouse.access.roles import Action, may
from greenhouse.access.sessions import MUST_CHANGE_PASSWORD
from greenhouse.clock import machine_utc_now

_View = TypeVar("_View", bound=Callable[..., HttpResponseBase])


def open_without_role(view: _View) -> _View:
    """Let every person who is signed in come to a view, with or without a role: it concerns only their own account."""
    view.role_required = False  # type: ignore[attr-defined]  # read by RoleRequired, as Django's own mark is
    return view


class RoleRequired(LoginRequiredMiddleware):
    """Show a page to nobody who is not signed in, or may not look, unless its view says so.

    A view that forgets to ask is closed, not open. Django's ``login_not_required`` opens one to everybody.
    """

    def process_view(
        self,
        request: HttpRequest,
        view_func: Callable[..., HttpResponseBase],
        view_args: tuple[Any, ...],
        view_kwargs: dict[str, Any],
    ) -> HttpResponseBase | None:
        """Answer in place of the view, if it may not be seen."""
        answer: HttpResponseBase | None = super().process_view(request, view_func, view_args, view_kwargs)
        is_open = not getattr(view_func, "login_required", True) or not getattr(view_func, "role_required", True)
        if answer is not None or is_open:
            return answer
        if request.session.get(MUST_CHANGE_PASSWORD):
            return HttpResponseRedirect(reverse("console:account"))
        if may(request.user, Action.LOOK):
            if isinstance(request.user, User):
                note_seen(request.user, machine_utc_now())
            return None
        return render(request, "console/no_role.html", status=403)

    def handle_no_permission(
        self, request: HttpRequest, view_func: Callable[..., HttpResponseBase]
    ) -> HttpResponseRedirect:
        """Lead to the sign-in page and on from there: to this page, or to the one on which a form stood."""
        if request.method in ("GET", "HEAD"):
            return super().handle_no_permission(request, view_func)
        login, field = resolve_url(self.get_login_url(view_func)), self.get_redirect_field_name(view_func)
        return redirect_to_login(_page_of_form(request), login, field)


def _page_of_form(request: HttpRequest) -> str:
    """The page of this site that sent a form. The form's own address is none: asked for, it is a blank one."""
    sender = request.headers.get("Referer", "")
    parts = urlsplit(sender)
    path = f"{parts.path}?{parts.query}" if parts.query else parts.path
    is_ours = url_has_allowed_host_and_scheme(sender, {request.get_host()}, require_https=request.is_secure())
    return path if is_ours and url_has_allowed_host_and_scheme(path, None) else "/"


def chosen_language(request: HttpRequest) -> str:
    """The language that the address names, or else the one that this device was set to."""
    wanted = (request.GET.get("lang", ""), request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, ""))
    chosen = (language for language in wanted if language in dict(settings.LANGUAGES))
    return next(chosen, settings.LANGUAGE_CODE)


class ChosenLanguage(MiddlewareMixin):
    """Speak the language of the cookie that the language switch sets.

    Django's own middleware would follow the browser's preference at a first visit. The computers of a base are often
    set to English by their maker, and the people before them still read Chinese.
    """

    def process_request(self, request: HttpRequest) -> None:
        """Turn the language on for this request."""
        translation.activate(chosen_language(request))
        request.LANGUAGE_CODE = translation.get_language()

    def process_response(self, _request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        """Say which language it is."""
        response.headers.setdefault("Content-Language", translation.get_language() or settings.LANGUAGE_CODE)
        return response
