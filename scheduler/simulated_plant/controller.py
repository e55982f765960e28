"""The climate controller of the simulated base: supervised, it follows its setpoints by proportional bands."""

from __future__ import annotations

from devices.simulator.compartment import Enclosure
from devices.simulator.equipment import as_bits, day_period
from greenhouse.plant.actuators import Drive, DriveParameters, DriveState, drive_at, move, toward
from scheduler.simulated_plant.compartment import Compartment
from scheduler.simulated_plant.devices import MILD_C, Device, Scene, vent_share
from scheduler.simulated_plant.motors import CALM_GUST_M_S, STORM_GUST_M_S
from scheduler.simulated_plant.outdoors import Outdoors
from scheduler.simulated_plant.points import Truth, Vent
from scheduler.simulated_plant.probes import Probes

OFF, AUTOMATIC, HOLD = 0.0, 1.0, 2.0
DARK_W_M2 = 5.0
_OPENS_W_M2, _OPENS_W_M2_K, _SHUTS_W_M2 = 60.0, 8.0, 20.0
_HEATING_BAND_K, _HEATING_PER_K = 3.0, 0.018
_WATCH_EVERY_S = 60.0
_DRYING_BAND_PCT = 5.0
_DRYING_COLD, _DRYING_MILD, _OPEN_IN_RAIN = 0.1, 0.8, 0.25
_COLD_OUTSIDE_C, _WARM_OUTSIDE_C = 5.0, 18.0
_DRYING_HEAT = 0.6
_READY_SHARE = 0.6
"""Of the heat that the cold outside asks for: pipes that stay this warm in the sun are ready when a cloud comes."""

_SCREEN_GAP = 0.05
_FAN_ABOVE_K, _FAN_BAND_K = 1.0, 2.0
_CO2_BAND_PPM = 100.0
_HOT_C, _COLD_C = 38.0, 5.0
_REMOTE = 1.0
_OWN_KW, _HEATING_KW, _FAN_KW = 0.15, 2.0, 6.0
_STARTING_SETPOINTS = {
    Enclosure.SOLAR_GREENHOUSE: {"heating_setpoint": 11.0, "ventilation_setpoint": 28.0},
    Enclosure.GLASSHOUSE: {"heating_setpoint": 14.0, "ventilation_setpoint": 25.0},
}


