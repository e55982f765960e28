"""Passwords: what people may take, and those that the system makes for them."""

from __future__ import annotations

import secrets

from django.contrib.auth.password_validation import MinimumLengthValidator
from django.utils.translation import ngettext

SHORTEST_PASSWORD = 10
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"  # without letters and digits that look alike


def new_password() -> str:
    """Three groups of four signs: 59 bits, and can be read out over the phone."""
    return "-".join("".join(secrets.choice(_ALPHABET) for _sign in range(4)) for _group in range(3))


class LongEnough(MinimumLengthValidator):
    """Django's rule of the shortest password, with sentences that are there in Chinese as well."""

    def __init__(self, min_length: int = SHORTEST_PASSWORD) -> None:
        super().__init__(min_length)

    def get_error_message(self) -> str:
        """What a person reads whose password is too short."""
        return ngettext(
            "This password is too short. It needs at least %(n)s character.",
            "This password is too short. It needs at least %(n)s characters.",
            self.min_length,
        ) % {"n": self.min_length}

    def get_help_text(self) -> str:
        """What a person reads before choosing a password."""
        return ngettext(
            "At least %(n)s character; not your name, and no password that many people use.",
            "At least %(n)s characters; not your name, and no password that many people use.",
            self.min_length,
        ) % {"n": self.min_length}
