"""Names in the reader's language. Chinese first: it is also what a reader of an unknown language gets."""

from __future__ import annotations

from django.utils.translation import get_language


def in_readers_language(zh: str, en: str) -> str:
    """The name in the language that is active in this request."""
    return en if (get_language() or "").startswith("en") else zh
