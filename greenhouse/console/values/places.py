"""Where the points of a base are, by name."""

from __future__ import annotations

from collections.abc import Iterator

from greenhouse.site.structure import BaseStructure, PointStructure


def placed(base: BaseStructure) -> Iterator[tuple[str, PointStructure]]:
    """Every point with the name of its place, in the order of the base file."""
    for part in base.compartments.values():
        for point in part.points.values():
            yield part.name, point
    for point in base.common_points.values():
        yield base.name, point


def place_name(base: BaseStructure, point: PointStructure) -> str:
    """Name of the compartment of a point, or of the base."""
    part = base.compartments.get(point.compartment or "")
    return base.name if part is None else part.name
