"""The processes of a base that runs on one machine, as a table."""

from __future__ import annotations

from dataclasses import dataclass

from greenhouse.site.virtual_points import CONTROL

WATCHDOG = "watchdog"
PUBLIC = "public"
VISITORS_HOST = "visit.localhost"
"""Browsers take every name that ends so for this machine, and none sends it the console's cookie."""
KEPT_FROM_VISITORS = ("DATABASE_URL", "REDIS_URL", "GREENHOUSE_OUTREACH_URL", "GREENHOUSE_SECRET_KEY")
"""Variables that lead to the base's own stores and secrets."""


@dataclass(frozen=True, slots=True)
class Program:
    """One supervised process.

    Attributes
    ----------
    name : str
        Name under the supervisor, and of its sign of life (`scheduler.heartbeat`).
    command : tuple of str
        Program and arguments.
    stop_rank : int
        A planned stop goes from the highest rank to the lowest and waits for each; a start goes the other way and
        waits for none. Unique.
    stop_wait_s : int
        How long a planned stop waits before it kills. [s]
    """

    name: str
    command: tuple[str, ...]
    stop_rank: int
    stop_wait_s: int = 10


def base_programs(
    python: str, *, port: int, simulated: bool, public_port: int | None = None, public_host: str = VISITORS_HOST
) -> tuple[Program, ...]:
    """The processes of a base on one machine.

    The watchdog stops first, or it would take a slow stop for a hang. Control stops next, while everything it needs to
    close its outputs still runs; the simulated base stops last, because control's last writes must still reach it.

    Parameters
    ----------
    python : str
        Interpreter of the virtual environment.
    port : int
        TCP port of the console.
    simulated : bool
        Whether the simulated base is one of them.
    public_port : int, optional
        TCP port of visitors' pages; none: they are not served.
    public_host : str, optional
        Name under which visitors find them, with its port where that is not the usual one.
    """
    manage = (python, "manage.py")
    console = ("-m", "uvicorn", "config.asgi:application", "--host", "127.0.0.1", "--port", str(port))
    # Compressing each small frame triples its latency on a local network. A page says no more than which frame it
    # knows, so nobody may fill the memory with one message. A page that is gone without a word is noticed by its
    # missing answer to the server's ping, within 40 s.
    sockets = ("--ws", "websockets-sansio", "--ws-per-message-deflate", "false", "--ws-max-size", "4096")
    # Who speaks for a client's address is settled in one place, GREENHOUSE_TRUSTED_PROXIES.
    options = (*sockets, "--no-proxy-headers", "--timeout-graceful-shutdown", "5", "--no-access-log")
    programs: tuple[Program, ...] = (
        Program("console", (python, *console, *options), stop_rank=20),
        Program("maintenance", (*manage, "runmaintenance"), stop_rank=30),
        Program(CONTROL, (*manage, "runcontrol"), stop_rank=40, stop_wait_s=30),
        Program(WATCHDOG, (python, "-m", "scheduler.supervision.watchdog"), stop_rank=90),
    )
    if public_port is not None:
        programs = (_public(python, public_port, public_host), *programs)
    if simulated:
        return (Program("simulator", (*manage, "runsimulator"), stop_rank=10), *programs)
    return programs


def _public(python: str, port: int, host: str) -> Program:
    """Visitors' pages. What their process must not know is taken out of its environment, so it is in no dump of it."""
    forgetting = tuple(part for name in KEPT_FROM_VISITORS for part in ("--unset", name))
    naming = (f"GREENHOUSE_PUBLIC_HOST={host}",)
    serving = ("-m", "uvicorn", "config.public.asgi:application", "--host", "127.0.0.1", "--port", str(port))
    options = ("--ws", "none", "--no-proxy-headers", "--timeout-graceful-shutdown", "5", "--no-access-log")
    return Program(PUBLIC, ("/usr/bin/env", *forgetting, *naming, python, *serving, *options), stop_rank=15)
