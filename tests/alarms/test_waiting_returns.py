"""The alarm "manual hold is over, but its value did not return": once, with what to do, and over by itself."""

from __future__ import annotations

from collections.abc import Collection

import pytest

from devices.samples import Quality
from greenhouse.alarms import board
from greenhouse.alarms.definitions import Kind
from greenhouse.alarms.duty import AlarmDuty, bindings_of_the_base
from greenhouse.alarms.loader import load_shipped
from greenhouse.alarms.models import Occurrence, OccurrenceEvent
from greenhouse.alarms.occurrences import acknowledge
from greenhouse.alarms.waiting_returns import WaitingReturns
from greenhouse.commands import dispatch, on_site, returns
from greenhouse.commands.lifecycle import State
from greenhouse.commands.models import ManualHold
from greenhouse.commands.policies import RETURN_WAITS_AT_MOST
from greenhouse.site import structure
from tests.alarms.conftest import reading
from tests.commands.conftest import (  # noqa: F401  # fixtures
    HEATING,
    LINK,
    LOCATION,
    after,
    moment,
    online,
    store,
    submit,
    technician,
)
from tests.commands.test_dispatch import Orders
from tests.commands.test_holds import OVER_S, held  # noqa: F401  # a fixture

pytestmark = pytest.mark.django_db(databases=["default", "telemetry"])

WAITS_S = load_shipped()["return-waiting"].on_delay_s
GIVEN_UP_S = OVER_S + RETURN_WAITS_AT_MOST.total_seconds()


def watch(active: Collection[str] = ()) -> WaitingReturns:
    """The alarm's side of a control process that begins."""
    bindings = [found for found in bindings_of_the_base() if found.definition.kind is Kind.RETURN_WAITING]
    return WaitingReturns(bindings, active=active)


def look(waiting: WaitingReturns, at_s: float) -> list[str]:
    """The control process looks for returns, and then the alarm."""
    returns.return_ended(moment(at_s))
    return [change.change for change in waiting.look(after(at_s))]


@pytest.fixture
def waiting(held, online) -> WaitingReturns:  # noqa: F811
    """The hold is over, the link is good, but the setpoint is read as bad."""
    online({HEATING: 18.0}, after(OVER_S), quality=Quality.BAD)
    found = watch()
    assert look(found, OVER_S) == []
    return found


def raised(waiting: WaitingReturns) -> float:
    """Let it come; returns when, in seconds."""
    at_s = OVER_S + WAITS_S
    assert look(waiting, at_s) == ["raised"]
    return at_s


def test_it_is_raised_once_after_the_time_that_its_definition_states(waiting):
    assert WAITS_S == 300
    assert look(waiting, OVER_S + WAITS_S - 1) == []
    (change,) = waiting.look(after(OVER_S + WAITS_S))
    assert (change.binding.object_key, change.value, change.reference) == (HEATING, 18.0, 16.0)
    assert look(waiting, OVER_S + WAITS_S + 1) == look(waiting, OVER_S + 7200) == []


def test_a_short_gap_in_the_readings_raises_nothing(waiting, online):  # noqa: F811
    online({LINK: 2, LOCATION: 1, HEATING: 18.0}, after(OVER_S + 20))
    assert look(waiting, OVER_S + 21) == []
    assert look(waiting, OVER_S + WAITS_S + 100) == []


def test_it_is_over_by_itself_when_the_readback_comes_and_the_value_returns(waiting, online):  # noqa: F811
    at_s = raised(waiting) + 3600
    online({LINK: 2, LOCATION: 1, HEATING: 18.0}, after(at_s))
    assert look(waiting, at_s) == ["cleared"]
    orders = Orders()
    dispatch.dispatch_next(moment(at_s + 0.1), orders)
    assert [order.value for order in orders.orders] == [16.0]
    assert ManualHold.objects.get().end == "returned"


def test_another_process_neither_repeats_nor_forgets_it(waiting):
    at_s = raised(waiting)
    returns.wait_anew(moment(at_s + 10))
    again = watch(active=[HEATING])
    assert look(again, at_s + 10) == look(again, at_s + 10 + WAITS_S) == []


