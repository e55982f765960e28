"""A thousand open pages on one console process: how long from storing a value to every page having it."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from benchmarks.results import PROJECT, Row, Section, at_most
from benchmarks.running_base import RunningBase, folder_for_a_base

_PEOPLE = 40
_POINTS = 200


@dataclass(frozen=True)
class _Outcome:
    """What arrived.

    Attributes
    ----------
    waits_ms : array
        From the beginning of storing to the last byte in a page: one for each page and second that arrived. [ms]
    """

    sockets: int
    stored: int
    waits_ms: npt.NDArray[np.float64]
    changes: int
    snapshots: int
    closed: int
    console_cpu: float
    clients_cpu: float


def measure(*, quick: bool) -> Section:
    """Measure a few sockets and a thousand."""
    seconds = 10 if quick else 60
    rows: list[Row] = []
    for sockets in (100, 1000):
        outcome = _measure(sockets, seconds=seconds)
        rows += _rows(outcome)
    return Section(
        title="Live push",
        text=(
            "One console process as it is run in service (uvicorn, SQLite, no Redis), with a page's socket on the "
            f"overview for each of so many sessions of {_PEOPLE} people. A writer stores {_POINTS} changed points of "
            f"the overview in one transaction every second for {seconds} s. The time runs from the beginning of that "
            "transaction to the last byte of the frame in a page: storing, noticing, reading, encoding once, and "
            "writing to every socket. The sockets' other ends are one process of their own, whose CPU is said apart; "
            "on two cores it takes turns with the console. A page that finds a snapshot in place of frames it was too "
            "slow for has missed nothing and is counted as delivered."
        ),
        rows=rows,
    )


def _rows(outcome: _Outcome) -> list[Row]:
    wanted = outcome.sockets * outcome.stored
    p50, p99, longest = (float(q) for q in np.percentile(outcome.waits_ms, (50, 99, 100)))
    name = f"{outcome.sockets:,} sockets"
    share = 100.0 * len(outcome.waits_ms) / wanted
    is_goal = outcome.sockets == 1000
    p99_row = at_most(f"{name}: stored to arrived, p99", p99, 200.0, "{:.0f} ms")
    return [
        Row(
            f"{name}: delivered of {wanted:,}",
            f"{share:.2f} %",
            "100 %" if is_goal else "",
            len(outcome.waits_ms) == wanted if is_goal else None,
        ),
        Row(f"{name}: stored to arrived, p50 / longest", f"{p50:.0f} / {longest:.0f} ms"),
        p99_row if is_goal else Row(p99_row.what, p99_row.measured),
        Row(f"{name}: frames, of these snapshots", f"{outcome.changes + outcome.snapshots:,}, {outcome.snapshots:,}"),
        Row(
            f"{name}: CPU of the console, of the pages' process",
            f"{outcome.console_cpu:.0f} %, {outcome.clients_cpu:.0f} % of one core",
        ),
        Row(f"{name}: sockets that were closed", str(outcome.closed), "0", outcome.closed == 0),
    ]


def _measure(sockets: int, *, seconds: int) -> _Outcome:
    with folder_for_a_base() as folder:
        base = RunningBase(folder, before_start=lambda _environment: None, only=frozenset({"console"}))
        sessions = _beside(base, "live_store", "sessions", str(_PEOPLE), str(sockets)).split()
        with base:
            return _follow(base, sessions, seconds=seconds)


def _follow(base: RunningBase, sessions: list[str], *, seconds: int) -> _Outcome:
    file = base.folder / "arrived.json"
    clients = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.live_clients", str(base.port), str(file)],
        cwd=PROJECT,
        env=base.environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert clients.stdin is not None
    assert clients.stdout is not None
    clients.stdin.write(" ".join(sessions) + "\n")
    clients.stdin.flush()
    if clients.stdout.readline().strip() != "linked":
        raise RuntimeError("the sockets were not opened")
    before_s = base.cpu_s("console")
    lines = _beside(base, "live_store", "write", str(_POINTS), str(seconds)).splitlines()
    console_s = base.cpu_s("console") - before_s
    clients.communicate(timeout=60.0)
    stored = [(int(at), int(began)) for at, began in (line.split() for line in lines)]
    return _judge(json.loads(file.read_text(encoding="utf-8")), stored, console_s=console_s, seconds=seconds)


def _judge(arrived: dict[str, object], stored: list[tuple[int, int]], *, console_s: float, seconds: int) -> _Outcome:
    newest = {int(sequence): at for sequence, at in arrived["newest"].items()}  # type: ignore[attr-defined]
    pages: list[list[tuple[str, int, int]]] = arrived["frames"]  # type: ignore[assignment]
    waits, kinds = [], []
    for frames in pages:
        news = [(newest[sequence], at_ns) for kind, sequence, at_ns in frames if kind != "beat"]
        kinds += [kind for kind, _, _ in frames]
        for stored_at, began_ns in stored:
            arrival = next((at_ns for at, at_ns in news if at >= stored_at), None)
            if arrival is not None:
                waits.append((arrival - began_ns) / 1e6)
    return _Outcome(
        sockets=len(pages),
        stored=len(stored),
        waits_ms=np.array(waits),
        changes=kinds.count("changes"),
        snapshots=kinds.count("snapshot"),
        closed=int(arrived["closed"]),  # type: ignore[call-overload]
        console_cpu=100.0 * console_s / seconds,
        clients_cpu=100.0 * float(arrived["cpu_s"]) / seconds,  # type: ignore[arg-type]
    )


def _beside(base: RunningBase, module: str, *arguments: str) -> str:
    """Run a module beside the base to its end. Returns what it printed."""
    return subprocess.run(
        [sys.executable, "-m", f"benchmarks.{module}", *arguments],
        cwd=PROJECT,
        env=base.environment,
        stdout=subprocess.PIPE,
        check=True,
        text=True,
    ).stdout
