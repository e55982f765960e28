"""Root zone: water, salt and pH of a substrate slab or of a soil bed, and the drain that leaves it.

Per m² floor. Everything that comes in mixes with all that is there; what exceeds field capacity drains with a lag, what
exceeds saturation runs off at once. Water and salt are balanced exactly: what a step returns accounts for the change of
the state. The equations are those of the project's agronomy notes, part 1.4 (10); the soil bed's numbers are a FAO-56
water balance (Allen et al. 1998, chapter 8).
"""

from __future__ import annotations

import math
from enum import StrEnum
from pathlib import Path
from typing import Annotated, NamedTuple

from greenhouse.plant.errors import PlantInputError
from greenhouse.plant.parameters import ParameterFile, Unit, parse_parameters
from greenhouse.plant.time_step import LONGEST_STEP_S

DATA = Path(__file__).parent / "data"


class Medium(StrEnum):
    """What the roots stand in."""

    SUBSTRATE = "substrate"
    SOIL = "soil"


class RootZoneParameters(NamedTuple):
    """A root zone of one kind. Shares are of its bulk volume."""

    bulk_l_m2: Annotated[float, Unit("L m-2", lowest=0.5, highest=2000.0)]
    saturated_share: Annotated[float, Unit("1", highest=1.0)]
    field_capacity_share: Annotated[float, Unit("1", highest=1.0)]
    unavailable_share: Annotated[float, Unit("1", lowest=0.005, highest=1.0)]
    stress_dry_share: Annotated[float, Unit("1", highest=1.0)]
    stress_free_share: Annotated[float, Unit("1", highest=1.0)]
    stress_least: Annotated[float, Unit("1", highest=1.0)]
    salt_threshold_ms_cm: Annotated[float, Unit("mS cm-1", highest=30.0)]
    salt_slope_cm_ms: Annotated[float, Unit("cm mS-1", highest=1.0)]
    salt_least: Annotated[float, Unit("1", highest=1.0)]
    drain_lag_s: Annotated[float, Unit("s", lowest=1.0, highest=1e6)]
    ph_buffer: Annotated[float, Unit("1", lowest=0.1, highest=1000.0)]
    ph_of_uptake: Annotated[float, Unit("1", lowest=3.0, highest=10.0)]
    ph_pull: Annotated[float, Unit("1", highest=10.0)]
    start_ec_ms_cm: Annotated[float, Unit("mS cm-1", highest=30.0)]
    start_ph: Annotated[float, Unit("1", lowest=3.0, highest=10.0)]


class RootZone(NamedTuple):
    """What is in a root zone.

    Attributes
    ----------
    water_l_m2 : float
        All water, also what roots cannot take.
    salt_ms_l_cm_m2 : float
        EC times water: the measure of salt that mixes like a mass. [mS cm-1 L m-2]
    ph : float
        Of the solution.
    """

    water_l_m2: float
    salt_ms_l_cm_m2: float
    ph: float


class RootZoneInput(NamedTuple):
    """What a step brings and what the crop wants.

    Attributes
    ----------
    irrigation_l_m2, feed_ec_ms_cm, feed_ph : float
        The water of this step, and what it carries.
    transpiration_l_m2 : float
        Of this step.
    uptake_ec_ms_cm : float
        Salt that the crop takes with its water, as EC.
    """

    irrigation_l_m2: float
    feed_ec_ms_cm: float
    feed_ph: float
    transpiration_l_m2: float
    uptake_ec_ms_cm: float


class RootZoneStep(NamedTuple):
    """What a step made.

    Attributes
    ----------
    zone : RootZone
    drain_l_m2, drain_ec_ms_cm, drain_ph : float
        What left at the bottom. EC and pH are the solution's also while nothing drains.
    uptake_l_m2, salt_uptake_ms_l_cm_m2 : float
        What roots took; less than was transpired where the zone is dry.
    """

    zone: RootZone
    drain_l_m2: float
    drain_ec_ms_cm: float
    drain_ph: float
    uptake_l_m2: float
    salt_uptake_ms_l_cm_m2: float


def step_root_zone(zone: RootZone, parameters: RootZoneParameters, inflow: RootZoneInput, dt_s: float) -> RootZoneStep:
    """One step: irrigation mixes in, roots take up, what is too much drains.

    Water ``dW = I - U - D``, salt ``dS = I EC_in - U min(u_c, EC) - D EC``, drain
    ``D = (W - W_fc)(1 - exp(-dt / lag))`` but at least what exceeds saturation.
    """
    water = zone.water_l_m2 + inflow.irrigation_l_m2
    salt = zone.salt_ms_l_cm_m2 + inflow.irrigation_l_m2 * inflow.feed_ec_ms_cm
    uptake = min(inflow.transpiration_l_m2, max(0.0, water - parameters.unavailable_share * parameters.bulk_l_m2))
    salt_uptake = uptake * min(inflow.uptake_ec_ms_cm, salt / water)
    ph = _ph_after(zone, parameters, inflow, uptake)
    water -= uptake
    salt -= salt_uptake
    ec_ms_cm = salt / water
    excess = max(0.0, water - parameters.field_capacity_share * parameters.bulk_l_m2)
    drain = excess * (1.0 - math.exp(-dt_s / parameters.drain_lag_s))
    drain = max(drain, water - parameters.saturated_share * parameters.bulk_l_m2)
    return RootZoneStep(RootZone(water - drain, salt - drain * ec_ms_cm, ph), drain, ec_ms_cm, ph, uptake, salt_uptake)


