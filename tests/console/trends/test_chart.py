"""The data of a chart, from a real store."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connections
from django.utils import timezone

from devices.samples import Quality, Reason
from greenhouse.access.roles import Role
from greenhouse.alarms.conditions import Change
from greenhouse.alarms.duty import bindings_of_the_base
from greenhouse.alarms.evaluation import Transition
from greenhouse.alarms.occurrences import record
from greenhouse.annotations import notes
from greenhouse.annotations.notes import Note
from greenhouse.clock import moment_now
from greenhouse.commands.submit import submit_setpoint
from greenhouse.console.trends.columns import tracks
from greenhouse.console.trends.steps import Grid
from greenhouse.site.point_index import point_index
from greenhouse.telemetry import store
from greenhouse.telemetry.codes import to_ms
from greenhouse.telemetry.levels import DAY_MS, day_of
from greenhouse.telemetry.store import Packed
from tests.console.conftest import ONLINE, Shelf
from tests.console.trends.conftest import AIR, NIGHT

pytestmark = pytest.mark.django_db(databases=["default", "telemetry"])

HOUR = "from=2026-11-25T00:00&to=2026-11-25T01:00"
SETPOINT = "h1-climate.heating_setpoint"


def minutes(data: dict, column: str = "mean", number: int = 0) -> dict[int, int]:
    """What a curve holds, by minute after midnight."""
    start_min = (data["start"] - NIGHT.timestamp() * 1000) / 60_000
    values = data["series"][number]["data"][column]
    return {
        round(start_min + i * data["step"] / 60_000, 2): value for i, value in enumerate(values) if value is not None
    }


def test_values_come_in_steps_of_their_display_and_gaps_stay_gaps(chart, put):
    put(AIR, {0: 18.04, 5 / 60: 18.16, 30: 20.0})
    data = chart(f"points={AIR}&{HOUR}&width=400")
    assert (data["step"], data["count"], data["live"]) == (5_000, 720, False)
    assert data["series"][0]["resolution"] == 0.1
    known = minutes(data)
    assert known[0] == 180
    assert known[0.08] == 182
    assert known[30] == 200
    assert 2 < max(at for at in known if at < 30) < 2.5  # it held until it was late, and not a moment longer


def test_a_bucket_tells_how_far_the_values_in_it_went(chart, put):
    put(AIR, {minute / 12: 18.0 + minute % 3 for minute in range(720)})
    data = chart(f"points={AIR}&{HOUR}&width=100")
    curve = data["series"][0]["data"]
    assert data["step"] == 30_000
    assert curve["mean"][:3] == [190, 190, 190]
    assert (curve["below"][0], curve["above"][0], curve["cover"]) == (10, 10, None)


def test_a_constant_value_is_sent_once_and_not_three_times(chart, put):
    put(AIR, {minute / 12: 18.0 for minute in range(720)})
    curve = chart(f"points={AIR}&{HOUR}")["series"][0]["data"]
    assert (curve["below"], curve["above"], curve["cover"], curve["bad"]) == (None, None, None, [])


def test_bad_samples_are_no_values_and_are_told(chart, put):
    put(AIR, {0: 18.0, 2: 19.0})
    put(AIR, {1: 99.0}, quality=Quality.BAD, reason=Reason.INVALID_WORD)
    data = chart(f"points={AIR}&{HOUR}&width=100")
    assert 99 not in minutes(data).values()
    assert data["series"][0]["data"]["bad"] == [2]


def test_simulated_data_say_so(chart, put):
    put(AIR, {0: 18.0})
    data = chart(f"points={AIR},{SETPOINT}&{HOUR}")
    assert [series["simulated"] for series in data["series"]] == [True, False]


def test_what_a_curve_is_decides_how_it_is_drawn(chart):
    points = f"{AIR},{SETPOINT},weather.air_temperature,weather.wind_direction,h1-climate.operating_mode"
    data = chart(f"points={points}&{HOUR}")
    assert [series["role"] for series in data["series"]] == ["measured", "setpoint", "outside", "direction", "state"]
    assert data["series"][1]["until"] == "h1-climate.ventilation_setpoint"
    assert data["series"][4]["states"]["1"]


def test_an_unknown_point_is_named_and_the_others_are_drawn(chart, put):
    put(AIR, {0: 18.0})
    data = chart(f"points=h9-climate.nothing,{AIR},x%00.y&{HOUR}")
    assert [series["key"] for series in data["series"]] == [AIR]
    assert data["unknown"] == ["h9-climate.nothing"]
    assert "h9-climate.nothing" in data["notice"][0]
    assert len(data["notice"]) == 2


def test_no_points_are_an_empty_chart(chart):
    data = chart(f"points=&{HOUR}")
    assert (data["series"], data["marks"], data["notice"]) == ([], [], [])


def test_a_future_time_holds_nothing_and_is_no_fault(chart, put):
    put(AIR, {0: 18.0})
    data = chart(f"points={AIR}&from=2098-11-25T00:00&to=2098-11-26T00:00")
    assert set(data["series"][0]["data"]["mean"]) == {None}


@pytest.mark.parametrize(
    "address", ["hours=x", "from=2026-11-25T00:00&to=0001-01-01T00:00", "compare=h9&hours=1", "compare=%00"]
)
def test_a_wrong_address_is_answered_with_a_sentence(chart, address):
    assert chart(address, status=400)["error"]


def test_the_newer_part_is_the_same_as_in_the_whole(chart, put):
    put(AIR, {minute: 18.0 + minute / 60 for minute in range(60)})
    whole = chart(f"points={AIR}&{HOUR}&width=400")
    after = whole["start"] + 500 * whole["step"]
    part = chart(f"points={AIR}&{HOUR}&width=400&after={after + 1}")
    assert (part["start"], part["count"], part["step"]) == (after, whole["count"] - 500, whole["step"])
    assert part["series"][0]["data"]["mean"] == whole["series"][0]["data"]["mean"][500:]
    assert chart(f"points={AIR}&{HOUR}&width=400&after=1")["count"] == whole["count"]


def test_the_bucket_of_now_is_not_called_half_empty(put):
    put(AIR, {second / 60: 18.0 for second in range(0, 20, 5)})
    minute = Grid(to_ms(NIGHT), 60_000, 2)
    (known, _damaged) = tracks([AIR], minute, until=NIGHT + timedelta(seconds=20))
    assert known[AIR].cover_pct.tolist() == [100.0, 0.0]
    (later, _damaged) = tracks([AIR], minute, until=NIGHT + timedelta(minutes=2))
    assert later[AIR].cover_pct.tolist() == [100.0, 100.0]  # a value holds until it is late
    assert tracks([AIR], minute, until=NIGHT)[0][AIR].cover_pct.tolist() == [0.0, 0.0]


def store_ids() -> dict[str, int]:
    return dict(point_index().ids)


def test_the_day_before_lies_under_today_bucket_by_bucket(chart, put):
    put(AIR, {-24 * 60 + 10: 12.0, 10: 18.0})
    data = chart(f"points={AIR}&{HOUR}&width=400&compare=1d")
    today, before = data["series"][0]["data"]["mean"], data["compare"]["series"][0]["mean"]
    assert data["compare"]["shift"] == 86_400_000
    assert [i for i, value in enumerate(today) if value == 180] == [i for i, value in enumerate(before) if value == 120]
    assert data["compare"]["label"] == "前一天"


def test_another_house_is_drawn_with_the_same_measurements(chart, put):
    put(AIR, {0: 18.0})
    put("h2-climate.air_temperature", {0: 15.0})
    data = chart(f"points={AIR},weather.air_temperature&{HOUR}&compare=h2")
    assert data["compare"]["label"] == "2号日光温室"
    assert data["compare"]["series"][0]["mean"][0] == 150
    assert data["compare"]["series"][1] is None  # the weather has no other house


def test_nights_are_told_for_days_and_not_for_years(chart):
    (first, *_rest) = chart("points=&from=2026-11-25T00:00&to=2026-11-26T00:00")["sun"]
    sunrise, sunset = ((ms - NIGHT.timestamp() * 1000) / 3_600_000 for ms in first)
    assert 7 < sunrise < 8
    assert 17 < sunset < 18
    assert chart("points=&from=2025-11-25T00:00&to=2026-11-25T00:00")["sun"] == []


def test_alarms_changes_and_notes_stand_at_their_times(page, chart, two_houses, technician):
    shelf, now = Shelf(store_ids()), timezone.now()
    shelf.put({**ONLINE, SETPOINT: 16.0})
    binding = next(found for found in bindings_of_the_base() if found.key == ("air-temperature-low-low", AIR))
    record([Transition(binding, Change.RAISED, now.timestamp(), value=4.0)], {}, now=now)
    submit_setpoint(SETPOINT, 17.0, by=technician, seen_value=16.0, seen_at=None, now=moment_now())
    notes.write(Note(now, now + timedelta(minutes=5), "<b>vent stuck</b>", "h1"), by=technician, now=now)
    notes.write(Note(now, now, "elsewhere", "h2"), by=technician, now=now)
    told = {mark["kind"]: mark for mark in chart(f"points={AIR}&hours=1")["marks"]}
    assert told.keys() == {"alarm", "change", "note"}
    assert told["alarm"]["sign"] == "1"
    assert told["alarm"]["until"] is None
    assert told["change"]["what"] == "16.0 → 17.0 °C"
    assert told["note"]["what"] == "<b>vent stuck</b>"  # the page writes it as text
    assert told["note"]["until"] - told["note"]["at"] == 300_000
    assert told["note"]["id"]


def test_only_who_may_change_a_note_gets_the_way_there(page, chart, two_houses, person):
    now = timezone.now()
    notes.write(Note(now, now, "mine", "h1"), by=person(Role.COMMISSIONER), now=now)
    (mark,) = chart(f"points={AIR}&hours=1")["marks"]
    assert mark["id"] == ""
    page.force_login(person(Role.SUPERVISOR))
    (mark,) = chart(f"points={AIR}&hours=1")["marks"]
    assert mark["id"]


def test_damaged_days_are_told(chart, put):
    put(AIR, {0: 18.0})
    data = chart(f"points={AIR}&{HOUR}")
    assert data["unreadable"] == []
    damage_the_packed_day()
    data = chart(f"points={AIR}&from=2026-11-20T00:00&to=2026-11-21T00:00")
    assert [span["point"] for span in data["unreadable"]] == [AIR] * len(data["unreadable"])
    assert data["unreadable"]


def damage_the_packed_day() -> None:
    """A chunk whose bytes are no samples, of a day that still has to be rolled up."""
    day = day_of(to_ms(NIGHT)) - 4
    point_id = store_ids()[AIR]
    with connections["telemetry"].cursor() as cursor:
        cursor.execute(
            "INSERT INTO telemetry_chunk (point_id, day, n, first_ms, last_ms, covered_ms, data) "
            "VALUES (%s, %s, 1, %s, %s, 0, %s)",
            (point_id, day, day * DAY_MS, day * DAY_MS, b"no chunk"),
        )
        cursor.execute("INSERT INTO telemetry_rollup_due (point_id, day) VALUES (%s, %s)", (point_id, day))
    store.set_packed(Packed((day + 2) * DAY_MS, (day + 2) * DAY_MS))


def test_a_person_without_a_role_sees_nothing(page, two_houses):
    page.force_login(User.objects.create_user("nobody"))
    assert page.get(f"/trends/data?points={AIR}").status_code == 403