class ClimateController(Device):
    """Follows its setpoints with heating pipes, a roof vent of its own, fans and pad, a screen and carbon dioxide.

    In mode 0 everything shuts, in mode 2 every output stays where it is.
    """

    def __init__(self, key: str, compartment: Compartment | None, probes: Probes) -> None:
        super().__init__(key, compartment, probes)
        enclosure = Enclosure.SOLAR_GREENHOUSE if compartment is None else compartment.enclosure
        self.settings = {
            **_STARTING_SETPOINTS[enclosure],
            "humidity_setpoint": 80.0,
            "co2_setpoint": 700.0,
            "operating_mode": AUTOMATIC,
            "co2_enable": 0.0,
        }
        self.vent, self.screen = drive_at(0.0), drive_at(0.0)
        self.wanted_vent = self.wanted_screen = 0.0
        self.demand = self.fan = self.dosing = 0.0
        self.is_locked = False
        self._felt = {Truth.AIR_TEMPERATURE: 20.0, Truth.RELATIVE_HUMIDITY: 75.0, Truth.CO2: 400.0}
        self._since_look_s = _WATCH_EVERY_S

    def advance(self, dt_s: float, scene: Scene) -> None:
        """One step of control and of the drives it has."""
        compartment = self.compartment
        if compartment is None:
            return
        self._feel()
        self._since_look_s += dt_s
        if self._since_look_s >= _WATCH_EVERY_S:
            self._since_look_s = 0.0
            self._decide(compartment, scene)
        mode, outfit = self.settings["operating_mode"], compartment.outfit
        screen_before = self.screen
        if mode != HOLD:
            self.vent = _driven(self.vent, self.wanted_vent, outfit.roof_vent, self.mains, dt_s)
            self.screen = _driven(self.screen, self.wanted_screen, outfit.screen, self.mains, dt_s)
        self._order(compartment)
        self._show(scene, is_screen_moving=self.screen.run_s > screen_before.run_s)

    def _feel(self) -> None:
        """A moment without a value leaves the last one in force."""
        for truth in self._felt:
            value = self.probes.felt(truth, self.step)
            if value is not None:
                self._felt[truth] = value

    def _decide(self, compartment: Compartment, scene: Scene) -> None:
        mode = self.settings["operating_mode"]
        if mode == HOLD:
            return
        outdoors = scene.outdoors
        is_dark = outdoors.irradiance_w_m2 < DARK_W_M2
        is_glass = compartment.enclosure is Enclosure.GLASSHOUSE
        air_c, lacking_ppm = self._felt[Truth.AIR_TEMPERATURE], self.settings["co2_setpoint"] - self._felt[Truth.CO2]
        is_on = mode == AUTOMATIC
        too_cold_k = self.settings["heating_setpoint"] - air_c
        too_warm_k = air_c - self.settings["ventilation_setpoint"]
        self.is_locked = outdoors.gust_m_s > (CALM_GUST_M_S if self.is_locked else STORM_GUST_M_S)
        expected = _HEATING_PER_K * max(0.0, self.settings["heating_setpoint"] - outdoors.weather.air_c)
        ready = max(_READY_SHARE * expected, _DRYING_HEAT * self._too_humid()) * _share(-too_warm_k / _HEATING_BAND_K)
        heat = max(expected + too_cold_k / _HEATING_BAND_K, ready)
        self.demand = _share(heat) if is_on else 0.0
        self.wanted_vent = self._wanted_vent(scene) if is_on else 0.0
        self.wanted_screen = self._wanted_screen(outdoors) if is_on and is_glass else 0.0
        self.fan = _share((too_warm_k - _FAN_ABOVE_K) / _FAN_BAND_K) if is_on and is_glass else 0.0
        is_dosing = is_on and self.settings["co2_enable"] == 1.0 and not is_dark
        self.dosing = _share(lacking_ppm / _CO2_BAND_PPM) if is_dosing else 0.0

    def _wanted_screen(self, outdoors: Outdoors) -> float:
        """Over cold nights, with a gap for humidity; the colder it is, the brighter it must be before it opens."""
        bright_w_m2 = _OPENS_W_M2 + _OPENS_W_M2_K * max(0.0, -outdoors.weather.air_c)
        limit_w_m2 = bright_w_m2 if self.wanted_screen > 0.0 else _SHUTS_W_M2
        is_covering = outdoors.weather.air_c < MILD_C and outdoors.irradiance_w_m2 < limit_w_m2
        return 1.0 - _SCREEN_GAP * self._too_humid() if is_covering else 0.0

    def _too_humid(self) -> float:
        """0 to 1 over the band of humidity above its setpoint."""
        excess_pct = self._felt[Truth.RELATIVE_HUMIDITY] - self.settings["humidity_setpoint"]
        return _share(excess_pct / _DRYING_BAND_PCT)

    def _wanted_vent(self, scene: Scene) -> float:
        """For warmth in proportion; for humidity a gap in the cold, and wide where outside air is mild."""
        if self.is_locked:
            return 0.0
        air_c, outside_c = self._felt[Truth.AIR_TEMPERATURE], scene.outdoors.weather.air_c
        mild = _share((outside_c - _COLD_OUTSIDE_C) / (_WARM_OUTSIDE_C - _COLD_OUTSIDE_C))
        spare = _share((air_c - self.settings["heating_setpoint"] + 1.0) / _HEATING_BAND_K)
        drying = (_DRYING_COLD + mild * (_DRYING_MILD - _DRYING_COLD)) * self._too_humid() * spare
        wanted = max(drying, vent_share(air_c, self.settings["ventilation_setpoint"], outside_c))
        return min(wanted, _OPEN_IN_RAIN) if scene.outdoors.is_wet else wanted

    def _order(self, compartment: Compartment) -> None:
        orders = compartment.orders
        orders.openings[self.key] = Vent.ROOF, self.vent.position
        orders.screen = self.screen.position
        orders.heat, orders.co2, orders.fan = self.demand, self.dosing, self.fan
        orders.ventilation = self.wanted_vent
        power_kw = _OWN_KW + self.mains * ((_HEATING_KW if self.demand > 0.0 else 0.0) + _FAN_KW * self.fan)
        self.power_kw = power_kw

    def _show(self, scene: Scene, *, is_screen_moving: bool) -> None:
        vent_pct = 100.0 * self.vent.believed
        states = (
            self.demand > 0.0,
            vent_pct > 0.0,
            vent_pct > 0.0 and self._too_humid() > 0.0,
            self.dosing > 0.0,
            is_screen_moving,
        )
        air_c = self._felt[Truth.AIR_TEMPERATURE]
        alarms = (False, False, False, air_c > _HOT_C, air_c < _COLD_C)
        self.readings = {
            "vent_position": vent_pct,
            "thermal_screen_position": 100.0 * self.screen.believed,
            "heating_demand": 100.0 * self.demand,
            "status_bits": as_bits(states),
            "alarm_bits": as_bits(alarms),
            "control_location": _REMOTE,
            "day_period": float(day_period(scene.clock_hour)),
        }


def _driven(state: DriveState, target: float, params: DriveParameters, mains: float, dt_s: float) -> DriveState:
    wish = toward(target, state, params, dt_s) if mains > 0.0 else Drive(0.0, 0.0)
    return move(state, wish, params, dt_s)


def _share(value: float) -> float:
    return min(1.0, max(0.0, value))
