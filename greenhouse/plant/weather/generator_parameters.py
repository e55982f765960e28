"""Parameters of the weather generator, as `data/weather_generator.toml` gives them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, NamedTuple

from greenhouse.plant.parameters import Unit, parse_parameters

DATA = Path(__file__).parents[1] / "data"


class Clearness(NamedTuple):
    """How sunshine changes from day to day and within a day."""

    day_correlation: Annotated[float, Unit("1", highest=1.0)]
    overcast_share: Annotated[float, Unit("1", highest=1.0)]
    persistence_h: Annotated[float, Unit("h", lowest=0.1, highest=240.0)]
    edge: Annotated[float, Unit("1", highest=1.0)]
    transmission: Annotated[float, Unit("1", highest=1.0)]
    beam_hours: Annotated[float, Unit("1", highest=1.0)]


class Temperature(NamedTuple):
    """How air temperature departs from the season and runs through a day."""

    day_correlation: Annotated[float, Unit("1", highest=1.0)]
    deviation_k: Annotated[float, Unit("K", highest=40.0)]
    overcast_range: Annotated[float, Unit("1", highest=1.0)]
    range_share: Annotated[float, Unit("1", highest=1.0)]
    lag_h: Annotated[float, Unit("h", lowest=0.1, highest=240.0)]
    night_decay: Annotated[float, Unit("1", lowest=0.5, highest=5.0)]


class Humidity(NamedTuple):
    """How humid the days are."""

    sunshine_effect_pct: Annotated[float, Unit("%", highest=100.0)]
    deviation_pct: Annotated[float, Unit("%", highest=100.0)]
    lowest_pct: Annotated[float, Unit("%", highest=100.0)]
    rain_pct: Annotated[float, Unit("%", highest=100.0)]


class Precipitation(NamedTuple):
    """How it rains and snows."""

    all_snow_c: Annotated[float, Unit("degC", lowest=-40.0, highest=40.0)]
    all_rain_c: Annotated[float, Unit("degC", lowest=-40.0, highest=40.0)]
    cold_h: Annotated[float, Unit("h", lowest=0.1, highest=240.0)]
    warm_h: Annotated[float, Unit("h", lowest=0.1, highest=240.0)]
    warm_day_c: Annotated[float, Unit("degC", lowest=-40.0, highest=40.0)]
    transmission: Annotated[float, Unit("1", highest=1.0)]


class Wind(NamedTuple):
    """How wind blows."""

    shape: Annotated[float, Unit("1", lowest=0.5, highest=5.0)]
    persistence_h: Annotated[float, Unit("h", lowest=0.1, highest=240.0)]
    afternoon: Annotated[float, Unit("1", highest=1.0)]
    gust_share: Annotated[float, Unit("1", highest=1.0)]
    direction_deviation_deg: Annotated[float, Unit("deg", highest=180.0)]


class Dust(NamedTuple):
    """How wind raises dust, and what dust does to light."""

    wind_m_s: Annotated[float, Unit("m s-1", highest=60.0)]
    per_m_s: Annotated[float, Unit("s m-1", highest=1.0)]
    beam_loss: Annotated[float, Unit("1", highest=1.0)]
    global_loss: Annotated[float, Unit("1", highest=1.0)]


class Sky(NamedTuple):
    """What cloud does to the sky's long-wave radiation."""

    cloud_emission: Annotated[float, Unit("1", highest=1.0)]


class Soil(NamedTuple):
    """The ground two meters down."""

    depth_m: Annotated[float, Unit("m", highest=10.0)]
    diffusivity_m2_s: Annotated[float, Unit("m2 s-1", lowest=1e-8, highest=1e-5)]
    warmer_k: Annotated[float, Unit("K", highest=40.0)]
    warmest_day: Annotated[float, Unit("d", highest=366.0)]


class CarbonDioxide(NamedTuple):
    """The outside air's carbon dioxide through the year."""

    mean_ppm: Annotated[float, Unit("ppm", highest=2000.0)]
    swing_ppm: Annotated[float, Unit("ppm", highest=2000.0)]
    highest_day: Annotated[float, Unit("d", highest=366.0)]


