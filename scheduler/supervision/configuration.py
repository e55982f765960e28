"""What supervisord is told: its configuration file, written anew at each start."""

from __future__ import annotations

import os
import pwd
import resource
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from scheduler.supervision.programs import Program

OPEN_FILES = 8192
# The kernel's limit for the path of a Unix socket is 107; supervisord appends its process id while it makes it.
SOCKET_PATH_LIMIT = 95
SPECIAL_CHARACTERS = frozenset("%;#\"'\\\n")


@dataclass(frozen=True, slots=True)
class RestartPolicy:
    """How supervisord starts a dead program again.

    Attributes
    ----------
    start_s : int
        A program that stayed up this long is started again at once when it dies. One that dies earlier is started again
        after 1 s, then 2 s and so on: a program that cannot work must not keep the machine busy. [s]
    retries : int
        After this many early deaths in a row supervisord gives up, and the watchdog revives the program. It is also the
        longest pause between two starts. [s]
    """

    start_s: int = 10
    retries: int = 10


@dataclass(frozen=True, slots=True)
class Instance:
    """One running base: where its files are.

    Attributes
    ----------
    project : Path
        Folder of the source, working directory of all programs.
    var : Path
        Folder of databases, logs, secrets and run-time files.
    """

    project: Path
    var: Path

    @property
    def run(self) -> Path:
        """Folder of run-time files; only its owner may enter."""
        return self.var / "run"

    @property
    def logs(self) -> Path:
        """Folder of the logs."""
        return self.var / "log"

    @property
    def socket(self) -> Path:
        """Control socket of supervisord."""
        return self.run / "supervisor.sock"

    @property
    def server_url(self) -> str:
        """Address of the control socket, as supervisord hands it to its programs (SUPERVISOR_SERVER_URL)."""
        return f"unix://{self.socket}"

    @property
    def configuration(self) -> Path:
        """Configuration file of supervisord."""
        return self.var / "supervisord.conf"


class InstanceFolderError(Exception):
    """The folder cannot be written into supervisord's configuration."""


def make_folders(instance: Instance) -> None:
    """Make the folders that supervisord expects.

    Raises
    ------
    InstanceFolderError
        If supervisord could not work there: the path is too long for a socket, or holds a character that means
        something else in supervisord's configuration file.
    """
    if len(os.fsencode(instance.socket)) > SOCKET_PATH_LIMIT:
        raise InstanceFolderError(
            f"the path {instance.socket} is longer than a socket's may be ({SOCKET_PATH_LIMIT} characters): "
            "name a shorter folder in GREENHOUSE_VAR, or move the project"
        )
    for path in (instance.var, instance.project):
        if unusable := sorted(SPECIAL_CHARACTERS & set(str(path))):
            raise InstanceFolderError(f"the path {path} holds {' '.join(unusable)}: move the folder or rename it")
    instance.logs.mkdir(parents=True, exist_ok=True)
    instance.run.mkdir(parents=True, exist_ok=True)
    instance.run.chmod(0o700)


def supervisord_configuration(
    instance: Instance, programs: Sequence[Program], *, restart: RestartPolicy | None = None
) -> str:
    """Text of the configuration file.

    Parameters
    ----------
    instance : Instance
        Where the base's files are.
    programs : sequence of Program
        What to run.
    restart : RestartPolicy, optional
        How to start dead programs again.
    """
    policy = restart or RestartPolicy()
    _, hard_limit = resource.getrlimit(resource.RLIMIT_NOFILE)
    open_files = OPEN_FILES if hard_limit == resource.RLIM_INFINITY else min(OPEN_FILES, hard_limit)
    sections = [
        _section(
            "supervisord",
            nodaemon="true",
            silent="true",  # the terminal keeps what the start printed; the log has the rest
            user=pwd.getpwuid(os.getuid()).pw_name,
            identifier="greenhouse",
            directory=instance.project,
            logfile=instance.logs / "supervisord.log",
            logfile_maxbytes="5MB",
            logfile_backups="3",
            pidfile=instance.run / "supervisord.pid",
            childlogdir=instance.logs,
            minfds=open_files,
        ),
        _section("unix_http_server", file=instance.socket, chmod="0700"),
        "[rpcinterface:supervisor]\nsupervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface\n",
        _section("supervisorctl", serverurl=instance.server_url),
        *(_program_section(instance, program, policy) for program in programs),
    ]
    return "\n".join(sections)


def _program_section(instance: Instance, program: Program, restart: RestartPolicy) -> str:
    return _section(
        f"program:{program.name}",
        command=shlex.join(program.command),
        directory=instance.project,
        environment=f'GREENHOUSE_VAR="{instance.var}",PYTHONUNBUFFERED="1"',
        priority=program.stop_rank,
        autostart="true",
        autorestart="true",
        startsecs=restart.start_s,
        startretries=restart.retries,
        stopsignal="TERM",
        stopwaitsecs=program.stop_wait_s,
        killasgroup="true",
        redirect_stderr="true",
        stdout_logfile=instance.logs / f"{program.name}.log",
        stdout_logfile_maxbytes="5MB",
        stdout_logfile_backups="3",
    )


def _section(name: str, **options: object) -> str:
    lines = (f"{option} = {value}" for option, value in options.items())
    return "\n".join((f"[{name}]", *lines, ""))
