"""Talking to supervisord over its control socket."""

from __future__ import annotations

import socket
from dataclasses import dataclass
from enum import StrEnum
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from xmlrpc.client import Fault, ProtocolError, ServerProxy, Transport


class ProgramState(StrEnum):
    """State of a program as supervisord names it."""

    STOPPED = "STOPPED"
    STARTING = "STARTING"
    RUNNING = "RUNNING"
    BACKOFF = "BACKOFF"
    STOPPING = "STOPPING"
    EXITED = "EXITED"
    FATAL = "FATAL"
    UNKNOWN = "UNKNOWN"


@dataclass(frozen=True, slots=True)
class ProgramStatus:
    """What supervisord says about one program. ``pid`` is 0 when it has no process."""

    name: str
    state: ProgramState
    pid: int


class SupervisorUnreachableError(Exception):
    """No supervisord answers on the socket."""


class SupervisorRefusedError(Exception):
    """The supervisord answered, but would not do it."""


class SupervisorClient:
    """Requests to the supervisord of one base.

    Every method raises `SupervisorUnreachableError` if nobody answers within ``timeout_s``, and
    `SupervisorRefusedError` if the answer is a refusal.
    """

    def __init__(self, socket_path: Path, *, timeout_s: float = 3.0) -> None:
        self._transport = _UnixSocketTransport(socket_path, timeout_s)
        self._server = ServerProxy("http://supervisor", transport=self._transport)

    def programs(self) -> list[ProgramStatus]:
        """State of every program."""
        answer = self._call("getAllProcessInfo")
        assert isinstance(answer, list)
        return [ProgramStatus(info["name"], ProgramState(info["statename"]), info["pid"]) for info in answer]

    def kill(self, name: str) -> None:
        """Kill a program's process; supervisord starts it again."""
        self._call("signalProcess", name, "KILL")

    def start(self, name: str) -> None:
        """Start a program that supervisord has given up, without waiting for it."""
        wait = False
        self._call("startProcess", name, wait)

    def _call(self, method: str, *arguments: str | bool) -> object:
        try:
            return getattr(self._server.supervisor, method)(*arguments)
        except Fault as error:
            raise SupervisorRefusedError(f"{method}{arguments}: {error.faultString}") from error
        except (OSError, HTTPException, ProtocolError) as error:
            raise SupervisorUnreachableError(str(error)) from error
        finally:
            self._transport.close()


class _UnixSocketTransport(Transport):
    def __init__(self, socket_path: Path, timeout_s: float) -> None:
        super().__init__()
        self._socket_path = socket_path
        self._timeout_s = timeout_s

    def make_connection(self, host: tuple[str, dict[str, str]] | str) -> HTTPConnection:
        connection = _UnixSocketConnection(self._socket_path, self._timeout_s)
        self._connection = host, connection  # what close() closes
        return connection


class _UnixSocketConnection(HTTPConnection):
    def __init__(self, socket_path: Path, timeout_s: float) -> None:
        super().__init__("supervisor", timeout=timeout_s)
        self._socket_path = socket_path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._socket_path))
