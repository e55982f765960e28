"""A state to start from."""

from __future__ import annotations

from greenhouse.plant.climate.state import ClimateState
from greenhouse.plant.moist_air import saturation_kg_m3

_SOIL_WEIGHTS = (0.98, 0.95, 0.9, 0.7)


def resting_state(air_c: float, deep_c: float, humidity_pct: float, co2_ppm: float) -> ClimateState:
    """A house at rest: every surface as warm as its air, the soil on the way to what lies two meters down."""
    air_c = float(air_c)
    soil = [share * air_c + (1.0 - share) * deep_c for share in _SOIL_WEIGHTS]
    return ClimateState(
        air_c=air_c,
        vapor_kg_m3=humidity_pct / 100.0 * saturation_kg_m3(air_c),
        co2_ppm=float(co2_ppm),
        canopy_c=air_c,
        floor_c=air_c,
        pipe_c=air_c,
        soil1_c=soil[0],
        soil2_c=soil[1],
        soil3_c=soil[2],
        soil4_c=soil[3],
        wall1_c=air_c,
        wall2_c=air_c,
        wall3_c=air_c,
        wall4_c=air_c,
        wall_face_c=air_c,
        cover_c=air_c,
        blanketed_c=air_c,
        screen_c=air_c,
        above_c=air_c,
        screened_c=air_c,
        dust=0.0,
        snow_mm=0.0,
        blanket_wet=0.0,
    )
