"""Five hundred phones before the wall: what they wait for, what they cost, and that the base does not notice them."""

from __future__ import annotations

import json
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from benchmarks.results import PROJECT, Row, Section, at_most
from benchmarks.running_base import NotInTime, RunningBase, Technician, folder_for_a_base, wait_until
from scheduler.supervision.programs import PUBLIC, VISITORS_HOST

_ARRIVE_S = 10.0
_PUBLISHED_WITHIN_S = 240.0
_PAGE_EVERY_S = 0.25
_CYCLES = """
import sys
import django
django.setup()
from datetime import UTC, datetime, timedelta
from greenhouse.telemetry import series
now = datetime.now(UTC)
print(*series.samples("control.cycle_time", now - timedelta(seconds=float(sys.argv[1])), now).samples.values)
"""


@dataclass
class _Base:
    """How the console and the control process were, in the rounds of one kind."""

    pages_ms: list[float] = field(default_factory=list)
    cycles_ms: list[float] = field(default_factory=list)

    def p95_ms(self) -> float:
        return float(np.percentile(self.pages_ms, 95))


@dataclass
class _Phones:
    """What the phones saw in all rounds, and what they cost."""

    views_ms: list[float] = field(default_factory=list)
    polls_ms: list[float] = field(default_factory=list)
    unchanged: int = 0
    faults: list[str] = field(default_factory=list)
    view_bytes: int = 0
    cpu_pct: list[float] = field(default_factory=list)

    def add(self, seen: dict[str, object]) -> None:
        """Join what one round brought."""
        self.views_ms += seen["views_ms"]  # type: ignore[arg-type]
        self.polls_ms += seen["polls_ms"]  # type: ignore[arg-type]
        self.faults += seen["faults"]  # type: ignore[arg-type]
        self.unchanged += int(seen["unchanged"])  # type: ignore[call-overload]
        self.view_bytes = max(self.view_bytes, int(seen["view_bytes"]))  # type: ignore[call-overload]


class _Memory(NamedTuple):
    """Of the public process: before anybody came, and at most. [MB]"""

    before: float
    at_most: float


def measure(*, quick: bool) -> Section:
    """A base with and without phones, in turns, then all phones in the same moment."""
    phones, rounds, seconds = (50, 1, 10.0) if quick else (500, 3, 60.0)
    quiet, busy, steady, burst = _Base(), _Base(), _Phones(), _Phones()
    with folder_for_a_base() as folder, RunningBase(folder, before_start=lambda _environment: None) as base:
        wait_until(lambda: _is_published(base), "something is published", within_s=_PUBLISHED_WITHIN_S)
        before_mb = _memory_mb(base, "VmRSS")
        for _ in range(rounds):
            _watch(base, quiet, seconds=seconds)
            _visit(base, steady, phones, arrive_s=_ARRIVE_S, seconds=seconds, meanwhile=busy)
        _visit(base, burst, phones, arrive_s=0.0, seconds=0.0, meanwhile=None)
        memory_mb = _Memory(before_mb, _memory_mb(base, "VmHWM"))
    text = (
        f"The demonstration base with all its processes, and {phones} phones on the wall's pages: page, style, script "
        f"and data, then the data every 15 s, a quarter sooner or later, naming what they have; connections, "
        "compression and pauses as a browser's. A school's worth of phones: ten buses. They come within "
        f"{_ARRIVE_S:.0f} s and stay for {seconds:.0f} s, in turns with the same base without them ({rounds} each); "
        "at the end all of them come in one moment. No line lies between: at 1.6 Mbit/s with 150 ms a round trip, four "
        "round trips and the bytes take about 0.8 s, so a second is left to the server if the first number is to "
        "stand after two and a half. A question for the data is to be answered within the tenth of a second that "
        "nobody notices. Half a core and 150 MB are what a small PC has to spare. Console: the overview, four times "
        "a second. Phones and base share the cores."
    )
    return Section("Visitors' phones", text, _rows(phones, (quiet, busy), steady, burst, memory_mb))


