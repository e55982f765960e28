"""Many steps of a whole house under the same orders, as one call: what a season is made of.

A program decides in Python, the model is compiled. What lies between two decisions is one call
(``greenhouse.plant.compiled.CompiledHouse``).
"""

from __future__ import annotations

import math
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from greenhouse.plant.climate.constants import CO2_KG_MOL
from greenhouse.plant.machinery import Orders
from greenhouse.plant.moist_air import saturation_pa, vapor_pressure_pa
from greenhouse.plant.surroundings import Weather
from greenhouse.plant.weather.series import WeatherArrays
from greenhouse.plant.whole import WholeFlows, WholeParameters, WholeState, step_whole

Array = NDArray[np.float64]


class Moment(NamedTuple):
    """What is kept of a step: the climate at its end, what flowed during it. Amounts are of the step, on a m² of floor.

    Attributes
    ----------
    air_c, rh_pct, vpd_kpa, co2_ppm, canopy_c, soil_c : float
        Inside; the soil is the layer that roots stand in.
    outside_c, outside_w_m2 : float
        Air and global radiation outside.
    light_w_m2, par_mol_m2 : float
        Above the crop.
    heat_j_m2, lamp_j_m2, co2_g_m2 : float
        Heat from the pipes, electricity of the lamps, carbon dioxide dosed.
    irrigation_l_m2, drain_l_m2, uptake_l_m2, fog_l_m2 : float
        Water.
    drain_ec_ms_cm, root_share : float
        Of the solution; water in the root zone as share of its volume.
    first_kg_m2, second_kg_m2, cull_kg_m2, pieces_m2, first_pieces_m2 : float
        Picked, fresh.
    lai, assimilated_g_m2 : float
        Leaf area; carbohydrate bound.
    roof_vent, bottom_vent, blanket, screen, shade : float
        Where they truly stand.
    topsoil_c, floor_c, pipe_c : float
        Upper layer of the soil, surface of the floor, and heating pipes.
    """

    air_c: float
    rh_pct: float
    vpd_kpa: float
    co2_ppm: float
    canopy_c: float
    soil_c: float
    outside_c: float
    outside_w_m2: float
    light_w_m2: float
    par_mol_m2: float
    heat_j_m2: float
    lamp_j_m2: float
    co2_g_m2: float
    irrigation_l_m2: float
    drain_l_m2: float
    uptake_l_m2: float
    fog_l_m2: float
    drain_ec_ms_cm: float
    root_share: float
    first_kg_m2: float
    second_kg_m2: float
    cull_kg_m2: float
    pieces_m2: float
    first_pieces_m2: float
    lai: float
    assimilated_g_m2: float
    roof_vent: float
    bottom_vent: float
    blanket: float
    screen: float
    shade: float
    topsoil_c: float
    floor_c: float
    pipe_c: float


MOMENT_WIDTH: Final = len(Moment._fields)

_G_UMOL: Final = 30.03e-6
"""Molar mass of CH2O. [g µmol-1]"""


def advance(  # noqa: PLR0917 - numba takes no keyword-only parameters
    state: WholeState,
    orders: Orders,
    weather: Array,
    parameters: WholeParameters,
    moments: Array,
    first: int,
    count: int,
    dt_s: float,
) -> WholeState:
    """Move a house on through ``count`` steps from step ``first`` of a weather table.

    Parameters
    ----------
    state : WholeState
        At the beginning of step ``first``.
    orders : Orders
        Constant over the stretch.
    weather : array
        A row for each step, the fields of ``Weather`` as columns: ``weather_table``.
    parameters : WholeParameters
    moments : array
        Written: a row for each step, the fields of ``Moment`` as columns.
    first, count : int
        Steps; weather and moments must have them.
    dt_s : float
        Of each step. [s]
    """
    for number in range(first, first + count):
        acting = weather_of(weather, number)
        state, flows = step_whole(state, orders, acting, parameters, dt_s)
        moment = moment_of(state, flows, acting, parameters, dt_s)
        for column in range(MOMENT_WIDTH):
            moments[number, column] = moment[column]
    return state


def weather_table(arrays: WeatherArrays) -> Array:
    """Weather of many moments as one table."""
    return np.ascontiguousarray(np.column_stack(arrays), dtype=np.float64)


