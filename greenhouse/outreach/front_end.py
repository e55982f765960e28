"""The built scripts and styles of the displays. Their names carry a hash, so a browser may keep each for good."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent / "static" / "outreach" / "build"
ENTRIES = ("wall.js", "phone.js", "wall.css", "phone.css")


class NotBuilt(Exception):
    """The front end was never built: run `make setup`."""


@cache
def files() -> dict[str, str]:
    """Path below ``/static/`` of each entry.

    Raises
    ------
    NotBuilt
        If one is missing.
    """
    found = {}
    for entry in ENTRIES:
        stem, _, ending = entry.partition(".")
        built = sorted(FOLDER.glob(f"{stem}-*.{ending}"))
        if len(built) != 1:
            raise NotBuilt(f"{len(built)} files for {entry} in {FOLDER}: run `make setup`")
        found[entry] = f"outreach/build/{built[0].name}"
    return found


@cache
def front_end_build() -> str:
    """Another text after every change of a script or style."""
    return hashlib.sha256(" ".join(files().values()).encode()).hexdigest()[:12]
