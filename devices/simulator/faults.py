"""Faults of the simulated base, switched on and off by command while it runs."""

from __future__ import annotations

import difflib
import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from devices.errors import DevicesError


class FaultRefused(DevicesError):
    """A fault that cannot be switched on; the message names the thing and what would be right."""


class Scope(StrEnum):
    """What a fault befalls."""

    LINE = "line"
    DEVICE = "device"
    POINT = "point"
    BASE = "base"
    COMPARTMENT = "compartment"


class Fault(StrEnum):
    """What can go wrong."""

    DEAD = "dead"
    ABSENT = "absent"
    BUSY = "busy"
    STUCK = "stuck"
    OPEN = "open"
    DRIFTING = "drifting"
    WRITE_REJECTED = "write-rejected"
    WRITE_IGNORED = "write-ignored"
    WRITE_ALTERED = "write-altered"
    CLOCK_SKEW = "clock-skew"
    LATE = "late"
    GARBLED = "garbled"
    CUT = "cut"
    HALF_OPEN = "half-open"
    SHORT = "short"
    TORN = "torn"
    WRONG_ID = "wrong-id"


@dataclass(frozen=True, slots=True)
class Amount:
    """The number that belongs to a fault. ``default`` None: it must be given, or is found when the fault begins."""

    meaning: str
    default: float | None = None
    low: float = -math.inf
    high: float = math.inf
    is_required: bool = False


@dataclass(frozen=True, slots=True)
class FaultKind:
    """What a fault befalls, what it does and which number it takes."""

    scope: Scope
    effect: str
    amount: Amount | None = None


FAULT_KINDS: Mapping[str, FaultKind] = {
    Fault.DEAD: FaultKind(Scope.DEVICE, "answers nothing and hears nothing"),
    Fault.ABSENT: FaultKind(Scope.DEVICE, "its gateway answers exception 11 for it"),
    Fault.BUSY: FaultKind(Scope.DEVICE, "answers exception 6 to everything"),
    Fault.STUCK: FaultKind(
        Scope.POINT,
        "shows the same value for ever",
        Amount("that value, in the stored unit; left out: the present one"),
    ),
    Fault.OPEN: FaultKind(
        Scope.POINT, "shows the word for a missing sensor; without such a word its device answers exception 4"
    ),
    Fault.DRIFTING: FaultKind(
        Scope.POINT, "drifts away from the true value", Amount("stored units per hour", is_required=True)
    ),
    Fault.WRITE_REJECTED: FaultKind(Scope.POINT, "answers exception 3 to every write"),
    Fault.WRITE_IGNORED: FaultKind(Scope.POINT, "acknowledges writes and does nothing"),
    Fault.WRITE_ALTERED: FaultKind(
        Scope.POINT,
        "acknowledges writes and takes another value; an on-off point takes the opposite",
        Amount("added to what was written, in the stored unit", default=1.0),
    ),
    Fault.CLOCK_SKEW: FaultKind(
        Scope.BASE, "the clocks of all devices are wrong", Amount("seconds ahead; negative: behind", is_required=True)
    ),
    Fault.LATE: FaultKind(
        Scope.LINE, "every reply comes late", Amount("milliseconds", default=800.0, low=0.0, high=60_000.0)
    ),
    Fault.GARBLED: FaultKind(
        Scope.LINE,
        "replies are damaged: any byte on RTU, the header on TCP, whose checksum guards the rest",
        Amount("share of the replies, 0 to 1", default=1.0, low=0.0, high=1.0),
    ),
    Fault.CUT: FaultKind(Scope.LINE, "connections are closed and refused; on a serial line nothing passes"),
    Fault.HALF_OPEN: FaultKind(Scope.LINE, "connections stay open but nothing passes"),
    Fault.SHORT: FaultKind(Scope.LINE, "read replies are well formed but lack their last register or byte of bits"),
    Fault.TORN: FaultKind(Scope.LINE, "replies end in the middle"),
    Fault.WRONG_ID: FaultKind(
        Scope.LINE, "replies carry another unit id", Amount("added to the unit id", default=1.0, low=1.0, high=200.0)
    ),
}

CLOCK = "clock"
"""The one target of faults that befall the whole base."""


@dataclass(frozen=True, slots=True)
class ActiveFault:
    """A fault that is on, by its name. ``since_s`` is counted on the clock of the fault board. [s]"""

    fault: str
    target: str
    amount: float | None
    since_s: float


