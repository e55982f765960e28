"""Two machines, two control processes, one store: never do both write."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.contrib.auth.models import Group, User
from django.db import connection

from scripts.failover_trials import failover_stage

LEASE_S = 3.0
pytestmark = [
    pytest.mark.slow,
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


def test_a_paused_and_resumed_control_process_never_writes_beside_the_one_that_took_over(technician, tmp_path: Path):
    """Paused far beyond the lease, until about the takeover, and a little. `make prove` does it a hundred times."""
    with failover_stage(tmp_path, user=technician, database_url=database_url(), lease_s=LEASE_S) as stage:
        stage.begin()
        trials = [stage.trial(paused_s=LEASE_S * leases, after_s=0.1) for leases in (2.0, 1.3, 1.0)]
        findings = stage.end()
    assert findings.faults == []
    assert trials[0].took_over
    assert len({write.token for write in findings.writes}) >= 2
