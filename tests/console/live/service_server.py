"""The console behind the real web server, with the options it is run with in service."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from uvicorn.main import main as uvicorn_command

from config.asgi import application
from scheduler.supervision.programs import base_programs

_OF_SOCKETS = ("ws", "ws_max_size", "ws_per_message_deflate", "ws_ping_interval", "ws_ping_timeout")


def socket_options() -> dict[str, object]:
    """What the command line of the supervised console says about sockets."""
    (program,) = (each for each in base_programs(sys.executable, port=0, simulated=False) if each.name == "console")
    arguments = program.command[program.command.index("config.asgi:application") :]
    options = uvicorn_command.make_context("uvicorn", list(arguments)).params
    return {name: options[name] for name in _OF_SOCKETS}


@contextmanager
def service_server(app=application, **changed: object) -> Iterator[int]:
    """The port of a console that runs in a thread."""
    options = {"port": 0, "log_level": "info", "lifespan": "off", "log_config": None, **socket_options(), **changed}
    server = uvicorn.Server(uvicorn.Config(app, **options))
    thread = threading.Thread(target=server.run, name="console")
    thread.start()
    try:
        while not server.started:
            assert thread.is_alive()
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        server.should_exit = True
        thread.join(timeout=20)
