"""The forms of an account: signing in, and another password."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.contrib.auth.forms import AuthenticationForm, PasswordChangeForm
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from greenhouse.access import sign_in
from greenhouse.clock import moment_now


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
                self.user_cache = sign_in.prove(self.request, username, password, now=moment_now())
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
            sign_in.prove(self._request, self.user.get_username(), old, now=moment_now())
        except sign_in.TooManyFailures as error:
            raise ValidationError(too_many_failures(error.wait)) from error
        except sign_in.WrongNameOrPassword as error:
            raise ValidationError(_("This is not your password.")) from error
        return old


def too_many_failures(wait: timedelta) -> str:
    """What a person reads who has to wait."""
    minutes = math.ceil(wait.total_seconds() / 60)
    return ngettext(
        "Too many failed attempts. Try again in %(n)s minute. The engineer can end the wait.",
        "Too many failed attempts. Try again in %(n)s minutes. The engineer can end the wait.",
        minutes,
    ) % {"n": minutes}
