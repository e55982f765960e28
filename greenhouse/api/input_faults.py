"""Sentences for what is wrong with the input of a call, in the reader's language: what is wanted, not what was not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from greenhouse.api.problems import InputFault, Problem, ProblemKind

LONGEST_WHERE = 100
MOST_FAULTS = 20

_SENTENCES: Mapping[str, Promise] = {
    "missing": gettext_lazy("is missing"),
    "extra_forbidden": gettext_lazy("is not known here; leave it out"),
    "string_type": gettext_lazy("must be a text"),
    "string_unicode": gettext_lazy("must be a text of whole characters"),
    "string_too_long": gettext_lazy("must have at most %(max_length)s characters"),
    "string_too_short": gettext_lazy("must have at least %(min_length)s characters"),
    "string_pattern_mismatch": gettext_lazy("must have the form %(pattern)s"),
    "enum": gettext_lazy("must be one of %(expected)s"),
    "literal_error": gettext_lazy("must be one of %(expected)s"),
    "int_type": gettext_lazy("must be a whole number"),
    "int_parsing": gettext_lazy("must be a whole number"),
    "int_parsing_size": gettext_lazy("is too large a number"),
    "int_from_float": gettext_lazy("must be a whole number"),
    "float_type": gettext_lazy("must be a number"),
    "float_parsing": gettext_lazy("must be a number"),
    "finite_number": gettext_lazy("must be a finite number"),
    "bool_type": gettext_lazy("must be true or false"),
    "bool_parsing": gettext_lazy("must be true or false"),
    "greater_than": gettext_lazy("must be more than %(gt)s"),
    "greater_than_equal": gettext_lazy("must be at least %(ge)s"),
    "less_than": gettext_lazy("must be less than %(lt)s"),
    "less_than_equal": gettext_lazy("must be at most %(le)s"),
    "datetime_type": gettext_lazy("must be a time, like 2026-11-25T08:00:00+08:00"),
    "datetime_parsing": gettext_lazy("must be a time, like 2026-11-25T08:00:00+08:00"),
    "datetime_from_date_parsing": gettext_lazy("must be a time, like 2026-11-25T08:00:00+08:00"),
    "datetime_object_invalid": gettext_lazy("must be a time, like 2026-11-25T08:00:00+08:00"),
    "timezone_aware": gettext_lazy("must name its time zone, like 2026-11-25T08:00:00+08:00"),
    "time_out_of_range": gettext_lazy("must lie in the years 1970 to 2099"),
    "no_control_characters": gettext_lazy("must not contain control characters"),
    "uuid_type": gettext_lazy("must be an id, like 0b9c1a52-6f5e-4a3c-9d8e-1f2a3b4c5d6e"),
    "uuid_parsing": gettext_lazy("must be an id, like 0b9c1a52-6f5e-4a3c-9d8e-1f2a3b4c5d6e"),
    "model_attributes_type": gettext_lazy("must be an object"),
    "model_type": gettext_lazy("must be an object"),
    "dict_type": gettext_lazy("must be an object"),
}


def input_problem(errors: Sequence[Mapping[str, Any]]) -> Problem:
    """The problem of an input that was checked against its description.

    Parameters
    ----------
    errors : sequence of mapping
        As pydantic gives them: ``type``, ``loc``, ``ctx``.
    """
    return faults_problem([InputFault(_where(error["loc"]), _sentence(error)) for error in errors])


def faults_problem(faults: Sequence[InputFault]) -> Problem:
    """The problem of an input with these faults, the first of which is said in full."""
    first, others = faults[0], len(faults) - 1
    detail = _("%(where)s %(fault)s.") % {"where": first.where, "fault": first.message}
    if others:
        more = ngettext("%(n)s further fault is listed.", "%(n)s further faults are listed.", others) % {"n": others}
        detail = f"{detail} {more}"
    return Problem(ProblemKind.BAD_INPUT, detail, faults=faults[:MOST_FAULTS])


def fault(where: str, message: str) -> Problem:
    """The problem of one field."""
    return faults_problem([InputFault(where, message)])


def printable(text: str) -> str:
    """What a caller wrote, as a sentence may repeat it: short, and without signs that no reader sees."""
    return "".join(sign if sign.isprintable() else "?" for sign in text)[:LONGEST_WHERE]


def _where(loc: Sequence[str | int]) -> str:
    """Name of the field as the caller wrote it; the source and the wrapper that it stands in are ours."""
    names = [str(part) for part in loc if part not in {"query", "path", "body", "header", "wanted"}]
    return ".".join(names)[:LONGEST_WHERE] or "body"


def _sentence(error: Mapping[str, Any]) -> str:
    sentence = _SENTENCES.get(str(error["type"]))
    if sentence is None:
        return _("is not valid")
    return str(sentence) % {name: str(fact) for name, fact in error.get("ctx", {}).items()}
