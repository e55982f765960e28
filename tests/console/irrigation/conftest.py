from __future__ import annotations

import html
import re
from collections.abc import Callable

import pytest
from django.http import HttpResponse
from django.test import Client

from greenhouse.access.roles import Role
from greenhouse.site.point_index import point_index
from tests.bases import SMALL, load
from tests.console.conftest import Shelf

WATERED = (
    SMALL
    + """
[[device]]
key = "h1-valves"
name_zh = "阀组"
name_en = "Valves"
line = "climate"
unit_id = 5
profile = "valve-block-8"
compartment = "h1"
"""
    + "".join(
        f"""
[[valve_group]]
key = "{key}"
name_zh = "{zh}"
name_en = "{en}"
compartment = "h1"
valves = ["h1-valves.valve_{valve}"]
area_m2 = 240
longest_run_min = 30
{meter}
"""
        for valve, key, zh, en, meter in (
            (1, "north", "北半区", "North half", 'meter = "h1-valves.total_volume"'),
            (2, "south", "南半区", "South half", 'meter = "h1-valves.total_volume"'),
            (3, "strip", "试验带", "Trial strip", ""),
        )
    )
)
"""The small base with three groups, the last one without a meter."""
FIELD = re.compile(
    r'<input(?=[^>]*\bname="([^"]+)")(?=[^>]*\bvalue="([^"]*)")[^>]*>|<select[^>]*name="([^"]+)".*?</select>', re.DOTALL
)


def form_of(answer: HttpResponse, mark: str = 'name="groups"') -> dict[str, str]:
    """What the last form of a page that has a mark would send, as a browser without scripts sends it."""
    found: dict[str, str] = {}
    for form in re.findall(r"<form[^>]*>.*?</form>", answer.content.decode(), re.DOTALL):
        if mark in form:
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
    return fields


def words_of(answer: HttpResponse) -> str:
    """What stands in the page, without tags."""
    text = answer.content.decode()
    main = text.partition("<main")[2] or text
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", main)))


@pytest.fixture
def base(db) -> None:
    load(WATERED)


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


@pytest.fixture
def shelf(base) -> Shelf:
    """Where the samples of this base are stored."""
    return Shelf(dict(point_index().ids))
