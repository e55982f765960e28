"""What programs decided, on the page of a house; what interlocks forbid, and a locked output, in the sheet."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from greenhouse.clock import moment_now
from greenhouse.commands import over_travel
from greenhouse.commands.models import CommandRequest, OverTravel
from greenhouse.rules import decided
from greenhouse.rules.decided import Decided
from greenhouse.rules.evaluate.decisions import Actuator, Decision, Why
from greenhouse.site.point_index import point_index
from tests.bases import load
from tests.commands.moving import BLANKET, DAY, MOVING, ROOF
from tests.console.conftest import SETPOINT, Shelf

pytestmark = pytest.mark.django_db(databases=["default", "telemetry"])
HEATING_SENTENCE = "低于 10 °C 加热：程序第 1 时段已开始。"
VENT_SENTENCE = "上通风口开 30 %：气温 27.4 °C 高于通风温度 26 °C。"


@pytest.fixture
def page(shelf: Shelf, technician) -> Client:
    load(MOVING)
    shelf.ids = point_index().ids
    shelf.put(DAY)
    client = Client()
    client.force_login(technician)
    return client


def decide(*decisions: tuple[str, Actuator, float | None, Why, dict[str, float]], is_safe_state: bool = False) -> None:
    at = timezone.now() - timedelta(minutes=4, seconds=20)
    found = [
        Decided("h1", point, Decision(actuator, target, why, at, facts, is_safe_state), at, 1)
        for point, actuator, target, why, facts in decisions
    ]
    decided.store(found, [], tick=1, now=moment_now(), at=at)


def vent_decided(*, is_safe_state: bool = False) -> None:
    facts = {"air": 27.44, "from": 26.0, "band": 4.0}
    decide((ROOF, Actuator.ROOF_VENT, 30.0, Why.TOO_WARM, facts), is_safe_state=is_safe_state)


def text(page: Client, address: str) -> str:
    return page.get(address).content.decode()


def test_each_actuator_says_what_was_decided_why_and_since_when(page):
    vent_decided()
    decide((SETPOINT, Actuator.HEATING_SETPOINT, 10.0, Why.PERIOD, {"period": 1.0}))
    for address in ("/houses/h1", "/houses/h1/actuators"):
        html = text(page, address)
        assert VENT_SENTENCE in html
        assert "已 4 分" in html
        assert "安全状态" not in html
    assert HEATING_SENTENCE in text(page, "/houses/h1/setpoints")


def test_a_house_without_a_program_says_nothing_of_one(page):
    assert 'class="program-word"' not in text(page, "/houses/h1")


def test_a_program_that_was_switched_off_is_not_shown_as_if_it_decided(page):
    vent_decided()
    standing = list(decided.newest(["h1"]).values())
    decided.store([], standing, tick=2, now=moment_now(), at=timezone.now())
    assert VENT_SENTENCE not in text(page, "/houses/h1")


def test_a_decision_without_its_inputs_is_marked(page):
    vent_decided(is_safe_state=True)
    assert "安全状态：缺少输入" in text(page, "/houses/h1/actuators")


def test_what_an_interlock_keeps_from_happening_is_said_beside_the_decision(page, shelf):
    vent_decided()
    shelf.put({"weather.wind_speed": 16.0})
    assert "风速 16 m/s，这个通风口最多开 0 %。" in text(page, "/houses/h1/actuators")
    shelf.put({"weather.wind_speed": 16.0, ROOF: 30.0})
    assert "最多开 0 %" not in text(page, "/houses/h1/actuators"), "it stands there already"


def test_the_sheet_says_why_an_interlock_refuses(page, shelf):
    shelf.put({"h1-blanket.position": 60.0})
    address = f"/points/{ROOF}/set"
    form = {"step": "review", "value": "30", "seen_value": "0"}
    assert "保温被卷到顶之前通风口不开，现在 60 %。" in page.post(address, form).content.decode()
    assert not CommandRequest.objects.exists()


def test_the_sheet_says_what_is_in_the_way_before_anything_is_entered(page, shelf):
    assert "in-the-way" not in text(page, f"/points/{ROOF}/set")
    shelf.put({"weather.wind_speed": 9.0})
    assert "风速 9 m/s，这个通风口最多开 50 %。" in text(page, f"/points/{ROOF}/set")
    shelf.put({"weather.wind_speed": 11.0})
    html = text(page, f"/points/{BLANKET}/set")
    assert html.count("风速达到 10 m/s 不动保温被，现在 11 m/s。") == 1


def test_the_sheet_of_what_a_program_moves_says_so(page):
    told = "由气候程序控制"
    assert told not in text(page, f"/points/{ROOF}/set")
    vent_decided()
    assert told in text(page, f"/points/{ROOF}/set")


def test_a_locked_output_is_released_in_its_sheet_by_who_has_looked(page, technician):
    over_travel.lock(BLANKET, ran_s=480.0, longest_run_s=472.0, position_pct=40.0, now=moment_now())
    sheet = text(page, f"/points/{BLANKET}/set")
    assert "电机运行了 480 秒，最长只许 472 秒" in sheet
    assert f"/points/{BLANKET}/release" in sheet
    form = {"step": "review", "value": "2", "seen_value": "0"}
    assert "解除锁定" in page.post(f"/points/{BLANKET}/set", form).content.decode()
    answer = page.post(f"/points/{BLANKET}/release")
    assert answer.status_code == 302
    assert OverTravel.objects.get().released_by == technician
    assert "电机运行了" not in text(page, f"/points/{BLANKET}/set")
    assert "没有锁定" in page.post(f"/points/{BLANKET}/release").content.decode()
