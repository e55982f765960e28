"""Settings from the environment, read with a type. A bad value is refused at start, never replaced by a default."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TypedDict
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

_TRUE, _FALSE = frozenset({"1", "true", "yes", "on"}), frozenset({"0", "false", "no", "off"})


def text(name: str, default: str) -> str:
    """Value of a variable, or the default if it is unset or empty."""
    return os.environ.get(name, "").strip() or default


def flag(name: str, *, default: bool) -> bool:
    """Yes or no.

    Raises
    ------
    ImproperlyConfigured
        If the variable holds neither.
    """
    value = os.environ.get(name, "").strip().lower()
    if not value:
        return default
    if value in _TRUE:
        return True
    if value in _FALSE:
        return False
    raise ImproperlyConfigured(f"{name}={value!r} is neither yes nor no (use 1 or 0)")


def number(name: str, default: int, *, lowest: int, highest: int = 10_000) -> int:
    """A whole number.

    Raises
    ------
    ImproperlyConfigured
        If the variable holds something else, or a number outside the limits.
    """
    value = text(name, str(default))
    if not value.isdecimal() or not lowest <= int(value) <= highest:
        raise ImproperlyConfigured(f"{name}={value!r} is no whole number from {lowest} to {highest}")
    return int(value)


def names(name: str, default: str) -> list[str]:
    """Parts of a list separated by commas, without blanks."""
    return [part.strip() for part in text(name, default).split(",") if part.strip()]


def choice(name: str, default: str, allowed: frozenset[str]) -> str:
    """One of a closed set of words, upper case.

    Raises
    ------
    ImproperlyConfigured
        If the variable holds another word.
    """
    value = text(name, default).upper()
    if value not in allowed:
        raise ImproperlyConfigured(f"{name}={value!r} is none of {', '.join(sorted(allowed))}")
    return value


def days(name: str, default: int | None) -> int | None:
    """A whole number of days, or None for ``ever``.

    Raises
    ------
    ImproperlyConfigured
        If the variable holds neither.
    """
    value = text(name, "ever" if default is None else str(default)).lower()
    if value == "ever":
        return None
    if not value.isdecimal() or int(value) == 0:
        raise ImproperlyConfigured(f"{name}={value!r} is neither a whole number of days, 1 or more, nor ever")
    return int(value)


def seconds(name: str, default: float, *, at_least: float, at_most: float) -> float:
    """A duration. [s]

    Raises
    ------
    ImproperlyConfigured
        If the variable holds no number, or one outside the limits.
    """
    value = text(name, f"{default:g}")
    try:
        number = float(value)
    except ValueError as error:
        raise ImproperlyConfigured(f"{name}={value!r} is no number of seconds") from error
    if not at_least <= number <= at_most:
        raise ImproperlyConfigured(f"{name}={value!r} is not within {at_least:g} to {at_most:g} s")
    return number


def folder(name: str, default: Path) -> Path:
    """An absolute folder.

    Raises
    ------
    ImproperlyConfigured
        If the path is relative: processes are started from different places.
    """
    path = Path(text(name, str(default))).expanduser()
    if not path.is_absolute():
        raise ImproperlyConfigured(f"{name}={str(path)!r} must be an absolute path")
    return path


class PostgresqlDatabase(TypedDict):
    """A Django database entry for PostgreSQL."""

    ENGINE: str
    NAME: str
    USER: str
    PASSWORD: str
    HOST: str
    PORT: str
    CONN_MAX_AGE: int | None
    CONN_HEALTH_CHECKS: bool
    OPTIONS: Mapping[str, str]


_LIMITED_WAITS = "-c lock_timeout=3s -c idle_in_transaction_session_timeout=5s"
"""No transaction of ours takes longer than 50 ms. So a client that stands still in the middle of one is frozen or cut
off: the server ends it, and nobody waits long behind its locks. ``pg_dump`` and ``pg_restore`` lift both by themselves.
"""


def postgresql(url: str, *, variable: str = "DATABASE_URL") -> PostgresqlDatabase:
    """Django database entry from ``postgresql://user:password@host:port/name?sslmode=require``.

    What the address itself asks for comes last, so it counts: also its ``options``. A fault names the variable.

    Raises
    ------
    ImproperlyConfigured
        If the address has another scheme or no database name. The message never repeats the password.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("postgres", "postgresql"):
        raise ImproperlyConfigured(f"{variable} must start with postgresql://, not {parts.scheme or 'nothing'}://")
    name = unquote(parts.path.removeprefix("/"))
    if not name or "/" in name:
        raise ImproperlyConfigured(f"{variable} names no database: postgresql://user:password@host:port/name")
    try:
        port = parts.port
    except ValueError as error:
        raise ImproperlyConfigured(f"{variable}: the port is no number from 1 to 65535") from error
    asked = dict(parse_qsl(parts.query))
    return {
        "ENGINE": "greenhouse.database.postgresql",
        "NAME": name,
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": unquote(parts.hostname or ""),
        "PORT": str(port or ""),
        "CONN_MAX_AGE": None,
        "CONN_HEALTH_CHECKS": True,
        # A server that is gone must be noticed before the process that waits for it is taken for dead.
        "OPTIONS": {
            "connect_timeout": "3",
            "tcp_user_timeout": "5000",
            **asked,
            "options": f"{_LIMITED_WAITS} {asked.get('options', '')}".strip(),
        },
    }


def redis(url: str) -> str:
    """Address of a Redis server, ``redis://host:6379/0``; empty if there is none.

    Raises
    ------
    ImproperlyConfigured
        If the address has another scheme. The message never repeats the password.
    """
    scheme = urlsplit(url).scheme
    if url and scheme not in ("redis", "rediss", "unix"):
        raise ImproperlyConfigured(f"REDIS_URL must start with redis:// or rediss://, not {scheme or 'nothing'}://")
    return url
