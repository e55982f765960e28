"""Around every call: its language, its errors, its headers. Nothing leaves as a page that was made for people."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any

import django.db
from django.conf import settings
from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.utils import translation
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError
from pydantic import BaseModel

from greenhouse.api import callers
from greenhouse.api.input_faults import input_problem
from greenhouse.api.problems import Problem, ProblemKind
from greenhouse.clock import machine_moment_now
from greenhouse.database.outage import is_outage
from greenhouse.site.current import NoBase

View = Callable[..., HttpResponseBase]

LONGEST_BODY = 64 * 1024
RETRY_STORE_AFTER_S = 5


def edge(view: View, *, is_page: bool = False) -> View:
    """Open a view to callers who are not signed in, speak their language, and answer every failure as a problem.

    The view itself asks who calls: no page's login form is in the way.

    Parameters
    ----------
    is_page : bool
        It is read by people, in the language that the middleware has chosen for them as on every page; a program says
        what it speaks (``Accept-Language``).
    """

    @wraps(view)
    def answered(request: HttpRequest, *args: Any, **parts: Any) -> HttpResponseBase:  # noqa: ANN401  (Django's own)
        of_pages = translation.get_language() or settings.LANGUAGE_CODE
        with translation.override(of_pages if is_page else translation.get_language_from_request(request)):
            method = request.method
            if method == "HEAD":  # the server leaves the body out
                request.method = "GET"
            try:
                check_body(request)
                response = view(request, *args, **parts)
            except Problem as problem:
                response = problem.response()
            except django.db.Error as error:
                response = as_problem(error).response()
            finally:
                request.method = method
            if response.status_code == 405:
                response = _wrong_method(request, response)
            response.headers["Content-Language"] = translation.get_language() or settings.LANGUAGE_CODE
        response.headers.setdefault("Cache-Control", "no-store")
        patch_vary_headers(response, ("Accept-Language", "Authorization", "Cookie"))
        return response

    answered.login_required = False  # type: ignore[attr-defined]  # read by the console's middleware
    answered.csrf_exempt = True  # type: ignore[attr-defined]  # sessions are checked where they are taken
    return answered


def _wrong_method(request: HttpRequest, response: HttpResponseBase) -> HttpResponse:
    allowed = response.headers.get("Allow", "")
    detail = _("%(method)s is not taken here; this address takes %(allowed)s.")
    return Problem(
        ProblemKind.WRONG_METHOD,
        detail % {"method": (request.method or "")[:20], "allowed": allowed},
        headers={"Allow": allowed},
    ).response()


def as_problem(error: Exception) -> Problem:
    """The problem that an error is for the caller.

    Raises
    ------
    Exception
        The same error, if it is a defect of ours.
    """
    match error:
        case Problem():
            return error
        case ValidationError():
            return input_problem(error.errors)
        case AuthenticationError():
            return callers.not_signed_in()
        case NoBase():
            return Problem(ProblemKind.NO_BASE, _("Load the base file first: manage.py load_base."))
        case RequestDataTooBig():
            return _too_long()
        case HttpError(status_code=400):
            return Problem(ProblemKind.BAD_BODY, _("Send one JSON object in UTF-8."))
        case SuspiciousOperation():
            return Problem(ProblemKind.BAD_INPUT, _("The call holds more fields than any call needs."))
        case Http404():
            return unknown_address()
    if is_outage(error):
        return store_unavailable()
    raise error


def store_unavailable() -> Problem:
    """The store did not answer."""
    return Problem(
        ProblemKind.STORE_UNAVAILABLE,
        _("Read again in a few seconds, and look before sending a change again. If it stays so, look at /readyz."),
        headers={"Retry-After": str(RETRY_STORE_AFTER_S)},
    )


def unknown_address() -> Problem:
    """There is no such address."""
    return Problem(ProblemKind.UNKNOWN_ADDRESS, _("The addresses of this interface stand in /api/v1/openapi.json."))


def _too_long() -> Problem:
    return Problem(ProblemKind.TOO_LONG, _("A body has at most %(limit)s bytes.") % {"limit": LONGEST_BODY})


def answer_errors(api: NinjaAPI) -> None:
    """Let every error of an operation become a problem."""

    def problem_of(request: HttpRequest, error: Exception | type[Exception]) -> HttpResponse:
        assert isinstance(error, Exception)
        try:
            if isinstance(error, AuthenticationError):
                callers.take_as_stranger(request, machine_moment_now())
            return as_problem(error).response()
        except Problem as problem:  # one call too many
            return problem.response()

    for kind in (
        Problem,
        ValidationError,
        HttpError,
        NoBase,
        SuspiciousOperation,
        Http404,
        django.db.Error,
    ):
        api.add_exception_handler(kind, problem_of)


def check_body(request: HttpRequest) -> None:
    """Refuse a body that is not JSON, too long, or of unknown length, before anything reads it.

    Raises
    ------
    Problem
        If it is.
    """
    if "Transfer-Encoding" in request.headers:  # Django would read it to its end, into memory
        raise Problem(ProblemKind.NO_LENGTH, _("Send it whole, with its length as Content-Length."))
    length = request.headers.get("Content-Length", "")
    size = int(length) if length.isdecimal() and len(length) < 20 else 0
    if size > LONGEST_BODY:
        raise _too_long()
    if size and request.content_type != "application/json":
        raise Problem(ProblemKind.NO_JSON, _("Send it as application/json."))


def to_json(data: object) -> str:
    """JSON that every reader takes.

    Raises
    ------
    ValueError
        If a number is not finite.
    """
    return json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def answer(model: BaseModel, *, status: int = 200, headers: Mapping[str, str] | None = None) -> HttpResponse:
    """A value as JSON. What is no number there (NaN, infinity) is null."""
    return HttpResponse(model.model_dump_json(), status=status, content_type="application/json", headers=headers)


def with_tag(request: HttpRequest, model: BaseModel, *, decides: str = "") -> HttpResponse:
    """A value with an ETag, or only that nothing has changed (304).

    Parameters
    ----------
    decides : str
        Changes whenever the value does; the value itself unless given. Names come in both languages, so the language
        does not count.
    """
    text = model.model_dump_json()
    # Weak: the middleware that compresses answers would make it so anyway.
    tag = f'W/"{hashlib.sha256((decides or text).encode()).hexdigest()[:32]}"'
    known = {part.strip().removeprefix("W/") for part in request.headers.get("If-None-Match", "").split(",")}
    if known & {"*", tag.removeprefix("W/")}:
        found = HttpResponse(status=304)
    else:
        found = HttpResponse(text, content_type="application/json")
    found.headers["ETag"] = tag
    found.headers["Cache-Control"] = "private, no-cache"
    return found
