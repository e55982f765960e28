"""What the configuration pages show."""

from __future__ import annotations

import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext

from greenhouse.access.roles import Role
from greenhouse.configuration import versions
from greenhouse.site import structure
from tests.bases import BASE, COMPARTMENT, CONTROLLER, HOUSE, LINE, SMALL
from tests.console.conftest import AIR, Shelf
from tests.console.setup.conftest import force
from tests.console.setup.test_changes import applied

pytestmark = pytest.mark.django_db(databases=["default", "telemetry"])


@pytest.fixture
def viewer(version, as_role):
    return as_role(Role.VIEWER)


def test_the_structure_shows_links_and_good_and_bad_values(version, viewer):
    from greenhouse.site.point_index import point_index

    shelf = Shelf(dict(point_index().ids))
    shelf.put({"h1-climate.link": 2.0, "meter.link": 0.0, AIR: 18.0})
    page = viewer.get("/setup").content.decode()
    nodes = {node.device.key: node for line in viewer.get("/setup").context["tree"].lines for node in line.devices}
    assert (nodes["h1-climate"].link, nodes["h1-climate"].good) == ("2", 1)
    assert nodes["h1-climate"].wrong > 5
    assert (nodes["meter"].link, nodes["meter"].sign) == ("0", "link-offline")
    assert nodes["weather"].link == ""
    assert "1 of 3 devices answer" in page
    assert viewer.get("/setup/tree").status_code == 200


def test_who_may_not_change_reads_the_same_without_a_button(viewer):
    page = viewer.get("/setup/devices/meter").content.decode()
    assert "An engineer changes this." in page
    assert "fieldset" in page
    assert "disabled" in page
    assert "Look at the change" not in page
    assert "127.0.0.1" not in page


def test_a_profile_shows_its_registers_with_their_sources(viewer):
    page = viewer.get("/setup/profiles/pulse-water-meter").content.decode()
    assert "total_volume" in page
    assert "Water meter" in page
    assert "every register says where it is documented" in page
    assert viewer.get("/setup/profiles/none").status_code == 404
    assert "climate-controller" in viewer.get("/setup/profiles").content.decode()


def test_the_page_of_profiles_leads_to_all_pages_of_the_configuration(engineer):
    page = engineer.get("/setup/profiles").content.decode()
    for address in ("/setup/versions", "/setup/people", "/setup/file"):
        assert f'href="{address}"' in page


def test_an_alarm_tells_every_change_with_old_new_reason_and_who(version, as_role):
    supervisor = as_role(Role.SUPERVISOR)
    path = "/setup/alarms/air-temperature-low-low"
    first = {"enabled": "on", "limit": "10", "compartments": ["h1"], "reason": "seedlings", "seen": "1"}
    applied(supervisor, supervisor.post(path, first), "seedlings")
    second = {**first, "limit": "9", "reason": "grown", "entry": "0", "seen": "2"}
    applied(supervisor, supervisor.post(path, second), "grown")
    past = supervisor.get(path).context["past"]
    limit = next(change for change in past if change.row.difference.field == "limit")
    assert (limit.row.difference.old, limit.row.difference.new) == ("10", "9")
    assert (limit.reason, limit.who) == ("grown", "supervisor")
    removed = supervisor.post(path, {"action": "remove", "entry": "0", "seen": "3"})
    applied(supervisor, removed, "as shipped")
    assert versions.newest().alarms_text.strip() == ""


def test_a_limit_from_a_setpoint_on_is_a_difference_and_has_the_minus_of_every_other_number(version, as_role):
    viewer = as_role(Role.VIEWER)
    for page in ("/setup/alarms", "/setup/alarms/air-temperature-low"):
        assert "−3 K" in viewer.get(page).content.decode()
    assert "7 °C" in viewer.get("/setup/alarms").content.decode()


def test_lists_of_versions_are_read_without_the_texts_of_the_base(version, as_role):
    """Hundreds of versions of a large base are a hundred megabytes, and anybody who looks may ask for this page."""
    supervisor = as_role(Role.SUPERVISOR)
    for path in ("/setup/alarms/air-temperature-low-low", "/setup/versions"):
        with CaptureQueriesContext(connection) as queries:
            assert supervisor.get(path).status_code == 200
        asked = [query["sql"] for query in queries if "configuration_version" in query["sql"]]
        assert len(asked) > 1
        assert {"LIMIT" in sql for sql in asked} == {True}
        assert {sql.endswith(" LIMIT 1") for sql in asked if '"base_text"' in sql} == {True}


def test_a_limit_that_could_never_be_reached_is_told_before(version, as_role):
    supervisor = as_role(Role.SUPERVISOR)
    form = {"enabled": "on", "limit": "900", "reason": "x", "seen": "1"}
    review = supervisor.post("/setup/alarms/air-temperature-high-high", form)
    assert "could never be raised" in review.content.decode()
    applied(supervisor, review)
    supervisor.cookies["console_language"] = "zh-hans"
    assert "报警 air-temperature-high-high：限值 900 超出" in supervisor.get("/setup/alarms").content.decode()


