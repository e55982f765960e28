"""The setpoint sheet: from an entry to a stored request, and everything that stands in the way."""

from __future__ import annotations

import math
import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client

from devices.samples import Quality, Reason
from devices.units import Quantity
from greenhouse.access.browser import device_label
from greenhouse.access.roles import Role
from greenhouse.commands import dispatch
from greenhouse.commands.checks import Code, Verdict
from greenhouse.commands.lifecycle import State
from greenhouse.commands.models import CommandRequest
from greenhouse.commands.risk import is_large
from tests.commands.test_dispatch import Orders
from tests.console.conftest import AIR, ONLINE, SETPOINT, moment

pytestmark = pytest.mark.django_db(databases=["default", "telemetry"])

ADDRESS = f"/points/{SETPOINT}/set"
MODE = "h1-climate.operating_mode"
ANDROID = "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 Chrome/129.0 Mobile Safari/537.36"


@pytest.fixture
def page(shelf, technician) -> Client:
    """A technician before a controller that is on line, at remote, with 16.0 °C in force."""
    shelf.put({**ONLINE, AIR: 18.4, SETPOINT: 16.0, MODE: 1.0})
    client = Client(headers={"User-Agent": ANDROID})
    client.force_login(technician)
    return client


def post(page: Client, value: str, *, step: str = "apply", address: str = ADDRESS, **more: str):
    return page.post(address, {"value": value, "seen_value": "16", "step": step, **more})


def text_of(response) -> str:
    return response.content.decode()


def test_the_sheet_shows_everything_before_anything_is_changed(page):
    html = text_of(page.get(ADDRESS))
    for wanted in (
        "加热设定温度",
        "1号日光温室",
        "实测",
        "18.4",
        "已生效设定",
        "16.0",
        "待确认",
        "0.0 – 35.0 °C",
        "仅1号日光温室",
    ):
        assert wanted in html
    assert "直到再次更改" in html
    assert "未在此更改过" in html


def test_a_fragment_is_the_sheet_without_the_page_around_it(page):
    html = text_of(page.get(ADDRESS, headers={"X-Fragment": "1"}))
    assert "<html" not in html
    assert "sheet-body" in html


def test_review_shows_old_and_new_with_their_difference_and_stores_nothing(page):
    html = text_of(post(page, "16.5", step="review"))
    assert 'data-cmd-state="review"' in html
    assert re.search(r'class="old">16\.0<.*class="new">16\.5<.*\+0\.5 °C', html, re.DOTALL)
    assert not CommandRequest.objects.exists()


def test_apply_stores_one_request_and_shows_its_chain(page, technician):
    response = post(page, "16.5")
    (request,) = CommandRequest.objects.all()
    assert (request.point_key, request.value, request.previous_value) == (SETPOINT, 16.5, 16.0)
    assert (request.requested_by, request.device_label) == (technician, "Android Chrome")
    assert response.status_code == 302
    html = text_of(page.get(response["Location"]))
    assert 'data-cmd-state="requested"' in html
    chain = re.findall(r'<li data-state="(\w+)" class="([^"]*)"', html)
    assert [(state, "ahead" in css) for state, css in chain] == [
        ("requested", False),
        ("dispatched", True),
        ("accepted", True),
        ("confirmed", True),
    ]


def test_the_value_in_force_never_becomes_the_requested_one_before_it_is_read_back(page, shelf):
    """Measured, in force and requested are three places; a request changes only the third."""
    post(page, "16.5")
    html = text_of(page.get(ADDRESS))
    in_force = re.search(r'class="reading in-force"[^>]*>.*?reading-number">([^<]*)<', html, re.DOTALL)[1]
    wish = re.search(r"data-wish-number>([^<]*)<", html)[1]
    assert (in_force, wish) == ("16.0", "16.5")


def test_a_change_is_asked_after_until_it_has_come_to_its_end(page):
    """A page of another house hears nothing of it: its frames tell of its own points."""
    post(page, "16.5")
    request = CommandRequest.objects.get()
    tracking = f"{ADDRESS}/{request.pk}"
    assert "data-unsettled" in text_of(page.get(tracking))
    dispatch.dispatch_next(moment(request.created_at), Orders())
    dispatch.record_outcome(request.pk, State.TIMEOUT, now=moment(request.created_at), verdict=Verdict(Code.NO_ANSWER))
    assert "data-unsettled" not in text_of(page.get(tracking))


