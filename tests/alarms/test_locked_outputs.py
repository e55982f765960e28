"""A locked output is an alarm until a person has released it, also over a restart."""

from __future__ import annotations

import pytest

from greenhouse.alarms.definitions import Kind
from greenhouse.alarms.duty import bindings_of_the_base
from greenhouse.alarms.locked_outputs import LockedOutputs
from greenhouse.commands import over_travel
from tests.bases import load
from tests.commands.conftest import Role, after, moment, person
from tests.commands.moving import BLANKET, MOVING, ROOF

pytestmark = pytest.mark.django_db(databases=["default", "telemetry"])


def watch(*active: str) -> LockedOutputs:
    bindings = [found for found in bindings_of_the_base() if found.definition.kind is Kind.OUTPUT_LOCKED]
    return LockedOutputs(bindings, active=active)


def told(watching: LockedOutputs, at_s: float) -> list[tuple[str, str]]:
    return [(found.binding.object_key, found.change) for found in watching.look(after(at_s))]


def test_it_is_raised_once_and_over_when_somebody_has_looked():
    load(MOVING)
    watching = watch()
    assert told(watching, 0) == []
    over_travel.lock(BLANKET, ran_s=480.0, longest_run_s=472.0, position_pct=40.0, now=moment(1))
    assert told(watching, 2) == [(BLANKET, "raised")]
    assert told(watching, 3) == []
    assert told(watch(BLANKET), 4) == [], "it goes on over a restart"
    assert told(watch(ROOF), 4) == [(ROOF, "cleared"), (BLANKET, "raised")]
    over_travel.release(BLANKET, by=person("zhang", Role.TECHNICIAN), now=moment(5))
    assert told(watching, 6) == [(BLANKET, "cleared")]


def test_only_what_moves_can_be_locked():
    load(MOVING)
    names = {found.object_key for found in bindings_of_the_base() if found.definition.kind is Kind.OUTPUT_LOCKED}
    assert names == {BLANKET, ROOF, "h1-bottom.target_position"}