def _ph_after(zone: RootZone, parameters: RootZoneParameters, inflow: RootZoneInput, uptake_l_m2: float) -> float:
    # Between pH 4.5 and 8 bicarbonate and phosphate make alkalinity about linear in pH, so here, and only here, pH is
    # mixed like a mass. Roots that feed on nitrate give off bicarbonate: they pull the solution towards their own pH.
    held = zone.water_l_m2 * parameters.ph_buffer
    pulled = parameters.ph_pull * uptake_l_m2
    given = held * zone.ph + inflow.irrigation_l_m2 * inflow.feed_ph + pulled * parameters.ph_of_uptake
    return given / (held + inflow.irrigation_l_m2 + pulled)


def ec_ms_cm(zone: RootZone) -> float:
    """EC of the solution. [mS cm-1]"""
    return zone.salt_ms_l_cm_m2 / zone.water_l_m2


def water_content(zone: RootZone, parameters: RootZoneParameters) -> float:
    """Water as share of the bulk volume, as a sensor in the slab reads it. [m3 m-3]"""
    return zone.water_l_m2 / parameters.bulk_l_m2


def water_stress(zone: RootZone, parameters: RootZoneParameters) -> float:
    """Factor on the crop's conductance to water: 1 without stress.

    ``w = clip((theta - dry) / (free - dry), least, 1) max(salt_least, 1 - slope max(0, EC - threshold))``: the first
    from dryness, the second from salt.
    """
    span = parameters.stress_free_share - parameters.stress_dry_share
    dry = (water_content(zone, parameters) - parameters.stress_dry_share) / span
    salt = 1.0 - parameters.salt_slope_cm_ms * max(0.0, ec_ms_cm(zone) - parameters.salt_threshold_ms_cm)
    return min(1.0, max(parameters.stress_least, dry)) * max(parameters.salt_least, salt)


# --- at the door ------------------------------------------------------------------------------------------------------


def root_zone_file(medium: Medium) -> ParameterFile:
    """The parameters of a medium, with their words and sources."""
    name = f"roots_{medium.value}.toml"
    return parse_parameters((DATA / name).read_text("utf-8"), file=name, parts={"root_zone": RootZoneParameters})


def root_zone_parameters(medium: Medium) -> RootZoneParameters:
    """The parameters of a medium.

    Raises
    ------
    ParameterError, PlantInputError
        If the file is wrong, or its shares contradict one another.
    """
    return check_root_zone_parameters(root_zone_file(medium).part("root_zone", RootZoneParameters))


def check_root_zone_parameters(parameters: RootZoneParameters) -> RootZoneParameters:
    """Refuse a root zone that no bed or slab can be.

    Raises
    ------
    PlantInputError
        For a volume that is not above 0, or shares out of order.
    """
    if not (math.isfinite(parameters.bulk_l_m2) and parameters.bulk_l_m2 > 0.0):
        raise PlantInputError(
            f"bulk_l_m2 is {parameters.bulk_l_m2:g} L/m²: a root zone needs a volume above 0; give the slab's or bed's"
        )
    order = ("unavailable_share", "stress_dry_share", "stress_free_share", "field_capacity_share", "saturated_share")
    shares = [float(getattr(parameters, name)) for name in order]
    if not 0.0 < shares[0] <= shares[1] < shares[2] <= shares[3] <= shares[4] <= 1.0:
        told = ", ".join(f"{name} {share:g}" for name, share in zip(order, shares, strict=True))
        raise PlantInputError(f"shares of the root zone must rise within 0 to 1 in this order: {told}")
    return parameters


def root_zone_at_start(
    parameters: RootZoneParameters, *, ec_ms_cm: float | None = None, ph: float | None = None
) -> RootZone:
    """A root zone at field capacity, with the medium's own EC and pH unless others are given.

    Raises
    ------
    PlantInputError
        For an EC outside 0 to 30 mS/cm or a pH outside 3 to 10.
    """
    check_root_zone_parameters(parameters)
    ec = parameters.start_ec_ms_cm if ec_ms_cm is None else ec_ms_cm
    acidity = parameters.start_ph if ph is None else ph
    _within("ec_ms_cm", ec, 0.0, 30.0, "mS/cm")
    _within("ph", acidity, 3.0, 10.0, "")
    water = parameters.field_capacity_share * parameters.bulk_l_m2
    return RootZone(water, water * ec, acidity)


def check_root_zone_input(inflow: RootZoneInput, dt_s: float) -> RootZoneInput:
    """Refuse what no irrigation and no crop can do in a step.

    Raises
    ------
    PlantInputError
        Naming the input, its value and its range.
    """
    _within("dt_s", dt_s, 1e-3, LONGEST_STEP_S, "s")
    _within("irrigation_l_m2", inflow.irrigation_l_m2, 0.0, 10.0, "L/m²")
    _within("feed_ec_ms_cm", inflow.feed_ec_ms_cm, 0.0, 30.0, "mS/cm")
    _within("feed_ph", inflow.feed_ph, 2.0, 12.0, "")
    _within("transpiration_l_m2", inflow.transpiration_l_m2, 0.0, 1.0, "L/m²")
    _within("uptake_ec_ms_cm", inflow.uptake_ec_ms_cm, 0.0, 10.0, "mS/cm")
    return inflow


def _within(name: str, value: float, lowest: float, highest: float, unit: str) -> None:
    if not lowest <= value <= highest:  # also refuses NaN
        raise PlantInputError(f"{name} is {value:g}: allowed is {lowest:g} to {highest:g} {unit}".rstrip())
