"""Times of characters, silences and exchanges on a serial line."""

from __future__ import annotations

import pytest

from devices.bus.protocol import ReadRequest, WriteRequest
from devices.bus.settings import Parity, SerialLine
from devices.profiles.schema import Table


@pytest.mark.parametrize(
    ("parity", "stopbits", "bits"),
    [(Parity.NONE, 1, 10), (Parity.EVEN, 1, 11), (Parity.ODD, 1, 11), (Parity.NONE, 2, 11)],
)
def test_a_character_takes_its_bits(parity, stopbits, bits):
    """Start bit, eight data bits, parity, stop bits."""
    assert SerialLine("s", "p", baudrate=9600, parity=parity, stopbits=stopbits).character_s == pytest.approx(
        bits / 9600
    )


@pytest.mark.parametrize(
    ("baudrate", "silence_s"), [(4800, 3.5 / 480), (19200, 3.5 / 1920), (38400, 0.00175), (115200, 0.00175)]
)
def test_the_silence_is_three_and_a_half_characters_up_to_19200_baud(baudrate, silence_s):
    """MODBUS over Serial Line V1.02, 2.5.1.1."""
    assert SerialLine("s", "p", baudrate=baudrate).silence_s == pytest.approx(silence_s)


# Milliseconds per read of N registers at 8N1 and 5 ms turnaround: T = (8 + 5 + 2N) c + 2 g + t_dev, worked out by hand
# with c = 10 / baud and g = 3.5 c (1.75 ms above 19200).
READ_MS = [
    (4800, 1, 50.8),
    (9600, 1, 27.9),
    (9600, 50, 130.0),
    (9600, 125, 286.3),
    (19200, 10, 25.8),
    (115200, 125, 31.3),
]


@pytest.mark.parametrize(("baudrate", "count", "milliseconds"), READ_MS)
def test_a_read_takes_its_characters_and_silences(baudrate, count, milliseconds):
    line = SerialLine("s", "p", baudrate=baudrate)
    request = ReadRequest(1, Table.HOLDING, 0, count, 1.0)
    assert line.request_time_s(request, turnaround_s=0.005) * 1000 == pytest.approx(milliseconds, abs=0.1)


def test_a_write_takes_its_characters_and_silences():
    """FC6: 16 c + 2 g; FC16 of n registers: (17 + 2 n) c + 2 g."""
    line = SerialLine("s", "p", baudrate=9600)
    character_s = 10 / 9600
    assert line.request_time_s(WriteRequest(1, 6, 0, (1,), 1.0)) == pytest.approx(23 * character_s)
    assert line.request_time_s(WriteRequest(1, 16, 0, (1, 2, 3), 1.0)) == pytest.approx(30 * character_s)