class ColdWave(NamedTuple):
    """A cold wave: a front with wind, then days of cold."""

    strength_k: Annotated[float, Unit("K", highest=40.0)]
    onset_h: Annotated[float, Unit("h", lowest=0.1, highest=240.0)]
    recovery_h: Annotated[float, Unit("h", lowest=0.1, highest=240.0)]
    wind_m_s: Annotated[float, Unit("m s-1", highest=60.0)]


class DustStorm(NamedTuple):
    """A dust storm with a gale from the north-west."""

    hours: Annotated[float, Unit("h", lowest=0.1, highest=240.0)]
    strength: Annotated[float, Unit("1", highest=1.0)]
    wind_m_s: Annotated[float, Unit("m s-1", highest=60.0)]
    cooling_k: Annotated[float, Unit("K", highest=40.0)]
    drying_pct: Annotated[float, Unit("%", highest=100.0)]


class WetSnow(NamedTuple):
    """A fall of heavy snow near 0 °C."""

    hours: Annotated[float, Unit("h", lowest=0.1, highest=240.0)]
    strength_mm: Annotated[float, Unit("mm", highest=200.0)]
    air_c: Annotated[float, Unit("degC", lowest=-40.0, highest=40.0)]


class Overcast(NamedTuple):
    """Days without any sun."""

    days: Annotated[float, Unit("d", highest=366.0)]
    transmission: Annotated[float, Unit("1", highest=1.0)]
    humid_pct: Annotated[float, Unit("%", highest=100.0)]


class Hail(NamedTuple):
    """A thunderstorm with hail."""

    minutes: Annotated[float, Unit("min", lowest=5.0, highest=120.0)]
    strength_mm: Annotated[float, Unit("mm", highest=200.0)]
    rain_mm_h: Annotated[float, Unit("mm h-1", highest=200.0)]
    wind_m_s: Annotated[float, Unit("m s-1", highest=60.0)]
    cooling_k: Annotated[float, Unit("K", highest=40.0)]


class GeneratorParameters(NamedTuple):
    """All of them."""

    clearness: Clearness
    temperature: Temperature
    humidity: Humidity
    precipitation: Precipitation
    wind: Wind
    dust: Dust
    sky: Sky
    soil: Soil
    carbon_dioxide: CarbonDioxide
    cold_wave: ColdWave
    dust_storm: DustStorm
    wet_snow: WetSnow
    overcast: Overcast
    hail: Hail


PARTS = {
    "clearness": Clearness,
    "temperature": Temperature,
    "humidity": Humidity,
    "precipitation": Precipitation,
    "wind": Wind,
    "dust": Dust,
    "sky": Sky,
    "soil": Soil,
    "carbon_dioxide": CarbonDioxide,
    "cold_wave": ColdWave,
    "dust_storm": DustStorm,
    "wet_snow": WetSnow,
    "overcast": Overcast,
    "hail": Hail,
}


def parse_generator(text: str, *, file: str) -> GeneratorParameters:
    """Read a file of generator parameters.

    Raises
    ------
    ParameterError
        With every fault.
    """
    read = parse_parameters(text, file=file, parts=PARTS)
    return GeneratorParameters(
        clearness=read.part("clearness", Clearness),
        temperature=read.part("temperature", Temperature),
        humidity=read.part("humidity", Humidity),
        precipitation=read.part("precipitation", Precipitation),
        wind=read.part("wind", Wind),
        dust=read.part("dust", Dust),
        sky=read.part("sky", Sky),
        soil=read.part("soil", Soil),
        carbon_dioxide=read.part("carbon_dioxide", CarbonDioxide),
        cold_wave=read.part("cold_wave", ColdWave),
        dust_storm=read.part("dust_storm", DustStorm),
        wet_snow=read.part("wet_snow", WetSnow),
        overcast=read.part("overcast", Overcast),
        hail=read.part("hail", Hail),
    )


def shipped_generator() -> GeneratorParameters:
    """The parameters that come with the system."""
    file = DATA / "weather_generator.toml"
    return parse_generator(file.read_text("utf-8"), file=file.name)
