"""The findings as a page."""

from __future__ import annotations

import platform
import subprocess
from pathlib import Path

from greenhouse.clock import utc_now
from scripts.validate_plant.findings import Part

PROJECT = Path(__file__).resolve().parents[2]
PAGE = PROJECT / "docs" / "validation.md"
PICTURES = PROJECT / "docs" / "pictures" / "validation"

ABOUT = """# Validation of the plant model

Written by `scripts/validate_plant/` (`make validation`); do not edit. Every figure of the climate model beside what it
should be. The same functions run in `tests/plant/climate/`; a figure that misses its goal here is told in
`docs/plant-model.md` and kept from getting worse by its test. The crops are held to their own references in
`docs/crop-model.md`.
"""


def document(parts: list[Part]) -> str:
    """The page."""
    command = ["git", "rev-parse", "--short", "HEAD"]
    commit = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False).stdout.strip()
    figures = [figure for part in parts for figure in part.figures]
    met = sum(figure.met for figure in figures)
    made = f"{utc_now():%Y-%m-%d %H:%M} UTC, commit {commit}, Python {platform.python_version()}"
    lines = [ABOUT, f"{made}: {met} of {len(figures)} goals met."]
    for part in parts:
        lines += ["", f"## {part.title}", "", part.about, "", "| | goal | found | met |", "| --- | --- | --- | --- |"]
        lines += [
            f"| {one.what} | {one.goal} | {one.found} | {'yes' if one.met else '**no**'} |" for one in part.figures
        ]
        for name in part.charts:
            lines += ["", f"![{name.removesuffix('.svg')}](pictures/validation/{name})"]
    return "\n".join([*lines, ""])


def write(parts: list[Part]) -> None:
    """Write the page and its charts."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    for part in parts:
        for name, chart in part.charts.items():
            (PICTURES / name).write_text(chart, encoding="utf-8")
    PAGE.write_text(document(parts), encoding="utf-8")
