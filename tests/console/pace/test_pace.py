"""The banner of a training base and the control of its time; a live base has neither."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client

from greenhouse.access.roles import Role, ensure_roles
from greenhouse.base_clock import LEAD_S
from greenhouse.clock import boot_s
from greenhouse.training import stored
from tests.bases import load
from tests.paced import START, paced

pytestmark = pytest.mark.django_db(databases=["default", "telemetry"])


@pytest.fixture
def engineer(client: Client) -> Client:
    load()
    ensure_roles()
    user = User.objects.create_user("wang")
    user.groups.add(Group.objects.get(name=Role.ENGINEER.value))
    client.force_login(user)
    return client


@pytest.mark.parametrize("page", ["/login", "/", "/setup", "/training/pace"])
def test_every_page_of_a_training_base_says_how_fast_time_goes(engineer: Client, page: str) -> None:
    stored.begin(machine_now=START, newest_stored=None)
    with paced(60.0):
        shown = engineer.get(page, follow=True).content.decode()
    assert "训练基地" in shown
    assert "时间加快 60 倍" in shown
    assert 'data-pace="60.0"' in shown


def test_a_live_base_says_nothing_of_it_and_refuses(engineer: Client) -> None:
    shown = engineer.get("/").content.decode()
    assert "training-banner" not in shown
    assert "data-pace" not in shown
    refused = engineer.post("/training/pace", {"pace": "60"})
    assert refused.status_code == 409
    assert "谁也不能加快" in refused.content.decode()


def test_an_engineer_sets_the_pace_once_and_is_told_when_to_try_again(engineer: Client) -> None:
    stored.begin(machine_now=START, newest_stored=None)
    assert engineer.post("/training/pace", {"pace": "60"}).status_code == 302
    assert stored.running().pace_at(boot_s() + LEAD_S) == 60.0
    again = engineer.post("/training/pace", {"pace": "600"})
    assert (again.status_code, "两秒后再试" in again.content.decode()) == (409, True)
    for wrong in ("", "fast", "0", "721", "nan"):
        assert engineer.post("/training/pace", {"pace": wrong}).status_code == 422
    assert stored.running().pace == 60.0
