"""The control socket of a running simulated base: one JSON object per line, on the loopback interface only.

Requests name what to ``do``: ``switch_on`` (fault, target, amount), ``clear`` (target), ``active``, ``targets``
(fault), ``writes`` (since_s) or ``values`` (points: what the plant has, before any fault). An answer is
``{"ok": true, "answer": [...]}`` or ``{"ok": false, "error": "..."}``.
"""

from __future__ import annotations

import json
import socket
import socketserver
import threading
from collections.abc import Mapping
from dataclasses import asdict

from devices.simulator.base import SimulatedBase, SimulatorFailed
from devices.simulator.faults import FaultRefused

_HOST = "127.0.0.1"
_ANSWER_TIMEOUT_S = 30.0
_LONGEST_REQUEST = 10_000

Answer = list[object]


class ControlServer:
    """Listens on a free port and hands requests to the base.

    Parameters
    ----------
    base : SimulatedBase
        A running one.
    """

    def __init__(self, base: SimulatedBase) -> None:
        class Conversation(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                while line := self.rfile.readline(_LONGEST_REQUEST):
                    self.wfile.write(json.dumps(answer_line(base, line)).encode() + b"\n")

        self._server = socketserver.ThreadingTCPServer((_HOST, 0), Conversation, bind_and_activate=True)
        self._server.daemon_threads = True
        self._server.block_on_close = False
        self._thread = threading.Thread(target=self._server.serve_forever, name="simulator control", daemon=True)

    def start(self) -> int:
        """Begin to listen; returns the port."""
        self._thread.start()
        return int(self._server.server_address[1])

    def stop(self) -> None:
        """Close the socket."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def ask(port: int, request: Mapping[str, object]) -> Answer:
    """Send one request to a running simulator and return its answer.

    Raises
    ------
    FaultRefused
        If the simulator refuses it; the sentence is the simulator's.
    SimulatorFailed
        If no simulator listens there.
    """
    try:
        with socket.create_connection((_HOST, port), timeout=_ANSWER_TIMEOUT_S) as connection:
            connection.sendall(json.dumps(request).encode() + b"\n")
            line = connection.makefile("rb").readline()
        answer = json.loads(line)
    except (OSError, ValueError) as error:
        raise SimulatorFailed(f"no simulator answers on port {port} of {_HOST}: {error}") from error
    if not answer["ok"]:
        raise FaultRefused(answer["error"])
    found: Answer = answer["answer"]
    return found


def answer_line(base: SimulatedBase, line: bytes) -> dict[str, object]:
    """Answer to one request line."""
    try:
        return {"ok": True, "answer": _carry_out(base, json.loads(line))}
    except ValueError as error:
        return {"ok": False, "error": f"a request is one line of JSON: {error}"}
    except (FaultRefused, SimulatorFailed) as error:
        return {"ok": False, "error": str(error)}


def _carry_out(base: SimulatedBase, request: object) -> Answer:
    if not isinstance(request, dict):
        raise FaultRefused("a request is a JSON object")
    match request.get("do"):
        case "switch_on":
            fault = _text(request, "fault")
            return [asdict(base.switch_on(fault, _text(request, "target"), _number(request, "amount")))]
        case "clear":
            target = None if request.get("target") is None else _text(request, "target")
            return [asdict(active) for active in base.clear(target)]
        case "active":
            return [asdict(active) for active in base.active_faults()]
        case "targets":
            scope = base.faults.kind(request.get("fault")).scope
            return list(base.faults.targets(scope))
        case "writes":
            since_s = _number(request, "since_s")
            return [asdict(record) for record in base.writes(float("-inf") if since_s is None else since_s)]
        case "values":
            return list(base.values(_points(request)))
        case unknown:
            raise FaultRefused(f'"{unknown}" cannot be done; switch_on, clear, active, targets, writes and values can')


def _text(request: Mapping[str, object], key: str) -> str:
    value = request.get(key)
    if not isinstance(value, str):
        raise FaultRefused(f"{key} must be a text, got {value!r}")
    return value


def _points(request: Mapping[str, object]) -> list[tuple[str, str]]:
    """Devices and their points, told as ``device.point``."""
    told = request.get("points")
    if not isinstance(told, list) or not all(isinstance(each, str) and "." in each for each in told):
        raise FaultRefused(f"points must be a list of texts like h1-climate.air_temperature, got {told!r}")
    return [(device, point) for device, _dot, point in (each.partition(".") for each in told)]


def _number(request: Mapping[str, object], key: str) -> float | None:
    value = request.get(key)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise FaultRefused(f"{key} must be a number, got {value!r}")
    return float(value)
