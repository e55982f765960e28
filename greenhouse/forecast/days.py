"""What a day of a season comes to: a row of figures, each of one square meter of floor."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from greenhouse.forecast.limits import Limits
from greenhouse.plant.stretch import Moment

Array = NDArray[np.float64]


class DayFigures(NamedTuple):
    """A local day.

    Attributes
    ----------
    day : date
    air_low_c, air_mean_c, air_high_c, outside_mean_c : float
    below_lowest_h, above_highest_h : float
        Time beyond what the crop bears.
    below_band_kh, above_band_kh : float
        Degree-hours outside the band.
    vpd_mean_kpa, vpd_low_h, vpd_high_h : float
        Mean, and time when the air was too moist and too dry.
    co2_day_ppm : float
        Mean while there was light; 0 without any.
    light_mol_m2 : float
        Photons above the crop: the daily light integral.
    irrigation_l_m2, drain_l_m2, uptake_l_m2, fog_l_m2 : float
    drain_ec_ms_cm : float
        Of what drained; the solution's at midnight where nothing did.
    root_share_lowest : float
        Driest moment of the root zone.
    heat_mj_m2, lamp_kwh_m2, co2_g_m2 : float
    first_kg_m2, second_kg_m2, cull_kg_m2, pieces_m2, first_pieces_m2 : float
        Picked.
    lai, assimilated_g_m2 : float
        Leaf area at midnight; carbohydrate bound.
    """

    day: date
    air_low_c: float
    air_mean_c: float
    air_high_c: float
    outside_mean_c: float
    below_lowest_h: float
    above_highest_h: float
    below_band_kh: float
    above_band_kh: float
    vpd_mean_kpa: float
    vpd_low_h: float
    vpd_high_h: float
    co2_day_ppm: float
    light_mol_m2: float
    irrigation_l_m2: float
    drain_l_m2: float
    uptake_l_m2: float
    fog_l_m2: float
    drain_ec_ms_cm: float
    root_share_lowest: float
    heat_mj_m2: float
    lamp_kwh_m2: float
    co2_g_m2: float
    first_kg_m2: float
    second_kg_m2: float
    cull_kg_m2: float
    pieces_m2: float
    first_pieces_m2: float
    lai: float
    assimilated_g_m2: float


SUMMED = frozenset(
    {
        "below_lowest_h",
        "above_highest_h",
        "below_band_kh",
        "above_band_kh",
        "vpd_low_h",
        "vpd_high_h",
        "irrigation_l_m2",
        "drain_l_m2",
        "uptake_l_m2",
        "fog_l_m2",
        "heat_mj_m2",
        "lamp_kwh_m2",
        "co2_g_m2",
        "first_kg_m2",
        "second_kg_m2",
        "cull_kg_m2",
        "pieces_m2",
        "first_pieces_m2",
        "assimilated_g_m2",
    }
)
"""Figures that a season sums up. Of the others it has the mean, of lowest and highest the extreme."""


def figures_of_day(day: date, moments: Array, limits: Limits, step_s: float) -> DayFigures:
    """The figures of a day's moments."""
    seen = Moment._make(moments.T)
    air_c, vpd_kpa = np.asarray(seen.air_c), np.asarray(seen.vpd_kpa)
    step_h = step_s / 3600.0
    is_light = np.asarray(seen.light_w_m2) > 0.0
    drain_l_m2 = _sum(seen.drain_l_m2)
    salt = float((np.asarray(seen.drain_l_m2) * np.asarray(seen.drain_ec_ms_cm)).sum())
    return DayFigures(
        day=day,
        air_low_c=float(air_c.min()),
        air_mean_c=float(air_c.mean()),
        air_high_c=float(air_c.max()),
        outside_mean_c=float(np.asarray(seen.outside_c).mean()),
        below_lowest_h=float((air_c < limits.lowest_c).sum()) * step_h,
        above_highest_h=float((air_c > limits.highest_c).sum()) * step_h,
        below_band_kh=float(np.maximum(0.0, limits.band_low_c - air_c).sum()) * step_h,
        above_band_kh=float(np.maximum(0.0, air_c - limits.band_high_c).sum()) * step_h,
        vpd_mean_kpa=float(vpd_kpa.mean()),
        vpd_low_h=float((vpd_kpa < limits.vpd_low_kpa).sum()) * step_h,
        vpd_high_h=float((vpd_kpa > limits.vpd_high_kpa).sum()) * step_h,
        co2_day_ppm=float(np.asarray(seen.co2_ppm)[is_light].mean()) if is_light.any() else 0.0,
        light_mol_m2=_sum(seen.par_mol_m2),
        irrigation_l_m2=_sum(seen.irrigation_l_m2),
        drain_l_m2=drain_l_m2,
        uptake_l_m2=_sum(seen.uptake_l_m2),
        fog_l_m2=_sum(seen.fog_l_m2),
        drain_ec_ms_cm=salt / drain_l_m2 if drain_l_m2 > 0.0 else float(moments[-1, _DRAIN_EC]),
        root_share_lowest=float(np.asarray(seen.root_share).min()),
        heat_mj_m2=float(np.maximum(0.0, seen.heat_j_m2).sum()) / 1e6,
        lamp_kwh_m2=_sum(seen.lamp_j_m2) / 3.6e6,
        co2_g_m2=_sum(seen.co2_g_m2),
        first_kg_m2=_sum(seen.first_kg_m2),
        second_kg_m2=_sum(seen.second_kg_m2),
        cull_kg_m2=_sum(seen.cull_kg_m2),
        pieces_m2=_sum(seen.pieces_m2),
        first_pieces_m2=_sum(seen.first_pieces_m2),
        lai=float(moments[-1, _LAI]),
        assimilated_g_m2=_sum(seen.assimilated_g_m2),
    )


_DRAIN_EC = Moment._fields.index("drain_ec_ms_cm")
_LAI = Moment._fields.index("lai")


def _sum(column: float) -> float:
    return float(np.asarray(column).sum())


def over_all(days: Sequence[DayFigures], name: str) -> float:
    """A figure of a whole season: the sum, the extreme or the mean of its days.

    Carbon dioxide counts on days with light, drain EC by what drained.
    """
    values = np.array([getattr(day, name) for day in days], dtype=np.float64)
    if name in SUMMED:
        return float(values.sum())
    if name in {"air_low_c", "root_share_lowest"}:
        return float(values.min())
    if name in {"air_high_c", "lai"}:
        return float(values.max())
    if name == "co2_day_ppm":
        return float(values[values > 0.0].mean()) if (values > 0.0).any() else 0.0
    if name == "drain_ec_ms_cm":
        weights = np.array([day.drain_l_m2 for day in days])
        return float((values * weights).sum() / weights.sum()) if weights.sum() > 0.0 else float(values[-1])
    return float(values.mean())
