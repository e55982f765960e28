"""The comparators: bare pymodbus, and two ways in which one would decode what it brings to (value, quality)."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

import numpy as np
import numpy.typing as npt
from pymodbus.client import ModbusTcpClient
from pymodbus.client.mixin import ModbusClientMixin
from pymodbus.framer import FramerType

from devices.profiles.schema import PointSpec, Table, WordType
from devices.read_plan import Block
from devices.samples import Quality

_DATA_TYPES = {
    WordType.INT16: ModbusClientMixin.DATATYPE.INT16,
    WordType.UINT16: ModbusClientMixin.DATATYPE.UINT16,
    WordType.UINT32: ModbusClientMixin.DATATYPE.UINT32,
    WordType.FLOAT32: ModbusClientMixin.DATATYPE.FLOAT32,
}
_VIEWS = {WordType.INT16: "<i2", WordType.UINT16: "<u2", WordType.UINT32: "<u4", WordType.FLOAT32: "<f4"}


Decode = Callable[[list[int]], tuple[npt.ArrayLike, npt.ArrayLike]]
"""Registers of a reply to values and qualities, in the order of the block's points."""


def connect(port: int, *, framer: FramerType = FramerType.SOCKET) -> ModbusTcpClient:
    """A blocking client of pymodbus on a port of the loopback."""
    client = ModbusTcpClient("127.0.0.1", port=port, framer=framer, timeout=2.0, retries=0)
    if not client.connect():
        raise RuntimeError(f"the peer does not listen on port {port}")
    return client


def reader(client: ModbusTcpClient, block: Block) -> Callable[[], list[int]]:
    """A function that reads one block."""
    read = client.read_input_registers if block.table is Table.INPUT else client.read_holding_registers

    def read_block() -> list[int]:
        reply = read(block.address, count=block.count, device_id=1)
        if reply.isError():
            raise RuntimeError(f"the peer refused {block.address}")
        return reply.registers  # type: ignore[return-value]  # a list, whatever its class says

    return read_block


class PointByPoint:
    """The straightforward way: pymodbus's own conversion, a scale and a comparison for each point."""

    def __init__(self, block: Block) -> None:
        self._steps = [
            (
                point.address - block.address,
                _DATA_TYPES[point.type],
                point.word_count,
                point.bits,
                point.scale,
                _range(point),
            )
            for point in block.points
        ]

    def __call__(self, registers: list[int]) -> tuple[list[float], list[int]]:
        """Values and qualities in the order of the block's points."""
        values, qualities = [], []
        convert = cast("Callable[..., float]", ModbusClientMixin.convert_from_registers)
        for first, data_type, count, bits, scale, (low, high) in self._steps:
            number = convert(registers[first : first + count], data_type)
            if bits is not None:
                number = (int(number) >> bits[0]) & ((1 << bits[1]) - 1)
            value = number * scale
            values.append(value)
            qualities.append(int(Quality.GOOD if low <= value <= high else Quality.BAD))
        return values, qualities


class Vectorized:
    """The quick way: written by hand on arrays, for just the kinds of points that stand in these blocks."""

    def __init__(self, block: Block) -> None:
        self._groups = []
        self._count = len(block.points)
        for type_, view in _VIEWS.items():
            chosen = [(i, p) for i, p in enumerate(block.points) if p.type is type_ and p.bits is None]
            if chosen:
                # The low word first, as this processor keeps its numbers.
                index = [p.address - block.address + word for _, p in chosen for word in reversed(range(p.word_count))]
                self._groups.append((np.array([i for i, _ in chosen]), np.array(index), view))
        fields = [(i, p.address - block.address, p.bits) for i, p in enumerate(block.points) if p.bits is not None]
        self._field_positions = np.array([i for i, _, _ in fields], dtype=np.intp)
        self._field_index = np.array([place for _, place, _ in fields], dtype=np.intp)
        self._shift = np.array([bits[0] for _, _, bits in fields], dtype=np.uint16)
        self._mask = np.array([(1 << bits[1]) - 1 for _, _, bits in fields], dtype=np.uint16)
        self._scale = np.array([point.scale for point in block.points])
        self._low, self._high = np.array([_range(point) for point in block.points]).T

    def __call__(self, registers: list[int]) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.uint8]]:
        """Values and qualities in the order of the block's points."""
        words = np.array(registers, dtype="<u2")
        values = np.empty(self._count)
        for positions, index, view in self._groups:
            values[positions] = words[index].view(view)
        if self._field_positions.size:
            values[self._field_positions] = (words[self._field_index] >> self._shift) & self._mask
        values *= self._scale
        good = (values >= self._low) & (values <= self._high)
        return values, np.where(good, np.uint8(Quality.GOOD), np.uint8(Quality.BAD))


def _range(point: PointSpec) -> tuple[float, float]:
    return point.valid or (-float("inf"), float("inf"))
