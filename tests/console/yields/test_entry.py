"""Entering and correcting harvests on a page, and the pages of the crops."""

from __future__ import annotations

from uuid import uuid4

import pytest

from greenhouse.access.roles import Role
from greenhouse.crops.models import AddedCultivar, CropCycle
from greenhouse.harvest import entries
from greenhouse.harvest.grades import Grade
from greenhouse.harvest.models import Harvest
from tests.console.yields.conftest import pick

pytestmark = pytest.mark.django_db(databases=["default", "telemetry"])


def form(planted: CropCycle, **changes: str) -> dict[str, str]:
    return {
        "submission": str(uuid4()),
        "cycle": str(planted.pk),
        "day": "2026-09-20",
        "grade": "first",
        "kg": "12.5",
        **changes,
    }


def test_a_harvest_is_stored_and_shown(page, tomatoes):
    answer = page.post("/harvest", form(tomatoes, note="east"), follow=True)
    text = answer.content.decode()
    assert "Stored: 12.5 kg, first, Solar greenhouse 1 · Provence, 2026-09-20" in text
    assert Harvest.objects.get().mass_g == 12_500
    assert "east" in text


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"kg": ""}, "must be a number of kilograms"),
        ({"kg": "nan"}, "must be a number of kilograms"),
        ({"kg": "-3"}, "must be above 0 kg"),
        ({"kg": "0"}, "must be above 0 kg"),
        ({"kg": "0.0001"}, "to the gram"),
        ({"kg": "100001"}, "More than 100 000 kg"),
        ({"day": "2026-09-21"}, "has not come yet: today is 2026-09-20"),
        ({"day": "2026-08-19"}, "planted on 2026-08-20"),
        ({"day": "yesterday"}, "Choose the day"),
        ({"grade": "fine"}, "Choose a grade"),
        ({"cycle": "x"}, "Choose what was harvested"),
        ({"cycle": str(uuid4())}, "Choose what was harvested"),
        ({"stems": "3"}, "Stems are counted of cut flowers only"),
        ({"stems": "x"}, "Stems are counted of cut flowers only"),
        ({"note": "x" * 201}, "at most 200 characters"),
    ],
)
def test_what_is_refused_is_said_and_stays_in_the_form(page, tomatoes, change, sentence):
    sent = form(tomatoes, **change)
    answer = page.post("/harvest", sent)
    text = answer.content.decode()
    assert answer.status_code == 422
    assert sentence in text
    assert f'value="{sent["submission"]}"' in text
    assert not Harvest.objects.exists()
    script = page.post("/harvest", sent, headers={"Accept": "application/json"})
    assert (script.status_code, script.json()["state"]) == (422, "refused")
    assert sentence in script.json()["message"]


def test_a_doubt_is_asked_back_and_a_second_press_with_a_reason_stores(page, tomatoes, li):
    for _each in range(3):
        pick(tomatoes, 20, Grade.FIRST, 12_000, li)
    sent = form(tomatoes, kg="125")
    asked = page.post("/harvest", sent)
    assert asked.status_code == 409
    assert "125 kg is ten times the usual or more (12 kg)" in asked.content.decode()
    assert Harvest.objects.count() == 3
    script = page.post("/harvest", sent, headers={"Accept": "application/json"})
    assert (script.status_code, script.json()["state"]) == (409, "doubtful")
    assert page.post("/harvest", {**sent, "reason": "first full pick"}).status_code == 302
    assert Harvest.objects.get(mass_g=125_000).was_doubted


def test_a_form_that_comes_twice_is_answered_alike(page, tomatoes):
    sent = form(tomatoes)
    answers = [page.post("/harvest", sent, headers={"Accept": "application/json"}).json() for _each in range(2)]
    assert answers[0] == answers[1]
    assert answers[0]["state"] == "stored"
    assert Harvest.objects.count() == 1
    other = page.post("/harvest", {**sent, "kg": "13"}, headers={"Accept": "application/json"})
    assert (other.status_code, Harvest.objects.get().mass_g) == (409, 12_500)


def test_who_may_not_enter_sees_the_entries_and_no_form(client, person, tomatoes, li):
    pick(tomatoes, 20, Grade.FIRST, 12_000, li)
    client.force_login(person(Role.VIEWER))
    text = client.get("/harvest").content.decode()
    assert "12 kg" in text
    assert "data-harvest-form" not in text
    refused = client.post("/harvest", form(tomatoes), headers={"Accept": "application/json"})
    assert refused.status_code == 403
    assert refused.json()["state"] == "refused"


def test_without_a_crop_the_page_leads_to_planting_one(page):
    assert "start a crop cycle first" in page.get("/harvest").content.decode()


