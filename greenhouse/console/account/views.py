"""Pages of a person's own account: sign in and out, another password, out everywhere, tokens for programs."""

from __future__ import annotations

import math

from django.contrib.auth import logout, update_session_auth_hash
from django.contrib.auth.models import User
from django.contrib.auth.views import LoginView, LogoutView
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render, resolve_url
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST, require_safe

from greenhouse.access import sign_in_audit, tokens
from greenhouse.access.browser import remember
from greenhouse.access.models import ApiToken
from greenhouse.access.passwords import LongEnough
from greenhouse.access.people import must_change_password, password_is_own
from greenhouse.access.roles import Action, may, role_name, role_of
from greenhouse.access.sessions import MUST_CHANGE_PASSWORD, end_sessions
from greenhouse.clock import machine_utc_now
from greenhouse.console.account.account import (
    ChangePasswordForm,
    SignInForm,
    TokenForm,
    scopes_in_words,
    too_many_tokens,
)
from greenhouse.console.page.middleware import open_without_role
from greenhouse.site import structure


class SignIn(LoginView):
    """Sign in with a name and a password."""

    template_name = "console/account/login.html"
    form_class = SignInForm

    def form_valid(self, form: SignInForm) -> HttpResponse:  # type: ignore[override]  # of form_class
        """Begin a session, and let this browser be known to the account."""
        response = super().form_valid(form)
        user = _person(self.request)
        remember(self.request, response, user.get_username())
        sign_in_audit.signed_in(user, now=machine_utc_now())
        if must_change_password(user):
            self.request.session[MUST_CHANGE_PASSWORD] = True
            response["Location"] = reverse("console:account")
        return response

    def form_invalid(self, form: SignInForm) -> HttpResponse:  # type: ignore[override]  # of form_class
        """Say why not, and when the next attempt will be taken."""
        response = super().form_invalid(form)
        if form.wait:
            response.status_code = 429
            response.headers["Retry-After"] = str(math.ceil(form.wait.total_seconds()))
        return response


class SignOut(LogoutView):
    """Sign out in this browser."""

    def post(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        """End the session."""
        sign_in_audit.signed_out(_person(request), now=machine_utc_now())
        return super().post(request, *args, **kwargs)


@open_without_role
@require_safe
def show_account(request: HttpRequest) -> HttpResponse:
    """The own account: name, role, and what one may do to it."""
    return _account(request)


@open_without_role
@sensitive_post_parameters()
@never_cache
@require_POST
def change_password(request: HttpRequest) -> HttpResponse:
    """Take another password; every other session of the person ends."""
    form = ChangePasswordForm(request, _person(request), request.POST)
    if not form.is_valid():
        return _account(request, form, status=422)
    user = form.save()
    password_is_own(user)
    request.session.pop(MUST_CHANGE_PASSWORD, None)
    update_session_auth_hash(request, user)
    sign_in_audit.password_changed(user, now=machine_utc_now())
    return HttpResponseRedirect(f"{reverse('console:account')}?changed=1")


@open_without_role
@require_POST
def sign_out_everywhere(request: HttpRequest) -> HttpResponse:
    """End every session of the person, this one too."""
    user = _person(request)
    logout(request)
    now = machine_utc_now()
    end_sessions(user, now=now)
    sign_in_audit.signed_out(user, now=now, everywhere=True)
    return HttpResponseRedirect(resolve_url("console:login"))


@never_cache
@require_POST
def make_token(request: HttpRequest) -> HttpResponse:
    """Make a token. Its secret is in this one answer and nowhere else, so the answer is no redirect."""
    owner = _person(request)
    form = TokenForm(owner, request.POST)
    if not form.is_valid():
        return _account(request, token_form=form, status=422)
    name = form.cleaned_data["name"]
    try:
        token, secret = tokens.make(owner, name, scopes=form.chosen_scopes, lasts=form.lasts, now=machine_utc_now())
    except tokens.TooManyTokens:
        form.add_error(None, too_many_tokens())
        return _account(request, token_form=form, status=422)
    return _account(request, made=token, secret=secret)


@open_without_role
@require_POST
def revoke_token(request: HttpRequest, token_id: int) -> HttpResponse:
    """End one of the own tokens."""
    tokens.revoke(token_id, by=_person(request), now=machine_utc_now())
    return HttpResponseRedirect(f"{reverse('console:account')}#tokens")


def _account(
    request: HttpRequest,
    form: ChangePasswordForm | None = None,
    *,
    token_form: TokenForm | None = None,
    made: ApiToken | None = None,
    secret: str = "",
    status: int = 200,
) -> HttpResponse:
    user = _person(request)
    may_look = may(user, Action.LOOK)
    context = {
        "form": form or ChangePasswordForm(request, user),
        "role": role_name(role_of(user) or ""),
        "password_rule": LongEnough().get_help_text(),
        "was_changed": request.GET.get("changed") == "1",
        "tokens": [(token, scopes_in_words(token)) for token in tokens.live(user, now=machine_utc_now())],
        "token_form": (token_form or TokenForm(user)) if may_look else None,
        "made": made,
        "secret": secret,
        "must_change": bool(request.session.get(MUST_CHANGE_PASSWORD)),
    }
    with timezone.override(structure.time_zone()):  # it is there before any base is
        return render(request, "console/account/account.html", context, status=status)


def _person(request: HttpRequest) -> User:
    """Who is signed in; the middleware let nobody else come here."""
    if not isinstance(request.user, User):
        raise PermissionDenied
    return request.user
