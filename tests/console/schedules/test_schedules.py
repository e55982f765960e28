"""The page of schedules: what was missed, the decision and the rule in words, and who may decide."""

from __future__ import annotations

import re
from datetime import timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from django.contrib.auth.models import Group, User
from django.test import Client
from django.utils import timezone

from devices.samples import Origin, Reading
from greenhouse.access.roles import Role
from greenhouse.console import catalogs
from greenhouse.ledger.models import Entry
from greenhouse.schedules import runs
from greenhouse.schedules.due_times import Every
from greenhouse.schedules.models import Cause, DueRun, Schedule, State
from greenhouse.schedules.policy import Beyond, Policy
from greenhouse.schedules.runs import Declared
from greenhouse.site.models import Base
from greenhouse.site.virtual_points import CLOCK, Clock, control_key
from greenhouse.telemetry import ingest
from scheduler.management.commands.runmaintenance import JOBS
from tests.console.conftest import ONLINE, SETPOINT
from tests.schedules.conftest import ZONE

pytestmark = pytest.mark.django_db(databases=["default", "telemetry"])
HOUR = timedelta(hours=1)
ASK = Policy(grace_s=600.0, beyond=Beyond.ASK)


def signed_in(role: Role) -> Client:
    user = User.objects.create_user(f"a-{role.value}", first_name="王工")
    user.groups.add(Group.objects.get(name=role.value))
    client = Client()
    client.force_login(user)
    return client


def miss(policy: Policy, *, title: str = "Clear ended sessions") -> DueRun:
    """A run that fell due while the process was down."""
    now = timezone.now()
    declared = Declared(key="job", when=Every(3700.0), policy=policy, title=title, why="Old runs can wait.")
    runs.sync("maintenance", [declared], now - 2 * HOUR)
    runs.settle(Schedule.objects.get(), now, zone=ZONE, cause=Cause.WAS_DOWN, has_fresh_inputs=True)
    return DueRun.objects.get()


def words(client: Client, address: str = "/schedules", language: str = "zh-hans") -> str:
    client.cookies["console_language"] = language
    html = client.get(address).content.decode()
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("zh-hans", ["清理已结束的登录会话", "已跳过", "当时进程没有运行。", "晚了 1 分钟以上。"]),
        ("en", ["Clear ended sessions", "skipped", "The process was not running.", "More than 1 min late."]),
    ],
)
def test_a_missed_run_stands_there_with_its_decision_its_cause_and_its_rule(shelf, language, said):
    miss(Policy(grace_s=60.0))
    page = words(signed_in(Role.VIEWER), language=language)
    assert [sentence for sentence in said if sentence not in page] == []


@pytest.mark.parametrize("role", list(Role))
def test_everybody_looks_and_those_who_lead_decide(shelf, role):
    run = miss(ASK)
    client = signed_in(role)
    page = words(client)
    assert "待决定" in page
    may = role in (Role.SUPERVISOR, Role.ENGINEER)
    assert ("现在补做" in page) == may
    assert ("由主管或工程师决定。" in page) != may
    response = client.post(f"/schedules/runs/{run.pk}/decision", {"action": "run"})
    assert response.status_code == (302 if may else 403)
    run.refresh_from_db()
    assert run.state == (State.DUE if may else State.ASKED)


def test_a_decision_names_who_made_it_and_enters_the_ledger(shelf):
    run = miss(ASK)
    client = signed_in(Role.SUPERVISOR)
    client.post(f"/schedules/runs/{run.pk}/decision", {"action": "skip"})
    assert "王工（主管）决定跳过。" in words(client)
    entry = Entry.objects.get(kind="schedule")
    assert '"decision":"skip"' in entry.payload
    assert "王工" not in entry.payload


def test_who_decides_second_is_told_so(shelf):
    run = miss(ASK)
    first, second = signed_in(Role.SUPERVISOR), signed_in(Role.ENGINEER)
    first.post(f"/schedules/runs/{run.pk}/decision", {"action": "skip"})
    response = second.post(f"/schedules/runs/{run.pk}/decision", {"action": "run"})
    assert response.status_code == 409
    assert "已不需要决定" in response.content.decode()
    assert Entry.objects.filter(kind="schedule").count() == 1


@pytest.mark.parametrize("form", [{}, {"action": "wait"}, {"action": "\0"}])
def test_an_answer_that_no_page_offers_is_refused(shelf, form):
    run = miss(ASK)
    assert signed_in(Role.ENGINEER).post(f"/schedules/runs/{run.pk}/decision", form).status_code == 400


def test_a_text_from_a_fault_is_shown_as_text(shelf):
    run = miss(Policy(grace_s=None))
    runs.start(run, timezone.now())
    runs.finish(run, timezone.now(), fault="<script>alert(1)</script>" + "x" * 10_000)
    html = signed_in(Role.VIEWER).get("/schedules").content.decode()
    assert "<script>alert" not in html
    assert "&lt;script&gt;" in html


