"""The alarm "command not confirmed": what raises it, and what it takes to be over."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta

import numpy as np
import pytest
from django.db import DatabaseError, connection

from devices.samples import Origin, Reading
from greenhouse.alarms.definitions import Kind
from greenhouse.alarms.duty import bindings_of_the_base
from greenhouse.alarms.models import Occurrence
from greenhouse.alarms.occurrences import acknowledge
from greenhouse.alarms.unconfirmed import UnconfirmedCommands
from greenhouse.commands import dispatch, on_site, planned_stops, retries
from greenhouse.commands.checks import Code, Verdict
from greenhouse.commands.lifecycle import State
from greenhouse.commands.models import CommandRequest
from greenhouse.commands.sources import AUTOMATIC_RETURN, Automatic, Source
from greenhouse.commands.submit import submit_setpoint
from greenhouse.deadlines import Moment
from greenhouse.site import structure
from greenhouse.site.virtual_points import CLOCK, Clock, control_key
from tests.commands.conftest import (  # noqa: F401  # fixtures
    HEATING,
    HUMIDITY,
    LINK,
    LOCATION,
    START,
    after,
    moment,
    online,
    store,
    submit,
    technician,
)
from tests.commands.test_dispatch import Orders

pytestmark = pytest.mark.django_db(databases=["default", "telemetry"])


def look_on_site(seconds: float) -> int:
    return on_site.note_changes(on_site.watched(structure.all_points()), moment(seconds))


def begin(active: Collection[str] = (), told: Collection[str] = (), at_s: float = 0.0) -> UnconfirmedCommands:
    """The alarm's side of a control process that begins."""
    wall = after(at_s)
    return UnconfirmedCommands(bindings_of_the_base(), active=active, told=told, now=wall, wall=wall)


@pytest.fixture
def commands(online) -> UnconfirmedCommands:  # noqa: F811
    return begin()


def end(request: CommandRequest, state: State, now: Moment, code: Code = Code.NONE) -> None:
    dispatch.dispatch_next(now, Orders())
    dispatch.record_outcome(request.pk, state, now=now, verdict=Verdict(code))


def look(commands: UnconfirmedCommands, at_s: float, *, wall_set_by: timedelta = timedelta(0)) -> list[str]:
    return [change.change for change in commands.look(after(at_s), wall=after(at_s) + wall_set_by)]


def read_back(commands: UnconfirmedCommands, value: float, at_s: float) -> list[str]:
    zeros = np.zeros(1, dtype=np.uint8)
    found = Reading((HEATING,), np.array([value]), zeros, zeros, after(at_s), Origin.SIMULATED)
    return [change.change for change in commands.see([found])]


@pytest.mark.parametrize(("found", "then"), [(24.0, []), (18.0, ["cleared"])])
def test_a_change_on_site_ends_it_only_if_it_is_what_was_asked(commands, submit, online, found, then):  # noqa: F811
    look_on_site(0.5)
    end(submit(), State.REJECTED, moment(1.1), Code.DEVICE_REFUSED)
    assert look(commands, 2) == ["raised"]
    online({HEATING: found}, after(600))
    assert look_on_site(601) == 1
    assert look(commands, 602) == then


@pytest.mark.parametrize("state", [State.REFUSED, State.EXPIRED])
def test_an_automatic_return_that_was_never_sent_raises_it_until_a_try_is_confirmed(commands, submit, online, state):  # noqa: F811
    """The point still holds a value whose time is over. Nobody else's refused request does that."""
    back = submit(value=17.0, by=Automatic(Source.PROGRAM, AUTOMATIC_RETURN))
    if state is State.EXPIRED:
        dispatch.expire_old(moment(30))
    else:
        end(back, state, moment(1.1), Code.LINE_DOWN)
    assert look(commands, 31) == ["raised"]
    online({LINK: 2, LOCATION: 1, HEATING: 16.0}, after(41))
    assert retries.retry_due(moment(41)) == 1
    end(CommandRequest.objects.get(retry_of=back), State.CONFIRMED, moment(41.5))
    assert look(commands, 42) == ["cleared"]


def test_a_further_try_that_gave_way_to_a_value_set_on_site_ends_it(commands, submit, online):  # noqa: F811
    end(submit(by=Automatic(Source.PROGRAM, "climate")), State.TIMEOUT, moment(1.1), Code.NO_ANSWER)
    assert look(commands, 2) == ["raised"]
    online({LINK: 2, LOCATION: 1, HEATING: 24.0}, after(120))
    assert retries.retry_due(moment(120)) == 0
    assert look(commands, 121) == ["cleared"]
    assert look(begin(active=[HEATING], at_s=122), 123) == ["cleared"]  # for a process that began in between as well


def test_a_refused_request_of_anybody_else_raises_nothing(commands, submit):  # noqa: F811
    end(submit(), State.REFUSED, moment(1.1), Code.LINE_DOWN)
    assert look(commands, 2) == []


