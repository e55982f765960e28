"""After a restore nothing of the time of the backup acts by itself."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.utils import translation

from greenhouse.commands import after_restore, dispatch, history, on_site, retries, returns
from greenhouse.commands.checks import Code, Verdict
from greenhouse.commands.lifecycle import State
from greenhouse.commands.messages import sentence
from greenhouse.commands.models import CommandEvent, CommandRequest, ManualHold
from greenhouse.commands.sources import Automatic, Source
from greenhouse.ledger.models import Entry
from greenhouse.site import structure
from tests.commands.conftest import HEATING, HUMIDITY, LINK, LOCATION, after, moment
from tests.commands.test_dispatch import Orders

pytestmark = pytest.mark.django_db(databases=["default", "telemetry"])

LATER_S = 3 * 86_400.0
HOUR = timedelta(hours=1)


def sent_once_running_again(online) -> list[object]:
    """What a control process that begins then sends, by itself."""
    online({LINK: 2, LOCATION: 1, HEATING: 18.0, HUMIDITY: 80.0}, after(LATER_S))
    on_site.note_changes(on_site.watched(structure.all_points()), moment(LATER_S + 1))
    returns.return_ended(moment(LATER_S + 1))
    retries.retry_due(moment(LATER_S + 1))
    orders = Orders()
    while dispatch.dispatch_next(moment(LATER_S + 1.1), orders):
        pass
    return orders.orders


def test_a_hold_of_the_backup_ends_and_writes_nothing_back(submit, online):
    request = submit(hold_for=HOUR)
    dispatch.dispatch_next(moment(1.1), Orders())
    dispatch.record_outcome(request.pk, State.CONFIRMED, now=moment(2), readback_value=18.0)
    after_restore.end_what_was_left(moment(LATER_S))
    assert ManualHold.objects.get().end == "restored"
    assert json.loads(Entry.objects.order_by("number").last().payload)["end"] == "restored"
    assert sent_once_running_again(online) == []


def test_a_request_that_nobody_had_taken_ends_with_its_hold(submit, online):
    request = submit(hold_for=HOUR)
    after_restore.end_what_was_left(moment(5))
    request.refresh_from_db()
    assert (request.state, request.verdict) == (State.EXPIRED, Code.RESTORED)
    assert CommandEvent.objects.latest("id").actor == "restore"
    assert ManualHold.objects.get().end == "not_taken"
    with translation.override("en"):
        assert "backup" in sentence(history.verdict_of(request))
    assert sent_once_running_again(online) == []


def test_a_request_that_was_under_way_may_have_been_sent(submit, online):
    request = submit(hold_for=HOUR)
    dispatch.dispatch_next(moment(1.1), Orders())
    after_restore.end_what_was_left(moment(5))
    request.refresh_from_db()
    assert (request.state, request.verdict) == (State.TIMEOUT, Code.INTERRUPTED)
    assert ManualHold.objects.get().end == "restored"
    assert sent_once_running_again(online) == []


def test_no_try_of_the_backup_follows(submit, online):
    submit(by=Automatic(Source.PROGRAM, "climate"))
    orders = Orders()
    dispatch.dispatch_next(moment(1.1), orders)
    dispatch.record_outcome(orders.orders[0].request_id, State.TIMEOUT, now=moment(3), verdict=Verdict(Code.NO_ANSWER))
    submit(HUMIDITY, 70.0, by=Automatic(Source.PROGRAM, "climate"), seen_value=80.0)
    after_restore.end_what_was_left(moment(5))
    assert not CommandRequest.objects.filter(retry_at__isnull=False).exists()
    assert sent_once_running_again(online) == []
