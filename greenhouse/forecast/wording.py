"""What the pure parts say, in the language of whoever reads it."""

from __future__ import annotations

from django.utils.translation import gettext, ngettext

from devices.errors import FaultyFile
from greenhouse.plant.errors import PlantError
from greenhouse.plant.sentences import Sentence


def said(text: str) -> str:
    """A text in the active language; one that is no ``Sentence`` stays as it is."""
    return text.in_words(gettext) if isinstance(text, Sentence) else text


def said_error(error: PlantError) -> str:
    """What an error says in the active language; of a file, each of its faults on a line."""
    if isinstance(error, FaultyFile):
        count = len(error.faults)
        head = ngettext("%(file)s: %(count)d fault", "%(file)s: %(count)d faults", count)
        return "\n  ".join([head % {"file": error.file, "count": count}, *map(said, error.faults)])
    return said(error.args[0])
