"""Kills the control process at random instants while others ask for changes: ``make prove``.

A small simulated base answers on real Modbus; ``manage.py runcontrol`` controls it, with a second one standing by;
other processes store requests without a pause. The control process is killed with SIGKILL again and again. At the end
the write log of the simulated devices decides: no request is lost, none was carried out twice, each has an honest end.

SQLite is proved, then PostgreSQL if DATABASE_URL names a server, each in a process of its own (``--run``), and the
figures are written to docs/proof-commands.md.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import django

from benchmarks.own_database import own_database
from scripts.prove_commands.document import document
from scripts.prove_commands.result import Result

PROJECT = Path(__file__).resolve().parents[2]


def main() -> None:
    """Prove and say what failed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=300, help="on SQLite; a fifth of it on PostgreSQL")
    parser.add_argument("--kills-postgresql", type=int, help="another number there")
    parser.add_argument("--no-document", action="store_true", help="print the figures only")
    parser.add_argument("--run", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--ask", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--var", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.ask is not None:
        _ask(arguments.ask, arguments.var)
    elif arguments.run:
        _run(arguments.var, arguments.kills)
    else:
        kills_postgresql = arguments.kills_postgresql or max(5, arguments.kills // 5)
        _prove(arguments.kills, kills_postgresql, has_document=not arguments.no_document)


def _prove(kills: int, kills_postgresql: int, *, has_document: bool) -> None:
    results = [run_apart(kills, "")]
    print(document(results), flush=True)  # what took half an hour is not lost if the rest cannot run
    if url := os.environ.get("DATABASE_URL", ""):
        with own_database(urlunsplit(urlsplit(url)._replace(path=""))) as own_url:
            results.append(run_apart(kills_postgresql, own_url))
    page = document(results)
    print(page)
    if has_document:
        (PROJECT / "docs" / "proof-commands.md").write_text(page)
    if faults := [f"{result.engine}: {fault}" for result in results for fault in result.faults]:
        sys.exit("failed:\n" + "\n".join(faults[:50]))


def run_apart(kills: int, database_url: str) -> Result:
    """Prove in a process of its own, in a folder that is gone afterwards.

    Parameters
    ----------
    database_url : str
        An empty database; an empty text: SQLite.
    """
    with tempfile.TemporaryDirectory(prefix="prove-commands-") as folder:
        environment = {**os.environ, "GREENHOUSE_VAR": folder, "DATABASE_URL": database_url}
        command = [sys.executable, "-m", "scripts.prove_commands", "--run", "--kills", str(kills), "--var", folder]
        answer = subprocess.run(command, cwd=PROJECT, env=environment, stdout=subprocess.PIPE, check=True)
        return Result(**json.loads(answer.stdout))


# What follows runs in processes of its own: models can be imported when Django is set up.


def _ask(number: int, var: Path) -> None:
    _set_up()
    from scripts.prove_commands.askers import ask

    ask(number, var / "stop-asking")


def _run(var: Path, kills: int) -> None:
    _set_up()
    from scripts.prove_commands.proof import run

    print(json.dumps(asdict(run(var, kills))))


def _set_up() -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings.console"
    django.setup()


if __name__ == "__main__":
    main()
