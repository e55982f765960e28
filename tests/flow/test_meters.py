"""A water meter that is changed while control is down, over real Modbus: its lead is nobody's water."""

from __future__ import annotations

import pytest

from devices.samples import Quality, Reason
from devices.simulator.equipment import ValveBlock
from devices.simulator.faults import Fault
from greenhouse.alarms import site_file
from greenhouse.alarms.models import Occurrence, OccurrenceEvent
from greenhouse.clock import utc_now
from greenhouse.telemetry import series
from tests.flow.conftest import FlowBase

pytestmark = [pytest.mark.django_db(transaction=True, databases=["default", "telemetry"])]
METER = "h1-valves.total_volume"


@pytest.fixture
def meter(flow: FlowBase) -> ValveBlock:
    """The block whose counter is the meter: it shows 5 m3, and control has seen it."""
    block = flow.simulated._plant._equipment["h1-valves"]
    assert isinstance(block, ValveBlock)
    block.total_m3 = 5.0
    flow.begin()
    flow.turn_until(lambda: flow.value(METER) == pytest.approx(5.0))
    return block


def restart(flow: FlowBase) -> None:
    """Another control process; the one before was killed."""
    flow.cycle = flow.new_cycle()
    flow.cycle.begin()


def test_a_used_meter_put_in_while_control_was_down_is_recognized_at_start(flow, meter):
    flow.kill()
    meter.total_m3 = 905.0
    restart(flow)
    flow.turn_until(lambda: Occurrence.objects.filter(definition_key="meter-changed").exists())
    assert flow.value(METER) == pytest.approx(5.0)
    meter.total_m3 = 905.25
    flow.turn_until(lambda: flow.value(METER) == pytest.approx(5.25))
    assert series.latest([METER])[METER].quality is Quality.GOOD
    (raised,) = OccurrenceEvent.objects.filter(occurrence__definition_key="meter-changed")
    assert (raised.kind, raised.occurrence.object_key) == ("raised", METER)
    assert raised.occurrence.facts["reason"] == Reason.COUNTER_LEAP


def test_a_meter_that_was_replaced_once_counts_on_through_further_restarts(flow, meter):
    """From its register and not from its total; water that flows while control is down is counted."""
    meter.total_m3 = 0.5
    flow.turn_until(lambda: Occurrence.objects.filter(definition_key="meter-changed").exists())
    assert flow.value(METER) == pytest.approx(5.0)
    flow.kill()
    meter.total_m3 = 2.5
    restart(flow)
    flow.turn_until(lambda: flow.value(METER) == pytest.approx(7.0))
    assert OccurrenceEvent.objects.filter(occurrence__definition_key="meter-changed", kind="raised").count() == 1


def test_a_meter_that_was_changed_while_its_device_was_dead_is_told_all_the_same(flow, meter):
    """The lost link speaks for what cannot be seen; the first reading after it can."""
    site_file.store('[[alarm]]\nkey = "link-lost"\non_delay_s = 1\nreason = "a test has no minutes"', now=utc_now())
    flow.kill()
    restart(flow)
    flow.simulated.switch_on(Fault.DEAD, "h1-valves")
    flow.turn_until(lambda: Occurrence.objects.filter(definition_key="link-lost", state="unacknowledged").exists())
    meter.total_m3 = 905.0
    flow.simulated.clear()
    flow.turn_until(lambda: Occurrence.objects.filter(definition_key="meter-changed").exists())
    assert flow.value(METER) == pytest.approx(5.0)
