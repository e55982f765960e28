"""From the tap on a page to the value in force on it: the real processes of a base, while its stores are tidied."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
import urllib.error
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from websockets.sync.client import ClientConnection

from benchmarks.results import PROJECT, Row, Section, at_most
from benchmarks.running_base import (
    RunningBase,
    Technician,
    commands_in,
    folder_for_a_base,
    hidden_fields,
    wait_until,
)

_GOAL_MS = 700.0
_SETPOINTS = tuple(f"h{house}-climate.heating_setpoint" for house in range(1, 7))
_VALUES_C = ("15.5", "16")
_CONFIRMED_WITHIN_S = 15.0
_LOOK_AGAIN = frozenset({409, 422})
"""Conflict, or the value asked for is in force by now."""
_ENDED = frozenset({"confirmed", "unverifiable", "refused", "rejected", "timeout", "expired", "superseded"})


@dataclass(slots=True)
class Taps:
    """What became of the taps."""

    latencies_s: list[float] = field(default_factory=list)
    not_confirmed: list[str] = field(default_factory=list)


def measure(*, quick: bool) -> Section:
    """Tap again and again on a base that is quiet, then on one that packs, rolls up, prunes and is backed up."""
    taps = 12 if quick else 300
    with folder_for_a_base() as folder:
        base = RunningBase(folder, before_start=lambda environment: _fill_store(environment, quick=quick))
        with base:
            quiet = _tap(base, taps // 3)
            with _Backups(base, folder / "bench-backups") as backups:
                busy = _tap(base, taps)
            left = int(_fill_store(base.environment, quick=quick, only_count=True))
    return _section(quiet, busy, backups=backups.done, rows_left=left)


def _section(quiet: Taps, busy: Taps, *, backups: int, rows_left: int) -> Section:
    quiet_ms, busy_ms = (1000 * np.percentile(taps.latencies_s, (50, 99, 100)) for taps in (quiet, busy))
    text = (
        "The demonstration base with its processes (simulated devices, control, maintenance, console) on SQLite. A "
        "technician sends a setpoint's form over HTTP; the time ends when the page's socket says confirmed: stored, "
        "taken, written over Modbus, read back, recorded, pushed. Meanwhile the control process packs and rolls up "
        f"days of old samples, and backups follow one another without a pause ({backups} in that time)."
    )
    rows = [
        Row("on a quiet base, p50 / p99", f"{quiet_ms[0]:.0f} / {quiet_ms[1]:.0f} ms"),
        Row("while the stores are tidied, p50", f"{busy_ms[0]:.0f} ms"),
        at_most("while the stores are tidied, p99", float(busy_ms[1]), _GOAL_MS, "{:.0f} ms"),
        Row("longest", f"{busy_ms[2]:.0f} ms"),
        Row("taps", f"{len(busy.latencies_s)}"),
        Row(
            "taps that were not confirmed",
            f"{len(busy.not_confirmed)}{''.join(f' ({state})' for state in sorted(set(busy.not_confirmed)))}",
            "0",
            not busy.not_confirmed,
        ),
        Row("old samples not yet packed at the end", f"{rows_left:,}"),
    ]
    return Section("From the tap to the value in force", text, rows)


def _tap(base: RunningBase, times: int) -> Taps:
    technician = Technician(base)
    taps = Taps()
    with technician.live() as live:
        for number in range(times):
            key = _SETPOINTS[number % len(_SETPOINTS)]
            _tap_once(technician, live, key, taps)
    return taps


def _tap_once(technician: Technician, live: ClientConnection, key: str, taps: Taps) -> None:
    path = f"/points/{key}/set"
    page = ""

    def is_open() -> bool:
        nonlocal page
        page = technician.get(path)
        return 'name="seen_value" value="' in page and 'data-refused="true"' not in page

    def is_sent() -> bool:
        """False if the value in force was read anew between page and tap: the person looks again."""
        nonlocal began_s
        wait_until(is_open, f"{key} takes requests")
        fields = hidden_fields(page)
        other = next(value for value in _VALUES_C if float(value) != float(fields["seen_value"]))
        fields |= {"value": other, "reason": "benchmark", "held": "1", "step": "apply"}
        began_s = time.perf_counter()
        try:
            technician.post(path, fields)
        except urllib.error.HTTPError as answer:
            if answer.code not in _LOOK_AGAIN:
                raise
            return False
        return True

    began_s = 0.0
    wait_until(is_sent, f"{key} is sent")
    state = _end_of_request(live, key)
    if state == "confirmed":
        taps.latencies_s.append(time.perf_counter() - began_s)
    else:
        taps.not_confirmed.append(state)


def _end_of_request(live: ClientConnection, key: str) -> str:
    """State in which the newest request of a point ended, as the page's socket tells it."""
    over_at_s = time.monotonic() + _CONFIRMED_WITHIN_S
    while (left_s := over_at_s - time.monotonic()) > 0:
        try:
            message = live.recv(timeout=left_s)
        except TimeoutError:
            break
        for command in commands_in(message):
            if command["point"] == key and command["state"] in _ENDED:
                return str(command["state"])
    return "no end seen"


class _Backups:
    """Backups of a running base, one after the other."""

    def __init__(self, base: RunningBase, folder: Path) -> None:
        self._base, self._folder = base, folder
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="backups")
        self.done = 0

    def __enter__(self) -> _Backups:
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.is_set():
            self._base.manage("backup", "--to", str(self._folder / str(self.done)))
            self.done += 1


def _fill_store(environment: dict[str, str], *, quick: bool, only_count: bool = False) -> str:
    """Let a process with the base's settings fill its store with old samples, or count what is not packed yet."""
    arguments = ["count"] if only_count else ["fill", "0.5" if quick else "6"]
    command = [sys.executable, "-m", "benchmarks.old_samples", *arguments]
    answer = subprocess.run(command, cwd=PROJECT, env=environment, check=True, stdout=subprocess.PIPE, text=True)
    return answer.stdout.strip() or "0"
