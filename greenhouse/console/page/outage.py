"""When the store does not answer: a page, a fragment, JSON or a close code that says so, made without asking it.

Everything else that fails stays a fault of the program (500).
"""

from __future__ import annotations

import logging
import sys
from collections.abc import MutableMapping
from typing import Any

from asgiref.typing import ASGIReceiveCallable, ASGISendCallable, Scope
from django.db import DatabaseError, InterfaceError
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.template.loader import render_to_string
from django.utils import translation
from django.views import defaults

from greenhouse.console.page.context import preferences
from greenhouse.console.page.middleware import chosen_language
from greenhouse.database.outage import is_outage

logger = logging.getLogger(__name__)

RETRY_AFTER_S = 10
TRY_AGAIN_LATER = 1013
"""Close code of a socket (RFC 6455's registry): the page comes again by itself."""

ASGIApplication = Any
"""Channels publishes no type for what it nests."""


def server_error(request: HttpRequest) -> HttpResponseBase:
    """Django's handler of what a view raised: an outage of the store is told as one."""
    if is_outage(sys.exc_info()[1]):
        return store_unavailable(request)
    return defaults.server_error(request)


def store_unavailable(request: HttpRequest) -> HttpResponse:
    """The answer to a request that needed the store, as its caller can read it."""
    response = _answer(request)
    response.headers["Retry-After"] = str(RETRY_AFTER_S)
    response.headers["Cache-Control"] = "no-store"
    return response


def _answer(request: HttpRequest) -> HttpResponse:
    if request.get_preferred_type(["text/html", "application/json"]) == "application/json":
        return JsonResponse({"error": "store_unavailable", "retry_after_s": RETRY_AFTER_S}, status=503)
    language = chosen_language(request)
    is_safe = request.method in ("GET", "HEAD")
    page = "console/_store_unavailable.html" if "X-Fragment" in request.headers else "503.html"
    with translation.override(language):
        # No request is passed: the context processors would ask the store who is signed in.
        text = render_to_string(
            page, {**preferences(request), "address": request.get_full_path() if is_safe else "/", "is_safe": is_safe}
        )
    return HttpResponse(text, status=503, headers={"Content-Language": language})


class SocketsInAnOutage:
    """Around the sockets: one that meets a store that does not answer is closed with a code that says: come again."""

    def __init__(self, inner: ASGIApplication) -> None:
        self._inner = inner

    async def __call__(self, scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        """Serve one socket."""
        sent: set[str] = set()

        async def watched(message: MutableMapping[str, Any]) -> None:
            sent.add(message["type"])
            await send(message)  # type: ignore[arg-type]  # whatever the socket says

        try:
            await self._inner(scope, receive, watched)
        except (DatabaseError, InterfaceError) as error:
            if not is_outage(error):
                raise
            logger.warning("a socket is closed, the store does not answer: %s", error)
            if "websocket.close" in sent:
                return
            if "websocket.accept" not in sent:  # a refused handshake has no code
                await send({"type": "websocket.accept", "subprotocol": None, "headers": []})
            await send({"type": "websocket.close", "code": TRY_AGAIN_LATER, "reason": "store unavailable"})
