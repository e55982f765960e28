"""Pasts on their way from the process that makes them to the one that stores them: a pipe of frames."""

from __future__ import annotations

import json
import struct
from dataclasses import astuple
from typing import Any, BinaryIO

from greenhouse.telemetry.backfill import Past
from greenhouse.telemetry.store import ChunkRow, RollupRow

_LENGTHS = struct.Struct("<II")


class FrameCutOff(Exception):
    """The other end died in the middle of a frame."""


def write(stream: BinaryIO, past: Past) -> None:
    """Send a past."""
    rows: list[ChunkRow | RollupRow] = [*past.chunks, *past.rollups]
    head = {
        "point_id": past.point_id,
        "until_ms": past.until_ms,
        "chunks": [_plain(row) for row in past.chunks],
        "rollups": [_plain(row) for row in past.rollups],
        "sizes": [len(row.data) for row in rows],
    }
    text, body = json.dumps(head).encode(), b"".join(row.data for row in rows)
    stream.write(_LENGTHS.pack(len(text), len(body)) + text + body)
    stream.flush()


def read(stream: BinaryIO) -> Past | None:
    """Wait for the next past; None: there is none, the other end has closed.

    Raises
    ------
    FrameCutOff
        If it closed in the middle of one.
    """
    lengths = stream.read(_LENGTHS.size)
    if not lengths:
        return None
    if len(lengths) < _LENGTHS.size:
        raise FrameCutOff
    of_text, of_body = _LENGTHS.unpack(lengths)
    text, body = stream.read(of_text), stream.read(of_body)
    if len(text) < of_text or len(body) < of_body:
        raise FrameCutOff
    head, at, parts = json.loads(text), 0, []
    for size in head["sizes"]:
        parts.append(body[at : at + size])
        at += size
    count = len(head["chunks"])
    return Past(
        point_id=head["point_id"],
        until_ms=head["until_ms"],
        chunks=[ChunkRow(*[*row, data]) for row, data in zip(head["chunks"], parts[:count], strict=True)],
        rollups=[RollupRow(*[*row, data]) for row, data in zip(head["rollups"], parts[count:], strict=True)],
    )


def _plain(row: ChunkRow | RollupRow) -> list[Any]:
    """All but the bytes, which stand last."""
    return list(astuple(row)[:-1])
