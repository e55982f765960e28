"""What can break down in a house of the simulated base, as faults that its board can switch."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from devices.simulator.faults import Amount, FaultKind, Scope
from greenhouse.plant.faults import fault_kinds


@cache
def breakdown_kinds() -> Mapping[str, FaultKind]:
    """Every fault of the plant model by its key, named in both languages."""
    return {
        kind.key: FaultKind(
            Scope.COMPARTMENT,
            f"{_lowered(kind.en)} ({kind.zh}): {_lowered(kind.changes_en)}",
            Amount(
                f"{_lowered(kind.severity.en)} [{kind.severity.unit}]",
                default=kind.severity.usual,
                low=kind.severity.lowest,
                high=kind.severity.highest,
            ),
        )
        for kind in fault_kinds()
    }


def _lowered(words: str) -> str:
    """A sentence of the file in the middle of another; abbreviations are left."""
    return words if words[1:2].isupper() else words[:1].lower() + words[1:]