def test_what_follows_a_change_tells_the_value_in_force_as_it_is_now(page, shelf):
    """A page of another house gets no frames of this point: its sheet takes the value from here."""
    post(page, "16.5")
    shelf.put({SETPOINT: 16.5})
    tracking = f"{ADDRESS}/{CommandRequest.objects.get().pk}"
    for html in (text_of(page.get(tracking)), text_of(page.get(ADDRESS))):
        found = re.search(
            rf'<span hidden>\s*<span class="reading[^>]*data-point="{SETPOINT}"[^>]*data-value="([^"]*)"', html
        )
        assert found
        assert found[1] == "16.5"


def test_a_reload_shows_the_same_chain_at_every_step(page, shelf):
    post(page, "16.5")
    (request,) = CommandRequest.objects.all()
    now = request.created_at
    dispatch.dispatch_next(moment(now), Orders())
    assert 'data-cmd-state="dispatched"' in text_of(page.get(ADDRESS))
    dispatch.record_accepted(request.pk, now=moment(now))
    assert 'data-cmd-state="accepted"' in text_of(page.get(ADDRESS))
    shelf.put({SETPOINT: 16.5})
    dispatch.record_outcome(request.pk, State.CONFIRMED, now=moment(now), readback_value=16.5)
    html = text_of(page.get(f"{ADDRESS}?request={request.pk}"))
    assert 'data-cmd-state="confirmed"' in html
    assert "已生效 16.5 °C" in html
    assert "恢复为 16.0 °C" in html
    assert 'data-cmd-state="draft"' in text_of(page.get(ADDRESS))


@pytest.mark.parametrize(("minutes_ago", "offered"), [(0, True), (11, False)])
def test_the_way_back_is_offered_for_ten_minutes(page, shelf, minutes_ago, offered):
    """On the page and in the part of it that is fetched while one waits."""
    post(page, "16.5")
    (request,) = CommandRequest.objects.all()
    dispatch.dispatch_next(moment(request.created_at), Orders())
    shelf.put({SETPOINT: 16.5})
    ended_at = request.created_at - timedelta(minutes=minutes_ago)
    dispatch.record_outcome(request.pk, State.CONFIRMED, now=moment(ended_at), readback_value=16.5)
    for address in (f"{ADDRESS}?request={request.pk}", f"{ADDRESS}/{request.pk}"):
        assert ("恢复为 16.0 °C" in text_of(page.get(address))) is offered


@pytest.mark.parametrize(
    ("state", "verdict", "wanted"),
    [
        (State.TIMEOUT, Verdict(Code.READBACK_DIFFERS, {"readback": 16.0, "unit": "degC"}), "未生效：控制器仍为 16 °C"),
        (State.TIMEOUT, Verdict(Code.NO_ANSWER), "控制器没有应答"),
        (State.REJECTED, Verdict(Code.DEVICE_REFUSED, {"exception": 3.0}), "控制器拒绝了该值（Modbus 异常码 3）"),
        (State.REFUSED, Verdict(Code.LOCAL_CONTROL), "现场"),
    ],
)
def test_what_did_not_take_is_said_with_the_way_on(page, state, verdict, wanted):
    post(page, "16.5")
    (request,) = CommandRequest.objects.all()
    dispatch.dispatch_next(moment(request.created_at), Orders())
    dispatch.record_outcome(request.pk, state, now=moment(request.created_at), verdict=verdict)
    html = text_of(page.get(f"{ADDRESS}?request={request.pk}"))
    assert f'data-cmd-state="{state}"' in html
    assert wanted in html
    assert "重试" in html
    assert "已生效 16.5" not in html


def test_what_cannot_be_verified_is_drawn_differently_from_what_is_in_force(page):
    post(page, "16.5")
    (request,) = CommandRequest.objects.all()
    dispatch.dispatch_next(moment(request.created_at), Orders())
    dispatch.record_accepted(request.pk, now=moment(request.created_at))
    verdict = Verdict(Code.NOTHING_TO_READ_BACK)
    dispatch.record_outcome(request.pk, State.UNVERIFIABLE, now=moment(request.created_at), verdict=verdict)
    html = text_of(page.get(f"{ADDRESS}?request={request.pk}"))
    assert 'data-cmd-state="unverifiable"' in html
    assert "#question" in html
    assert "#tick" in html
    assert "无法核实" in html


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        ("36", "36 °C 超出允许范围 0 至 35 °C"),
        ("-0.5", "超出允许范围"),
        ("abc", "“abc”不是数字"),
        ("", "不是数字"),
        ("nan", "不是数字"),
        ("inf", "不是数字"),
        ("1e3", "不是数字"),
        ("1_6", "不是数字"),
        ("16.0", "已在生效"),
        ("9" * 400, "不是数字"),
    ],
)
@pytest.mark.parametrize("step", ["review", "apply"])
def test_a_wrong_entry_is_refused_in_place_and_kept(page, value, wanted, step):
    response = post(page, value, step=step)
    html = text_of(response)
    assert response.status_code == 422
    assert wanted in html
    assert f'name="value" inputmode="decimal" autocomplete="off" value="{value}"' in html
    assert not CommandRequest.objects.exists()


