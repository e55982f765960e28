"""The page of curves: what stands in it before any script runs."""

from __future__ import annotations

import html
import re
from urllib.parse import parse_qs

import pytest
from django.test import Client
from django.utils.html import escape

from greenhouse.access.roles import Role
from greenhouse.annotations.models import Annotation
from tests.console.trends.conftest import AIR

pytestmark = pytest.mark.django_db(databases=["default", "telemetry"])


def asked(page: Client, address: str, status: int = 200) -> dict[str, list[str]]:
    """What the page's chart asks for."""
    response = page.get(address)
    assert response.status_code == status
    query = re.search(r'data-chart-query="([^"]*)"', response.content.decode())[1]
    return parse_qs(html.unescape(query), keep_blank_values=True)


def test_the_page_opens_with_the_temperatures_of_the_first_house(page):
    points = asked(page, "/trends")["points"][0].split(",")
    assert points == [AIR, "h1-climate.heating_setpoint", "h1-climate.ventilation_setpoint", "weather.air_temperature"]


def test_a_preset_is_one_of_the_house_that_is_chosen(page):
    assert asked(page, "/trends?house=h2&preset=co2")["points"] == [
        "h2-climate.co2_concentration,h2-climate.co2_setpoint"
    ]
    every_house = asked(page, "/trends?house=h2&preset=houses")["points"]
    assert every_house == [f"{AIR},h2-climate.air_temperature"]
    assert asked(page, "/trends?house=h2&preset=nonsense")["points"] == [""]


def test_points_from_the_list_are_taken_and_none_are_none(page):
    assert asked(page, f"/trends?points=&point={AIR}&point=weather.wind_speed")["points"] == [
        f"{AIR},weather.wind_speed"
    ]
    assert asked(page, "/trends?points=")["points"] == [""]


def test_the_address_is_the_whole_view(page):
    query = asked(page, f"/trends?points={AIR}&from=2026-11-24T00:00&to=2026-11-25T00:00&compare=h2")
    assert query == {
        "points": [AIR],
        "from": ["2026-11-24T00:00:00+08:00"],
        "to": ["2026-11-25T00:00:00+08:00"],
        "compare": ["h2"],
    }


def test_a_wrong_time_is_told_and_the_points_stay(page):
    query = asked(page, f"/trends?points={AIR}&from=2026-11-25T00:00&to=2026-11-24T00:00", status=400)
    assert query == {"points": [AIR], "hours": ["24"]}
    assert "开始晚于结束" in page.get("/trends?from=2026-11-25T00:00&to=2026-11-24T00:00").content.decode()


def test_ten_thousand_points_and_an_unknown_house_are_told(page):
    many = ",".join(f"a.p{n}" for n in range(10_000))
    assert asked(page, f"/trends?points={many}", status=400)["points"] == [""]
    assert asked(page, f"/trends?points={AIR}&compare=h9", status=400)["points"] == [AIR]


def test_the_address_names_the_language(page):
    assert '<html lang="en"' in page.get("/trends?lang=en").content.decode()
    assert '<html lang="zh-CN"' in page.get("/trends?lang=xx").content.decode()
    page.cookies["console_language"] = "en"
    assert '<html lang="zh-CN"' in page.get("/trends?lang=zh-hans").content.decode()


def test_nothing_of_the_address_gets_into_the_page_as_markup(page):
    for name in ("points", "from", "to", "compare", "house", "preset", "hours", "point"):
        text = page.get("/trends", {name: '"><script>alert(1)</script>\0'}).content.decode()
        assert "<script>alert" not in text


def test_the_list_of_points_is_a_page_and_a_part_of_one(page):
    whole = page.get(f"/trends/points?points={AIR}&hours=6").content.decode()
    assert "<main" in whole
    part = page.get(f"/trends/points?points={AIR}&hours=6", headers={"X-Fragment": "1"}).content.decode()
    assert "<main" not in part
    assert re.search(rf'value="{re.escape(AIR)}" checked', part)
    assert 'name="hours" value="6"' in part
    assert part.count("checked") == 1


def test_without_a_base_every_address_says_what_to_do(client, person, db):
    client.force_login(person(Role.VIEWER))
    for address in ("/trends", "/trends/data", "/trends/points", "/trends/export.csv"):
        response = client.get(address)
        assert response.status_code == 503
        assert "manage.py load_base" in response.content.decode()


FORM = {"from": "2026-11-24T08:00", "to": "2026-11-24T09:00", "text": "风口卡住 <script>", "points": AIR}


def test_a_note_is_written_and_leads_back(page):
    response = page.post("/trends/notes", {**FORM, "next": f"/trends?points={AIR}"})
    assert (response.status_code, response["Location"]) == (302, f"/trends?points={AIR}")
    note = Annotation.objects.get()
    assert (note.text, note.point_keys, note.compartment_key) == ("风口卡住 <script>", [AIR], None)
    assert note.start.isoformat() == "2026-11-24T00:00:00+00:00"


def test_a_note_does_not_lead_elsewhere(page):
    assert page.post("/trends/notes", {**FORM, "next": "https://example.org/"})["Location"] == "/trends"


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"text": ""}, "1至500个字"),
        ({"text": "\0 \0"}, "1至500个字"),
        ({"text": "长" * 501}, "1至500个字"),
        ({"from": "2026-11-24T10:00"}, "结束早于开始"),
        ({"from": "0001-01-01T00:00"}, "时间须写成"),
        ({"to": "9999-12-31T23:59"}, "时间须写成"),
    ],
)
def test_a_note_that_is_none_is_refused_and_what_was_typed_is_kept(page, change, why):
    form = {**FORM, **change, "compartment": "h1", "next": f"/trends?points={AIR}"}
    response = page.post("/trends/notes", form)
    answer = response.content.decode()
    assert response.status_code == 400
    assert why in answer
    assert not Annotation.objects.exists()
    assert f'rows="5" required>{escape(form["text"])}</textarea>' in answer
    for name in ("from", "to", "points", "compartment", "next"):
        assert f'name="{name}" value="{form[name]}"' in answer


def test_a_note_is_changed_and_deleted_by_its_author(page):
    page.post("/trends/notes", FORM)
    address = f"/trends/notes/{Annotation.objects.get().pk}"
    assert "风口卡住 &lt;script&gt;" in page.get(address).content.decode()
    page.post(address, {**FORM, "text": "修好了", "seen": "1", "action": "save"})
    assert Annotation.objects.get().text == "修好了"
    response = page.post(address, {**FORM, "text": "再改", "seen": "1", "action": "save"})
    assert response.status_code == 409
    assert "刚被别人改过" in response.content.decode()
    assert 'name="seen" value="2"' in response.content.decode()
    assert "再改" in response.content.decode()
    assert page.post(address, {"seen": "2", "action": "delete"}).status_code == 302
    assert page.get(address).status_code == 404
    assert Annotation.objects.get().text == ""


def test_somebody_else_reads_a_note_and_changes_nothing(page, person):
    page.post("/trends/notes", FORM)
    address = f"/trends/notes/{Annotation.objects.get().pk}"
    page.force_login(person(Role.COMMISSIONER))
    text = page.get(address).content.decode()
    assert "风口卡住" in text
    assert "<textarea" not in text
    assert page.post(address, {**FORM, "seen": "1", "action": "delete"}).status_code == 403
