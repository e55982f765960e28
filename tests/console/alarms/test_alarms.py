"""The alarms' pages: what they say, who may acknowledge, and that quiet is never shown while nobody looks."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest
from django.utils import timezone

from devices.samples import Origin, Reading
from greenhouse.access.roles import Role
from greenhouse.alarms.conditions import Change
from greenhouse.alarms.duty import bindings_of_the_base
from greenhouse.alarms.evaluation import Transition
from greenhouse.alarms.models import Occurrence
from greenhouse.alarms.occurrences import record
from greenhouse.console.alarms import alarms
from greenhouse.console.values.states import point_states
from greenhouse.site.current import current_base
from greenhouse.site.virtual_points import CLOCK, Clock, control_key
from greenhouse.telemetry import ingest, series
from tests.console.conftest import AIR, SETPOINT

pytestmark = pytest.mark.django_db(databases=["default", "telemetry"])
EVALUATION = "control.alarm_evaluation"
FROST, COLD = ("air-temperature-low-low", AIR), ("air-temperature-low", AIR)


@pytest.fixture
def happen(shelf):
    """Lets an alarm go on or off, as the control process would."""

    def act(key: tuple[str, str], change: Change = Change.RAISED, *, ago_s: float = 60.0, **seen: object) -> Occurrence:
        (binding,) = [binding for binding in bindings_of_the_base() if binding.key == key]
        at = timezone.now() - timedelta(seconds=ago_s)
        record([Transition(binding, change, at.timestamp(), **seen)], {}, now=timezone.now())
        return Occurrence.objects.order_by("-raised_at").first()

    return act


@pytest.fixture
def page(client, technician):
    """The page of a technician, in English."""
    client.force_login(technician)
    client.cookies["console_language"] = "en"
    return lambda path="/alarms", **how: client.get(path, **how)


def test_an_alarm_says_where_what_since_when_and_what_to_do_by_hand(happen, page):
    found = happen(FROST, value=4.2)
    text = page().content.decode()
    for part in (
        "Solar greenhouse 1 · air much too cold: frost danger",
        "P1 urgent",
        "4.2 °C, limit 7.0 °C",
        "lower the blanket, crank the vents shut",
        "not acknowledged",
        f'action="/alarms/{found.pk}/acknowledge"',
    ):
        assert part in text, part


def test_a_limit_that_follows_a_setpoint_is_shown_as_the_value_it_was(happen, page):
    happen(COLD, value=12.0, reference=16.0)
    assert "12.0 °C, limit 13.0 °C" in page().content.decode()


def test_an_alarm_on_a_command_says_what_was_asked_and_what_is_read_back(happen, page):
    happen(("command-unconfirmed", SETPOINT), value=16.0, reference=18.0, facts={"request": "1"})
    assert "asked for 18.0 °C, read back 16.0 °C" in page().content.decode()


def test_an_alarm_on_a_return_that_waits_says_what_is_held_and_what_should_stand_there(happen, page):
    happen(("return-waiting", SETPOINT), value=18.0, reference=16.0, facts={"hold": "1"})
    text = page().content.decode()
    assert "held at 18.0 °C, should return to 16.0 °C" in text
    assert "set it back there" in text


def test_a_tap_acknowledges_and_leads_back_to_the_list(happen, page, client, technician):
    found = happen(FROST, value=4.2)
    answer = client.post(f"/alarms/{found.pk}/acknowledge", headers={"user-agent": "Mozilla Android Chrome/1"})
    assert (answer.status_code, answer.headers["Location"]) == (302, "/alarms")
    found.refresh_from_db()
    assert (found.state, found.acknowledged_by) == ("acknowledged", technician)
    assert found.events.get(kind="acknowledged").facts["device"] == "Android Chrome"
    text = page().content.decode()
    assert "acknowledge-" not in text
    assert "clock was in doubt" not in text


def test_an_acknowledgement_by_a_clock_that_stands_back_says_what_the_clock_read(happen, page, client, shelf):
    """The control process goes by a time of its own, an hour ahead of the wall clock."""
    found = happen(FROST, ago_s=-1800.0, value=4.2)
    ahead = timezone.now() + timedelta(hours=1, seconds=10)
    zeros = np.zeros(1, dtype=np.uint8)
    state = Reading((control_key(CLOCK),), np.array([float(Clock.BEHIND)]), zeros, zeros, ahead, Origin.MEASURED)
    ingest.record([state], ids=shelf.ids, writer="control", tick=1, now=ahead)
    client.post(f"/alarms/{found.pk}/acknowledge")
    found.refresh_from_db()
    assert found.raised_at <= found.acknowledged_at
    assert abs(found.acknowledged_at - ahead) < timedelta(minutes=1)
    text = page().content.decode()
    assert text.count("clock was in doubt; it read") == 2  # in the list and in the history


def test_who_was_slower_is_told_who_was_faster(happen, page, client):
    found = happen(FROST, value=4.2)
    client.post(f"/alarms/{found.pk}/acknowledge")
    answer = client.post(f"/alarms/{found.pk}/acknowledge")
    assert answer.status_code == 409
    assert "technician was faster" in answer.content.decode()


@pytest.mark.parametrize("role", [Role.VIEWER, Role.EDUCATOR, Role.COMMISSIONER])
def test_who_may_not_acknowledge_sees_the_button_and_why_not(happen, client, person, role):
    found = happen(FROST, value=4.2)
    client.force_login(person(role))
    client.cookies["console_language"] = "en"
    text = client.get("/alarms").content.decode()
    assert f'id="acknowledge-{found.pk}" disabled' in text
    assert "Technicians, supervisors and engineers acknowledge alarms." in text
    assert client.post(f"/alarms/{found.pk}/acknowledge").status_code == 403
    found.refresh_from_db()
    assert found.state == "unacknowledged"


def test_an_alarm_that_does_not_exist_is_no_page(shelf, page, client):
    assert client.post("/alarms/7a5f9d3e-8a53-4a9b-8f6a-8f3c8f1d2f11/acknowledge").status_code == 404


def test_what_a_lost_link_explains_is_counted_and_not_listed(happen, page):
    happen(FROST, value=4.2)
    happen(("link-lost", "h1-climate.link"))
    listed = page("/alarms/listed").content.decode()
    assert "device does not answer" in listed
    assert "frost danger" not in listed
    assert "It explains 1 other alarm" in listed


def test_history_can_be_asked_by_house_and_time(happen, page):
    happen(FROST, value=4.2, ago_s=3 * 86_400)
    happen(("sensor-unusable", "meter.flow"))

    def rows(query: str) -> list[str]:
        text = page(f"/alarms?{query}").content.decode()
        history = text[text.index("history-title") :]
        return [name for name in ("frost danger", "no usable value") if name in history]

    assert rows("") == ["frost danger", "no usable value"]
    assert rows("house=h1") == ["frost danger"]
    assert rows("days=1") == ["no usable value"]
    assert rows("house=h1&days=1") == []
    assert rows("house=%00&days=99999999999") == ["frost danger", "no usable value"]


def strip_of(states_put: dict[str, float] | None, shelf, **how) -> alarms.AlarmStrip:
    if states_put is not None:
        shelf.put(states_put, **how)
    return alarms.alarm_strip(current_base(), point_states(series.latest()), now=timezone.now())


@pytest.mark.parametrize(
    ("put", "age_s", "is_calm"),
    [({EVALUATION: 1.0}, 0, True), ({EVALUATION: 0.0}, 0, False), ({EVALUATION: 1.0}, 60, False), (None, 0, False)],
    ids=["watched", "stopped", "silent", "never"],
)
def test_quiet_is_shown_only_while_somebody_looks(shelf, page, put, age_s, is_calm):
    assert strip_of(put, shelf, age_s=age_s).is_calm is is_calm
    text = page("/alarms/strip").content.decode()
    assert ("No alarm" in text, "not being watched" in text) == (is_calm, not is_calm)


def test_the_strip_counts_by_priority_and_names_the_newest(happen, shelf, page):
    happen(FROST, value=4.2, ago_s=300)
    happen(("sensor-unusable", "meter.flow"))
    strip = strip_of({EVALUATION: 1.0}, shelf)
    assert [(mark.number, mark.count, mark.calls) for mark in strip.marks] == [(1, 1, True), (3, 1, True)]
    assert "no usable value" in page("/alarms/strip").content.decode()
    assert "urgent" in page("/").content.decode()


def test_another_token_comes_with_every_change(happen, shelf):
    tokens = [strip_of({EVALUATION: 1.0}, shelf).token]
    happen(FROST, value=4.2)
    tokens.append(strip_of(None, shelf).token)
    tokens.append(strip_of({EVALUATION: 0.0}, shelf).token)
    assert len(set(tokens)) == 3


def test_an_alarm_that_the_program_no_longer_knows_is_still_history(happen, page):
    found = happen(FROST, value=4.2)
    Occurrence.objects.filter(pk=found.pk).update(definition_key="from-an-old-version")
    assert "from-an-old-version" in page().content.decode()
