"""Water from the pump through the valves to the drippers, by pressure, and what a feed unit mixes into it."""

from __future__ import annotations

import math
from typing import Annotated, NamedTuple

from greenhouse.plant.parameters import Unit


class WaterParameters(NamedTuple):
    """The irrigation of a compartment.

    Attributes
    ----------
    shutoff_bar : float
        Pressure of the pump against closed valves.
    loss_bar_h2_m6 : float
        Pressure that pump and mains lose for each square of 1 m³/h.
    dripper_l_h, nominal_bar : float
        What a dripper gives at its nominal pressure.
    drippers_m2 : float
        Per square meter of floor.
    burst_m3_h : float
        What the worst burst loses at 1 bar.
    raw_ec_ms_cm, raw_ph, water_c : float
        Of the water before anything is mixed into it.
    """

    shutoff_bar: Annotated[float, Unit("bar", lowest=0.2, highest=16.0)]
    loss_bar_h2_m6: Annotated[float, Unit("bar h2 m-6", highest=10.0)]
    dripper_l_h: Annotated[float, Unit("L h-1", lowest=0.1, highest=100.0)]
    nominal_bar: Annotated[float, Unit("bar", lowest=0.1, highest=6.0)]
    drippers_m2: Annotated[float, Unit("m-2", lowest=0.1, highest=50.0)]
    burst_m3_h: Annotated[float, Unit("m3 h-1", highest=100.0)]
    raw_ec_ms_cm: Annotated[float, Unit("mS cm-1", highest=5.0)]
    raw_ph: Annotated[float, Unit("pH", lowest=4.0, highest=10.0)]
    water_c: Annotated[float, Unit("degC", highest=40.0)]


class Pipework(NamedTuple):
    """The state of what carries the water.

    Attributes
    ----------
    pump : float
        Speed of the pump, 0 to 1 of full.
    blocked : float
        Share of the drippers that give nothing.
    burst : float
        0 whole, 1 the worst burst; it lies before the valves, so it runs also while they are shut.
    """

    pump: float
    blocked: float
    burst: float


class WaterFlow(NamedTuple):
    """What flows. ``pumped`` is ``crop`` and ``lost`` together."""

    pressure_bar: float
    pumped_l_h: float
    crop_l_h: float
    lost_l_h: float


def water_flow(opened_m2: float, pipework: Pipework, params: WaterParameters) -> WaterFlow:
    """What flows while the valves of ``opened_m2`` of floor are open.

    A turbulent dripper and a hole both give ``k √p``; with ``p = p0 n² - c (Σk)² p`` of the pump that is one equation,
    ``p = p0 n² / (1 + c (Σk)²)``.

    References
    ----------
    Keller and Karmeli (1974), Transactions of the ASAE 17, 678-684: q = k Hˣ, x = 0.5 for turbulent emitters.
    Torricelli for the hole. Affinity law: the head of a pump follows the square of its speed.
    """
    drippers = opened_m2 * params.drippers_m2 * (1.0 - pipework.blocked)
    crop_m3_h = drippers * params.dripper_l_h / 1000.0 / math.sqrt(params.nominal_bar)
    hole_m3_h = pipework.burst * params.burst_m3_h
    at_1_bar_m3_h = crop_m3_h + hole_m3_h
    shutoff_bar = params.shutoff_bar * pipework.pump * pipework.pump
    pressure_bar = shutoff_bar / (1.0 + params.loss_bar_h2_m6 * at_1_bar_m3_h * at_1_bar_m3_h)
    drive = 1000.0 * math.sqrt(pressure_bar)
    crop_l_h, lost_l_h = crop_m3_h * drive, hole_m3_h * drive
    return WaterFlow(pressure_bar, crop_l_h + lost_l_h, crop_l_h, lost_l_h)


def mixed_ec_ms_cm(setpoint_ms_cm: float, probe_error_ms_cm: float, params: WaterParameters) -> float:
    """True conductivity of the feed of a unit that doses until its own probe shows the setpoint.

    A probe that reads too little makes the feed too strong by as much. Nothing can be taken out of water, so it is
    never weaker than the raw water.
    """
    return max(params.raw_ec_ms_cm, setpoint_ms_cm - probe_error_ms_cm)