@pytest.fixture
def given_up(waiting) -> WaitingReturns:
    """After half a day the hold has ended without its return, and the alarm is still on."""
    raised(waiting)
    assert look(waiting, GIVEN_UP_S) == []
    assert ManualHold.objects.get().end == "not_read_back"
    return waiting


def test_given_up_it_stays_while_nobody_knows_and_while_the_held_value_is_found(given_up, online):  # noqa: F811
    assert look(given_up, GIVEN_UP_S + 60) == []
    online({LINK: 2, LOCATION: 1, HEATING: 18.0}, after(GIVEN_UP_S + 120))
    assert look(given_up, GIVEN_UP_S + 121) == []


@pytest.mark.parametrize("found", [16.0, 12.0])
def test_given_up_it_is_over_when_the_readback_shows_that_the_held_value_is_gone(given_up, online, found):  # noqa: F811
    online({LINK: 2, LOCATION: 1, HEATING: found}, after(GIVEN_UP_S + 120))
    assert look(given_up, GIVEN_UP_S + 121) == ["cleared"]
    assert look(given_up, GIVEN_UP_S + 122) == []


@pytest.mark.parametrize("value", [16.0, 18.0])
def test_given_up_it_is_over_with_a_persons_confirmed_value_even_the_held_one(given_up, submit, online, value):  # noqa: F811
    at_s = GIVEN_UP_S + 120
    online({LINK: 2, LOCATION: 1, HEATING: 18.0}, after(at_s))
    request = submit(value=value, seen_value=18.0, now=moment(at_s))
    dispatch.dispatch_next(moment(at_s + 0.1), Orders())
    dispatch.record_outcome(request.pk, State.CONFIRMED, now=moment(at_s + 0.2), readback_value=value)
    assert look(given_up, at_s + 1) == ["cleared"]


def test_given_up_it_is_over_with_a_value_found_set_on_site(given_up, online):  # noqa: F811
    at_s = GIVEN_UP_S + 120
    online({LINK: 2, LOCATION: 1, HEATING: 21.0}, after(at_s))
    assert on_site.note_changes(on_site.watched(structure.all_points()), moment(at_s)) == 1
    online({HEATING: 21.0}, after(at_s + 1), quality=Quality.BAD)
    assert look(given_up, at_s + 2) == ["cleared"]


def keep_up(duty: AlarmDuty, at_s: float) -> None:
    returns.return_ended(moment(at_s))
    duty.keep_up(after(at_s), at_s, wall=after(at_s))


def test_it_is_stored_once_with_its_steps_and_says_what_to_do(held, online, technician):  # noqa: F811
    """The setpoint's own "no usable value" is explained by it."""
    duty = AlarmDuty(writer="control", now=after(OVER_S - 20), wall=after(OVER_S - 20))
    at_s = OVER_S - 10
    while at_s < OVER_S + 1200:
        online({LINK: 2, LOCATION: 1}, after(at_s))
        online({HEATING: 18.0}, after(at_s), quality=Quality.BAD)
        duty.see([reading({LINK: 2.0, LOCATION: 1.0}, at_s), reading({HEATING: 18.0}, at_s, quality=Quality.BAD)])
        keep_up(duty, at_s)
        at_s += 10
    (found,) = [row for row in board.listed() if row.object_key == HEATING]
    assert (found.definition_key, found.raise_count, found.value, found.reference_value) == (
        "return-waiting",
        1,
        18.0,
        16.0,
    )
    assert Occurrence.objects.get(definition_key="sensor-unusable", object_key=HEATING).suppressed_by == found
    acknowledge(found.pk, by=technician, now=after(at_s))
    online({LINK: 2, LOCATION: 1, HEATING: 18.0}, after(at_s))
    keep_up(duty, at_s)
    events = OccurrenceEvent.objects.filter(occurrence=found).values_list("kind", flat=True)
    assert list(events) == ["raised", "acknowledged", "cleared"]
