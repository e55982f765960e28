"""A line to a server that a test can freeze, cut and mend."""

from __future__ import annotations

import selectors
import socket
import threading
from typing import Literal


class LineCut:
    """Forwards TCP connections to a port of this machine, as long as the line is whole.

    ``frozen``: connections stay open and nothing passes. ``cut``: open connections are broken and new ones refused.
    """

    def __init__(self, port: int) -> None:
        self._target = ("127.0.0.1", port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._state: Literal["whole", "frozen", "cut"] = "whole"
        self._pairs: dict[socket.socket, socket.socket] = {}
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._listener, selectors.EVENT_READ)
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="line-cut")

    @property
    def address(self) -> str:
        """Where the page is opened."""
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def start(self) -> None:
        """Begin to forward."""
        self._thread.start()

    def stop(self) -> None:
        """End it."""
        self._stopping.set()
        self._thread.join(timeout=5)
        self._listener.close()
        self._selector.close()

    def lead_to(self, port: int) -> None:
        """Connect new connections with another port."""
        self._target = ("127.0.0.1", port)

    def freeze(self) -> None:
        """Let nothing pass."""
        self._state = "frozen"

    def cut(self) -> None:
        """Break everything."""
        self._state = "cut"

    def mend(self) -> None:
        """Let everything pass again."""
        self._state = "whole"

    def _run(self) -> None:
        while not self._stopping.is_set():
            if self._state == "cut":
                self._break_all()
            for key, _ in self._selector.select(timeout=0.05):
                if key.fileobj is self._listener:
                    self._accept()
                elif self._state == "whole":
                    self._forward(key.fileobj)
            if self._state == "frozen":
                self._stopping.wait(0.05)
        self._break_all()

    def _accept(self) -> None:
        near, _ = self._listener.accept()
        if self._state == "cut":
            near.close()
            return
        try:
            far = socket.create_connection(self._target)
        except OSError:
            near.close()
            return
        for one, other in ((near, far), (far, near)):
            self._pairs[one] = other
            self._selector.register(one, selectors.EVENT_READ)

    def _forward(self, source: socket.socket) -> None:
        if source not in self._pairs:
            return
        try:
            chunk = source.recv(65536)
            if chunk:
                self._pairs[source].sendall(chunk)
                return
        except OSError:
            pass
        self._break(source)

    def _break_all(self) -> None:
        for one in list(self._pairs):
            self._break(one)

    def _break(self, one: socket.socket) -> None:
        other = self._pairs.pop(one, None)
        if other is None:
            return
        self._pairs.pop(other, None)
        for end in (one, other):
            self._selector.unregister(end)
            end.close()
