"""The language of a page: Chinese, until the person at this device chooses another."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.utils import translation
from django.utils.deprecation import MiddlewareMixin


class ChosenLanguage(MiddlewareMixin):
    """Speak the language of the cookie that the language switch sets.

    Django's own middleware would follow the browser's preference at a first visit. The computers of a base are often
    set to English by their maker, and the people before them still read Chinese.
    """

    def process_request(self, request: HttpRequest) -> None:
        """Turn the language on for this request."""
        chosen = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")
        translation.activate(chosen if chosen in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE)
        request.LANGUAGE_CODE = translation.get_language()

    def process_response(self, _request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        """Say which language it is."""
        response.headers.setdefault("Content-Language", translation.get_language() or settings.LANGUAGE_CODE)
        return response
