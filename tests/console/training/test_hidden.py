"""Hidden stays hidden: pages, files, topics and interfaces, asked in the name of every role."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth.models import Group, User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from greenhouse.access.roles import ACTIONS_OF, Action, Role
from greenhouse.access.tokens import Scope
from greenhouse.alarms.duty import bindings_of_the_base
from greenhouse.api.metrics import exposition
from greenhouse.configuration import versions
from greenhouse.configuration.source import Source
from greenhouse.configuration.versions import Author
from greenhouse.console.live import consumers
from greenhouse.console.live.session_watch import SessionWatch
from greenhouse.console.values.payloads import Waiting
from greenhouse.console.values.states import count_points, point_states
from greenhouse.site.current import current_base
from greenhouse.telemetry import series
from greenhouse.telemetry.codes import to_ms
from tests.api.conftest import token_of
from tests.bases import TRAINING
from tests.console.conftest import AIR
from tests.console.live.page_socket import page_socket
from tests.console.training.conftest import READ_C, TRUE_C, TRUTH

pytestmark = pytest.mark.django_db(databases=["default", "telemetry"])
OTHERS = [role for role in Role if role is not Role.ENGINEER]
CHART = f"?points={TRUTH},h1-climate.air_temperature&hours=1"
PAGES = (
    "overview",
    "last_hour",
    "trends",
    "trend_points",
    "equipment",
    "attention",
    "points",
    "wrong_points",
    "alarms",
    "changes",
    "change_log",
    "change_log_file",
    "duties",
    "decisions",
    "schedules",
    "setup_structure",
    "setup_tree",
    "setup_profiles",
    "setup_alarms",
)
SIGNS = ("truth-h1", "真实气温", f"{TRUE_C}")
"""What would betray a truth: its key, its name, its value."""


def betrayed(text: str) -> list[str]:
    return [sign for sign in SIGNS if sign in text]


@pytest.fixture
def signed_in(person):
    def client(role: Role) -> Client:
        client = Client()
        client.force_login(person(role))
        return client

    return client


@pytest.mark.parametrize("role", Role)
def test_no_ordinary_page_has_a_truth_for_anybody(training_shelf, signed_in, role):
    versions.apply(Source(TRAINING), Author(None, "first"), seen=0, now=timezone.now())
    client = signed_in(role)
    for page in PAGES:
        answer = client.get(reverse(f"console:{page}"))
        assert answer.status_code == 200, page
        assert betrayed(answer.content.decode()) == [], page
    for part in ("", "/values", "/actuators", "/setpoints", "/changes", "/alarms"):
        answer = client.get(f"/houses/h1{part}")
        assert betrayed(answer.content.decode()) == [], part
    assert f"{READ_C}" in client.get("/houses/h1").content.decode()


@pytest.mark.parametrize("role", Role)
def test_charts_and_files_know_no_truth(training_shelf, signed_in, role):
    client = signed_in(role)
    data = client.get(f"{reverse('console:trend_data')}{CHART}").json()
    assert [curve["key"] for curve in data["series"]] == ["h1-climate.air_temperature"]
    assert data["unknown"] == [TRUTH]
    file = client.get(f"{reverse('console:trend_file')}{CHART}").content.decode()
    assert f"{TRUE_C}" not in file
    assert client.get(f"/points/{TRUTH}/set").status_code == 404


@pytest.mark.parametrize("role", OTHERS)
def test_the_page_of_truths_and_its_data_are_closed(training_shelf, signed_in, role):
    client = signed_in(role)
    for address in ("/training", f"/training/data{CHART}"):
        answer = client.get(address)
        assert answer.status_code == 403
        assert not {"真实气温", f"{TRUE_C}"} & set(betrayed(answer.content.decode()))  # the address is repeated there
    assert "/training" not in client.get("/").content.decode()


@pytest.mark.parametrize("role", OTHERS)
def test_the_device_page_of_a_truth_unit_is_closed(training_shelf, signed_in, role):
    versions.apply(Source(TRAINING), Author(None, "first"), seen=0, now=timezone.now())
    client = signed_in(role)
    for address in ("/setup/devices/truth-h1", f"/setup/points/{TRUTH}"):
        assert client.get(address).status_code == 404
    assert client.get("/setup/devices/h1-climate").status_code == 200


@pytest.mark.parametrize("role", Role)
def test_the_interface_has_no_truth_for_anybody(training_shelf, person, role):
    secret = token_of(person(role), Scope.READ)
    start, end = timezone.now() - timedelta(hours=1), timezone.now() + timedelta(minutes=1)
    span = {"start": start.isoformat(), "end": end.isoformat()}

    def get(address: str, **query: str):
        return Client().get(f"/api/v1{address}", query, headers={"Authorization": f"Bearer {secret}"})

    for address in ("/base", "/points", "/latest", "/alarms", "/commands"):
        answer = get(address)
        assert answer.status_code == 200, address
        assert betrayed(json.dumps(answer.json(), ensure_ascii=False)) == [], address
    for format_ in ("json", "csv", "parquet"):
        assert get("/series", points=TRUTH, format=format_, **span).status_code == 404
    assert get("/latest", points=TRUTH).status_code == 404
    assert get(f"/points/{TRUTH}").status_code == 404


def test_no_metric_is_of_a_truth(training_shelf):
    assert betrayed(exposition(timezone.now(), sockets=lambda: 0).decode()) == []


def test_truths_are_no_input_of_alarms_comparisons_and_counts(training_shelf):
    base, now = current_base(), timezone.now()
    bound = [
        key
        for binding in bindings_of_the_base()
        for key in (
            binding.object_key,
            binding.reference,
            binding.device,
            binding.line,
            *binding.gate,
            *binding.members,
        )
        if key is not None
    ]
    assert bound
    assert not [key for key in bound if "truth" in key]
    parts = [part for house in base.houses for part in house.compartments]
    assert not [key for part in parts for key in part.points if key.startswith("truth")]
    states = point_states(series.latest())
    counts = count_points(base.points.values(), states, waiting=Waiting(), alarms="", now=now)
    assert counts["points"] == sum(point.access.can_read for point in base.points.values())


def test_a_young_truth_makes_no_old_base_young(training_shelf):
    """What stands at the top of a page that lost its link is the age of the newest reading."""
    read_at = training_shelf.put({AIR: READ_C})
    training_shelf.put({TRUTH: TRUE_C}, age_s=-1.0)
    base, states = current_base(), point_states(series.latest())
    counts = count_points(base.points.values(), states, waiting=Waiting(), alarms="", now=timezone.now())
    assert counts["newest"] == to_ms(read_at)


@pytest.mark.django_db(transaction=True, databases=["default", "telemetry"])
@pytest.mark.parametrize("topic", ["base", "points", "houses/h1", "training/h1"])
async def test_only_the_topic_of_truths_carries_them_and_only_for_who_may(training_shelf, person, topic):
    for role in Role:
        async with page_socket(await sync_to_async(person)(role), topic) as page:
            assert await page.handshake()
            if topic.startswith("training") and role is not Role.ENGINEER:
                assert await page.close_code() == consumers.NOT_ALLOWED
                continue
            points = (await page.frame("snapshot"))["points"]
            assert any(key.startswith("truth") for key in points) is topic.startswith("training")


@pytest.mark.django_db(transaction=True, databases=["default", "telemetry"])
async def test_who_loses_the_right_loses_the_topic_though_they_may_still_look(training_shelf, person, monkeypatch):
    watch = SessionWatch(utc_now=timezone.now, look_every_s=0.02)
    monkeypatch.setattr(consumers, "WATCH", watch)
    engineer = await sync_to_async(person)(Role.ENGINEER)
    async with page_socket(engineer, "training/h1") as truths, page_socket(engineer, "base") as base:
        assert await truths.handshake()
        assert await base.handshake()
        assert (await truths.frame("snapshot"))["points"][TRUTH]["value"] == TRUE_C
        await sync_to_async(_become)(engineer, Role.TECHNICIAN)
        assert await truths.close_code() == consumers.NOT_ALLOWED
        assert (await base.frame("beat", "changes"))["type"]


def _become(user: User, role: Role) -> None:
    user.groups.set([Group.objects.get(name=role.value)])


def test_only_engineers_have_the_right():
    assert {role for role, actions in ACTIONS_OF.items() if Action.SEE_TRUTHS in actions} == {Role.ENGINEER}
