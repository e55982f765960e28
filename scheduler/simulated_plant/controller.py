"""The climate controller of the simulated base: supervised, it follows its setpoints by proportional bands."""

from __future__ import annotations

from collections.abc import Mapping

from devices.simulator.compartment import Enclosure
from devices.simulator.dosing import as_bits
from devices.simulator.equipment import day_period
from greenhouse.plant.actuators import Drive, DriveParameters, DriveState, drive_at, move, toward
from greenhouse.plant.point_sources import Truth, Vent
from scheduler.simulated_plant.base_houses import StartingSetpoints, base_houses
from scheduler.simulated_plant.compartment import Compartment
from scheduler.simulated_plant.devices import Device, Scene
from scheduler.simulated_plant.probes import Probes
from scheduler.simulated_plant.programs import AT_REST, Air, Around, Setpoints, climate_wanted, too_humid

OFF, AUTOMATIC, HOLD = 0.0, 1.0, 2.0
_WATCH_EVERY_S = 60.0
_FELT = (Truth.AIR_TEMPERATURE, Truth.RELATIVE_HUMIDITY, Truth.CO2)
HOT_C, COLD_C = 38.0, 5.0
_REMOTE = 1.0
OWN_KW, HEATING_KW, FAN_KW = 0.15, 2.0, 6.0


class ClimateController(Device):
    """Follows its setpoints with heating pipes, a roof vent of its own, fans and pad, a screen and carbon dioxide.

    In mode 0 everything shuts, in mode 2 every output stays where it is.
    """

    def __init__(self, key: str, compartment: Compartment | None, probes: Probes) -> None:
        super().__init__(key, compartment, probes)
        enclosure = Enclosure.SOLAR_GREENHOUSE if compartment is None else compartment.enclosure
        self.settings = starting_settings(enclosure)
        self.vent, self.screen = drive_at(0.0), drive_at(0.0)
        self.wanted = AT_REST
        self._felt = dict(zip(_FELT, (20.0, 75.0, 400.0), strict=True))
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
        screen_wanted = self.wanted.screen if self._has_own_screen(compartment) else 0.0
        screen_before = self.screen
        if mode != HOLD:
            self.vent = _driven(self.vent, self.wanted.vent, outfit.roof_vent, self.mains, dt_s)
            self.screen = _driven(self.screen, screen_wanted, outfit.screen, self.mains, dt_s)
        self._order(compartment)
        self._show(scene, is_screen_moving=self.screen.run_s > screen_before.run_s)

    def _has_own_screen(self, compartment: Compartment) -> bool:
        """Where the screen has a motor with registers of its own, this controller drives none."""
        return not compartment.orders.screens.keys() - {self.key}

    def _feel(self) -> None:
        """A moment without a value leaves the last one in force."""
        for truth in self._felt:
            value = self.probes.felt(truth, self.step)
            if value is not None:
                self._felt[truth] = value

    def _decide(self, compartment: Compartment, scene: Scene) -> None:
        mode, outdoors = self.settings["operating_mode"], scene.outdoors
        if mode == HOLD:
            return
        wanted = climate_wanted(
            Air(*(self._felt[truth] for truth in _FELT)),
            setpoints_of(self.settings),
            Around(outdoors.weather.air_c, outdoors.irradiance_w_m2, outdoors.gust_m_s, outdoors.is_wet),
            self.wanted,
            is_glass=compartment.enclosure is Enclosure.GLASSHOUSE,
        )
        self.wanted = wanted if mode == AUTOMATIC else AT_REST._replace(is_locked=wanted.is_locked)

    def _order(self, compartment: Compartment) -> None:
        orders = compartment.orders
        orders.openings[self.key] = Vent.ROOF, self.vent.position
        if self._has_own_screen(compartment):
            orders.screens[self.key] = self.screen.position
        orders.heat, orders.co2, orders.fan = self.wanted.heat, self.wanted.co2, self.wanted.fan
        orders.ventilation, orders.screening = self.wanted.vent, self.wanted.screen
        self.power_kw = OWN_KW + self.mains * (
            (HEATING_KW if self.wanted.heat > 0.0 else 0.0) + FAN_KW * self.wanted.fan
        )

    def _show(self, scene: Scene, *, is_screen_moving: bool) -> None:
        vent_pct, humidity_pct = 100.0 * self.vent.believed, self._felt[Truth.RELATIVE_HUMIDITY]
        states = (
            self.wanted.heat > 0.0,
            vent_pct > 0.0,
            vent_pct > 0.0 and too_humid(humidity_pct, self.settings["humidity_setpoint"]) > 0.0,
            self.wanted.co2 > 0.0,
            is_screen_moving,
        )
        air_c = self._felt[Truth.AIR_TEMPERATURE]
        alarms = (False, False, False, air_c > HOT_C, air_c < COLD_C)
        self.readings = {
            "vent_position": vent_pct,
            "thermal_screen_position": 100.0 * self.screen.believed,
            "heating_demand": 100.0 * self.wanted.heat,
            "status_bits": as_bits(states),
            "alarm_bits": as_bits(alarms),
            "control_location": _REMOTE,
            "day_period": float(day_period(scene.clock_hour)),
        }


def _driven(state: DriveState, target: float, params: DriveParameters, mains: float, dt_s: float) -> DriveState:
    wish = toward(target, state, params, dt_s) if mains > 0.0 else Drive(0.0, 0.0)
    return move(state, wish, params, dt_s)


def starting_settings(enclosure: Enclosure) -> dict[str, float]:
    """What a controller holds until something is written to it."""
    held, is_glass = base_houses().part("setpoints", StartingSetpoints), enclosure is Enclosure.GLASSHOUSE
    return {
        "heating_setpoint": held.glass_heating_c if is_glass else held.solar_heating_c,
        "ventilation_setpoint": held.glass_ventilation_c if is_glass else held.solar_ventilation_c,
        "humidity_setpoint": held.humidity_pct,
        "co2_setpoint": held.co2_ppm,
        "operating_mode": AUTOMATIC,
        "co2_enable": 0.0,
    }


def setpoints_of(settings: Mapping[str, float]) -> Setpoints:
    """What its program needs of a controller's settings."""
    return Setpoints(
        heating_c=settings["heating_setpoint"],
        ventilation_c=settings["ventilation_setpoint"],
        humidity_pct=settings["humidity_setpoint"],
        co2_ppm=settings["co2_setpoint"],
        doses_co2=settings["co2_enable"] == 1.0,
    )
