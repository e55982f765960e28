"""One compartment of the simulated base: the plant model behind its devices, a step a minute."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from devices.simulator.compartment import Enclosure
from greenhouse.plant.actuators import HeatingState, heat
from greenhouse.plant.climate.house import House
from greenhouse.plant.climate.moist_air import relative_humidity_pct
from greenhouse.plant.climate.state import Canopy, ClimateState
from greenhouse.plant.climate.step import step as step_climate
from greenhouse.plant.crops.growth import assimilation_share, leaf_area_index, step_crop
from greenhouse.plant.crops.parameters import CropParameters
from greenhouse.plant.crops.state import Crop, CropInput
from greenhouse.plant.faults import NO_FAULTS, PlantFaults, apply, tear, torn_fir_transmission, torn_leak
from greenhouse.plant.machinery import Outfit
from greenhouse.plant.roots import (
    Medium,
    RootZone,
    RootZoneInput,
    RootZoneParameters,
    ec_ms_cm,
    root_zone_at_start,
    step_root_zone,
    water_content,
    water_stress,
)
from greenhouse.plant.surroundings import Equipment, Weather
from greenhouse.plant.watering import Pipework, WaterFlow, water_flow
from scheduler.simulated_plant.points import Truth, Vent, common_opening

CLIMATE_STEP_S = 60.0
_WHITENING_SHARE = 0.55
"""Of the light that a film splashed with mud or whitewash keeps off, as growers do for the summer. Assumed."""


class Feed(NamedTuple):
    """What is in the water that reaches the drippers. [mS/cm; pH]"""

    ec_ms_cm: float
    ph: float


class Inside(NamedTuple):
    """Everything of a compartment that the model moves on."""

    climate: ClimateState
    heating: HeatingState
    zone: RootZone
    crop: Crop
    light_w_m2: float
    crop_respiration_umol_m2_s: float


class Fitting(NamedTuple):
    """What a compartment is built and planted with, without faults."""

    enclosure: Enclosure
    house: House
    outfit: Outfit
    medium: Medium
    roots: RootZoneParameters
    crop: CropParameters


@dataclass(slots=True)
class Orders:
    """What the devices of a compartment do to it now. Shares from 0 to 1; for blanket and screen 1 covers.

    Openings, blankets and opened floor are kept by device: several may serve one compartment. ``ventilation`` is how
    far its climate controller wants the vents open; None while there is no controller.
    """

    openings: dict[str, tuple[Vent, float]] = field(default_factory=dict)
    blankets: dict[str, float] = field(default_factory=dict)
    opened_m2: dict[str, float] = field(default_factory=dict)
    screen: float = 0.0
    heat: float = 0.0
    co2: float = 0.0
    fan: float = 0.0
    ventilation: float | None = None

    def opening(self, vent: Vent) -> float:
        """The one opening of the model that the drives of a vent share."""
        return common_opening(position for which, position in self.openings.values() if which is vent)


class _Means:
    """What the drives did since the last step of the climate, weighed by time."""

    def __init__(self) -> None:
        self.seconds = self.water_l = 0.0
        self.roof = self.bottom = self.blanket = self.screen = 0.0

    def add(self, orders: Orders, crop_l_h: float, dt_s: float) -> None:
        self.seconds += dt_s
        self.water_l += crop_l_h * dt_s / 3600.0
        self.roof += orders.opening(Vent.ROOF) * dt_s
        self.bottom += orders.opening(Vent.BOTTOM) * dt_s
        self.blanket += common_opening(orders.blankets.values()) * dt_s
        self.screen += orders.screen * dt_s


class Compartment:
    """The true climate, root zone and crop of one compartment.

    Parameters
    ----------
    fitting : Fitting
        Parameters of the house and its equipment.
    inside : Inside
        The state that it starts with.
    """

    def __init__(self, fitting: Fitting, inside: Inside) -> None:
        self.fitting = fitting
        self.inside = inside
        self.orders = Orders()
        self.faults = NO_FAULTS
        self.ec_drift_s = 0.0
        self.is_watered_by_hand = True
        self._is_whitened = False
        self.flow = WaterFlow(0.0, 0.0, 0.0, 0.0)
        self._means = _Means()
        self._before = self._after = self._climate_truths()
        self._refit()

    @property
    def enclosure(self) -> Enclosure:
        """What kind of house it belongs to."""
        return self.fitting.enclosure

    @property
    def outfit(self) -> Outfit:
        """The equipment as its faults leave it."""
        return self._outfit

    def break_down(self, faults: PlantFaults) -> None:
        """Let these faults be on and no others."""
        if faults.drifted_ec_probe != self.faults.drifted_ec_probe:
            self.ec_drift_s = 0.0
        self.faults = faults
        self._refit()

    def whiten(self, *, is_summer: bool) -> None:
        """Splash the film of a solar greenhouse for the summer, or let the autumn wash it; it has no other shade."""
        is_whitened = is_summer and self.enclosure is Enclosure.SOLAR_GREENHOUSE
        if is_whitened != self._is_whitened:
            self._is_whitened = is_whitened
            self._refit()

    def let_flow(self, dt_s: float) -> None:
        """Let water flow and remember what the drives did; the climate follows once a minute. [s]"""
        outfit = self._outfit
        pipes = outfit.pipework
        pumped = Pipework(pipes.pump * outfit.supply.mains, pipes.blocked, pipes.burst)
        opened_m2 = min(outfit.floor_m2, sum(self.orders.opened_m2.values()))
        self.flow = water_flow(opened_m2, pumped, outfit.water)
        self._means.add(self.orders, self.flow.crop_l_h, dt_s)

    def step(self, weather: Weather, feed: Feed) -> None:
        """Move climate, roots and crop on by what passed since the last step."""
        means, self._means = self._means, _Means()
        dt_s = means.seconds
        if dt_s <= 0.0:
            return
        self.ec_drift_s += dt_s
        if self.faults.drifted_ec_probe:
            self._refit()
        supply = self._outfit.supply
        demand = self.orders.heat * supply.mains
        heating = heat(
            self.inside.heating, demand * supply.boiler, self.inside.climate.pipe_c, self._outfit.heating, dt_s
        )
        self.inside = inside_after(
            self.inside._replace(heating=heating),
            self.fitting._replace(house=self._house),
            weather,
            self._equipment(means, heating, demand, feed),
            dt_s,
        )
        if self.is_watered_by_hand:
            self._water_by_hand()
        self._before, self._after = self._after, self._climate_truths()

    def truths(self, share: float) -> dict[Truth, float]:
        """What is true inside, on a straight line from the step before to the last one.

        Parameters
        ----------
        share : float
            How much of a minute has passed since the last step, 0 to 1: the truth of instruments is a minute late.
        """
        truths = {truth: value + share * (self._after[truth] - value) for truth, value in self._before.items()}
        truths[Truth.WATER_FLOW] = self.flow.pumped_l_h / 1000.0
        truths[Truth.WATER_PRESSURE] = self.flow.pressure_bar
        truths[Truth.WATER_TEMPERATURE] = self.fitting.outfit.water.water_c
        return truths

    def _equipment(self, means: _Means, heating: HeatingState, demand: float, feed: Feed) -> Equipment:
        seconds, mains = means.seconds, self._outfit.supply.mains
        return Equipment(
            roof_vent=means.roof / seconds,
            bottom_vent=means.bottom / seconds,
            blanket=means.blanket / seconds,
            screen=means.screen / seconds,
            pipe_supply_c=heating.supply_c if demand > 0.0 else self.inside.climate.pipe_c,
            pipe_flow=1.0 if demand > 0.0 else 0.0,
            fog=0.0,
            fan=self.orders.fan * mains,
            pad=mains if self.orders.fan > 0.0 else 0.0,
            lamp=0.0,
            circulation=0.0,
            co2_kg_ha_h=self.orders.co2 * self._outfit.dosing.co2_full_kg_ha_h * mains,
            water_l_m2_h=means.water_l / seconds * 3600.0 / self._outfit.floor_m2,
            water_ec_ms_cm=feed.ec_ms_cm,
            water_ph=feed.ph,
            water_c=self._outfit.water.water_c,
        )

    def _water_by_hand(self) -> None:
        """Until valves water a compartment, people do: before the roots lack anything they are given their fill."""
        if water_stress(self.inside.zone, self.fitting.roots) < 1.0:
            self.inside = self.inside._replace(zone=root_zone_at_start(self.fitting.roots))

    def _refit(self) -> None:
        """House and equipment as the faults leave them."""
        self._outfit = apply(self.faults, self.fitting.outfit, self.ec_drift_s / 86_400.0)
        house = whitened(self.fitting.house) if self._is_whitened else self.fitting.house
        torn = tear(self.faults, house.cover.area_m2_m2)
        vents, cover = house.vents, house.cover
        leak = torn_leak(vents.leak, torn, vents.discharge, vents.wind_pressure)
        infrared = torn_fir_transmission(cover.infrared_transmission, torn)
        self._house = house._replace(
            vents=vents._replace(leak=leak), cover=cover._replace(infrared_transmission=infrared)
        )

    def _climate_truths(self) -> Mapping[Truth, float]:
        inside, fitting = self.inside, self.fitting
        climate = inside.climate
        in_soil = fitting.medium is Medium.SOIL
        return {
            Truth.AIR_TEMPERATURE: climate.air_c,
            Truth.RELATIVE_HUMIDITY: min(100.0, relative_humidity_pct(climate.vapor_kg_m3, climate.air_c)),
            Truth.CO2: climate.co2_ppm,
            Truth.IRRADIANCE: inside.light_w_m2,
            Truth.FLOOR_TEMPERATURE: climate.floor_c,
            Truth.PIPE_TEMPERATURE: climate.pipe_c,
            Truth.ROOT_TEMPERATURE: climate.soil1_c if in_soil else climate.floor_c,
            Truth.ROOT_MOISTURE: 100.0 * water_content(inside.zone, fitting.roots),
            Truth.ROOT_CONDUCTIVITY: ec_ms_cm(inside.zone),
        }


def whitened(house: House) -> House:
    """A house whose film is splashed for the summer."""
    cover, kept = house.cover, 1.0 - _WHITENING_SHARE
    return house._replace(
        cover=cover._replace(
            beam_transmission=kept * cover.beam_transmission, diffuse_transmission=kept * cover.diffuse_transmission
        )
    )


def inside_after(inside: Inside, fitting: Fitting, weather: Weather, equipment: Equipment, dt_s: float) -> Inside:
    """Climate, root zone and crop after a step in which equipment and weather stayed as they are. [s]"""
    crop, zone = inside.crop, inside.zone
    canopy = Canopy(
        lai=leaf_area_index(crop, fitting.crop),
        water_factor=water_stress(zone, fitting.roots),
        respiration_umol_m2_s=inside.crop_respiration_umol_m2_s,
        assimilation_factor=assimilation_share(crop, fitting.crop),
    )
    climate, flows = step_climate(inside.climate, canopy, weather, equipment, fitting.house, dt_s)
    watered = RootZoneInput(
        irrigation_l_m2=equipment.water_l_m2_h * dt_s / 3600.0,
        feed_ec_ms_cm=equipment.water_ec_ms_cm,
        feed_ph=equipment.water_ph,
        transpiration_l_m2=flows.transpiration_kg_m2_s * dt_s,
        uptake_ec_ms_cm=fitting.crop.uptake.salt_ms_cm,
    )
    grown = step_crop(crop, fitting.crop, CropInput(climate.canopy_c, flows.assimilation_umol_m2_s), dt_s)
    return Inside(
        climate=climate,
        heating=inside.heating,
        zone=step_root_zone(zone, fitting.roots, watered, dt_s).zone,
        crop=grown.crop,
        light_w_m2=flows.light_w_m2,
        crop_respiration_umol_m2_s=grown.respiration_umol_m2_s,
    )
