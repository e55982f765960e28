"""The device before a person: its network address, and the accounts that were signed in to on it before.

A cookie holds the device's own number and digests of those accounts, signed, so that nobody can claim a device.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponseBase

from greenhouse.access.throttle import account_digest

DEVICE_COOKIE = "console_device"
REMEMBERED_FOR = timedelta(days=180)
ACCOUNTS_KEPT = 12
"""Accounts per device, the newest: a cookie holds 4,096 bytes, and a tablet of the base has many hands."""
_SALT = "greenhouse.access.device"


@dataclass(frozen=True, slots=True)
class Device:
    """What a browser's cookie says of it."""

    number: str
    accounts: tuple[str, ...]

    def knows(self, username: str) -> bool:
        """Whether this account was signed in to here before."""
        return account_digest(username) in self.accounts


def device_of(request: HttpRequest) -> Device | None:
    """The device that sends a request; None for one that nobody signed in on, or whose cookie is not ours."""
    try:
        number, *accounts = signing.loads(request.COOKIES.get(DEVICE_COOKIE, ""), salt=_SALT, max_age=REMEMBERED_FOR)
    except (signing.BadSignature, ValueError):
        return None
    return Device(number, tuple(accounts))


def remember(request: HttpRequest, response: HttpResponseBase, username: str) -> None:
    """Let the device that sent a request be known to an account."""
    device = device_of(request) or Device(secrets.token_urlsafe(12), ())
    account = account_digest(username)
    accounts = [account, *(known for known in device.accounts if known != account)][:ACCOUNTS_KEPT]
    response.set_cookie(
        DEVICE_COOKIE,
        signing.dumps([device.number, *accounts], salt=_SALT, compress=True),
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
