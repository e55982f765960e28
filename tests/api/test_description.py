"""The description of the interface: valid, complete, in both languages, and a page that needs nobody else."""

from __future__ import annotations

import re

import pytest
from django.utils import translation

from greenhouse.api.description import describe, operations
from greenhouse.api.problems import KINDS, ProblemKind
from greenhouse.api.v1 import api

HAN = re.compile(r"[\u4e00-\u9fff]")


def texts(found: object, name: str = "") -> list[str]:
    """Every text for a reader."""
    if isinstance(found, dict):
        return [text for key, part in found.items() for text in texts(part, key)]
    if isinstance(found, list):
        return [text for part in found for text in texts(part)]
    return [found] if isinstance(found, str) and name in {"summary", "description", "title"} else []


def test_everything_that_is_read_is_there_in_chinese():
    with translation.override("zh-hans"):
        found = texts(describe(api))
    assert len(found) > 100
    assert [text for text in found if not HAN.search(text)] == []


def test_everything_that_is_read_is_there_in_english():
    with translation.override("en"):
        found = texts(describe(api))
    assert [text for text in found if HAN.search(text)] == []


def test_it_is_openapi_3_1_and_every_reference_leads_somewhere():
    found = describe(api)
    assert found["openapi"].startswith("3.1")
    references = set(re.findall(r"'\$ref': '#/components/(\w+)/(\w+)'", str(found)))
    assert {(kind, name) for kind, parts in found["components"].items() for name in parts} >= references
    assert len(references) > 20


def test_every_operation_says_who_may_call_it_and_what_can_go_wrong():
    for method, path, operation in operations(describe(api)):
        assert operation["security"] == [{"token": []}, {"session": []}], path
        assert set(operation["responses"]) >= {str(status) for status, _title in KINDS.values()}, path
        assert all((operation["summary"], operation["description"])), (method, path)


def test_every_kind_of_problem_has_a_status_and_a_title():
    assert set(KINDS) == set(ProblemKind)
    assert all(400 <= status < 500 for kind, (status, _title) in KINDS.items() if kind != "store-unavailable")


@pytest.mark.django_db
@pytest.mark.parametrize(("language", "sentence"), [("zh-hans", "五分钟上手"), ("en", "Begin in five minutes")])
def test_the_page_shows_every_operation_and_problem_and_asks_no_other_server(client, language, sentence):
    answer = client.get(f"/api/v1/docs?lang={language}")
    html = answer.content.decode()
    assert sentence in html
    for method, path, operation in operations(describe(api)):
        assert f'id="{operation["operationId"]}"' in html
        assert path in html
        assert method in html
    for kind in ProblemKind:
        assert f'id="problem-{kind}"' in html
    outside = list(re.findall(r'(?:src|href)="(https?:[^"]+)"', html))
    assert outside == []
    assert "default-src 'self'" in answer["Content-Security-Policy"]


@pytest.mark.django_db
def test_the_page_speaks_as_the_other_pages_do_and_programs_are_answered_in_their_language(client):
    english = {"Accept-Language": "en"}
    page = client.get("/api/v1/docs", headers=english)
    assert ("五分钟上手" in page.content.decode(), page["Content-Language"]) == (True, "zh-hans")
    assert client.get("/api/v1/base", headers=english)["Content-Language"] == "en"
    client.cookies["console_language"] = "en"
    assert "Begin in five minutes" in client.get("/api/v1/docs").content.decode()


@pytest.mark.django_db
def test_the_root_leads_to_the_page(client):
    assert client.get("/api/v1/")["Location"] == "/api/v1/docs"


@pytest.mark.django_db
def test_the_description_is_served_to_everybody_and_can_be_kept_short_of_a_store(client):
    answer = client.get("/api/v1/openapi.json", headers={"Accept-Language": "en"})
    assert answer.json()["info"]["title"] == "Greenhouse base"
    assert answer["Content-Language"] == "en"