def weather_of(table: Array, number: int) -> Weather:
    """The weather of one step."""
    row = table[number]
    return Weather(
        float(row[0]),
        float(row[1]),
        float(row[2]),
        float(row[3]),
        float(row[4]),
        float(row[5]),
        float(row[6]),
        float(row[7]),
        float(row[8]),
        float(row[9]),
        float(row[10]),
        float(row[11]),
        float(row[12]),
        float(row[13]),
        float(row[14]),
    )


def moment_of(
    state: WholeState, flows: WholeFlows, weather: Weather, parameters: WholeParameters, dt_s: float
) -> Moment:
    """What is kept of a step."""
    climate, flowed, harvest = state.inside.climate, flows.climate, flows.harvest
    saturated_pa = saturation_pa(climate.air_c)
    vapor_pa = vapor_pressure_pa(climate.vapor_kg_m3, climate.air_c)
    up = math.sin(math.radians(max(0.0, weather.sun_elevation_deg)))
    stands = flows.equipment
    return Moment(
        air_c=climate.air_c,
        rh_pct=100.0 * vapor_pa / saturated_pa,
        vpd_kpa=max(0.0, saturated_pa - vapor_pa) / 1000.0,
        co2_ppm=climate.co2_ppm,
        canopy_c=climate.canopy_c,
        soil_c=climate.soil2_c,
        outside_c=weather.air_c,
        outside_w_m2=weather.beam_normal_w_m2 * up + weather.diffuse_w_m2,
        light_w_m2=flowed.light_w_m2,
        par_mol_m2=flowed.par_umol_m2_s * dt_s * 1e-6,
        heat_j_m2=flowed.heating_w_m2 * dt_s,
        lamp_j_m2=flowed.lamp_power_w_m2 * dt_s,
        co2_g_m2=flowed.co2_dose_umol_m2_s * dt_s * CO2_KG_MOL * 1e-3,
        irrigation_l_m2=flows.irrigation_l_m2,
        drain_l_m2=flows.drain_l_m2,
        uptake_l_m2=flows.uptake_l_m2,
        fog_l_m2=flowed.fog_kg_m2_s * dt_s,
        drain_ec_ms_cm=flows.drain_ec_ms_cm,
        root_share=state.inside.root_zone.water_l_m2 / parameters.root_zone.bulk_l_m2,
        first_kg_m2=harvest.first_kg_m2,
        second_kg_m2=harvest.second_kg_m2,
        cull_kg_m2=harvest.cull_kg_m2,
        pieces_m2=harvest.pieces_m2,
        first_pieces_m2=harvest.first_pieces_m2,
        lai=flows.canopy.lai,
        assimilated_g_m2=flowed.assimilation_umol_m2_s * dt_s * _G_UMOL,
        roof_vent=stands.roof_vent,
        bottom_vent=stands.bottom_vent,
        blanket=stands.blanket,
        screen=stands.screen,
        shade=stands.shade,
        topsoil_c=climate.soil1_c,
        floor_c=climate.floor_c,
        pipe_c=climate.pipe_c,
    )


class PlainHouse:
    """A whole house that runs as plain Python: for a few days, and where nothing may be compiled.

    Attributes
    ----------
    state : WholeState
        Where everything stands.
    moments : array
        What is kept of each step of the weather.
    """

    def __init__(self, state: WholeState, parameters: WholeParameters, dt_s: float) -> None:
        self.state = state
        self.moments: Array = np.empty((0, 0))
        self._parameters, self._dt_s = parameters, dt_s
        self._weather: Array = np.empty((0, 0))

    def meet(self, weather: Array, moments: Array) -> None:
        """Take the weather of the next steps, and where to write what is kept of them."""
        self._weather, self.moments = weather, moments

    def change_parameters(self, parameters: WholeParameters) -> None:
        """Go on as another house, as when a fault begins."""
        self._parameters = parameters

    def advance(self, orders: Orders, first: int, count: int) -> None:
        """Move on through ``count`` steps from step ``first`` of the weather that was met."""
        self.state = advance(
            self.state, orders, self._weather, self._parameters, self.moments, first, count, self._dt_s
        )
