"""Frames are found whole, in pieces and behind noise, and nothing else is taken for one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.bus.rtu_input import RtuInput, crc16

GOLDEN = [
    # MODBUS over Serial Line V1.02, appendix B: the CRC of 02 07 is 1241 hex, sent as 41 12.
    ("02 07", 0x1241),
    # Frames that many makers' manuals print: ... FF FF B8 80 and 11 03 00 6B 00 03 76 87.
    ("01 04 02 FF FF", 0x80B8),
    ("11 03 00 6B 00 03", 0x8776),
]


def framed(message: bytes) -> bytes:
    return message + crc16(message).to_bytes(2, "little")


def taken(line: RtuInput, *, silent: bool = False) -> list[tuple[int, bytes]]:
    frames = []
    while (frame := line.take(line_is_silent=silent)) is not None:
        frames.append((frame.unit_id, frame.pdu))
    return frames


def heard(*chunks: bytes) -> RtuInput:
    line = RtuInput()
    for chunk in chunks:
        line.add(chunk)
    return line


READ = framed(bytes([3, 3, 4, 0, 215, 2, 138]))
EXCEPTION = framed(bytes([3, 0x83, 2]))
ECHO = framed(bytes([3, 6, 0, 12, 3, 2]))


@pytest.mark.parametrize(("message", "crc"), GOLDEN)
def test_checksums_are_those_of_the_specification(message, crc):
    assert crc16(bytes.fromhex(message)) == crc


PDUS = st.one_of(
    st.builds(
        lambda function, content: bytes([function, len(content)]) + content,
        st.sampled_from([1, 2, 3, 4]),
        st.binary(min_size=0, max_size=250),
    ),
    st.builds(
        lambda function, content: bytes([function]) + content,
        st.sampled_from([5, 6, 8, 15, 16]),
        st.binary(min_size=4, max_size=4),
    ),
    st.builds(
        lambda function, code: bytes([0x80 | function, code]),
        st.sampled_from([1, 2, 3, 4, 5, 6, 8, 15, 16]),
        st.integers(1, 11),
    ),
)


@given(replies=st.lists(st.tuples(st.integers(1, 247), PDUS), min_size=1, max_size=3), cut=st.data())
def test_frames_come_out_as_they_went_in_however_they_are_cut(replies, cut):
    """Every kind of reply, in pieces of any size."""
    stream = b"".join(framed(bytes([unit_id]) + pdu) for unit_id, pdu in replies)
    line, out = RtuInput(), []
    while stream:
        size = cut.draw(st.integers(1, len(stream)))
        line.add(stream[:size])
        stream = stream[size:]
        out += taken(line)
    assert out == replies
    assert not line


@given(flip=st.integers(0, 8 * len(READ) - 1))
def test_a_frame_with_one_wrong_bit_is_never_a_frame(flip):
    """A CRC-16 finds every single wrong bit, wherever it is."""
    spoiled = bytearray(READ)
    spoiled[flip // 8] ^= 1 << flip % 8
    assert taken(heard(bytes(spoiled)), silent=True) == []


def test_a_frame_behind_noise_is_found():
    assert taken(heard(b"\xff\x00\x7f" + READ)) == [(3, READ[1:-2])]


def test_what_may_still_be_a_frame_is_waited_for_until_the_line_is_silent():
    """Noise that looks like the head of a long frame hides the frame behind it only as long as more may come."""
    line = heard(b"\x09\x03\xfa" + READ)
    assert taken(line) == []
    assert not line.is_spoiled
    assert taken(line, silent=True) == [(3, READ[1:-2])]
    assert not line


def test_a_frame_within_a_growing_frame_is_not_taken_out_of_it():
    """A logger's registers may hold a whole frame of another device."""
    outer = framed(bytes([9, 3, len(READ)]) + READ)
    line = heard(outer[:-1])
    assert taken(line) == []
    line.add(outer[-1:])
    assert taken(line) == [(9, outer[1:-2])]


def test_half_a_frame_is_not_spoiled_and_a_wrong_checksum_is():
    """The first may be continued, the second not."""
    assert not heard(READ[:5]).is_spoiled
    assert not heard(READ[:1]).is_spoiled
    assert heard(READ[:-1] + b"\x00").is_spoiled
    assert heard(b"\x03\x63").is_spoiled
    assert not RtuInput().is_spoiled


@pytest.mark.parametrize("frame", [READ, EXCEPTION, ECHO], ids=["read", "exception", "echo"])
def test_no_part_of_a_frame_is_a_frame(frame):
    """Each kind, at each length."""
    for length in range(len(frame)):
        assert taken(heard(frame[:length]), silent=True) == []


def test_endless_noise_does_not_fill_the_memory():
    line = RtuInput()
    for _ in range(100):
        line.add(b"\x55" * 100)
    assert len(line) <= 1024
    line.clear()
    assert taken(heard(b"\x55" * 2000 + READ)) == [(3, READ[1:-2])]
