"""One alarm per cause, on real tables: raised once, silent behind a lost link, kept over restarts."""

from __future__ import annotations

from contextlib import suppress
from itertools import count, pairwise

import pytest
from django.db import DatabaseError, connection
from django.test.utils import CaptureQueriesContext

from devices.samples import Quality, Reason
from greenhouse.alarms import occurrences
from greenhouse.alarms.duty import DELAYS_PER_TRANSACTION, TRANSITIONS_PER_TRANSACTION
from greenhouse.alarms.models import Occurrence, OccurrenceEvent, RunningDelay
from greenhouse.alarms.occurrences import acknowledge
from tests.alarms.conftest import (
    AIR,
    CLIMATE_LINK,
    HEATING,
    LINKS,
    after,
    reading,
    states,
)

pytestmark = pytest.mark.django_db(databases=["default", "telemetry"])

FROST = ("air-temperature-low-low", AIR)
COLD = ("air-temperature-low", AIR)
UNUSABLE = ("sensor-unusable", AIR)
LOST = ("link-lost", CLIMATE_LINK)
LINE = ("line-lost", "line:climate")
CALM: dict[str, float | None] = {}
COLD_AIR = {AIR: 4.0}


def events(key) -> list[str]:
    rows = OccurrenceEvent.objects.filter(occurrence__definition_key=key[0], occurrence__object_key=key[1])
    return list(rows.values_list("kind", flat=True))


def test_a_quiet_base_has_no_alarm(watcher):
    watcher.go_on(1200, CALM)
    assert states() == {}
    assert RunningDelay.objects.count() == 0


def test_an_alarm_is_raised_after_its_delay_with_what_was_seen(watcher):
    watcher.go_on(60, CALM)
    watcher.go_on(120, COLD_AIR)
    assert states() == {}
    watcher.go_on(10, COLD_AIR)
    found = Occurrence.objects.get()
    assert (found.definition_key, found.object_key, found.state) == (*FROST, "unacknowledged")
    assert (found.value, found.limit, found.unit, found.priority) == (4.0, 7.0, "degC", 1)
    assert (found.place_zh, found.object_zh) == ("1号日光温室", "室内气温")
    assert found.raised_at == after(190)
    assert events(FROST) == ["raised"]


def test_an_alarm_relative_to_a_setpoint_follows_the_setpoint(watcher):
    """16 °C heating setpoint: 12 °C is too low for ten minutes; with 13 °C it is not."""
    watcher.go_on(700, {AIR: 12.0})
    assert states() == {COLD: "unacknowledged"}
    assert Occurrence.objects.get().reference_value == 16.0
    watcher.go_on(700, {AIR: 12.0, HEATING: 13.0})
    assert states() == {COLD: "returned_unacknowledged"}


def test_of_two_alarms_on_one_value_only_the_graver_calls(watcher):
    """Much too cold is also too cold: one alarm for a person, until it is only too cold."""
    watcher.go_on(700, COLD_AIR)
    assert states() == {FROST: "unacknowledged", COLD: "suppressed"}
    watcher.go_on(400, {AIR: 9.0})
    assert states() == {FROST: "returned_unacknowledged", COLD: "unacknowledged"}


def test_who_acknowledged_the_graver_alarm_is_not_asked_again_for_the_milder(watcher, technician):
    watcher.go_on(700, COLD_AIR)
    acknowledge(Occurrence.objects.get(definition_key=FROST[0]).pk, by=technician, now=after(700))
    watcher.go_on(400, CALM)
    assert states() == {COLD: "acknowledged"}
    watcher.go_on(400, CALM)
    assert states() == {}


def test_an_alarm_that_ends_while_its_cause_speaks_for_it_asks_for_nobody(watcher):
    watcher.go_on(700, COLD_AIR)
    watcher.go_on(700, {AIR: 6.5, HEATING: 8.0})
    assert states() == {FROST: "unacknowledged"}


def test_a_setpoint_that_cannot_be_used_raises_and_clears_nothing(watcher):
    watcher.go_on(700, {AIR: 12.0, HEATING: None})
    assert states() == {}


def test_every_reading_of_a_tick_counts_not_only_the_last(watcher, overrides):
    """Within one tick the air was hot for three seconds, and the lines told it out of order: seen."""
    overrides('[[alarm]]\nkey = "air-temperature-high-high"\non_delay_s = 3\noff_delay_s = 0\nreason = "test"')
    watcher.go_on(60, CALM)
    watcher.at_s = 70
    watcher.tick(reading({AIR: 39.0}, 66), reading({AIR: 39.0}, 63), reading({AIR: 18.0}, 70))
    assert events(("air-temperature-high-high", AIR)) == ["raised", "cleared"]


