"""What can break down in a house of the simulated base, as faults that its board can switch."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from devices.simulator.faults import Amount, FaultKind, Scope
from greenhouse.plant.faults import fault_kinds


@cache
def breakdown_kinds() -> Mapping[str, FaultKind]:
    """Every fault of the plant model by its key, in English; ``faults.toml`` has both languages."""
    return {
        kind.key: FaultKind(
            Scope.COMPARTMENT,
            f"{kind.en[:1].lower()}{kind.en[1:]}: {kind.changes_en[:1].lower()}{kind.changes_en[1:]}",
            Amount(
                f"{kind.severity.en[:1].lower()}{kind.severity.en[1:]} [{kind.severity.unit}]",
                default=kind.severity.usual,
                low=kind.severity.lowest,
                high=kind.severity.highest,
            ),
        )
        for kind in fault_kinds()
    }
