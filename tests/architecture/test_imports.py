"""What import contracts cannot see: imports at run time, parent packages, single modules of a library."""

import ast
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]
PACKAGES = ("config", "scheduler", "greenhouse", "devices")
# Where any error at all may be caught: around a job of the scheduler, and around the work of a line's thread.
BOUNDARIES = {"scheduler/runtime.py", "devices/bus/jobs.py"}


def sources(*folders: str) -> Iterator[Path]:
    for folder in folders:
        yield from sorted((PROJECT / folder).rglob("*.py"))


def module_name(path: Path) -> str:
    parts = path.relative_to(PROJECT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imported_names(path: Path) -> Iterator[str]:
    """Full names of all that a file imports, wherever in the file it does."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def loaded_by(program: str, **environment: str) -> set[str]:
    """Modules that stand in ``sys.modules`` after a program ran in an interpreter of its own."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("DJANGO_", "GREENHOUSE_"))}
    answer = subprocess.run(
        [sys.executable, "-W", "error", "-c", f"{program}\nimport sys\nprint(*sys.modules)"],
        cwd=PROJECT,
        env=inherited | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode == 0, answer.stderr
    return set(answer.stdout.split())


def roots(modules: set[str]) -> set[str]:
    return {name.partition(".")[0] for name in modules}


def test_the_field_bus_library_works_where_django_is_not_installed():
    """Every module of it, not only those that another one imports."""
    modules = [module_name(path) for path in sources("devices")]
    blocked = ("django", "channels", "apscheduler", "pandas", "greenhouse", "scheduler", "config")

    loaded = loaded_by(
        f"import importlib, sys\nsys.modules.update(dict.fromkeys({blocked!r}))\n"
        f"[importlib.import_module(name) for name in {modules!r}]"
    )

    assert set(modules) <= loaded


@pytest.mark.parametrize(
    "module",
    [
        *(module_name(path) for path in sources("greenhouse/agronomy")),
        "greenhouse.commands.checks",
        "greenhouse.commands.interlocks",
        "greenhouse.deadlines",
        "greenhouse.commands.lifecycle",
        "greenhouse.ledger.canonical",
        "greenhouse.commands.policies",
        "greenhouse.commands.sources",
        "scheduler.supervision.watchdog",
    ],
)
def test_a_pure_module_drags_in_no_framework(module):
    """Its parent packages are empty, so that rules can run in a simulation or a what-if without settings."""
    loaded = loaded_by(f"import {module}")

    assert roots(loaded) & {"django", "channels", "apscheduler", "pymodbus"} == set()


def test_the_console_has_no_way_to_the_bus(tmp_path):
    """The booted application has not even loaded what could open a line or start a job."""
    loaded = loaded_by(
        "import config.asgi\nfrom django.urls import get_resolver\nget_resolver().url_patterns",
        GREENHOUSE_VAR=str(tmp_path),
        DJANGO_SETTINGS_MODULE="config.settings.console",
    )

    assert "channels" in roots(loaded)
    assert roots(loaded) & {"pymodbus", "serial", "apscheduler", "supervisor"} == set()
    assert {name for name in loaded if name.startswith(("devices.bus", "devices.driver", "devices.simulator"))} == set()
    assert "greenhouse.commands.dispatch" not in loaded


@pytest.mark.parametrize("name", ["runcontrol", "runmaintenance", "runsimulator"])
def test_a_process_without_pages_loads_none(name, tmp_path):
    """Pages and pandas are half of a start's time and memory, and a dead process shall be back at once."""
    loaded = loaded_by(
        f"import django\ndjango.setup()\nfrom scheduler.management.commands.{name} import Command\n"
        "assert Command.requires_system_checks == ()",
        GREENHOUSE_VAR=str(tmp_path),
        DJANGO_SETTINGS_MODULE="config.settings.console",
    )

    assert "pandas" not in roots(loaded)
    assert not {name for name in loaded if name.startswith("greenhouse.console.")}


def test_pymodbus_client_has_one_door():
    doors = {
        str(path.relative_to(PROJECT))
        for path in sources(*PACKAGES)
        if any(
            name.startswith("pymodbus.client") or (name.startswith("pymodbus.") and name.endswith("Client"))
            for name in imported_names(path)
        )
    }

    assert doors == {"devices/bus/modbus.py"}


def test_everything_is_caught_only_at_a_job_boundary():
    """`except Exception` hides faults everywhere else; a boundary logs with traceback and goes to a safe state."""
    blind = {"Exception", "BaseException"}
    places = set()
    for path in sources(*PACKAGES):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ExceptHandler):
                caught = (
                    {"BaseException"}
                    if node.type is None
                    else {name.id for name in ast.walk(node.type) if isinstance(name, ast.Name)}
                )
                if caught & blind:
                    places.add(str(path.relative_to(PROJECT)))

    assert places <= BOUNDARIES


def test_no_source_file_outgrows_a_reader():
    """A file over 500 lines holds two subjects."""
    too_long = {
        str(path.relative_to(PROJECT)): lines
        for path in sources(*PACKAGES, "tests")
        if (lines := len(path.read_text().splitlines())) > 500
    }

    assert too_long == {}


def clock_readings(path: Path) -> Iterator[str]:
    """Each place of a file where the wall clock, or the clock since the machine started, is read."""
    readers = {
        "datetime": {"now", "utcnow", "today"},
        "timezone": {"now"},
        "date": {"today"},
        "time": {"time", "time_ns", "clock_gettime", "clock_gettime_ns"},
    }
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            if node.attr in readers.get(node.value.id, ()):
                yield ast.unparse(node)
        elif isinstance(node, ast.ImportFrom) and node.module == "time":  # only whole: a bare name hides what is read
            yield from (f"time.{alias.name}" for alias in node.names if alias.name in readers["time"])


TIMES_OF_DAY = ("utc_now", "moment_now", "machine_utc_now", "machine_moment_now")


def test_one_module_reads_the_clocks():
    """Beside it the monotonic clock, which is no time of day, may be read anywhere."""
    readings = {
        str(path.relative_to(PROJECT)): found
        for path in sources(*PACKAGES, "benchmarks", "scripts")
        if (found := sorted(clock_readings(path)))
    }

    assert readings == {"greenhouse/clock.py": ["datetime.now", "time.clock_gettime"]}


def test_logic_does_not_ask_what_time_it_is():
    """It gets its time passed in, or it could not be replayed. Only the edges ask."""
    asking = {
        path.relative_to(PROJECT)
        for path in sources("config", "greenhouse", "devices")
        if set(imported_names(path)) & {f"greenhouse.clock.{name}" for name in TIMES_OF_DAY}
    }

    edges = {  # by package: how the modules end that answer a person, a program or a socket
        # Pages and what stands on each of them, the form that signs in, sockets, and the reader that the sockets share.
        "console": ("views", "account", "consumers", "context", "stored", "pages", "records", "middleware"),
        # Calls, who makes them, and what is around each.
        "api": ("views", "callers", "edge"),
    }
    assert {path for path in asking if not path.stem.endswith(edges.get(path.parts[1], ()))} == set()


def test_the_logger_of_a_module_has_one_name():
    named = {
        f"{path.relative_to(PROJECT)}: {target.id}"
        for path in sources(*PACKAGES, "benchmarks", "scripts", "tests")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Assign)
        and isinstance(node.value, ast.Call)
        and ast.unparse(node.value.func).endswith("getLogger")
        for target in node.targets
        if isinstance(target, ast.Name)
    }

    assert named
    assert {name for name in named if not name.endswith(": logger")} == set()