def test_a_sensor_without_usable_values_is_one_alarm_and_never_a_value_alarm(watcher):
    watcher.go_on(60, CALM)
    watcher.go_on(910, CALM, silent=(AIR,))
    assert states() == {UNUSABLE: "unacknowledged"}
    watcher.go_on(200, CALM)
    assert states() == {UNUSABLE: "returned_unacknowledged"}
    watcher.go_on(1000, {AIR: -50.0}, quality=Quality.BAD, reason=Reason.OUT_OF_RANGE)
    assert states() == {UNUSABLE: "unacknowledged"}
    assert Occurrence.objects.get().facts["reason"] == Reason.OUT_OF_RANGE


def test_a_dead_device_is_one_alarm_and_its_points_are_silent(watcher):
    """Its values do not come, for an hour: one alarm, no stale ones. Afterwards fresh values are judged."""
    watcher.go_on(60, CALM)
    watcher.go_on(3600, {CLIMATE_LINK: 0.0})
    assert set(states()) == {LOST}
    watcher.go_on(60, CALM)
    assert states()[LOST] == "unacknowledged"
    watcher.go_on(20, CALM)
    assert states()[LOST] == "returned_unacknowledged"
    watcher.go_on(600, CALM)
    assert set(states()) == {LOST}


def test_an_alarm_behind_a_lost_link_is_suppressed_and_judged_again_afterwards(watcher):
    watcher.go_on(200, COLD_AIR)
    assert states() == {FROST: "unacknowledged"}
    watcher.go_on(200, {CLIMATE_LINK: 0.0})
    assert states() == {FROST: "suppressed", LOST: "unacknowledged"}
    assert Occurrence.objects.get(definition_key=FROST[0]).suppressed_by.definition_key == "link-lost"
    watcher.go_on(100, COLD_AIR)
    assert states() == {FROST: "unacknowledged", LOST: "returned_unacknowledged"}
    watcher.go_on(400, CALM)
    assert states()[FROST] == "returned_unacknowledged"
    assert events(FROST) == ["raised", "suppressed", "released", "cleared"]


def test_a_delay_that_ran_when_the_link_was_lost_begins_again_with_fresh_values(watcher):
    """Ten minutes of too cold: eight were over when the link was lost for so long that it was an alarm."""
    watcher.go_on(480, {AIR: 12.0})
    watcher.go_on(200, {CLIMATE_LINK: 0.0})
    watcher.go_on(600, {AIR: 12.0})
    assert COLD not in states()
    watcher.go_on(100, {AIR: 12.0})
    assert states()[COLD] == "unacknowledged"


def test_a_blip_of_the_link_breaks_no_delay(watcher):
    watcher.go_on(480, {AIR: 12.0})
    watcher.go_on(30, {CLIMATE_LINK: 0.0})
    watcher.go_on(100, {AIR: 12.0})
    assert states() == {COLD: "unacknowledged"}


def test_a_whole_line_lost_is_one_alarm(watcher):
    """Devices fall one after the other, as behind a gateway that died: the line speaks for all of them."""
    watcher.go_on(200, COLD_AIR)
    watcher.go_on(40, {LINKS[0]: 0.0})
    watcher.go_on(40, {LINKS[0]: 0.0, LINKS[1]: 0.0})
    watcher.go_on(1200, dict.fromkeys(LINKS, 0.0))
    assert states() == {LINE: "unacknowledged", FROST: "suppressed"}


def test_a_device_that_stays_lost_when_its_line_is_back_gets_an_alarm_of_its_own(watcher):
    watcher.go_on(60, CALM)
    watcher.go_on(300, dict.fromkeys(LINKS, 0.0))
    watcher.go_on(300, {CLIMATE_LINK: 0.0})
    found = states()
    assert found[LINE] == "returned_unacknowledged"
    assert found[LOST] == "unacknowledged"


def test_a_link_that_nobody_reports_is_a_lost_link(watcher):
    """The line's lease is held by another process: no link state, no values; one alarm."""
    watcher.go_on(60, CALM)
    while watcher.at_s < 1500:
        watcher.at_s += 10
        watcher.tick()
    assert set(states()) == {LINE, ("link-lost", "relays.link")}


def test_a_restart_neither_loses_nor_repeats_an_active_alarm(watcher):
    watcher.go_on(200, COLD_AIR)
    watcher.start()
    watcher.go_on(200, COLD_AIR)
    assert states() == {FROST: "unacknowledged"}
    assert events(FROST) == ["raised"]


@pytest.mark.parametrize(("down_s", "is_cleared"), [(20, True), (900, False)], ids=["short", "long"])
def test_a_restart_goes_on_with_a_running_off_delay(watcher, down_s, is_cleared):
    """300 s: right for 200 s, restart, right for another 100 s. After a long stop it begins again."""
    watcher.go_on(200, COLD_AIR)
    watcher.go_on(200, CALM)
    assert RunningDelay.objects.filter(definition_key=FROST[0]).exists()
    watcher.at_s += down_s
    watcher.start()
    watcher.go_on(100, CALM)
    assert (states()[FROST] == "returned_unacknowledged") is is_cleared


