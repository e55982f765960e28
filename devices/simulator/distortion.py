"""What a faulty line does to a reply. Pure, and without any Modbus library: this must not share its mistakes."""

from __future__ import annotations

import random
from collections.abc import Mapping

from devices.simulator.faults import Fault

_MBAP_LENGTH = 7
_RTU_CHECKSUM_LENGTH = 2
_READ_BITS, _READ_REGISTERS = (1, 2), (3, 4)


def split_mbap(buffer: bytes) -> tuple[list[bytes], bytes]:
    """Whole Modbus TCP frames of a stream, and what is left over."""
    frames = []
    while len(buffer) >= _MBAP_LENGTH:
        end = 6 + int.from_bytes(buffer[4:6], "big")
        if len(buffer) < end:
            break
        frames.append(buffer[:end])
        buffer = buffer[end:]
    return frames, buffer


def checksum(body: bytes) -> bytes:
    """CRC of an RTU frame, low byte first (MODBUS over Serial Line V1.02, 6.2.2)."""
    crc = 0xFFFF
    for byte in body:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ 0xA001 if crc & 1 else crc >> 1
    return crc.to_bytes(2, "little")


def distort(reply: bytes, faults: Mapping[str, float], *, is_rtu: bool, dice: random.Random) -> bytes:
    """A reply frame as it leaves a faulty line.

    Parameters
    ----------
    reply : bytes
        One whole frame.
    faults : mapping of Fault to amount
        Faults of the line; those that concern connections and time are not ours.
    dice : random.Random
        Decides which replies are garbled, and where.
    """
    unit_id, pdu = _opened(reply, is_rtu=is_rtu)
    if Fault.WRONG_ID in faults:
        unit_id = (unit_id + int(faults[Fault.WRONG_ID])) % 256
    if Fault.SHORT in faults:
        pdu = _shortened(pdu)
    frame = _closed(unit_id, pdu, like=reply, is_rtu=is_rtu)
    if Fault.GARBLED in faults and dice.random() < faults[Fault.GARBLED]:
        frame = _garbled(frame, is_rtu=is_rtu, dice=dice)
    return frame[: len(frame) // 2] if Fault.TORN in faults else frame


def _opened(reply: bytes, *, is_rtu: bool) -> tuple[int, bytes]:
    if is_rtu:
        return reply[0], reply[1:-_RTU_CHECKSUM_LENGTH]
    return reply[6], reply[_MBAP_LENGTH:]


def _closed(unit_id: int, pdu: bytes, *, like: bytes, is_rtu: bool) -> bytes:
    if is_rtu:
        body = bytes([unit_id]) + pdu
        return body + checksum(body)
    return like[:4] + (len(pdu) + 1).to_bytes(2, "big") + bytes([unit_id]) + pdu


def _shortened(pdu: bytes) -> bytes:
    """A read reply without its last register (or byte of bits), its byte count made to fit. Other replies stay."""
    lost = 2 if pdu[0] in _READ_REGISTERS else 1 if pdu[0] in _READ_BITS else 0
    if lost == 0 or pdu[1] <= lost:
        return pdu
    return bytes([pdu[0], pdu[1] - lost]) + pdu[2:-lost]


def _garbled(frame: bytes, *, is_rtu: bool, dice: random.Random) -> bytes:
    """One byte changed: anywhere on RTU, in transaction, protocol or length on TCP."""
    position = dice.randrange(len(frame) if is_rtu else 6)
    changed = frame[position] ^ dice.randrange(1, 256)
    return frame[:position] + bytes([changed]) + frame[position + 1 :]
