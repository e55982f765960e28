"""The forms of an account: signing in, another password, a token for a program."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django import forms
from django.contrib.auth.forms import AuthenticationForm, PasswordChangeForm
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext

from greenhouse.access import sign_in, tokens
from greenhouse.access.models import ApiToken
from greenhouse.access.tokens import Scope, scope_name
from greenhouse.clock import machine_moment_now


class SignInForm(AuthenticationForm):
    """A name and a password, proven in the one way there is.

    Attributes
    ----------
    wait : timedelta
        How long the next attempt has to wait; zero if it need not.
    """

    request: HttpRequest
    wait = timedelta(0)

    def clean(self) -> dict[str, Any]:
        """Say who it is, or why that is not known."""
        username, password = self.cleaned_data.get("username"), self.cleaned_data.get("password")
        if username and password:
            try:
                self.user_cache = sign_in.prove(self.request, username, password, now=machine_moment_now())
            except sign_in.TooManyFailures as error:
                self.wait = error.wait
                raise ValidationError(too_many_failures(error.wait)) from error
            except sign_in.WrongNameOrPassword as error:
                raise ValidationError(_("The user name or the password is wrong.")) from error
        return self.cleaned_data


class ChangePasswordForm(PasswordChangeForm):
    """The old password, and the new one twice. Guessing the old one counts as signing in does."""

    def __init__(self, request: HttpRequest, user: User, data: Mapping[str, str] | None = None) -> None:
        super().__init__(user, data)
        self._request = request

    def clean(self) -> dict[str, Any]:
        """Another password has to be another one: the old one may have been seen."""
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if data.get("new_password1") and data.get("new_password1") == data.get("old_password"):
            self.add_error("new_password1", _("This is the old password. Choose another one."))
        return data

    def clean_old_password(self) -> str:
        """The old password, if it is."""
        old = str(self.cleaned_data["old_password"])
        try:
            sign_in.prove(self._request, self.user.get_username(), old, now=machine_moment_now())
        except sign_in.TooManyFailures as error:
            raise ValidationError(too_many_failures(error.wait)) from error
        except sign_in.WrongNameOrPassword as error:
            raise ValidationError(_("This is not your password.")) from error
        return old


class TokenForm(forms.Form):
    """What a new token is called, what it may be used for, and how long it lasts."""

    name = forms.CharField(
        max_length=tokens.LONGEST_NAME,
        error_messages={
            "required": gettext_lazy("Give it a name: of the program, or of the computer that it runs on.")
        },
    )
    scopes = forms.MultipleChoiceField(
        error_messages={"required": gettext_lazy("Choose what it may be used for.")},
    )
    days = forms.TypedChoiceField(coerce=int)

    def __init__(self, owner: User, data: Mapping[str, str] | None = None) -> None:
        super().__init__(data, initial={"scopes": [Scope.READ.value], "days": tokens.LIFETIMES_DAYS[1]})
        self.scope_choices = [(scope.value, scope_name(scope)) for scope in tokens.offered_scopes(owner)]
        self.days_choices = [
            (days, ngettext("%(n)s day", "%(n)s days", days) % {"n": days}) for days in tokens.LIFETIMES_DAYS
        ]
        for name, choices in (("scopes", self.scope_choices), ("days", self.days_choices)):
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)
            field.choices = choices

    @property
    def chosen_scopes(self) -> frozenset[Scope]:
        """What it may be used for."""
        return frozenset(map(Scope, self.cleaned_data["scopes"]))

    @property
    def lasts(self) -> timedelta:
        """How long it lasts."""
        return timedelta(days=self.cleaned_data["days"])


def scopes_in_words(token: ApiToken) -> str:
    """What a token may be used for, in the reader's language."""
    return pgettext("between items", ", ").join(scope_name(Scope(scope)) for scope in token.scopes)


def too_many_tokens() -> str:
    """What a person reads who has as many tokens as are allowed."""
    return _("You have %(n)s tokens already. Revoke one that is no longer used.") % {"n": tokens.MOST_LIVE}


def too_many_failures(wait: timedelta) -> str:
    """What a person reads who has to wait."""
    minutes = math.ceil(wait.total_seconds() / 60)
    return ngettext(
        "Too many failed attempts. Try again in %(n)s minute. The engineer can end the wait.",
        "Too many failed attempts. Try again in %(n)s minutes. The engineer can end the wait.",
        minutes,
    ) % {"n": minutes}
