"""A value that was changed at the controller: recorded once, so that "last changed by" names nobody wrongly."""

from __future__ import annotations

import math
from datetime import timedelta

import pytest
from django.utils import translation

from devices.samples import Quality
from greenhouse.commands import dispatch, history, on_site
from greenhouse.commands.checks import Code, Verdict
from greenhouse.commands.errors import Conflict
from greenhouse.commands.lifecycle import State
from greenhouse.commands.models import CommandEvent, CommandRequest, InForce
from greenhouse.commands.naming import asked_by
from greenhouse.deadlines import Moment
from greenhouse.site import structure
from greenhouse.site.virtual_points import CLOCK, Clock, control_key
from tests.commands.conftest import HEATING, HUMIDITY, LINK, LOCATION, START, after, moment
from tests.commands.test_dispatch import Orders

pytestmark = pytest.mark.django_db(databases=["default", "telemetry"])


def look(seconds: float) -> int:
    return on_site.note_changes(on_site.watched(structure.all_points()), moment(seconds))


def confirm(request: CommandRequest, seconds: float) -> None:
    dispatch.dispatch_next(moment(seconds), Orders())
    dispatch.record_outcome(request.pk, State.CONFIRMED, now=moment(seconds), readback_value=request.value)


def last_by(point: str = HEATING) -> str | None:
    found = history.last_changes([point]).get(point)
    with translation.override("en"):
        return None if found is None else asked_by(found)


def test_setpoints_and_modes_are_watched_and_nothing_else(online):
    watched = {point.local_key for point in on_site.watched(structure.all_points())}
    assert {"heating_setpoint", "operating_mode"} <= watched
    assert watched.isdisjoint({"co2_enable", "heartbeat", "air_temperature"})


def test_what_is_seen_first_is_nobodys_change(online):
    assert look(1) == 0
    assert InForce.objects.get(point_key=HEATING).value == 16.0
    assert last_by() is None


def test_a_change_on_site_is_recorded_once_from_old_to_new(online):
    look(1)
    online({HEATING: 20.0}, after(5))
    assert look(6) == 1
    assert look(7) == look(100) == 0
    (event,) = CommandEvent.objects.all()
    assert (event.source, event.actor, event.state) == ("controller", "controller", State.CONFIRMED)
    assert (event.old_value, event.new_value, event.at) == (16.0, 20.0, moment(6).wall)
    request = event.request
    assert (request.verdict, request.requested_by, request.created_at) == (Code.CHANGED_ON_SITE, None, after(5))
    assert last_by() == "on site"


def test_a_confirmed_request_is_nobodys_change_on_site(submit, online):
    look(0.5)
    confirm(submit(), 1.1)
    online({HEATING: 18.0}, after(2))
    assert look(3) == 0
    assert last_by() == "Zhang"


def test_an_older_sample_that_is_stored_late_is_no_change(submit, online):
    """A poll that went out before the write may be stored after it was confirmed."""
    look(0.5)
    confirm(submit(), 1.1)
    online({HEATING: 16.0}, after(1.05))
    assert look(2) == 0


def test_after_a_persons_change_one_on_site_is_told_apart(submit, online):
    confirm(submit(), 1.1)
    online({HEATING: 21.0, LINK: 2, LOCATION: 1}, after(5))
    assert look(6) == 1
    assert last_by() == "on site"
    with translation.override("en"), pytest.raises(Conflict) as caught:
        submit(seen_value=18.0, now=moment(7))
    facts = dict(caught.value.verdict.facts)
    assert facts.pop("at") is not None
    assert facts == {"current": 21.0, "unit": "degC", "by": "on site"}


def test_a_write_under_way_is_not_taken_for_a_change_on_site(submit, online):
    look(0.5)
    request = submit()
    dispatch.dispatch_next(moment(1.1), Orders())
    online({HEATING: 18.0}, after(1.2))
    assert look(1.3) == 0
    dispatch.record_outcome(request.pk, State.CONFIRMED, now=moment(1.4), readback_value=18.0)
    assert look(2) == 0


def test_a_value_that_took_after_it_was_given_up_is_ours(submit, online):
    look(0.5)
    request = submit()
    dispatch.dispatch_next(moment(1.1), Orders())
    dispatch.record_outcome(request.pk, State.TIMEOUT, now=moment(3), verdict=Verdict(Code.NO_ANSWER))
    online({HEATING: 18.0}, after(30))
    assert look(31) == 0
    assert last_by() == "Zhang"
    assert InForce.objects.get(point_key=HEATING).value == 18.0


def test_of_two_that_were_interrupted_the_first_may_be_the_one_that_took(submit, online):
    """Found by killing the control process: the second never left, and the first was taken for a change on site."""
    look(0.5)
    for value, seconds in ((18.0, 1.1), (19.0, 2.1)):
        submit(value=value, now=moment(seconds))
        dispatch.dispatch_next(moment(seconds), Orders())
        dispatch.recover_after_restart(moment(seconds + 0.5))
    online({HEATING: 18.0}, after(5))
    assert look(6) == 0
    assert history.last_changes([HEATING])[HEATING].value == 18.0


def given_up(request: CommandRequest, seconds: float, readback: float | None) -> None:
    dispatch.dispatch_next(moment(1.1), Orders())
    code = Code.NO_ANSWER if readback is None else Code.READBACK_DIFFERS
    dispatch.record_outcome(
        request.pk, State.TIMEOUT, now=moment(seconds), verdict=Verdict(code), readback_value=readback
    )


def test_a_value_that_the_controller_took_instead_is_nobodys_change_on_site(submit, online):
    """It clamped what was sent: the command stays unconfirmed for as long as it lasts."""
    look(0.5)
    given_up(submit(value=20.0), 3.5, readback=18.0)
    for seconds in (5, 600, 7200):
        online({HEATING: 18.0}, after(seconds))
        assert look(seconds + 1) == 0
    assert [found.point_key for found in history.unconfirmed(START)] == [HEATING]


