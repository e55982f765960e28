"""Register → sample → store → request → register → read-back, over real Modbus."""

from __future__ import annotations

import time
from typing import Never

import pytest

from devices.bus.modbus import ModbusBus
from devices.driver import writing
from devices.profiles.schema import Table
from devices.samples import Origin, Quality
from devices.simulator.faults import Fault
from greenhouse.clock import moment_now
from greenhouse.commands import diagnostics
from greenhouse.commands.checks import Code
from greenhouse.commands.errors import InvalidRequest, Unavailable
from greenhouse.commands.models import CommandRequest, DiagnosticRead
from greenhouse.telemetry import series
from scheduler.cycle import BaseChanged
from scheduler.leases.choice import open_leases

pytestmark = [
    pytest.mark.django_db(transaction=True, databases=["default", "telemetry"]),
]
SETPOINT = "h1-climate.heating_setpoint"


def test_what_the_devices_show_is_stored_with_quality_and_origin(flow) -> None:
    """Every readable point of every device reaches the store, through both kinds of line."""
    flow.begin()
    for point in ("h1-climate.air_temperature", "h1-air.air_temperature", "h1-blanket.position"):
        flow.turn_until(lambda: flow.value(point) is not None)  # noqa: B023
    sample = series.latest(["h1-air.air_temperature"])["h1-air.air_temperature"]
    true_c = flow.simulated.value("h1-air", "air_temperature")
    assert (sample.quality, sample.origin) == (Quality.GOOD, Origin.SIMULATED)
    assert sample.value == pytest.approx(true_c, abs=1.0)


def test_a_request_is_known_to_have_taken_only_by_its_read_back(flow) -> None:
    """Requested, dispatched, accepted, confirmed; the register holds it and the store shows it."""
    flow.begin()
    before = flow.value(SETPOINT)
    request = flow.ask(SETPOINT, before + 1.5)
    flow.turn_until(lambda: "confirmed" in flow.states_of(request))
    assert flow.states_of(request) == ["requested", "dispatched", "accepted", "confirmed"]
    assert flow.simulated.value("h1-climate", "heating_setpoint") == pytest.approx(before + 1.5)
    assert flow.value(SETPOINT) == pytest.approx(before + 1.5)
    assert [record.value for record in flow.writes_by_master()] == [pytest.approx(before + 1.5)]


def test_an_acknowledged_write_that_was_not_applied_is_not_confirmed(flow) -> None:
    """The old value stays in the store, the request says what the controller holds, and nothing is sent again."""
    flow.begin()
    before = flow.value(SETPOINT)
    flow.simulated.switch_on(Fault.WRITE_IGNORED, SETPOINT)
    request = flow.ask(SETPOINT, before + 1.5)
    flow.turn_until(lambda: "timeout" in flow.states_of(request))
    request.refresh_from_db()
    assert (request.verdict, request.readback_value) == (Code.READBACK_DIFFERS, pytest.approx(before))
    assert flow.value(SETPOINT) == pytest.approx(before)
    assert len(flow.writes_by_master()) == 1


def test_a_setpoint_that_cannot_be_read_back_is_never_called_confirmed(flow) -> None:
    """It is sent and acknowledged, and ends as unverifiable."""
    flow.begin()
    request = flow.ask("h1-fan.speed_setpoint", 60.0)
    flow.turn_until(lambda: "unverifiable" in flow.states_of(request))
    assert flow.states_of(request) == ["requested", "dispatched", "accepted", "unverifiable"]


def test_a_controller_that_refuses_is_believed(flow) -> None:
    """Exception from the device: rejected, with its code."""
    flow.begin()
    flow.simulated.switch_on(Fault.WRITE_REJECTED, SETPOINT)
    request = flow.ask(SETPOINT, flow.value(SETPOINT) + 1.0)
    flow.turn_until(lambda: "rejected" in flow.states_of(request))
    request.refresh_from_db()
    assert request.verdict == Code.DEVICE_REFUSED


def test_a_value_out_of_limits_is_refused_when_asked_and_when_forged(flow) -> None:
    """The limit counts at submit, and again at dispatch for a row that somebody wrote past it."""
    flow.begin()
    with pytest.raises(InvalidRequest):
        flow.ask(SETPOINT, 60.0)
    request = flow.ask(SETPOINT, flow.value(SETPOINT) + 1.0)
    CommandRequest.objects.filter(pk=request.pk).update(value=60.0)
    flow.turn_until(lambda: "refused" in flow.states_of(request))
    request.refresh_from_db()
    assert request.verdict == Code.OUT_OF_LIMITS
    assert flow.writes_by_master() == []


