"""Why a note was not stored.

AnnotationError
├── TextRefused         there is no text, or it is too long              -> write another one
├── SpanRefused         the span ends before it begins                   -> choose another one
├── UnknownAnnotation   there is no such note any more                   -> nothing to do
└── ChangedMeanwhile    somebody else has changed it since it was read   -> read it again

Who lacks the right gets `greenhouse.access.errors.NotAllowed`.
"""

from __future__ import annotations


class AnnotationError(Exception):
    """Nothing was stored."""


class TextRefused(AnnotationError):
    """There is no text, or it is longer than a note may be."""


class SpanRefused(AnnotationError):
    """The span ends before it begins, or lies outside all sense."""


class UnknownAnnotation(AnnotationError):
    """There is no such note, or it was deleted."""


class ChangedMeanwhile(AnnotationError):
    """Somebody else has changed the note since it was read."""
