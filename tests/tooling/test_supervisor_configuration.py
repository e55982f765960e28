"""What supervisord is told, read back with supervisord's own parser."""

import tempfile
from pathlib import Path

import pytest
from supervisor.options import ServerOptions

from scheduler.supervision.configuration import (
    Instance,
    InstanceFolderError,
    make_folders,
    supervisord_configuration,
)
from scheduler.supervision.programs import base_programs
from scheduler.supervision.supervisord import QuickPoller


def parsed(instance, programs):
    make_folders(instance)
    instance.configuration.write_text(supervisord_configuration(instance, programs))
    options = ServerOptions()
    options.realize(["-c", str(instance.configuration)])
    return options


@pytest.fixture
def folder():
    """A folder whose path is short, as that of a socket must be; those of pytest need not be."""
    with tempfile.TemporaryDirectory() as made:
        yield Path(made)


@pytest.fixture
def instance(folder):
    return Instance(project=folder, var=folder / "our var")


@pytest.fixture
def programs():
    return base_programs("/opt/a venv/bin/python", port=8123, simulated=True, public_port=8124)


def test_every_program_is_its_own_group_that_always_comes_back(instance, programs):
    options = parsed(instance, programs)

    groups = {group.name: group for group in options.process_group_configs}
    assert set(groups) == {"simulator", "public", "console", "maintenance", "control", "watchdog"}
    for program in programs:
        [process] = groups[program.name].process_configs
        assert process.autostart is True
        assert process.autorestart.__name__ == "RestartUnconditionally"
        assert process.stopwaitsecs == program.stop_wait_s
        assert "'/opt/a venv/bin/python' " in process.command


def test_paths_with_blanks_survive(instance, programs):
    options = parsed(instance, programs)

    [control] = next(group for group in options.process_group_configs if group.name == "control").process_configs
    assert control.environment["GREENHOUSE_VAR"] == str(instance.var)
    assert control.stdout_logfile == str(instance.logs / "control.log")
    assert options.pidfile == str(instance.run / "supervisord.pid")


def test_a_planned_stop_gives_control_twenty_seconds(instance, programs):
    options = parsed(instance, programs)

    [control] = next(group for group in options.process_group_configs if group.name == "control").process_configs
    assert control.stopwaitsecs == 30


def test_the_control_socket_is_closed_to_other_users(instance, programs):
    options = parsed(instance, programs)

    [server] = options.server_configs
    assert server["file"] == str(instance.socket)
    assert server["chmod"] == 0o700
    assert instance.run.stat().st_mode & 0o777 == 0o700


def test_without_a_simulated_base_no_simulator_runs():
    names = [program.name for program in base_programs("python", port=8000, simulated=False)]

    assert "simulator" not in names
    assert "control" in names


def test_the_console_listens_on_the_given_port_of_this_machine_only(programs):
    console = next(program for program in programs if program.name == "console")

    assert " --host 127.0.0.1 --port 8123 " in " ".join(console.command)


def test_visitors_pages_are_given_no_way_to_the_stores_of_the_base(programs):
    public = " ".join(next(program for program in programs if program.name == "public").command)

    for name in ("DATABASE_URL", "REDIS_URL", "GREENHOUSE_OUTREACH_URL", "GREENHOUSE_SECRET_KEY"):
        assert f" --unset {name} " in public
    assert " --host 127.0.0.1 --port 8124 " in public
    assert " GREENHOUSE_PUBLIC_HOST=visit.localhost " in public


def test_without_a_port_no_visitor_is_served():
    assert "public" not in [program.name for program in base_programs("python", port=8000, simulated=True)]


def test_a_folder_too_deep_for_a_socket_is_refused_with_the_remedy():
    """107 bytes is the kernel's limit; supervisord would fail without naming the cause."""
    instance = Instance(project=Path("/p"), var=Path("/v" + "a" * 90))

    with pytest.raises(InstanceFolderError, match="GREENHOUSE_VAR"):
        make_folders(instance)


@pytest.mark.parametrize("name", ["100%", "a;b", "#1", 'the "base"', "back\\slash"])
def test_a_folder_that_supervisord_would_misread_is_refused(folder, name):
    instance = Instance(project=folder, var=folder / name)

    with pytest.raises(InstanceFolderError, match="rename"):
        make_folders(instance)
    assert not instance.var.exists()


@pytest.mark.timeout(10)
def test_supervisord_never_sleeps_long_before_it_looks_again(instance, programs):
    """Two looks bring a dead program back; supervisord's own pace of one second would be too slow."""
    options = parsed(instance, programs)

    assert QuickPoller(options).poll(timeout=3600.0) == ([], [])