def test_a_dead_controller_refuses_requests_and_comes_back(flow) -> None:
    """Its neighbors on the same line go on; when it answers again its values are back."""
    flow.begin()
    flow.simulated.switch_on(Fault.DEAD, "h1-climate")
    flow.turn_until(lambda: flow.value("h1-climate.link") == 0.0)
    with pytest.raises(Unavailable):
        flow.ask(SETPOINT, 18.0)
    assert flow.value("h1-valves.link") == 2.0
    flow.simulated.clear()
    flow.turn_until(lambda: flow.value("h1-climate.link") == 2.0)


def test_a_planned_stop_closes_valves_stops_motors_and_holds_positions(flow) -> None:
    """Valves shut and winder stopped, confirmed; vent target, setpoints and modes untouched."""
    flow.begin()
    for number in (1, 3):
        flow.simulated.call(lambda: flow.simulated._plant.command("h1-valves", f"run_time_{number}", 600))  # noqa: B023
        flow.simulated.call(lambda: flow.simulated._plant.command("h1-valves", f"valve_{number}", 1))  # noqa: B023
    flow.simulated.call(lambda: flow.simulated._plant.command("h1-blanket", "motor_command", 1))
    assert flow.simulated.value("h1-valves", "valve_3") == 1.0
    begun_s = time.monotonic()
    flow.stop()
    written = {(record.device, record.point): record.value for record in flow.writes_by_master(begun_s)}
    assert written == {
        **{("h1-valves", f"valve_{number}"): 0.0 for number in range(1, 9)},
        ("h1-blanket", "motor_command"): 0.0,
        ("h1-climate", "co2_enable"): 0.0,
    }
    assert flow.simulated.value("h1-valves", "valve_1") == 0.0
    assert flow.simulated.value("h1-blanket", "motor_state") == 0.0


def test_a_process_that_lost_its_lease_writes_nothing(flow) -> None:
    """Neither a request that was taken before it noticed, nor the planned stop."""
    flow.begin()
    request = flow.ask(SETPOINT, flow.value(SETPOINT) + 1.0)
    stolen_s = time.monotonic()
    for lock in flow.locks.glob("line-*"):
        lock.unlink()
    over_at_s = stolen_s + 10
    while flow.states_of(request)[-1] != "refused":
        assert time.monotonic() < over_at_s
        flow.cycle.look()
        time.sleep(0.02)  # the line answers in its own thread
    request.refresh_from_db()
    assert request.verdict == Code.LEASE_LOST
    flow.stop()
    assert list(flow.simulated.writes(stolen_s + 0.1)) == []


def test_a_second_control_process_stands_by_and_takes_over(flow) -> None:
    """It gets no lease while the first one lives; when that is killed it polls, and takes requests."""
    flow.begin()
    assert not open_leases(flow.locks).control().acquire()
    flow.kill()
    flow.cycle = flow.new_cycle()
    flow.begin()
    request = flow.ask(SETPOINT, flow.value(SETPOINT) + 1.0)
    flow.turn_until(lambda: "confirmed" in flow.states_of(request))


def test_a_defect_in_a_driver_ends_its_request_and_holds_up_no_other(flow, monkeypatch) -> None:
    """It broke after the value had left: the request is not called unsent, and another point goes on."""
    flow.begin()
    with monkeypatch.context() as broken_code:
        broken_code.setattr(writing, "matches", defect)
        broken = flow.ask(SETPOINT, flow.value(SETPOINT) + 1.0)
        flow.turn_until(lambda: "timeout" in flow.states_of(broken))
    assert flow.states_of(broken) == ["requested", "dispatched", "accepted", "timeout"]
    broken.refresh_from_db()
    assert broken.verdict == Code.CONTROL_FAULT
    healthy = flow.ask("h1-fan.speed_setpoint", 60.0)
    flow.turn_until(lambda: "unverifiable" in flow.states_of(healthy))


