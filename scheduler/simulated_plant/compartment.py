"""One compartment of the simulated base: the plant model behind its devices, a step a minute."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from devices.simulator.compartment import Enclosure
from greenhouse.plant.actuators import HeatingState, heat
from greenhouse.plant.building import broken
from greenhouse.plant.faults import NO_FAULTS, PlantFaults
from greenhouse.plant.machinery import Outfit
from greenhouse.plant.moist_air import relative_humidity_pct
from greenhouse.plant.point_sources import Truth, Vent, common_opening
from greenhouse.plant.roots import Medium, ec_ms_cm, root_zone_at_start, water_content, water_stress
from greenhouse.plant.surroundings import Equipment, Weather
from greenhouse.plant.watering import Pipework, WaterFlow, water_flow
from greenhouse.plant.whole import Inside, WholeParameters, step_inside
from scheduler.simulated_plant.base_houses import whitened

CLIMATE_STEP_S = 60.0


class Feed(NamedTuple):
    """What is in the water that reaches the drippers. [mS/cm; pH]"""

    ec_ms_cm: float
    ph: float


class Fitting(NamedTuple):
    """What a compartment is built and planted with, without faults."""

    enclosure: Enclosure
    medium: Medium
    sound: WholeParameters

    @property
    def is_solar(self) -> bool:
        """Whether it is of a solar greenhouse."""
        return self.enclosure is Enclosure.SOLAR_GREENHOUSE


@dataclass(slots=True)
class Orders:
    """What the devices of a compartment do to it now. Shares from 0 to 1; for blanket, screen and shading net 1 covers.

    Openings, blankets, screens, nets and opened floor are kept by device: several may serve one compartment.
    ``ventilation`` is how far its climate controller wants the vents open, None while there is no controller;
    ``screening`` how far it wants the screen drawn.
    """

    openings: dict[str, tuple[Vent, float]] = field(default_factory=dict)
    blankets: dict[str, float] = field(default_factory=dict)
    screens: dict[str, float] = field(default_factory=dict)
    nets: dict[str, float] = field(default_factory=dict)
    opened_m2: dict[str, float] = field(default_factory=dict)
    heat: float = 0.0
    co2: float = 0.0
    fan: float = 0.0
    ventilation: float | None = None
    screening: float = 0.0

    def opening(self, vent: Vent) -> float:
        """The one opening of the model that the drives of a vent share."""
        return common_opening(position for which, position in self.openings.values() if which is vent)


class _Means:
    """What the drives did since the last step of the climate, weighed by time."""

    def __init__(self) -> None:
        self.seconds = self.water_l = 0.0
        self.roof = self.bottom = self.blanket = self.screen = self.net = 0.0

    def add(self, orders: Orders, crop_l_h: float, dt_s: float) -> None:
        self.seconds += dt_s
        self.water_l += crop_l_h * dt_s / 3600.0
        self.roof += orders.opening(Vent.ROOF) * dt_s
        self.bottom += orders.opening(Vent.BOTTOM) * dt_s
        self.blanket += common_opening(orders.blankets.values()) * dt_s
        self.screen += common_opening(orders.screens.values()) * dt_s
        self.net += common_opening(orders.nets.values()) * dt_s


class Compartment:
    """The true climate, root zone and crop of one compartment.

    Parameters
    ----------
    fitting : Fitting
        Parameters of the house, its equipment and its crop.
    inside : Inside
        The state that it starts with.

    Attributes
    ----------
    light_w_m2 : float
        Above the crop, of the last step.
    """

    def __init__(self, fitting: Fitting, inside: Inside) -> None:
        self.fitting = fitting
        self.inside = inside
        self.light_w_m2 = 0.0
        self.orders = Orders()
        self.faults = NO_FAULTS
        self.ec_drift_s = 0.0
        self.is_watered_by_hand = True
        self._is_whitened = False
        self.flow = WaterFlow(0.0, 0.0, 0.0, 0.0)
        self._means = _Means()
        self._heating = HeatingState(inside.climate.pipe_c)
        self._before = self._after = self._climate_truths()
        self._refit()

    @property
    def enclosure(self) -> Enclosure:
        """What kind of house it belongs to."""
        return self.fitting.enclosure

    @property
    def outfit(self) -> Outfit:
        """The equipment as its faults leave it."""
        return self._parameters.outfit

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
        outfit = self.outfit
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
        outfit, pipe_c = self.outfit, self.inside.climate.pipe_c
        demand = self.orders.heat * outfit.supply.mains
        self._heating = heat(self._heating, demand * outfit.supply.boiler, pipe_c, outfit.heating, dt_s)
        acting = self._equipment(means, demand, feed)
        self.inside, flows = step_inside(self.inside, acting, weather, self._parameters, dt_s)
        self.light_w_m2 = flows.climate.light_w_m2
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
        truths[Truth.CROP_WATER_FLOW] = self.flow.crop_l_h / 1000.0
        truths[Truth.WATER_PRESSURE] = self.flow.pressure_bar
        truths[Truth.WATER_TEMPERATURE] = self.outfit.water.water_c
        return truths

    def _equipment(self, means: _Means, demand: float, feed: Feed) -> Equipment:
        seconds, outfit = means.seconds, self.outfit
        mains = outfit.supply.mains
        return Equipment(
            roof_vent=means.roof / seconds,
            bottom_vent=means.bottom / seconds,
            blanket=means.blanket / seconds,
            screen=means.screen / seconds,
            shade=means.net / seconds,
            pipe_supply_c=self._heating.supply_c if demand > 0.0 else self.inside.climate.pipe_c,
            pipe_flow=1.0 if demand > 0.0 else 0.0,
            fog=0.0,
            fan=self.orders.fan * mains,
            pad=mains if self.orders.fan > 0.0 else 0.0,
            lamp=0.0,
            circulation=0.0,
            co2_kg_ha_h=self.orders.co2 * outfit.dosing.co2_full_kg_ha_h * mains,
            water_l_m2_h=means.water_l / seconds * 3600.0 / outfit.floor_m2,
            water_ec_ms_cm=feed.ec_ms_cm,
            water_ph=feed.ph,
            water_c=outfit.water.water_c,
        )

    def _water_by_hand(self) -> None:
        """Until valves water a compartment, people do: before the roots lack anything they are given their fill."""
        root_zone = self._parameters.root_zone
        if water_stress(self.inside.root_zone, root_zone) < 1.0:
            self.inside = self.inside._replace(root_zone=root_zone_at_start(root_zone))

    def _refit(self) -> None:
        """House and equipment as summer and faults leave them."""
        sound = self.fitting.sound
        if self._is_whitened:
            sound = sound._replace(house=whitened(sound.house))
        self._parameters = broken(sound, self.faults, self.ec_drift_s / 86_400.0)

    def _climate_truths(self) -> Mapping[Truth, float]:
        inside, climate = self.inside, self.inside.climate
        in_soil = self.fitting.medium is Medium.SOIL
        return {
            Truth.AIR_TEMPERATURE: climate.air_c,
            Truth.RELATIVE_HUMIDITY: min(100.0, relative_humidity_pct(climate.vapor_kg_m3, climate.air_c)),
            Truth.CO2: climate.co2_ppm,
            Truth.IRRADIANCE: self.light_w_m2,
            Truth.CANOPY_TEMPERATURE: climate.canopy_c,
            Truth.FLOOR_TEMPERATURE: climate.floor_c,
            Truth.PIPE_TEMPERATURE: climate.pipe_c,
            Truth.ROOT_TEMPERATURE: climate.soil1_c if in_soil else climate.floor_c,
            Truth.ROOT_MOISTURE: 100.0 * water_content(inside.root_zone, self.fitting.sound.root_zone),
            Truth.ROOT_CONDUCTIVITY: ec_ms_cm(inside.root_zone),
        }
