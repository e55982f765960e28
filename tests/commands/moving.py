"""The small base with what moves: a blanket, a roof vent and a bottom vent, on the line of its controller."""

from __future__ import annotations

from tests.bases import BASE, COMPARTMENT, CONTROLLER, HOUSE, LINE, SMALL, WEATHER


def device_text(key: str, unit_id: int, profile: str, more: str = "") -> str:
    """A simulated device of the compartment."""
    return f"""
[[device]]
key = "{key}"
name_zh = "{key}"
name_en = "{key}"
line = "climate"
unit_id = {unit_id}
profile = "{profile}"
compartment = "h1"
origin = "simulated"
{more}"""


_DEVICES = (
    device_text("h1-blanket", 20, "blanket-winder")
    + device_text("h1-roof", 21, "vent-motor", '  [device.points.target_position]\n  role = "roof_vent"\n')
    + device_text("h1-bottom", 22, "vent-motor", '  [device.points.target_position]\n  role = "bottom_vent"\n')
)
MOVING = SMALL + _DEVICES
SIMULATED = BASE + HOUSE + COMPARTMENT + LINE + CONTROLLER + WEATHER + 'origin = "simulated"\n' + _DEVICES
"""The same without what the rules need not, all of it simulated and on one line."""
BLANKET, ROOF, BOTTOM = "h1-blanket.motor_command", "h1-roof.target_position", "h1-bottom.target_position"
DAY = {
    "h1-climate.link": 2.0,
    "h1-climate.control_location": 1.0,
    "h1-climate.air_temperature": 24.0,
    "h1-climate.heating_setpoint": 16.0,
    "h1-climate.ventilation_setpoint": 26.0,
    "h1-blanket.link": 2.0,
    "h1-blanket.control_location": 1.0,
    "h1-blanket.position": 100.0,
    "h1-blanket.motor_state": 0.0,
    BLANKET: 0.0,
    "h1-roof.link": 2.0,
    "h1-roof.control_location": 1.0,
    "h1-roof.position": 0.0,
    "h1-roof.motor_state": 0.0,
    ROOF: 0.0,
    "h1-bottom.link": 2.0,
    "h1-bottom.control_location": 1.0,
    "h1-bottom.position": 0.0,
    "h1-bottom.motor_state": 0.0,
    BOTTOM: 0.0,
    "weather.link": 2.0,
    "weather.air_temperature": 15.0,
    "weather.wind_speed": 2.0,
    "weather.rain_state": 0.0,
    "weather.irradiance": 500.0,
}
"""A mild noon: everything is online, the blanket up, the vents shut."""
