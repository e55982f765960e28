"""What access refuses."""

from __future__ import annotations


class NotAllowed(Exception):
    """This person may not do this; somebody else has to. Whatever refuses for lack of a right raises it."""
