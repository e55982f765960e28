"""What a person does before a picture is taken: the sheet of a setpoint in each of its states, dialogs, outages."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from uuid import uuid4

from playwright.sync_api import Page

from tests.browser.pictures.scenes import Scene

ROUTINE, REFUSED, KEPT, CONFLICT, CONFIRMED, ON_ITS_WAY = (
    f"{compartment}-climate.heating_setpoint" for compartment in ("h2", "h4", "h6", "g1-b", "h1", "g1-c")
)
"""Each state has a compartment of its own, so that no picture spoils another."""
SECOND_PERSON = "h2-climate.co2_setpoint"
HELD = "h2-climate.humidity_setpoint"
WATERING = "morning"
LINKED = "html[data-link=linked]"
DRAFT = '#sheet [data-cmd-state="draft"]'
REVIEW = '#sheet [data-cmd-state="review"]'
ENTRY, APPLY = "#sheet #new-value", '#sheet button[value="apply"]'


def _enter(page: Page, delta: float) -> None:
    page.wait_for_selector(DRAFT)
    now = float(page.inner_text("#sheet .in-force .reading-number"))
    page.fill(ENTRY, f"{now + delta:g}")
    page.click("#sheet .actions button")
    page.wait_for_selector(REVIEW)


def draft(page: Page, _scene: Scene) -> None:
    """As it opens."""
    page.wait_for_selector(DRAFT)


def keypad(page: Page, _scene: Scene) -> None:
    """The keypad and the choice of compartments open."""
    page.wait_for_selector(DRAFT)
    page.click("#sheet [data-keypad-switch]")
    page.click("#sheet .scope summary")


def routine_review(page: Page, _scene: Scene) -> None:
    """Old and new before a small change is sent."""
    _enter(page, 0.5)


def large_review(page: Page, _scene: Scene) -> None:
    """A large change: the reason, and the button that is held."""
    _enter(page, 3)
    page.fill("#sheet #reason", "寒潮预警")
    page.locator(APPLY).scroll_into_view_if_needed()


def large_by_keyboard(page: Page, scene: Scene) -> None:
    """The question that stands in for holding."""
    large_review(page, scene)
    page.focus(APPLY)
    page.keyboard.press("Enter")
    page.wait_for_selector("#sheet [data-confirm][open]")


def waits_for_second(page: Page, _scene: Scene) -> None:
    """More carbon dioxide was asked for; a second person has not said yes yet."""
    page.wait_for_selector("#sheet [data-cmd-state]")
    if page.locator(DRAFT).count():
        _enter(page, 100)
        if page.locator("#sheet #reason").is_visible():
            page.fill("#sheet #reason", "晴天增产试验")
        page.locator(APPLY).click(delay=1700)
    page.wait_for_selector('#sheet [data-cmd-state="awaiting_approval"]')


def ask_for_approval(page: Page, _scene: Scene) -> None:
    """A change that waits for whoever looks at the page."""
    from django.contrib.auth.models import User

    from greenhouse.clock import moment_now
    from greenhouse.commands.lifecycle import State
    from greenhouse.commands.models import CommandRequest
    from greenhouse.commands.submit import submit_setpoint
    from greenhouse.telemetry import series

    point = "g1-a-climate.co2_setpoint"
    if not CommandRequest.objects.filter(point_key=point, state=State.AWAITING_APPROVAL).exists():
        seen = series.latest([point])[point].value
        li = User.objects.get(username="li")
        submit_setpoint(
            point, seen + 100, by=li, seen_value=seen, seen_at=None, now=moment_now(), reason="晴天增产试验"
        )
    page.reload()
    page.wait_for_selector("html[data-link=linked]")
    page.wait_for_selector(".decision")


def conflict(page: Page, _scene: Scene) -> None:
    """Somebody else was faster."""
    from django.contrib.auth.models import User

    from greenhouse.clock import moment_now
    from greenhouse.commands.models import CommandRequest
    from greenhouse.commands.submit import submit_setpoint

    page.wait_for_selector(DRAFT)
    now = float(page.inner_text("#sheet .in-force .reading-number"))
    faster = 17.0 if now != 17.0 else 16.0
    wang = User.objects.get(username="wang")
    submit_setpoint(CONFLICT, faster, by=wang, seen_value=now, seen_at=None, now=moment_now())
    over_at_s = time.monotonic() + 20
    while CommandRequest.objects.filter(point_key=CONFLICT, ended_at=None).exists():
        assert time.monotonic() < over_at_s
        page.wait_for_timeout(100)
    page.fill(ENTRY, "18")
    page.click("#sheet .actions button")
    page.wait_for_selector("#sheet .fault")


def confirmed(page: Page, _scene: Scene) -> None:
    """A change that took, with the way back."""
    page.wait_for_selector(DRAFT)
    now = float(page.inner_text("#sheet .in-force .reading-number"))
    _enter(page, 0.5 if now < 17 else -0.5)
    page.click(APPLY)
    page.wait_for_selector('#sheet [data-command][data-cmd-state="confirmed"]')


def on_its_way(page: Page, scene: Scene) -> None:
    """Sent, not read back yet."""
    assert scene.stage is not None
    scene.stage.controller.confirm_after_s = 6.0
    page.wait_for_selector(DRAFT)
    now = float(page.inner_text("#sheet .in-force .reading-number"))
    _enter(page, 0.5 if now < 17 else -0.5)
    page.click(APPLY)
    page.wait_for_selector('#sheet [data-command][data-cmd-state="accepted"]')


def not_taken(page: Page, scene: Scene) -> None:
    """The controller keeps its old value."""
    assert scene.stage is not None
    scene.stage.controller.behavior = "keeps"
    _enter(page, 0.5)
    page.click(APPLY)
    page.wait_for_selector('#sheet [data-command][data-cmd-state="timeout"]')


def offline(page: Page, scene: Scene) -> None:
    """The line is cut under a review."""
    assert scene.line is not None
    _enter(page, 0.5)
    scene.line.cut()
    page.wait_for_selector("html[data-link=lost]")
    page.wait_for_timeout(1500)


def offline_page(page: Page, scene: Scene) -> None:
    """The line is cut before an open page."""
    assert scene.line is not None
    scene.line.cut()
    page.wait_for_selector("html[data-link=lost]")
    page.wait_for_timeout(1500)


def batch_review(page: Page, _scene: Scene) -> None:
    """One value for every compartment, looked at before it is sent."""
    page.wait_for_selector(DRAFT)
    page.fill(ENTRY, "17.5")
    page.click("#sheet .scope summary")
    page.click("#sheet [data-choose-all]")
    page.click("#sheet .actions button")
    page.wait_for_selector(REVIEW)


def menu(page: Page, _scene: Scene) -> None:
    """The menu open."""
    page.click(".menu summary")


def unfolded(page: Page, _scene: Scene) -> None:
    """Everything that folds open."""
    page.evaluate("() => document.querySelectorAll('main details').forEach(each => each.open = true)")


def curves(page: Page, _scene: Scene) -> None:
    """The curves drawn."""
    page.wait_for_selector("[data-chart-drawn]", state="attached")
    page.wait_for_timeout(600)


def curves_pointed_at(page: Page, scene: Scene) -> None:
    """A moment held, with its read-out."""
    curves(page, scene)
    box = page.locator(".u-over").first.bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + 0.6 * box["width"], box["y"] + box["height"] / 2)


def points_to_choose(page: Page, scene: Scene) -> None:
    """The list of points of a chart."""
    curves(page, scene)
    page.click("[data-pick]")
    page.wait_for_selector("#picker [data-choice]")


def signed_out(page: Page, _scene: Scene) -> None:
    """The session ends under an open page."""
    from django.contrib.sessions.models import Session

    Session.objects.all().delete()
    page.wait_for_selector("#sign-in[open]")


def reviewed_limits(page: Page, _scene: Scene) -> None:
    """The limits of a point, changed and not applied."""
    page.fill("#id_limits_low", "8")
    page.fill("#id_limits_high", "26")
    page.get_by_role("button", name="查看更改").click()
    page.wait_for_selector(".differences")


def refused_limits(page: Page, _scene: Scene) -> None:
    """A fault at its field."""
    page.fill("#id_limits_low", "40")
    page.fill("#id_limits_high", "26")
    page.get_by_role("button", name="查看更改").click()
    page.wait_for_load_state()


def reviewed_program(page: Page, _scene: Scene) -> None:
    """A large change of a program before it is stored."""
    page.fill("#id-periods-0-ventilation-c", "24.5")
    page.fill("#id-periods-2-start ~ .timed-minutes input", "90")
    page.click(".program-send button")
    page.wait_for_selector("[data-program-review]")
    page.wait_for_selector(LINKED)


def mistyped_program(page: Page, _scene: Scene) -> None:
    """Faults at their fields."""
    page.fill("#id-periods-0-ventilation-c", "10.5")
    page.fill("#id-periods-1-heating-c", "")
    page.click(".program-send button")
    fault = page.locator("#id-periods-0-ventilation-c-fault")
    fault.wait_for()
    fault.scroll_into_view_if_needed()


def program_conflict(page: Page, _scene: Scene) -> None:
    """A colleague is faster with the program of the same house."""
    from django.contrib.auth.models import User
    from django.utils import timezone

    from greenhouse.rules import programs
    from greenhouse.rules.evaluate.documents import as_document

    page.fill("#id-periods-0-ventilation-c", "26.5")

    found = programs.in_force("h5")
    assert found is not None
    document = as_document(found.program)
    document["periods"][0]["ventilation_c"] += 0.5
    wang = User.objects.get(username="wang")
    programs.save("h5", document, seen_version=found.version, by=wang, reason="霜后恢复", now=timezone.now())
    page.click(".program-send button")
    page.wait_for_selector(".both")
    page.wait_for_selector(LINKED)


def irrigation_review(page: Page, _scene: Scene) -> None:
    """Another dose and another group before they are stored."""
    page.fill("#id-dose-amount", "0.9")
    page.fill("#id-starts-minutes", "08:30 11:00")
    page.click(".program-send button")
    page.wait_for_selector("[data-program-review]")
    page.wait_for_selector(LINKED)


def mistyped_irrigation(page: Page, _scene: Scene) -> None:
    """Faults at the fields of an irrigation program."""
    page.fill("#id-dose-amount", "99")
    page.fill("#id-starts-minutes", "8:30 25:00")
    page.click(".program-send button")
    fault = page.locator("#id-starts-minutes-fault")
    fault.wait_for()
    fault.scroll_into_view_if_needed()


def irrigation_conflict(page: Page, _scene: Scene) -> None:
    """A colleague is faster with the same irrigation program."""
    from django.contrib.auth.models import User

    from greenhouse.clock import moment_now
    from greenhouse.rules import irrigation_programs
    from greenhouse.rules.irrigation_models import IrrigationProgramVersion

    page.fill("#id-dose-amount", "0.9")
    found = IrrigationProgramVersion.objects.filter(program_key=WATERING).latest("number")
    document = {**found.document, "rest_min": 90 if found.document["rest_min"] != 90 else 60}
    made = {"is_on": found.is_on, "by": User.objects.get(username="wang"), "now": moment_now()}
    irrigation_programs.save(WATERING, document, seen_version=found.number, reason="土壤偏湿", **made)
    page.click(".program-send button")
    page.wait_for_selector(".both")
    page.wait_for_selector(LINKED)


def run_by_hand(page: Page, _scene: Scene) -> None:
    """What a run by hand means, before the valve opens."""
    page.fill("#minutes", "15")
    page.click("button[value=review]:visible")
    page.wait_for_selector("[data-program-review]")
    page.wait_for_selector(LINKED)


def program_form(page: Page, _scene: Scene) -> None:
    """The form below the drawn day."""
    page.locator("#edit").evaluate("title => title.scrollIntoView()")


def new_login(page: Page, _scene: Scene) -> None:
    """A login just made, with the password that is shown once."""
    page.fill("#id_username", f"zhao{uuid4().hex[:4]}")
    page.select_option("#id_role", "technician")
    page.get_by_role("button", name="建立登录").click()
    page.wait_for_selector("#one-time")


def wrong_password(page: Page, _scene: Scene) -> None:
    """A sign-in that failed."""
    page.fill("#id_username", "nobody")
    page.fill("#id_password", "nothing")
    page.press("#id_password", "Enter")
    page.wait_for_selector("[role=alert], .fault, .errorlist")


@contextmanager
def usual(scene: Scene) -> Iterator[None]:
    """Everything as it was, afterwards."""
    try:
        yield
    finally:
        if scene.line is not None:
            scene.line.mend()
        if scene.stage is not None:
            scene.stage.controller.behavior = "takes"
            scene.stage.controller.confirm_after_s = 0.2


@contextmanager
def without_store(_scene: Scene) -> Iterator[None]:
    """The store is not there."""
    from tests.console.page.test_outage import gone

    with gone():
        yield


Step = Callable[[Page, Scene], None]
