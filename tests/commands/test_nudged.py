"""Who is nudged when a request is stored, takes a step, or a tick is committed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from greenhouse.commands import dispatch
from greenhouse.nudges import Listener, Subject
from tests.commands.conftest import HEATING, after, moment
from tests.test_nudges import Bell, something_that_nudges  # noqa: F401  (a fixture)

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "telemetry"])


class Orders:
    def start(self, order: dispatch.WriteOrder) -> None:
        """Nothing is sent."""


@pytest.fixture
def bells(online) -> Iterator[dict[Subject, Bell]]:
    bells = {subject: Bell() for subject in Subject}
    listeners = [Listener([subject], bell.ring) for subject, bell in bells.items()]
    for listener, bell in zip(listeners, bells.values(), strict=True):
        listener.start()
        bell.wait()  # it calls once when it begins to hear
    yield bells
    for listener in listeners:
        listener.stop()


def test_a_stored_request_wakes_the_control_process_and_the_pages(bells, submit):
    submit()
    bells[Subject.REQUESTS].wait()
    bells[Subject.CHANGES].wait()


def test_a_step_of_a_request_nudges_the_pages_and_does_not_wake_who_took_it(bells, submit):
    submit()
    bells[Subject.REQUESTS].wait()
    bells[Subject.CHANGES].wait()
    woken = bells[Subject.REQUESTS].count
    assert dispatch.dispatch_next(moment(1.1), Orders())
    bells[Subject.CHANGES].wait()
    assert bells[Subject.REQUESTS].count == woken


def test_a_committed_tick_nudges_the_pages(bells, online):
    online({HEATING: 17.0}, after(2))
    bells[Subject.CHANGES].wait()
