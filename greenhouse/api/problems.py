"""What is wrong with a call, as RFC 9457 says it: ``application/problem+json``, in the reader's language.

Problem
└── raised anywhere in a call; each kind has its status, its title, and an entry on the page of documentation
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from django.http import HttpResponse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

MEDIA_TYPE = "application/problem+json"
TYPES = "/api/v1/docs#problem-"
"""Begins the name of each kind of problem, and leads to its explanation."""


class ProblemKind(StrEnum):
    """What can be wrong with a call. Part of the interface: never renamed."""

    BAD_INPUT = "bad-input"
    BAD_BODY = "bad-body"
    TOO_LONG = "too-long"
    NO_LENGTH = "no-length"
    NO_JSON = "no-json"
    TOO_MUCH = "too-much"
    BAD_CURSOR = "bad-cursor"
    NOT_SIGNED_IN = "not-signed-in"
    TOKEN_UNKNOWN = "token-unknown"  # noqa: S105  (no secret)
    TOKEN_OVER = "token-over"  # noqa: S105  (no secret)
    TOKEN_REVOKED = "token-revoked"  # noqa: S105  (no secret)
    NO_SCOPE = "no-scope"
    NOT_ALLOWED = "not-allowed"
    CROSS_SITE = "cross-site"
    NO_BASE = "no-base"
    UNKNOWN_ADDRESS = "unknown-address"
    UNKNOWN_POINT = "unknown-point"
    UNKNOWN_COMPARTMENT = "unknown-compartment"
    UNKNOWN_PROGRAM = "unknown-program"
    UNKNOWN_COMMAND = "unknown-command"
    UNKNOWN_ALARM = "unknown-alarm"
    WRONG_METHOD = "wrong-method"
    CONFLICT = "conflict"
    UNREADABLE_PROGRAM = "unreadable-program"
    DEVICE_UNAVAILABLE = "device-unavailable"
    TOO_MANY_CALLS = "too-many-calls"
    STORE_UNAVAILABLE = "store-unavailable"


KINDS: Mapping[ProblemKind, tuple[int, Promise]] = {
    ProblemKind.BAD_INPUT: (422, _("The call is not right.")),
    ProblemKind.BAD_BODY: (400, _("The body is not JSON.")),
    ProblemKind.TOO_LONG: (413, _("The body is too long.")),
    ProblemKind.NO_LENGTH: (411, _("The body does not say how long it is.")),
    ProblemKind.NO_JSON: (415, _("The body must be JSON.")),
    ProblemKind.TOO_MUCH: (422, _("More is asked for than one answer holds.")),
    ProblemKind.BAD_CURSOR: (422, _("The cursor is not one of this list.")),
    ProblemKind.NOT_SIGNED_IN: (401, _("It is not known who calls.")),
    ProblemKind.TOKEN_UNKNOWN: (401, _("The token is not known.")),
    ProblemKind.TOKEN_OVER: (401, _("The token has expired.")),
    ProblemKind.TOKEN_REVOKED: (401, _("The token was revoked.")),
    ProblemKind.NO_SCOPE: (403, _("The token is not meant for this.")),
    ProblemKind.NOT_ALLOWED: (403, _("This person may not do this.")),
    ProblemKind.CROSS_SITE: (403, _("The call does not come from a page of this base.")),
    ProblemKind.NO_BASE: (404, _("No base has been loaded.")),
    ProblemKind.UNKNOWN_ADDRESS: (404, _("There is nothing at this address.")),
    ProblemKind.UNKNOWN_POINT: (404, _("There is no such point.")),
    ProblemKind.UNKNOWN_COMPARTMENT: (404, _("There is no such compartment.")),
    ProblemKind.UNKNOWN_PROGRAM: (404, _("There is no such irrigation program.")),
    ProblemKind.UNKNOWN_COMMAND: (404, _("There is no such command.")),
    ProblemKind.UNKNOWN_ALARM: (404, _("There is no such alarm.")),
    ProblemKind.WRONG_METHOD: (405, _("This address does not take this method.")),
    ProblemKind.CONFLICT: (409, _("Something else happened meanwhile.")),
    ProblemKind.UNREADABLE_PROGRAM: (409, _("The program cannot be read.")),
    ProblemKind.DEVICE_UNAVAILABLE: (409, _("The controller takes no commands now.")),
    ProblemKind.TOO_MANY_CALLS: (429, _("Too many calls.")),
    ProblemKind.STORE_UNAVAILABLE: (503, _("The store does not answer.")),
}


@dataclass(frozen=True, slots=True)
class InputFault:
    """One thing that is wrong with the input: where it stands, and what to do."""

    where: str
    message: str


class Problem(Exception):
    """A call that is not served.

    Parameters
    ----------
    kind : ProblemKind
        What is wrong.
    detail : str
        The same for this one call: names the thing, and says what to do. In the reader's language.
    code : str
        Finer than the kind, for programs: the code of a verdict.
    """

    def __init__(
        self,
        kind: ProblemKind,
        detail: str,
        *,
        faults: Sequence[InputFault] = (),
        headers: Mapping[str, str] | None = None,
        code: str = "",
    ) -> None:
        super().__init__(detail)
        self.kind, self.detail, self.faults, self.code = kind, detail, tuple(faults), code
        self.headers = dict(headers or {})

    @property
    def status(self) -> int:
        """Status of the answer."""
        return KINDS[self.kind][0]

    def response(self) -> HttpResponse:
        """The answer."""
        body: dict[str, object] = {
            "type": f"{TYPES}{self.kind}",
            "title": str(KINDS[self.kind][1]),
            "status": self.status,
            "detail": self.detail,
        }
        if self.code:
            body["code"] = self.code
        if self.faults:
            body["errors"] = [{"where": fault.where, "message": fault.message} for fault in self.faults]
        answer = HttpResponse(
            json.dumps(body, ensure_ascii=False), status=self.status, content_type=MEDIA_TYPE, headers=self.headers
        )
        answer.headers["Cache-Control"] = "no-store"
        return answer
