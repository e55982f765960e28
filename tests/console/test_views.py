"""Pages of the console, through the test client and a real store."""

from __future__ import annotations

import html
import json
import re
from datetime import date, timedelta

import pytest
from django.db import connections
from django.test import Client

from devices.samples import Origin, Quality, Reason
from greenhouse.access.roles import Role
from greenhouse.clock import utc_now
from greenhouse.crops.models import CropCycle
from greenhouse.harvest.models import SimulatedPast
from greenhouse.site import models
from greenhouse.site.point_index import point_index
from tests.bases import SMALL, load
from tests.console.conftest import AIR, ONLINE, SETPOINT
from tests.paced import paced

pytestmark = pytest.mark.django_db(databases=["default", "telemetry"])


def element(html: str, point: str) -> str:
    """The first opening tag that carries a point."""
    return re.search(rf'<[^>]*data-point="{re.escape(point)}"[^>]*>', html)[0]


def attribute(tag: str, name: str) -> str:
    return re.search(rf'data-{name}="([^"]*)"', tag)[1]


@pytest.fixture
def page(shelf, technician) -> Client:
    client = Client()
    client.force_login(technician)
    return client


def test_the_overview_says_how_far_each_value_may_be_believed(page, shelf):
    at = shelf.put({AIR: 18.44, "h1-climate.relative_humidity": 71.6})
    html = page.get("/").content.decode()
    tag = element(html, AIR)
    assert attribute(tag, "quality") == "good"
    assert attribute(tag, "freshness") == "live"
    assert attribute(tag, "origin") == "simulated"
    assert abs(int(attribute(tag, "observed-at")) - at.timestamp() * 1000) <= 1
    assert (attribute(tag, "late-after"), attribute(tag, "stale-after")) == ("10", "300")
    assert ">18.4<" in html
    assert ">72<" in html


@pytest.mark.parametrize(
    ("age_s", "freshness", "is_shown", "note"),
    [
        (3, "live", True, ""),
        (60, "late", True, ""),
        (400, "stale", True, "7 分钟前"),
        (7200, "dead", False, "2 小时前"),
    ],
)
def test_an_old_value_is_drawn_by_its_age_and_a_dead_one_not_at_all(page, shelf, age_s, freshness, is_shown, note):
    shelf.put({AIR: 18.4}, age_s=age_s)
    html = page.get("/").content.decode()
    assert attribute(element(html, AIR), "freshness") == freshness
    assert (">18.4<" in html) == (freshness != "dead")
    assert f'<span class="reading-age">{note}</span>' in html


def test_a_bad_value_is_a_dash_with_its_reason(page, shelf):
    shelf.put({AIR: 99.9}, quality=Quality.BAD, reason=Reason.INVALID_WORD)
    html = page.get("/").content.decode()
    assert attribute(element(html, AIR), "quality") == "bad"
    assert ">99.9<" not in html
    assert "传感器断路" in html


def test_a_point_that_was_never_read_is_a_dash(page, shelf):
    html = page.get("/").content.decode()
    tag = element(html, AIR)
    assert (attribute(tag, "freshness"), attribute(tag, "value"), attribute(tag, "observed-at")) == ("dead", "", "")
    assert "从未收到" in html


def test_simulated_values_are_tagged_and_measured_ones_are_not(page, shelf):
    shelf.put({AIR: 18.4})
    assert "演示数据" in page.get("/").content.decode()


def test_a_base_of_measured_values_has_no_demo_tag(page, shelf):
    shelf.put({AIR: 18.4}, origin="measured")
    assert "演示数据" not in page.get("/").content.decode()


def test_simulated_weather_is_no_measured_page(page, shelf):
    shelf.put({AIR: 18.4}, origin="measured")
    shelf.put({"weather.air_temperature": -12.0})
    assert "演示数据" in page.get("/").content.decode()


