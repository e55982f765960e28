"""What access refuses."""

from __future__ import annotations


class NotAllowed(Exception):
    """This person may not do this; somebody else has to. Whatever refuses for lack of a right raises it."""


class OwnAccount(NotAllowed):
    """Somebody else has to change this login: nobody gives themselves rights or shuts themselves out."""


class LastEngineer(NotAllowed):
    """Without this engineer nobody could let the others in."""


class NameRefused(Exception):
    """No login can have this name."""


class NameTaken(Exception):
    """There is a login of this name."""
