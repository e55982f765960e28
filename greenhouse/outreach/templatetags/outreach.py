"""What templates of visitors' pages need beyond Django's own."""

from __future__ import annotations

from collections.abc import Mapping

from django import template

register = template.Library()


@register.filter
def entry(files: Mapping[str, str], name: str) -> str:
    """Path of a built script or style."""
    return files[name]
