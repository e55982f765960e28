"""Who calls, and whether they may: a program with a token, or a page with its person's session.

Each operation names the scope it needs, and is closed to everybody else. A token can do no more than its person may at
the moment of the call.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.contrib.auth.models import User
from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext, pgettext_lazy
from ninja.security.base import AuthBase
from ninja.utils import check_csrf

from greenhouse.access import rates, tokens
from greenhouse.access.browser import client_address
from greenhouse.access.models import ApiToken
from greenhouse.access.rates import Rate
from greenhouse.access.roles import Action, may, role_name, role_of
from greenhouse.access.sessions import MUST_CHANGE_PASSWORD
from greenhouse.access.tokens import ACTION_OF, Scope, scope_name
from greenhouse.api.problems import Problem, ProblemKind
from greenhouse.clock import machine_moment_now
from greenhouse.deadlines import Moment

CHALLENGE = {"WWW-Authenticate": 'Bearer realm="greenhouse"'}

_DOING: Mapping[Action, Promise] = {
    Action.LOOK: pgettext_lazy("what a role may not", "see the base"),
    Action.SUBMIT_SETPOINT: pgettext_lazy("what a role may not", "change setpoints"),
    Action.HOLD: pgettext_lazy("what a role may not", "hold points"),
    Action.ACKNOWLEDGE_ALARM: pgettext_lazy("what a role may not", "acknowledge alarms"),
}


@dataclass(frozen=True, slots=True)
class Caller:
    """A person, and the token that acts for them; None: their own session."""

    user: User
    token: ApiToken | None

    @property
    def label(self) -> str:
        """What stands in records as the device that a change was asked from."""
        return "API" if self.token is None else f"API · {self.token}"

    def require(self, scope: Scope) -> None:
        """Do nothing if the caller may, else raise a problem that names what is missing."""
        if self.token is not None and scope.value not in self.token.scopes:
            detail = _(
                "The token “%(name)s” has no scope “%(scope)s” (%(code)s). Make one that has it on the account page."
            )
            raise Problem(
                ProblemKind.NO_SCOPE,
                detail % {"name": self.token.name, "scope": scope_name(scope), "code": scope.value},
            )
        self.require_right(ACTION_OF[scope])

    def require_right(self, action: Action) -> None:
        """Do nothing if the person may, else raise a problem that names the right."""
        if may(self.user, action):
            return
        role = role_of(self.user)
        raise Problem(
            ProblemKind.NOT_ALLOWED,
            _("The role “%(role)s” may not %(doing)s (%(right)s). Ask a supervisor for another role.")
            % {
                "role": pgettext("role", "none") if role is None else role_name(role),
                "doing": _DOING[action],
                "right": action.value,
            },
            code=action.value,
        )


class _Auth(AuthBase):
    """One way to say who calls, for operations that need a scope."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        super().__init__()

    def __call__(self, request: HttpRequest) -> Caller | None:
        """Who calls; None: they did not say so in this way.

        Raises
        ------
        Problem
            If they may not, or call too often.
        """
        now = machine_moment_now()
        caller = self.who(request, now)
        if caller is not None:
            caller.require(self.scope)
        return caller

    def who(self, request: HttpRequest, now: Moment) -> Caller | None:
        """Who calls, whatever they may."""
        raise NotImplementedError


class TokenAuth(_Auth):
    """``Authorization: Bearer gh_…``."""

    openapi_type = "http"
    openapi_scheme = "bearer"

    def who(self, request: HttpRequest, now: Moment) -> Caller | None:
        """Whose token it is."""
        return caller_of_token(request, now)


class SessionAuth(_Auth):
    """The session of a person who is signed in to the console; what changes something needs the page's CSRF token."""

    openapi_type = "apiKey"
    openapi_in = "cookie"
    openapi_name = settings.SESSION_COOKIE_NAME

    def who(self, request: HttpRequest, now: Moment) -> Caller | None:
        """Whose session it is."""
        caller = caller_of_session(request, now)
        if caller is not None and check_csrf(request) is not None:
            raise Problem(
                ProblemKind.CROSS_SITE,
                _("A page that changes something sends its CSRF token as X-CSRFToken. A program uses an API token."),
            )
        return caller


