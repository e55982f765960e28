"""The control socket: one line of JSON asked, one answered, and every refusal in a sentence."""

from __future__ import annotations

import json
import socket

import pytest

from devices.simulator.base import SimulatorFailed
from devices.simulator.control import ControlServer, answer_line, ask
from devices.simulator.faults import Fault, FaultRefused


@pytest.fixture
def base(running):
    return running("climate-controller")


@pytest.fixture
def port(base):
    control = ControlServer(base)
    yield control.start()
    control.stop()


def test_a_fault_is_switched_on_listed_and_cleared(base, port):
    request = {"do": "switch_on", "fault": "drifting", "target": "climate-controller.air_temperature", "amount": 2}
    [active] = ask(port, request)
    assert (active["fault"], active["target"], active["amount"]) == ("drifting", request["target"], 2.0)
    assert ask(port, {"do": "active"}) == [active]
    assert [each.fault for each in base.active_faults()] == [Fault.DRIFTING]
    assert ask(port, {"do": "clear"}) == [active]
    assert ask(port, {"do": "active"}) == []


def test_accepted_writes_can_be_asked_for(base, port, client_of):
    client_of(base).write_register(0, 185, device_id=1)
    [record] = ask(port, {"do": "writes"})
    assert (record["device"], record["point"], record["value"]) == ("climate-controller", "heating_setpoint", 18.5)
    assert ask(port, {"do": "writes", "since_s": record["at_s"]}) == []


def test_what_the_plant_has_can_be_asked_for_whatever_a_fault_shows(base, port):
    base.switch_on(Fault.OPEN, "climate-controller.air_temperature")
    points = ["climate-controller.heating_setpoint", "climate-controller.air_temperature"]
    setpoint, air = ask(port, {"do": "values", "points": points})
    assert setpoint == base.value("climate-controller", "heating_setpoint")
    assert air is not None
    with pytest.raises(FaultRefused, match=r'no simulated device has a point "climate-controller\.no_such_point"'):
        ask(port, {"do": "values", "points": ["climate-controller.no_such_point"]})
    with pytest.raises(FaultRefused, match="points must be a list"):
        ask(port, {"do": "values", "points": ["heating_setpoint"]})


def test_the_targets_of_a_fault_can_be_asked_for(port):
    assert ask(port, {"do": "targets", "fault": "late"}) == ["line"]
    assert ask(port, {"do": "targets", "fault": "dead"}) == ["climate-controller"]


@pytest.mark.parametrize(
    ("request_line", "error"),
    [
        (
            {"do": "switch_on", "fault": "explode", "target": "line"},
            'there is no fault "explode"; there are dead, absent',
        ),
        ({"do": "switch_on", "fault": "dead", "target": "climate"}, 'there is no device "climate"; near it'),
        ({"do": "switch_on", "fault": "dead"}, "target must be a text, got None"),
        (
            {"do": "switch_on", "fault": "late", "target": "line", "amount": "much"},
            "amount must be a number, got 'much'",
        ),
        ({"do": "switch_on", "fault": "late", "target": "line", "amount": True}, "amount must be a number, got True"),
        ({"do": "clear", "target": "lime"}, 'there is no line, device, point or compartment "lime"; near it: line'),
        ({"do": "dance"}, '"dance" cannot be done'),
        ({}, '"None" cannot be done'),
    ],
)
def test_a_wrong_request_is_refused_with_a_sentence(port, request_line, error):
    with pytest.raises(FaultRefused, match=error):
        ask(port, request_line)


@pytest.mark.parametrize("line", [b"\n", b"{\n", b"\xff\xfe\n", b"[]\n", b"null\n", b'"dead"\n', b"NaN\n"])
def test_a_line_that_is_no_request_is_answered_and_breaks_nothing(base, line):
    answer = answer_line(base, line)
    assert answer["ok"] is False
    assert "request is" in answer["error"]


def test_several_requests_on_one_connection_are_answered_in_order(port):
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(b'{"do": "active"}\n{"do": "dance"}\n')
        replies = connection.makefile("rb")
        assert [json.loads(replies.readline())["ok"] for _ in range(2)] == [True, False]


def test_nobody_at_the_port_is_told():
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with pytest.raises(SimulatorFailed, match=f"no simulator answers on port {port}"):
        ask(port, {"do": "active"})


def test_a_base_that_ended_says_so_on_the_socket(base, port):
    base.stop()
    with pytest.raises(FaultRefused, match="does not run"):
        ask(port, {"do": "active"})
