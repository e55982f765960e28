"""The base as its structure page shows it: houses, lines, devices, how each link stands, how many values are good."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from devices.samples import Freshness
from greenhouse.console.values.payloads import PointState
from greenhouse.console.values.states import standing
from greenhouse.site.equipment import Equipment, LineListing
from greenhouse.site.naming import in_readers_language
from greenhouse.site.structure import BaseStructure, CompartmentStructure, HouseStructure, PointStructure
from greenhouse.site.virtual_points import LINK

OPEN_HOUSES = 2
"""Up to so many houses stand open on the page; of more, each is opened by who wants to see it."""
_RECENT = {Freshness.LIVE.value, Freshness.LATE.value}
_SIGNS = {"2": "link-live", "1": "link-late", "0": "link-offline"}


@dataclass(frozen=True, slots=True)
class DeviceNode:
    """A device with how it stands.

    Attributes
    ----------
    link : str
        ``2`` online, ``1`` degraded, ``0`` offline; empty where nobody has reported it lately.
    good, wrong : int
        Polled points that are live and good, and the others.
    """

    device: Equipment
    link: str
    link_words: str
    good: int
    wrong: int

    @property
    def name(self) -> str:
        """Name in the reader's language."""
        return in_readers_language(self.device.name_zh, self.device.name_en)

    @property
    def sign(self) -> str:
        """Sign of the link."""
        return _SIGNS.get(self.link, "link-offline")


class Branch:
    """Several devices together."""

    devices: list[DeviceNode]

    @property
    def online(self) -> int:
        """Devices that answer."""
        return sum(node.link in {"1", "2"} for node in self.devices)

    @property
    def good(self) -> int:
        """Values that are live and good."""
        return sum(node.good for node in self.devices)

    @property
    def wrong(self) -> int:
        """Values that are not."""
        return sum(node.wrong for node in self.devices)

    @property
    def sign(self) -> str:
        """Sign of all links: they live if all answer, and are gone if none does."""
        if not self.online:
            return "link-offline"
        return "link-live" if all(node.link == "2" for node in self.devices) else "link-late"


@dataclass(frozen=True)
class LineNode(Branch):
    """A line with its devices."""

    line: LineListing
    devices: list[DeviceNode]

    @property
    def name(self) -> str:
        """Name in the reader's language."""
        return in_readers_language(self.line.name_zh, self.line.name_en)


@dataclass(frozen=True)
class HouseNode(Branch):
    """A house with its compartments and their devices."""

    house: HouseStructure
    parts: list[tuple[CompartmentStructure, list[DeviceNode]]]
    devices: list[DeviceNode]

    @property
    def name(self) -> str:
        """Name in the reader's language."""
        return self.house.name


@dataclass(frozen=True, slots=True)
class Tree:
    """The whole base."""

    houses: list[HouseNode]
    common: list[DeviceNode]
    lines: list[LineNode] = field(default_factory=list)

    @property
    def is_open(self) -> bool:
        """Whether every house stands open."""
        return len(self.houses) <= OPEN_HOUSES


def tree(
    base: BaseStructure,
    lines: Iterable[LineListing],
    devices: Iterable[Equipment],
    states: Mapping[str, PointState],
    *,
    now: datetime,
) -> Tree:
    """The base with how everything stands now."""
    points: dict[str, list[PointStructure]] = {}
    for point in base.points.values():
        points.setdefault(point.device or "", []).append(point)
    nodes = [_node(device, points.get(device.key, []), states, now) for device in devices]
    by_place: dict[str | None, list[DeviceNode]] = {}
    by_line: dict[str, list[DeviceNode]] = {}
    for node in nodes:
        by_place.setdefault(node.device.compartment, []).append(node)
        by_line.setdefault(node.device.line, []).append(node)
    return Tree(
        houses=[
            HouseNode(
                house,
                [(part, by_place.get(part.key, [])) for part in house.compartments],
                [node for part in house.compartments for node in by_place.get(part.key, [])],
            )
            for house in base.houses
        ],
        common=by_place.get(None, []),
        lines=[LineNode(line, by_line.get(line.key, [])) for line in lines],
    )


def _node(
    device: Equipment, points: list[PointStructure], states: Mapping[str, PointState], now: datetime
) -> DeviceNode:
    link, words = "", ""
    for point in points:
        state = states.get(point.key)
        is_link = point.local_key == LINK and point.is_virtual
        if is_link and state is not None and state["value"] is not None and standing(point, state, now=now) in _RECENT:
            link = f"{state['value']:.0f}"
            words = next((in_readers_language(zh, en) for n, zh, en in point.states if f"{n}" == link), "")
    polled = Counter(
        standing(point, states.get(point.key), now=now) == Freshness.LIVE.value
        for point in points
        if point.access.can_read and not point.is_virtual
    )
    return DeviceNode(device, link, words, good=polled[True], wrong=polled[False])
