"""What a proof on one engine found."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class Result:
    """What one engine's proof found."""

    engine: str
    kills: int = 0
    kills_with_a_write_under_way: int = 0
    seconds: float = 0.0
    requests: int = 0
    acknowledged: int = 0
    returns: int = 0
    writes: int = 0
    states: dict[str, int] = field(default_factory=dict)
    interrupted_and_written: int = 0
    interrupted_and_not_written: int = 0
    faults: list[str] = field(default_factory=list)