def test_a_page_that_stays_open_for_a_month_knows_when_the_sun_sets(page, shelf):
    suns = json.loads(html.unescape(re.search(r'data-sun="([^"]*)"', page.get("/").content.decode())[1]))
    assert suns[-1][1] - suns[0][1] > 31 * 24 * 3600 * 1000


def test_the_strip_counts_what_is_wrong_in_the_whole_base(page, shelf):
    shelf.put({AIR: 18.4, "weather.wind_speed": 3.0})
    shelf.put({"h1-climate.relative_humidity": 70.0}, age_s=60)
    shelf.put({"h1-climate.co2_concentration": 640.0}, age_s=400)
    counts = page.get("/").context["counts"]
    assert (counts["live"], counts["late"], counts["stale"]) == (2, 1, 1)
    assert counts["live"] + counts["late"] + counts["stale"] + counts["dead"] + counts["bad"] == counts["points"]


def test_the_overview_needs_few_queries_however_many_points_it_shows(page, shelf, django_assert_max_num_queries):
    shelf.put({AIR: 18.4})
    page.get("/")
    with django_assert_max_num_queries(21):
        page.get("/")


def test_the_overview_says_how_far_a_simulated_past_is_and_only_that_of_a_simulated_base(page, shelf, settings):
    settings.DEMO_HISTORY_DAYS = 365
    shelf.put({AIR: 18.4, SETPOINT: 16.0})
    assert "正在后台补写仿真历史：2 个测点已补 0 个。" in page.get("/").content.decode()
    ids = point_index().ids
    with connections["telemetry"].cursor() as cursor:
        for key, age_s in ((AIR, 400), (SETPOINT, 1)):
            stored_at_ms = round((utc_now().timestamp() - age_s) * 1000)
            cursor.execute("INSERT INTO telemetry_backfill VALUES (%s, 0, %s)", (ids[key], stored_at_ms))
            if key == AIR:
                assert "仿真历史还没有补全：2 个测点已补 1 个，自" in page.get("/").content.decode()
    assert "仿真历史" not in page.get("/").content.decode()
    shelf.put({"meter.flow": 1.0}, origin=Origin.SIMULATED)
    assert "正在后台补写仿真历史" in page.get("/").content.decode()
    shelf.put({"meter.flow": 1.0}, origin=Origin.MEASURED)
    assert "仿真历史" not in page.get("/").content.decode()


def test_the_overview_says_how_far_simulated_harvests_are_when_the_history_is_whole(page, shelf, settings):
    settings.DEMO_HISTORY_DAYS = 365
    shelf.put({AIR: 18.4})
    of_a_cycle = {"crop": "tomato", "cultivar": "provence", "area_m2": 9.0, "planted_on": date(2025, 8, 10)}
    first, second = (
        CropCycle.objects.create(compartment_key="h1", origin="simulated", started_at=utc_now(), **of_a_cycle)
        for _ in range(2)
    )
    assert "仿真采收" not in page.get("/").content.decode()
    with connections["telemetry"].cursor() as cursor:
        stored_at_ms = round(utc_now().timestamp() * 1000)
        cursor.execute("INSERT INTO telemetry_backfill VALUES (%s, 0, %s)", (point_index().ids[AIR], stored_at_ms))
    assert "正在后台补写仿真采收记录：2 茬已补 0 茬。" in page.get("/").content.decode()
    SimulatedPast.objects.create(cycle=first, stored_at=utc_now() - timedelta(minutes=9))
    assert "仿真采收记录还没有补全：2 茬已补 1 茬，自" in page.get("/").content.decode()
    SimulatedPast.objects.create(cycle=second, stored_at=utc_now())
    assert "仿真采收" not in page.get("/").content.decode()


def test_minutes_of_a_fast_lesson_are_no_standstill_of_the_past_that_is_filled_in(page, shelf, settings):
    settings.DEMO_HISTORY_DAYS = 365
    shelf.put({AIR: 18.4, SETPOINT: 16.0})
    with paced(60.0, start=utc_now()), connections["telemetry"].cursor() as cursor:
        stored_at_ms = round((utc_now().timestamp() - 400) * 1000)
        cursor.execute("INSERT INTO telemetry_backfill VALUES (%s, 0, %s)", (point_index().ids[AIR], stored_at_ms))
        assert "正在后台补写仿真历史：2 个测点已补 1 个。" in page.get("/").content.decode()


