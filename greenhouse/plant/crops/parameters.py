"""Parameters of a crop, from ``plant/data/crop_<crop>.toml``.

One machine grows every crop; what differs is here. The numbers of the machine are a tomato's (Vanthoor 2011); where a
crop has none of its own, the tomato's stand in and the parameter says so in its words.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, NamedTuple

from greenhouse.plant.parameters import ParameterFile, Unit, parse_parameters
from greenhouse.plant.roots import DATA


class CropKind(StrEnum):
    """A crop that has a parameter file."""

    TOMATO = "tomato"
    CUCUMBER = "cucumber"
    SWEET_PEPPER = "sweet_pepper"
    STRAWBERRY = "strawberry"
    LETTUCE = "lettuce"
    ROSE = "rose"


Share = Annotated[float, Unit("1", highest=1.0)]
Temperature = Annotated[float, Unit("degC", lowest=-5.0, highest=50.0)]
Rate = Annotated[float, Unit("g m-2 d-1", highest=500.0)]
PerSecond = Annotated[float, Unit("s-1", highest=1e-4)]
DryMass = Annotated[float, Unit("g m-2", highest=2000.0)]


class Foliage(NamedTuple):
    """Leaves and light."""

    specific_leaf_area_m2_g: Annotated[float, Unit("m2 g-1", lowest=0.001, highest=0.2)]
    lai_highest: Annotated[float, Unit("m2 m-2", lowest=0.1, highest=30.0)]
    leaf_at_planting_g_m2: DryMass
    stem_at_planting_g_m2: DryMass


class Growth(NamedTuple):
    """Buffer of assimilates, potential growth, respiration."""

    buffer_least_g_m2: DryMass
    buffer_width_g_m2: Annotated[float, Unit("g m-2", lowest=1e-6, highest=100.0)]
    buffer_most_g_m2: Annotated[float, Unit("g m-2", lowest=0.1, highest=1000.0)]
    buffer_taper_g_m2: Annotated[float, Unit("g m-2", lowest=0.01, highest=1000.0)]
    leaf_potential_g_m2_d: Rate
    stem_potential_g_m2_d: Rate
    highest_g_m2_d: Annotated[float, Unit("g m-2 d-1", lowest=0.1, highest=500.0)]
    response_base: Annotated[float, Unit("1", lowest=-1.0, highest=2.0)]
    response_per_k: Annotated[float, Unit("K-1", highest=0.2)]
    leaf_cost: Share
    stem_cost: Share
    fruit_cost: Share
    leaf_maintenance_s: PerSecond
    stem_maintenance_s: PerSecond
    fruit_maintenance_s: PerSecond
    maintenance_q10: Annotated[float, Unit("1", lowest=1.0, highest=4.0)]
    resting_share: Share
    relative_growth_time_s: Annotated[float, Unit("s", highest=1e12)]


class Limits(NamedTuple):
    """Temperatures outside of which growth stops: midpoints and slopes of logistic curves."""

    moment_low_c: Temperature
    moment_low_slope_k: Annotated[float, Unit("K-1", highest=5.0)]
    moment_high_c: Temperature
    moment_high_slope_k: Annotated[float, Unit("K-1", highest=5.0)]
    day_low_c: Temperature
    day_low_slope_k: Annotated[float, Unit("K-1", highest=5.0)]
    day_high_c: Temperature
    day_high_slope_k: Annotated[float, Unit("K-1", highest=5.0)]


class Fruiting(NamedTuple):
    """Setting and ripening of fruits; of a cut flower: breaking and ripening of flower stems."""

    base_c: Temperature
    first_set_c_d: Annotated[float, Unit("degC d", highest=5000.0)]
    ripening_c_d: Annotated[float, Unit("degC d", lowest=10.0, highest=5000.0)]
    flowers_m2_c_d: Annotated[float, Unit("m-2 degC-1 d-1", highest=10.0)]
    potential_dry_g: Annotated[float, Unit("g", lowest=0.01, highest=500.0)]
    strongest_at: Annotated[float, Unit("1", lowest=0.05, highest=0.95)]
    abort_below_share: Share
    set_above_share: Annotated[float, Unit("1", lowest=0.001, highest=1.0)]


class Picking(NamedTuple):
    """What is picked, and its grades by fresh weight of a piece: fruit, stem or head."""

    dry_matter_share: Annotated[float, Unit("1", lowest=0.01, highest=0.9)]
    first_above_g: Annotated[float, Unit("g", highest=2000.0)]
    second_above_g: Annotated[float, Unit("g", highest=2000.0)]
    spread_share: Annotated[float, Unit("1", lowest=0.01, highest=1.0)]
    defect_share: Share
    heads_m2: Annotated[float, Unit("m-2", highest=100.0)]
    head_picked_g: Annotated[float, Unit("g", lowest=1.0, highest=5000.0)]


class Uptake(NamedTuple):
    """What the roots take with the water."""

    salt_ms_cm: Annotated[float, Unit("mS cm-1", highest=10.0)]


class StandardDay(NamedTuple):
    """A usual day of the crop: stands in for history of a crop that was planted before its house was simulated."""

    day_c: Temperature
    night_c: Temperature
    light_h: Annotated[float, Unit("h", lowest=1.0, highest=24.0)]
    closed_canopy_umol_m2_s: Annotated[float, Unit("umol m-2 s-1", highest=60.0)]
    extinction: Annotated[float, Unit("1", lowest=0.1, highest=1.5)]


class CropParameters(NamedTuple):
    """All of a crop."""

    foliage: Foliage
    growth: Growth
    limits: Limits
    fruiting: Fruiting
    picking: Picking
    uptake: Uptake
    standard_day: StandardDay


def crop_file(kind: CropKind) -> ParameterFile:
    """The parameters of a crop, with their words and sources.

    Raises
    ------
    ParameterError
        With every fault of the file.
    """
    name = f"crop_{kind.value}.toml"
    parts = {
        "foliage": Foliage,
        "growth": Growth,
        "limits": Limits,
        "fruiting": Fruiting,
        "picking": Picking,
        "uptake": Uptake,
        "standard_day": StandardDay,
    }
    return parse_parameters((DATA / name).read_text("utf-8"), file=name, parts=parts)


def crop_parameters(kind: CropKind) -> CropParameters:
    """The parameters of a crop.

    Raises
    ------
    ParameterError
        With every fault of the file.
    """
    file = crop_file(kind)
    return CropParameters(
        foliage=file.part("foliage", Foliage),
        growth=file.part("growth", Growth),
        limits=file.part("limits", Limits),
        fruiting=file.part("fruiting", Fruiting),
        picking=file.part("picking", Picking),
        uptake=file.part("uptake", Uptake),
        standard_day=file.part("standard_day", StandardDay),
    )
