"""docs/roles.md, cell by cell: the table is read, and every page, form and live topic is asked in everybody's name."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from asgiref.sync import sync_to_async
from django.core.management import get_commands
from django.db.models import Q
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from greenhouse.access.roles import Action, Role, may
from greenhouse.commands.models import CommandRequest, ManualHold
from greenhouse.console.live.routing import TopicConverter, websocket_urlpatterns
from tests.access.calls import ANONYMOUS, NO_ROLE, is_allowed, sent, someone
from tests.console.live.page_socket import page_socket

PAGE = Path(__file__).parents[2] / "docs" / "roles.md"
ALLOWED = {"✓": True, "–": False}
COLUMNS = (ANONYMOUS, NO_ROLE, *Role)


def rows_of(head: str) -> list[list[str]]:
    """Rows of the table of the page whose head has a cell of this word, the head first."""
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    (start,) = (number for number, line in enumerate(lines) if f"| {head} |" in line)
    end = next(number for number in range(start, len(lines)) if not lines[number].startswith("|"))
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[start:end]]
    return [cells[0], *cells[2:]]


HEAD, *ROWS = rows_of("call")
CELLS = {
    row[2].strip("`"): {column: ALLOWED[cell] for column, cell in zip(COLUMNS, row[3:], strict=True)} for row in ROWS
}


def calls_of(*kinds: str) -> list[str]:
    return [call for call in CELLS if call.split()[0] in kinds]


WATCHED = {"healthz", "readyz", "metrics"}


def pages() -> Iterator[str]:
    """Names of all pages of the console's process, whoever includes them. What programs call is tested apart."""
    stack: list[URLPattern | URLResolver] = [get_resolver("config.urls")]
    while stack:
        entry = stack.pop()
        if isinstance(entry, URLResolver):
            stack.extend(entry.url_patterns if entry.namespace not in {"admin", "api"} else [])
        elif entry.name not in WATCHED:
            assert entry.name, f"a page without a name cannot have a row: {entry.pattern}"
            yield entry.name


PAGES = sorted(pages())


@pytest.mark.parametrize("column", COLUMNS)
@pytest.mark.parametrize("call", calls_of("GET", "POST"))
@pytest.mark.django_db(databases=["default", "telemetry"])
def test_a_page_answers_a_person_as_the_table_says(shelf, client, call, column):
    user = someone(column)
    if user is not None:
        client.force_login(user)
    assert is_allowed(sent(*call.split(), shelf, client)) == CELLS[call][column]


@pytest.mark.parametrize("call", calls_of("WS"))
@pytest.mark.django_db(transaction=True, databases=["default", "telemetry"])
async def test_a_live_topic_answers_a_person_as_the_table_says(shelf, call):
    topic = call.removeprefix("WS live/")
    answers = {}
    for column in COLUMNS:
        async with page_socket(await sync_to_async(someone)(column), topic) as page:
            assert await page.handshake()
            answers[column] = (await page.message())["type"] == "websocket.send"
    assert answers == CELLS[call]


@pytest.mark.parametrize("column", Role)
@pytest.mark.django_db
def test_a_role_has_the_rights_that_the_table_gives_it(column):
    user = someone(column)
    told = {call.removeprefix("RIGHT ") for call in calls_of("RIGHT") if CELLS[call][column]}
    assert {action for action in Action if may(user, action)} == told


@pytest.mark.django_db
def test_without_a_role_there_is_no_right():
    user = someone(NO_ROLE)
    assert not any(may(user, action) for action in Action)
    assert not any(CELLS[call][column] for call in calls_of("RIGHT") for column in (ANONYMOUS, NO_ROLE))


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("page", PAGES)
@pytest.mark.django_db(databases=["default", "telemetry"])
def test_every_page_and_form_has_a_row(shelf, client, page, method):
    """A method without a row must be one that the page does not take."""
    if f"{method} {page}" not in CELLS:
        client.force_login(someone(Role.ENGINEER))
        assert sent(method, page, shelf, client).status_code == 405


def test_no_row_is_left_of_a_page_that_is_gone():
    assert {call.split()[1] for call in calls_of("GET", "POST")} == set(PAGES)
    assert {call.removeprefix("RIGHT ") for call in calls_of("RIGHT")} == set(Action)
    assert {call.split()[0] for call in CELLS} == {"GET", "POST", "WS", "API", "RIGHT"}
    assert len(CELLS) == len(ROWS)


def test_every_live_topic_has_a_row():
    topics = [call.removeprefix("WS ") for call in calls_of("WS")]
    for kind in TopicConverter.regex.split("|"):
        assert [topic for topic in topics if re.fullmatch(f"live/{kind}", topic)], kind
    route, _anything_else = websocket_urlpatterns  # another route needs another kind of row
    assert all(route.resolve(topic) for topic in topics)


def test_the_columns_are_the_roles():
    assert tuple(" ".join(re.findall(r"[a-z]+", head)) for head in HEAD[3:]) == COLUMNS


def test_every_command_of_the_base_is_listed():
    ours = {name for name, app in get_commands().items() if app == "scheduler" or str(app).startswith("greenhouse")}
    assert {row[2].strip("`") for row in rows_of("command")[1:]} == ours


@pytest.mark.parametrize("call", calls_of("POST"))
@pytest.mark.django_db(databases=["default", "telemetry"])
def test_a_form_of_another_site_is_refused(shelf, call):
    """Without the token of the page that holds the form, nobody's rights count."""
    client = Client(enforce_csrf_checks=True)
    engineer = someone(Role.ENGINEER)
    client.force_login(engineer)
    assert sent(*call.split(), shelf, client).status_code == 403
    assert not CommandRequest.objects.filter(Q(requested_by=engineer) | Q(approved_by=engineer)).exists()
    assert not ManualHold.objects.filter(given_back_by=engineer).exists()


@pytest.mark.django_db(databases=["default", "telemetry"])
def test_a_role_that_is_taken_away_counts_from_the_next_request_on(shelf, client):
    user = someone(Role.TECHNICIAN)
    client.force_login(user)
    assert is_allowed(sent("GET", "setpoint", shelf, client))
    user.groups.clear()
    assert not is_allowed(sent("POST", "setpoint", shelf, client))
    assert not CommandRequest.objects.exists()
