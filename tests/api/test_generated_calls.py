"""A sample of what `make prove` does at length: calls made from the description, in everybody's name, against a server.

No answer is a 5xx, and each is one that the description names.
"""

from __future__ import annotations

import pytest
from django.utils import translation

from greenhouse.access.roles import Role
from greenhouse.alarms.models import Occurrence
from greenhouse.api.description import describe
from greenhouse.api.v1 import api
from greenhouse.site import structure
from scripts.api_calls import Known, make_calls
from tests.access.calls import ANONYMOUS, NO_ROLE, an_alarm, of_a_colleague, someone
from tests.api.conftest import token_of
from tests.console.conftest import AIR, ONLINE, SETPOINT

CALLS = 80


@pytest.mark.slow
@pytest.mark.parametrize("column", [ANONYMOUS, NO_ROLE, *Role])
@pytest.mark.django_db(transaction=True, databases=["default", "telemetry"])
def test_no_call_that_the_description_can_make_breaks_anything(shelf, live_server, settings, column):
    settings.API_CALLS_PER_MINUTE = settings.API_STRANGERS_CALLS_PER_MINUTE = 1_000_000
    shelf.put({**ONLINE, SETPOINT: 16.0, AIR: 21.5})
    command, user = of_a_colleague(), someone(column)
    an_alarm(shelf)
    points = list(structure.base().points)
    known = Known(points, [SETPOINT], [str(command.pk)], [str(Occurrence.objects.get().pk)])
    with translation.override("en"):
        description = describe(api)
    tally = make_calls(
        description,
        live_server.url,
        calls=CALLS,
        known=known,
        headers={} if user is None else {"Authorization": f"Bearer {token_of(user)}"},
        seed_number=len(column),
    )
    assert tally.faults == []
    assert tally.calls >= CALLS
    served = sum(count for status, count in tally.statuses.items() if status < 300)
    assert (served > 0) == (column not in {ANONYMOUS, NO_ROLE})