def test_an_entry_is_corrected_again_and_withdrawn(page, tomatoes, li):
    row = pick(tomatoes, 20, Grade.FIRST, 41_500, li)
    for kg in ("14.5", "15.4"):
        answer = page.post(f"/harvest/{row.pk}", form(tomatoes, kg=kg, day="2026-09-09", reason="misread"))
        assert answer.status_code == 302
        (row,) = entries.standing()
    text = page.get(f"/harvest/{row.pk}").content.decode()
    assert "41.5 kg" in text
    assert "14.5 kg" in text
    assert text.count(">replaced<") == 2
    assert page.post(f"/harvest/{row.pk}", form(tomatoes, action="withdraw", reason="")).status_code == 422
    assert page.post(f"/harvest/{row.pk}", form(tomatoes, action="withdraw", reason="twice")).status_code == 302
    assert not entries.standing().exists()


def test_a_correction_from_an_old_page_is_refused(page, tomatoes, li):
    row = pick(tomatoes, 20, Grade.FIRST, 41_500, li)
    sent = form(tomatoes, kg="14.5", day="2026-09-09", reason="misread")
    page.post(f"/harvest/{row.pk}", sent)
    again = page.post(f"/harvest/{row.pk}", {**sent, "submission": str(uuid4()), "kg": "15"})
    assert again.status_code == 409
    assert "corrected meanwhile" in again.content.decode()
    text = page.get(f"/harvest/{row.pk}").content.decode()
    assert "counts no more" in text
    assert page.get(f"/harvest/{uuid4()}").status_code == 404


PLAN = {"compartment": "h1", "cultivar": "provence", "area": "200", "planted_on": "2026-08-20"}


def test_a_cycle_is_started_shown_and_ended(page):
    answer = page.post("/crops/cycles", {**PLAN, "target": "0.4", "target_per": "week"}, follow=True)
    text = answer.content.decode()
    assert "target 0.4 kg/m² a week" in text
    cycle = CropCycle.objects.get()
    early = page.post(f"/crops/cycles/{cycle.pk}", {"seen": "1", "ended_on": "2026-08-19"})
    assert early.status_code == 422
    assert "planted on 2026-08-20 and cannot end before that" in early.content.decode()
    assert page.post(f"/crops/cycles/{cycle.pk}", {"seen": "9", "ended_on": "2026-09-01"}).status_code == 409
    assert page.post(f"/crops/cycles/{cycle.pk}", {"seen": "1", "ended_on": "2026-09-01"}).status_code == 302
    assert "cleared 2026-09-01" in page.get("/crops").content.decode()
    assert page.get(f"/crops/cycles/{uuid4()}").status_code == 404


def test_a_cycle_does_not_end_before_its_harvest(page, tomatoes, li):
    pick(tomatoes, 20, Grade.FIRST, 12_000, li)
    answer = page.post(f"/crops/cycles/{tomatoes.pk}", {"seen": "1", "ended_on": "2026-09-08"})
    assert answer.status_code == 422
    assert "harvested on 2026-09-09" in answer.content.decode()


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"area": "x"}, "at most the 480 m²"),
        ({"area": "481"}, "at most the 480 m²"),
        ({"area": "nan"}, "at most the 480 m²"),
        ({"compartment": "h7"}, "Choose a compartment"),
        ({"cultivar": "h7"}, "Choose a crop and its cultivar"),
        ({"planted_on": "2026-09-21"}, "has not come yet"),
        ({"planted_on": "1999-01-01"}, "are not taken"),
        ({"planted_on": ""}, "Choose the day"),
        ({"ended_on": "2026-08-01"}, "cannot end before that"),
        ({"target": "much", "target_per": "week"}, "A target is a number"),
        ({"target": "1", "target_per": "moon"}, "A target is a number"),
    ],
)
def test_a_plan_that_cannot_be_is_refused_with_why(page, change, sentence):
    answer = page.post("/crops/cycles", {**PLAN, **change})
    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert not CropCycle.objects.exists()


def test_a_full_house_says_what_is_free(page, tomatoes, others):
    answer = page.post("/crops/cycles", {**PLAN, "planted_on": "2026-08-30"})
    assert "On 2026-08-30 only 180 m² of the compartment are free" in answer.content.decode()


def test_a_cultivar_is_added_and_can_be_planted(page):
    sent = {"crop": "tomato", "name_zh": "粉冠", "name_en": "Pink Crown", "source": "某种业"}
    assert page.post("/crops/cultivars", sent).status_code == 302
    assert "Pink Crown" in page.get("/crops").content.decode()
    assert page.post("/crops/cycles", {**PLAN, "cultivar": AddedCultivar.objects.get().key}).status_code == 302
    again = page.post("/crops/cultivars", sent)
    assert again.status_code == 422
    assert "a cultivar of that name already" in again.content.decode()
