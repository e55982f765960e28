"""What a base in service must not be started with. Said at the start of every process, all faults at once.

``GREENHOUSE_PRODUCTION=1`` says that a base is in service; the units of docs/installing.md set it. The settings are
looked at as they are in the end, whichever module they come from.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from django.conf import LazySettings
from django.core.checks import Error
from django.http.request import validate_host

SHORTEST_KEY = 50
FEWEST_DIFFERENT_CHARACTERS = 5
_OTHERS = 0o007
_NOT_THE_OWNER = 0o077


def faults(settings: LazySettings) -> list[Error]:
    """Everything that must be mended before a base goes into service: what is wrong, and what to do."""
    return [
        *_of_the_kind(settings),
        *_of_the_key(settings),
        *_of_the_hosts(settings),
        *_of_the_way(settings),
        *_of_the_files(settings),
    ]


def in_words(found: list[Error]) -> str:
    """The faults as a person reads them at the start of a process."""
    lines = (f"  {number}. {fault.msg} {fault.hint}" for number, fault in enumerate(found, 1))
    return "\n".join(("GREENHOUSE_PRODUCTION is set, and this must be mended first (docs/installing.md):", *lines))


def _of_the_kind(settings: LazySettings) -> Iterator[Error]:
    if settings.TRAINING:
        yield Error(
            "GREENHOUSE_TRAINING is set: a base in service would go by a clock that can be sped up.",
            hint="Unset GREENHOUSE_TRAINING, or GREENHOUSE_PRODUCTION.",
            id="config.E010",
        )


def _of_the_key(settings: LazySettings) -> Iterator[Error]:
    if settings.DEBUG:
        yield Error(
            "GREENHOUSE_DEBUG is on: pages of errors would show the inside of the system to anybody.",
            hint="Unset GREENHOUSE_DEBUG.",
            id="config.E001",
        )
    key = settings.SECRET_KEY
    is_known = key.startswith("django-insecure-") or len(set(key)) < FEWEST_DIFFERENT_CHARACTERS
    if len(key) < SHORTEST_KEY or is_known:
        yield Error(
            f"GREENHOUSE_SECRET_KEY is shorter than {SHORTEST_KEY} characters, or can be guessed.",
            hint="Unset GREENHOUSE_SECRET_KEY: the installation then makes a key of its own and keeps it.",
            id="config.E002",
        )


def _of_the_hosts(settings: LazySettings) -> Iterator[Error]:
    hosts = settings.ALLOWED_HOSTS
    if not hosts or any("*" in host for host in hosts):
        yield Error(
            "GREENHOUSE_ALLOWED_HOSTS lets any host name through.",
            hint="Name the hosts under which the console is reached, for instance GREENHOUSE_ALLOWED_HOSTS=base.lan.",
            id="config.E003",
        )
    public = settings.PUBLIC_HOST.rpartition(":")[0] if ":" in settings.PUBLIC_HOST else settings.PUBLIC_HOST
    if public and validate_host(public.lower().rstrip("."), hosts):
        yield Error(
            "GREENHOUSE_PUBLIC_HOST is one of GREENHOUSE_ALLOWED_HOSTS: visitors' pages would get console cookies.",
            hint="Give the public pages a host name of their own.",
            id="config.E004",
        )


def _of_the_way(settings: LazySettings) -> Iterator[Error]:
    is_https = settings.HTTPS
    if is_https and not (settings.SESSION_COOKIE_SECURE and settings.CSRF_COOKIE_SECURE):
        yield Error(
            "GREENHOUSE_HTTPS is set, but SESSION_COOKIE_SECURE or CSRF_COOKIE_SECURE is off.",
            hint="Leave both to config.settings.console: take them out of your own settings module.",
            id="config.E005",
        )
    if not is_https and any(origin.startswith("https:") for origin in settings.CSRF_TRUSTED_ORIGINS):
        yield Error(
            "GREENHOUSE_TRUSTED_ORIGINS names an https address, but session cookies would also go over plain HTTP.",
            hint="Set GREENHOUSE_HTTPS=1.",
            id="config.E006",
        )
    if is_https and not settings.TRUSTED_PROXIES:
        yield Error(
            "GREENHOUSE_HTTPS is set, but no proxy is named: all people would seem to come from its one address.",
            hint="Name its address as the console sees it, for instance GREENHOUSE_TRUSTED_PROXIES=127.0.0.1.",
            id="config.E007",
        )


def _of_the_files(settings: LazySettings) -> Iterator[Error]:
    var: Path = settings.VAR_DIR
    for path in (var / "secrets", *(var / "secrets").glob("*"), var / "demo-logins.txt"):
        if _mode(path) & _NOT_THE_OWNER:
            yield Error(
                f"{path} holds secrets, and others than its owner may open it.",
                hint=f"Run: chmod go-rwx {path}",
                id="config.E008",
            )
    for path in (var, *var.glob("*.sqlite3*")):
        if _mode(path) & _OTHERS:
            yield Error(
                f"{path} (in GREENHOUSE_VAR) is open to every user of this machine.",
                hint=f"Run: chmod o-rwx {path}",
                id="config.E009",
            )


def _mode(path: Path) -> int:
    try:
        return path.stat().st_mode
    except FileNotFoundError:  # never made, or a database has just put its log away
        return 0
