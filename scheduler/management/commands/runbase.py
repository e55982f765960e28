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

from devices.samples import Origin
from greenhouse.site.basefile.errors import BaseFileError
from greenhouse.site.basefile.reader import load_base
from greenhouse.site.basefile.schema import BaseFile
from scheduler.backup.engine import present_engine
from scheduler.backup.errors import NotRestored
from scheduler.supervision import remains
from scheduler.supervision.configuration import (
    Instance,
    InstanceFolderError,
    make_folders,
    supervisord_configuration,
)
from scheduler.supervision.programs import base_programs


class Command(BaseCommand):
    """Runs in the foreground until Ctrl-C or SIGTERM, which is a planned stop of all processes."""

    help = "Prepare the databases, load the base file and run all processes of the base under a supervisor."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, default=8000, help="TCP port of the console (default 8000)")

    def handle(self, *_args: Any, port: int, **_options: Any) -> None:
        instance = Instance(project=settings.BASE_DIR, var=settings.VAR_DIR)
        base = self._base_file(settings.BASE_FILE)
        simulated = any(device.origin is Origin.SIMULATED for device in base.devices)
        programs = base_programs(sys.executable, port=port, simulated=simulated)
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
        self._require_free_ports(port, base)
        try:
            present_engine().require_whole_store()
        except NotRestored as error:
            raise CommandError(str(error)) from error
        self._prepare()
        if not settings.PRODUCTION and all(device.origin is Origin.SIMULATED for device in base.devices):
            # A base in service, or with any real device, gets no logins that nobody asked for.
            self.stdout.write(f"\nDemonstration logins (kept in {settings.VAR_DIR / 'demo-logins.txt'}):")
            call_command("demo_logins", stdout=self.stdout)
        instance.configuration.write_text(supervisord_configuration(instance, programs))
        self.stdout.write(
            f"\nConsole   http://127.0.0.1:{port}   (answers in a few seconds)\nLogs      {instance.logs}\n"
            "Stop      Ctrl-C here, or `make stop`\n"
        )
        _become_supervisord(instance)

    def _base_file(self, path: Path) -> BaseFile:
        try:
            return load_base(path)
        except BaseFileError as error:
            raise CommandError(f"Nothing was started. {error}") from error

    def _require_free_ports(self, port: int, base: BaseFile) -> None:
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

    def _prepare(self) -> None:
        quiet = {"verbosity": 0}
        call_command("catalogs", "--compile-only")
        call_command("collectstatic", interactive=False, **quiet)
        for alias in settings.DATABASES:
            call_command("migrate", database=alias, interactive=False, **quiet)
        call_command("load_base", stored_wins=True, stdout=self.stdout, stderr=self.stderr)


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
