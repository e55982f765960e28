"""Manual holds: a value for a time, then the one before; whatever happens to the clock or to the process meanwhile."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from devices.samples import Quality
from greenhouse.access.errors import NotAllowed
from greenhouse.access.roles import Role
from greenhouse.commands import dispatch, holds, retries, returns
from greenhouse.commands.checks import Code, Verdict
from greenhouse.commands.errors import Conflict, InvalidRequest
from greenhouse.commands.lifecycle import State
from greenhouse.commands.models import CommandRequest, HoldState, ManualHold
from greenhouse.commands.naming import asked_by
from greenhouse.commands.policies import RETURN_WAITS_AT_MOST
from greenhouse.deadlines import Moment
from greenhouse.site.models import Point
from greenhouse.site.virtual_points import CLOCK, Clock, control_key
from tests.commands.conftest import HEATING, HUMIDITY, LINK, LOCATION, after, moment, person
from tests.commands.test_dispatch import Orders, ended
from tests.commands.test_races import at_once

pytestmark = pytest.mark.django_db(databases=["default", "telemetry"])

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
CLOCK_OF_CONTROL = control_key(CLOCK)
OVER_S = 1.0 + 3600.0


def carry_out(seconds: float, value: float, state: State = State.CONFIRMED) -> None:
    """Let the control process take the next request, and the controller answer it."""
    orders = Orders()
    assert dispatch.dispatch_next(moment(seconds), orders)
    (order,) = orders.orders
    assert order.value == value
    dispatch.record_outcome(order.request_id, state, now=moment(seconds + 0.5), readback_value=value)


@pytest.fixture
def held(submit, online):
    """Heating is held at 18 °C for an hour; 16 °C were in force before."""
    request = submit(hold_for=HOUR)
    carry_out(1.1, 18.0)
    online({LINK: 2, LOCATION: 1, HEATING: 18.0}, after(2))
    return ManualHold.objects.get(request=request)


def read_back(online, seconds: float, value: float = 18.0) -> None:
    """The controller was polled at that second and holds this value."""
    online({LINK: 2, LOCATION: 1, HEATING: value}, after(seconds))


def newest() -> CommandRequest:
    return CommandRequest.objects.order_by("-created_at").first()


def test_a_hold_begins_when_its_value_is_in_force(submit):
    submit(hold_for=HOUR)
    assert holds.hold_on(HEATING, moment(1.1)) is None
    carry_out(1.1, 18.0)
    hold = holds.hold_on(HEATING, moment(2))
    assert (hold.return_value, hold.ends_at) == (16.0, after(OVER_S))
    assert holds.remaining(hold, moment(2)) == HOUR - timedelta(seconds=1)


def test_at_its_end_the_value_before_is_written_back_as_a_command_of_its_own(held, online):
    read_back(online, OVER_S - 1)
    assert returns.return_ended(moment(OVER_S - 0.1)) == 0
    assert returns.return_ended(moment(OVER_S)) == 1
    back = newest()
    assert (back.source, back.actor, back.value, back.previous_value) == ("program", "automatic_return", 16.0, 18.0)
    assert asked_by(back) != "automatic_return"  # it has a name in the reader's language
    carry_out(OVER_S + 0.1, 16.0)
    held.refresh_from_db()
    assert (held.state, held.end, held.returned_by) == (HoldState.ENDED, "returned", back)
    assert ended(back)[0] == State.CONFIRMED
    assert returns.return_ended(moment(OVER_S + 100)) == 0


def test_a_return_is_asked_for_once_however_often_it_is_looked_for(held, online):
    read_back(online, OVER_S)
    for seconds in (OVER_S, OVER_S + 1, OVER_S + 2):
        returns.return_ended(moment(seconds))
    assert CommandRequest.objects.filter(actor="automatic_return").count() == 1


def test_a_clock_set_back_lets_no_hold_last_longer(held, online):
    online({CLOCK_OF_CONTROL: Clock.CATCHING_UP, LINK: 2, LOCATION: 1, HEATING: 18.0}, after(OVER_S))
    assert returns.return_ended(moment(OVER_S, wall_set_by=-HOUR)) == 1
    assert holds.hold_on(HEATING, moment(OVER_S, wall_set_by=-HOUR)) is None


def test_a_clock_set_forward_a_day_ends_it_early_rather_than_late(held, online):
    read_back(online, 10 + DAY.total_seconds())
    assert returns.return_ended(moment(10, wall_set_by=DAY)) == 1


def test_a_hold_outlives_a_restart_of_the_machine_and_returns_by_the_wall_clock(held, online):
    read_back(online, OVER_S)
    assert holds.hold_on(HEATING, Moment(after(1800), "next boot", 5.0)) == held
    assert returns.return_ended(Moment(after(1800), "next boot", 5.0)) == 0
    assert returns.return_ended(Moment(after(OVER_S), "next boot", 1800.0)) == 1


def test_after_a_restart_with_an_empty_clock_battery_a_hold_still_ends(held, online):
    """The wall clock stands years back; samples go on from the last stored time, so that one was certainly reached."""
    years = timedelta(days=2000)
    online({CLOCK_OF_CONTROL: Clock.BEHIND, LINK: 2, LOCATION: 1, HEATING: 18.0}, after(OVER_S))

    def in_next_boot(seconds: float) -> Moment:
        return Moment(after(seconds) - years, "next boot", seconds, reached=after(seconds))

    assert returns.return_ended(in_next_boot(OVER_S - 1)) == 0
    assert holds.hold_on(HEATING, in_next_boot(OVER_S - 1)) == held
    assert holds.hold_on(HEATING, in_next_boot(OVER_S)) is None
    assert returns.return_ended(in_next_boot(OVER_S)) == 1


def test_a_hold_that_is_taken_under_such_a_clock_lasts_as_long_as_was_meant(submit, online):
    online({CLOCK_OF_CONTROL: Clock.BEHIND, LINK: 2, LOCATION: 1, HEATING: 16.0}, after(0.5))
    back = timedelta(days=-2000)

    def now(seconds: float) -> Moment:
        return replace(moment(seconds, wall_set_by=back), reached=after(seconds))

    request = submit(now=moment(1, wall_set_by=back), hold_for=HOUR)
    assert dispatch.expire_old(now(1.1)) == 0
    dispatch.dispatch_next(now(1.1), Orders())
    dispatch.record_outcome(request.pk, State.TIMEOUT, now=now(2), verdict=Verdict(Code.NO_ANSWER))
    assert holds.hold_on(HEATING, now(OVER_S - 1)) is not None
    assert holds.hold_on(HEATING, now(OVER_S)) is None


def test_a_return_that_cannot_be_sent_is_tried_again_until_it_is(held, online):
    """The controller is off line when the hold ends; the return is refused, then tried after the written pauses."""
    online({LINK: 0, HEATING: 18.0}, after(OVER_S))
    returns.return_ended(moment(OVER_S))
    first = newest()
    dispatch.dispatch_next(moment(OVER_S + 0.1), Orders())
    assert ended(first) == (State.REFUSED, Code.LINK_DOWN)
    assert retries.retry_due(moment(OVER_S + 10)) == 0
    assert retries.retry_due(moment(OVER_S + 10.2)) == 1
    second = newest()
    assert (second.retry_of, second.attempt, second.value, second.actor) == (first, 2, 16.0, "automatic_return")
    online({LINK: 2, LOCATION: 1, HEATING: 18.0}, after(OVER_S + 10.2))
    carry_out(OVER_S + 10.3, 16.0)
    assert retries.retry_due(moment(OVER_S + 1000)) == 0


@pytest.mark.parametrize("is_given_back", [False, True])
def test_a_value_changed_on_site_during_the_hold_is_left_alone(held, online, is_given_back):
    read_back(online, OVER_S - 2, 24.0)
    if is_given_back:
        holds.give_back(held.pk, by=person("li", Role.TECHNICIAN), now=moment(OVER_S - 1))
    assert returns.return_ended(moment(OVER_S)) == 1
    held.refresh_from_db()
    assert (held.state, held.end, held.returned_by) == (HoldState.ENDED, "changed_since", None)
    assert newest() == held.request
    assert returns.return_ended(moment(OVER_S + 100)) == 0


def test_a_request_that_took_although_it_was_given_up_is_left_alone(held, submit, online):
    later = submit(value=22.0, seen_value=18.0, now=moment(3))
    dispatch.dispatch_next(moment(3.1), Orders())
    dispatch.record_outcome(later.pk, State.TIMEOUT, now=moment(6), verdict=Verdict(Code.NO_ANSWER))
    read_back(online, OVER_S, 22.0)
    assert returns.return_ended(moment(OVER_S)) == 1
    assert (ManualHold.objects.get().end, newest()) == ("changed_since", later)


def test_what_the_controller_really_took_is_what_the_hold_put_there(submit, online):
    """Within the time of the write it came to another value than asked for, and stays there: no newer change."""
    request = submit(hold_for=HOUR)
    dispatch.dispatch_next(moment(1.1), Orders())
    dispatch.record_outcome(
        request.pk, State.TIMEOUT, now=moment(2), verdict=Verdict(Code.READBACK_DIFFERS), readback_value=17.0
    )
    read_back(online, OVER_S, 17.0)
    assert returns.return_ended(moment(OVER_S)) == 1
    assert (ManualHold.objects.get().end, newest().value) == ("returned", 16.0)


@pytest.mark.parametrize("quality", [Quality.GOOD, Quality.BAD])
def test_a_return_waits_until_the_controller_is_read_back(held, online, quality):
    """The newest read-back is an hour old, or bad: whether somebody changed the value is not known."""
    online({HEATING: 18.0}, after(1.0 if quality is Quality.GOOD else OVER_S), quality=quality)
    assert returns.return_ended(moment(OVER_S)) == 0
    held.refresh_from_db()
    assert held.state == HoldState.ACTIVE
    read_back(online, OVER_S + 300)
    assert returns.return_ended(moment(OVER_S + 300)) == 1
    assert newest().value == 16.0


def wait_from(seconds: float, *until: float) -> ManualHold:
    for at_s in (seconds, *until):
        assert returns.return_ended(moment(at_s)) == 0
    return ManualHold.objects.get(state=HoldState.ACTIVE)


def test_a_return_that_waits_says_since_when_and_begins_anew_with_another_process(held, online):
    """Nobody looked while there was no control process."""
    hold = wait_from(OVER_S, OVER_S + 100)
    assert hold.return_waits_since == after(OVER_S)
    returns.wait_anew(moment(OVER_S + 5000))
    hold.refresh_from_db()
    assert (hold.return_waits_since, hold.return_waits_since_boot_s) == (after(OVER_S + 5000), 1000 + OVER_S + 5000)


def test_a_return_that_has_waited_for_half_a_day_ends_without_writing_anything(held, online):
    longest_s = RETURN_WAITS_AT_MOST.total_seconds()
    wait_from(OVER_S, OVER_S + longest_s - 1)
    assert returns.return_ended(moment(OVER_S + longest_s)) == 1
    held.refresh_from_db()
    assert (held.state, held.end, held.returned_by) == (HoldState.ENDED, "not_read_back", None)
    read_back(online, OVER_S + longest_s + 1)
    assert returns.return_ended(moment(OVER_S + longest_s + 1)) == 0
    assert newest() == held.request


@pytest.mark.parametrize("set_by", [DAY, 400 * DAY])
def test_a_clock_set_forward_gives_up_no_return_that_waits(held, online, set_by):
    wait_from(OVER_S)
    assert returns.return_ended(moment(OVER_S + 1, wall_set_by=set_by)) == 0
    assert ManualHold.objects.get().state == HoldState.ACTIVE


def test_a_base_that_was_off_for_a_night_returns_when_it_is_on_again(held, online):
    wait_from(OVER_S)
    morning = Moment(after(OVER_S + 50_000), "next boot", 60.0)
    returns.wait_anew(morning)
    assert returns.return_ended(morning) == 0
    read_back(online, OVER_S + 50_010)
    assert returns.return_ended(Moment(after(OVER_S + 50_011), "next boot", 71.0)) == 1
    assert newest().value == 16.0


def test_a_return_is_decided_upon_what_the_controller_holds(submit, online):
    """The hold was never confirmed, but took: a further try of the return expects its value, not the one before."""
    request = submit(hold_for=HOUR)
    dispatch.dispatch_next(moment(1.1), Orders())
    dispatch.record_outcome(request.pk, State.TIMEOUT, now=moment(2), verdict=Verdict(Code.NO_ANSWER))
    read_back(online, OVER_S, 18.0)
    assert returns.return_ended(moment(OVER_S)) == 1
    assert newest().previous_value == 18.0


def test_a_further_try_of_a_return_gives_way_to_a_value_set_on_site(held, online):
    read_back(online, OVER_S)
    returns.return_ended(moment(OVER_S))
    first = newest()
    dispatch.dispatch_next(moment(OVER_S + 0.1), Orders())
    dispatch.record_outcome(first.pk, State.TIMEOUT, now=moment(OVER_S + 3), verdict=Verdict(Code.NO_ANSWER))
    read_back(online, OVER_S + 120, 12.0)
    assert retries.retry_due(moment(OVER_S + 120)) == 0
    assert CommandRequest.objects.get(retry_of=first).verdict == Code.SET_ON_SITE


def test_what_was_read_before_the_hold_took_is_no_change_after_it(held, submit, online):
    submit(value=19.0, seen_value=18.0, now=moment(3), hold_for=HOUR)
    carry_out(3.1, 19.0)
    holds.give_back(ManualHold.objects.get(state=HoldState.ACTIVE).pk, by=person("li", Role.TECHNICIAN), now=moment(4))
    assert returns.return_ended(moment(4.1)) == 0
    read_back(online, 5, 19.0)
    assert returns.return_ended(moment(5.1)) == 1
    assert newest().value == 16.0


def test_given_back_by_a_person_it_returns_at_once(held, online):
    read_back(online, 100)
    holds.give_back(held.pk, by=person("li", Role.TECHNICIAN), now=moment(100))
    assert holds.hold_on(HEATING, moment(100)) is None
    assert returns.return_ended(moment(100.5)) == 1
    held.refresh_from_db()
    assert (held.end, held.given_back_by.get_username(), newest().value) == ("given_back", "li", 16.0)
    with pytest.raises(Conflict) as caught:
        holds.give_back(held.pk, by=held.given_back_by, now=moment(101))
    assert caught.value.verdict.code is Code.HOLD_OVER


@pytest.mark.parametrize("role", [None, Role.VIEWER, Role.EDUCATOR, Role.COMMISSIONER])
def test_roles_without_the_right_neither_take_nor_end_a_hold(held, submit, role):
    guest = person("guest", role)
    with pytest.raises(NotAllowed):
        holds.give_back(held.pk, by=guest, now=moment(3))
    with pytest.raises(NotAllowed):
        submit(by=guest, hold_for=HOUR, seen_value=18.0, now=moment(3))


def test_another_value_of_a_person_ends_the_hold_and_nothing_returns(held, submit):
    submit(value=17.0, seen_value=18.0, now=moment(3))
    carry_out(3.1, 17.0)
    held.refresh_from_db()
    assert (held.state, held.end) == (HoldState.ENDED, "replaced")
    assert returns.return_ended(moment(OVER_S)) == 0


def test_a_longer_hold_replaces_the_shorter_and_returns_to_what_was_before_both(held, submit, online):
    submit(value=19.0, seen_value=18.0, now=moment(3), hold_for=2 * HOUR)
    carry_out(3.1, 19.0)
    held.refresh_from_db()
    assert held.end == "replaced"
    assert returns.return_ended(moment(OVER_S)) == 0
    read_back(online, 7200, 19.0)
    assert returns.return_ended(moment(3 + 7200)) == 1
    assert newest().value == 16.0


@pytest.mark.parametrize("state", [State.REJECTED, State.REFUSED])
def test_a_request_that_changed_nothing_leaves_the_hold_before_it_as_it_was(held, submit, state):
    later = submit(value=19.0, seen_value=18.0, now=moment(3), hold_for=2 * HOUR)
    dispatch.dispatch_next(moment(3.1), Orders())
    dispatch.record_outcome(later.pk, state, now=moment(3.5), verdict=Verdict(Code.DEVICE_REFUSED))
    assert holds.hold_on(HEATING, moment(4)) == held
    assert ManualHold.objects.get(request=later).end == "not_taken"


def test_a_plain_change_that_was_not_confirmed_leaves_the_hold_and_its_return(held, submit):
    later = submit(value=17.0, seen_value=18.0, now=moment(3))
    dispatch.dispatch_next(moment(3.1), Orders())
    dispatch.record_outcome(later.pk, State.TIMEOUT, now=moment(3.5), verdict=Verdict(Code.NO_ANSWER))
    assert holds.hold_on(HEATING, moment(4)) == held


@pytest.mark.parametrize("taken", [18.0, 16.0])
def test_a_hold_whose_value_was_not_confirmed_may_be_in_force_and_returns(submit, online, taken):
    request = submit(hold_for=HOUR)
    dispatch.dispatch_next(moment(1.1), Orders())
    dispatch.record_outcome(request.pk, State.TIMEOUT, now=moment(2), verdict=Verdict(Code.NO_ANSWER))
    assert holds.hold_on(HEATING, moment(3)).return_value == 16.0
    read_back(online, OVER_S, taken)
    assert returns.return_ended(moment(OVER_S)) == 1


def test_a_hold_is_also_taken_at_the_value_in_force(submit):
    submit(value=16.0, hold_for=HOUR)
    carry_out(1.1, 16.0)
    assert holds.hold_on(HEATING, moment(2)).return_value == 16.0


def test_a_hold_over_nothing_known_ends_without_a_command(submit, online):
    submit(HUMIDITY, 70.0, seen_value=80.0, hold_for=HOUR)
    carry_out(1.1, 70.0)
    ManualHold.objects.update(return_value=None)
    assert returns.return_ended(moment(OVER_S)) == 1
    assert CommandRequest.objects.count() == 1


def test_a_return_waits_while_a_person_asks_for_something_else(held, submit, online):
    """Whoever is on the way comes first; a confirmed change of theirs ends the hold."""
    submit(value=17.0, seen_value=18.0, now=moment(3))
    dispatch.dispatch_next(moment(3.1), Orders())
    read_back(online, OVER_S)
    assert returns.return_ended(moment(OVER_S)) == 0
    held.refresh_from_db()
    assert held.state == HoldState.ACTIVE


def test_a_return_waits_for_nobodys_approval(held, submit, online):
    Point.objects.filter(key=HEATING).update(needs_approval=True)
    waiting = submit(value=19.0, seen_value=18.0, now=moment(3), by=person("li", Role.TECHNICIAN))
    assert waiting.state == State.AWAITING_APPROVAL
    read_back(online, OVER_S)
    assert returns.return_ended(moment(OVER_S)) == 1
    assert ended(waiting) == (State.SUPERSEDED, Code.REPLACED)
    assert (newest().actor, newest().value) == ("automatic_return", 16.0)


@pytest.mark.parametrize("hold_for", [timedelta(0), timedelta(hours=-1), timedelta(hours=12, seconds=1)])
def test_a_hold_lasts_twelve_hours_at_most(submit, hold_for):
    with pytest.raises(InvalidRequest) as caught:
        submit(hold_for=hold_for)
    assert caught.value.verdict.code is Code.HOLD_LENGTH
    assert submit(hold_for=timedelta(hours=12)).hold.ends_at == after(1) + timedelta(hours=12)


def test_what_is_not_written_absolutely_is_not_held(submit):
    """A toggle at the end of the hold would not bring the value back."""
    Point.objects.filter(key=HEATING).update(is_absolute=False)
    with pytest.raises(InvalidRequest) as caught:
        submit(hold_for=HOUR)
    assert caught.value.verdict.code is Code.NOT_HELD


def test_ten_minutes_before_its_end_it_is_told(held):
    assert not holds.ends_soon(held, moment(OVER_S - 601))
    assert holds.ends_soon(held, moment(OVER_S - 600))


def test_the_database_itself_allows_a_point_one_active_hold(held, submit):
    other = submit(HUMIDITY, 70.0, seen_value=80.0, hold_for=HOUR, now=moment(2.5))
    with pytest.raises(IntegrityError), transaction.atomic():
        ManualHold.objects.filter(request=other).update(point_key=HEATING, state=HoldState.ACTIVE)


@pytest.mark.django_db(transaction=True, databases=["default", "telemetry"])
def test_a_hold_ends_once_however_many_processes_look(held, online):
    read_back(online, OVER_S)
    assert sum(at_once(lambda _number: returns.return_ended(moment(OVER_S)))) == 1
    assert CommandRequest.objects.filter(actor="automatic_return").count() == 1


def test_the_end_of_a_hold_is_put_off_and_by_whom_is_kept(held, technician):
    longer = holds.extend(held.pk, timedelta(hours=8), by=technician, now=moment(60))
    assert longer.ends_at == after(60) + timedelta(hours=8)
    assert (longer.extended_by, longer.extended_at) == (technician, after(60))
    assert holds.hold_on(HEATING, moment(3 * 3600)) == longer
    assert returns.return_ended(moment(3 * 3600)) == 0


@pytest.mark.parametrize(
    ("hours", "code"), [(13, Code.HOLD_LENGTH), (0, Code.HOLD_LENGTH), (0.5, Code.HOLD_NOT_LONGER)]
)
def test_a_hold_is_not_put_off_too_far_or_shortened(held, technician, hours, code):
    with pytest.raises(InvalidRequest) as caught:
        holds.extend(held.pk, timedelta(hours=hours), by=technician, now=moment(60))
    assert caught.value.verdict.code is code


def test_a_hold_that_is_over_is_not_put_off(held, technician):
    with pytest.raises(Conflict):
        holds.extend(held.pk, timedelta(hours=8), by=technician, now=moment(3 * 3600))
    holds.give_back(held.pk, by=technician, now=moment(60))
    with pytest.raises(Conflict):
        holds.extend(held.pk, timedelta(hours=8), by=technician, now=moment(61))


def test_who_may_not_hold_puts_no_end_off(held):
    with pytest.raises(NotAllowed):
        holds.extend(held.pk, timedelta(hours=8), by=person("eve", Role.VIEWER), now=moment(60))
