"""Who changed or switched which program stands in the log among the changes of points, and in its file."""

from __future__ import annotations

import csv
import io
import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from greenhouse.access.roles import Role
from greenhouse.commands.models import CommandRequest
from greenhouse.rules import programs
from greenhouse.rules.evaluate.documents import as_document
from greenhouse.rules.standard import standard_programs
from tests.console.changes.test_log import LOG, SETPOINT, change, listed, many
from tests.console.changes.test_log import page as page  # noqa: PLC0414  (a fixture)
from tests.console.changes.test_log import ready as ready  # noqa: PLC0414  (a fixture)
from tests.console.sheet.test_sheet import text_of

pytestmark = pytest.mark.django_db(databases=["default", "telemetry"])


def save(by, heating_c: float, *, seen: int, ago: timedelta = timedelta(0), reason: str = "幼苗期", now=None):
    document = as_document(standard_programs()["solar_greenhouse"])
    document["periods"][0]["heating_c"] = heating_c
    now = (now or timezone.now()) - ago
    return programs.save("h1", document, seen_version=seen, by=by, reason=reason, now=now)


def rows(html: str) -> list[str]:
    found = re.findall(
        r'<li class="log-row".*?</li>\s*(?=<li class="log-row"|</ol>\s*(?:<p class="log-more"|</div>))', html, re.DOTALL
    )
    return [re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", row)) for row in found]


def names(html: str) -> list[str]:
    return re.findall(r'data-program-change="([a-z]+)-\d+"', html)


def test_versions_and_switches_stand_there_with_who_and_why(page, technician):
    save(technician, 13.5, seen=0)
    programs.switch("h1", is_on=True, seen_version=1, by=technician, reason="夜间降温", now=timezone.now())
    change(technician)
    html = text_of(page.get(LOG))
    assert names(html) == ["programswitch", "programversion"]
    _point, switch, version = rows(html)
    for wanted in ("1号日光温室 · 气候程序", "启用，版本 1", "夜间降温", "技术员", "人员"):
        assert wanted in switch, (wanted, switch)
    for wanted in ("第 1 版取代标准程序", "幼苗期", "技术员"):
        assert wanted in version, (wanted, version)
    assert 'href="/houses/h1/program/versions/1"' in html
    assert "3 次更改" in html


def test_filters_choose_among_them(page, technician, person):
    other = person(Role.SUPERVISOR, "zhang")
    save(technician, 13.5, seen=0, ago=timedelta(days=40))
    save(other, 14.5, seen=1)
    today = f"{timezone.localtime():%Y-%m-%d}"
    wanted = {
        "": 2,
        "house=h1": 2,
        "source=person": 2,
        "source=program": 0,
        f"point={SETPOINT}": 0,
        f"person={other.pk}": 1,
        f"from={today}": 1,
    }
    for query, count in wanted.items():
        assert len(names(text_of(page.get(f"{LOG}?{query}")))) == count, query
    assert f'value="{other.pk}"' in text_of(page.get(LOG)), "who only changed a program can be chosen"


def test_each_stands_on_the_page_of_its_time_and_on_no_other(page, technician):
    request = change(technician)
    request.refresh_from_db()
    many(request, 120)
    between = CommandRequest.objects.order_by("-created_at")[60].created_at + timedelta(milliseconds=500)
    save(technician, 13.5, seen=0, ago=timezone.now() - between)
    found, address = [], LOG
    while address:
        html = text_of(page.get(address))
        found.append(len(names(html)))
        older = re.search(r'rel="next" href="([^"]+)"', html)
        address = older[1].replace("&amp;", "&") if older else ""
    assert found == [0, 1, 0]


def changes_on_each_page(page) -> list[list[str]]:
    """Every change, by the pages of the whole log."""
    found, address = [], LOG
    while address:
        html = text_of(page.get(address))
        found.append(listed(html))
        older = re.search(r'rel="next" href="([^"]+)"', html)
        address = older[1].replace("&amp;", "&") if older else ""
    return found


def test_many_changes_of_programs_are_paged_too_and_each_stands_there_once(page, technician):
    for number in range(120):
        save(technician, 11.0 + number / 100, seen=number, ago=timedelta(minutes=240 - 2 * number))
    found = changes_on_each_page(page)
    assert [len(one) for one in found] == [50, 50, 20]
    assert len({name for one in found for name in one}) == 120


def test_among_changes_of_points_each_stands_there_once(page, technician):
    request = change(technician)
    request.refresh_from_db()
    many(request, 120)
    newest = CommandRequest.objects.order_by("-created_at")[5].created_at
    for number in range(60):
        save(technician, 11.0 + number / 100, seen=number, ago=timezone.now() - newest + timedelta(seconds=60 - number))
    found = changes_on_each_page(page)
    names = [name for one in found for name in one]
    assert len(names) == len(set(names)) == CommandRequest.objects.count() + 60
    assert max(len(one) for one in found) <= 51


def test_what_was_stored_at_one_moment_stays_on_one_page(page, technician):
    now = timezone.now()
    for number in range(60):
        save(technician, 11.0 + number / 100, seen=number, now=now)
    found = changes_on_each_page(page)
    assert len({name for one in found for name in one}) == sum(len(one) for one in found) == 60


def test_the_page_costs_no_more_for_many_changes_of_programs(page, technician):
    def cost() -> tuple[int, int]:
        with CaptureQueriesContext(connection) as queries:
            html = text_of(page.get(LOG))
        assert f"{count} 次更改" in html
        return len(queries), len(listed(html))

    for count in range(1, 4):
        save(technician, 10.0 + count / 100, seen=count - 1)
    page.get(LOG)
    few, _shown = cost()
    for count in range(4, 121):
        save(technician, 10.0 + count / 100, seen=count - 1)
    many_queries, shown = cost()
    assert shown == 50
    assert many_queries <= few + 3, "three more for what was stored at the moment where the page ends"


def test_the_file_has_them_in_the_order_of_time(page, technician):
    save(technician, 13.5, seen=0, reason="=1+1")
    change(technician)
    text = page.get(f"{LOG}.csv").content.decode().removeprefix("\ufeff")
    newest, oldest = csv.DictReader(io.StringIO(text))
    assert SETPOINT in newest.values()
    assert (oldest["旧值"], oldest["新值"], oldest["来源"], oldest["原因"]) == ("0", "1", "人员", "'=1+1")
