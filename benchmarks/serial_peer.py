"""The pty peer of the wire tests in a process of its own: no lock of Python is shared with what it times."""

from __future__ import annotations

import multiprocessing
from multiprocessing.connection import Connection

from tests.wire.fault_peer import PtyPeer


def _serve(baudrate: int, turnaround_s: float, pipe: Connection) -> None:
    with PtyPeer(baudrate=baudrate, turnaround_s=turnaround_s) as peer:
        pipe.send(peer.path)
        pipe.recv()
        pipe.send(peer.shortest_silence_s)


class SerialPeer:
    """Slaves on a serial line whose characters take their time.

    Attributes
    ----------
    path : str
        The port to open.
    """

    def __init__(self, *, baudrate: int, turnaround_s: float) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(baudrate, turnaround_s, theirs), daemon=True)
        self._process.start()
        theirs.close()
        self.path: str = self._pipe.recv()

    def finish(self) -> float:
        """End the line; the shortest silence that it heard before a request. [s]"""
        self._pipe.send(None)
        silence_s: float = self._pipe.recv()
        return silence_s

    def __enter__(self) -> SerialPeer:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.join()
