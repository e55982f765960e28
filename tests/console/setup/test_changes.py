"""From a form to the base: review, reason, version; and everything that is refused on the way."""

from __future__ import annotations

import html
import re
import tomllib

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client

from greenhouse.access.roles import Role
from greenhouse.configuration import versions
from greenhouse.configuration.models import Standing, Version
from greenhouse.site.models import Base, Device, Point
from tests.bases import METER, SMALL
from tests.console.setup.conftest import force

pytestmark = pytest.mark.django_db(databases=["default", "telemetry"])
SCRIPT = '<script>alert("1")</script>'
METER_FIELDS = {
    "name_zh": "水表",
    "name_en": "Water meter",
    "line": "climate",
    "unit_id": "2",
    "profile": "pulse-water-meter",
    "compartment": "",
    "enabled": "on",
}
BASE_FIELDS = {
    "name_zh": "小基地",
    "name_en": "Small base",
    "latitude_deg": "39.6",
    "longitude_deg": "109.8",
    "elevation_m": "1300",
}


def hidden(page: str) -> dict[str, str]:
    """The hidden fields of the form of a page."""
    found = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page)
    return {name: html.unescape(value) for name, value in found if name not in {"csrfmiddlewaretoken", "next"}}


def applied(client: Client, review: HttpResponse, reason: str = "a test") -> HttpResponse:
    assert review.status_code == 200, review.content.decode()
    form = hidden(review.content.decode())
    assert {"seen", "base", "alarms"} <= form.keys()
    return client.post("/setup/apply", {**form, "reason": reason})


def test_a_name_is_reviewed_applied_and_recorded(engineer):
    review = engineer.post("/setup/base/small", {**BASE_FIELDS, "name_zh": "改名基地", "seen": "1"})
    page = review.content.decode()
    assert "小基地" in page
    assert "改名基地" in page
    assert Base.objects.get().name_zh == "小基地"
    answer = applied(engineer, review, "it has another name now")
    assert answer["Location"] == "/setup/versions/2?applied=1"
    assert Base.objects.get().name_zh == "改名基地"
    page = engineer.get(answer["Location"]).content.decode()
    assert "it has another name now" in page


def test_the_rest_of_the_file_is_left_alone(engineer):
    applied(engineer, engineer.post("/setup/house/h1", {
        "name_zh": "1号", "name_en": "House 1", "kind": "solar", "area_m2": "500.5", "seen": "1",
    }))  # fmt: skip
    old, new = SMALL.splitlines(), versions.newest().base_text.splitlines()
    changed = [(a, b) for a, b in zip(old, new, strict=True) if a != b]
    assert len(changed) == 3
    assert ("area_m2 = 480", "area_m2 = 500.5") in changed


@pytest.mark.parametrize(
    ("path", "form"),
    [
        ("/setup/base/small", {**BASE_FIELDS, "name_zh": SCRIPT}),
        ("/setup/house/h1", {"name_zh": SCRIPT, "name_en": SCRIPT, "kind": "solar", "area_m2": "480"}),
        ("/setup/compartment/h1", {"name_zh": SCRIPT, "name_en": SCRIPT, "area_m2": "480"}),
        ("/setup/line/climate", {"name_zh": SCRIPT, "name_en": SCRIPT, "kind": "tcp", "host": "x", "port": "1"}),
        ("/setup/devices/meter", {**METER_FIELDS, "name_zh": SCRIPT, "name_en": SCRIPT}),
        ("/setup/points/meter.flow", {"label_zh": SCRIPT, "label_en": SCRIPT, "enabled": "on"}),
        ("/setup/alarms/air-temperature-low", {"enabled": "on", "limit": "-4", "reason": SCRIPT}),
    ],
)
def test_a_script_in_a_field_is_a_text_everywhere(engineer, path, form):
    review = engineer.post(path, {**form, "seen": "1"})
    assert SCRIPT not in review.content.decode()
    applied(engineer, review, SCRIPT)
    for page in ("/setup", "/setup/versions", "/setup/versions/2", "/setup/file", "/setup/alarms", path):
        text = engineer.get(page).content.decode()
        assert SCRIPT not in text
    assert "&lt;script&gt;" in engineer.get("/setup/versions").content.decode()


@pytest.mark.parametrize("reason", ["", " ", "x" * 401, "a\nb", "\0"])
def test_nothing_is_applied_without_a_reason_that_can_be_read(engineer, reason):
    review = engineer.post("/setup/base/small", {**BASE_FIELDS, "name_zh": "甲", "seen": "1"})
    again = applied(engineer, review, reason)
    assert again.status_code == 422
    assert "Say why" in again.content.decode()
    assert Version.objects.count() == 1
    again.status_code = 200  # nothing is lost: the same review waits for a reason
    assert applied(engineer, again).status_code == 302
    assert Base.objects.get().name_zh == "甲"


def test_a_unit_id_in_use_is_told_at_its_field(engineer):
    answer = engineer.post("/setup/devices/meter", {**METER_FIELDS, "unit_id": "1", "seen": "1"})
    assert answer.status_code == 422
    assert answer.context["form"].errors["unit_id"] == [
        'device[2] "meter": unit_id is used on the same line by device[1] "h1-climate"'
    ]


