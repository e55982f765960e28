"""Line, driver and bus together against the fault peer: what is handed on is true, and it comes back after outages."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime

import pytest

from devices.bus.line import Line
from devices.driver import Driver, WriteState
from devices.errors import BusError
from devices.link_health import HealthChange, LinkState
from devices.profiles.schema import DeviceProfile, Table, WordType
from devices.samples import Origin, Quality, Reading
from devices.units import Quantity, Unit
from tests.devices.driver_bench import Memory
from tests.devices.points import make_point, make_setpoint
from tests.wire import behaviors as does
from tests.wire.behaviors import Behavior, Exchange
from tests.wire.conftest import KINDS, TIMEOUT_S, Wire

ADDRESSES = (*range(4), *range(8, 12), *range(100, 104))
SETPOINT_ADDRESS = 200
UNITS = (3, 4, 5)
RETURN_S = 30.0
"""Values are back at most this long after the peer is; here they are back much sooner."""


def profile() -> DeviceProfile:
    raw = {"quantity": Quantity.COUNT, "unit": Unit.NONE, "type": WordType.UINT16, "table": Table.HOLDING}
    points = [make_point(at=address, poll_s=0.1, **raw) for address in ADDRESSES]
    setpoint = make_setpoint(key="setpoint", address=SETPOINT_ADDRESS, poll_s=0.1, write={"confirm_within_s": 5.0})
    return DeviceProfile(
        key="made-up",
        title_zh="虚构",
        title_en="Made up",
        source="made up",
        points=(*points, setpoint),
        timeout_s=TIMEOUT_S,
    )


class Base:
    """Three units on one line that polls them, and every reading checked as it comes."""

    def __init__(self, wire: Wire) -> None:
        self.wire = wire
        self.wrong: list[tuple[str, float, int]] = []
        self._came = threading.Condition()
        self._readings: list[Reading] = []
        self.drivers = {unit: self._driver(unit) for unit in UNITS}
        tasks = [task for driver in self.drivers.values() for task in driver.poll_tasks()]
        self.lost = threading.Event()
        self.line = Line(wire.kind, wire.bus, tasks, on_health=self._note)

    def _note(self, change: HealthChange) -> None:
        if change.unit_id is None and change.state is LinkState.OFFLINE:
            self.lost.set()

    def _driver(self, unit: int) -> Driver:
        return Driver(
            f"unit-{unit}",
            profile(),
            unit,
            origin=Origin.MEASURED,
            gap=10,
            memory=Memory(),
            on_reading=self._take,
            utc_now=lambda: datetime.now(UTC),
        )

    def _take(self, reading: Reading) -> None:
        unit = int(reading.points[0].split(".")[0].removeprefix("unit-"))
        for key, value, quality in zip(reading.points, reading.values, reading.quality, strict=True):
            if key.endswith("setpoint") or quality != Quality.GOOD:
                continue
            true = self.wire.peer.value(unit, 3, int(key.rpartition("_")[2]))
            if value != true:
                self.wrong.append((key, float(value), true))
        with self._came:
            self._readings.append(reading)
            self._came.notify_all()

    def wait_for(self, *units: int, rounds: int = 2, within_s: float = RETURN_S) -> None:
        """Wait until every block of these units has come so often from now on."""
        with self._came:
            start = len(self._readings)
            wanted = {
                (f"unit-{unit}.{key}", n)
                for unit in units
                for key in ("holding_0", "holding_100")
                for n in range(rounds)
            }

            def all_came() -> bool:
                keys = [reading.points[0] for reading in self._readings[start:]]
                return all(keys.count(key) > n for key, n in wanted)

            assert self._came.wait_for(all_came, within_s), f"no values of {units} within {within_s} s"

    def write(self, unit: int, value: float):
        job = self.drivers[unit].write_job("setpoint", value, guard=lambda: None)
        return self.line.submit(job)


@pytest.fixture
def make_base(make_wire) -> Iterator[Callable[[str], Base]]:
    with ExitStack() as stack:

        def make(kind: str) -> Base:
            base = Base(make_wire(kind))
            base.line.start()
            stack.callback(lambda: base.line.stop(5))
            return base

        yield make


@pytest.fixture(params=KINDS)
def base(request, make_base) -> Base:
    return make_base(request.param)


def only(unit_id: int, behavior: Behavior) -> Behavior:
    """One unit misbehaves, the others do not."""

    def act(exchange: Exchange):
        yield from (behavior if exchange.unit_id == unit_id else does.normal).act(exchange)

    return Behavior(f"{behavior} of unit {unit_id}", act)


def test_values_come_and_a_setpoint_is_confirmed_on_every_kind_of_line(base: Base):
    base.wait_for(*UNITS)
    outcome = base.write(4, 21.5).result(RETURN_S)
    assert (outcome.state, outcome.readback) == (WriteState.CONFIRMED, 21.5)
    assert base.wire.peer.written == {(4, 3, SETPOINT_ADDRESS): 215}
    assert base.wrong == []


def test_a_dead_unit_does_not_stop_its_neighbors_and_comes_back(make_base):
    base = make_base("rtu-over-tcp")
    base.wait_for(*UNITS)
    base.wire.peer.default = only(4, does.silent)
    base.wait_for(3, 5, rounds=10)
    assert base.line.unit_states() == {3: LinkState.ONLINE, 4: LinkState.OFFLINE, 5: LinkState.ONLINE}
    base.wire.peer.default = does.normal
    base.wait_for(4)
    assert base.wrong == []


@pytest.mark.parametrize("kind", ["tcp", "rtu-over-tcp"])
def test_values_are_back_after_the_peer_was_restarted(make_base, kind: str):
    base = make_base(kind)
    base.wait_for(*UNITS)
    base.wire.peer.stop()
    assert base.lost.wait(RETURN_S)
    base.wire.peer.start()
    base.wait_for(*UNITS)
    assert base.line.state is LinkState.ONLINE


@pytest.mark.parametrize("kind", ["tcp", "rtu-over-tcp"])
def test_values_are_back_after_a_connection_that_died_without_a_word(make_base, kind: str):
    base = make_base(kind)
    base.wait_for(*UNITS)
    base.wire.peer.script(does.deaf)
    base.wait_for(*UNITS)
    assert base.wrong == []


def test_a_command_on_a_faulty_line_ends_in_one_write_and_a_true_outcome(make_base):
    """Twenty commands while every third exchange fails: each is written at most once and what is confirmed is true."""
    base = make_base("rtu-over-tcp")
    randomness = random.Random(2)
    faults = [does.silent, does.flipped, does.late(1.2 * TIMEOUT_S), does.garbage(9), does.not_applied]

    def faulty(exchange: Exchange):
        yield from (randomness.choice(faults) if randomness.random() < 0.3 else does.normal).act(exchange)

    base.wait_for(*UNITS)
    base.wire.peer.default = Behavior("every third exchange fails", faulty)
    futures = [(unit, 10 + n / 2, base.write(unit, 10 + n / 2)) for n in range(7) for unit in UNITS]
    last = {unit: future for unit, _value, future in futures}
    confirmed = {}
    for unit, value, future in futures:
        try:
            outcome = future.result(60)
        except BusError:  # nothing was sent
            continue
        if outcome.state is WriteState.CONFIRMED:
            assert outcome.readback == value
            confirmed[unit] = (future, round(10 * value))
    for unit, (future, word) in confirmed.items():
        if future is last[unit]:
            assert base.wire.peer.written[unit, 3, SETPOINT_ADDRESS] == word
    base.wire.peer.default = does.normal
    sent = [(unit, pdu) for unit, pdu in base.wire.peer.requests if pdu[0] == 6]
    assert len(sent) == len(set(sent)), "a write was sent twice"
    assert base.wrong == []


FAULTS = [
    does.silent,
    does.late(0.5 * TIMEOUT_S),
    does.late(1.3 * TIMEOUT_S),
    does.wrong_unit,
    does.wrong_function,
    does.short,
    does.long,
    does.flipped,
    does.garbage(20),
    does.garbage_before(3),
    does.half,
    does.twice,
    does.former_then_right,
    does.exception(2),
    does.exception(6),
    does.exception(11),
    does.hang_up,
    does.hang_up_mid_frame,
]


def test_no_wrong_value_is_handed_on_whatever_the_peer_does(base: Base):
    """Forty exchanges with random faults of every kind; then every point is read again, and none was ever wrong."""
    randomness = random.Random(7)
    base.wait_for(*UNITS)
    base.wire.peer.script(*(randomness.choice([*FAULTS, does.normal, does.normal]) for _ in range(40)))
    base.wait_for(*UNITS, within_s=60)
    assert base.wrong == []
