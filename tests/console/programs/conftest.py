from __future__ import annotations

import html
import re
from collections.abc import Callable

import pytest
from django.http import HttpResponse
from django.test import Client

from greenhouse.access.roles import Role
from tests.bases import SMALL, load

SECOND = SMALL + "".join(
    f"""
[[{kind}]]
key = "h2"
{'house = "h2"' if kind == "compartment" else 'kind = "solar"'}
name_zh = "2号日光温室"
name_en = "Solar greenhouse 2"
area_m2 = 480
"""
    for kind in ("house", "compartment")
)
"""The small base with a second house of the same kind."""
FIELD = re.compile(
    r'<input(?=[^>]*\bname="([^"]+)")(?=[^>]*\bvalue="([^"]*)")[^>]*>|<select[^>]*name="([^"]+)".*?</select>', re.DOTALL
)


def form_of(answer: HttpResponse) -> dict[str, str]:
    """What the last program form of a page would send, as a browser without scripts sends it."""
    text = answer.content.decode()
    found: dict[str, str] = {}
    for form in re.findall(r"<form[^>]*>.*?</form>", text, re.DOTALL):
        if 'name="seen"' in form and 'name="periods"' in form:
            found = dict(_fields(form))
    return found


def _fields(form: str) -> list[tuple[str, str]]:
    fields = []
    for match in FIELD.finditer(form):
        if match[3]:
            chosen = re.search(r'<option value="([^"]*)" selected>', match[0])
            fields.append((match[3], chosen[1] if chosen else "clock"))
        elif match[1] not in {"csrfmiddlewaretoken", "reason"}:
            fields.append((match[1], html.unescape(match[2])))
    if re.search(r'name="blanket.is_moved" checked', form):
        fields.append(("blanket.is_moved", "on"))
    return fields


def words_of(answer: HttpResponse) -> str:
    """What stands in the page, without tags."""
    main = answer.content.decode().partition("<main")[2]
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", main)))


@pytest.fixture
def base(db) -> None:
    load(SECOND)


@pytest.fixture
def as_role(base, person) -> Callable[..., Client]:
    """A browser of somebody, in English."""

    def signed_in(role: Role, name: str = "") -> Client:
        client = Client()
        client.cookies["console_language"] = "en"
        client.force_login(person(role, name))
        return client

    return signed_in


@pytest.fixture
def technician(as_role) -> Client:
    return as_role(Role.TECHNICIAN, "li")