class FaultBoard:
    """Which faults are on. Knows the names of the base, so that a wrong name is told and not silently ignored.

    Parameters
    ----------
    lines : collection of str
        Keys of the lines.
    points : mapping of device key to collection of point keys
        Every device with its points.
    compartments : collection of str
        Keys of the compartments whose equipment can break down.
    plant_kinds : mapping of name to FaultKind
        What can break down there; of scope COMPARTMENT, and known to whoever brings the plant.
    """

    def __init__(
        self,
        lines: Collection[str],
        points: Mapping[str, Collection[str]],
        *,
        compartments: Collection[str] = (),
        plant_kinds: Mapping[str, FaultKind] = MappingProxyType({}),
    ) -> None:
        self.kinds: Mapping[str, FaultKind] = {**FAULT_KINDS, **plant_kinds}
        self._targets: dict[Scope, frozenset[str]] = {
            Scope.LINE: frozenset(lines),
            Scope.DEVICE: frozenset(points),
            Scope.POINT: frozenset(f"{device}.{point}" for device, keys in points.items() for point in keys),
            Scope.BASE: frozenset({CLOCK}),
            Scope.COMPARTMENT: frozenset(compartments),
        }
        self._active: dict[tuple[Scope, str], dict[str, ActiveFault]] = {}
        self._now_s = 0.0

    def advance(self, elapsed_s: float) -> None:
        """Let time pass, so that drift grows. [s]"""
        self._now_s += elapsed_s

    def targets(self, scope: Scope) -> tuple[str, ...]:
        """Everything that a fault of this scope can befall, sorted."""
        return tuple(sorted(self._targets[scope]))

    def kind(self, name: object) -> FaultKind:
        """What the fault of this name does.

        Raises
        ------
        FaultRefused
            If there is none; the sentence lists all.
        """
        kind = self.kinds.get(name) if isinstance(name, str) else None
        if kind is None:
            raise FaultRefused(f'there is no fault "{name}"; there are {", ".join(self.kinds)}')
        return kind

    def switch_on(self, fault: str, target: str, amount: float | None = None) -> ActiveFault:
        """Switch a fault on; on the same target it replaces its own earlier amount.

        Raises
        ------
        FaultRefused
            If the target or the amount does not fit the fault.
        """
        kind = self.kind(fault)
        self._check_target(fault, kind.scope, target)
        active = ActiveFault(fault, target, _checked_amount(fault, kind.amount, amount), self._now_s)
        self._active.setdefault((kind.scope, target), {})[fault] = active
        return active

    def clear(self, target: str | None = None) -> tuple[ActiveFault, ...]:
        """Switch all faults of a target off, or all faults of the base. A device's points are cleared with it.

        Raises
        ------
        FaultRefused
            If nothing of that name exists. A target without faults is no error.
        """
        if target is not None and not any(target in names for names in self._targets.values()):
            known = set().union(*self._targets.values())
            raise FaultRefused(f"there is no line, device, point or compartment {_naming(target, known)}")
        doomed = [
            place for place in self._active if target is None or place[1] == target or place[1].startswith(f"{target}.")
        ]
        return tuple(active for place in doomed for active in self._active.pop(place).values())

    def active(self) -> tuple[ActiveFault, ...]:
        """Every fault that is on, in the order in which they came."""
        faults = (active for place in self._active.values() for active in place.values())
        return tuple(sorted(faults, key=lambda active: active.since_s))

    def on_compartment(self, compartment: str) -> Mapping[str, float]:
        """Plant faults of a compartment with how severe they are."""
        faults = self._active.get((Scope.COMPARTMENT, compartment), {})
        return {fault: active.amount or 0.0 for fault, active in faults.items()}

    def on_line(self, line: str) -> Mapping[str, float]:
        """Faults of a line with their amounts."""
        return {fault: active.amount or 0.0 for fault, active in self._active.get((Scope.LINE, line), {}).items()}

    def befalling(self, device: str, line: str) -> frozenset[str]:
        """Names of all faults that a device and its points suffer from, those of its line and of the base with them."""
        places = {(Scope.DEVICE, device), (Scope.LINE, line), (Scope.BASE, CLOCK)}
        found = (
            faults
            for (scope, target), faults in self._active.items()
            if (scope, target) in places or (scope is Scope.POINT and target.partition(".")[0] == device)
        )
        return frozenset(name for faults in found for name in faults)

    def on_device(self, device: str) -> Collection[str]:
        """Faults of a whole device."""
        return self._active.get((Scope.DEVICE, device), {}).keys()

    def on_point(self, device: str, point: str) -> Mapping[str, ActiveFault]:
        """Faults of one point."""
        return self._active.get((Scope.POINT, f"{device}.{point}"), {})

    def shown(self, device: str, point: str, value: float | None) -> float | None:
        """What a point shows instead of its true value. None: it shows that there is none."""
        faults = self.on_point(device, point)
        if Fault.OPEN in faults:
            return None
        if Fault.STUCK in faults:
            return faults[Fault.STUCK].amount
        if Fault.DRIFTING in faults and value is not None:
            drift = faults[Fault.DRIFTING]
            return value + (drift.amount or 0.0) * (self._now_s - drift.since_s) / 3600.0
        return value

    def _check_target(self, fault: str, scope: Scope, target: str) -> None:
        if target in self._targets[scope]:
            return
        for other, names in self._targets.items():
            if target in names:
                raise FaultRefused(f"{fault} befalls a {scope}, but {target} is a {other}")
        raise FaultRefused(f"there is no {scope} {_naming(target, self._targets[scope])}")


def _checked_amount(fault: str, spec: Amount | None, amount: float | None) -> float | None:
    if amount is None:
        if spec is not None and spec.is_required:
            raise FaultRefused(f"{fault} needs a number: {spec.meaning}")
        return spec.default if spec else None
    if spec is None:
        raise FaultRefused(f"{fault} takes no number, got {amount:g}")
    if not math.isfinite(amount) or not spec.low <= amount <= spec.high:
        raise FaultRefused(f"{fault} takes {spec.meaning}, {spec.low:g} to {spec.high:g}; got {amount:g}")
    return amount


def _naming(target: str, known: Collection[str]) -> str:
    """The wrong name with near ones, or with a few of the right kind."""
    near = difflib.get_close_matches(target, known, n=3, cutoff=0.5)
    return (
        f'"{target}"; near it: {", ".join(near)}'
        if near
        else f'"{target}"; for example: {", ".join(sorted(known)[:3])}'
    )
