"""Saying once what most points of a frame have in common: a frame of 200 points is less than half as long."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from greenhouse.console.values.payloads import PointState


def thin(
    points: Mapping[str, PointState],
) -> tuple[Mapping[str, object], Mapping[str, Mapping[str, object]]]:
    """What is most common among the points, field by field, and the points without it.

    ``{**usual, **point}`` is the whole point again. A value is never usual; without points nothing is.
    """
    usual = {field: _most_common(field, points) for field in ("quality", "reason", "origin", "at") if points}
    return usual, {
        key: {field: value for field, value in state.items() if field not in usual or value != usual[field]}
        for key, state in points.items()
    }


def _most_common(field: str, points: Mapping[str, PointState]) -> object:
    found: Counter[object] = Counter(dict(state)[field] for state in points.values())
    ((value, _),) = found.most_common(1)
    return value