def test_the_overview_travels_compressed(page, shelf):
    """A page of the demonstration base is 130 kB of text; a phone in a greenhouse should not wait for it."""
    shelf.put({AIR: 18.4})
    assert page.get("/", headers={"Accept-Encoding": "gzip"})["Content-Encoding"] == "gzip"


def test_the_page_of_values_lists_what_is_wrong_and_why(page, shelf):
    shelf.put({AIR: None}, quality=Quality.BAD, reason=Reason.DEVICE_FAULT)
    shelf.put({"h1-climate.relative_humidity": 71.0}, age_s=400)
    html = page.get("/points").content.decode()
    assert AIR in html
    assert "设备故障" in html
    assert "h1-climate.relative_humidity" in html
    assert "7 分钟前" in html


def test_the_last_hour_has_a_gap_where_nothing_usable_was_read(page, shelf):
    shelf.put({AIR: 18.0}, age_s=600)
    shelf.put({AIR: 19.0}, age_s=300)
    shelf.put({AIR: 50.0}, age_s=120, quality=Quality.BAD)
    drawn = json.loads(page.get("/last-hour").content)
    values = drawn["points"][AIR]
    assert len(values) == drawn["count"] == 60
    assert {value for value in values if value is not None} == {18.0, 19.0}
    assert values[-2:] == [None, None]  # the value of five minutes ago held for two, the bad one is none
    assert drawn["step"] == 60_000


def test_without_a_base_the_page_says_what_to_do(client, person):
    client.force_login(person(Role.ENGINEER))
    for address in ("/", "/points", "/points/wrong", "/attention", "/changes", "/last-hour", f"/points/{SETPOINT}/set"):
        response = client.get(address)
        assert response.status_code == 503
        assert "manage.py load_base" in response.content.decode()


RISK = (
    'points.relay_1.output = { kind = "pump", stopped_by = "none", on_stop = "close", '
    'accepted_risk = { by = "Li Na", reason = "manned" } }\n'
)


@pytest.mark.parametrize(
    ("language", "words"), [("zh-hans", ("已接受的风险", "无任何保护")), ("en", ("Accepted risk", "nothing stops it"))]
)
def test_an_accepted_risk_stays_visible_with_who_and_why(page, language, words):
    load(SMALL + RISK)
    page.cookies["console_language"] = language
    html = page.get("/points").content.decode()
    for wanted in ("relays.relay_1", "Li Na", "manned", *words):
        assert wanted in html


def test_the_sheet_of_a_point_says_what_stops_it_and_which_risk_was_accepted(page):
    html = page.get(f"/points/{SETPOINT}/set").content.decode()
    assert "控制器自行继续运行" in html
    assert "接受的风险" not in html
    models.Point.objects.filter(key=SETPOINT).update(accepted_risk_by="Li Na", accepted_risk_reason="manned")
    html = page.get(f"/points/{SETPOINT}/set").content.decode()
    assert "Li Na" in html
    assert "manned" in html


def test_the_page_of_points_follows_every_point(page, shelf):
    shelf.put({"h1-climate.floor_temperature": 99.0}, quality=Quality.BAD, reason=Reason.OUT_OF_RANGE)
    html = page.get("/points").content.decode()
    assert 'data-topic="points"' in html
    assert 'data-live-region="/points/wrong"' in html
    assert "h1-climate.floor_temperature" in page.get("/points/wrong").content.decode()


