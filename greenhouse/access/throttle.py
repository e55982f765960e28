"""How often somebody may try to sign in: per account, per address, and per browser that the account knows.

After five failures in a row an account takes no attempt for a minute, then for two, and so on up to a quarter of an
hour. Strangers and the person's own phone are counted apart (`greenhouse.access.browser`): who guesses from elsewhere
closes the account to other strangers, never to its own person. All phones of a base may stand behind one address, so an
address is given more failures, and it too is closed to strangers only.

An attempt is counted before the password is looked at, and the count is taken back if it was right: a hundred attempts
sent at the same moment are five.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import IPv6Address, IPv6Network, ip_address

from django.db import transaction
from django.utils.crypto import salted_hmac

from greenhouse.access.models import SignInFailures
from greenhouse.deadlines import Moment, deadline_after

FAILURES_OF_ACCOUNT = 5
FAILURES_OF_ADDRESS = 30
FIRST_WAIT = timedelta(minutes=1)
LONGEST_WAIT = timedelta(minutes=15)
FORGOTTEN_AFTER = timedelta(days=1)
_FORGOTTEN_AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class Count:
    """One thing that failures are counted for.

    Attributes
    ----------
    key : str
        Digest of what it is.
    account : str
        Digest of the user name, where failures count for one account.
    free : int
        Failures in a row that are taken without a pause.
    """

    key: str
    account: str
    free: int


def account_digest(username: str) -> str:
    """The name of an account as it may be stored."""
    return _digest("account", username)


def counts_for(username: str, *, address: str, known_browser: str) -> tuple[Count, ...]:
    """What an attempt counts for.

    Parameters
    ----------
    username : str
        As it was typed.
    address : str
        Network address of the client; empty if it has none.
    known_browser : str
        The browser on which this account was signed in to before; empty for a stranger.
    """
    account = account_digest(username)
    if known_browser:
        return (Count(_digest("browser", f"{known_browser} {username}"), account, FAILURES_OF_ACCOUNT),)
    return (
        Count(account, account, FAILURES_OF_ACCOUNT),
        Count(_digest("address", network_of(address)), "", FAILURES_OF_ADDRESS),
    )


def network_of(address: str) -> str:
    """What one client can hardly change of its address: all of IPv4, the first half of IPv6."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return ""
    return str(IPv6Network((parsed, 64), strict=False)) if isinstance(parsed, IPv6Address) else str(parsed)


def pause_after(failures: int, *, free: int) -> timedelta:
    """How long no attempt is taken after so many failures in a row."""
    if failures < free:
        return timedelta(0)
    doublings = min(failures - free, 10)  # far past the longest wait, and no number that overflows
    return min(FIRST_WAIT * (1 << doublings), LONGEST_WAIT)


@transaction.atomic
def take_attempt(counts: Sequence[Count], *, now: Moment) -> timedelta:
    """Count an attempt as failed until it is known better. Returns the time to wait; zero if it may go on.

    An attempt that has to wait is not counted, and leaves no trace.
    """
    if pause := pause_now(counts, now=now):
        return pause
    _forget(now)
    # Made first and locked then: of two attempts that come together the second waits here for the first.
    SignInFailures.objects.bulk_create(
        [_fresh(count, now) for count in sorted(counts, key=lambda count: count.key)], ignore_conflicts=True
    )
    rows = _locked(counts)
    if pause := _longest(rows.values(), now):
        return pause
    for count in counts:
        row = rows.get(count.key) or _fresh(count, now)  # cleared between these two queries
        row.failures = 1 if now.wall - row.last_at > FORGOTTEN_AFTER else row.failures + 1
        row.last_at = now.wall
        row.close_until(deadline_after(now, pause_after(row.failures, free=count.free)))
        row.save()
    return timedelta(0)


def pause_now(counts: Sequence[Count], *, now: Moment) -> timedelta:
    """How long the next attempt has to wait; zero if it need not."""
    rows = SignInFailures.objects.filter(key__in=[count.key for count in counts])
    return _longest(rows, now)


@transaction.atomic
def forgive(counts: Sequence[Count], username: str, *, now: Moment) -> None:
    """The attempt was right: nothing counts against the account any more, and this attempt not against the address."""
    reopen(username)
    for row in _locked(counts).values():
        row.failures -= 1
        row.close_until(deadline_after(now, timedelta(0)))
        row.save()


def reopen(username: str) -> int:
    """Take attempts for an account again, from anywhere. Returns how many counts were cleared."""
    return SignInFailures.objects.filter(account=account_digest(username)).delete()[0]


def reopen_all() -> int:
    """Take attempts for every account and from every address again. Returns how many counts were cleared."""
    return SignInFailures.objects.all().delete()[0]


def _locked(counts: Sequence[Count]) -> dict[str, SignInFailures]:
    keys = [count.key for count in counts]
    return {row.key: row for row in SignInFailures.objects.select_for_update().filter(key__in=keys).order_by("key")}


def _longest(rows: Iterable[SignInFailures], now: Moment) -> timedelta:
    return max((row.remaining(now) for row in rows), default=timedelta(0))


def _fresh(count: Count, now: Moment) -> SignInFailures:
    row = SignInFailures(key=count.key, account=count.account, failures=0, last_at=now.wall)
    row.close_until(deadline_after(now, timedelta(0)))
    return row


def _forget(now: Moment) -> None:
    old = SignInFailures.objects.filter(last_at__lt=now.wall - FORGOTTEN_AFTER).values_list("key", flat=True)
    SignInFailures.objects.filter(key__in=list(old[:_FORGOTTEN_AT_ONCE])).delete()


def _digest(kind: str, text: str) -> str:
    return salted_hmac(f"greenhouse.access.throttle.{kind}", text, algorithm="sha256").hexdigest()
