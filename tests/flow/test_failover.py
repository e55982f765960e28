"""Two machines, two control processes, one store: never do both write."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.contrib.auth.models import Group, User
from django.db import connection

from scripts.failover_trials import failover_stage
from scripts.two_machines import Disturbance

LEASE_S = 2.5
pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(600),  # seven starts of a process, half a minute on a quiet machine
    pytest.mark.postgresql,
    pytest.mark.django_db(transaction=True, databases=["default", "telemetry"]),
]


@pytest.fixture
def technician(transactional_db) -> User:
    user = User.objects.create_user("zhang", password="a long password")
    user.groups.add(Group.objects.get_or_create(name="technician")[0])
    return user


def database_url() -> str:
    now = connection.settings_dict
    return f"postgresql://{now['USER']}:{now['PASSWORD']}@{now['HOST']}:{now['PORT']}/{now['NAME']}"


def test_a_holder_that_was_paused_or_cut_off_never_writes_beside_the_one_that_took_over(technician, tmp_path: Path):
    """Stopped, refused by the store, cut off from it; then the store is restarted, and away while nobody stands by."""
    with failover_stage(tmp_path, user=technician, database_url=database_url(), lease_s=LEASE_S) as stage:
        stage.begin()
        trials = [stage.trial(paused_s=LEASE_S, how=how, until_taken=True) for how in Disturbance]
        stage.restart_store()
        stage.outage(lasts_s=2 * LEASE_S)
        findings = stage.end()
    assert findings.faults == []
    assert [trial.took_over for trial in trials] == [True, True, True]
    assert len({write.token for write in findings.writes}) >= 2
