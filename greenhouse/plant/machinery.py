"""All equipment of a compartment together: what was ordered, what it does, and what the climate model sees of it.

For a season without devices in between. The simulated base has a controller for each motor and uses the parts.
"""

from __future__ import annotations

from typing import Annotated, NamedTuple

from greenhouse.plant.actuators import (
    DriveParameters,
    DriveState,
    HeatingParameters,
    HeatingState,
    drive_at,
    heat,
    move,
    toward,
)
from greenhouse.plant.errors import PlantInputError
from greenhouse.plant.parameters import Unit
from greenhouse.plant.sentences import Sentence
from greenhouse.plant.surroundings import Equipment
from greenhouse.plant.watering import Pipework, WaterParameters, mixed_ec_ms_cm, water_flow


class Dosing(NamedTuple):
    """What full dosing gives."""

    co2_full_kg_ha_h: Annotated[float, Unit("kg ha-1 h-1", highest=500.0)]


class Supply(NamedTuple):
    """What the equipment lives on.

    Attributes
    ----------
    mains : float
        1 while there is electricity, else 0.
    boiler : float
        1 while it burns, else 0.
    ec_probe_error_ms_cm : float
        What the probe of the feed unit reads above the truth.
    """

    mains: float
    boiler: float
    ec_probe_error_ms_cm: float


class Outfit(NamedTuple):
    """What a compartment is fitted with, and the state it is in.

    Faults change this and nothing else (``greenhouse.plant.faults.apply``).
    """

    floor_m2: float
    roof_vent: DriveParameters
    bottom_vent: DriveParameters
    blanket: DriveParameters
    screen: DriveParameters
    shade: DriveParameters
    heating: HeatingParameters
    dosing: Dosing
    water: WaterParameters
    pipework: Pipework
    supply: Supply


class Orders(NamedTuple):
    """What a program or controller asks for; 0 to 1 but for the feed.

    Attributes
    ----------
    roof_vent, bottom_vent, blanket, screen, shade : float
        Positions to come to; for blanket, screen and shading net 1 covers.
    heat : float
        Of what the boiler gives.
    fog, fan, pad, lamp, circulation, co2 : float
        Share of what is installed.
    water : float
        Share of the floor whose valves are open.
    feed_ec_ms_cm, feed_ph : float
        What the feed unit mixes to.
    """

    roof_vent: float
    bottom_vent: float
    blanket: float
    screen: float
    shade: float
    heat: float
    fog: float
    fan: float
    pad: float
    lamp: float
    circulation: float
    co2: float
    water: float
    feed_ec_ms_cm: float
    feed_ph: float


_HIGHEST = Orders(**(dict.fromkeys(Orders._fields, 1.0) | {"feed_ec_ms_cm": 20.0, "feed_ph": 14.0}))


class Machinery(NamedTuple):
    """Where all equipment of a compartment stands."""

    roof_vent: DriveState
    bottom_vent: DriveState
    blanket: DriveState
    screen: DriveState
    shade: DriveState
    heating: HeatingState


def machinery_at_rest(pipe_c: float) -> Machinery:
    """Everything shut, rolled up and drawn back, with pipes of this temperature. [°C]"""
    shut = drive_at(0.0)
    return Machinery(shut, shut, shut, shut, shut, HeatingState(pipe_c))


def run(machinery: Machinery, orders: Orders, outfit: Outfit, pipe_c: float, dt_s: float) -> Machinery:
    """Let the equipment follow its orders for a step.

    Without electricity every motor stands where it is, and its controller forgets nothing: positions are kept in
    memory that needs no power.

    Parameters
    ----------
    pipe_c : float
        Temperature of the heating pipes themselves.
    """
    supply = outfit.supply
    demand = orders.heat * supply.mains * supply.boiler
    return Machinery(
        roof_vent=_driven(machinery.roof_vent, orders.roof_vent, outfit.roof_vent, supply.mains, dt_s),
        bottom_vent=_driven(machinery.bottom_vent, orders.bottom_vent, outfit.bottom_vent, supply.mains, dt_s),
        blanket=_driven(machinery.blanket, orders.blanket, outfit.blanket, supply.mains, dt_s),
        screen=_driven(machinery.screen, orders.screen, outfit.screen, supply.mains, dt_s),
        shade=_driven(machinery.shade, orders.shade, outfit.shade, supply.mains, dt_s),
        heating=heat(machinery.heating, demand, pipe_c, outfit.heating, dt_s),
    )


def equipment(machinery: Machinery, orders: Orders, outfit: Outfit, pipe_c: float) -> Equipment:
    """What the climate and the roots see of the equipment.

    The circulation pump runs while heat is asked for, with or without a burning boiler. Water is spread over the floor
    of the compartment.
    """
    mains = outfit.supply.mains
    pumping = mains if orders.heat > 0.0 else 0.0
    pipes = Pipework(outfit.pipework.pump * mains, outfit.pipework.blocked, outfit.pipework.burst)
    flow = water_flow(orders.water * outfit.floor_m2, pipes, outfit.water)
    # Chosen before the call: the compiler takes no choice inside a call with so many names.
    supply_c = machinery.heating.supply_c if pumping > 0.0 else pipe_c
    return Equipment(
        roof_vent=machinery.roof_vent.position,
        bottom_vent=machinery.bottom_vent.position,
        blanket=machinery.blanket.position,
        screen=machinery.screen.position,
        shade=machinery.shade.position,
        pipe_supply_c=supply_c,
        pipe_flow=pumping,
        fog=orders.fog * mains,
        fan=orders.fan * mains,
        pad=orders.pad * mains,
        lamp=orders.lamp * mains,
        circulation=orders.circulation * mains,
        co2_kg_ha_h=orders.co2 * outfit.dosing.co2_full_kg_ha_h * mains,
        water_l_m2_h=flow.crop_l_h / outfit.floor_m2,
        water_ec_ms_cm=mixed_ec_ms_cm(orders.feed_ec_ms_cm, outfit.supply.ec_probe_error_ms_cm, outfit.water),
        water_ph=orders.feed_ph,
        water_c=outfit.water.water_c,
    )


def check_orders(orders: Orders) -> None:
    """Refuse orders that no controller can give.

    Raises
    ------
    PlantInputError
        Naming the order, its value and what is allowed.
    """
    for value, name, highest in zip(orders, Orders._fields, _HIGHEST, strict=True):
        if not 0.0 <= value <= highest:  # asked half a million times a year: words are made where they are needed
            check_within(Sentence("order %(name)s", name=name), value, 0.0, highest)


def check_within(name: str, value: float, lowest: float, highest: float) -> None:
    """Refuse a number outside its range; NaN is outside of every range.

    Raises
    ------
    PlantInputError
        Naming the input, its value and the range.
    """
    if not lowest <= value <= highest:
        raise PlantInputError(
            Sentence(
                "%(name)s is %(value)s, but it must lie from %(lowest)s to %(highest)s",
                name=name,
                value=f"{value:g}",
                lowest=f"{lowest:g}",
                highest=f"{highest:g}",
            )
        )


def _driven(state: DriveState, target: float, params: DriveParameters, mains: float, dt_s: float) -> DriveState:
    return move(state, toward(target, state, params, dt_s), params, dt_s * mains)