def test_a_restart_goes_on_with_a_running_on_delay(watcher):
    watcher.go_on(60, CALM)
    watcher.go_on(100, COLD_AIR)
    watcher.start()
    watcher.go_on(40, COLD_AIR)
    assert states() == {FROST: "unacknowledged"}


def test_nobody_listening_is_no_silence_of_the_sensors(watcher):
    """Stopped for a night: at the start no sensor is called dead before it could answer."""
    watcher.go_on(60, CALM)
    watcher.at_s += 40_000
    watcher.start()
    watcher.tick()
    watcher.go_on(100, CALM)
    assert states() == {}


def test_the_alarm_comes_back_as_the_same_until_it_was_acknowledged(watcher):
    watcher.go_on(200, COLD_AIR)
    watcher.go_on(400, CALM)
    watcher.go_on(200, COLD_AIR)
    found = Occurrence.objects.get()
    assert (found.raise_count, found.state) == (2, "unacknowledged")
    assert found.first_raised_at < found.raised_at
    assert events(FROST) == ["raised", "cleared", "raised"]


def test_what_the_site_switched_off_is_cleared_at_the_next_start(watcher, overrides):
    watcher.go_on(200, COLD_AIR)
    overrides('[[alarm]]\nkey = "air-temperature-low-low"\nenabled = false\nreason = "house is empty"')
    watcher.start()
    watcher.go_on(200, COLD_AIR)
    assert states() == {FROST: "returned_unacknowledged"}


def test_a_transition_waits_for_a_store_that_refuses(watcher, monkeypatch):
    """The main database refuses for a while: what went on meanwhile is written later, once, with its own time."""
    watcher.go_on(60, CALM)
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE alarms_occurrence RENAME TO away")
    for _ in range(20):
        watcher.at_s += 10
        with suppress(DatabaseError):
            watcher.tick(reading(COLD_AIR, watcher.at_s))
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE away RENAME TO alarms_occurrence")
    watcher.go_on(20, COLD_AIR)
    found = Occurrence.objects.get()
    assert (found.definition_key, found.raised_at) == (FROST[0], after(190))
    assert events(FROST) == ["raised"]


def test_a_flood_is_written_over_several_rounds_with_nothing_lost(watcher):
    """At each look at the clock 0.2 s are gone, so each round has the time of one transaction."""
    watcher.go_on(60, CALM)
    watcher.monotonic = count(step=0.2).__next__
    watcher.start()
    written = [0]
    broken = dict.fromkeys(watcher.points, -999.0)
    while watcher.at_s < 1300:
        watcher.go_on(10, broken, quality=Quality.BAD, reason=Reason.OUT_OF_RANGE)
        written.append(OccurrenceEvent.objects.count())
    assert max(now - before for before, now in pairwise(written)) == TRANSITIONS_PER_TRANSACTION
    assert written[-1] == len(states()) > TRANSITIONS_PER_TRANSACTION
    assert len({raised.raised_at for raised in Occurrence.objects.all()}) == 1


def test_the_delays_of_a_transaction_are_written_in_few_statements():
    """Each by itself they took 60 to 110 ms together on a busy machine."""
    begun = {("no-flow", f"d{number}.flow"): 1000.0 + number for number in range(DELAYS_PER_TRANSACTION)}
    with CaptureQueriesContext(connection) as first:
        occurrences.record([], begun, now=after(0))
    moved = dict(list(begun.items())[:5])
    later = {key: since_s + 7 for key, since_s in moved.items()} | dict.fromkeys(list(begun)[5:])
    with CaptureQueriesContext(connection) as second:
        occurrences.record([], later, now=after(0))
    assert max(len(first), len(second)) <= 5
    left = {row.object_key: row.since.timestamp() for row in RunningDelay.objects.all()}
    assert left == {object_key: since_s + 7 for (_key, object_key), since_s in moved.items()}


def test_writing_the_same_transitions_twice_writes_them_once(watcher):
    """A commit that took effect although its connection broke."""
    watcher.go_on(180, COLD_AIR)
    found = Occurrence.objects.get()
    (binding,) = [b for b in watcher.duty._evaluation._watches.values() if b.binding.key == FROST]
    from greenhouse.alarms.conditions import Change
    from greenhouse.alarms.evaluation import Transition

    again = Transition(binding.binding, Change.RAISED, found.raised_at.timestamp(), 4.0)
    occurrences.record([again, again], {}, now=after(200))
    assert Occurrence.objects.count() == 1
    assert events(FROST) == ["raised"]
