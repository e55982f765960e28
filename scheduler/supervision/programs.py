"""The processes of a base that runs on one machine, as a table."""

from __future__ import annotations

from dataclasses import dataclass

from greenhouse.site.virtual_points import CONTROL

WATCHDOG = "watchdog"


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


def base_programs(python: str, *, port: int, simulated: bool) -> tuple[Program, ...]:
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
    """
    manage = (python, "manage.py")
    console = ("-m", "uvicorn", "config.asgi:application", "--host", "127.0.0.1", "--port", str(port))
    # Compressing each small frame triples its latency on a local network. A page says no more than which frame it
    # knows, so nobody may fill the memory with one message. A page that is gone without a word is noticed by its
    # missing answer to the server's ping, within 40 s.
    sockets = ("--ws", "websockets-sansio", "--ws-per-message-deflate", "false", "--ws-max-size", "4096")
    # Who speaks for a client's address is settled in one place, GREENHOUSE_TRUSTED_PROXIES.
    options = (*sockets, "--no-proxy-headers", "--timeout-graceful-shutdown", "5", "--no-access-log")
    programs = (
        Program("console", (python, *console, *options), stop_rank=20),
        Program("maintenance", (*manage, "runmaintenance"), stop_rank=30),
        Program(CONTROL, (*manage, "runcontrol"), stop_rank=40, stop_wait_s=30),
        Program(WATCHDOG, (python, "-m", "scheduler.supervision.watchdog"), stop_rank=90),
    )
    if simulated:
        return (Program("simulator", (*manage, "runsimulator"), stop_rank=10), *programs)
    return programs
