"""``manage.py runbase``: prepare this machine's base and run all its processes under one supervisor."""

from __future__ import annotations

import os
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from devices.errors import FaultyFile
from devices.samples import Origin
from greenhouse.clock import machine_utc_now
from greenhouse.configuration.source import require_simulated
from greenhouse.site.basefile.reader import load_base
from greenhouse.site.basefile.schema import BaseFile
from greenhouse.training import stored
from greenhouse.training.errors import WrongBase
from greenhouse.training.mark import require_right_base
from scheduler.backup.engine import present_engine
from scheduler.backup.errors import NotRestored
from scheduler.sample_clock import newest_stored
from scheduler.supervision import remains
from scheduler.supervision.configuration import (
    Instance,
    InstanceFolderError,
    make_folders,
    supervisord_configuration,
)
from scheduler.supervision.programs import VISITORS_HOST, base_programs


class Command(BaseCommand):
    """Runs in the foreground until Ctrl-C or SIGTERM, which is a planned stop of all processes."""

    help = "Prepare the databases, load the base file and run all processes of the base under a supervisor."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, default=8000, help="TCP port of the console (default 8000)")
        parser.add_argument(
            "--public-port", type=int, help="TCP port of visitors' pages (default: the next one); 0: do not serve them"
        )
        parser.add_argument("--training", action="store_true", help="a base for lessons, whose time can be sped up")

    def handle(self, *_args: Any, port: int, training: bool, public_port: int | None = None, **_options: Any) -> None:
        if training and not settings.TRAINING:
            _become_training(port, public_port)
        public_port = _public_port(port, public_port)
        instance = Instance(project=settings.BASE_DIR, var=settings.VAR_DIR)
        base = self._base_file(settings.BASE_FILE)
        simulated = any(device.origin is Origin.SIMULATED for device in base.devices)
        programs = base_programs(
            sys.executable,
            port=port,
            simulated=simulated,
            public_port=public_port,
            public_host=_public_host(public_port),
        )
        try:
            make_folders(instance)
        except InstanceFolderError as error:
            raise CommandError(str(error)) from error
        if remains.is_running(instance):
            raise CommandError(
                "The base is already running here. Stop it first: Ctrl-C in its terminal, or `make stop`."
            )
        if orphans := remains.find_orphans(instance):
            self.stdout.write(f"Stopping {len(orphans)} processes that outlived their supervisor ...")
            remains.stop_orphans(orphans, programs)
        self._require_free_ports(port, public_port, base)
        try:
            require_right_base()
            present_engine().require_whole_store()
        except (NotRestored, WrongBase) as error:
            raise CommandError(str(error)) from error
        self._prepare()
        if not settings.PRODUCTION and all(device.origin is Origin.SIMULATED for device in base.devices):
            # A base in service, or with any real device, gets no logins that nobody asked for.
            self.stdout.write(f"\nDemonstration logins (kept in {settings.VAR_DIR / 'demo-logins.txt'}):")
            call_command("demo_logins", stdout=self.stdout)
            if not settings.TRAINING:  # a lesson begins with what its teacher switches on
                call_command("demo_irrigation", stderr=self.stderr)
        instance.configuration.write_text(supervisord_configuration(instance, programs))
        self.stdout.write(
            f"\nConsole   http://127.0.0.1:{port}   (answers in a few seconds)\n{_visitors(public_port)}"
            f"Logs      {instance.logs}\nStop      Ctrl-C here, or `make stop`\n"
        )
        _become_supervisord(instance)

    def _base_file(self, path: Path) -> BaseFile:
        try:
            base = load_base(path)
            if settings.TRAINING:
                require_simulated(base)
        except FaultyFile as error:
            raise CommandError(f"Nothing was started. {error}") from error
        return base

    def _require_free_ports(self, port: int, public_port: int | None, base: BaseFile) -> None:
        served = {device.line for device in base.devices if device.origin is Origin.SIMULATED}
        lines = {
            (line.host, line.port): line.key for line in base.lines if line.host and line.port and line.key in served
        }
        for address in remains.busy_ports(lines):
            raise CommandError(
                f'Port {address[1]} of the simulated line "{lines[address]}" is in use by another program. '
                f"Stop that one, or give the line another port in {settings.BASE_FILE}."
            )
        if remains.busy_ports([("127.0.0.1", port)]):
            raise CommandError(
                f"Port {port} of the console is in use by another program. Stop that one, or: make run PORT={port + 1}"
            )
        if public_port is not None and remains.busy_ports([("127.0.0.1", public_port)]):
            raise CommandError(
                f"Port {public_port} of the visitors' pages is in use by another program. Stop that one, or name "
                f"another: manage.py runbase --port {port} --public-port {public_port + 1}"
            )

    def _prepare(self) -> None:
        quiet = {"verbosity": 0}
        call_command("catalogs", "--compile-only")
        call_command("collectstatic", interactive=False, **quiet)
        for alias in settings.DATABASES:
            call_command("migrate", database=alias, interactive=False, **quiet)
        if settings.TRAINING:
            stored.begin(machine_now=machine_utc_now(), newest_stored=newest_stored())
        call_command("load_base", stored_wins=True, stdout=self.stdout, stderr=self.stderr)


def _public_port(port: int, asked: int | None) -> int | None:
    """Port of visitors' pages. None: somebody said that they are not served, or they have no name of their own."""
    if asked == 0 or (settings.PRODUCTION and not settings.PUBLIC_HOST):
        return None
    return port + 1 if asked is None else asked


def _public_host(public_port: int | None) -> str:
    return settings.PUBLIC_HOST or f"{VISITORS_HOST}:{public_port}"


def _visitors(public_port: int | None) -> str:
    if public_port is None:
        return "Visitors  not served: GREENHOUSE_PUBLIC_HOST names no host (docs/outreach.md)\n" * settings.PRODUCTION
    host = _public_host(public_port)
    return f"Visitors  http://{host}/base, wall http://{host}/wall\n"


def _become_training(port: int, public_port: int | None) -> None:
    """Start anew as a training base: every process reads from its settings which kind of base it serves."""
    arguments = [sys.executable, "manage.py", "runbase", "--port", str(port)]
    if public_port is not None:
        arguments += ["--public-port", str(public_port)]
    os.chdir(settings.BASE_DIR)
    os.execve(sys.executable, arguments, {**os.environ, "GREENHOUSE_TRAINING": "1"})  # noqa: S606 - fixed program


def _become_supervisord(instance: Instance) -> None:
    """Replace this process, so that signals reach supervisord itself and its exit code is ours."""
    sys.stdout.flush()
    sys.stderr.flush()
    arguments = [
        sys.executable,
        "-m",
        "scheduler.supervision.supervisord",
        "--configuration",
        str(instance.configuration),
    ]
    os.execv(sys.executable, arguments)  # noqa: S606 - fixed program and arguments
