"""X1 on every page there is: axe finds nothing serious or critical, in both languages, by day and by night.

What is no page of its own (a part of one, a form's target, a file) is named, so that a new address needs
a decision.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest
from django.conf import settings
from django.contrib.auth.models import Group, User
from django.utils import timezone
from playwright.sync_api import Page

from greenhouse.access import tokens
from greenhouse.access.roles import Role
from greenhouse.configuration import versions
from greenhouse.configuration.source import read_disk
from greenhouse.configuration.versions import Author
from greenhouse.console.urls import urlpatterns
from tests.browser.axe import serious_findings
from tests.browser.conftest import DESK, PHONE
from tests.browser.harvested import store_harvests
from tests.browser.missed_runs import store_missed_runs
from tests.browser.pictures.scenes import AT_ONCE
from tests.browser.pictures.stored import change_programs, change_something, note_something, water

LOOKS = (("zh-hans", "light", PHONE), ("en", "night", DESK))
"""Both languages, both themes and both sizes; contrast does not depend on the language, nor a label on the theme."""
AT_ONE_BASE = 8
FROST = "h5-climate.air_temperature"
SHEET_KEY = "h3-climate.heating_setpoint"


def _nothing(_page: Page) -> None:
    """As it is opened."""


def _unfold(page: Page) -> None:
    page.evaluate("() => document.querySelectorAll('details').forEach(each => each.open = true)")


def _draw(page: Page) -> None:
    page.wait_for_selector("[data-chart-drawn]", state="attached")
    _unfold(page)


def _open_sheet(page: Page) -> None:
    """The sheet with its keypad and the choice of compartments."""
    page.wait_for_selector('#sheet [data-cmd-state="draft"]')
    page.click("#sheet [data-keypad-switch]")
    page.click("#sheet .scope summary")


def _review(page: Page) -> None:
    """The review of a large change."""
    page.wait_for_selector('#sheet [data-cmd-state="draft"]')
    page.fill("#sheet #new-value", "20")
    page.click("#sheet .actions button")
    page.wait_for_selector('#sheet [data-cmd-state="review"]')


def _send(page: Page) -> None:
    """A small change, followed until it is in force; back and forth, because every look opens the page anew."""
    page.wait_for_selector('#sheet [data-cmd-state="draft"]')
    is_first = page.inner_text("#sheet .in-force .reading-number") == "16.0"
    page.fill("#sheet #new-value", "16.5" if is_first else "16")
    page.click("#sheet .actions button")
    page.click('#sheet button[value="apply"]')
    page.wait_for_selector('#sheet [data-command][data-cmd-state="confirmed"]')


def _review_program(page: Page) -> None:
    """A large change of a program before it is stored."""
    page.wait_for_selector("html[data-link=linked]")
    page.fill("#id-periods-0-ventilation-c", "22")
    page.click(".program-send button")
    page.wait_for_selector("[data-program-review]")


def _mistype_program(page: Page) -> None:
    """A program with faults at their fields."""
    page.wait_for_selector("html[data-link=linked]")
    page.fill("#id-periods-0-ventilation-c", "ten")
    page.click(".program-send button")
    page.wait_for_selector("#id-periods-0-ventilation-c-fault")


@dataclass(frozen=True)
class Opened:
    """How a page is opened. Braces stand for what has been stored for the test."""

    path: str
    role: Role = Role.ENGINEER
    ready: Callable[[Page], None] = _unfold
    name: str = ""


PAGES: Mapping[str, Opened] = {
    "overview": Opened("/"),
    "trends": Opened("/trends?house=h2&preset=temperature&hours=1", ready=_draw),
    "trend_points": Opened("/trends/points?points=h1-climate.air_temperature"),
    "annotation": Opened("/trends/notes/{note}", role=Role.TECHNICIAN),
    "house": Opened("/houses/h2"),
    "equipment": Opened("/equipment"),
    "programs": Opened("/programs"),
    "program": Opened("/houses/h2/program", role=Role.TECHNICIAN),
    "program_versions": Opened("/houses/h2/program/versions"),
    "program_version": Opened("/houses/h2/program/versions/1", role=Role.TECHNICIAN),
    "copy_program": Opened("/houses/h2/program/copy", role=Role.TECHNICIAN),
    "irrigation": Opened("/irrigation", role=Role.TECHNICIAN),
    "start_irrigation": Opened("/irrigation/groups/h1-north/start", role=Role.TECHNICIAN),
    "new_irrigation_program": Opened("/irrigation/new-program", role=Role.TECHNICIAN),
    "irrigation_program": Opened("/irrigation/programs/morning", role=Role.TECHNICIAN),
    "irrigation_program_versions": Opened("/irrigation/programs/morning/versions"),
    "irrigation_program_version": Opened("/irrigation/programs/morning/versions/1", role=Role.TECHNICIAN),
    "points": Opened("/points"),
    "setpoint": Opened(f"/points/{SHEET_KEY}/set"),
    "batch": Opened("{batch}"),
    "alarms": Opened("/alarms"),
    "decisions": Opened("/decisions", role=Role.SUPERVISOR),
    "change_log": Opened("/changes/log"),
    "schedules": Opened("/schedules"),
    "harvest": Opened("/harvest", role=Role.TECHNICIAN),
    "correct_harvest": Opened("/harvest/{harvest}", role=Role.TECHNICIAN),
    "yields": Opened("/yields", role=Role.COMMISSIONER),
    "crops": Opened("/crops", role=Role.TECHNICIAN),
    "end_cycle": Opened("/crops/cycles/{cycle}", role=Role.TECHNICIAN),
    "training": Opened("/training?hours=1", ready=_draw),
    "training_pace": Opened("/training/pace"),  # of a live base; that of a training base: test_training.py
    "setup_structure": Opened("/setup"),
    "setup_first": Opened("/setup/first"),
    "setup_file": Opened("/setup/file"),
    "setup_versions": Opened("/setup/versions"),
    "setup_version": Opened("/setup/versions/1"),
    "setup_new_device": Opened("/setup/devices/add"),
    "setup_device": Opened("/setup/devices/h1-climate"),
    "setup_point": Opened("/setup/points/h1-climate.heating_setpoint"),
    "setup_profiles": Opened("/setup/profiles"),
    "setup_profile": Opened("/setup/profiles/climate-controller"),
    "setup_alarms": Opened("/setup/alarms"),
    "setup_alarm": Opened("/setup/alarms/air-temperature-low-low"),
    "setup_people": Opened("/setup/people"),
    "setup_person": Opened("/setup/people/{person}"),
    "setup_entry": Opened("/setup/compartment/h1"),
    "login": Opened("/login"),
    "account": Opened("/account", role=Role.TECHNICIAN, name="li"),
}
"""Each page of the console by its name in `urls.py`."""

MORE = {
    "sheet": Opened(f"/?sheet={SHEET_KEY}", ready=_open_sheet),
    "sheet, review": Opened(f"/?sheet={SHEET_KEY}", ready=_review),
    "sheet, in force": Opened(f"/?sheet={SHEET_KEY}", ready=_send),
    "sheet, held": Opened("/?sheet=h2-climate.humidity_setpoint", ready=lambda page: page.wait_for_selector(".hold")),
    "curves compared": Opened("/trends?house=h1&preset=openings&hours=1&compare=1d", ready=_draw),
    "no curves": Opened("/trends?points=", ready=_draw),
    "program, review": Opened("/houses/h2/program", role=Role.TECHNICIAN, ready=_review_program),
    "program, faults": Opened("/houses/h2/program", role=Role.TECHNICIAN, ready=_mistype_program),
    "program of a glasshouse": Opened("/houses/g1-b/program", role=Role.TECHNICIAN),
    "house with an alarm": Opened("/houses/h5"),
    "the base": Opened("/setup/base/kangbashi"),
    "a line": Opened("/setup/line/{line}"),
    "not allowed": Opened("/setup/file", role=Role.VIEWER),
    "no such page": Opened("/nowhere"),
    "interface": Opened("/api/v1/docs", ready=_nothing),
    "records": Opened("/admin/", ready=_nothing),
}
"""States of pages, and pages that are not the console's."""

