"""The page of a house and of what serves the whole base, through the test client and a real store."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.test import Client

from devices.samples import Quality, Reason
from greenhouse.access.roles import Role
from greenhouse.alarms.conditions import Change
from greenhouse.alarms.duty import bindings_of_the_base
from greenhouse.alarms.evaluation import Transition
from greenhouse.alarms.occurrences import record
from greenhouse.clock import moment_now
from greenhouse.commands import dispatch
from greenhouse.commands.lifecycle import State
from greenhouse.commands.submit import submit_setpoint
from greenhouse.console.house.house import is_set_by_people, neighbors, place_of
from greenhouse.console.live.stored import topics_of
from greenhouse.console.values.states import count_points, point_states
from greenhouse.site import models
from greenhouse.site.current import current_base
from greenhouse.telemetry import sample_time, series
from tests.bases import BASE, COMPARTMENT, CONTROLLER, HOUSE, LINE, SMALL, WEATHER, load
from tests.commands.test_dispatch import Orders
from tests.console.conftest import AIR, ONLINE, SETPOINT

pytestmark = pytest.mark.django_db(databases=["default", "telemetry"])

SECOND = (
    (HOUSE + COMPARTMENT + CONTROLLER).replace('"h1', '"h2').replace("1号", "2号").replace("unit_id = 1", "unit_id = 9")
)
VENT = """
[[device]]
key = "h1-vent"
name_zh = "1号日光温室上通风口电机"
name_en = "Roof vent motor of solar greenhouse 1"
line = "climate"
unit_id = 8
profile = "vent-motor"
compartment = "h1"
origin = "simulated"
"""
UNIT = """
[[device]]
key = "water-unit"
name_zh = "水肥一体机"
name_en = "Water-and-fertilizer unit"
line = "climate"
unit_id = 7
profile = "water-fertilizer-unit"
"""


@pytest.fixture
def page(shelf, technician) -> Client:
    client = Client()
    client.force_login(technician)
    return client


def text(page: Client, address: str) -> str:
    return page.get(address).content.decode()


def changed(by, value: float, *, hold_for: timedelta | None = None) -> None:
    """A change of the heating setpoint that was read back."""
    request = submit_setpoint(
        SETPOINT, value, by=by, seen_value=16.0, seen_at=None, now=moment_now(), hold_for=hold_for
    )
    dispatch.dispatch_next(moment_now(), Orders())
    dispatch.record_outcome(request.pk, State.CONFIRMED, now=moment_now(), readback_value=value)


def test_a_house_shows_its_values_its_setpoints_and_where_it_stands(page, shelf):
    shelf.put({AIR: 18.44, SETPOINT: 16.0, "weather.air_temperature": -8.4})
    html = text(page, "/houses/h1")
    assert ">18.4<" in html
    assert f'href="/points/{SETPOINT}/set"' in html
    assert ">−8.4<" in html
    assert 'data-topic="houses/h1"' in html
    assert "1号日光温室" in re.search(r'<nav class="trail".*?</nav>', html, re.DOTALL)[0]


def test_an_unknown_house_is_no_page(page, shelf):
    for address in ("/houses/h9", "/houses/h9/alarms", "/houses/h1/nothing", "/equipment/nothing"):
        assert page.get(address).status_code == 404


def test_the_curves_ask_for_the_climate_of_the_house_and_the_weather_for_the_chosen_time(page, shelf):
    html = text(page, "/houses/h1")
    (query,) = re.findall(r'data-chart-query="([^"]*)"', html)
    points, hours = re.fullmatch(r"points=([^&]*)&amp;hours=(\d+)", query).groups()
    assert {AIR, SETPOINT, "h1-climate.ventilation_setpoint", "weather.air_temperature"} <= set(points.split(","))
    assert "h1-climate.thermal_screen_position" not in points  # a solar greenhouse has none
    assert hours == "24"
    assert "hours=72" in re.findall(r'data-chart-query="([^"]*)"', text(page, "/houses/h1?hours=72"))[0]
    assert "hours=24" in re.findall(r'data-chart-query="([^"]*)"', text(page, "/houses/h1?hours=72000"))[0]


def test_houses_stand_in_a_ring_and_a_single_one_has_no_neighbors(page, shelf):
    assert neighbors(current_base(), "h1") is None
    assert 'rel="next"' not in text(page, "/houses/h1")
    load(SMALL + SECOND)
    before, after = neighbors(current_base(), "h1")
    assert (before.key, after.key) == ("h2", "h2")
    assert 'rel="next" href="/houses/h2"' in text(page, "/houses/h1")


def test_every_setpoint_of_the_base_is_on_the_page_of_its_place(page, shelf):
    """T3: the page is one tap from the overview, the sheet one tap from the page."""
    load(SMALL + SECOND + UNIT)
    places = {"h1": text(page, "/houses/h1"), "h2": text(page, "/houses/h2"), None: text(page, "/equipment")}
    overview = text(page, "/")
    assert all(f'href="{address}"' in overview for address in ("/houses/h1", "/houses/h2", "/equipment"))
    points = [point for point in current_base().points.values() if is_set_by_people(point)]
    assert {point.key for point in points} >= {SETPOINT, "h2-climate.operating_mode", "water-unit.acidity_setpoint"}
    for point in points:
        assert f'href="/points/{point.key}/set"' in places[point.compartment]


def test_an_output_says_where_it_stands_what_moves_it_and_what_stops_it(page, shelf):
    load(SMALL + VENT)
    shelf.ids |= {"h1-vent.position": models.Point.objects.get(key="h1-vent.position").pk}
    shelf.put({"h1-vent.position": 35.0})
    html = text(page, "/houses/h1")
    drive = re.search(r'<li class="drive" data-drive="h1-vent.target_position">.*?</li>', html, re.DOTALL)[0]
    assert ">35<" in drive
    assert 'data-location-point="h1-vent.control_location"' in drive
    assert "本系统失效时：由限位开关停止" in drive


def test_an_accepted_risk_stands_beside_its_output(page, shelf):
    risk = 'points.relay_1.output = { kind = "pump", stopped_by = "none", on_stop = "close", '
    load(SMALL + risk + 'accepted_risk = { by = "Li Na", reason = "manned" } }\n')
    html = text(page, "/equipment")
    assert "Li Na" in html
    assert "无任何保护" in html


def test_a_manual_hold_stands_on_the_row_with_word_sign_and_end(page, shelf, technician):
    """T13."""
    shelf.put({**ONLINE, SETPOINT: 16.0})
    changed(technician, 16.5, hold_for=timedelta(hours=2))
    row = re.search(
        rf'<a class="setpoint setpoint--row"[^>]*data-setpoint="{SETPOINT}".*?</a>', text(page, "/houses/h1"), re.DOTALL
    )[0]
    assert 'href="#mode-manual"' in row
    assert re.search(r"手动（至 \d\d:\d\d）", row)


def test_a_row_says_who_changed_it_last(page, shelf, technician):
    shelf.put({**ONLINE, SETPOINT: 16.0})
    changed(technician, 16.5)
    html = text(page, "/houses/h1")
    assert re.search(r'class="setpoint-last">技术员 <time', html)
    assert "16.0 → 16.5" in html


def test_the_changes_of_a_house_are_its_own(page, shelf, technician):
    load(SMALL + SECOND)
    shelf.put({**ONLINE, SETPOINT: 16.0})
    changed(technician, 16.5)
    assert "16.0 → 16.5" in text(page, "/houses/h1/changes")
    assert "16.0 → 16.5" not in text(page, "/houses/h2/changes")
    assert "还没有更改记录" in text(page, "/equipment/changes")


def raised(key: str, object_prefix: str) -> None:
    """An alarm on an object that begins so."""
    binding = next(
        found
        for found in bindings_of_the_base()
        if found.definition.key == key and found.object_key.startswith(object_prefix)
    )
    now = moment_now().wall
    record([Transition(binding, Change.RAISED, now.timestamp())], {}, now=now)


def test_the_alarms_of_a_house_are_its_own(page, shelf):
    load(SMALL + SECOND)
    assert "此处无报警" in text(page, "/houses/h1/alarms")
    raised("link-lost", "h1-climate")
    assert "设备通信中断" in text(page, "/houses/h1/alarms")
    assert "此处无报警" in text(page, "/houses/h2/alarms")
    assert "设备通信中断" in text(page, "/alarms/short")


def test_a_house_with_an_alarm_is_lifted_with_the_reason_when_the_overview_is_opened(page, shelf):
    load(SMALL + SECOND)
    html = text(page, "/")
    assert re.findall(r'href="/houses/(h\d)"', html) == ["h1", "h2"]
    assert "需处理" not in html
    raised("link-lost", "h2-climate")
    html = text(page, "/")
    assert re.findall(r'href="/houses/(h\d)"', html) == ["h2", "h1"]
    assert "需处理 <b>1</b>" in html
    assert "设备通信中断" in re.search(r'<p class="house-why" data-priority="2">.*?</p>', html)[0]
    assert "&quot;h2&quot;: [2, true]" in html


def test_wrong_values_of_a_house_are_listed_and_counted(page, shelf):
    shelf.put({AIR: None}, quality=Quality.BAD, reason=Reason.DEVICE_FAULT)
    html = text(page, "/houses/h1/values")
    assert "设备故障" in html
    read = sum(point.access.can_read for point in place_of(current_base(), "h1").points.values())
    assert f"{read} 个数值中 0 个实时有效" in html


def test_status_bits_are_named_by_the_bits_that_are_set(page, shelf):
    shelf.put({"h1-climate.status_bits": 0.0, "h1-climate.alarm_bits": 5.0})
    html = text(page, "/houses/h1")
    tag = re.search(r'data-point="h1-climate.status_bits".*?</span>', html, re.DOTALL)[0]
    assert ">无<" in tag
    names = [zh for _number, zh, _en in current_base().points["h1-climate.alarm_bits"].states]
    assert f">{names[0]}，{names[2]}<" in html


def test_manual_and_local_controllers_are_counted(shelf):
    shelf.put({"h1-climate.operating_mode": 2.0, "h1-climate.control_location": 0.0})
    base, now = current_base(), sample_time.look(moment_now().wall)

    def counted() -> tuple[int, int]:
        from greenhouse.console.values.payloads import Waiting

        found = count_points(base.points.values(), point_states(series.latest()), waiting=Waiting(), alarms="", now=now)
        return found["by_hand"], found["local"]

    assert counted() == (1, 1)
    shelf.put({"h1-climate.operating_mode": 1.0, "h1-climate.control_location": 1.0})
    assert counted() == (0, 0)


def test_each_house_has_a_topic_with_its_points_and_the_air_outside(shelf):
    topics = topics_of(current_base(), moment_now().wall)
    assert topics["houses/h1"] >= {AIR, SETPOINT, "h1-climate.link", "weather.air_temperature", "control.clock"}
    assert "relays.relay_1" not in topics["houses/h1"]


def test_a_sheet_is_live_wherever_it_is_opened(shelf):
    """What it shows beside the setpoint comes with the first page's frames too."""
    load(SMALL + UNIT + 'compartment = "h1"\n')
    topic = topics_of(current_base(), moment_now().wall)["base"]
    assert topic >= {"water-unit.conductivity_setpoint", "water-unit.conductivity", "water-unit.acidity"}


