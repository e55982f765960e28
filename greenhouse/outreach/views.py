"""The pages of visitors: the wall, the same displays for a phone, the base, and the data that all of them read."""

from __future__ import annotations

from functools import cache
from typing import Final

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.template.loader import render_to_string
from django.utils import translation

from greenhouse.outreach import pages
from greenhouse.outreach.answers import Answer, answer_of, response
from greenhouse.outreach.feed import Current, Feed
from greenhouse.outreach.sentences import LANGUAGES

PAGE_KEPT_S: Final = 60

FEED = Feed()
_pages: dict[tuple[str, ...], tuple[str, Answer]] = {}
"""Pages made before: they change only with the houses and with a new build."""


async def start(_request: HttpRequest) -> HttpResponse:
    """The bare address leads to the base."""
    return HttpResponseRedirect("/base")


async def data(request: HttpRequest) -> HttpResponse:
    """Everything that the displays show, as one document."""
    current = await FEED.current()
    if current is None:
        return JsonResponse({"waiting": True}, status=404, headers={"Retry-After": "10", "Cache-Control": "no-store"})
    return response(current.data, request)


async def wall(request: HttpRequest) -> HttpResponse:
    """The loop of displays, in both languages."""
    return _page(request, await FEED.current(), "outreach/wall.html", languages=("zh", "en"))


async def phone(request: HttpRequest, name: str, language: str) -> HttpResponse:
    """One display, in one language."""
    return _page(request, await FEED.current(), "outreach/phone.html", languages=(language,), name=name)


async def base(request: HttpRequest, language: str) -> HttpResponse:
    """What this base is, and what its houses are."""
    return _page(request, await FEED.current(), "outreach/base.html", languages=(language,))


async def healthz(_request: HttpRequest) -> HttpResponse:
    """The process answers. Asks no database."""
    return HttpResponse("ok", content_type="text/plain", headers={"Cache-Control": "no-store"})


def not_found(_request: HttpRequest, exception: Exception | None = None) -> HttpResponse:  # noqa: ARG001
    """There is no such page, and no word about what other pages there may be."""
    return HttpResponse(_nothing_there(), status=404)


def server_error(_request: HttpRequest) -> HttpResponse:
    """A fault of the program."""
    return HttpResponse(b"500", content_type="text/plain", status=500)


@cache
def _nothing_there() -> str:
    """Made once: guesses of addresses come by the thousand."""
    return render_to_string("outreach/not_found.html", pages.context(None, ("zh", "en")))


def _page(
    request: HttpRequest, current: Current | None, template: str, *, languages: tuple[str, ...], name: str = ""
) -> HttpResponse:
    build = "" if current is None else current.build
    key = (template, name, *languages)
    if key not in _pages or _pages[key][0] != build:
        with translation.override(LANGUAGES[languages[0]]):
            text = render_to_string(template, pages.context(current, languages, name=name))
        _pages[key] = build, answer_of(text.encode(), "text/html; charset=utf-8", max_age_s=PAGE_KEPT_S)
    return response(_pages[key][1], request)