def test_the_overview_leads_there_and_says_what_waits(shelf):
    client = signed_in(Role.TECHNICIAN)
    assert "近 24 小时全部按计划执行" in words(client, "/")
    miss(ASK)
    assert 'href="/schedules"' in client.get("/").content.decode()
    assert "1 次漏执行待决定" in words(client, "/")


@pytest.mark.parametrize(
    ("clock", "said", "how"),
    [
        (Clock.RIGHT, "", False),
        (Clock.CATCHING_UP, "服务器时钟被调回", False),
        (Clock.BEHIND, "服务器时钟落后", True),
        (Clock.AHEAD, "服务器时钟突然超前", True),
    ],
)
@pytest.mark.parametrize("address", ["/", "/schedules", "/schedules/clock"])
def test_a_clock_in_doubt_is_told_of(shelf, clock, said, how, address):
    shelf.put({control_key(CLOCK): float(clock)})
    page = words(signed_in(Role.VIEWER), address)
    assert said in page
    assert ("服务器时钟" in page) == bool(said)
    assert ("manage.py trust_clock" in page) == how


def test_an_overview_that_stays_open_learns_what_waits(shelf):
    client = signed_in(Role.VIEWER)
    assert 'data-live-region="/schedules/short"' in client.get("/").content.decode()
    assert "近 24 小时全部按计划执行" in words(client, "/schedules/short")
    miss(ASK)
    assert "1 次漏执行待决定" in words(client, "/schedules/short")
    assert "<html" not in client.get("/schedules/short").content.decode()


def test_the_documents_name_every_job_of_maintenance():
    text = (catalogs.PROJECT / "docs" / "schedules.md").read_text()
    assert [key for key in JOBS if f"| `{key}` |" not in text] == []


def test_every_job_of_maintenance_has_a_name_and_a_reason_in_chinese(shelf):
    now = timezone.now()
    runs.sync("maintenance", [policy.declared(key, ZONE) for key, (policy, _work) in JOBS.items()], now)
    page = words(signed_in(Role.VIEWER))
    for policy, _work in JOBS.values():
        assert policy.title not in page
        assert policy.why not in page


@pytest.mark.parametrize("by", [HOUR, -24 * HOUR], ids=["clock an hour behind", "clock a day ahead"])
@pytest.mark.parametrize("address", ["/", f"/points/{SETPOINT}/set"])
def test_pages_tell_ages_by_the_time_of_samples_while_the_clock_is_in_doubt(shelf, by, address):
    """The control process is at work and its samples are fresh, only the wall clock is wrong."""
    at = timezone.now() + by
    values = {SETPOINT: 16.0, control_key(CLOCK): float(Clock.AHEAD), **ONLINE}
    fresh = Reading(
        points=tuple(values),
        values=np.array(list(values.values())),
        quality=np.zeros(len(values), np.uint8),
        reason=np.zeros(len(values), np.uint8),
        observed_at=at,
        origin=Origin.SIMULATED,
    )
    ingest.record([fresh], ids=shelf.ids, writer="control", tick=1, now=at)
    html = signed_in(Role.TECHNICIAN).get(address).content.decode()
    shown = re.search(rf'<[^>]*data-point="{re.escape(SETPOINT)}"[^>]*>', html)[0]
    assert 'data-freshness="live"' in shown
    server_time = int(re.search(r'data-server-time="(\d+)"', html)[1]) / 1000
    assert abs(server_time - at.timestamp()) < 30


def test_times_are_the_bases_whatever_zone_the_server_stands_in(shelf):
    run = miss(Policy(grace_s=60.0))
    Base.objects.update(time_zone="America/New_York", revision=uuid4())
    due_at = run.due_at.astimezone(ZoneInfo("America/New_York"))
    assert f"应于 {due_at:%m-%d %H:%M} 执行" in words(signed_in(Role.VIEWER))


def test_the_overview_says_what_is_due_next(shelf):
    """The next ones first, and never one that is switched off."""
    now = timezone.now()
    declared = [
        Declared(key=key, when=Every(hours * 3600.0), policy=Policy(grace_s=None), title=title)
        for key, hours, title in (("b", 5, "Clear old runs of schedules"), ("a", 2, "Clear ended sessions"))
    ]
    runs.sync(
        "maintenance", [*declared, Declared(key="off", when=Every(60.0), policy=Policy(grace_s=None), title="Off")], now
    )
    Schedule.objects.filter(key="off").update(enabled=False)
    html = signed_in(Role.TECHNICIAN).get("/").content.decode()
    coming = re.search(r'<ol class="coming">(.*?)</ol>', html, re.DOTALL)[1]
    assert re.findall(r"<li><span>([^<]*)</span>", coming) == ["清理已结束的登录会话", "清理旧的执行记录"]