def test_a_house_needs_few_queries(page, shelf, django_assert_max_num_queries):
    shelf.put({AIR: 18.4})
    page.get("/houses/h1")
    with django_assert_max_num_queries(19):
        page.get("/houses/h1")


def test_a_house_without_a_controller_and_without_any_sample_is_a_page(page, shelf):
    load(BASE + HOUSE + COMPARTMENT + LINE + WEATHER)
    html = text(page, "/houses/h1")
    assert "此处没有可更改的设定" in html
    assert "data-chart" not in html


def test_a_base_without_houses_says_how_they_come_in(page, shelf):
    load(BASE + LINE + WEATHER)
    assert "基地文件中还没有温室" in text(page, "/")


def test_gloves_are_remembered_by_the_device(page, shelf):
    assert "data-gloves>" not in text(page, "/")
    assert page.post("/preferences/gloves", {"gloves": "on", "next": "/houses/h1"})["Location"] == "/houses/h1"
    assert "data-gloves" in re.search(r"<html[^>]*>", text(page, "/"))[0]
    page.post("/preferences/gloves", {"gloves": "off", "next": "/"})
    assert "data-gloves" not in re.search(r"<html[^>]*>", text(page, "/"))[0]


def test_a_viewer_sees_a_house(shelf, person):
    client = Client()
    client.force_login(person(Role.VIEWER))
    assert client.get("/houses/h1").status_code == 200
