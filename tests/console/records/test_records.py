"""Django's admin: for engineers, to read, and no way around the pages."""

from __future__ import annotations

import json
import re

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, User
from django.contrib.sessions.models import Session
from django.urls import reverse
from django.utils import timezone, translation

from greenhouse.access.models import SignInFailures
from greenhouse.access.roles import Role
from greenhouse.clock import moment_now
from greenhouse.commands.models import CommandEvent, CommandRequest
from greenhouse.commands.submit import submit_setpoint
from greenhouse.configuration import versions
from greenhouse.configuration.source import Source
from greenhouse.configuration.versions import Author
from greenhouse.console.records.records import records
from greenhouse.console.records.words import column_name
from greenhouse.ledger.models import Entry
from greenhouse.site.models import Device, LearnedHole, Line
from tests.bases import SMALL
from tests.console.conftest import ONLINE, SETPOINT

pytestmark = pytest.mark.django_db(databases=["default", "telemetry"])
MODELS = sorted(records._registry, key=lambda model: model._meta.label)
OTHERS = [role for role in Role if role is not Role.ENGINEER]


def address(model, page="changelist", *args) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)


@pytest.fixture
def full(shelf, person) -> None:
    """Something in many tables."""
    versions.apply(Source(SMALL), Author(None, "first"), seen=0, now=timezone.now())
    shelf.put({**ONLINE, SETPOINT: 16.0})
    submit_setpoint(SETPOINT, 17.0, by=person(Role.TECHNICIAN), seen_value=16.0, seen_at=None, now=moment_now())


@pytest.fixture
def engineer(client, person):
    client.force_login(person(Role.ENGINEER))
    return client


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
def test_every_table_opens_for_an_engineer_with_its_rows(full, engineer, model):
    answer = engineer.get(address(model))
    assert answer.status_code == 200
    row = model.objects.first()
    if row is not None:
        assert engineer.get(address(model, "change", row.pk)).status_code == 200
        assert engineer.post(address(model, "change", row.pk), {}).status_code == 403
    assert engineer.get(address(model, "add")).status_code == 403


@pytest.mark.parametrize("role", OTHERS)
def test_nobody_else_comes_in(shelf, client, person, role):
    client.force_login(person(role))
    for path in [reverse("admin:index"), *(address(model) for model in MODELS)]:
        assert client.get(path).status_code == 403


def test_strangers_are_sent_to_the_one_sign_in(client):
    assert client.get("/admin/", follow=True).redirect_chain[-1][0] == "/login?next=%2Fadmin%2F"
    assert client.post("/admin/login/", {"username": "a", "password": "b"})["Location"].startswith("/login")


def test_django_s_right_of_staff_opens_nothing(shelf, client):
    user = User.objects.create_user("staff", is_staff=True)
    user.groups.add(Group.objects.get(name=Role.VIEWER))
    client.force_login(user)
    assert client.get("/admin/").status_code == 403


def test_no_login_no_session_and_no_failed_sign_in_is_here():
    assert not {User, Group, Session, SignInFailures} & set(MODELS)


def test_the_list_of_tables_is_chinese(full, engineer):
    html = engineer.get("/admin/").content.decode()
    assert "台账" in html
    assert "请求" in html
    html = engineer.get(address(Line)).content.decode()
    assert "<h1>线路</h1>" in html


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
def test_every_column_has_a_chinese_name(model):
    table = model._meta
    with translation.override("zh-hans"):
        names = {field.name: column_name(table, field.name) for field in table.fields}
        heads = [str(column.short_description) for column in records._registry[model].list_display]
    assert [name for name, words in names.items() if not re.search("[一-鿿]", words)] == []
    assert set(heads) <= set(names.values())
    assert len(set(heads)) == len(heads)


def test_a_row_is_shown_under_chinese_names_with_links_to_what_it_names(full, engineer):
    request = CommandRequest.objects.get()
    for page in (address(CommandRequest), address(CommandRequest, "change", request.pk)):
        html = engineer.get(page).content.decode()
        assert "提出时间" in html
        assert "requested_by" not in re.sub(r'(?:class|href)="[^"]*"', "", html)
        assert "<h1>请求</h1>" in html
    event = CommandEvent.objects.get()
    html = engineer.get(address(CommandEvent, "change", event.pk)).content.decode()
    assert address(CommandRequest, "change", request.pk) in html


def test_signing_out_of_the_records_is_the_one_sign_out(shelf, engineer):
    engineer.post("/admin/logout/")
    assert json.loads(Entry.objects.order_by("number").last().payload)["event"] == "signed_out"
    assert engineer.get("/admin/").status_code == 302


def test_forgetting_an_address_is_recorded_twice(full, engineer):
    device = Device.objects.get(key="meter")
    hole = LearnedHole.objects.create(device=device, table="input", first=3, end=5, learned_at=timezone.now())
    assert engineer.post(address(LearnedHole, "delete", hole.pk), {"post": "yes"}).status_code == 302
    assert not LearnedHole.objects.exists()
    assert LogEntry.objects.get().object_repr == str(hole)
    entry = json.loads(Entry.objects.order_by("number").last().payload)
    assert (entry["event"], entry["device"], entry["first"]) == ("hole_forgotten", "meter", 3)
