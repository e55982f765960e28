"""Shapes of the messages between the server and the pages. They carry numbers and codes, no language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypedDict


class PointState(TypedDict):
    """One value of one point. The key of the point stands in the mapping around it.

    ``value`` is in the point's canonical unit; None where there is no value or where JSON has no number for it.
    ``quality``, ``reason`` and ``origin`` are the lower-case names of ``devices.samples``. ``at`` is when the reply
    arrived, in milliseconds since 1970 UTC.
    """

    value: float | None
    quality: str
    reason: str
    origin: str
    at: int


class CommandState(TypedDict):
    """One request to change a value, as far as it has come. Times in milliseconds since 1970 UTC."""

    id: str
    point: str
    state: str
    verdict: str
    value: float
    previous: float | None
    readback: float | None
    by: str
    created: int
    times: dict[str, int]
    """When each state was reached."""


class Counts(TypedDict):
    """How the points of the whole base stand, by freshness; ``bad`` are recent values of bad quality.

    ``pending`` changes wait for confirmation, ``approvals`` for a second person; ``manual`` points are held, ``ending``
    of them not for long. ``by_hand`` controllers are in manual mode, ``local`` switches keep this system out.
    """

    points: int
    live: int
    late: int
    stale: int
    dead: int
    bad: int
    pending: int
    alarms: str
    """Another text whenever a page has to show something else about alarms."""
    approvals: int
    manual: int
    ending: int
    by_hand: int
    local: int
    newest: int | None
    """When the newest value of all arrived, in milliseconds since 1970 UTC."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """How much waits for confirmation and for a second person; how many points are held, how many not for long."""

    pending: int = 0
    approvals: int = 0
    manual: int = 0
    ending: int = 0


class Frame(TypedDict):
    """One message from the server about one topic.

    ``usual`` is what most points have in common; each of them is a ``PointState`` without it. ``sequence`` counts the
    frames of a topic that carry something new, from 1; a beat repeats the last number. ``pace``: seconds of ``at``
    in one of the wire, 1 but on a training base. After ``epoch`` has changed,
    numbers start again. ``version`` is that of the pages that fit this server and this base.
    """

    type: Literal["snapshot", "changes", "beat"]
    topic: str
    epoch: str
    sequence: int
    at: int
    pace: float
    version: str
    store: Literal["ok", "unavailable"]
    counts: Counts | None
    usual: Mapping[str, object]
    points: Mapping[str, Mapping[str, object]]
    commands: Sequence[CommandState]


class Resume(TypedDict):
    """What a page sends after a reconnect or a gap: the last frame it knows."""

    resume: int
    epoch: str
