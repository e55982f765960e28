"""The browser before a person: its name and network address, and the accounts that were signed in to on it before.

A cookie holds the browser's own number and digests of those accounts, signed, so that nobody can claim a browser.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponseBase

from greenhouse.access.throttle import account_digest

BROWSER_COOKIE = "console_browser"
REMEMBERED_FOR = timedelta(days=180)
ACCOUNTS_KEPT = 12
"""Accounts per browser, the newest: a cookie holds 4,096 bytes, and a tablet of the base has many hands."""
_SALT = "greenhouse.access.browser"

_SYSTEMS = {
    "Android": "Android",
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Windows": "Windows",
    "Mac OS": "Mac",
    "Linux": "Linux",
}
_BROWSERS = {
    "MicroMessenger": "WeChat",
    "Edg/": "Edge",
    "Firefox/": "Firefox",
    "Chrome/": "Chrome",
    "Safari/": "Safari",
}


@dataclass(frozen=True, slots=True)
class Browser:
    """What a browser's cookie says of it."""

    number: str
    accounts: tuple[str, ...]

    def knows(self, username: str) -> bool:
        """Whether this account was signed in to here before."""
        return account_digest(username) in self.accounts


def browser_of(request: HttpRequest) -> Browser | None:
    """The browser that sends a request; None for one that nobody signed in on, or whose cookie is not ours."""
    try:
        number, *accounts = signing.loads(request.COOKIES.get(BROWSER_COOKIE, ""), salt=_SALT, max_age=REMEMBERED_FOR)
    except (signing.BadSignature, ValueError):
        return None
    return Browser(number, tuple(accounts))


def remember(request: HttpRequest, response: HttpResponseBase, username: str) -> None:
    """Let the browser that sent a request be known to an account."""
    browser = browser_of(request) or Browser(secrets.token_urlsafe(12), ())
    account = account_digest(username)
    accounts = [account, *(known for known in browser.accounts if known != account)][:ACCOUNTS_KEPT]
    response.set_cookie(
        BROWSER_COOKIE,
        signing.dumps([browser.number, *accounts], salt=_SALT, compress=True),
        max_age=REMEMBERED_FOR,
        httponly=True,
        samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE,
    )


def client_address(request: HttpRequest) -> str:
    """Network address of the client; behind a proxy that is named in the settings, the one that the proxy saw."""
    address = str(request.META.get("REMOTE_ADDR", ""))
    for hop in reversed(request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")):
        if address not in settings.TRUSTED_PROXIES or not hop.strip():
            break
        address = hop.strip()
    return address


def device_of(request: HttpRequest) -> str:
    """The phone or computer that a request comes from, for the record."""
    return device_label(request.headers.get("User-Agent", ""))


def device_label(user_agent: str) -> str:
    """Phone or computer and its browser, as a person would name them."""
    system = next((name for sign, name in _SYSTEMS.items() if sign in user_agent), "")
    browser = next((name for sign, name in _BROWSERS.items() if sign in user_agent), "")
    return " ".join(filter(None, (system, browser)))