@pytest.mark.parametrize(("language", "said"), [("zh-hans", "上限必须大于下限。"), ("en", "has to lie above")])
def test_a_reversed_range_is_told_in_the_readers_language_at_its_field_and_above_the_form(engineer, language, said):
    engineer.cookies["console_language"] = language
    form = {"enabled": "on", "limits_low": "26", "limits_high": "8", "seen": "1"}
    answer = engineer.post("/setup/points/h1-climate.heating_setpoint", form)
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert answer.content.decode().index('href="#id_limits_high"') < answer.content.decode().index("entry-form")


def test_limits_beyond_the_profile_are_told_at_their_field(engineer):
    form = {"enabled": "on", "limits_low": "0", "limits_high": "90", "seen": "1"}
    answer = engineer.post("/setup/points/h1-climate.heating_setpoint", form)
    assert answer.status_code == 422
    assert "leaves the profile's" in answer.context["form"].errors["limits_low"][0]


def test_a_point_is_changed_within_its_profile(engineer):
    form = {"enabled": "on", "limits_low": "8", "limits_high": "26", "approval": "yes", "poll_s": "7",
            "record": "change", "record_dead_band": "0.3", "seen": "1"}  # fmt: skip
    applied(engineer, engineer.post("/setup/points/h1-climate.heating_setpoint", form))
    point = Point.objects.get(key="h1-climate.heating_setpoint")
    assert (point.limit_low, point.limit_high, point.needs_approval) == (8, 26, True)
    assert (point.poll_s, point.record, point.record_dead_band) == (7, "change", 0.3)
    page = engineer.get("/setup/points/h1-climate.heating_setpoint").content.decode()
    assert 'value="26"' in page


def test_a_device_moves_to_another_line(engineer):
    applied(
        engineer, engineer.post("/setup/devices/meter", {**METER_FIELDS, "line": "field", "unit_id": "9", "seen": "1"})
    )
    meter = Device.objects.get(key="meter")
    assert (meter.line.key, meter.unit_id) == ("field", 9)


def test_a_device_is_switched_off_and_on_again(engineer):
    off = {name: value for name, value in METER_FIELDS.items() if name != "enabled"}
    applied(engineer, engineer.post("/setup/devices/meter", {**off, "seen": "1"}))
    assert not Device.objects.get(key="meter").enabled
    applied(engineer, engineer.post("/setup/devices/meter", {**METER_FIELDS, "seen": "2"}))
    assert Device.objects.get(key="meter").enabled
    assert versions.newest().base_text == SMALL


def test_a_device_is_added_and_taken_out_and_its_history_stays(engineer):
    form = {**METER_FIELDS, "key": "meter-2", "unit_id": "12", "seen": "1"}
    applied(engineer, engineer.post("/setup/devices/add", form))
    point = Point.objects.get(key="meter-2.flow")
    review = engineer.post("/setup/devices/meter-2/remove", {"seen": "2"})
    assert "their history stays" in review.content.decode()
    applied(engineer, review)
    point.refresh_from_db()
    assert not point.enabled


@pytest.mark.parametrize("key", ["meter", "Meter", "a b", "control", SCRIPT])
def test_a_key_that_cannot_be_is_told_at_its_field(engineer, key):
    answer = engineer.post("/setup/devices/add", {**METER_FIELDS, "key": key, "unit_id": "12", "seen": "1"})
    assert answer.status_code == 422
    assert answer.context["form"].errors["key"]


def test_two_who_edit_at_once_do_not_overwrite_each_other(engineer, as_role):
    review = engineer.post("/setup/base/small", {**BASE_FIELDS, "name_zh": "甲", "seen": "1"})
    force(SMALL.replace("小基地", "乙"))
    answer = applied(engineer, review)
    assert answer.status_code == 409
    page = answer.content.decode()
    assert "version 2" in page
    assert "乙" in page
    assert "on the base&#x27;s computer" in page or "on the base's computer" in page
    assert Base.objects.get().name_zh == "乙"
    late = engineer.post("/setup/base/small", {**BASE_FIELDS, "name_zh": "丙", "seen": "1"})
    assert late.status_code == 409
    assert "What you wanted" in late.content.decode()
    assert "丙" in late.content.decode()


def test_a_form_that_cannot_change_the_file_keeps_what_was_typed(engineer):
    """Its header is written as no form writes one."""
    force(SMALL.replace("[[house]]", "[[ 'house' ]]"))
    form = {"name_zh": "甲", "name_en": "House one", "kind": "solar", "area_m2": "480", "seen": "2"}
    answer = engineer.post("/setup/house/h1", form)
    assert answer.status_code == 409
    page = answer.content.decode()
    assert "An engineer changes it as text" in page
    assert 'value="甲"' in page


def test_a_form_that_is_sent_twice_changes_once(engineer):
    review = engineer.post("/setup/base/small", {**BASE_FIELDS, "name_zh": "甲", "seen": "1"})
    assert applied(engineer, review).status_code == 302
    assert applied(engineer, review).status_code == 409
    assert Version.objects.count() == 2


