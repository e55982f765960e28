"""Gross assimilation of lettuce: Van Henten's own, which his growth constants belong to.

Van Henten, E.J. (2003), *Sensitivity Analysis of an Optimal Control Problem in Greenhouse Climate Management*,
Biosystems Engineering 85(3), equations 2 and 6: the reduced form of Van Henten (1994), with one dry weight. Growth and
respiration are in ``crop_lettuce.toml``; the constants here stand in its part ``photosynthesis`` of
``lettuce_light.toml``.
"""

from __future__ import annotations

import math
from typing import Annotated, NamedTuple

from greenhouse.plant.parameters import Unit, parse_parameters
from greenhouse.plant.roots import DATA

CARBON_DIOXIDE_G_UMOL = 44.01e-6


class LettucePhotosynthesis(NamedTuple):
    """Constants of equation 6, and how much of the light outside his house let in."""

    closure_m2_kg: Annotated[float, Unit("m2 kg-1", lowest=1.0, highest=500.0)]
    light_use_kg_j: Annotated[float, Unit("kg J-1", highest=1e-6)]
    conductance_2: Annotated[float, Unit("m s-1 degC-2", highest=1e-3)]
    conductance_1: Annotated[float, Unit("m s-1 degC-1", highest=1e-2)]
    conductance_0: Annotated[float, Unit("m s-1", highest=1e-1)]
    compensation_kg_m3: Annotated[float, Unit("kg m-3", highest=1e-3)]
    cover_transmission: Annotated[float, Unit("1", lowest=0.1, highest=1.0)]


def lettuce_photosynthesis() -> LettucePhotosynthesis:
    """The constants from their file.

    Raises
    ------
    ParameterError
        With every fault of the file.
    """
    name = "lettuce_light.toml"
    text = (DATA / name).read_text("utf-8")
    file = parse_parameters(text, file=name, parts={"photosynthesis": LettucePhotosynthesis})
    return file.part("photosynthesis", LettucePhotosynthesis)


def lettuce_assimilation_umol_m2_s(
    dry_g_m2: float, constants: LettucePhotosynthesis, sun_w_m2: float, co2_kg_m3: float, air_c: float
) -> float:
    """Gross assimilation of carbon dioxide. [umol m-2 s-1]

    ``(1 - exp(-c_pl X)) c_rad I s / (c_rad I + s)``, ``s = (-c2 T² + c1 T - c0)(C - Gamma)``; none where it is too
    cold, too hot or too poor in carbon dioxide for any.

    Parameters
    ----------
    dry_g_m2 : float
        Dry weight of the crop.
    constants : LettucePhotosynthesis
    sun_w_m2 : float
        Global radiation outside: transmission of a glasshouse's cover is in ``light_use_kg_j``.
    co2_kg_m3, air_c : float
        Of the air in the house.
    """
    conductance_m_s = (
        -constants.conductance_2 * air_c * air_c + constants.conductance_1 * air_c - constants.conductance_0
    )
    supply = conductance_m_s * (co2_kg_m3 - constants.compensation_kg_m3)
    light = constants.light_use_kg_j * sun_w_m2
    if conductance_m_s <= 0.0 or supply <= 0.0 or light <= 0.0:
        return 0.0
    closure = 1.0 - math.exp(-constants.closure_m2_kg * dry_g_m2 / 1000.0)
    return closure * light * supply / (light + supply) * 1000.0 / CARBON_DIOXIDE_G_UMOL
