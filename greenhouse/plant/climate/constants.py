"""Constants of physics. Everything that differs from house to house is a parameter, in a file."""

from __future__ import annotations

from typing import Final

#: Temperature of melting ice. [K]
ICE_POINT_K: Final = 273.15
#: Stefan-Boltzmann constant. [W m-2 K-4]
STEFAN_BOLTZMANN: Final = 5.670374e-8
#: Acceleration of gravity. [m s-2]
GRAVITY_M_S2: Final = 9.81
#: Heat that evaporates a kilogram of water at about 20 °C. [J kg-1]
LATENT_HEAT_J_KG: Final = 2.45e6
#: Heat capacity of air at constant pressure. [J kg-1 K-1]
AIR_HEAT_J_KG_K: Final = 1005.0
#: Gas constant of dry air. [J kg-1 K-1]
DRY_AIR_GAS_J_KG_K: Final = 287.05
#: Gas constant of water vapor. [J kg-1 K-1]
VAPOR_GAS_J_KG_K: Final = 461.5
#: Molar gas constant. [J mol-1 K-1]
MOLAR_GAS_J_MOL_K: Final = 8.314
#: Ratio of the molar masses of water and dry air.
WATER_TO_AIR: Final = 0.622
#: Molar mass of carbon dioxide. [kg mol-1]
CO2_KG_MOL: Final = 0.04401
#: Heat capacity of water. [J kg-1 K-1]
WATER_HEAT_J_KG_K: Final = 4180.0
#: Heat that melts a kilogram of ice. [J kg-1]
MELTING_HEAT_J_KG: Final = 3.34e5
#: Photons of a joule of the sun's photosynthetically active light. [µmol J-1]
SUN_PHOTONS_UMOL_J: Final = 4.6
#: Share of the sun's energy that is photosynthetically active (Vanthoor 2011, table 8.1).
SUN_PAR_SHARE: Final = 0.5