def _rows(phones: int, bases: tuple[_Base, _Base], steady: _Phones, burst: _Phones, memory_mb: _Memory) -> list[Row]:
    quiet, busy = bases
    if not (steady.views_ms and steady.polls_ms and burst.views_ms):
        return [Row(f"{phones} phones: nobody was served in time", _told(steady.faults + burst.faults), "0", met=False)]
    views, polls, at_once = (_three(each) for each in (steady.views_ms, steady.polls_ms, burst.views_ms))
    faults = steady.faults + burst.faults
    asked = len(steady.views_ms) + len(steady.polls_ms) + len(burst.views_ms)
    cycles = [np.array(each.cycles_ms) for each in (quiet, busy)]
    name = f"{phones} phones"
    return [
        Row(f"{name}: faults of {asked:,} views and questions", _told(faults), "0", not faults),
        Row(f"{name} within {_ARRIVE_S:.0f} s: first view, p50 / longest", f"{views[0]:.0f} / {views[2]:.0f} ms"),
        at_most(f"{name} within {_ARRIVE_S:.0f} s: first view, p95", views[1], 1000.0, "{:.0f} ms"),
        Row(f"{name}: question for the data, p50 / longest", f"{polls[0]:.1f} / {polls[2]:.0f} ms"),
        at_most(f"{name}: question for the data, p95", polls[1], 100.0, "{:.0f} ms"),
        Row(f"{name}: questions, of these unchanged", f"{len(steady.polls_ms):,}, {steady.unchanged:,}"),
        Row(f"{name} in one moment: first view, p50 / longest", f"{at_once[0]:.0f} / {at_once[2]:.0f} ms"),
        at_most(f"{name} in one moment: first view, p95", at_once[1], 5000.0, "{:.0f} ms"),
        at_most("one first view", steady.view_bytes / 1000, 300.0, "{:.0f} kB"),
        at_most("CPU of the public process while they stay", max(steady.cpu_pct), 50.0, "{:.0f} % of one core"),
        at_most(
            f"memory of the public process at most ({memory_mb.before:.0f} MB before)",
            memory_mb.at_most,
            150.0,
            "{:.0f} MB",
        ),
        Row("console, p50 without / with them", f"{np.median(quiet.pages_ms):.0f} / {np.median(busy.pages_ms):.0f} ms"),
        at_most(
            f"console, p95 with them to without ({quiet.p95_ms():.0f} ms)",
            busy.p95_ms() / quiet.p95_ms(),
            1.25,
            "{:.2f} ×",
        ),
        Row("control cycle, longest without them", f"{cycles[0].max():.0f} ms"),
        at_most("control cycle, longest with them", float(cycles[1].max()), 100.0, "{:.0f} ms"),
    ]


def _three(values_ms: list[float]) -> npt.NDArray[np.float64]:
    """Half of them, nineteen of twenty, and all were not longer."""
    return np.percentile(values_ms, (50, 95, 100))


def _told(faults: list[str]) -> str:
    return f"{len(faults)}{''.join(f' ({fault})' for fault in sorted(set(faults))[:3])}"


def _visit(
    base: RunningBase, phones: _Phones, count: int, *, arrive_s: float, seconds: float, meanwhile: _Base | None
) -> None:
    """Let the phones come and stay; watch the base while they stay."""
    file = base.folder / "seen.json"
    arguments = (str(base.public_port), str(count), str(seconds), str(arrive_s), str(file))
    command = [sys.executable, "-m", "benchmarks.visitor_clients", *arguments]
    with subprocess.Popen(command, cwd=PROJECT, env=base.environment, stdout=subprocess.PIPE, text=True) as visitors:
        assert visitors.stdout is not None
        if visitors.stdout.readline().strip() != "arrived":
            raise RuntimeError("the phones did not come")
        if meanwhile is not None:
            before_s = base.cpu_s(PUBLIC)
            _watch(base, meanwhile, seconds=seconds)
            phones.cpu_pct.append(100.0 * (base.cpu_s(PUBLIC) - before_s) / seconds)
    phones.add(json.loads(file.read_text(encoding="utf-8")))


def _watch(base: RunningBase, found: _Base, *, seconds: float) -> None:
    """Open the overview again and again, and look up how long control cycles took meanwhile."""
    technician = _signed_in(base)
    technician.get("/")
    over_at_s = time.monotonic() + seconds
    while time.monotonic() < over_at_s:
        began_s = time.monotonic()
        technician.get("/")
        took_s = time.monotonic() - began_s
        found.pages_ms.append(1000.0 * took_s)
        time.sleep(max(0.0, _PAGE_EVERY_S - took_s))
    environment = base.environment | {"DJANGO_SETTINGS_MODULE": "config.settings.console"}
    told = subprocess.run(
        [sys.executable, "-c", _CYCLES, str(seconds)],
        cwd=PROJECT,
        env=environment,
        stdout=subprocess.PIPE,
        check=True,
        text=True,
    ).stdout
    found.cycles_ms += [1000.0 * float(cycle_s) for cycle_s in told.split()]


def _signed_in(base: RunningBase) -> Technician:
    """A technician, in the end: signing in is slow by intent, and a busy machine has other things to do."""
    for _ in range(5):
        with suppress(TimeoutError, urllib.error.URLError):
            return Technician(base)
    raise NotInTime("a technician is signed in")


def _is_published(base: RunningBase) -> bool:
    request = urllib.request.Request(f"http://127.0.0.1:{base.public_port}/data.json", headers={"Host": VISITORS_HOST})
    try:
        with urllib.request.urlopen(request, timeout=10.0) as answer:  # noqa: S310
            return bool(answer.status == 200)
    except (urllib.error.URLError, ConnectionError):
        return False


def _memory_mb(base: RunningBase, what: str) -> float:
    """Memory of the public process: ``VmRSS`` now, ``VmHWM`` at most so far. [MB]"""
    text = Path(f"/proc/{base.process_id(PUBLIC)}/status").read_text(encoding="utf-8")
    return int(next(line.split()[1] for line in text.splitlines() if line.startswith(what))) * 1024 / 1e6
