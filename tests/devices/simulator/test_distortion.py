"""What a bad line does to a reply, byte by byte."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.simulator.distortion import checksum, distort, split_mbap
from devices.simulator.faults import Fault

TCP_REPLY = bytes.fromhex("0007 0000 0007 01 03 04 00AB 00CD")
TCP_BITS = bytes.fromhex("0007 0000 0005 01 01 02 FF01")
TCP_WRITE = bytes.fromhex("0007 0000 0006 01 06 0000 00B9")
TCP_EXCEPTION = bytes.fromhex("0007 0000 0003 01 83 02")


def dice() -> random.Random:
    return random.Random(1)


def altered(reply: bytes, fault: Fault, amount: float = 1.0, *, is_rtu: bool = False) -> bytes:
    return distort(reply, {fault: amount}, is_rtu=is_rtu, dice=dice())


@pytest.mark.parametrize(
    ("frame", "crc"), [("01 03 00 00 00 0A", "C5 CD"), ("11 03 00 6B 00 03", "76 87"), ("02 07", "41 12")]
)
def test_the_checksum_is_that_of_the_specification(frame, crc):
    """02 07 gives 41 12: MODBUS over Serial Line V1.02, appendix B. The others are common textbook requests."""
    assert checksum(bytes.fromhex(frame)) == bytes.fromhex(crc)


@pytest.mark.parametrize(("reply", "is_rtu"), [(TCP_REPLY, False), (TCP_EXCEPTION, False), (TCP_BITS, False)])
def test_without_faults_a_reply_leaves_as_it_came(reply, is_rtu):
    assert distort(reply, {}, is_rtu=is_rtu, dice=dice()) == reply


@given(st.binary(min_size=2, max_size=250))
def test_without_faults_an_rtu_reply_leaves_as_it_came(body):
    reply = body + checksum(body)
    assert distort(reply, {}, is_rtu=True, dice=dice()) == reply


def test_a_short_reply_lacks_its_last_register_and_is_well_formed():
    assert altered(TCP_REPLY, Fault.SHORT) == bytes.fromhex("0007 0000 0005 01 03 02 00AB")
    body = bytes.fromhex("01 03 04 00AB 00CD")
    short = bytes.fromhex("01 03 02 00AB")
    assert altered(body + checksum(body), Fault.SHORT, is_rtu=True) == short + checksum(short)


def test_a_short_reply_of_bits_lacks_its_last_byte():
    assert altered(TCP_BITS, Fault.SHORT) == bytes.fromhex("0007 0000 0004 01 01 01 FF")


@pytest.mark.parametrize("reply", [TCP_WRITE, TCP_EXCEPTION, bytes.fromhex("0007 0000 0005 01 03 02 00AB")])
def test_a_reply_that_has_nothing_to_lose_is_not_shortened(reply):
    assert altered(reply, Fault.SHORT) == reply


def test_a_torn_reply_ends_in_the_middle():
    assert altered(TCP_REPLY, Fault.TORN) == TCP_REPLY[:6]


def test_a_reply_of_the_wrong_unit_has_a_right_checksum():
    assert altered(TCP_REPLY, Fault.WRONG_ID, 2.0) == bytes.fromhex("0007 0000 0007 03 03 04 00AB 00CD")
    body = bytes.fromhex("01 03 02 00AB")
    other = bytes.fromhex("02 03 02 00AB")
    assert altered(body + checksum(body), Fault.WRONG_ID, is_rtu=True) == other + checksum(other)


@given(st.integers(min_value=0, max_value=2**32))
def test_a_garbled_rtu_reply_never_has_a_right_checksum(seed):
    body = bytes.fromhex("01 03 04 00AB 00CD")
    garbled = distort(body + checksum(body), {Fault.GARBLED: 1.0}, is_rtu=True, dice=random.Random(seed))
    assert len(garbled) == len(body) + 2
    assert checksum(garbled[:-2]) != garbled[-2:]


@given(st.integers(min_value=0, max_value=2**32))
def test_a_garbled_tcp_reply_is_damaged_in_its_header_only(seed):
    garbled = distort(TCP_REPLY, {Fault.GARBLED: 1.0}, is_rtu=False, dice=random.Random(seed))
    assert garbled[:6] != TCP_REPLY[:6]
    assert garbled[6:] == TCP_REPLY[6:]


def test_garbling_spares_the_share_that_it_should():
    rolled = dice()
    replies = [distort(TCP_REPLY, {Fault.GARBLED: 0.25}, is_rtu=False, dice=rolled) for _ in range(1000)]
    assert sum(reply != TCP_REPLY for reply in replies) == pytest.approx(250, abs=45)


@given(st.lists(st.binary(min_size=2, max_size=20), max_size=5), st.binary(max_size=6), st.data())
def test_a_stream_of_frames_is_split_wherever_it_is_cut(bodies, rest, data):
    frames = [b"\x00\x01\x00\x00" + len(body).to_bytes(2, "big") + body for body in bodies]
    stream = b"".join(frames)
    cut = data.draw(st.integers(min_value=0, max_value=len(stream)))
    first, left_over = split_mbap(stream[:cut])
    second, left_over = split_mbap(left_over + stream[cut:])
    assert first + second == frames
    assert left_over == b""
    assert split_mbap(rest) == ([], rest)
