"""Lines wired, let go and stopped: what one line cannot do keeps no other from its work."""

from __future__ import annotations

import logging
import socket
import time
from datetime import UTC, datetime

import pytest

from devices.bus.settings import Parity
from devices.errors import BusClosed
from devices.profiles.catalog import load_shipped
from devices.read_plan import Hole
from devices.samples import Origin
from greenhouse.site.basefile.schema import LineKind
from greenhouse.site.wiring import DeviceWiring, LineWiring
from scheduler.leases.file_lease import FileLeases
from scheduler.planned_stop import stop_outputs
from scheduler.wiring import FieldBus, Surroundings

VALVES = load_shipped()["valve-block-8"]


class NoMemory:
    """Nothing learned."""

    def holes(self, device: str) -> frozenset[Hole]:
        return frozenset()

    def remember(self, device: str, hole: Hole) -> None:
        raise AssertionError("nothing answers here")


def wiring(key: str, port: int) -> LineWiring:
    device = DeviceWiring(f"{key}-valves", 1, Origin.SIMULATED, VALVES, {})
    return LineWiring(key, LineKind.TCP, "127.0.0.1", port, None, 9600, Parity.NONE, 1, None, 2.0, None, (device,))


def nothing() -> None:
    """No sign of life is needed."""


@pytest.fixture
def mute_port():
    """A peer that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


@pytest.fixture
def make_bus(tmp_path):
    made = []
    leases = FileLeases(tmp_path)
    control = leases.control()
    assert control.acquire()

    def make(*lines: LineWiring) -> FieldBus:
        around = Surroundings(leases, control, NoMemory(), lambda _: None, lambda _: None, lambda: datetime.now(UTC))
        made.append(FieldBus(lines, around, counters={}))
        return made[-1]

    yield make
    for bus in made:
        bus.close(beat=nothing)


def test_a_line_that_cannot_be_wired_keeps_no_other_from_being_wired(make_bus, mute_port, tmp_path, caplog) -> None:
    """Its lock cannot be opened; that is told once, and tried again each time."""
    (tmp_path / "line-broken.lock").mkdir()
    bus = make_bus(wiring("broken", mute_port), wiring("sound", mute_port))
    with caplog.at_level(logging.ERROR, "scheduler.wiring"):
        for _ in range(3):
            bus.take_free_lines()
    assert set(bus.health().units) == {"sound-valves"}
    assert [record.getMessage().split(":")[0] for record in caplog.records] == [
        "line broken cannot be wired, the others go on without it"
    ]
    (tmp_path / "line-broken.lock").rmdir()
    bus.take_free_lines()
    assert set(bus.health().units) == {"sound-valves", "broken-valves"}


def test_nothing_is_written_to_a_line_that_was_let_go(make_bus, mute_port, tmp_path) -> None:
    bus = make_bus(wiring("a", mute_port))
    bus.take_free_lines()
    (tmp_path / "line-a.lock").unlink()
    bus.drop_lost_lines()
    with pytest.raises(BusClosed):
        bus.submit_write("a-valves.valve_1", 0.0, on_accepted=nothing)


def test_a_planned_stop_gives_signs_of_life_and_names_what_it_could_not_close(make_bus, mute_port, caplog) -> None:
    """Two mute lines: it ends in time, and the watchdog sees that it is alive."""
    bus = make_bus(wiring("a", mute_port), wiring("b", mute_port))
    bus.take_free_lines()
    beats: list[float] = []
    faults = stop_outputs(bus, beat=lambda: beats.append(time.monotonic()), within_s=1.6)
    assert len(beats) >= 4
    assert set(faults) == {f"{line}-valves.valve_{number}" for line in "ab" for number in range(1, 9)}
    assert all(faults.values())
    named = [record for record in caplog.records if "is not confirmed in its safe state" in record.getMessage()]
    assert len(named) == 16


def test_once_a_planned_stop_has_begun_no_write_is_taken_and_no_line_is_wired(make_bus, mute_port) -> None:
    held, free = make_bus(wiring("a", mute_port)), make_bus(wiring("b", mute_port))
    held.take_free_lines()
    for bus in (held, free):
        bus.begin_stop(over_at_s=time.monotonic() + 0.1)
    with pytest.raises(BusClosed):
        held.submit_write("a-valves.valve_1", 0.0, on_accepted=nothing)
    free.take_free_lines()
    assert free.health().units == {}


def test_lines_are_closed_together(make_bus, mute_port) -> None:
    """All of them end before the first is waited for; each wait is a sign of life."""
    lines = [wiring(key, mute_port) for key in "abcd"]
    bus = make_bus(*lines)
    bus.take_free_lines()
    workers = [at_work.line for _wire, at_work in bus._held()]
    closed_at_each_beat: list[bool] = []

    def beat() -> None:
        closed_at_each_beat.extend(worker._jobs.is_closed for worker in workers)

    bus.close(beat=beat)
    assert closed_at_each_beat == [True] * 4 * len(lines)
    assert bus.health().lines_up == 0
    bus.close(beat=nothing)
