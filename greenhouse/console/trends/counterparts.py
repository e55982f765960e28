"""The same measurement in another compartment: what a curve is compared with."""

from __future__ import annotations

from greenhouse.site.structure import CompartmentStructure, PointStructure


def counterpart(point: PointStructure, other: CompartmentStructure) -> PointStructure | None:
    """The point that measures the same in another compartment. None: there is none, or nobody can tell which.

    A device that is named after its compartment (``h1-climate``) has its like there (``h2-climate``). Otherwise the
    same point of a device there must be the only one of its kind.
    """
    if point.compartment is None or point.device is None:
        return None
    like = f"{other.key}{point.device.removeprefix(point.compartment)}.{point.local_key}"
    if point.device.startswith(point.compartment) and like in other.points:
        return other.points[like]
    same = [its for its in other.points.values() if (its.local_key, its.quantity) == (point.local_key, point.quantity)]
    return same[0] if len(same) == 1 else None
