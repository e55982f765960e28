"""Points that stand in no profile: the link to each device, and the health of the control process.

The control process stores them like any other sample, so that pages and alarms need no second path.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from devices.units import Quantity

CONTROL = "control"
"""What the control process is called: as a writer of samples, a hand in histories, under the supervisor, as a lease.

Under the same key it stores its own health, so no device may take it.
"""
VIRTUAL_POLL_S = 5.0
"""A virtual point is stored at least this often, changed or not: a dead control process shows by its age. [s]"""


class Link(IntEnum):
    """Values of a device's link point."""

    OFFLINE = 0
    DEGRADED = 1
    ONLINE = 2


LINK = "link"
LINK_STATES = (
    (Link.OFFLINE, "离线", "offline"),
    (Link.DEGRADED, "通信不稳", "degraded"),
    (Link.ONLINE, "在线", "online"),
)


class Clock(IntEnum):
    """Values of the clock point: how the control process stands to the wall clock (docs/adr/0012)."""

    RIGHT = 0
    CATCHING_UP = 1
    BEHIND = 2
    AHEAD = 3

    @property
    def is_plausible(self) -> bool:
        """Whether schedules may follow the wall clock."""
        return self in (Clock.RIGHT, Clock.CATCHING_UP)


CLOCK = "clock"
CLOCK_STATES = (
    (Clock.RIGHT, "正常", "right"),
    (Clock.CATCHING_UP, "追赶中", "catching up"),
    (Clock.BEHIND, "落后，不可信", "behind, not believed"),
    (Clock.AHEAD, "超前，不可信", "ahead, not believed"),
)


@dataclass(frozen=True, slots=True)
class VirtualPoint:
    """A point without a register."""

    local_key: str
    label_zh: str
    label_en: str
    quantity: Quantity
    states: tuple[tuple[int, str, str], ...] = ()


LINK_POINT = VirtualPoint(LINK, "通信状态", "link", Quantity.STATE, LINK_STATES)
ALARM_EVALUATION = "alarm_evaluation"
EVALUATION_STATES = ((0, "停止", "stopped"), (1, "运行", "running"))
CONTROL_POINTS = (
    VirtualPoint("cycle_time", "控制周期用时", "control cycle time", Quantity.DURATION),
    VirtualPoint("queue_depth", "待发写入数", "writes waiting", Quantity.COUNT),
    VirtualPoint("lines_up", "在线线路数", "lines connected", Quantity.COUNT),
    VirtualPoint("lease_age", "线路占用时长", "age of the lease", Quantity.DURATION),
    VirtualPoint(ALARM_EVALUATION, "报警判断", "alarm evaluation", Quantity.STATE, EVALUATION_STATES),
    VirtualPoint(CLOCK, "服务器时钟", "clock of the server", Quantity.STATE, CLOCK_STATES),
    VirtualPoint("store_wait", "样本库最长等锁", "longest wait for the sample store", Quantity.LATENCY),
    VirtualPoint("store_transaction", "样本库最长写事务", "longest write transaction, sample store", Quantity.LATENCY),
    VirtualPoint("store_log", "样本库日志大小", "size of the store's log", Quantity.DATA_SIZE),
    VirtualPoint("store_rows", "样本库行数", "samples kept as rows", Quantity.COUNT),
    VirtualPoint("packing_lag", "样本打包滞后", "age of unpacked samples", Quantity.DURATION),
    VirtualPoint("main_wait", "主数据库最长等锁", "longest wait for the main database", Quantity.LATENCY),
    VirtualPoint("main_transaction", "主数据库最长写事务", "longest write transaction, main store", Quantity.LATENCY),
)


def link_key(device: str) -> str:
    """Key of the link point of a device."""
    return f"{device}.{LINK}"


def control_key(local_key: str) -> str:
    """Key of a point of the control process."""
    return f"{CONTROL}.{local_key}"
