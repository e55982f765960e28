"""What was measured, as a document: one table per benchmark, each row with its goal and whether it was met."""

from __future__ import annotations

import os
import platform
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
_HOW_TO_READ = """\
Written by `make bench`. Each number is measured next to its comparator in the same run: the two take turns, round by
round, and a ratio is the median of the ratios of the rounds. So a busy machine disturbs both alike: trust the ratios
more than the absolute numbers. CPU is that of the measuring process alone; peers run in processes of their own. "Bare
pymodbus" is its blocking client, without any check, schedule, queue, reconnection or counter around it."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a table.

    Attributes
    ----------
    met : bool or None
        Whether the goal was met; None where there is no goal.
    """

    what: str
    measured: str
    goal: str = ""
    met: bool | None = None

    def __str__(self) -> str:
        verdict = {True: "met", False: "**not met**", None: ""}[self.met]
        return f"| {self.what} | {self.measured} | {self.goal} | {verdict} |"


def at_most(what: str, value: float, limit: float, form: str) -> Row:
    """A row whose number should be small; ``form`` writes both the number and the goal."""
    return Row(what, form.format(value), f"≤ {form.format(limit)}", value <= limit)


def at_least(what: str, value: float, limit: float, form: str) -> Row:
    """A row whose number should be large; ``form`` writes both the number and the goal."""
    return Row(what, form.format(value), f"≥ {form.format(limit)}", value >= limit)


@dataclass(frozen=True, slots=True)
class Section:
    """One benchmark."""

    title: str
    text: str
    rows: Sequence[Row]

    def __str__(self) -> str:
        table = "\n".join(map(str, self.rows))
        return f"## {self.title}\n\n{self.text}\n\n| measured | result | goal | |\n| --- | --- | --- | --- |\n{table}\n"


def circumstances(now: datetime) -> str:
    """Machine, versions and load at the start of a run."""
    one_min, five_min, fifteen_min = os.getloadavg()
    memory_gib = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    kernel = platform.release().partition("-")[0]
    return "\n".join(
        (
            f"- Machine: {_processor()}, {os.cpu_count()} cores, {memory_gib:.0f} GiB",
            f"- Software: Python {platform.python_version()}, Linux {kernel}",
            f"- Date: {now:%Y-%m-%d %H:%M} UTC",
            f"- Commit: {_commit()}",
            f"- Load average at the start: {one_min:.1f} (1 min), {five_min:.1f} (5 min), {fifteen_min:.1f} (15 min)",
        )
    )


def document(circumstances: str, sections: Sequence[Section], *, is_quick: bool) -> str:
    """The whole text."""
    warning = "\n\n**A quick run: too short to mean anything.**" if is_quick else ""
    goals = [row.met for section in sections for row in section.rows if row.met is not None]
    summary = f"{sum(goals)} of {len(goals)} goals met."
    parts = (f"# Benchmarks\n\n{_HOW_TO_READ}{warning}\n\n{circumstances}\n\n{summary}\n", *map(str, sections))
    return "\n".join(parts)


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        name, _, model = line.partition(":")
        if name.strip() == "model name":
            return model.strip()
    return platform.machine()


def _commit() -> str:
    commit = _git("rev-parse", "--short", "HEAD")
    if not commit:
        return "unknown"
    return (
        f"{commit} with changes"
        if _git("status", "--porcelain", "--", "devices", "greenhouse", "benchmarks")
        else commit
    )


def _git(*arguments: str) -> str:
    """What git says; empty where there is no repository."""
    command = ("git", *arguments)
    return subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False).stdout.strip()