def test_a_file_with_twenty_faults_tells_each_with_its_line(engineer):
    wrong = SMALL + "".join(
        METER.replace('"meter"', f'"m{n}"').replace("unit_id = 2", "unit_id = 1") for n in range(20)
    )
    answer = engineer.post("/setup/file", {"base": wrong.replace("\n", "\r\n"), "alarms": "", "seen": "1"})
    assert answer.status_code == 422
    faults = answer.context["faults"]
    assert len(faults) == 20
    lines = wrong.split("\n")
    assert {lines[fault.line - 1] for fault in faults} == {"unit_id = 1"}
    assert html.escape(wrong) in answer.content.decode()


@pytest.mark.parametrize("text", ["", "[base", "\0", "device = 3", "[[device]]\n" * 50, "x = 1\nx = 2"])
def test_a_text_that_is_no_base_is_told_and_changes_nothing(engineer, text):
    answer = engineer.post("/setup/file", {"base": text, "alarms": "", "seen": "1"})
    assert answer.status_code == 422
    assert Version.objects.count() == 1


def test_the_file_keeps_its_first_empty_line(engineer):
    page = engineer.get("/setup/file").content.decode()
    assert f'autocapitalize="off">&#10;{html.escape(SMALL)}</textarea>' in page


def test_a_change_of_comments_alone_is_a_version_and_no_change(engineer):
    revision = Base.objects.get().revision
    review = engineer.post("/setup/file", {"base": SMALL + "\n# seen by Li\n", "alarms": "", "seen": "1"})
    assert "Only comments" in review.content.decode()
    applied(engineer, review)
    assert (versions.newest().number, Base.objects.get().revision) == (2, revision)


@pytest.mark.parametrize("seen", ["", "x", "-1", "99999999999", "²"])
def test_a_form_without_a_version_fits_none(engineer, seen):
    assert engineer.post("/setup/base/small", {**BASE_FIELDS, "name_zh": "甲", "seen": seen}).status_code == 409


def test_an_older_version_is_applied_again(engineer):
    applied(engineer, engineer.post("/setup/base/small", {**BASE_FIELDS, "name_zh": "甲", "seen": "1"}))
    page = engineer.get("/setup/versions/1").content.decode()
    form = hidden(page)
    assert form == {"seen": "2", "returned_to": "1"}
    form = hidden(engineer.post("/setup/apply", {**form, "reason": " "}).content.decode())
    assert form.get("returned_to") == "1"
    engineer.post("/setup/apply", {**form, "reason": "it was right before"})
    assert (versions.newest().returned_to, Base.objects.get().name_zh) == (1, "小基地")


def test_a_change_that_was_cut_off_is_told_and_finished(engineer):
    applied(engineer, engineer.post("/setup/base/small", {**BASE_FIELDS, "name_zh": "甲", "seen": "1"}))
    Standing.objects.update(applied=1)
    assert "Version 2 is not fully applied" in engineer.get("/setup").content.decode()
    engineer.post("/setup/finish")
    assert versions.applied() == 2


def test_a_form_of_the_pages_never_carries_the_base_past_the_rights(version, as_role):
    """A supervisor may change limits of alarms; the same form with another base is an engineer's."""
    supervisor = as_role(Role.SUPERVISOR)
    other = {"seen": "1", "base": SMALL.replace("小基地", "甲"), "alarms": "", "reason": "x"}
    assert supervisor.post("/setup/apply", other).status_code == 403
    form = {"enabled": "on", "limit": "-4", "reason": "seedlings", "seen": "1"}
    answer = applied(supervisor, supervisor.post("/setup/alarms/air-temperature-low", form))
    assert answer.status_code == 302
    assert tomllib.loads(versions.newest().alarms_text)["alarm"] == [
        {"key": "air-temperature-low", "limit": -4, "reason": "seedlings"}
    ]
    assert supervisor.post("/setup/apply", {"seen": "2", "returned_to": "1", "reason": "x"}).status_code == 302


def test_rights_are_judged_by_the_version_that_is_replaced(version, as_role):
    """A supervisor who guesses the next number would else undo an engineer's change that comes in between."""
    supervisor, came = as_role(Role.SUPERVISOR), []

    def an_engineer_is_faster(execute, sql, params, many, context):
        result = execute(sql, params, many, context)
        if not came and sql.startswith("SELECT") and "configuration_version" in sql:
            came.append(sql)
            force(SMALL.replace("小基地", "乙"))
        return result

    with connection.execute_wrapper(an_engineer_is_faster):
        form = {"seen": "2", "base": SMALL, "alarms": "", "reason": "x"}
        assert supervisor.post("/setup/apply", form).status_code == 409
    assert (versions.newest().number, Base.objects.get().name_zh) == (2, "乙")


def test_a_value_of_the_old_base_that_is_not_in_the_file_is_not_found(engineer):
    for path in ("/setup/devices/none", "/setup/points/meter.none", "/setup/house/none", "/setup/versions/9"):
        assert engineer.get(path).status_code == 404
