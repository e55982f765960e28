"""Thermal time and light sums from means of hours, with how much of the time they are known for.

What is not known is left out of a sum and never filled in: the coverage beside it says how much that is.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

_HOURS_PER_DAY = 24.0
_S_PER_H = 3600.0
_UMOL_PER_MOL = 1e6


class Sum(NamedTuple):
    """A sum over a span of time.

    Attributes
    ----------
    value : float
        Of what is known. NaN where nothing is.
    coverage : float
        Share of the span that is known, 0 to 1.
    """

    value: float
    coverage: float


def growing_degree_days_c_d(air_temp_c: ArrayLike, covered: ArrayLike, *, hours: float, base_c: float) -> Sum:
    """Growing degree days above a base temperature, from means of hours. [°C d]

    Parameters
    ----------
    air_temp_c : array, shape (n,)
        Mean of each known hour. [°C]
    covered : array, shape (n,)
        Share of each hour that is known, 0 to 1.
    hours : float
        Length of the span. [h]
    base_c : float
        Below it a crop does not develop. [°C]

    References
    ----------
    McMaster and Wilhelm (1997), Agricultural and Forest Meteorology 87:291-300, method 2, by the hour.
    """
    air, share = np.asarray(air_temp_c, dtype=float), _shares(air_temp_c, covered)
    return _sum(np.maximum(0.0, np.nan_to_num(air) - base_c) / _HOURS_PER_DAY, share, hours)


def light_sum_mol_m2(photon_flux_umol_m2_s: ArrayLike, covered: ArrayLike, *, hours: float) -> Sum:
    """Photons on a square meter, from means of hours: over a day, the daily light integral. [mol/m²]

    Parameters
    ----------
    photon_flux_umol_m2_s : array, shape (n,)
        Mean of each known hour. [µmol/(m² s)]
    covered : array, shape (n,)
        Share of each hour that is known, 0 to 1.
    hours : float
        Length of the span. [h]

    References
    ----------
    Faust and Logan (2018), HortScience 53:1250-1257: 1 µmol m⁻² s⁻¹ for an hour is 0.0036 mol m⁻².
    """
    flux, share = np.asarray(photon_flux_umol_m2_s, dtype=float), _shares(photon_flux_umol_m2_s, covered)
    return _sum(np.nan_to_num(flux) * _S_PER_H / _UMOL_PER_MOL, share, hours)


def _shares(values: ArrayLike, covered: ArrayLike) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    known = np.isfinite(np.asarray(values, dtype=float))
    return np.where(known, np.asarray(covered, dtype=float), 0.0)


def _sum(
    per_hour: np.ndarray[tuple[int, ...], np.dtype[np.float64]],
    share: np.ndarray[tuple[int, ...], np.dtype[np.float64]],
    hours: float,
) -> Sum:
    known_h = float(share.sum())
    if hours <= 0.0 or known_h <= 0.0:
        return Sum(float("nan"), 0.0)
    return Sum(float((per_hour * share).sum()), min(1.0, known_h / hours))
