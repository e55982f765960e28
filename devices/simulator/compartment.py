"""The climate of one simulated compartment: a simple heat, vapor and CO2 balance per square meter of floor.

Good enough to look alive and to answer heating, vents, blanket, screen, CO2 and water in the right direction and in the
right order of size. It is not a model to decide with.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from enum import StrEnum

from devices.simulator.outside import Outside, saturation_vapor_density_g_m3

LONGEST_STEP_S = 60.0
_AIR_HEAT_J_M3_K = 1_055.0  # 1.05 kg/m³ at 1300 m times 1005 J/(kg K)
_LATENT_HEAT_J_G = 2_450.0
_OUTSIDE_CO2_PPM = 420.0
_DEEP_GROUND_C = 14.0


class Enclosure(StrEnum):
    """What kind of house a compartment belongs to."""

    SOLAR_GREENHOUSE = "solar"
    GLASSHOUSE = "glasshouse"


@dataclass(frozen=True, slots=True)
class EnclosureConstants:
    """Assumed constants of a house kind, per square meter of floor."""

    transmission: float
    heat_loss_w_m2_k: float
    heat_loss_covered_w_m2_k: float
    air_capacity_j_m2_k: float
    mass_capacity_j_m2_k: float
    mean_height_m: float


_CONSTANTS = {
    Enclosure.SOLAR_GREENHOUSE: EnclosureConstants(0.62, 4.5, 1.1, 25e3, 450e3, 2.8),
    Enclosure.GLASSHOUSE: EnclosureConstants(0.65, 6.0, 3.2, 35e3, 250e3, 5.0),
}


@dataclass(slots=True)
class Actuation:
    """What the devices of a compartment do to it at the moment.

    Covers and openings run from 0 to 1. Openings and water are kept per device: several may serve one compartment.
    """

    openings: dict[str, float] = field(default_factory=dict)
    cover: float = 0.0
    pipe_temperature_c: float | None = None
    co2_dosing: float = 0.0
    water_mm_s: dict[str, float] = field(default_factory=dict)

    @property
    def opening(self) -> float:
        """Share of all vents that is open."""
        return sum(self.openings.values()) / len(self.openings) if self.openings else 0.0


class Compartment:
    """One air space with its floor, walls and substrate.

    Parameters
    ----------
    enclosure : Enclosure
        Decides the constants.
    variation : float
        -1 to 1: houses of one kind are built alike but not the same.
    """

    def __init__(self, enclosure: Enclosure, *, variation: float = 0.0) -> None:
        self.enclosure = enclosure
        self.constants = _CONSTANTS[enclosure]
        self.actuation = Actuation()
        self.variation = variation
        self.air_temperature_c = 16.0
        self.mass_temperature_c = 16.0
        self.substrate_temperature_c = 16.0
        self.vapor_density_g_m3 = 9.0
        self.co2_ppm = _OUTSIDE_CO2_PPM
        self.substrate_moisture_pct = 62.0
        self.irradiance_w_m2 = 0.0

    @property
    def relative_humidity_pct(self) -> float:
        """Relative humidity of the air, never above 100 because what is above has condensed. [%]"""
        return 100.0 * self.vapor_density_g_m3 / saturation_vapor_density_g_m3(self.air_temperature_c)

    @property
    def vapor_pressure_deficit_kpa(self) -> float:
        """Vapor pressure deficit of the air. [kPa]"""
        missing_g_m3 = saturation_vapor_density_g_m3(self.air_temperature_c) - self.vapor_density_g_m3
        return max(0.0, missing_g_m3 * 461.5 * (self.air_temperature_c + 273.15) * 1e-6)

    def advance(self, elapsed_s: float, outside: Outside) -> None:
        """Let the climate follow weather and actuation for at most ``LONGEST_STEP_S``. [s]"""
        self.irradiance_w_m2 = self._transmission() * outside.irradiance_w_m2
        sun_heat_w_m2 = self.irradiance_w_m2 * self._sun_geometry(outside)
        exchange_m_s = self._air_exchange_m_s(outside)
        self._advance_heat(elapsed_s, outside, 0.78 * sun_heat_w_m2, exchange_m_s)
        transpiration_g_m2_s = self._advance_vapor(elapsed_s, outside, 0.22 * sun_heat_w_m2, exchange_m_s)
        self._advance_co2(elapsed_s, exchange_m_s)
        self._advance_substrate(elapsed_s, transpiration_g_m2_s)

    def _transmission(self) -> float:
        """Share of the sun that comes in, on flat ground."""
        return self.constants.transmission * (1.0 - 0.06 * self.variation) * (1.0 - 0.97 * self.actuation.cover)

    def _sun_geometry(self, outside: Outside) -> float:
        """How much more sun the south roof catches than flat ground (6.6 m deep, 4.5 m high, 8 m span)."""
        if self.enclosure is Enclosure.GLASSHOUSE or outside.sun_elevation_deg < 5.0:
            return 1.0
        return min(2.2, (6.6 + 4.5 / math.tan(math.radians(outside.sun_elevation_deg))) / 8.0)

    def _air_exchange_m_s(self, outside: Outside) -> float:
        leak = 0.3 * self.constants.mean_height_m / 3600.0
        return leak + self.actuation.opening * (0.012 + 0.004 * min(outside.wind_speed_m_s, 8.0))

    def _advance_heat(self, elapsed_s: float, outside: Outside, sun_w_m2: float, exchange_m_s: float) -> None:
        """Both temperatures one implicit step on, so no step is too long to be stable."""
        constants, cover = self.constants, self.actuation.cover
        bare, covered = constants.heat_loss_w_m2_k, constants.heat_loss_covered_w_m2_k
        loss = (bare + (covered - bare) * cover) * (1.0 + 0.1 * self.variation) + exchange_m_s * _AIR_HEAT_J_M3_K
        pipe_c = self.actuation.pipe_temperature_c
        coupling, ground, pipes = 8.0, 1.2, 0.0 if pipe_c is None else 5.0
        air_rate, mass_rate = elapsed_s / constants.air_capacity_j_m2_k, elapsed_s / constants.mass_capacity_j_m2_k
        gain = 0.4 * sun_w_m2 + loss * outside.air_temperature_c + pipes * (pipe_c or 0.0)
        air = self.air_temperature_c + air_rate * (gain + coupling * self.mass_temperature_c)
        self.air_temperature_c = air / (1 + air_rate * (loss + pipes + coupling))
        gain = 0.6 * sun_w_m2 + coupling * self.air_temperature_c + ground * _DEEP_GROUND_C
        self.mass_temperature_c = (self.mass_temperature_c + mass_rate * gain) / (1 + mass_rate * (coupling + ground))
        lag = elapsed_s / 7_200.0
        self.substrate_temperature_c = (self.substrate_temperature_c + lag * self.mass_temperature_c) / (1 + lag)

    def _advance_vapor(self, elapsed_s: float, outside: Outside, latent_w_m2: float, exchange_m_s: float) -> float:
        """Vapor one step on; returns the transpiration. [g/(m² s)]"""
        saturated = saturation_vapor_density_g_m3(self.air_temperature_c)
        dryness = max(0.0, 1.0 - self.vapor_density_g_m3 / saturated)
        wetness = min(1.0, max(0.0, (self.substrate_moisture_pct - 8.0) / 40.0))
        transpiration = (latent_w_m2 / _LATENT_HEAT_J_G + 0.006 * dryness) * wetness
        outdoor = outside.relative_humidity_pct / 100.0 * saturation_vapor_density_g_m3(outside.air_temperature_c)
        cover_c = outside.air_temperature_c + (0.4 + 0.52 * self.actuation.cover) * (
            self.air_temperature_c - outside.air_temperature_c
        )
        cold = saturation_vapor_density_g_m3(cover_c)
        condensing = 0.0025 if self.vapor_density_g_m3 > cold else 0.0
        rate = elapsed_s / self.constants.mean_height_m
        vapor = self.vapor_density_g_m3 + rate * (transpiration + exchange_m_s * outdoor + condensing * cold)
        vapor /= 1 + rate * (exchange_m_s + condensing)
        self.vapor_density_g_m3 = min(vapor, 0.995 * saturated)
        return transpiration

    def _advance_co2(self, elapsed_s: float, exchange_m_s: float) -> None:
        """CO2 one step on; 10 µmol/(m² s) of uptake at 300 W/m² are 0.29 ppm m/s at 87 kPa."""
        uptake_m_s = 0.29 * self.irradiance_w_m2 / 300.0 / (self.co2_ppm + 200.0)
        rate = elapsed_s / self.constants.mean_height_m
        source = 0.05 + 1.2 * self.actuation.co2_dosing + exchange_m_s * _OUTSIDE_CO2_PPM
        self.co2_ppm = (self.co2_ppm + rate * source) / (1 + rate * (exchange_m_s + uptake_m_s))

    def _advance_substrate(self, elapsed_s: float, transpiration_g_m2_s: float) -> None:
        """Water in 200 mm of substrate; above 85 % it drains away."""
        supply_mm_s = sum(self.actuation.water_mm_s.values()) - transpiration_g_m2_s / 1000.0
        self.substrate_moisture_pct = min(85.0, self.substrate_moisture_pct + 100.0 * supply_mm_s * elapsed_s / 200.0)