def test_the_theme_is_remembered_and_only_themes_that_exist(page):
    response = page.post("/preferences/theme", {"theme": "night", "next": "/points"})
    assert response["Location"] == "/points"
    assert 'data-theme="night"' in page.get("/").content.decode()
    page.post("/preferences/theme", {"theme": '"><script>', "next": "/"})
    assert 'data-theme="night"' in page.get("/").content.decode()


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example", "javascript:alert(1)", ""])
def test_a_form_leads_to_no_other_site(page, target):
    assert page.post("/preferences/theme", {"theme": "sun", "next": target})["Location"] == "/"


def test_the_language_switch_keeps_the_page(page, shelf):
    shelf.put({AIR: 18.4})
    html = page.get("/points").content.decode()
    assert '<html lang="zh-CN"' in html
    response = page.post("/preferences/language", {"language": "en", "next": "/points"})
    assert response["Location"] == "/points"
    html = page.get("/points").content.decode()
    assert '<html lang="en"' in html
    assert "State of the values" in html
    assert "数据状况" not in html


def test_a_first_visit_is_in_chinese_whatever_the_browser_prefers(client, shelf):
    html = client.get("/login", headers={"Accept-Language": "en-US,en;q=0.9"}).content.decode()
    assert '<html lang="zh-CN"' in html
    assert "登录" in html


def test_a_wrong_password_is_said_without_saying_which_part_was_wrong(client, technician):
    response = client.post("/login", {"username": technician.username, "password": "wrong"})
    html = response.content.decode()
    assert 'role="alert"' in html
    assert f'value="{technician.username}"' in html


def test_signing_in_leads_back_to_the_page_that_was_wanted(client, shelf, technician):
    response = client.post("/login", {"username": technician.username, "password": "for tests only", "next": "/points"})
    assert response["Location"] == "/points"


@pytest.mark.parametrize(
    ("referer", "leads_to"),
    [
        ("http://testserver/trends?hours=6", "/trends?hours=6"),
        ("http://elsewhere/trends", "/"),
        ("http://testserver//elsewhere", "/"),
        ("", "/"),
    ],
)
def test_signing_in_after_a_form_leads_to_the_page_it_stood_on(client, shelf, technician, referer, leads_to):
    """The address of a form is no page: asked for, it is a blank one."""
    answer = client.post("/trends/notes", {"text": "x"}, headers={"Referer": referer})
    assert answer["Location"] == f"/login?next={leads_to.replace('?', '%3F').replace('=', '%3D')}"
    signed_in = client.post(answer["Location"], {"username": "technician", "password": "for tests only"})
    assert signed_in["Location"] == leads_to
    assert client.get(leads_to).status_code == 200


def test_signing_out_ends_the_session(page):
    assert page.get("/logout").status_code == 405
    page.post("/logout")
    assert page.get("/").status_code == 302


def test_an_unknown_page_is_said_in_the_readers_language(page):
    assert "没有这个页面" in page.get("/nowhere").content.decode()
    page.post("/preferences/language", {"language": "en", "next": "/"})
    response = page.get("/nowhere")
    assert response.status_code == 404
    assert "There is no such page" in response.content.decode()


def test_a_form_without_its_token_is_refused_with_a_page_of_ours(shelf, technician):
    client = Client(enforce_csrf_checks=True)
    client.force_login(technician)
    response = client.post(f"/points/{SETPOINT}/set", {"value": "16.5", "step": "apply"})
    assert response.status_code == 403
    assert "表单已失效" in response.content.decode()


def test_a_fault_of_the_console_is_said_and_control_goes_on(rf):
    from django.views.defaults import server_error

    html = server_error(rf.get("/")).content.decode()
    assert "控制不受影响" in html


def test_no_page_needs_another_host_or_an_inline_script(page, shelf):
    shelf.put({AIR: 18.4, **ONLINE, SETPOINT: 16.0})
    for address in ("/", "/points", f"/points/{SETPOINT}/set"):
        html = page.get(address).content.decode()
        assert not re.search(r'(src|href)="(https?:)?//', html)
        assert not re.search(r"\son\w+=|\sstyle=|javascript:", html)
        scripts = re.findall(r"<script([^>]*)>", html)
        assert all("src=" in script or "application/json" in script for script in scripts)
