"""``manage.py runbase`` refuses to start what could not run, before it touches anything."""

import socket

import pytest
from django.core.management import CommandError, call_command

from scheduler.management.commands import runbase
from scheduler.supervision.configuration import Instance, make_folders

BASE_FILE = """
[base]
key = "small"
name_zh = "小基地"
name_en = "Small base"
latitude_deg = 39.6
longitude_deg = 109.8
elevation_m = 1300
time_zone = "Asia/Shanghai"

[[line]]
key = "weather"
name_zh = "气象线路"
name_en = "Weather line"
kind = "tcp"
host = "127.0.0.1"
port = {port}

[[device]]
key = "weather"
name_zh = "气象站"
name_en = "Weather station"
line = "weather"
unit_id = 1
profile = "weather-station"
origin = "{origin}"
"""


@pytest.fixture
def listener():
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@pytest.fixture
def free_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


@pytest.fixture
def site(settings, tmp_path):
    """A base of one line; returns how to write its base file."""
    settings.VAR_DIR = tmp_path / "v"
    settings.BASE_FILE = tmp_path / "base.toml"

    def write(*, port, origin="simulated"):
        settings.BASE_FILE.write_text(BASE_FILE.format(port=port, origin=origin))

    return write


def test_a_busy_console_port_is_named_with_the_way_out(site, listener, free_port):
    site(port=free_port)

    with pytest.raises(CommandError, match=rf"Port {listener} of the console .* make run PORT={listener + 1}"):
        call_command("runbase", port=listener)


def test_a_busy_port_of_visitors_is_named_with_the_way_out(site, listener, free_port):
    site(port=free_port)

    with pytest.raises(CommandError, match=rf"Port {listener} of the visitors' pages .* --public-port {listener + 1}"):
        call_command("runbase", port=free_port, public_port=listener)


@pytest.mark.parametrize(
    ("host", "in_service", "asked", "port"),
    [("", False, None, 8001), ("", False, 9000, 9000), ("", True, None, None), ("visit.lan", True, None, 8001)],
)
def test_a_base_in_service_serves_visitors_only_under_a_name_of_their_own(settings, host, in_service, asked, port):
    settings.PUBLIC_HOST, settings.PRODUCTION = host, in_service

    assert runbase._public_port(8000, asked) == port
    assert runbase._public_port(8000, 0) is None


def test_a_busy_port_of_the_simulated_base_is_named_with_its_line(site, listener, free_port):
    site(port=listener)

    with pytest.raises(CommandError, match=rf'Port {listener} of the simulated line "weather" is in use'):
        call_command("runbase", port=free_port)


def test_a_port_of_a_real_device_may_be_taken(site, settings, listener, free_port):
    """A gateway on this machine listens there: that is what the control process will talk to."""
    site(port=listener, origin="measured")
    console = socket.create_server(("127.0.0.1", free_port))

    with console, pytest.raises(CommandError, match="of the console"):  # asked last
        call_command("runbase", port=free_port)


def test_a_second_start_is_refused_while_the_first_runs(site, settings, free_port):
    site(port=free_port)
    instance = Instance(project=settings.BASE_DIR, var=settings.VAR_DIR)
    make_folders(instance)
    with socket.socket(socket.AF_UNIX) as supervisor:
        supervisor.bind(str(instance.socket))
        supervisor.listen()

        with pytest.raises(CommandError, match="already running"):
            call_command("runbase", port=free_port)


def test_a_socket_that_a_killed_supervisor_left_behind_does_not_count(site, settings, listener, free_port):
    """The next check comes after it: the port."""
    site(port=free_port)
    instance = Instance(project=settings.BASE_DIR, var=settings.VAR_DIR)
    make_folders(instance)
    with socket.socket(socket.AF_UNIX) as supervisor:
        supervisor.bind(str(instance.socket))

    with pytest.raises(CommandError, match="of the console"):
        call_command("runbase", port=listener)


def test_a_faulty_base_file_starts_nothing(site, settings, free_port):
    settings.BASE_FILE.write_text('[base]\nkey = "UPPER CASE"\n')

    with pytest.raises(CommandError, match="Nothing was started"):
        call_command("runbase", port=free_port)
    assert not settings.VAR_DIR.exists()


def test_stopping_what_does_not_run_says_so(site, capsys):
    call_command("stopbase")

    assert capsys.readouterr().out == "The base is not running.\n"