def needs(scope: Scope) -> list[_Auth]:
    """Both ways to say who calls."""
    return [TokenAuth(scope), SessionAuth(scope)]


def caller_of(request: HttpRequest) -> Caller:
    """Who calls, inside an operation."""
    caller = getattr(request, "auth", None)
    assert isinstance(caller, Caller)
    return caller


def caller_of_token(request: HttpRequest, now: Moment) -> Caller | None:
    """The person of the call's token; None: there is no token."""
    header = request.headers.get("Authorization", "")
    if not header:
        return None
    scheme, _blank, secret = header.partition(" ")
    try:
        if scheme.lower() != "bearer":
            raise tokens.UnknownToken
        token = tokens.prove(secret.strip(), now=now.wall)
    except tokens.TokenRefused as refused:
        take_as_stranger(request, now)
        raise _token_problem(refused) from refused
    _take(rates.rate_of_token(token.pk, settings.API_CALLS_PER_MINUTE), now)
    tokens.note_use(token, now=now.wall)
    return Caller(token.owner, token)


def caller_of_session(request: HttpRequest, now: Moment) -> Caller | None:
    """The person of the call's session; None: nobody is signed in.

    Raises
    ------
    Problem
        If they call too often, or have to choose a password first.
    """
    user = request.user
    if not isinstance(user, User):
        return None
    _take(rates.rate_of_person(user.pk, settings.API_CALLS_PER_MINUTE), now)
    if request.session.get(MUST_CHANGE_PASSWORD):  # as on pages: the middleware lets every call come here
        detail = _("Somebody else has seen this password. Choose one of your own on the account page first.")
        raise Problem(ProblemKind.NOT_ALLOWED, detail, code=MUST_CHANGE_PASSWORD)
    return Caller(user, None)


def take_as_stranger(request: HttpRequest, now: Moment) -> None:
    """Count a call of somebody who has not shown who they are.

    Raises
    ------
    Problem
        If there were too many from this address.
    """
    _take(rates.rate_of_address(client_address(request), settings.API_STRANGERS_CALLS_PER_MINUTE), now)


def not_signed_in() -> Problem:
    """Nobody said who calls."""
    return Problem(
        ProblemKind.NOT_SIGNED_IN,
        _("Send an API token as “Authorization: Bearer gh_…”, or sign in. Tokens are made on the account page."),
        headers=CHALLENGE,
    )


def _take(rate: Rate, now: Moment) -> None:
    wait = rates.allowances.take(rate, now=now)
    if wait > timedelta(0):
        seconds = math.ceil(wait.total_seconds())
        raise Problem(
            ProblemKind.TOO_MANY_CALLS,
            ngettext(
                "At most %(calls)s calls a minute are served. Try again in %(n)s second.",
                "At most %(calls)s calls a minute are served. Try again in %(n)s seconds.",
                seconds,
            )
            % {"calls": rate.calls, "n": seconds},
            headers={"Retry-After": str(seconds)},
        )


def _token_problem(refused: tokens.TokenRefused) -> Problem:
    headers = {"WWW-Authenticate": f'{CHALLENGE["WWW-Authenticate"]}, error="invalid_token"'}
    if isinstance(refused, tokens.TokenOver):
        return Problem(
            ProblemKind.TOKEN_OVER, _("This token has expired. Make a new one on the account page."), headers=headers
        )
    if isinstance(refused, tokens.TokenRevoked | tokens.TokenOfNobody):
        return Problem(
            ProblemKind.TOKEN_REVOKED,
            _("This token was revoked, or its person is no longer active. Make a new one on the account page."),
            headers=headers,
        )
    return Problem(
        ProblemKind.TOKEN_UNKNOWN,
        _("Send the whole token, “Authorization: Bearer gh_…”, as it was shown when it was made."),
        headers=headers,
    )