@pytest.mark.parametrize("value", ["16.5", "１６．５", "16,5", " 16.50 ", "+16.5", "16。5"])
def test_a_number_is_read_as_people_write_it(page, value):
    response = post(page, value)
    if value == "16。5":  # a Chinese full stop is no decimal sign
        assert response.status_code == 422
    else:
        assert CommandRequest.objects.get().value == 16.5


def test_a_large_change_wants_a_reason_and_a_held_button(page):
    assert post(page, "19", step="review").context["review"].is_large
    assert "须填写原因" in text_of(post(page, "19", held="1"))
    assert "须按住按钮" in text_of(post(page, "19", reason="寒潮"))
    assert not CommandRequest.objects.exists()
    post(page, "19", reason="寒潮", held="1")
    assert CommandRequest.objects.get().reason == "寒潮"


@pytest.mark.parametrize(
    "carried",
    [
        {"seen_value": "nan"},
        {"seen_value": "inf"},
        {"seen_value": "-1e999"},
        {"seen_value": "sixteen"},
        {"seen_at": "2026-02-30T00:00:00+08:00"},
        {"seen_at": "2026-01-01T00:00:00"},
        {"seen_at": "yesterday"},
    ],
    ids=str,
)
@pytest.mark.parametrize("step", ["edit", "review", "apply"])
def test_a_form_that_carries_what_no_page_put_there_stores_nothing(page, carried, step):
    """Who saw NaN in force could otherwise neither be overtaken nor make a large change."""
    response = post(page, "28", step=step, **carried)
    assert response.status_code == 422
    assert "无法确认您看到的数值" in text_of(response)
    assert 'name="seen_value" value="16"' in text_of(response)
    assert not CommandRequest.objects.exists()


@pytest.mark.parametrize(("old", "new"), [(math.nan, 16.0), (math.inf, 16.0), (16.0, math.nan), (16.0, -math.inf)])
@pytest.mark.parametrize("quantity", [Quantity.TEMPERATURE, Quantity.RELATIVE_HUMIDITY])
def test_what_cannot_be_compared_is_a_large_change(quantity, old, new):
    assert is_large(quantity, old, new)


def test_a_reason_is_stored_without_what_no_keyboard_has(page):
    """PostgreSQL takes no text with a zero byte in it."""
    post(page, "16.5", reason="night\0 frost")
    assert CommandRequest.objects.get().reason == "night frost"


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True, databases=["default", "telemetry"])
def test_a_change_that_waits_too_long_for_the_ledger_is_answered_in_words(page):
    """Another client holds the head: the person is not left waiting, and nothing is stored by halves."""
    post(page, "16.5")
    page.raise_request_exception = False
    other = connection.copy()
    try:
        other.set_autocommit(False)
        other.cursor().execute("SELECT * FROM ledger_head FOR UPDATE")
        answer = post(page, "17")
    finally:
        other.close()
    assert answer.status_code == 503
    assert "目前不知道您刚刚提交的内容是否已保存" in answer.content.decode()
    assert CommandRequest.objects.get().value == 16.5


def test_a_small_change_needs_neither(page):
    assert not post(page, "18", step="review").context["review"].is_large


@pytest.mark.parametrize("step", ["review", "apply"])
def test_who_was_overtaken_sees_who_when_and_what_and_starts_again(page, shelf, person, step):
    other = person(Role.SUPERVISOR, "zhang")
    other.first_name, other.last_name = "工", "张"
    other.save()
    colleague = Client()
    colleague.force_login(other)
    post(colleague, "17")
    (request,) = CommandRequest.objects.all()
    dispatch.dispatch_next(moment(request.created_at), Orders())
    dispatch.record_accepted(request.pk, now=moment(request.created_at))
    dispatch.record_outcome(request.pk, State.CONFIRMED, now=moment(request.created_at), readback_value=17.0)
    shelf.put({SETPOINT: 17.0})
    response = post(page, "16.5", step=step)
    html = text_of(response)
    assert response.status_code == 409
    assert "17" in html
    assert other.get_full_name() in html
    assert "16.0 → 17.0 °C" in html
    assert 'name="seen_value" value="17"' in html
    assert CommandRequest.objects.count() == 1


