"""The network between a machine and its PostgreSQL server, which can be broken in the two ways that networks break."""

from __future__ import annotations

import selectors
import socket
import threading
from contextlib import suppress


class StoreLink:
    """Carries bytes between a port of the loopback and a server, or does not.

    Parameters
    ----------
    server : (host, port)
        Where PostgreSQL listens.
    """

    def __init__(self, server: tuple[str, int]) -> None:
        self._server = server
        self._selector = selectors.DefaultSelector()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._peers: dict[socket.socket, socket.socket] = {}
        self._frozen, self._refused, self._stop = threading.Event(), threading.Event(), threading.Event()
        self._selector.register(self._listener, selectors.EVENT_READ)
        self._thread = threading.Thread(target=self._carry_on, name="store link")
        self._thread.start()

    def freeze(self) -> None:
        """Carry nothing any more, without a word: a cable is cut somewhere on the way."""
        self._frozen.set()

    def refuse(self) -> None:
        """Close every connection and take no new one: the server is down."""
        self._refused.set()

    def mend(self) -> None:
        """Carry again; what was kept back arrives late."""
        self._frozen.clear()
        self._refused.clear()

    def close(self) -> None:
        """Close everything."""
        self._stop.set()
        self._thread.join()
        self._hang_up()
        self._listener.close()
        self._selector.close()

    def _carry_on(self) -> None:
        while not self._stop.is_set():
            if self._refused.is_set():
                self._hang_up()
            if self._frozen.wait(0.02 if self._frozen.is_set() else 0):
                continue
            for key, _events in self._selector.select(0.02):
                if key.fileobj is self._listener:
                    self._connect()
                else:
                    self._carry(key.fileobj)  # type: ignore[arg-type]  # only sockets are registered

    def _connect(self) -> None:
        near, _address = self._listener.accept()
        if self._refused.is_set():
            near.close()
            return
        far = socket.create_connection(self._server)
        for one, other in ((near, far), (far, near)):
            self._peers[one] = other
            self._selector.register(one, selectors.EVENT_READ)

    def _carry(self, one: socket.socket) -> None:
        if one not in self._peers:  # closed by what was carried just before
            return
        try:
            data = one.recv(65536)
            if data:
                self._peers[one].sendall(data)
                return
        except OSError:
            pass
        self._drop(one)

    def _drop(self, one: socket.socket) -> None:
        for end in (one, self._peers[one]):
            with suppress(KeyError, ValueError):
                self._selector.unregister(end)
            self._peers.pop(end, None)
            end.close()

    def _hang_up(self) -> None:
        for one in list(self._peers):
            if one in self._peers:
                self._drop(one)