def test_an_output_that_a_planned_stop_left_unconfirmed_is_an_alarm_of_the_next_process(online):  # noqa: F811
    planned_stops.record({HEATING: "", HUMIDITY: "no answer"}, now=moment(1))
    commands = begin(at_s=86_400)  # however long nobody was there
    (found,) = commands.look(after(86_401), wall=after(86_401))
    assert (found.change, found.binding.object_key, found.facts["fault"]) == ("raised", HUMIDITY, "no answer")
    assert look(commands, 86_402) == []


def test_what_the_stop_left_is_over_with_a_confirmed_command_or_its_acknowledgement(watcher, technician):  # noqa: F811
    planned_stops.record({HUMIDITY: "no answer", HEATING: "no answer"}, now=moment(0))
    watcher.go_on(20, {LOCATION: 1.0})
    assert Occurrence.objects.filter(kind=Kind.UNCONFIRMED).count() == 2
    watcher.start()  # killed, and begun again: it is not told twice
    watcher.go_on(20, {LOCATION: 1.0})
    assert set(Occurrence.objects.values_list("raise_count", flat=True)) == {1}
    acknowledge(Occurrence.objects.get(object_key=HUMIDITY).pk, by=technician, now=after(45))
    seen = {"by": technician, "seen_value": 16.0, "seen_at": START}
    end(submit_setpoint(HEATING, 18.0, now=moment(45), **seen), State.CONFIRMED, moment(46))
    watcher.go_on(20, {LOCATION: 1.0})
    assert not Occurrence.objects.filter(cleared_at=None).exists()


def test_a_store_that_fails_within_a_look_loses_no_alarm(commands, submit):  # noqa: F811
    """The alarm of an output that shows nothing asks who acknowledged; that question may fail."""
    planned_stops.record({HUMIDITY: "no answer"}, now=moment(1))
    assert look(commands, 2) == ["raised"]
    end(submit(), State.TIMEOUT, moment(3), Code.NO_ANSWER)

    def fails(execute, sql, parameters, many, context):
        if "alarms_occurrence" in sql:
            raise DatabaseError("locked")
        return execute(sql, parameters, many, context)

    with connection.execute_wrapper(fails), pytest.raises(DatabaseError):
        look(commands, 4)
    assert look(commands, 5) == ["raised"]


@pytest.mark.parametrize("years", [-1, 1])
def test_with_a_clock_set_wrong_it_is_raised_and_cleared_on_the_clock_of_the_samples(commands, submit, online, years):  # noqa: F811
    set_by = timedelta(days=365 * years)
    clock = Clock.AHEAD if years > 0 else Clock.BEHIND
    online({control_key(CLOCK): clock, LINK: 2, LOCATION: 1, HEATING: 16.0}, after(0.5))
    planned_stops.record({HUMIDITY: "no answer"}, now=moment(0.5, wall_set_by=set_by))
    end(submit(now=moment(1, wall_set_by=set_by)), State.TIMEOUT, moment(2, wall_set_by=set_by), Code.NO_ANSWER)
    raised = {found.binding.object_key: found.at_s for found in commands.look(after(3), wall=after(3) + set_by)}
    assert raised == {HEATING: after(2).timestamp(), HUMIDITY: after(0.5).timestamp()}
    online({control_key(CLOCK): clock, LINK: 2, LOCATION: 1, HEATING: 16.0}, after(5))
    end(submit(now=moment(5, wall_set_by=set_by)), State.CONFIRMED, moment(6, wall_set_by=set_by))
    (cleared,) = commands.look(after(7), wall=after(7) + set_by)
    assert (cleared.change, cleared.at_s) == ("cleared", after(6).timestamp())


def test_what_ended_before_the_clock_was_set_is_raised_now(commands, submit):  # noqa: F811
    """By the clock that was set meanwhile it ended a year ago."""
    end(submit(), State.TIMEOUT, moment(2), Code.NO_ANSWER)
    (raised,) = commands.look(after(3), wall=after(3) + timedelta(days=365))
    assert raised.at_s == after(3).timestamp()


def test_with_a_clock_a_year_ahead_a_later_command_and_a_later_reading_still_end_it(commands, submit, online):  # noqa: F811
    """Requests carry the wall clock's time then, and samples one of their own."""
    year = timedelta(days=365)
    online({control_key(CLOCK): Clock.AHEAD, LINK: 2, LOCATION: 1, HEATING: 16.0}, after(0.5))
    end(submit(now=moment(1, wall_set_by=year)), State.TIMEOUT, moment(1.1, wall_set_by=year), Code.NO_ANSWER)
    assert look(commands, 2, wall_set_by=year) == ["raised"]
    assert read_back(commands, 18.0, 1.5) == []  # on its way before the end was known
    assert read_back(commands, 18.0, 10) == ["cleared"]
    again = submit(value=19.0, seen_value=16.0, now=moment(11, wall_set_by=year))
    end(again, State.TIMEOUT, moment(12, wall_set_by=year), Code.NO_ANSWER)
    assert look(commands, 13, wall_set_by=year) == ["raised"]
    online({control_key(CLOCK): Clock.RIGHT, LINK: 2, LOCATION: 1, HEATING: 16.0}, after(60))
    end(submit(now=moment(61)), State.CONFIRMED, moment(62))
    assert look(commands, 63) == ["cleared"]