def test_what_was_under_way_at_a_kill_ends_honestly_and_is_not_sent_again(flow) -> None:
    """A request that was taken and has no outcome ends as timed out at the next start."""
    flow.begin()
    request = flow.ask(SETPOINT, flow.value(SETPOINT) + 1.0)
    CommandRequest.objects.filter(pk=request.pk).update(state="dispatched")
    flow.kill()
    flow.cycle = flow.new_cycle()
    flow.begin()
    flow.cycle.look()
    assert flow.states_of(request) == ["requested", "timeout"]
    request.refresh_from_db()
    assert request.verdict == Code.INTERRUPTED
    assert flow.writes_by_master() == []


def defect(*_arguments: object) -> Never:
    """Code of ours that fails."""
    raise KeyError("a defect")


def ask_raw(line: str, address: int) -> DiagnosticRead:
    return diagnostics.ask(line, 1, Table.INPUT, address=address, count=2, timeout_s=0.5, now=moment_now())


def test_a_diagnostic_read_is_carried_out_between_polls(flow) -> None:
    """`probe` while the control process holds the line: raw words, and honest faults."""
    flow.begin()
    good = ask_raw("sensors", 1)
    illegal = ask_raw("sensors", 4000)
    unknown = ask_raw("nowhere", 1)
    flow.turn_until(lambda: diagnostics.result_of(illegal.pk).ended_at is not None)
    assert diagnostics.result_of(good.pk).words[0] == pytest.approx(10 * flow.value("h1-air.air_temperature"), abs=10)
    assert "exception 2" in diagnostics.result_of(illegal.pk).fault
    assert "not held" in diagnostics.result_of(unknown.pk).fault


def test_a_defect_in_a_diagnostic_read_ends_it_and_holds_up_no_other(flow, monkeypatch) -> None:
    """It breaks within our own code, not on the line: that is an answer too."""
    flow.begin()
    read = ModbusBus.read
    monkeypatch.setattr(ModbusBus, "read", lambda bus, asked: read(bus, asked) if asked.address != 4000 else defect())
    broken = ask_raw("sensors", 4000)
    good = ask_raw("sensors", 1)
    flow.turn_until(lambda: diagnostics.result_of(good.pk).ended_at is not None)
    flow.turn_until(lambda: diagnostics.result_of(broken.pk).ended_at is not None)
    assert "a defect" in diagnostics.result_of(broken.pk).fault
    assert diagnostics.result_of(good.pk).words


def test_another_base_file_asks_for_a_restart(flow) -> None:
    """Lines are wired once; a new base file is wired by a new start."""
    flow.begin()
    flow.load_base_named("改名基地")
    with pytest.raises(BaseChanged):
        flow.turn_until(lambda: False)


def test_a_request_that_is_made_during_a_look_ends_after_it_was_made(flow, monkeypatch) -> None:
    """A look does much before it takes requests. This one is refused at once: its person may do so no more."""
    flow.begin()
    asked = []

    def meanwhile(*_args, **_named) -> None:
        if not asked:
            asked.append(flow.ask(SETPOINT, flow.value(SETPOINT) + 0.5))
            flow.technician.groups.clear()

    monkeypatch.setattr(flow.cycle._irrigation, "run", meanwhile)
    flow.turn_until(lambda: bool(asked) and CommandRequest.objects.get().ended_at is not None)
    request = CommandRequest.objects.get()
    assert request.state == "refused"
    assert request.created_at < request.ended_at


def test_what_is_asked_to_be_read_during_a_look_is_taken_after_it_was_asked(flow, monkeypatch) -> None:
    """Its line is no line, so it ends at once. Programs and interlocks of a look go by the time of their turn too."""
    flow.begin()
    asked, turns = [], []

    def meanwhile(*_args, **_named) -> None:
        if not asked:
            asked.append(ask_raw("nowhere", 1))

    monkeypatch.setattr(flow.cycle._interlocks, "run", meanwhile)
    monkeypatch.setattr(flow.cycle, "_next_climate_s", 0.0)
    monkeypatch.setattr(flow.cycle._climate, "run", lambda now, *, tick: turns.append(now.wall))
    flow.turn_until(lambda: asked and turns and diagnostics.result_of(asked[0].pk).ended_at is not None)
    read = diagnostics.result_of(asked[0].pk)
    assert read.created_at < read.taken_at <= read.ended_at
    assert read.created_at < turns[0]
