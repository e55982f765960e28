"""A place for the rights, the failed sign-ins and calls that are still counted, and the tokens of programs."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from greenhouse.access.roles import Action
from greenhouse.deadlines import Deadline, Moment
from greenhouse.stored_deadlines import columns, stored


class Right(models.Model):
    """Has no table; its permissions are the actions of `greenhouse.access.roles`.

    Django keeps each permission with a model, and these belong to no table.
    """

    class Meta:
        managed = False
        default_permissions = ()
        permissions = [(action.value, f"May {action.value.replace('_', ' ')}") for action in Action]

    def __str__(self) -> str:
        return "rights"


class SignInFailures(models.Model):
    """Failed sign-ins in a row, counted under one key (`greenhouse.access.throttle`).

    Keys are keyed digests: people type passwords into the field of the user name, and none must be stored.

    Attributes
    ----------
    account : str
        Digest of the user name that was typed; empty for an address, under which many are typed.
    closed_until : datetime
        Until then no further attempt is taken under this key; a deadline in three columns, see
        `greenhouse.stored_deadlines`.
    """

    key = models.CharField(max_length=64, primary_key=True)
    account = models.CharField(max_length=64, db_index=True)
    failures = models.PositiveIntegerField()
    last_at = models.DateTimeField(db_index=True)
    closed_until = models.DateTimeField()
    closed_until_boot_id = models.CharField(max_length=36)
    closed_until_boot_s = models.FloatField()

    def __str__(self) -> str:
        return f"{self.failures} failures"

    def remaining(self, now: Moment) -> timedelta:
        """How much longer no attempt is taken; zero if one is."""
        deadline = stored(self, "closed_until")
        return timedelta(0) if deadline is None else max(deadline.remaining(now), timedelta(0))

    def close_until(self, deadline: Deadline) -> None:
        """Take no attempt before then."""
        for name, value in columns("closed_until", deadline).items():
            setattr(self, name, value)


class CallAllowance(models.Model):
    """Calls that were given out under one key in the running minute (`greenhouse.access.rates`).

    Attributes
    ----------
    ends_at : datetime
        Then the count begins again; a deadline in three columns, see `greenhouse.stored_deadlines`.
    """

    key = models.CharField(max_length=64, primary_key=True)
    given = models.PositiveIntegerField()
    ends_at = models.DateTimeField(db_index=True)
    ends_at_boot_id = models.CharField(max_length=36)
    ends_at_boot_s = models.FloatField()

    def __str__(self) -> str:
        return f"{self.given} calls"

    @property
    def deadline(self) -> Deadline:
        """When the count begins again."""
        return Deadline(self.ends_at, self.ends_at_boot_id, self.ends_at_boot_s)

    def end_at(self, deadline: Deadline) -> None:
        """Begin to count again then."""
        for name, value in columns("ends_at", deadline).items():
            setattr(self, name, value)


class ApiToken(models.Model):
    """A program may act for a person, within some scopes. Only the digest of its secret is kept.

    Changed by `greenhouse.access.tokens` alone.

    Attributes
    ----------
    hint : str
        First signs of the secret, by which a person tells one token from another.
    scopes : list of str
        Values of `greenhouse.access.tokens.Scope`.
    """

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="api_tokens")
    name = models.CharField(max_length=60)
    digest = models.CharField(max_length=64, unique=True)
    hint = models.CharField(max_length=12)
    scopes = models.JSONField(default=list)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ()
        constraints = [
            models.CheckConstraint(condition=Q(expires_at__gt=F("created_at")), name="api_token_lasts"),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.hint}…)"

    def is_live(self, now: datetime) -> bool:
        """Whether it still opens anything."""
        return self.revoked_at is None and now < self.expires_at


class OneTimePassword(models.Model):
    """A person's password was made by somebody else, who has seen it; it has to be changed at the next sign-in."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, primary_key=True, related_name="+")
    made_at = models.DateTimeField()

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return str(self.made_at)


class Seen(models.Model):
    """When a person was last on a page, to within minutes."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, primary_key=True, related_name="+")
    at = models.DateTimeField()

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return str(self.at)
