"""What was measured, as a document: one table per benchmark, each row with its goal and whether it was met.

Each table says when, where and at which commit it was measured, so one can be measured anew without the others.
"""

from __future__ import annotations

import os
import platform
import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
_HOW_TO_READ = """\
Written by `make bench`; `python -m benchmarks --only NAME` measures one table anew, so each says when it was measured.
Each number is measured next to its comparator in the same run: the two take turns, round by round, and a ratio is the
median of the ratios of the rounds. So a busy machine disturbs both alike: trust the ratios more than the absolute
numbers; a time counts only where the load before it was low. CPU is that of the measuring process alone; peers run in
processes of their own. "Bare pymodbus" is its blocking client, without any check, schedule, queue, reconnection or
counter around it."""

_TABLE = "\n## "
_MET, _MISSED = "met", "**not met**"


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
        verdict = {True: _MET, False: _MISSED, None: ""}[self.met]
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

    def table(self, circumstances: str) -> str:
        """Its part of the document."""
        head = f"## {self.title}\n\n{self.text}\n\n{circumstances}\n\n"
        return "\n".join(
            (f"{head}| measured | result | goal | |", "| --- | --- | --- | --- |", *map(str, self.rows), "")
        )


def circumstances(now: datetime) -> str:
    """When, at which commit, beside how much other work and on which machine something is about to be measured."""
    one_min, five_min, _fifteen_min = os.getloadavg()
    memory_gib = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    kernel = platform.release().partition("-")[0]
    return (
        f"*{now:%Y-%m-%d %H:%M} UTC, commit {_commit()}; load before it {one_min:.1f} (1 min), {five_min:.1f} (5 min); "
        f"{_processor()}, {os.cpu_count()} cores, {memory_gib:.0f} GiB; "
        f"Python {platform.python_version()}, Linux {kernel}.*"
    )


def document(tables: Iterable[str], *, is_quick: bool) -> str:
    """The whole text."""
    tables = list(tables)
    warning = "\n\n**A quick run: too short to mean anything.**" if is_quick else ""
    met, missed = (sum(table.count(verdict) for table in tables) for verdict in (f"| {_MET} |", f"| {_MISSED} |"))
    summary = f"{met} of {met + missed} goals met."
    return "\n".join((f"# Benchmarks\n\n{_HOW_TO_READ}{warning}\n\n{summary}\n", *tables))


def renewed(text: str, tables: Iterable[str]) -> str:
    """A document with some of its tables measured anew; what it did not have yet comes last."""
    _head, *old = text.split(_TABLE)
    found = {table.partition("\n")[0]: f"{_TABLE.lstrip()}{table}" for table in old}
    found |= {table.removeprefix(_TABLE.lstrip()).partition("\n")[0]: table for table in tables}
    return document((table.rstrip("\n") + "\n" for table in found.values()), is_quick=False)


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
