"""Proving who one is by a password: the one way, for every page and interface, throttled and recorded."""

from __future__ import annotations

from datetime import timedelta

from django.contrib.auth import authenticate
from django.contrib.auth.models import User
from django.http import HttpRequest

from greenhouse.access import sign_in_audit, throttle
from greenhouse.access.browser import browser_of, client_address
from greenhouse.access.people import has_expired
from greenhouse.deadlines import Moment


class SignInRefused(Exception):
    """The person is not who the name says, as far as this attempt shows."""


class WrongNameOrPassword(SignInRefused):
    """One of the two; it is not said which."""


class TooManyFailures(SignInRefused):
    """Further attempts have to wait.

    Attributes
    ----------
    wait : timedelta
        How long.
    """

    def __init__(self, wait: timedelta) -> None:
        super().__init__(f"wait {wait}")
        self.wait = wait


def prove(request: HttpRequest, username: str, password: str, *, now: Moment) -> User:
    """The person of a name and a password.

    A name that nobody has is treated as one that somebody has, in words, in counting and in the time it takes.

    Raises
    ------
    WrongNameOrPassword
        And further attempts are taken.
    TooManyFailures
        And further attempts have to wait; the password was not looked at if they had to before.
    """
    browser = browser_of(request)
    known_browser = browser.number if browser is not None and browser.knows(username) else ""
    address = client_address(request)
    counts = throttle.counts_for(username, address=address, known_browser=known_browser)
    if wait := throttle.take_attempt(counts, now=now):
        sign_in_audit.refused(address)
        raise TooManyFailures(wait)
    user = authenticate(request, username=username, password=password)
    if isinstance(user, User) and not has_expired(user, now.wall):
        throttle.forgive(counts, username, now=now)
        return user
    wait = throttle.pause_now(counts, now=now)
    sign_in_audit.failed(username, address=address, wait=wait, now=now.wall)
    if wait:
        raise TooManyFailures(wait)
    raise WrongNameOrPassword
