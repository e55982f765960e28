"""The unit that is polled: 200 points as a greenhouse's I/O unit has them, and what a driver needs around it.

The peer's registers hold their own addresses, so that places and ranges are chosen for plausible values: nothing is
marked bad, and no float is a subnormal number, which some processors convert slowly.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from devices.driver import Driver
from devices.profiles.schema import DeviceProfile, PointSpec, ReadLimits, Table, WordType
from devices.read_plan import Hole
from devices.samples import Origin, Reading
from devices.units import Quantity, Unit
from greenhouse.clock import utc_now

GAP = 50
"""Of a Modbus TCP line."""
LIMITS = ReadLimits()
POINTS = 200
_FLOATS_FROM = 0x41A0
"""A register pair from here on is a float32 of about 20."""


class Memory:
    """Holes learned, of which there are none."""

    def holes(self, device: str) -> frozenset[Hole]:  # noqa: ARG002  the protocol's signature
        """No holes."""
        return frozenset()

    def remember(self, device: str, hole: Hole) -> None:
        """Nothing here may be refused."""
        raise AssertionError(f"{device} refused {hole}")


def register_point(key: str, table: Table, address: int, type_: WordType = WordType.UINT16) -> PointSpec:
    """A plain number, polled once a second."""
    return PointSpec(key, key, key, Quantity.COUNT, Unit.NONE, table, address, type_, source="", poll_s=1.0)


class _Places:
    """Gives points their addresses in one table, one after the other."""

    def __init__(self, table: Table, address: int) -> None:
        self._table, self._address = table, address

    def take(self, count: int, kind: PointSpec, *, hole_after: int = 0) -> Iterator[PointSpec]:
        """So many points of one kind. After each ten of them follow ``hole_after`` registers that nobody wants."""
        for number in range(count):
            yield self._point(kind)
            self._address += kind.word_count + (hole_after if number % 10 == 9 else 0)

    def take_fields(self, registers: int) -> Iterator[PointSpec]:
        """Two bit fields in each of so many registers."""
        for _ in range(registers):
            for bits in ((0, 3), (4, 1)):
                yield self._point(replace(_UINT16, bits=bits, valid=(0.0, 8.0)), suffix=f"_{bits[0]}")
            self._address += 1

    def _point(self, kind: PointSpec, suffix: str = "") -> PointSpec:
        return replace(kind, key=f"{self._table}_{self._address}{suffix}", table=self._table, address=self._address)


_UINT16 = replace(register_point("", Table.INPUT, 0), valid=(0.0, 20000.0))
_COUNTER = replace(_UINT16, type=WordType.UINT32, valid=None, rolls_over_at=2**32)
_FLOAT = replace(_UINT16, type=WordType.FLOAT32, valid=(0.0, 100.0))
_TEMPERATURE = replace(
    _UINT16,
    quantity=Quantity.TEMPERATURE,
    unit=Unit.DEGREE_CELSIUS,
    type=WordType.INT16,
    scale=0.1,
    valid=(-40.0, 80.0),
)
_HUMIDITY = replace(_TEMPERATURE, quantity=Quantity.RELATIVE_HUMIDITY, unit=Unit.PERCENT, valid=(0.0, 100.0))


def _points() -> Iterator[PointSpec]:
    inputs = _Places(Table.INPUT, 0)
    yield from inputs.take(60, _TEMPERATURE, hole_after=2)
    yield from inputs.take(40, _HUMIDITY, hole_after=2)
    yield from inputs.take(30, _UINT16, hole_after=4)
    yield from inputs.take_fields(5)
    yield from inputs.take(6, _COUNTER)
    holding = _Places(Table.HOLDING, _FLOATS_FROM)
    yield from holding.take(24, _FLOAT)
    yield from holding.take(20, replace(_TEMPERATURE, scale=0.001), hole_after=5)
    yield from holding.take(10, _UINT16, hole_after=5)


def unit_profile() -> DeviceProfile:
    """The unit of 200 points, all polled once a second."""
    points = tuple(_points())
    assert len(points) == POINTS
    return made_up_profile(points)


def made_up_profile(points: tuple[PointSpec, ...]) -> DeviceProfile:
    """A device with these points that no fault of the machine makes give up."""
    return DeviceProfile("made-up", "虚构", "Made up", "made up", points, limits=LIMITS, timeout_s=2.0)


def make_driver(
    device: str, profile: DeviceProfile, on_reading: Callable[[Reading], None], *, unit_id: int = 1, gap: int = GAP
) -> Driver:
    """A driver as the control process makes it, without a store."""
    return Driver(
        device,
        profile,
        unit_id,
        origin=Origin.SIMULATED,
        gap=gap,
        memory=Memory(),
        on_reading=on_reading,
        utc_now=utc_now,
    )
