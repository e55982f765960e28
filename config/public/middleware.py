"""What the public process does with requests before its pages see them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import cast

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.middleware.clickjacking import XFrameOptionsMiddleware
from django.middleware.common import CommonMiddleware
from django.middleware.security import SecurityMiddleware

from config.middleware import StaticFiles

_CREDENTIALS = ("HTTP_COOKIE", "HTTP_AUTHORIZATION")
_READING = frozenset({"GET", "HEAD"})


def _never(_request: HttpRequest) -> HttpResponse:
    raise AssertionError("steps are asked one by one")


class InOneStep:
    """Django's checks and headers, and the files of scripts and styles, without a thread for each.

    These middlewares are written for threads: under ASGI each of them would take every request from the loop to a
    thread and back, which would be most of what a phone's question costs. None of them waits for anything.
    """

    sync_capable = False
    async_capable = True

    def __init__(self, get_response: Callable[[HttpRequest], Awaitable[HttpResponse]]) -> None:
        self._get_response = get_response
        self._checks = (SecurityMiddleware(_never), CommonMiddleware(_never))
        self._headers = (XFrameOptionsMiddleware(_never), *reversed(self._checks))
        self._files = StaticFiles(_never)
        markcoroutinefunction(self)

    async def __call__(self, request: HttpRequest) -> HttpResponse:
        """The answer of a page or a file, with all headers."""
        for check in self._checks:
            if (early := check.process_request(request)) is not None:
                return early
        file = self._files.files.get(request.path_info)
        response = await self._get_response(request) if file is None else self._files.serve(file, request)
        for headers in self._headers:
            response = cast("HttpResponse", headers.process_response(request, response))
        return response


class ReadersWithoutNames:
    """Take off whatever says who asks, and let nobody do more than read.

    A browser sends the cookies of a host name to every port of it: so also the console's, where somebody opens both
    under one name. None of them is looked at here.
    """

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse | Awaitable[HttpResponse]]) -> None:
        self._get_response = get_response
        if iscoroutinefunction(get_response):
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> HttpResponse | Awaitable[HttpResponse]:
        """Answer, or refuse to change anything."""
        for name in _CREDENTIALS:
            request.META.pop(name, None)
        if request.method not in _READING:
            return _refused() if iscoroutinefunction(self) else HttpResponseNotAllowed(sorted(_READING))
        return self._get_response(request)


async def _refused() -> HttpResponse:
    return HttpResponseNotAllowed(sorted(_READING))