def test_a_controller_on_its_way_to_the_value_is_nobodys_change_on_site(submit, online):
    look(0.5)
    given_up(submit(value=20.0), 3.5, readback=None)
    for seconds, value in ((5, 17.0), (10, 18.0), (15, 19.0)):
        online({HEATING: value}, after(seconds))
        assert look(seconds + 0.5) == 0
    online({HEATING: 20.0}, after(20))
    assert look(20.5) == 0
    assert last_by() == "Zhang"


def test_a_third_value_long_after_a_command_was_given_up_was_set_on_site(submit, online):
    """It says nothing about whether the command took."""
    look(0.5)
    given_up(submit(value=20.0), 3.5, readback=16.0)
    online({HEATING: 25.0}, after(600))
    assert look(601) == 1
    assert last_by() == "on site"
    assert [found.point_key for found in history.unconfirmed(START)] == [HEATING]


def test_what_was_asked_for_set_on_site_settles_the_command(submit, online):
    look(0.5)
    request = submit(value=20.0)
    dispatch.dispatch_next(moment(1.1), Orders())
    dispatch.record_outcome(request.pk, State.REJECTED, now=moment(2), verdict=Verdict(Code.DEVICE_REFUSED))
    assert len(history.unconfirmed(START)) == 1
    online({HEATING: 20.0}, after(600))
    assert look(601) == 1
    assert history.unconfirmed(START) == []


def test_a_change_while_the_system_was_down_is_found_when_it_is_back(submit, online):
    confirm(submit(), 1.1)
    online({HEATING: 10.0}, after(7200))
    assert look(7201) == 1
    assert CommandEvent.objects.latest("id").old_value == 18.0


@pytest.mark.parametrize(
    ("value", "quality"), [(16.0 + 1e-9, Quality.GOOD), (30.0, Quality.BAD), (math.inf, Quality.GOOD)]
)
def test_a_value_that_is_the_same_or_is_none_is_no_change(online, value, quality):
    look(1)
    online({HEATING: value}, after(5), quality=quality)
    assert look(6) == 0


def test_a_register_that_never_rests_is_recorded_once_a_minute(online):
    """From the last recorded value to the present one."""
    look(1)
    recorded = 0
    for seconds in range(10, 200, 10):
        online({HEATING: 16.0 + seconds / 10}, after(seconds))
        recorded += look(seconds + 1)
    assert recorded == 4
    steps = list(CommandRequest.objects.order_by("created_at").values_list("previous_value", "value"))
    assert [old for old, _new in steps[1:]] == [new for _old, new in steps[:-1]]


def test_points_are_told_apart(online):
    look(1)
    online({HEATING: 20.0, HUMIDITY: 80.0}, after(5))
    look(6)
    assert list(CommandRequest.objects.values_list("point_key", flat=True)) == [HEATING]
    assert InForce.objects.get(point_key=HUMIDITY).at == START


HOUR, YEAR = timedelta(hours=1), timedelta(days=365)


def carry_out(request: CommandRequest, now: Moment) -> None:
    dispatch.dispatch_next(now, Orders())
    dispatch.record_outcome(request.pk, State.CONFIRMED, now=now, readback_value=request.value)


@pytest.mark.parametrize(
    ("clock", "set_by"), [(Clock.CATCHING_UP, -HOUR / 60), (Clock.BEHIND, -YEAR), (Clock.AHEAD, YEAR)]
)
def test_with_a_clock_set_wrong_what_was_confirmed_is_no_change_on_site_and_a_change_is(submit, online, clock, set_by):
    """Samples carry a time of their own then; requests carry the wall clock's."""
    state = {control_key(CLOCK): clock, LINK: 2, LOCATION: 1}

    def watch(seconds: float) -> int:
        now = moment(seconds, wall_set_by=set_by)
        return on_site.note_changes(on_site.watched(structure.all_points()), now)

    online(state | {HEATING: 16.0}, after(10))
    watch(10)
    request = submit(now=moment(10.5, wall_set_by=set_by))
    carry_out(request, moment(11, wall_set_by=set_by))
    assert watch(11.2) == 0
    online(state | {HEATING: 16.0}, after(10.9))  # read before the write
    assert watch(12) == 0
    online(state | {HEATING: 18.0}, after(20))
    assert watch(20.5) == 0
    online(state | {HEATING: 25.0}, after(40))
    assert watch(40.5) == 1
    assert last_by() == "on site"


def test_a_clock_that_was_ahead_hides_no_later_change(submit, online):
    online({control_key(CLOCK): Clock.AHEAD, LINK: 2, LOCATION: 1, HEATING: 16.0}, after(10))
    look(10)
    request = submit(now=moment(10.5, wall_set_by=YEAR))
    carry_out(request, moment(11, wall_set_by=YEAR))
    online({control_key(CLOCK): Clock.RIGHT, HEATING: 25.0}, after(7200))
    assert look(7201) == 1


def test_of_two_commands_the_later_one_is_told_by_their_steps_whatever_the_clock_said(submit, online):
    """The first was given up; the second took, after the clock had been set back an hour."""
    look(0.5)
    given_up(submit(value=20.0), 3.5, readback=None)
    online({control_key(CLOCK): Clock.CATCHING_UP, LINK: 2, LOCATION: 1, HEATING: 16.0}, after(60))
    again = submit(value=18.0, now=moment(60, wall_set_by=-HOUR))
    carry_out(again, moment(61, wall_set_by=-HOUR))
    online({HEATING: 20.0}, after(600))
    assert look(601) == 1
    assert last_by() == "on site"
