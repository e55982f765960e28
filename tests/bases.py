"""A small base for tests: one house, one controller, a water meter, a weather station, a relay board."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from greenhouse.site.basefile.importer import Change, import_base
from greenhouse.site.basefile.reader import parse_base
from greenhouse.site.basefile.schema import BaseFile

LOADED_AT = datetime(2026, 11, 23, tzinfo=UTC)
BASE = """
[base]
key = "small"
name_zh = "小基地"
name_en = "Small base"
latitude_deg = 39.6
longitude_deg = 109.8
elevation_m = 1300
"""
HOUSE = """
[[house]]
key = "h1"
name_zh = "1号日光温室"
name_en = "Solar greenhouse 1"
kind = "solar"
area_m2 = 480
"""
COMPARTMENT = """
[[compartment]]
key = "h1"
house = "h1"
name_zh = "1号日光温室"
name_en = "Solar greenhouse 1"
area_m2 = 480
"""
LINE = """
[[line]]
key = "climate"
name_zh = "气候线路"
name_en = "Climate line"
kind = "tcp"
host = "127.0.0.1"
port = 15020
"""
SERIAL_LINE = """
[[line]]
key = "field"
name_zh = "现场总线"
name_en = "Field bus"
kind = "serial"
serial_port = "/dev/ttyUSB0"
"""
CONTROLLER = """
[[device]]
key = "h1-climate"
name_zh = "气候控制器"
name_en = "Climate controller"
line = "climate"
unit_id = 1
profile = "climate-controller"
compartment = "h1"
origin = "simulated"
"""
METER = """
[[device]]
key = "meter"
name_zh = "水表"
name_en = "Water meter"
line = "climate"
unit_id = 2
profile = "pulse-water-meter"
"""
WEATHER = """
[[device]]
key = "weather"
name_zh = "气象站"
name_en = "Weather station"
line = "climate"
unit_id = 3
profile = "weather-station"
"""
RELAYS = """
[[device]]
key = "relays"
name_zh = "继电器"
name_en = "Relays"
line = "field"
unit_id = 1
profile = "waveshare-relay8"
"""
SMALL = BASE + HOUSE + COMPARTMENT + LINE + SERIAL_LINE + CONTROLLER + METER + WEATHER + RELAYS


def read(text: str, *, folder: Path = Path("/nonexistent")) -> BaseFile:
    """The base that a text describes."""
    return parse_base(text, file="base.toml", folder=folder)


def load(text: str = SMALL) -> dict[str, Change]:
    """Store the base that a text describes."""
    return import_base(read(text), now=LOADED_AT)


TRUTH_LINE = """
[[line]]
key = "truth"
name_zh = "真值线路"
name_en = "Truth line"
kind = "tcp"
host = "127.0.0.1"
port = 15027
"""
TRUTH_UNIT = """
[[device]]
key = "truth-h1"
name_zh = "1号日光温室真值"
name_en = "Truth of solar greenhouse 1"
line = "truth"
unit_id = 1
profile = "plant-truth"
compartment = "h1"
origin = "simulated"
"""
_SIMULATED = 'origin = "simulated"\n'
TRAINING = (
    BASE + HOUSE + COMPARTMENT + LINE + CONTROLLER + METER + _SIMULATED + WEATHER + _SIMULATED + TRUTH_LINE + TRUTH_UNIT
)
"""The small base as one for training: all of it simulated, with a truth unit."""
