"""Whether the process lives, which part of the base does not serve, and what Prometheus reads."""

from __future__ import annotations

import pytest
from django.db import OperationalError, connection
from prometheus_client.parser import text_string_to_metric_families

from greenhouse.access.roles import Role
from greenhouse.access.tokens import Scope
from greenhouse.api import health_views
from greenhouse.clock import moment_now
from greenhouse.commands import dispatch
from greenhouse.commands.lifecycle import State
from greenhouse.site.virtual_points import control_key
from tests.access.calls import an_alarm, of_a_colleague
from tests.api.conftest import problem, token_of
from tests.commands.test_dispatch import Orders
from tests.console.conftest import AIR, ONLINE, SETPOINT

pytestmark = pytest.mark.django_db(databases=["default", "telemetry"])

LEASE = control_key("lease_age")
SERVING = {**ONLINE, LEASE: 1.0}


def refuse(*_arguments: object) -> None:
    raise OperationalError("unable to open database file")


def readiness(client) -> tuple[int, dict[str, bool]]:
    health_views.asked_readiness.forget()
    answer = client.get("/readyz")
    return answer.status_code, {part: found["ok"] for part, found in answer.json()["parts"].items()}


def test_a_process_lives_although_its_store_is_gone(client):
    with connection.execute_wrapper(refuse):
        assert client.get("/healthz").json() == {"status": "alive"}


def test_a_base_that_serves_is_ready(client, shelf):
    shelf.put(SERVING)
    assert readiness(client) == (200, {"store": True, "lease": True, "bus": True})


def test_a_base_that_has_just_been_made_is_not_ready(client):
    assert readiness(client) == (503, {"store": True, "lease": False, "bus": True})


def test_a_store_that_does_not_answer_is_named(client, shelf):
    shelf.put(SERVING)
    with connection.execute_wrapper(refuse):
        assert readiness(client) == (503, {"store": False, "lease": False, "bus": False})


@pytest.mark.parametrize("age_s", [11.0, 3600.0, -3600.0])
def test_a_control_process_that_is_silent_is_named(client, shelf, age_s):
    shelf.put(ONLINE)
    shelf.put({LEASE: 1.0}, age_s=age_s)
    assert readiness(client) == (503, {"store": True, "lease": False, "bus": True})


def test_one_silent_device_is_no_end_of_service_but_all_of_them_are(client, shelf):
    shelf.put({**SERVING, "meter.link": 0.0})
    assert readiness(client)[0] == 200
    shelf.put({"h1-climate.link": 0.0})
    assert readiness(client) == (503, {"store": True, "lease": True, "bus": False})
    shelf.put({"meter.link": 1.0})
    assert readiness(client)[0] == 200


def test_what_is_not_ready_is_said_in_the_readers_language_and_tells_no_value(client, shelf):
    answer = client.get("/readyz", headers={"Accept-Language": "en"})
    assert answer.json()["parts"]["lease"] == {"ok": False, "fault": "no control process reports"}
    assert client.get("/readyz", headers={"Accept-Language": "zh"}).json()["parts"]["lease"]["fault"] == (
        "没有控制进程报告状态"
    )
    assert "h1" not in answer.content.decode()


def test_asking_without_end_asks_the_store_once(client, shelf, django_assert_num_queries):
    client.get("/readyz")
    with django_assert_num_queries(0):
        assert {client.get("/readyz").status_code for _ in range(50)} == {503}


# --- metrics ----------------------------------------------------------------------------------------------------------


def metrics(client, **headers: str) -> dict[str, dict[str, float]]:
    """Values by name and labels."""
    answer = client.get("/metrics", headers=headers)
    assert answer.status_code == 200, answer.content
    return {
        family.name: {",".join(sample.labels.values()): sample.value for sample in family.samples}
        for family in text_string_to_metric_families(answer.content.decode())
    }


def test_metrics_are_for_a_token_a_session_or_an_address_that_the_settings_name(client, shelf, person, settings):
    viewer = person(Role.VIEWER)
    problem(client.get("/metrics"), 401, "not-signed-in")
    bearer = {"Authorization": f"Bearer {token_of(viewer, Scope.READ)}"}
    assert metrics(client, **bearer)
    other = {"Authorization": f"Bearer {token_of(viewer, Scope.ALARM)}"}
    problem(client.get("/metrics", headers=other), 403, "no-scope")
    settings.METRICS_FROM = ["192.0.2.1"]
    problem(client.get("/metrics"), 401, "not-signed-in")
    problem(client.get("/metrics", headers={"X-Forwarded-For": "192.0.2.1"}), 401, "not-signed-in")
    settings.METRICS_FROM = ["127.0.0.1"]
    assert metrics(client)


def test_metrics_tell_how_the_base_stands(client, shelf, settings):
    settings.METRICS_FROM = ["127.0.0.1"]
    shelf.put({**SERVING, SETPOINT: 16.0, "meter.link": 0.0, control_key("store_wait"): 12.5})
    shelf.put({AIR: 21.5}, age_s=60.0)
    request = of_a_colleague()
    dispatch.dispatch_next(moment_now(), Orders())
    dispatch.record_outcome(request.pk, State.CONFIRMED, now=moment_now(), readback_value=17.0)
    an_alarm(shelf)
    found = metrics(client)
    assert 60.0 <= found["greenhouse_point_age_seconds"][AIR] < 120.0
    assert found["greenhouse_points"]["late"] + found["greenhouse_points"]["stale"] == 1.0
    assert (found["greenhouse_link_state"]["h1-climate"], found["greenhouse_link_state"]["meter"]) == (2.0, 0.0)
    assert found["greenhouse_control"]["store_wait,ms"] == 12.5
    assert found["greenhouse_commands_ended"] == {"confirmed": 1.0}
    assert found["greenhouse_commands_open"] == {"": 0.0}
    assert sum(found["greenhouse_alarms"].values()) == 1.0
    assert found["greenhouse_ready"] == {"store": 1.0, "lease": 1.0, "bus": 1.0}
    assert found["greenhouse_sockets"] == {"": 0.0}
    assert found["greenhouse_writes"]["default"] >= 0.0
    size = "greenhouse_wal_bytes" if connection.vendor == "sqlite" else "greenhouse_sessions_waiting"
    assert found[size]["default"] >= 0.0