PARTS = {
    "last_hour", "trend_data", "trend_file", "training_data", "training_banner", "house_part", "equipment_part",
    "attention", "wrong_points",
    "setpoint_changes", "tracking", "batch_rows", "alarm_strip", "short_alarms", "listed_alarms", "duties", "changes",
    "change_log_file", "clock", "setup_tree", "session", "short_schedules", "last_harvests", "yield_file",
    "yield_workbook", "irrigation_runs",
}  # fmt: skip
"""Parts of the pages above, data and files."""
TARGETS_OF_FORMS = {
    "annotate", "acknowledge_alarm", "give_back", "extend_hold", "undo_change", "decide_run", "theme", "gloves",
    "language", "logout", "change_password", "make_token", "revoke_token", "extend_session", "sign_out_everywhere",
    "release_output", "switch_program", "setup_apply", "setup_finish", "setup_remove_device", "start_cycle",
    "add_cultivar", "stop_irrigation", "switch_irrigation_program",
}  # fmt: skip


@pytest.fixture
def base(db) -> None:
    """The demonstration base with its stored file, and alarms that do not wait."""
    source = replace(read_disk(settings.BASE_FILE), alarms=AT_ONCE)
    versions.apply(source, Author(None, "first"), seen=0, now=timezone.now())


@pytest.fixture
def lived(desk, stage, in_store) -> dict[str, str]:
    """A base on which something happened: changes, a hold, notes, missed runs, tokens, frost. What was stored."""
    stage.set(FROST, 4.2)
    return in_store(_live)


