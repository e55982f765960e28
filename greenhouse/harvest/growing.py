"""What a crop cycle grew in: thermal time, light, water and heat from the history, each with its coverage.

Nothing is filled in and nothing is scaled up: what was not recorded is missing, and the coverage says how much that is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import numpy as np

from devices.units import Quantity
from greenhouse.agronomy.thermal_time import Sum, growing_degree_days_c_d, light_sum_mol_m2
from greenhouse.crops.catalog import crops
from greenhouse.crops.models import CropCycle
from greenhouse.harvest.pipes import Pipes, pipe_heat_w_m2
from greenhouse.harvest.sums import metered
from greenhouse.plant.building import HouseKind as ModelKind
from greenhouse.plant.climate.reading import read_house
from greenhouse.site.basefile.schema import HouseKind
from greenhouse.site.structure import BaseStructure, CompartmentStructure, PointStructure
from greenhouse.telemetry.window import window

if TYPE_CHECKING:
    import pandas as pd

ENOUGH = 0.9
"""Coverage below which a sum is shown as incomplete."""
_HOUR = timedelta(hours=1)
_MJ_PER_WH = 0.0036
_AIR, _LIGHT, _PIPE = "air_temperature", "photon_flux_density", "heating_pipe_temperature"
"""Keys that points have in the profiles of climate controllers."""


@dataclass(frozen=True, slots=True)
class Known:
    """A figure and how much of the time it is known for. ``value`` None: not measured there, or never recorded."""

    value: float | None
    coverage: float

    @property
    def is_enough(self) -> bool:
        """Whether it may be read as the whole."""
        return self.value is not None and self.coverage >= ENOUGH


NOTHING = Known(None, 0.0)


@dataclass(frozen=True, slots=True)
class Growing:
    """What a cycle grew in.

    Attributes
    ----------
    base_c : float
        Of its thermal time.
    water_l_m2 : Known
        Irrigated by the meters of its compartment, spread over all of the compartment.
    heat_mj_m2 : Known
        Estimated from the temperatures of pipes and air.
    """

    base_c: float
    thermal_time_c_d: Known
    light_mol_m2: Known
    water_l_m2: Known
    heat_mj_m2: Known

    @property
    def coverage(self) -> float:
        """Of air and light, whichever is known less: what every cycle should have."""
        return min(self.thermal_time_c_d.coverage, self.light_mol_m2.coverage)


def growing_of(base: BaseStructure, cycles: Sequence[CropCycle], *, now: datetime) -> Mapping[str, Growing]:
    """What each of some cycles grew in, up to its end or to now, by the text of its id."""
    return {str(cycle.pk): _growing(base, cycle, now) for cycle in cycles}


def span_of(cycle: CropCycle, zone: ZoneInfo, now: datetime) -> tuple[datetime, datetime]:
    """From the midnight before planting to the midnight after clearing, or to the last full hour."""
    start = _midnight(cycle.planted_on, zone)
    full_hour = now.replace(minute=0, second=0, microsecond=0)
    end = full_hour if cycle.ended_on is None else min(full_hour, _midnight(cycle.ended_on + timedelta(days=1), zone))
    return start, max(end, start + _HOUR)


def _growing(base: BaseStructure, cycle: CropCycle, now: datetime) -> Growing:
    crop = crops().get(cycle.crop)
    base_c = 10.0 if crop is None else crop.base_c
    place = base.compartments.get(cycle.compartment_key)
    if place is None:
        return Growing(base_c, NOTHING, NOTHING, NOTHING, NOTHING)
    start, end = span_of(cycle, ZoneInfo(base.time_zone), now)
    hours = (end - start) / _HOUR
    climate = {name: _first(place, name) for name in (_AIR, _LIGHT, _PIPE)}
    meters = [point for point in place.points.values() if point.quantity is Quantity.VOLUME]
    wanted = [point.key for point in (*climate.values(), *meters) if point is not None]
    frame = window(wanted, start, end, _HOUR)
    air, light, pipe = (_of(frame, climate[name]) for name in (_AIR, _LIGHT, _PIPE))
    thermal = growing_degree_days_c_d(air["mean"], air["coverage"], hours=hours, base_c=base_c)
    photons = light_sum_mol_m2(light["mean"], light["coverage"], hours=hours)
    return Growing(
        base_c=base_c,
        thermal_time_c_d=_known(thermal),
        light_mol_m2=_known(photons),
        water_l_m2=_water(frame, meters, start, hours, place),
        heat_mj_m2=_heat(air, pipe, hours, _pipes_of(base, place)),
    )


def _first(place: CompartmentStructure, local_key: str) -> PointStructure | None:
    return next((point for point in place.points.values() if point.local_key == local_key), None)


def _of(frame: pd.DataFrame, point: PointStructure | None) -> pd.DataFrame:
    return frame[frame["point"] == ("" if point is None else point.key)]


def _known(found: Sum) -> Known:
    return Known(None if np.isnan(found.value) else found.value, found.coverage)


def _water(
    frame: pd.DataFrame, meters: Sequence[PointStructure], start: datetime, hours: float, place: CompartmentStructure
) -> Known:
    """All meters of a compartment; as well known as the one that is known least."""
    counted_m3, coverage = 0.0, 1.0
    for meter in meters:
        rows = _of(frame, meter).dropna(subset=["minimum", "maximum"])
        since_h = (rows["start"] - start) / _HOUR
        readings = list(zip(since_h.tolist(), rows["minimum"].tolist(), rows["maximum"].tolist(), strict=True))
        found = metered(readings, hours=hours)
        if found is None:
            return NOTHING
        counted_m3, coverage = counted_m3 + found.counted, min(coverage, found.coverage)
    return Known(counted_m3 * 1000.0 / place.area_m2, coverage) if meters else NOTHING


def _heat(air: pd.DataFrame, pipe: pd.DataFrame, hours: float, pipes: Pipes | None) -> Known:
    if pipes is None:
        return NOTHING
    both = air.merge(pipe, on="start", suffixes=("_air", "_pipe"))
    covered = np.minimum(both["coverage_air"], both["coverage_pipe"]).to_numpy()
    heat_w_m2 = pipe_heat_w_m2(both["mean_pipe"].to_numpy(), both["mean_air"].to_numpy(), pipes)
    known = np.isfinite(heat_w_m2) & (covered > 0.0)
    if not known.any():
        return NOTHING
    mj_m2 = float((heat_w_m2[known] * covered[known]).sum()) * _MJ_PER_WH
    return Known(mj_m2, min(1.0, float(covered[known].sum()) / hours))


@cache
def _pipes_of_glass() -> Pipes:
    told = read_house(ModelKind.GLASSHOUSE.value).pipes
    return Pipes(told.length_m_m2, told.outer_diameter_m, told.emissivity)


def _pipes_of(base: BaseStructure, place: CompartmentStructure) -> Pipes | None:
    """Pipes of the model's glasshouse; a solar greenhouse has none that anything is known of."""
    kinds = {part.key: house.kind for house in base.houses for part in house.compartments}
    return _pipes_of_glass() if kinds.get(place.key) is HouseKind.GLASSHOUSE else None


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), tzinfo=zone)
