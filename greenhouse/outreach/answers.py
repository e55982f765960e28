"""Answers that cost little: encoded once, sent to everybody, and not at all to who has them."""

from __future__ import annotations

import gzip
import hashlib
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.utils.cache import patch_vary_headers
from django.utils.http import parse_etags


@dataclass(frozen=True, slots=True)
class Answer:
    """A body that is the same for everybody, plain and compressed."""

    body: bytes
    packed: bytes
    content_type: str
    etag: str
    max_age_s: int


def answer_of(body: bytes, content_type: str, *, max_age_s: int) -> Answer:
    """Compress a body and name it."""
    etag = f'"{hashlib.sha256(body).hexdigest()[:20]}"'
    return Answer(body, gzip.compress(body, mtime=0), content_type, etag, max_age_s)


def response(answer: Answer, request: HttpRequest) -> HttpResponse:
    """The answer, or that it has not changed."""
    known = parse_etags(request.headers.get("If-None-Match", ""))
    reply: HttpResponse
    if (known and known[0] == "*") or answer.etag in (tag.removeprefix("W/") for tag in known):
        reply = HttpResponseNotModified()
    elif "gzip" in request.headers.get("Accept-Encoding", ""):
        reply = HttpResponse(answer.packed, content_type=answer.content_type, headers={"Content-Encoding": "gzip"})
    else:
        reply = HttpResponse(answer.body, content_type=answer.content_type)
    reply.headers["ETag"] = answer.etag
    reply.headers["Cache-Control"] = f"public, max-age={answer.max_age_s}"
    patch_vary_headers(reply, ("Accept-Encoding",))
    return reply