def test_where_a_line_leads_is_shown_only_to_who_changes_it(viewer, as_role):
    assert "127.0.0.1" not in viewer.get("/setup/line/climate").content.decode()
    assert "127.0.0.1" in as_role(Role.ENGINEER).get("/setup/line/climate").content.decode()


def test_the_file_on_disk_is_compared_and_a_difference_is_shown(version, as_role, tmp_path, settings):
    viewer = as_role(Role.SUPERVISOR)
    settings.BASE_FILE = tmp_path / "base.toml"
    assert "cannot be read from here" in viewer.get("/setup/versions").content.decode()
    settings.BASE_FILE.write_text(SMALL, encoding="utf-8")
    assert "says the same" in viewer.get("/setup/versions").content.decode()
    settings.BASE_FILE.write_text(SMALL.replace("小基地", "磁盘"), encoding="utf-8")
    page = viewer.get("/setup/versions").content.decode()
    assert "Both were changed" in page
    assert "+name_zh = &quot;磁盘&quot;" in page


def test_forty_houses_are_shown_each_to_be_opened(as_role):
    houses = "".join(
        HOUSE.replace('"h1"', f'"h{n}"')
        + COMPARTMENT.replace('"h1"', f'"h{n}"')
        + CONTROLLER.replace('"h1-climate"', f'"h{n}-climate"')
        .replace("unit_id = 1", f"unit_id = {n}")
        .replace('"h1"', f'"h{n}"')
        for n in range(1, 41)
    )
    force(BASE + LINE + houses)
    engineer = as_role(Role.ENGINEER)
    answer = engineer.get("/setup")
    assert len(answer.context["tree"].houses) == 40
    assert answer.content.decode().count("<details") >= 40
    assert " open>" not in answer.content.decode()
    form = {"name_zh": "甲", "name_en": "A", "area_m2": "10", "seen": "1"}
    applied(engineer, engineer.post("/setup/compartment/h40", form))
    assert structure.base().houses[39].compartments[0].name_zh == "甲"


def test_an_empty_base_is_set_up_from_the_page(as_role):
    assert "Set up the first base" not in as_role(Role.TECHNICIAN).get("/").content.decode()
    engineer = as_role(Role.ENGINEER)
    assert "/setup/first" in engineer.get("/").content.decode()
    assert "one-house" in engineer.get("/setup/first").content.decode()
    assert engineer.post("/setup/first", {"example": "../etc/passwd", "reason": "x"}).status_code == 404
    assert engineer.post("/setup/first", {"example": "one-house", "reason": ""}).status_code == 422
    assert engineer.post("/setup/first", {"example": "one-house", "reason": "new"})["Location"] == "/setup"
    assert structure.base().key == "one-house"
    assert engineer.get("/").status_code == 200
    assert engineer.get("/setup/first")["Location"] == "/setup"


def test_a_base_of_an_earlier_program_says_how_it_can_be_changed(shelf, as_role):
    engineer = as_role(Role.ENGINEER)
    assert engineer.get("/setup").status_code == 200
    answer = engineer.get("/setup/file")
    assert answer.status_code == 503
    assert "load_base" in answer.content.decode()


def test_people_are_made_and_looked_after(version, as_role):
    engineer = as_role(Role.ENGINEER)
    answer = engineer.post("/setup/people", {"username": "li", "full_name": "<b>Li</b>", "role": "technician"})
    assert "no-store" in answer["Cache-Control"]
    password = answer.context["password"]
    assert password in answer.content.decode()
    page = engineer.get("/setup/people").content.decode()
    assert password not in page
    assert "&lt;b&gt;Li&lt;/b&gt;" in page
    number = answer.context["person"].pk
    again = engineer.post("/setup/people", {"username": "li", "role": "technician"})
    assert again.status_code == 422
    for form in ({"action": "role", "role": "viewer"}, {"action": "close"}, {"action": "open"}, {"action": "end_wait"}):
        assert engineer.post(f"/setup/people/{number}", form).status_code == 302
    for form in ({"action": "role", "role": "king"}, {"action": "none"}, {}):
        assert engineer.post(f"/setup/people/{number}", form).status_code == 400
    assert engineer.get("/setup/people/99999").status_code == 404


def test_the_own_login_and_the_last_engineer_are_refused_in_words(version, as_role, person):
    engineer = as_role(Role.ENGINEER)
    own = engineer.get("/setup/people").context["rows"][0].user
    answer = engineer.post(f"/setup/people/{own.pk}", {"action": "role", "role": "viewer"})
    assert answer.status_code == 409
    assert "your own login" in answer.content.decode()


def test_shipped_bases_have_no_faults():
    from greenhouse.configuration.source import check, read_disk

    for path in (settings.BASE_DIR / "bases").glob("*.toml"):
        check(read_disk(path))
