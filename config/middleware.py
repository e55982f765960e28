"""Response headers that Django does not set itself, and static files under ASGI."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.http import HttpRequest, HttpResponse
from whitenoise.middleware import WhiteNoiseMiddleware
from whitenoise.responders import StaticFile

_POLICY = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "object-src 'none'",
        "base-uri 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)


class ContentSecurityPolicy:
    """Let pages load only what this server sends: no inline script or style, no other host."""

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse | Awaitable[HttpResponse]]) -> None:
        self._get_response = get_response
        self._is_async = iscoroutinefunction(get_response)
        if self._is_async:
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> HttpResponse | Awaitable[HttpResponse]:
        """Add the policy to the response, now or when it is awaited."""
        response = self._get_response(request)
        return _with_policy_later(response) if isinstance(response, Awaitable) else _with_policy(response)


async def _with_policy_later(response: Awaitable[HttpResponse]) -> HttpResponse:
    return _with_policy(await response)


def _with_policy(response: HttpResponse) -> HttpResponse:
    response.headers.setdefault("Content-Security-Policy", _POLICY)
    return response


class StaticFiles(WhiteNoiseMiddleware):  # type: ignore[misc]  # whitenoise publishes no types
    """WhiteNoise with whole responses instead of streams.

    It streams from an ordinary file object. Under ASGI Django must then read the file to its end anyway, and warns
    about it at each file. Ours are a few hundred kilobytes at most.
    """

    @staticmethod
    def serve(static_file: StaticFile, request: HttpRequest) -> HttpResponse:
        """Answer a request for a file: the file, a part of it, or that it has not changed."""
        found = static_file.get_response(request.method, request.META)
        content = b""
        if found.file is not None:
            with found.file as file:
                content = file.read()
        response = HttpResponse(content, status=int(found.status))
        del response.headers["Content-Type"]
        for name, value in found.headers:
            response.headers[name] = value
        return response
