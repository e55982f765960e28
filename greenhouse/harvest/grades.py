"""Grades of a harvest. Pure."""

from __future__ import annotations

from enum import StrEnum


class Grade(StrEnum):
    """From the best to what is not sold; as a base sorts, in this order everywhere."""

    EXTRA = "extra"
    FIRST = "first"
    SECOND = "second"
    CULL = "cull"

    @property
    def is_sold(self) -> bool:
        """Whether it counts as marketable."""
        return self is not Grade.CULL