def test_a_second_request_while_one_is_on_its_way_is_refused(page):
    post(page, "16.5")
    dispatch.dispatch_next(moment(CommandRequest.objects.get().created_at), Orders())
    response = post(page, "17")
    assert response.status_code == 409
    assert "正在下发" in text_of(response)


def test_who_may_not_send_is_told_and_cannot(page, person):
    client = Client()
    client.force_login(person(Role.VIEWER))
    html = text_of(client.get(ADDRESS))
    assert "您没有更改设定值的权限" in html
    assert re.search(r'<button class="button button--main at-end"[^>]* disabled', html)
    response = post(client, "16.5")
    assert response.status_code == 403
    assert not CommandRequest.objects.exists()


@pytest.mark.parametrize(
    ("values", "wanted"),
    [
        ({"h1-climate.link": 0.0}, "控制器离线，无法下发"),
        ({"h1-climate.control_location": 0.0}, "控制器处于“现场”位置"),
    ],
)
def test_a_device_that_takes_nothing_now_is_said_before_anything_is_typed(page, shelf, values, wanted):
    assert 'data-refused="true"' not in text_of(page.get(ADDRESS))
    shelf.put(values)
    html = text_of(page.get(ADDRESS))
    assert 'data-refused="true"' in html
    assert wanted in html
    assert post(page, "16.5").status_code == 403


def test_nothing_can_be_sent_while_the_control_process_is_silent(shelf, technician):
    shelf.put({**ONLINE, SETPOINT: 16.0}, age_s=120)
    client = Client()
    client.force_login(technician)
    assert "控制进程没有上报" in text_of(client.get(ADDRESS))
    assert post(client, "16.5").status_code == 403
    assert not CommandRequest.objects.exists()


def test_a_mode_is_chosen_by_its_name(page, shelf):
    address = f"/points/{MODE}/set"
    html = text_of(page.get(address))
    assert re.search(r'type="radio" name="value" value="1" checked', html)
    assert "手动" in html
    response = page.post(address, {"value": "2", "seen_value": "1", "step": "apply", "reason": "检修", "held": "1"})
    assert response.status_code == 302
    assert CommandRequest.objects.get().value == 2.0


def test_going_back_keeps_the_entry(page):
    html = text_of(post(page, "16.5", step="edit"))
    assert 'data-cmd-state="draft"' in html
    assert 'autocomplete="off" value="16.5"' in html


def test_a_value_of_bad_quality_is_not_taken_for_the_one_in_force(page, shelf):
    shelf.put({SETPOINT: 99.0}, quality=Quality.BAD, reason=Reason.OUT_OF_RANGE)
    html = text_of(page.get(ADDRESS))
    assert ">99" not in html
    assert "超量程" in html
    assert 'name="seen_value" value=""' in html


@pytest.mark.parametrize(
    "key", [AIR, "h1-climate.nothing", "no-such-device.point", "h1-climate.link", "%00", "x" * 300]
)
def test_what_takes_no_requests_has_no_sheet(page, key):
    assert page.get(f"/points/{key}/set").status_code == 404


def test_the_changes_list_says_who_what_and_how_it_ended(page):
    post(page, "16.5")
    for address in ("/changes", f"{ADDRESS}/changes"):
        html = text_of(page.get(address))
        assert "16.0 → 16.5 °C" in html
        assert "已提交" in html
        assert "技术员" in html


def test_the_chain_of_another_points_request_is_not_found(page):
    post(page, "16.5")
    request = CommandRequest.objects.get()
    assert page.get(f"{ADDRESS}/{request.pk}").status_code == 200
    assert page.get(f"/points/{MODE}/set/{request.pk}").status_code == 404


@pytest.mark.parametrize(
    ("user_agent", "label"),
    [
        (ANDROID, "Android Chrome"),
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/129.0 Safari/537.36 Edg/129.0",
            "Windows Edge",
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit Mobile/15E148 MicroMessenger/8.0",
            "iPhone WeChat",
        ),
        ("curl/8.0", ""),
    ],
)
def test_a_device_is_named_as_people_name_it(user_agent, label):
    assert device_label(user_agent) == label