def _live() -> dict[str, str]:
    li, wang = (User.objects.create_user(name) for name in ("li", "wang"))
    li.groups.add(Group.objects.get(name=Role.TECHNICIAN))
    wang.groups.add(Group.objects.get(name=Role.ENGINEER))
    store_missed_runs(timezone.now(), decided_by=wang)
    batch = change_something(li, wang)
    note = note_something(li)
    change_programs(li)
    water(li)
    tokens.make(li, "bridge", scopes=[tokens.Scope.READ], lasts=timedelta(days=9), now=timezone.now())
    line = read_disk(settings.BASE_FILE).base.split("[[line]]")[1].split('key = "')[1].split('"')[0]
    grown = store_harvests(timezone.now(), by=li)
    return {"batch": batch, "person": str(li.pk), "note": note, "line": line, **grown}


def test_every_address_of_the_console_is_a_page_looked_at_here_or_a_part_of_one():
    names = {pattern.name for pattern in urlpatterns}
    assert names == set(PAGES) | PARTS | TARGETS_OF_FORMS


def _told_of(desk, opened: Opened, lived: Mapping[str, str]) -> dict[str, object]:
    """What axe finds on a page, by its look."""
    found: dict[str, object] = {}
    for language, theme, size in LOOKS:
        looks = {"language": language, "theme": theme, "size": size, "bypass_csp": True}
        page = desk.open(opened.path.format(**lived), role=opened.role, name=opened.name, wait=False, **looks)
        page.wait_for_selector("main, #content")
        opened.ready(page)
        if serious := serious_findings(page):
            found[f"{language} {theme}"] = serious
        page.context.close()
    return found


@pytest.mark.timeout(600)
@pytest.mark.parametrize("first", range(0, len(PAGES), AT_ONE_BASE))
def test_axe_finds_nothing_serious_on_a_page(desk, lived, first):
    """Pages that are only opened change nothing, so that some of them may be looked at on one base."""
    names = list(PAGES)[first : first + AT_ONE_BASE]
    found = {name: told for name in names if (told := _told_of(desk, PAGES[name], lived))}
    assert found == {}


@pytest.mark.parametrize("name", MORE)
def test_axe_finds_nothing_serious_in_a_state(desk, lived, name):
    assert _told_of(desk, MORE[name], lived) == {}
