"""The page of curves in a real browser: a year of twenty points, from the first byte asked for to the first frame."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys

from benchmarks.results import PROJECT, Row, Section, at_most

_OPEN_GOAL_MS, _SCRIPTS_GOAL_KB = 1000.0, 200.0


def measure(*, quick: bool) -> Section:
    """In a process and on databases of its own."""
    text = (
        "The demonstration base with a year of hours of twenty temperatures, and the last two days of them as samples "
        "of every 50 s, packed and rolled up as the control process does it. A page of curves of all twenty over the "
        "whole year is opened in headless Chromium, each time with an empty cache, from a console in a process of its "
        "own on the same machine. *Opened* is from the start of the navigation to the first frame that shows the "
        "curves; medians. The server has answered once before: its first chart loads pandas, which takes a second."
    )
    if shutil.which("chromium") is None:
        return Section("Curves", text, [Row("everything", "not measured: there is no chromium on this machine")])
    command = [sys.executable, "-m", "benchmarks.trends_run", "3" if quick else "15"]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=True)
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return Section("Curves", text, _rows(found))


def _rows(found: dict[str, float]) -> list[Row]:
    return [
        at_most("20 points over a year, opened", found["opened_ms"], _OPEN_GOAL_MS, "{:.0f} ms"),
        Row("of that: the page itself, until its last byte", f"{found['page_ms']:.0f} ms"),
        Row("of that: the server's answer with the data", f"{found['data_ms']:.0f} ms"),
        Row("of that: reading and drawing it, until the first frame", f"{found['drawn_ms']:.0f} ms"),
        Row("slowest of all", f"{found['slowest_ms']:.0f} ms"),
        Row("buckets of each point", f"{found['buckets']:.0f}"),
        Row("data, compressed", f"{found['data_kb']:.1f} kB"),
        at_most("scripts of this page, compressed", found["scripts_kb"], _SCRIPTS_GOAL_KB, "{:.0f} kB"),
        Row("4 points over a day, opened", f"{found['day_opened_ms']:.0f} ms"),
        Row("20 points over a year on a phone's screen, opened", f"{found['phone_opened_ms']:.0f} ms"),
    ]
