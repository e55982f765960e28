"""The alarm "command not confirmed": what raises it, and what it takes to be over."""

from __future__ import annotations

import pytest

from greenhouse.alarms.duty import bindings_of_the_base
from greenhouse.alarms.unconfirmed import UnconfirmedCommands
from greenhouse.commands import dispatch, on_site
from greenhouse.commands.checks import Code, Verdict
from greenhouse.commands.lifecycle import State
from greenhouse.commands.models import CommandRequest
from greenhouse.site import structure
from tests.commands.conftest import HEATING, after, moment, online, store, submit, technician  # noqa: F401  # fixtures
from tests.commands.test_dispatch import Orders

pytestmark = pytest.mark.django_db(databases=["default", "telemetry"])


def look_on_site(seconds: float) -> int:
    return on_site.note_changes(on_site.watched(structure.all_points()), moment(seconds))


@pytest.fixture
def commands(online) -> UnconfirmedCommands:  # noqa: F811
    """The alarm's side of a control process that has just begun."""
    return UnconfirmedCommands(bindings_of_the_base(), active=[], told=[], now=after(0))


def end(request: CommandRequest, state: State, at_s: float, code: Code = Code.NONE) -> None:
    dispatch.dispatch_next(moment(at_s), Orders())
    dispatch.record_outcome(request.pk, state, now=moment(at_s), verdict=Verdict(code))


def changes(transitions) -> list[str]:
    return [transition.change.value for transition in transitions]


@pytest.mark.parametrize(("found", "then"), [(24.0, []), (18.0, ["cleared"])])
def test_a_change_on_site_ends_it_only_if_it_is_what_was_asked(commands, submit, online, found, then):  # noqa: F811
    look_on_site(0.5)
    end(submit(), State.REJECTED, 1.1, Code.DEVICE_REFUSED)
    assert changes(commands.look(after(2))) == ["raised"]
    online({HEATING: found}, after(600))
    assert look_on_site(601) == 1
    assert changes(commands.look(after(602))) == then
